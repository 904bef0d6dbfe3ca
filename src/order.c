#include "order.h"

#include <stdlib.h>

#include "clause.h"
#include "execute.h"

enum {
  FIELD_COUNT = (LEVEL_LEAF - LEVEL_ARGUMENTS) / 64, /* the arguments and the instruction pointer */
  LARGE = 31, /* bits: sets with more tell nothing of single ones, as they have whole arguments */
};

struct order_set {
  uint64_t bits[FIELD_COUNT];
  size_t size, index;
};

/* --- orders --------------------------------------------------------------------------------- */

/* An order in the making: the bits that have their place. */
struct placing {
  struct diagram_order *order;
  unsigned count;
  bool placed[LEVEL_LEAF];
};

static void
place (struct placing *placing, unsigned usual)
{
  if (placing->placed[usual])
    return;
  placing->placed[usual] = true;
  placing->order->usual[placing->count] = (uint16_t) usual;
  placing->order->level[usual] = (uint16_t) placing->count++;
}

static void
placing_begin (struct placing *placing, struct arena *arena)
{
  *placing = (struct placing){.order = ARENA_NEW (arena, struct diagram_order)};
  for (unsigned usual = 0; usual < LEVEL_ARGUMENTS; usual++)
    place (placing, usual);
}

static const struct diagram_order *
placing_end (struct placing *placing)
{
  for (unsigned usual = 0; usual < LEVEL_LEAF; usual++)
    place (placing, usual);
  return placing->order;
}

const struct diagram_order *
order_usual (struct arena *arena)
{
  struct placing placing;

  placing_begin (&placing, arena);
  return placing_end (&placing);
}

const struct diagram_order *
order_interleaved (struct arena *arena)
{
  struct placing placing;

  placing_begin (&placing, arena);
  for (unsigned bit = 0; bit < 64; bit++)
    for (unsigned field = 0; field < FIELD_COUNT; field++)
      place (&placing, LEVEL_ARGUMENT (field) + bit);
  return placing_end (&placing);
}

/* --- sets ----------------------------------------------------------------------------------- */

static struct order_set *
set_add (struct order_sets *sets)
{
  struct order_set *set = ARENA_PUSH (sets->arena, sets->items, sets->count);

  *set = (struct order_set){.index = sets->count};
  return set;
}

void
order_sets_of_profile (struct order_sets *sets, const struct profile *profile,
                       const struct options *options)
{
  uint32_t abis = profile->abis | ABI_BIT (options->native);

  for (enum abi abi = 0; abi < ABI_COUNT; abi++) {
    struct clauses clauses = {0};

    if (abis & ABI_BIT (abi))
      clauses_read (&clauses, profile, abi, sets->arena);
    for (size_t i = 0; i < clauses.count; i++) {
      const struct clause *clause = &clauses.items[i];
      struct order_set *set = clause->count > 1 ? set_add (sets) : NULL;

      for (unsigned j = 0; set && j < clause->count; j++)
        set->bits[clause->comparisons[j].index] = clause->comparisons[j].mask;
    }
  }
}

/* By the order of instructions alone, as if no jump were taken: programs that a compiler wrote test
 * one after the other what belongs together. */
void
order_sets_of_program (struct order_sets *sets, const struct program *program, bool big_endian)
{
  uint32_t offset = 0, mask = 0;

  for (size_t pc = 0; pc < program->length; pc++) {
    const struct sock_filter *insn = &program->instructions[pc];
    uint32_t tested = insn->code == (BPF_JMP | BPF_JSET | BPF_K) ? insn->k & mask : mask;
    unsigned level;

    if (insn->code == (BPF_LD | BPF_W | BPF_ABS)) {
      offset = insn->k;
      mask = UINT32_MAX;
    } else if (insn->code == (BPF_ALU | BPF_AND | BPF_K)) {
      mask &= insn->k;
    } else if (BPF_CLASS (insn->code) == BPF_LD || BPF_CLASS (insn->code) == BPF_ALU) {
      mask = 0;
    }
    level = program_field_level (offset, big_endian);
    if (BPF_CLASS (insn->code) == BPF_JMP && tested && level >= LEVEL_ARGUMENTS) {
      uint64_t *bits = &set_add (sets)->bits[(level - LEVEL_ARGUMENTS) / 64];

      *bits = (level - LEVEL_ARGUMENTS) % 64 ? tested : (uint64_t) tested << 32;
    }
  }
}

static int
set_order (const void *left, const void *right)
{
  const struct order_set *one = left, *other = right;

  if (one->size != other->size)
    return one->size < other->size ? -1 : 1;
  return one->index < other->index ? -1 : 1;
}

/* The last argument first, as rules about it are tested first. */
static void
place_set (struct placing *placing, const struct order_set *set)
{
  for (unsigned field = FIELD_COUNT; field-- > 0;)
    for (unsigned bit = 0; bit < 64; bit++)
      if (set->bits[field] >> (63 - bit) & 1)
        place (placing, LEVEL_ARGUMENT (field) + bit);
}

const struct diagram_order *
order_of_sets (struct order_sets *sets)
{
  static const struct order_set all = {
      .bits = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
  struct placing placing;

  for (size_t i = 0; i < sets->count; i++)
    for (unsigned field = 0; field < FIELD_COUNT; field++)
      sets->items[i].size += (size_t) __builtin_popcountll (sets->items[i].bits[field]);
  if (sets->count)
    qsort (sets->items, sets->count, sizeof *sets->items, set_order);
  placing_begin (&placing, sets->arena);
  for (size_t i = 0; i < sets->count && sets->items[i].size <= LARGE; i++)
    place_set (&placing, &sets->items[i]);
  place_set (&placing, &all);
  return placing_end (&placing);
}
