#include "diagram.h"

#include <string.h>

#include "order.h"

enum { FIRST_CAPACITY = 1 << 13 };

/* Marks, in place of a condition, what else a remembered result is of. */
enum {
  RESULT_OF_DIFFER = UINT32_MAX,
  RESULT_OF_APPEND = UINT32_MAX - 1,
  RESULT_OF_COPY = UINT32_MAX - 2,
  RESULT_OF_REACHING = UINT32_MAX - 1000, /* and a level more */
};

static uint64_t
hash (uint32_t one, uint32_t two, uint32_t three)
{
  uint64_t mixed = (((uint64_t) one << 32 | two) ^ 0x9e3779b97f4a7c15u) * 0xd6e8feb86659fd93u;

  mixed = (mixed ^ mixed >> 32 ^ three) * 0xff51afd7ed558ccdu;
  return mixed ^ mixed >> 29;
}

static void
tables_renew (struct diagrams *diagrams, uint32_t capacity)
{
  struct diagram_node *nodes = ARENA_ARRAY (diagrams->arena, struct diagram_node, capacity);

  if (diagrams->count)
    memcpy (nodes, diagrams->nodes, diagrams->count * sizeof *nodes);
  diagrams->nodes = nodes;
  diagrams->capacity = capacity;
  diagrams->buckets = ARENA_ARRAY (diagrams->arena, uint32_t, capacity);
  diagrams->results = ARENA_ARRAY (diagrams->arena, struct diagram_result, capacity / 4);
  for (uint32_t i = 0; i < diagrams->count; i++) {
    struct diagram_node *node = &nodes[i];
    uint32_t *bucket =
        &diagrams->buckets[hash (node->level, node->low, node->high) & (capacity - 1)];

    node->next = *bucket;
    *bucket = i;
  }
}

/* The one place where nodes come from: the same one for the same content. Node 0 is in no bucket's
 * chain but its end, so leaf 0 is never looked for here. */
static diagram
node_find (struct diagrams *diagrams, unsigned level, diagram low, diagram high)
{
  uint64_t mixed = hash (level, low, high);
  uint32_t *bucket = &diagrams->buckets[mixed & (diagrams->capacity - 1)];

  for (uint32_t i = *bucket; i; i = diagrams->nodes[i].next)
    if (diagrams->nodes[i].level == level && diagrams->nodes[i].low == low &&
        diagrams->nodes[i].high == high)
      return i;
  if (diagrams->count >= diagrams->max_nodes) {
    diagrams->exceeded = true;
    return DIAGRAM_FALSE;
  }
  if (diagrams->count == diagrams->capacity) {
    tables_renew (diagrams, diagrams->capacity * 2);
    bucket = &diagrams->buckets[mixed & (diagrams->capacity - 1)];
  }
  diagrams->nodes[diagrams->count] = (struct diagram_node){level, low, high, *bucket};
  *bucket = diagrams->count;
  return diagrams->count++;
}

void
diagrams_restart (struct diagrams *diagrams, const struct diagram_order *order, uint32_t max_nodes,
                  uint32_t max_steps)
{
  diagrams->order = order;
  diagrams->max_nodes = max_nodes;
  diagrams->max_steps = max_steps;
  diagrams->steps = 0;
  diagrams->exceeded = false;
  memset (diagrams->buckets, 0, diagrams->capacity * sizeof *diagrams->buckets);
  memset (diagrams->results, 0, diagrams->capacity / 4 * sizeof *diagrams->results);
  diagrams->nodes[DIAGRAM_FALSE] = (struct diagram_node){.level = LEVEL_LEAF};
  diagrams->count = 1;
  node_find (diagrams, LEVEL_LEAF, 1, 0);
}

void
diagrams_init (struct diagrams *diagrams, struct arena *arena)
{
  memset (diagrams, 0, sizeof *diagrams);
  diagrams->arena = arena;
  tables_renew (diagrams, FIRST_CAPACITY);
  diagrams_restart (diagrams, order_usual (arena), DIAGRAM_MAX_NODES, DIAGRAM_MAX_STEPS);
}

diagram
diagram_leaf (struct diagrams *diagrams, uint32_t value)
{
  return value ? node_find (diagrams, LEVEL_LEAF, value, 0) : DIAGRAM_FALSE;
}

