#include "groups.h"

#include <stdlib.h>
#include <string.h>

#include "../region.h"
#include "../syscalls.h"

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

/* --- system calls --------------------------------------------------------------------------- */

/* The ABIs on which a call is in an item of this kind, and a call of the first of them. */
static uint32_t
abis_of_row (const struct kind *kind, int row, struct seccomp_data *witness)
{
  uint32_t abis = 0, number;

  for (size_t i = 0; i < kind->count; i++) {
    const struct difference *item = kind->items[i];

    if (!item->known_abi || !syscall_number (row, item->abi, &number) ||
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
add_unnamed (struct group *group, const struct number_range *range, struct arena *arena)
{
  if (range->first <= range->last)
    *ARENA_PUSH (arena, group->ranges, group->range_count) = *range;
}

/* The ranges of an item without the numbers that the ABI names. */
static void
find_unnamed (struct group *group, const struct difference *item, struct arena *arena)
{
  size_t count = 0, at = 0;
  const int16_t *rows = item->known_abi ? syscall_rows_by_number (item->abi, &count) : NULL;

  for (size_t i = 0; i < item->range_count; i++) {
    struct number_range rest = item->ranges[i];
    uint32_t number;

    for (; at < count && syscall_number (rows[at], item->abi, &number) && number <= rest.last;
         at++) {
      if (number < rest.first)
        continue;
      add_unnamed (group, &(struct number_range){rest.first, number - 1}, arena);
      rest.first = number + 1;
    }
    add_unnamed (group, &rest, arena);
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
    diagram where;
    struct kind *kind;

    diagrams_restart (&usual, usual.order, DIAGRAM_MAX_NODES, DIAGRAM_MAX_STEPS);
    where = diagram_copy (&usual, diagrams, item->where);
    kind = kind_of (&maker, item, region_text (&usual, where, wide));
    *ARENA_PUSH (maker.arena, kind->items, kind->count) = item;
  }
  group_kinds (&maker, false);
  group_kinds (&maker, true);
}

const char *
group_abis_text (const struct group *group, struct arena *arena)
{
  const char *text = NULL;

  for (enum abi abi = 0; abi < ABI_COUNT; abi++)
    if (group->abis & ABI_BIT (abi))
      text = text ? arena_printf (arena, "%s, %s", text, abi_table[abi].name) : abi_table[abi].name;
  return text ? text : "other ABIs";
}

uint64_t
group_number_count (const struct group *group)
{
  uint64_t count = 0;

  for (size_t i = 0; i < group->range_count; i++)
    count += (uint64_t) group->ranges[i].last - group->ranges[i].first + 1;
  return count;
}
