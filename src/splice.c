#include "splice.h"

#include <assert.h>
#include <string.h>

/* [begin, end) of the text becomes `text`. */
struct splice {
  size_t begin, end;
  const char *text;
  struct splice *next;
};

void
splices_init (struct splices *out, const char *json, size_t length, struct arena *arena)
{
  *out = (struct splices){.json = json, .length = length, .arena = arena};
}

static void
add (struct splices *splices, size_t begin, size_t end, const char *text)
{
  struct splice *made = ARENA_NEW (splices->arena, struct splice);
  struct splice **place = &splices->first;

  *made = (struct splice){.begin = begin, .end = end, .text = text};
  while (*place && (*place)->begin < begin)
    place = &(*place)->next;
  assert (!*place || end <= (*place)->begin);
  made->next = *place;
  *place = made;
}

void
splice_replace (struct splices *splices, const struct json_node *node, const char *value)
{
  add (splices, node->begin, node->end, value);
}

static const struct json_node *
sibling_before (const struct json_node *node)
{
  const struct json_node *before = node->parent->first;

  if (before == node)
    return NULL;
  while (before->next != node)
    before = before->next;
  return before;
}

static const struct json_node *
last_child (const struct json_node *parent)
{
  const struct json_node *last = parent->first;

  while (last->next)
    last = last->next;
  return last;
}

void
splice_remove_member (struct splices *splices, const struct json_node *member)
{
  const struct json_node *before = sibling_before (member);

  if (member->next)
    add (splices, member->key_begin, member->next->key_begin, "");
  else
    add (splices, before ? before->end : member->key_begin, member->end, "");
}

/* Where a child's first byte is: its key's, if it has one. */
static size_t
child_begin (const struct json_node *child)
{
  return child->parent->type == JSON_OBJECT ? child->key_begin : child->begin;
}

/* The blanks between an opening bracket and the first child: those to put before each further
 * child. */
static const char *
blanks_of (const struct splices *splices, const struct json_node *parent)
{
  size_t begin = parent->begin + 1;

  if (!parent->first)
    return "";
  return arena_strndup (splices->arena, splices->json + begin, child_begin (parent->first) - begin);
}

static void
append (struct splices *splices, const struct json_node *parent, const char *text)
{
  if (parent->first) {
    size_t end = last_child (parent)->end;

    text = arena_printf (splices->arena, ",%s%s", blanks_of (splices, parent), text);
    add (splices, end, end, text);
  } else {
    add (splices, parent->begin + 1, parent->begin + 1, text);
  }
}

void
splice_add_member (struct splices *splices, const struct json_node *object, const char *key,
                   const char *value)
{
  const char *space = *blanks_of (splices, object) ? " " : "";

  append (splices, object, arena_printf (splices->arena, "\"%s\":%s%s", key, space, value));
}

/* The items with what stands between two of them. */
static const char *
join (const struct splices *splices, const struct json_node *array, const char *const *items,
      size_t count)
{
  const char *blanks = blanks_of (splices, array);
  const char *text = items[0];

  for (size_t i = 1; i < count; i++)
    text = arena_printf (splices->arena, "%s,%s%s", text, blanks, items[i]);
  return text;
}

void
splice_add_first (struct splices *splices, const struct json_node *array, const char *const *items,
                  size_t count)
{
  const char *text = join (splices, array, items, count);

  if (!array->first) {
    append (splices, array, text);
    return;
  }
  text = arena_printf (splices->arena, "%s,%s", text, blanks_of (splices, array));
  add (splices, array->first->begin, array->first->begin, text);
}

void
splice_add_last (struct splices *splices, const struct json_node *array, const char *const *items,
                 size_t count)
{
  append (splices, array, join (splices, array, items, count));
}

const char *
splices_apply (const struct splices *splices, size_t *length)
{
  size_t total = splices->length, from = 0;
  char *text, *next;

  for (const struct splice *splice = splices->first; splice; splice = splice->next)
    total += strlen (splice->text) - (splice->end - splice->begin);
  next = text = arena_alloc (splices->arena, total + 1);
  for (const struct splice *splice = splices->first; splice; splice = splice->next) {
    next = mempcpy (next, splices->json + from, splice->begin - from);
    next = stpcpy (next, splice->text);
    from = splice->end;
  }
  memcpy (next, splices->json + from, splices->length - from);
  *length = total;
  return text;
}