diagram
diagram_node (struct diagrams *diagrams, unsigned level, diagram low, diagram high)
{
  return low == high ? low : node_find (diagrams, level, low, high);
}

diagram
diagram_bit (struct diagrams *diagrams, unsigned usual)
{
  return node_find (diagrams, diagrams->order->level[usual], DIAGRAM_FALSE, DIAGRAM_TRUE);
}

unsigned
diagram_level (const struct diagrams *diagrams, diagram of)
{
  return diagrams->nodes[of].level;
}

static unsigned
higher_level (const struct diagrams *diagrams, diagram one, diagram other)
{
  unsigned first = diagram_level (diagrams, one), second = diagram_level (diagrams, other);

  return first < second ? first : second;
}

/* What is left of a diagram once the bit at `level`, the highest it may ask for, is known. */
static diagram
branch (const struct diagrams *diagrams, diagram of, unsigned level, bool bit)
{
  const struct diagram_node *node = &diagrams->nodes[of];

  if (node->level != level)
    return of;
  return bit ? node->high : node->low;
}

static struct diagram_result *
result_slot (const struct diagrams *diagrams, diagram condition, diagram yes, diagram no)
{
  return &diagrams->results[hash (condition, yes, no) & (diagrams->capacity / 4 - 1)];
}

static bool
result_known (struct diagrams *diagrams, diagram condition, diagram yes, diagram no,
              diagram *result)
{
  const struct diagram_result *slot = result_slot (diagrams, condition, yes, no);

  if (++diagrams->steps > diagrams->max_steps)
    diagrams->exceeded = true;
  *result = diagrams->exceeded ? DIAGRAM_FALSE : slot->result;
  return diagrams->exceeded || (slot->condition == condition && slot->yes == yes && slot->no == no);
}

/* The slot is looked for again: the table may have grown since result_known. */
static diagram
result_remember (struct diagrams *diagrams, diagram condition, diagram yes, diagram no,
                 diagram result)
{
  *result_slot (diagrams, condition, yes, no) = (struct diagram_result){condition, yes, no, result};
  return result;
}

diagram
diagram_choose (struct diagrams *diagrams, diagram condition, diagram yes, diagram no)
{
  diagram low, high, result;
  unsigned level;

  if (condition == DIAGRAM_TRUE || yes == no)
    return yes;
  if (condition == DIAGRAM_FALSE)
    return no;
  if (yes == DIAGRAM_TRUE && no == DIAGRAM_FALSE)
    return condition;
  if (result_known (diagrams, condition, yes, no, &result))
    return result;
  level = higher_level (diagrams, yes, no);
  if (diagram_level (diagrams, condition) < level)
    level = diagram_level (diagrams, condition);
  low = diagram_choose (diagrams, branch (diagrams, condition, level, false),
                        branch (diagrams, yes, level, false), branch (diagrams, no, level, false));
  high = diagram_choose (diagrams, branch (diagrams, condition, level, true),
                         branch (diagrams, yes, level, true), branch (diagrams, no, level, true));
  return result_remember (diagrams, condition, yes, no, diagram_node (diagrams, level, low, high));
}

diagram
diagram_not (struct diagrams *diagrams, diagram condition)
{
  return diagram_choose (diagrams, condition, DIAGRAM_FALSE, DIAGRAM_TRUE);
}

diagram
diagram_and (struct diagrams *diagrams, diagram one, diagram other)
{
  return diagram_choose (diagrams, one, other, DIAGRAM_FALSE);
}

diagram
diagram_or (struct diagrams *diagrams, diagram one, diagram other)
{
  return diagram_choose (diagrams, one, DIAGRAM_TRUE, other);
}

diagram
diagram_append (struct diagrams *diagrams, diagram of, diagram condition)
{
  unsigned level = higher_level (diagrams, of, condition);
  diagram low, high, result;

  if (level == LEVEL_LEAF)
    return diagram_leaf (diagrams, diagrams->nodes[of].low << 1 | (condition == DIAGRAM_TRUE));
  if (result_known (diagrams, RESULT_OF_APPEND, of, condition, &result))
    return result;
  low = diagram_append (diagrams, branch (diagrams, of, level, false),
                        branch (diagrams, condition, level, false));
  high = diagram_append (diagrams, branch (diagrams, of, level, true),
                         branch (diagrams, condition, level, true));
  return result_remember (diagrams, RESULT_OF_APPEND, of, condition,
                          diagram_node (diagrams, level, low, high));
}

