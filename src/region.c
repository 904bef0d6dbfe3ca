#include "region.h"

#include <inttypes.h>
#include <string.h>

enum {
  MAX_TEXT = 240,
  MAX_WAYS = 8,   /* that lead on from one argument */
  MAX_SPANS = 33, /* of one argument: 16 values */
  MAX_NESTING = 7,
};

/* One argument, or its low word: the levels of its bits. */
struct field {
  const char *whole, *name; /* of the argument, and of what its levels are */
  unsigned level, width;
};

static struct field
field_of (struct diagrams *diagrams, diagram region, bool wide)
{
  unsigned level = diagram_level (diagrams, region);
  unsigned index = (level - LEVEL_ARGUMENTS) / 64, start = LEVEL_ARGUMENT (index);
  const char *whole = "the instruction pointer", *name;
  bool low = level >= start + 32;

  if (start < LEVEL_POINTER)
    whole = arena_printf (diagrams->arena, "arg%u", index);
  name = whole;
  if (low && (wide || start == LEVEL_POINTER))
    name = arena_printf (diagrams->arena, "the low word of %s", whole);
  return (struct field){whole, name, low ? start + 32 : start, low ? 32 : 64};
}

static const char *
value_text (struct arena *arena, uint64_t value)
{
  return arena_printf (arena, value < 10 ? "%" PRIu64 : "0x%" PRIx64, value);
}

static uint64_t
field_last (const struct field *field)
{
  return UINT64_MAX >> (64 - field->width);
}

/* --- one field ------------------------------------------------------------------------------ */

static const char *
range_text (struct arena *arena, const struct field *field, uint64_t first, uint64_t last)
{
  if (first == 0)
    return arena_printf (arena, "%s <= %s", field->name, value_text (arena, last));
  if (last == field_last (field))
    return arena_printf (arena, "%s >= %s", field->name, value_text (arena, first));
  return arena_printf (arena, "%s in %s..%s", field->name, value_text (arena, first),
                       value_text (arena, last));
}

/* The single values among the spans where `in` holds, in braces if several; NULL if there are none,
 * and *others tells how many spans are longer. */
static const char *
values_text (struct arena *arena, const struct field *field, const struct span *spans, size_t count,
             diagram in, size_t *others)
{
  const char *text = NULL;
  size_t values = 0;

  *others = 0;
  for (size_t i = 0; i < count; i++) {
    uint64_t last = i + 1 < count ? spans[i + 1].first - 1 : field_last (field);

    if (spans[i].result != in)
      continue;
    if (spans[i].first != last) {
      ++*others;
      continue;
    }
    text = values++ ? arena_printf (arena, "%s, %s", text, value_text (arena, last))
                    : value_text (arena, last);
  }
  return values > 1 ? arena_printf (arena, "{%s}", text) : text;
}

static const char *
or_text (struct arena *arena, const char *one, const char *other)
{
  return one ? arena_printf (arena, "%s or %s", one, other) : other;
}

static const char *
spans_text (struct arena *arena, const struct field *field, const struct span *spans, size_t count)
{
  size_t longer, longer_outside;
  const char *values = values_text (arena, field, spans, count, DIAGRAM_TRUE, &longer);
  const char *outside = values_text (arena, field, spans, count, DIAGRAM_FALSE, &longer_outside);
  const char *text = NULL;

  if (outside && !longer_outside)
    return arena_printf (arena, *outside == '{' ? "%s not in %s" : "%s != %s", field->name,
                         outside);
  if (values)
    text = arena_printf (arena, *values == '{' ? "%s in %s" : "%s = %s", field->name, values);
  for (size_t i = 0; i < count; i++) {
    uint64_t last = i + 1 < count ? spans[i + 1].first - 1 : field_last (field);

    if (spans[i].result == DIAGRAM_TRUE && spans[i].first != last)
      text = or_text (arena, text, range_text (arena, field, spans[i].first, last));
  }
  return text;
}

/* The bits of the field that a condition asks for and the values it wants, if it is one way to
 * `end` and all else is the opposite. */
