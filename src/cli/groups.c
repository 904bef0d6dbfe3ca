#include "groups.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../region.h"
#include "../syscalls.h"

enum { MAX_REGION_NODES = 1 << 14 }; /* of more there are no words anyway */

/* The same change on the same condition, as a text: that is about whole arguments on each ABI. */
struct kind {
  const uint32_t *verdicts;
  const char *where;
  const struct difference **items;
  size_t count;
};

struct maker {
  struct groups *out;
  struct kind *kinds;
  size_t kind_count;
  struct arena *arena;
};

static bool
same_text (const char *one, const char *other)
{
  return one == other || (one && other && !strcmp (one, other));
}

static bool
is_of_kind (const struct kind *kind, const struct difference *item, const char *where)
{
  return kind->verdicts[0] == item->verdicts[0] && kind->verdicts[1] == item->verdicts[1] &&
         same_text (kind->where, where);
}

static struct group *
group_add (struct maker *maker, const struct kind *kind, uint32_t abis,
           const struct seccomp_data *witness)
{
  struct group *group = ARENA_PUSH (maker->arena, maker->out->items, maker->out->count);

  *group = (struct group){
      .verdicts = {kind->verdicts[0], kind->verdicts[1]},
      .where = kind->where,
      .abis = abis,
      .witness = *witness,
  };
  return group;
}

/* --- whole ABIs ------------------------------------------------------------------------------ */

/* Bit 30 tells x32's numbers from x86_64's, but for -1. */
static bool
is_every_number (const struct difference *item)
{
  uint64_t every = UINT64_C (1) << 32;

  if (item->known_abi && item->abi == ABI_X32)
    every = every / 2 - 1;
  else if (item->known_abi && item->abi == ABI_X86_64)
    every = every / 2 + 1;
  return ranges_size (item->ranges, item->range_count) == every;
}

/* Known ABIs together; other tokens by themselves. */
static void
group_whole (struct maker *maker, const struct kind *kind)
{
  struct group *known = NULL; /* the items come first that are on one */

  for (size_t i = 0; i < kind->count; i++) {
    const struct difference *item = kind->items[i];
    struct group *group = item->known_abi ? known : NULL;

    if (!is_every_number (item))
      continue;
    if (!group) {
      group = group_add (maker, kind, 0, &item->witness);
      group->every = true;
      group->tokens = item->tokens;
      group->token_count = item->token_count;
    }
    if (!item->known_abi)
      continue;
    group->abis |= ABI_BIT (item->abi);
    known = group;
  }
}

/* --- system calls --------------------------------------------------------------------------- */

/* The ABIs on which a call is in an item of this kind, and a call of the first of them. */
static uint32_t
abis_of_row (const struct kind *kind, int row, struct seccomp_data *witness)
{
  uint32_t abis = 0, number;

  for (size_t i = 0; i < kind->count; i++) {
    const struct difference *item = kind->items[i];

    if (!item->known_abi || is_every_number (item) || !syscall_number (row, item->abi, &number) ||
        !difference_has (item, number))
      continue;
    if (!abis) {
      *witness = item->witness;
      witness->nr = (int) number;
    }
    abis |= ABI_BIT (item->abi);
  }
  return abis;
}

/* What concerns more ABIs first, then what concerns more calls. */
static int
group_order (const void *left, const void *right)
{
  const struct group *one = left, *other = right;
  int abis = __builtin_popcount (other->abis) - __builtin_popcount (one->abis);

  if (abis)
    return abis;
  if (one->row_count != other->row_count)
    return one->row_count > other->row_count ? -1 : 1;
  return one->rows[0] - other->rows[0];
}

static void
group_rows (struct maker *maker, const struct kind *kind)
{
  size_t first = maker->out->count;

  for (int row = 0; row < syscall_count (); row++) {
    struct seccomp_data witness;
    uint32_t abis = abis_of_row (kind, row, &witness);
    struct group *group = NULL;

    if (!abis)
      continue;
    for (size_t i = first; i < maker->out->count; i++)
      if (maker->out->items[i].abis == abis)
        group = &maker->out->items[i];
    if (!group)
      group = group_add (maker, kind, abis, &witness);
    *ARENA_PUSH (maker->arena, group->rows, group->row_count) = (int16_t) row;
  }
  if (maker->out->count > first)
    qsort (&maker->out->items[first], maker->out->count - first, sizeof (struct group),
           group_order);
}

/* --- numbers without a name ------------------------------------------------------------------ */

static void
add_unnamed (struct group *group, uint64_t first, uint64_t end, struct arena *arena)
{
  if (first < end)
    *ARENA_PUSH (arena, group->ranges, group->range_count) =
        (struct number_range){(uint32_t) first, (uint32_t) (end - 1)};
}

/* The ranges of an item without the numbers that the ABI names. */
static void
find_unnamed (struct group *group, const struct difference *item, struct arena *arena)
{
  size_t count = 0, at = 0;
  const int16_t *rows = item->known_abi ? syscall_rows_by_number (item->abi, &count) : NULL;

  for (size_t i = 0; i < item->range_count; i++) {
    uint64_t first = item->ranges[i].first, end = (uint64_t) item->ranges[i].last + 1;
    uint32_t number;

    for (; at < count && syscall_number (rows[at], item->abi, &number) && number < end; at++) {
      if (number < first)
        continue;
      add_unnamed (group, first, number, arena);
      first = (uint64_t) number + 1;
    }
    add_unnamed (group, first, end, arena);
  }
}

static bool
same_ranges (const struct group *one, const struct group *other)
{
  return one->range_count == other->range_count && !one->row_count && !other->row_count &&
         !memcmp (one->ranges, other->ranges, one->range_count * sizeof *one->ranges);
}