diagram
diagram_copy (struct diagrams *to, const struct diagrams *from, diagram of)
{
  const struct diagram_node *node = &from->nodes[of];
  diagram low, high, result;

  if (node->level == LEVEL_LEAF)
    return diagram_leaf (to, node->low);
  if (result_known (to, RESULT_OF_COPY, of, 0, &result))
    return result;
  low = diagram_copy (to, from, node->low);
  high = diagram_copy (to, from, node->high);
  result = diagram_choose (to, diagram_bit (to, from->order->usual[node->level]), high, low);
  return result_remember (to, RESULT_OF_COPY, of, 0, result);
}

/* The part of the spans that lies in the block of 2^width values from `base` on; spans[0] is the
 * one in which the block begins. */
static diagram
spans_block (struct diagrams *diagrams, unsigned level, unsigned width, uint64_t base,
             const struct span *spans, size_t count)
{
  uint64_t last = width ? base + (UINT64_MAX >> (64 - width)) : base;
  uint64_t middle;
  size_t split = 0;
  diagram low, high;

  if (count == 1 || spans[1].first > last)
    return spans[0].result;
  middle = base + (UINT64_C (1) << (width - 1));
  while (split + 1 < count && spans[split + 1].first <= middle)
    split++;
  low = spans_block (diagrams, level + 1, width - 1, base, spans, count);
  high = spans_block (diagrams, level + 1, width - 1, middle, spans + split, count - split);
  return diagram_node (diagrams, level, low, high);
}

diagram
diagram_from_spans (struct diagrams *diagrams, unsigned level, unsigned width,
                    const struct span *spans, size_t count)
{
  return spans_block (diagrams, level, width, 0, spans, count);
}

/* --- asking --------------------------------------------------------------------------------- */

/* The 64-bit value that a bit is of, told by its level in the usual order, and which one it is. */
static uint64_t
level_word (const struct seccomp_data *data, unsigned level, unsigned *bit)
{
  if (level < LEVEL_ARGUMENTS) {
    *bit = 31 - level % 32;
    return level < LEVEL_NUMBER ? data->arch : (uint32_t) data->nr;
  }
  *bit = 63 - (level - LEVEL_ARGUMENTS) % 64;
  return level < LEVEL_POINTER ? data->args[(level - LEVEL_ARGUMENTS) / 64]
                               : data->instruction_pointer;
}

static void
level_set (struct seccomp_data *data, unsigned level, bool bit)
{
  unsigned place;
  uint64_t word = level_word (data, level, &place);

  word = (word & ~(UINT64_C (1) << place)) | (uint64_t) bit << place;
  if (level < LEVEL_NUMBER)
    data->arch = (uint32_t) word;
  else if (level < LEVEL_ARGUMENTS)
    data->nr = (int) (uint32_t) word;
  else if (level < LEVEL_POINTER)
    data->args[(level - LEVEL_ARGUMENTS) / 64] = word;
  else
    data->instruction_pointer = word;
}

diagram
diagram_of_call (struct diagrams *diagrams, const struct seccomp_data *data, unsigned level)
{
  diagram result = DIAGRAM_TRUE;

  for (unsigned at = LEVEL_LEAF; at-- > level;) {
    unsigned bit;
    uint64_t word = level_word (data, diagrams->order->usual[at], &bit);
    bool set = word >> bit & 1;

    result =
        diagram_node (diagrams, at, set ? DIAGRAM_FALSE : result, set ? result : DIAGRAM_FALSE);
  }
  return result;
}

diagram
diagram_follow (const struct diagrams *diagrams, diagram of, const struct seccomp_data *data,
                unsigned end)
{
  while (diagrams->nodes[of].level < end) {
    const struct diagram_node *node = &diagrams->nodes[of];
    unsigned bit;
    uint64_t word = level_word (data, diagrams->order->usual[node->level], &bit);

    of = word >> bit & 1 ? node->high : node->low;
  }
  return of;
}

uint32_t
diagram_value (const struct diagrams *diagrams, diagram of, const struct seccomp_data *data)
{
  return diagrams->nodes[diagram_follow (diagrams, of, data, LEVEL_LEAF)].low;
}

