#include "annotate.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "flow.h"
#include "syscalls.h"

struct annotations {
  const struct program *program;
  bool big_endian;
  const struct flow *any;             /* of calls of whatever ABI, for each instruction */
  const struct flow *flow[ABI_COUNT]; /* of those that the program knows; else NULL */
  struct arena *arena;
};

/* --- which ABIs --- */

static bool
holds_only (const struct flow *state, uint32_t word)
{
  return state->reached && !state->other && state->words == word && state->mask == UINT32_MAX;
}

static bool
holds_unchanged (const struct flow *state, uint32_t word)
{
  return holds_only (state, word) && state->less == 0;
}

static const struct flow *
find_flow (const struct program *program, int abi, struct arena *arena)
{
  struct flow *states = ARENA_ARRAY (arena, struct flow, program->length);

  flow_find (states, program, abi);
  return states;
}

static void
add_token (struct annotations *annotations, uint32_t token)
{
  for (int i = 0; i < ABI_COUNT; i++)
    if (abi_table[i].token == token && !annotations->flow[i])
      annotations->flow[i] = find_flow (annotations->program, i, annotations->arena);
}

struct annotations *
annotations_new (const struct program *program, enum abi native, struct arena *arena)
{
  struct annotations *annotations = ARENA_NEW (arena, struct annotations);

  annotations->program = program;
  annotations->big_endian = abi_table[native].big_endian;
  annotations->arena = arena;
  annotations->any = find_flow (program, FLOW_ANY_ABI, arena);
  add_token (annotations, abi_table[native].token);
  for (size_t pc = 0; pc < program->length; pc++)
    if (program->instructions[pc].code == (BPF_JMP | BPF_JEQ | BPF_K) &&
        holds_unchanged (&annotations->any[pc], FLOW_TOKEN))
      add_token (annotations, program->instructions[pc].k);
  return annotations;
}

/* --- words --- */

const char *
constant_text (uint32_t value, struct arena *arena)
{
  return arena_printf (arena, value < 0x10000 ? "%" PRIu32 : "0x%" PRIx32, value);
}

const char *
data_word_text (uint32_t offset, bool big_endian, struct arena *arena)
{
  const uint32_t args = offsetof (struct seccomp_data, args);
  const char *half = (offset % 8 != 0) != big_endian ? "high" : "low";

  if (offset % 4 || offset >= sizeof (struct seccomp_data))
    return NULL;
  if (offset == offsetof (struct seccomp_data, nr))
    return "nr";
  if (offset == offsetof (struct seccomp_data, arch))
    return "arch";
  if (offset < args)
    return arena_printf (arena, "instruction_pointer %s", half);
  return arena_printf (arena, "args[%u] %s", (offset - args) / 8, half);
}

static const char *
join (struct arena *arena, const char *list, const char *separator, const char *item)
{
  return list ? arena_printf (arena, "%s%s%s", list, separator, item) : item;
}

/* The words that the accumulator may hold: "args[0] low & 0xff". */
static const char *
held_text (const struct annotations *annotations, const struct flow *state)
{
  struct arena *arena = annotations->arena;
  const char *text = NULL;

  if (state->other)
    return NULL;
  for (uint32_t i = 0; i < FLOW_WORDS; i++)
    if (state->words & (UINT32_C (1) << i))
      text = join (arena, text, " or ", data_word_text (4 * i, annotations->big_endian, arena));
  if (text && state->mask != UINT32_MAX)
    text = arena_printf (arena, "%s & %s", text, constant_text (state->mask, arena));
  if (text && state->less)
    text = arena_printf (arena, "%s - %s", text, constant_text (state->less, arena));
  return text;
}

/* The ABIs whose calls come to an instruction. */
static const char *
reached_text (const struct annotations *annotations, size_t pc)
{
  const char *text = NULL;

  for (int i = 0; i < ABI_COUNT; i++)
    if (annotations->flow[i] && annotations->flow[i][pc].reached)
      text = join (annotations->arena, text, ", ", abi_table[i].name);
  return text;
}

static const char *
token_text (const struct annotations *annotations, uint32_t token)
{
  const char *text = NULL;

  for (int i = 0; i < ABI_COUNT; i++)
    if (abi_table[i].token == token)
      text = join (annotations->arena, text, ", ", abi_table[i].name);
  return text;
}

