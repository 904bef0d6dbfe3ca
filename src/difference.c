#include "difference.h"

#include <stdlib.h>
#include <string.h>

#include "syscalls.h"
#include "verdict.h"

enum {
  MAX_ITEMS = 4096,
  MAX_SPANS = 8192,
  MAX_VERDICTS = 256, /* of one call, over its arguments */
};

/* What the sides say about the token of an ABI, or about several other ones alike. */
struct token {
  bool known;
  enum abi abi;
  uint32_t value;
  struct number_range *ranges; /* of others, those at hand */
  size_t range_count;
  diagram sides[2];
};

struct search {
  struct differences *out;
  struct diagrams *diagrams;
  struct span *spans[2]; /* room for one token's numbers */
  struct token token;    /* the one at hand */
  struct token *others;
  size_t other_count;
};

/* --- ranges --------------------------------------------------------------------------------- */

bool
ranges_have (const struct number_range *ranges, size_t count, uint32_t number)
{
  for (size_t i = 0; i < count; i++)
    if (number >= ranges[i].first && number <= ranges[i].last)
      return true;
  return false;
}

uint64_t
ranges_size (const struct number_range *ranges, size_t count)
{
  uint64_t size = 0;

  for (size_t i = 0; i < count; i++)
    size += (uint64_t) ranges[i].last - ranges[i].first + 1;
  return size;
}

bool
difference_has (const struct difference *difference, uint32_t number)
{
  return ranges_have (difference->ranges, difference->range_count, number);
}

/* --- items ---------------------------------------------------------------------------------- */

/* On the token that x86_64 and x32 share, bit 30 is x32's, but for the number -1. */
static enum abi
abi_of_number (const struct token *token, uint32_t number)
{
  bool shared = token->known && token->value == abi_table[ABI_X86_64].token;

  return shared && number & X32_BIT && number != UINT32_MAX ? ABI_X32 : token->abi;
}

static struct difference *
item_find (struct search *search, enum abi abi, const uint32_t verdicts[2], diagram where)
{
  struct differences *out = search->out;
  struct difference *item;

  for (size_t i = out->count; i-- > 0;) {
    item = &out->items[i];
    if (item->token == search->token.value && item->abi == abi && item->where == where &&
        !memcmp (item->verdicts, verdicts, sizeof item->verdicts))
      return item;
  }
  if (out->count == MAX_ITEMS) {
    out->complete = false;
    return NULL;
  }
  item = ARENA_PUSH (search->diagrams->arena, out->items, out->count);
  *item = (struct difference){
      .known_abi = search->token.known,
      .abi = abi,
      .tokens = search->token.ranges,
      .token_count = search->token.range_count,
      .token = search->token.value,
      .verdicts = {verdicts[0], verdicts[1]},
      .where = where,
  };
  return item;
}

static void
item_add_range (struct search *search, struct number_range range, const uint32_t verdicts[2],
                diagram where)
{
  enum abi abi = abi_of_number (&search->token, range.first);
  struct difference *item = item_find (search, abi, verdicts, where);
  struct number_range *last;

  if (!item)
    return;
  last = item->range_count ? &item->ranges[item->range_count - 1] : NULL;
  if (last && last->last + 1 == range.first)
    last->last = range.last;
  else
    *ARENA_PUSH (search->diagrams->arena, item->ranges, item->range_count) = range;
}

/* In pieces each of which belongs to one ABI. */
static void
item_add (struct search *search, uint32_t first, uint32_t last, const uint32_t verdicts[2],
          diagram where)
{
  static const uint32_t ends[] = {0x3fffffff, 0x7fffffff, 0xbfffffff, 0xfffffffe, 0xffffffff};

  for (size_t i = 0; i < sizeof ends / sizeof ends[0] && first <= last; i++) {
    if (first > ends[i])
      continue;
    item_add_range (search, (struct number_range){first, last < ends[i] ? last : ends[i]}, verdicts,
                    where);
    if (last <= ends[i])
      return;
    first = ends[i] + 1;
  }
}

/* --- from numbers to verdicts ---------------------------------------------------------------- */