struct span_list {
  const struct diagrams *diagrams;
  unsigned end; /* the first level below the word */
  struct span *spans;
  size_t max, count;
};

static bool
spans_collect (struct span_list *list, diagram of, unsigned level, uint64_t base)
{
  uint64_t half;

  if (diagram_level (list->diagrams, of) >= list->end) {
    if (list->count && list->spans[list->count - 1].result == of)
      return true;
    if (list->count == list->max)
      return false;
    list->spans[list->count++] = (struct span){base, of};
    return true;
  }
  half = UINT64_C (1) << (list->end - level - 1);
  return spans_collect (list, branch (list->diagrams, of, level, false), level + 1, base) &&
         spans_collect (list, branch (list->diagrams, of, level, true), level + 1, base + half);
}

bool
diagram_to_spans (const struct diagrams *diagrams, diagram of, unsigned level, unsigned width,
                  struct span *spans, size_t max, size_t *count)
{
  struct span_list list = {diagrams, level + width, spans, max, 0};
  bool complete = spans_collect (&list, of, level, 0);

  *count = list.count;
  return complete;
}

diagram
diagram_reaching (struct diagrams *diagrams, diagram of, unsigned end, diagram way)
{
  const struct diagram_node *node = &diagrams->nodes[of];
  unsigned level = node->level;
  diagram low = node->low, high = node->high, result;

  if (level >= end)
    return of == way ? DIAGRAM_TRUE : DIAGRAM_FALSE;
  if (result_known (diagrams, RESULT_OF_REACHING + end, of, way, &result))
    return result;
  low = diagram_reaching (diagrams, low, end, way);
  high = diagram_reaching (diagrams, high, end, way);
  return result_remember (diagrams, RESULT_OF_REACHING + end, of, way,
                          diagram_node (diagrams, level, low, high));
}

diagram
diagram_where (struct diagrams *diagrams, diagram of, uint32_t value)
{
  return diagram_reaching (diagrams, of, LEVEL_LEAF, diagram_leaf (diagrams, value));
}

diagram
diagram_differ (struct diagrams *diagrams, diagram one, diagram other)
{
  unsigned level = higher_level (diagrams, one, other);
  diagram low, high, result;

  if (one == other)
    return DIAGRAM_FALSE;
  if (level == LEVEL_LEAF)
    return DIAGRAM_TRUE;
  if (result_known (diagrams, RESULT_OF_DIFFER, one, other, &result))
    return result;
  low = diagram_differ (diagrams, branch (diagrams, one, level, false),
                        branch (diagrams, other, level, false));
  high = diagram_differ (diagrams, branch (diagrams, one, level, true),
                         branch (diagrams, other, level, true));
  return result_remember (diagrams, RESULT_OF_DIFFER, one, other,
                          diagram_node (diagrams, level, low, high));
}

/* No node but leaf 0 is false throughout, so the way to a 1 is never a dead end. */
bool
diagram_example (const struct diagrams *diagrams, diagram condition, struct seccomp_data *data)
{
  while (condition > DIAGRAM_TRUE) {
    const struct diagram_node *node = &diagrams->nodes[condition];
    bool bit = node->low == DIAGRAM_FALSE;

    level_set (data, diagrams->order->usual[node->level], bit);
    condition = bit ? node->high : node->low;
  }
  return condition == DIAGRAM_TRUE;
}

static size_t
ways_collect (const struct diagrams *diagrams, diagram of, unsigned end, unsigned char *seen,
              diagram *ways, size_t max, size_t count)
{
  const struct diagram_node *node = &diagrams->nodes[of];

  if (seen[of / 8] >> of % 8 & 1 || count > max)
    return count;
  seen[of / 8] |= (unsigned char) (1 << of % 8);
  if (node->level >= end) {
    if (count < max)
      ways[count] = of;
    return count + 1;
  }
  count = ways_collect (diagrams, node->low, end, seen, ways, max, count);
  return ways_collect (diagrams, node->high, end, seen, ways, max, count);
}

size_t
diagram_ways (const struct diagrams *diagrams, diagram of, unsigned end, diagram *ways, size_t max)
{
  unsigned char *seen = arena_alloc (diagrams->arena, diagrams->count / 8 + 1);

  return ways_collect (diagrams, of, end, seen, ways, max, 0);
}
