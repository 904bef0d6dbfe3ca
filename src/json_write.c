#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json.h"

enum { WRITER_MAX_DEPTH = JSON_MAX_DEPTH + 28 }; /* a document, and what is put around it */

struct level {
  bool object;
  bool after_key; /* of an object: the value is next */
  size_t count;   /* elements, or keys */
};

struct json_writer {
  struct arena *arena;
  const char *indent;
  char *text;
  size_t length, room;
  size_t depth;
  struct level levels[WRITER_MAX_DEPTH + 1]; /* [0] is the place of the root */
};

struct json_writer *
json_writer_new (struct arena *arena, const char *indent)
{
  struct json_writer *writer = ARENA_NEW (arena, struct json_writer);

  writer->arena = arena;
  writer->indent = indent;
  return writer;
}

static void
put (struct json_writer *writer, const char *text, size_t length)
{
  if (writer->room - writer->length <= length) {
    size_t room = 2 * (writer->length + length) + 256;
    char *grown = arena_alloc (writer->arena, room);

    if (writer->length)
      memcpy (grown, writer->text, writer->length);
    writer->text = grown;
    writer->room = room;
  }
  memcpy (writer->text + writer->length, text, length);
  writer->length += length;
}

static void
put_text (struct json_writer *writer, const char *text)
{
  put (writer, text, strlen (text));
}

static void
put_newline (struct json_writer *writer)
{
  if (!writer->indent)
    return;
  put_text (writer, "\n");
  for (size_t i = 0; i < writer->depth; i++)
    put_text (writer, writer->indent);
}

/* What stands before a value or a key: the colon, or a comma and a new line. */
static void
begin_item (struct json_writer *writer, bool string)
{
  struct level *level = &writer->levels[writer->depth];

  if (level->after_key) {
    put_text (writer, writer->indent ? ": " : ":");
    level->after_key = false;
    return;
  }
  assert (!level->object || string);
  assert (writer->depth > 0 || level->count == 0);
  (void) string;
  if (level->count++)
    put_text (writer, ",");
  if (writer->depth > 0)
    put_newline (writer);
  level->after_key = level->object;
}

static void
open_level (struct json_writer *writer, bool object)
{
  begin_item (writer, false);
  put_text (writer, object ? "{" : "[");
  assert (writer->depth < WRITER_MAX_DEPTH);
  writer->levels[++writer->depth] = (struct level){.object = object};
}

static void
close_level (struct json_writer *writer, bool object)
{
  struct level *level = &writer->levels[writer->depth];

  assert (writer->depth > 0 && level->object == object && !level->after_key);
  writer->depth--;
  if (level->count)
    put_newline (writer);
  put_text (writer, object ? "}" : "]");
}

void
json_write_object (struct json_writer *writer)
{
  open_level (writer, true);
}

void
json_write_object_end (struct json_writer *writer)
{
  close_level (writer, true);
}

void
json_write_array (struct json_writer *writer)
{
  open_level (writer, false);
}

void
json_write_array_end (struct json_writer *writer)
{
  close_level (writer, false);
}

static void
put_escape (struct json_writer *writer, char c)
{
  static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt";
  char escape[8] = "\\";

  for (const char *pair = letters; *pair; pair += 2)
    if (*pair == c) {
      escape[1] = pair[1];
      put (writer, escape, 2);
      return;
    }
  snprintf (escape, sizeof escape, "\\u%04x", (unsigned char) c);
  put (writer, escape, 6);
}

static void
put_string (struct json_writer *writer, const char *text)
{
  put_text (writer, "\"");
  while (*text) {
    size_t plain = 0;

    while ((unsigned char) text[plain] >= 0x20 && text[plain] != '"' && text[plain] != '\\' &&
           text[plain] != 0x7f)
      plain++;
    put (writer, text, plain);
    text += plain;
    if (*text)
      put_escape (writer, *text++);
  }
  put_text (writer, "\"");
}

void
json_write_string (struct json_writer *writer, const char *text)
{
  begin_item (writer, true);
  put_string (writer, text);
}

static void
write_word (struct json_writer *writer, const char *word)
{
  begin_item (writer, false);
  put_text (writer, word);
}

void
json_write_unsigned (struct json_writer *writer, uint64_t value)
{
  char digits[24];

  snprintf (digits, sizeof digits, "%" PRIu64, value);
  write_word (writer, digits);
}

void
json_write_decimal (struct json_writer *writer, uint64_t thousandths)
{
  char digits[32];

  snprintf (digits, sizeof digits, "%" PRIu64 ".%03u", thousandths / 1000,
            (unsigned) (thousandths % 1000));
  write_word (writer, digits);
}

void
json_write_boolean (struct json_writer *writer, bool value)
{
  write_word (writer, value ? "true" : "false");
}

void
json_write_null (struct json_writer *writer)
{
  write_word (writer, "null");
}

static void
write_children (struct json_writer *writer, const struct json_node *node)
{
  bool object = node->type == JSON_OBJECT;

  open_level (writer, object);
  for (const struct json_node *child = node->first; child; child = child->next) {
    if (object)
      json_write_string (writer, child->key);
    json_write_node (writer, child);
  }
  close_level (writer, object);
}

void
json_write_node (struct json_writer *writer, const struct json_node *node)
{
  switch (node->type) {
  case JSON_NULL:
    json_write_null (writer);
    break;
  case JSON_BOOLEAN:
    json_write_boolean (writer, node->boolean);
    break;
  case JSON_NUMBER:
    write_word (writer, node->text);
    break;
  case JSON_STRING:
    json_write_string (writer, node->text);
    break;
  case JSON_ARRAY:
  case JSON_OBJECT:
    write_children (writer, node);
    break;
  }
}

const char *
json_writer_text (struct json_writer *writer, size_t *length)
{
  assert (writer->depth == 0 && writer->levels[0].count == 1);
  if (writer->indent)
    put_text (writer, "\n");
  if (length)
    *length = writer->length;
  put (writer, "", 1);
  writer->length--;
  return writer->text;
}