/* The same pair of verdicts on all of the arguments where it occurs. */
static void
add_verdicts (struct search *search, uint32_t first, uint32_t last, diagram one, diagram other)
{
  struct diagrams *diagrams = search->diagrams;
  diagram leaves[2][MAX_VERDICTS];
  const size_t counts[2] = {diagram_ways (diagrams, one, LEVEL_LEAF, leaves[0], MAX_VERDICTS),
                            diagram_ways (diagrams, other, LEVEL_LEAF, leaves[1], MAX_VERDICTS)};

  if (counts[0] > MAX_VERDICTS || counts[1] > MAX_VERDICTS) {
    search->out->complete = false;
    return;
  }
  for (size_t i = 0; i < counts[0]; i++)
    for (size_t j = 0; j < counts[1]; j++) {
      static const struct seccomp_data nowhere;
      uint32_t verdicts[2] = {diagram_value (diagrams, leaves[0][i], &nowhere),
                              diagram_value (diagrams, leaves[1][j], &nowhere)};
      diagram where;

      if (verdicts[0] == verdicts[1] || verdicts[0] == VERDICT_UNDEFINED ||
          verdicts[1] == VERDICT_UNDEFINED)
        continue;
      where = diagram_and (diagrams, diagram_where (diagrams, one, verdicts[0]),
                           diagram_where (diagrams, other, verdicts[1]));
      if (where != DIAGRAM_FALSE)
        item_add (search, first, last, verdicts, where);
    }
}

typedef void pair_function (struct search *search, uint32_t first, uint32_t last, diagram one,
                            diagram other);

/* Calls `found` for each stretch of the 32-bit word at `level` on which the two do not agree. */
static void
for_each_difference (struct search *search, unsigned level, const diagram sides[2],
                     struct span *const spans[2], pair_function *found)
{
  size_t counts[2], at[2] = {0, 0};

  for (int i = 0; i < 2; i++)
    if (!diagram_to_spans (search->diagrams, sides[i], level, 32, spans[i], MAX_SPANS,
                           &counts[i])) {
      search->out->complete = false;
      return;
    }
  while (at[0] < counts[0] && at[1] < counts[1] && !search->diagrams->exceeded) {
    uint64_t first = 0, ends[2];
    int side;

    for (int i = 0; i < 2; i++) {
      if (spans[i][at[i]].first > first)
        first = spans[i][at[i]].first;
      ends[i] = at[i] + 1 < counts[i] ? spans[i][at[i] + 1].first : UINT64_C (1) << 32;
    }
    side = ends[0] <= ends[1] ? 0 : 1;
    if (spans[0][at[0]].result != spans[1][at[1]].result)
      found (search, (uint32_t) first, (uint32_t) (ends[side] - 1), spans[0][at[0]].result,
             spans[1][at[1]].result);
    if (ends[0] == ends[1])
      at[1 - side]++;
    at[side]++;
  }
}

/* --- tokens --------------------------------------------------------------------------------- */

static void
search_token (struct search *search, const struct token *token)
{
  search->token = *token;
  if (token->sides[0] != token->sides[1])
    for_each_difference (search, LEVEL_NUMBER, token->sides, search->spans, add_verdicts);
}

/* Where one verdict became another for each call, it is of no interest what the calls are. */
static bool
is_whole (const struct search *search, const diagram sides[2])
{
  return diagram_level (search->diagrams, sides[0]) == LEVEL_LEAF &&
         diagram_level (search->diagrams, sides[1]) == LEVEL_LEAF;
}

static void
search_known_tokens (struct search *search, const diagram sides[2])
{
  for (enum abi abi = 0; abi < ABI_COUNT; abi++) {
    struct seccomp_data call = {.arch = abi_table[abi].token};
    struct token token = {.known = true, .abi = abi, .value = call.arch};
    enum abi first;

    if (!abi_from_token (call.arch, &first) || first != abi)
      continue;
    for (int i = 0; i < 2; i++)
      token.sides[i] = diagram_follow (search->diagrams, sides[i], &call, LEVEL_NUMBER);
    if (!is_whole (search, token.sides))
      search_token (search, &token);
  }
}

static void
token_add_range (struct search *search, struct token *token, uint32_t first, uint32_t last)
{
  if (first <= last)
    *ARENA_PUSH (search->diagrams->arena, token->ranges, token->range_count) =
        (struct number_range){first, last};
}

/* The token of an ABI that is in a stretch, the lowest; false if there is none. */
static bool
known_in (uint32_t first, uint32_t last, uint32_t *token)
{
  bool found = false;

  for (enum abi abi = 0; abi < ABI_COUNT; abi++) {
    uint32_t known = abi_table[abi].token;

    if (known < first || known > last || (found && known >= *token))
      continue;
    *token = known;
    found = true;
  }
  return found;
}