static bool
single_way (const struct diagrams *diagrams, const struct field *field, diagram condition,
            diagram end, uint64_t *mask, uint64_t *value)
{
  diagram opposite = end == DIAGRAM_TRUE ? DIAGRAM_FALSE : DIAGRAM_TRUE;

  *mask = *value = 0;
  while (condition > DIAGRAM_TRUE) {
    const struct diagram_node *node = &diagrams->nodes[condition];
    uint64_t bit = UINT64_C (1) << (field->width - 1 - (node->level - field->level));

    if (node->low != opposite && node->high != opposite)
      return false;
    *mask |= bit;
    if (node->low == opposite)
      *value |= bit;
    condition = node->low == opposite ? node->high : node->low;
  }
  return condition == end;
}

static const char *
field_text (struct diagrams *diagrams, const struct field *field, diagram condition)
{
  struct arena *arena = diagrams->arena;
  struct span spans[MAX_SPANS];
  uint64_t mask, value;
  size_t count;
  bool equal;

  if (diagram_to_spans (diagrams, condition, field->level, field->width, spans, MAX_SPANS, &count))
    return spans_text (arena, field, spans, count);
  equal = single_way (diagrams, field, condition, DIAGRAM_TRUE, &mask, &value);
  if (!equal && !single_way (diagrams, field, condition, DIAGRAM_FALSE, &mask, &value))
    return NULL;
  return arena_printf (arena, "%s & %s %s %s", field->whole, value_text (arena, mask),
                       equal ? "=" : "!=", value_text (arena, value));
}

/* --- all fields ----------------------------------------------------------------------------- */

static const char *nested_text (struct diagrams *diagrams, diagram region, bool wide, int depth);

/* One way on from a field: what the field has to be for it, and what is asked after that. */
static const char *
way_text (struct diagrams *diagrams, const struct field *field, diagram region, diagram way,
          bool wide, int depth)
{
  diagram condition = diagram_reaching (diagrams, region, field->level + field->width, way);
  const char *first = field_text (diagrams, field, condition);
  const char *rest = first ? nested_text (diagrams, way, wide, depth + 1) : NULL;

  if (!rest || !*rest)
    return rest ? first : NULL;
  return arena_printf (diagrams->arena, strstr (first, " or ") ? "(%s) and %s" : "%s and %s", first,
                       strstr (rest, " or ") ? arena_printf (diagrams->arena, "(%s)", rest) : rest);
}

/* What always holds for some of a field, first: and then for what is left of the field it need not
 * be said again that it is left. */
static const char *
either_text (struct diagrams *diagrams, const struct field *field, diagram region, diagram way,
             bool wide, int depth)
{
  const char *first = way_text (diagrams, field, region, DIAGRAM_TRUE, wide, depth);
  const char *rest = nested_text (diagrams, way, wide, depth + 1);

  return first && rest ? or_text (diagrams->arena, first, rest) : NULL;
}

static const char *
nested_text (struct diagrams *diagrams, diagram region, bool wide, int depth)
{
  diagram ways[MAX_WAYS];
  const char *text = NULL;
  struct field field;
  size_t count;

  if (region == DIAGRAM_TRUE)
    return "";
  if (depth == MAX_NESTING || diagrams->exceeded)
    return NULL;
  field = field_of (diagrams, region, wide);
  count = diagram_ways (diagrams, region, field.level + field.width, ways, MAX_WAYS);
  if (count > MAX_WAYS)
    return NULL;
  for (size_t i = 0; i < 2 && count == 2; i++)
    if (ways[i] == DIAGRAM_TRUE && ways[1 - i] != DIAGRAM_FALSE)
      return either_text (diagrams, &field, region, ways[1 - i], wide, depth);
  for (size_t i = 0; i < count; i++) {
    const char *way;

    if (ways[i] == DIAGRAM_FALSE)
      continue;
    way = way_text (diagrams, &field, region, ways[i], wide, depth);
    if (!way)
      return NULL;
    text = or_text (diagrams->arena, text, way);
    if (strlen (text) > MAX_TEXT)
      return NULL;
  }
  return text;
}

const char *
region_text (struct diagrams *diagrams, diagram region, bool wide)
{
  const char *text = nested_text (diagrams, region, wide, 0);

  return diagrams->exceeded ? NULL : text;
}