static void
group_unnamed (struct maker *maker, const struct kind *kind)
{
  size_t first = maker->out->count;

  for (size_t i = 0; i < kind->count; i++) {
    const struct difference *item = kind->items[i];
    struct group found = {0}, *same = NULL;

    if (!is_every_number (item))
      find_unnamed (&found, item, maker->arena);
    if (!found.range_count)
      continue;
    for (size_t j = first; j < maker->out->count; j++)
      if (item->known_abi && maker->out->items[j].abis &&
          same_ranges (&maker->out->items[j], &found))
        same = &maker->out->items[j];
    if (!same) {
      same = group_add (maker, kind, 0, &item->witness);
      same->ranges = found.ranges;
      same->range_count = found.range_count;
      same->tokens = item->tokens;
      same->token_count = item->token_count;
      same->witness.nr = (int) found.ranges[0].first;
    }
    if (item->known_abi)
      same->abis |= ABI_BIT (item->abi);
  }
}

/* --- all ------------------------------------------------------------------------------------- */

static struct kind *
kind_of (struct maker *maker, const struct difference *item, const char *where)
{
  struct kind *kind;

  for (size_t i = 0; i < maker->kind_count; i++)
    if (is_of_kind (&maker->kinds[i], item, where))
      return &maker->kinds[i];
  kind = ARENA_PUSH (maker->arena, maker->kinds, maker->kind_count);
  *kind = (struct kind){.verdicts = item->verdicts, .where = where};
  return kind;
}

static void
group_kinds (struct maker *maker, bool conditional)
{
  for (size_t i = 0; i < maker->kind_count; i++) {
    const struct kind *kind = &maker->kinds[i];

    if ((!kind->where || *kind->where) != conditional)
      continue;
    group_whole (maker, kind);
    group_rows (maker, kind);
    group_unnamed (maker, kind);
  }
}

void
groups_make (struct groups *out, const struct differences *differences, struct diagrams *diagrams)
{
  struct maker maker = {.out = out, .arena = diagrams->arena};
  struct diagrams usual; /* region_text wants this order */

  memset (out, 0, sizeof *out);
  diagrams_init (&usual, maker.arena);
  for (size_t i = 0; i < differences->count; i++) {
    const struct difference *item = &differences->items[i];
    bool wide = !item->known_abi || abi_table[item->abi].wide;
    const char *where = NULL;
    struct kind *kind;

    diagrams_restart (&usual, usual.order, MAX_REGION_NODES, DIAGRAM_MAX_STEPS);
    if (!item->only_example)
      where = region_text (&usual, diagram_copy (&usual, diagrams, item->where), wide);
    kind = kind_of (&maker, item, where);
    *ARENA_PUSH (maker.arena, kind->items, kind->count) = item;
  }
  group_kinds (&maker, false);
  group_kinds (&maker, true);
}

/* --- which ABIs --------------------------------------------------------------------------------
 */

static const char *
list_text (const char *text, const char *more, struct arena *arena)
{
  return text ? arena_printf (arena, "%s, %s", text, more) : more;
}

static const char *
known_text (uint32_t abis, struct arena *arena)
{
  const char *text = NULL;

  for (enum abi abi = 0; abi < ABI_COUNT; abi++)
    if (abis & ABI_BIT (abi))
      text = list_text (text, abi_table[abi].name, arena);
  return text;
}

/* How many tokens a set of ABIs has. */
static uint64_t
token_count (uint32_t abis)
{
  uint64_t count = 0;
  enum abi first;

  for (enum abi abi = 0; abi < ABI_COUNT; abi++)
    count += abis & ABI_BIT (abi) && abi_from_token (abi_table[abi].token, &first) && first == abi;
  return count;
}

/* The ABIs whose tokens are in a set. */
static uint32_t
abis_within (const struct number_range *tokens, size_t count)
{
  uint32_t abis = 0;

  for (enum abi abi = 0; abi < ABI_COUNT; abi++)
    if (ranges_have (tokens, count, abi_table[abi].token))
      abis |= ABI_BIT (abi);
  return abis;
}

static const char *
tokens_text (const struct number_range *range, struct arena *arena)
{
  uint32_t known = abis_within (range, 1);

  if (range->first != range->last)
    return arena_printf (arena, "arch 0x%" PRIx32 " to 0x%" PRIx32, range->first, range->last);
  return known ? known_text (known, arena) : arena_printf (arena, "arch 0x%" PRIx32, range->first);
}

static const char *
some_tokens_text (const struct group *group, struct arena *arena)
{
  enum { LISTED = 4 };
  size_t listed = group->token_count < LISTED ? group->token_count : LISTED;
  uint64_t left = ranges_size (group->tokens + listed, group->token_count - listed);
  const char *text = NULL;

  for (size_t i = 0; i < listed; i++)
    text = list_text (text, tokens_text (&group->tokens[i], arena), arena);
  return left ? arena_printf (arena, "%s and %" PRIu64 " more", text, left) : text;
}

const char *
group_abis_text (const struct group *group, struct arena *arena)
{
  uint32_t inside = abis_within (group->tokens, group->token_count);
  uint32_t all = ABI_BIT (ABI_COUNT) - 1;
  uint64_t unknown;

  if (group->abis)
    return known_text (group->abis, arena);
  unknown = ranges_size (group->tokens, group->token_count) - token_count (inside);
  if (unknown < (UINT64_C (1) << 32) - token_count (all))
    return some_tokens_text (group, arena);
  if (!inside)
    return "all other ABIs";
  return inside == all ? "all ABIs"
                       : arena_printf (arena, "all ABIs but %s", known_text (all & ~inside, arena));
}