/* Stretches on which the sides differ alike are one. */
static void
add_other_tokens (struct search *search, uint32_t first, uint32_t last, diagram one, diagram other)
{
  const diagram sides[2] = {one, other};
  struct token *token = NULL;
  uint32_t known = 0;

  for (size_t i = 0; i < search->other_count && !token; i++)
    if (!memcmp (search->others[i].sides, sides, sizeof sides))
      token = &search->others[i];
  if (!token) {
    token = ARENA_PUSH (search->diagrams->arena, search->others, search->other_count);
    *token = (struct token){.sides = {one, other}};
  }
  while (!is_whole (search, sides) && known_in (first, last, &known)) {
    if (first < known)
      token_add_range (search, token, first, known - 1);
    if (known == UINT32_MAX)
      return;
    first = known + 1;
  }
  token_add_range (search, token, first, last);
}

/* The first ABI that people know stands for the others, if there is one. */
static void
search_other_tokens (struct search *search)
{
  for (size_t i = 0; i < search->other_count; i++) {
    struct token *token = &search->others[i];

    if (!token->range_count)
      continue;
    token->value = token->ranges[0].first;
    for (enum abi abi = ABI_COUNT; abi-- > 0;)
      if (ranges_have (token->ranges, token->range_count, abi_table[abi].token))
        token->value = abi_table[abi].token;
    search_token (search, token);
  }
}

/* --- witnesses ------------------------------------------------------------------------------ */

static void
find_witness (const struct diagrams *diagrams, struct difference *item)
{
  uint32_t number = item->ranges[0].first;
  size_t count;

  if (item->known_abi) {
    const int16_t *rows = syscall_rows_by_number (item->abi, &count);

    for (size_t i = 0; i < count; i++) {
      uint32_t named;

      if (!syscall_number (rows[i], item->abi, &named) || !difference_has (item, named))
        continue;
      number = named;
      break;
    }
  }
  item->witness.arch = item->token;
  item->witness.nr = (int) number;
  diagram_example (diagrams, item->where, &item->witness);
}

/* Where there were too many to list any, or no diagrams to find them with, there is still the one
 * witness of the comparison. */
static void
add_one (struct search *search, const struct equivalence *equivalence)
{
  const struct seccomp_data *call = &equivalence->witness;
  uint32_t number = (uint32_t) call->nr;

  search->token = (struct token){.value = call->arch};
  search->token.known = abi_from_token (call->arch, &search->token.abi);
  if (!search->token.known)
    token_add_range (search, &search->token, call->arch, call->arch);
  item_add (search, number, number, equivalence->verdicts,
            diagram_of_call (search->diagrams, call, LEVEL_ARGUMENTS));
  search->out->items[0].only_example = true;
  search->out->items[0].witness = *call;
}

/* Items of known ABIs in the order of these, as the numbers of two of them are mixed on one token.
 */
static int
item_order (const void *left, const void *right)
{
  const struct difference *one = left, *other = right;
  uint32_t first = one->ranges[0].first, second = other->ranges[0].first;

  if (one->known_abi != other->known_abi)
    return one->known_abi ? -1 : 1;
  if (one->abi != other->abi)
    return one->abi < other->abi ? -1 : 1;
  if (first != second)
    return first < second ? -1 : 1;
  return one->where < other->where ? -1 : one->where > other->where;
}

static struct span *
span_room (struct diagrams *diagrams)
{
  return ARENA_ARRAY (diagrams->arena, struct span, MAX_SPANS);
}

void
differences_find (struct differences *out, struct equivalence *equivalence)
{
  struct diagrams *diagrams = &equivalence->diagrams;
  struct search search = {.out = out, .diagrams = diagrams};
  struct span *const token_spans[2] = {span_room (diagrams), span_room (diagrams)};

  *out = (struct differences){.complete = equivalence->followed};
  if (!equivalence->followed) {
    diagrams_restart (diagrams, diagrams->order, DIAGRAM_MAX_NODES, DIAGRAM_MAX_STEPS);
    add_one (&search, equivalence);
    return;
  }
  search.spans[0] = span_room (diagrams);
  search.spans[1] = span_room (diagrams);
  search_known_tokens (&search, equivalence->sides);
  for_each_difference (&search, LEVEL_ARCH, equivalence->sides, token_spans, add_other_tokens);
  search_other_tokens (&search);
  for (size_t i = 0; i < out->count; i++)
    find_witness (diagrams, &out->items[i]);
  if (diagrams->exceeded)
    out->complete = false;
  if (!out->count)
    add_one (&search, equivalence);
  qsort (out->items, out->count, sizeof *out->items, item_order);
}