static const char *
verdict_words (uint32_t verdict, struct arena *arena)
{
  char text[VERDICT_TEXT];

  verdict_text (verdict, text);
  if ((verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO)
    for (const struct name *row = errno_names; row->name; row++)
      if (row->value == (verdict & SECCOMP_RET_DATA))
        return arena_printf (arena, "%s %s", text, row->name);
  return arena_printf (arena, "%s", text);
}

/* --- numbers --- */

struct range {
  enum abi abi;
  uint32_t first, last; /* as seccomp_data.nr has them */
  uint32_t less;        /* how much less the accumulator is */
};

/* A call's name, else its number as the accumulator has it. */
static const char *
number_text (const struct range *range, uint32_t number, struct arena *arena)
{
  int row = syscall_from_number (number, range->abi);

  return row == SYSCALL_UNKNOWN ? constant_text (number - range->less, arena) : syscall_name (row);
}

static uint32_t
highest_number (enum abi abi)
{
  size_t count;
  const int16_t *rows = syscall_rows_by_number (abi, &count);
  uint32_t number = 0;

  if (count)
    syscall_number (rows[count - 1], abi, &number);
  return number;
}

static const char *
range_text (const struct range *range, struct arena *arena)
{
  const char *first = number_text (range, range->first, arena);

  if (range->first == range->last)
    return first;
  if (range->last <= highest_number (range->abi))
    return arena_printf (arena, "%s..%s", first, number_text (range, range->last, arena));
  if (syscall_from_number (range->first, range->abi) == SYSCALL_UNKNOWN)
    return arena_printf (arena, ">= %s", first);
  return arena_printf (arena, ">= %s %s", constant_text (range->first - range->less, arena), first);
}

/* What a test of the number means on one ABI. NULL if that cannot be told. */
static const char *
test_text (const struct flow *state, const struct sock_filter *insn, enum abi abi,
           struct arena *arena)
{
  struct range yes = {.abi = abi, .less = state->less}, no = yes;
  bool may_hold = flow_branch (state, insn, abi, true, &yes.first, &yes.last);
  bool may_fail = flow_branch (state, insn, abi, false, &no.first, &no.last);

  if (!may_hold || !may_fail)
    return may_hold ? "always" : "never";
  if (yes.first == no.first && yes.last == no.last)
    return NULL;
  if (BPF_OP (insn->code) == BPF_JEQ)
    return range_text (&yes, arena);
  return arena_printf (arena, "%s else %s", range_text (&yes, arena), range_text (&no, arena));
}

/* The same for all ABIs whose calls come here; those for which it means the same are named
 * together.
 */
static const char *
number_comment (const struct annotations *annotations, size_t pc)
{
  const struct sock_filter *insn = &annotations->program->instructions[pc];
  struct arena *arena = annotations->arena;
  const char *texts[ABI_COUNT] = {NULL}, *comment = NULL;
  bool all_same = true;
  int first = -1;

  for (int i = 0; i < ABI_COUNT; i++) {
    if (!annotations->flow[i] || !holds_only (&annotations->flow[i][pc], FLOW_NUMBER))
      continue;
    texts[i] = test_text (&annotations->flow[i][pc], insn, i, arena);
    if (texts[i] && first < 0)
      first = i;
    if (texts[i])
      all_same = all_same && !strcmp (texts[i], texts[first]);
  }
  if (first >= 0 && all_same)
    return texts[first];
  for (int i = 0; i < ABI_COUNT; i++) {
    const char *text = texts[i], *abis = NULL;

    if (!text)
      continue;
    for (int j = i; j < ABI_COUNT; j++)
      if (texts[j] && !strcmp (texts[j], text)) {
        abis = join (arena, abis, ", ", abi_table[j].name);
        texts[j] = NULL;
      }
    comment = join (arena, comment, "; ", arena_printf (arena, "%s: %s", abis, text));
  }
  return comment;
}

/* --- comments --- */

/* The one call that can come to an instruction, on whatever ABI; NULL if there are others. */
static const char *
only_call (const struct annotations *annotations, size_t pc)
{
  const char *name = NULL;

  for (int i = 0; i < ABI_COUNT; i++) {
    const struct flow *state = annotations->flow[i] ? &annotations->flow[i][pc] : NULL;
    int row;

    if (!state || !state->reached)
      continue;
    row = state->first == state->last ? syscall_from_number (state->first, i) : SYSCALL_UNKNOWN;
    if (row == SYSCALL_UNKNOWN || (name && strcmp (name, syscall_name (row)) != 0))
      return NULL;
    name = syscall_name (row);
  }
  return name;
}

static const char *
load_comment (const struct annotations *annotations, size_t pc, uint32_t offset)
{
  const char *word = data_word_text (offset, annotations->big_endian, annotations->arena);
  const char *of = NULL;

  if (offset == offsetof (struct seccomp_data, nr))
    of = reached_text (annotations, pc);
  else if (word && offset >= offsetof (struct seccomp_data, args))
    of = only_call (annotations, pc);
  return of ? arena_printf (annotations->arena, "%s of %s", word, of) : word;
}

static const char *
test_comment (const struct annotations *annotations, size_t pc)
{
  const struct sock_filter *insn = &annotations->program->instructions[pc];
  const struct flow *state = &annotations->any[pc];
  const char *comment = NULL;

  if (BPF_SRC (insn->code) != BPF_K)
    return NULL;
  if (holds_unchanged (state, FLOW_TOKEN) && BPF_OP (insn->code) == BPF_JEQ)
    return token_text (annotations, insn->k);
  if (state->words == FLOW_NUMBER || (state->other && !state->words))
    comment = number_comment (annotations, pc);
  return comment ? comment : held_text (annotations, state);
}

static const char *
alu_comment (const struct annotations *annotations, size_t pc)
{
  const struct sock_filter *insn = &annotations->program->instructions[pc];
  bool takes_x32_bit =
      (insn->code == (BPF_ALU | BPF_SUB | BPF_K) && insn->k == X32_BIT) ||
      (insn->code == (BPF_ALU | BPF_AND | BPF_K) && insn->k == ~(uint32_t) X32_BIT);

  if (takes_x32_bit && holds_unchanged (&annotations->any[pc], FLOW_NUMBER))
    return "nr without x32's bit";
  return NULL;
}

const char *
annotation (const struct annotations *annotations, size_t pc)
{
  const struct sock_filter *insn = &annotations->program->instructions[pc];

  if (!annotations->any[pc].reached)
    return "never reached";
  switch (BPF_CLASS (insn->code)) {
  case BPF_RET:
    return insn->code == (BPF_RET | BPF_K) ? verdict_words (insn->k, annotations->arena) : NULL;
  case BPF_LD:
    return insn->code == (BPF_LD | BPF_W | BPF_ABS) ? load_comment (annotations, pc, insn->k)
                                                    : NULL;
  case BPF_ALU:
    return alu_comment (annotations, pc);
  case BPF_JMP:
    return BPF_OP (insn->code) == BPF_JA ? NULL : test_comment (annotations, pc);
  default:
    return NULL;
  }
}
