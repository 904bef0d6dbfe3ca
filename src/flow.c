#include "flow.h"

#include <stddef.h>
#include <string.h>

static void
flow_join (struct flow *to, const struct flow *from)
{
  if (!to->reached) {
    *to = *from;
    return;
  }
  if (to->mask != from->mask || to->less != from->less) {
    to->other = true;
    to->words = 0;
  } else {
    to->other |= from->other;
    to->words |= from->words;
  }
  if (from->first < to->first)
    to->first = from->first;
  if (from->last > to->last)
    to->last = from->last;
}

static void
set_other (struct flow *state)
{
  state->other = true;
  state->words = 0;
  state->mask = UINT32_MAX;
  state->less = 0;
}

static void
set_word (struct flow *state, uint32_t offset)
{
  set_other (state);
  if (offset % 4 || offset / 4 >= FLOW_WORDS)
    return;
  state->other = false;
  state->words = UINT32_C (1) << offset / 4;
}

/* Anything that is neither a jump nor a return. */
static void
execute (struct flow *state, const struct sock_filter *insn)
{
  switch (insn->code) {
  case BPF_LD | BPF_W | BPF_ABS:
    set_word (state, insn->k);
    return;
  case BPF_ALU | BPF_SUB | BPF_K:
    state->less += insn->k;
    return;
  case BPF_ALU | BPF_ADD | BPF_K:
    state->less -= insn->k;
    return;
  case BPF_ALU | BPF_AND | BPF_K:
    if (state->less)
      set_other (state);
    else
      state->mask &= insn->k;
    return;
  case BPF_MISC | BPF_TAX:
    return;
  }
  switch (BPF_CLASS (insn->code)) {
  case BPF_LDX:
  case BPF_ST:
  case BPF_STX:
    return;
  default:
    set_other (state);
  }
}

/* --- tests --- */

/* Cuts a range of values to those for which a test comes out as `yes`; false if none is left. */
static bool
cut_range (const struct sock_filter *insn, bool yes, uint32_t *first, uint32_t *last)
{
  uint32_t k = insn->k, top;

  switch (BPF_OP (insn->code)) {
  case BPF_JEQ:
    if (k < *first || k > *last)
      return !yes;
    if (yes) {
      *first = *last = k;
      return true;
    }
    if (*first == *last)
      return false;
    *first += k == *first;
    *last -= k == *last;
    return true;
  case BPF_JGT:
    if (k == UINT32_MAX)
      return !yes;
    k++;
    break;
  case BPF_JGE:
    break;
  case BPF_JSET:
    /* The bits above `top` are the same in the whole range. */
    top = *first ^ *last;
    top = top ? UINT32_MAX >> __builtin_clz (top) : 0;
    if (k & *first & ~top)
      return yes;
    return (k & top) || !yes;
  default:
    return true;
  }
  if (yes && *first < k)
    *first = k;
  if (!yes && *last >= k) {
    if (k == 0)
      return false;
    *last = k - 1;
  }
  return *first <= *last;
}

bool
flow_branch (const struct flow *state, const struct sock_filter *insn, int abi, bool yes,
             uint32_t *first, uint32_t *last)
{
  *first = state->first;
  *last = state->last;
  if (state->other || BPF_SRC (insn->code) != BPF_K)
    return true;
  if (state->words == FLOW_TOKEN && abi != FLOW_ANY_ABI) {
    uint32_t value = (abi_table[abi].token & state->mask) - state->less, same = value;

    return cut_range (insn, yes, &value, &same);
  }
  /* With a word taken off, the range must still be one. */
  if (state->words != FLOW_NUMBER || state->mask != UINT32_MAX ||
      *first - state->less > *last - state->less)
    return true;
  *first -= state->less;
  *last -= state->less;
  if (!cut_range (insn, yes, first, last))
    return false;
  *first += state->less;
  *last += state->less;
  return true;
}

/* --- the whole --- */

static struct flow
flow_begin (int abi)
{
  struct flow state = {.reached = true, .mask = UINT32_MAX, .last = UINT32_MAX};

  set_other (&state);
  if (abi == ABI_X86_64)
    state.last = X32_BIT - 1;
  if (abi == ABI_X32) {
    state.first = X32_BIT;
    state.last = 2 * (uint32_t) X32_BIT - 1;
  }
  return state;
}

static void
flow_to (struct flow *states, const struct program *program, uint64_t target,
         const struct flow *state)
{
  if (target < program->length)
    flow_join (&states[target], state);
}

static void
flow_through (struct flow *states, const struct program *program, size_t pc, int abi)
{
  const struct sock_filter *insn = &program->instructions[pc];
  struct flow state = states[pc];
  uint64_t next = pc + 1;

  if (BPF_CLASS (insn->code) == BPF_RET)
    return;
  if (BPF_CLASS (insn->code) != BPF_JMP) {
    execute (&state, insn);
    flow_to (states, program, next, &state);
    return;
  }
  if (BPF_OP (insn->code) == BPF_JA) {
    flow_to (states, program, next + insn->k, &state);
    return;
  }
  if (flow_branch (&states[pc], insn, abi, true, &state.first, &state.last))
    flow_to (states, program, next + insn->jt, &state);
  if (flow_branch (&states[pc], insn, abi, false, &state.first, &state.last))
    flow_to (states, program, next + insn->jf, &state);
}

/* Jumps go forward only: one look at each instruction, in order, is enough. */
void
flow_find (struct flow *states, const struct program *program, int abi)
{
  memset (states, 0, program->length * sizeof *states);
  if (program->length)
    states[0] = flow_begin (abi);
  for (size_t pc = 0; pc < program->length; pc++)
    if (states[pc].reached)
      flow_through (states, program, pc, abi);
}
