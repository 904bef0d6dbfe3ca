/* JSON after one byte that says what is to be changed: what splices make of the bytes reads as the
 * tree with that change does. */
#include <stdlib.h>
#include <string.h>

#include "splice.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

enum change { REPLACE, REMOVE, ADD_FIRST, ADD_LAST, CHANGES };

/* No deeper than what was there, or the result would be too deep to be read. */
static const char value[] = "1";
static const char *const items[] = {value, "2"};

/* What is changed, and how. */
struct place {
  enum change change;
  const struct json_node *node;
};

static void write_changed (struct json_writer *writer, const struct json_node *node,
                           const struct place *place);

static void
write_children (struct json_writer *writer, const struct json_node *node, const struct place *place)
{
  for (const struct json_node *child = node->first; child; child = child->next) {
    if (child == place->node && place->change == REMOVE)
      continue;
    if (node->type == JSON_OBJECT)
      json_write_string (writer, child->key);
    write_changed (writer, child, place);
  }
}

static void
write_items (struct json_writer *writer)
{
  json_write_unsigned (writer, 1);
  json_write_unsigned (writer, 2);
}

static void
write_changed (struct json_writer *writer, const struct json_node *node, const struct place *place)
{
  bool here = node == place->node;

  if (here && place->change == REPLACE) {
    json_write_unsigned (writer, 1);
  } else if (node->type == JSON_OBJECT) {
    json_write_object (writer);
    write_children (writer, node, place);
    if (here && place->change == ADD_LAST) {
      json_write_string (writer, "a key of our own");
      json_write_unsigned (writer, 1);
    }
    json_write_object_end (writer);
  } else if (node->type == JSON_ARRAY) {
    json_write_array (writer);
    if (here && place->change == ADD_FIRST)
      write_items (writer);
    write_children (writer, node, place);
    if (here && place->change == ADD_LAST)
      write_items (writer);
    json_write_array_end (writer);
  } else {
    json_write_node (writer, node);
  }
}

/* The node with that number, counted from the root. */
static const struct json_node *
find_node (const struct json_node *node, unsigned *number)
{
  if ((*number)-- == 0)
    return node;
  for (const struct json_node *child = node->first; child; child = child->next) {
    const struct json_node *found = find_node (child, number);

    if (found)
      return found;
  }
  return NULL;
}

/* False where the place has no such change. */
static bool
splice (struct splices *splices, const struct place *place)
{
  const struct json_node *node = place->node;

  if (place->change == REPLACE)
    splice_replace (splices, node, value);
  else if (place->change == REMOVE && node->parent && node->parent->type == JSON_OBJECT)
    splice_remove_member (splices, node);
  else if (place->change == ADD_LAST && node->type == JSON_OBJECT &&
           !json_member_or_null (node, "a key of our own"))
    splice_add_member (splices, node, "a key of our own", value);
  else if (place->change == ADD_FIRST && node->type == JSON_ARRAY)
    splice_add_first (splices, node, items, 2);
  else if (place->change == ADD_LAST && node->type == JSON_ARRAY)
    splice_add_last (splices, node, items, 2);
  else
    return false;
  return true;
}

static void
compare (const char *text, size_t length, const char *wanted, struct arena *arena)
{
  struct json_writer *writer = json_writer_new (arena, NULL);
  struct json_document document;
  struct oci_seccomp_error err;

  if (json_parse (&document, "fuzz", text, length, arena, &err))
    abort ();
  json_write_node (writer, document.root);
  if (strcmp (json_writer_text (writer, NULL), wanted))
    abort ();
}

static void
change (const char *json, size_t length, unsigned what, struct arena *arena)
{
  struct json_writer *writer = json_writer_new (arena, NULL);
  struct json_document document;
  struct oci_seccomp_error err;
  struct splices splices;
  struct place place = {.change = (enum change) (what % CHANGES)};
  unsigned number = what / CHANGES;
  const char *text;

  if (json_parse (&document, "fuzz", json, length, arena, &err) ||
      !(place.node = find_node (document.root, &number)))
    return;
  splices_init (&splices, json, length, arena);
  if (!splice (&splices, &place))
    return;
  text = splices_apply (&splices, &length);
  write_changed (writer, document.root, &place);
  compare (text, length, json_writer_text (writer, NULL), arena);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct arena arena;

  arena_init (&arena);
  if (size > 1 && !ARENA_GUARD (&arena))
    change ((const char *) data + 1, size - 1, data[0], &arena);
  arena_free (&arena);
  return 0;
}
