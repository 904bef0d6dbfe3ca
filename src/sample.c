#include "sample.h"

#include "execute.h"
#include "meaning.h"
#include "verdict.h"

enum { CALLS = 1 << 15 };

struct sample {
  const struct side *const *sides;
  struct meaning meanings[2]; /* of sides that are profiles */
  uint64_t dice;
  struct seccomp_data call;
};

static uint32_t
draw (struct sample *sample, uint32_t below)
{
  uint64_t bits = sample->dice += UINT64_C (0x9e3779b97f4a7c15);

  bits = (bits ^ bits >> 29) * UINT64_C (0xbf58476d1ce4e5b9);
  bits = (bits ^ bits >> 31) * UINT64_C (0x94d049bb133111eb);
  return (uint32_t) (bits >> 32) % below;
}

/* Most often the value itself, else one beside it. */
static uint64_t
near (struct sample *sample, uint64_t value)
{
  switch (draw (sample, 6)) {
  case 0:
    return value + 1;
  case 1:
    return value - 1;
  default:
    return value;
  }
}

/* --- what a program tests --------------------------------------------------------------------- */

static uint32_t
field_read (const struct seccomp_data *call, unsigned level)
{
  uint64_t word;

  if (level < LEVEL_ARGUMENTS)
    return level < LEVEL_NUMBER ? call->arch : (uint32_t) call->nr;
  word = level < LEVEL_POINTER ? call->args[(level - LEVEL_ARGUMENTS) / 64]
                               : call->instruction_pointer;
  return (uint32_t) (level % 64 ? word : word >> 32);
}

static void
field_write (struct seccomp_data *call, unsigned level, uint32_t value)
{
  uint64_t *word = (uint64_t *) &call->instruction_pointer;

  if (level < LEVEL_NUMBER) {
    call->arch = value;
    return;
  }
  if (level < LEVEL_ARGUMENTS) {
    call->nr = (int) value;
    return;
  }
  if (level < LEVEL_POINTER)
    word = (uint64_t *) &call->args[(level - LEVEL_ARGUMENTS) / 64];
  if (level % 64)
    *word = (*word & ~(uint64_t) UINT32_MAX) | value;
  else
    *word = (uint32_t) *word | (uint64_t) value << 32;
}

/* What A holds on the way: some bits of a field of the call, or what nobody knows. */
struct accumulator {
  unsigned level;
  uint32_t mask; /* 0: unknown */
};

static bool
jump_taken (struct sample *sample, const struct sock_filter *insn, const struct accumulator *a)
{
  uint32_t value = field_read (&sample->call, a->level) & a->mask;

  if (BPF_SRC (insn->code) == BPF_X || !a->mask)
    return draw (sample, 2);
  switch (BPF_OP (insn->code)) {
  case BPF_JEQ:
    return value == insn->k;
  case BPF_JGT:
    return value > insn->k;
  case BPF_JGE:
    return value >= insn->k;
  default:
    return value & insn->k;
  }
}

/* Sets what is tested to something about the constant. */
static void
meet_test (struct sample *sample, const struct sock_filter *insn, const struct accumulator *a)
{
  uint32_t now = field_read (&sample->call, a->level), wanted;

  if (BPF_SRC (insn->code) == BPF_X || !a->mask)
    return;
  if (BPF_OP (insn->code) == BPF_JSET)
    wanted = now ^ (insn->k & -insn->k);
  else
    wanted = (now & ~a->mask) | ((uint32_t) near (sample, insn->k) & a->mask);
  field_write (&sample->call, a->level, wanted);
}

/* What A holds after an instruction that is no jump. */
static void
follow_accumulator (struct accumulator *a, const struct sock_filter *insn, const struct side *side)
{
  switch (BPF_CLASS (insn->code)) {
  case BPF_LD:
    a->mask = BPF_MODE (insn->code) == BPF_ABS ? UINT32_MAX : 0;
    if (a->mask)
      a->level = program_field_level (insn->k, side->big_endian);
    break;
  case BPF_ALU:
    a->mask &= insn->code == (BPF_ALU | BPF_AND | BPF_K) ? insn->k : 0;
    break;
  case BPF_MISC:
    if (BPF_MISCOP (insn->code) == BPF_TXA)
      a->mask = 0;
    break;
  }
}

/* Goes a way through the program, and makes the call one that goes it, as far as it can be seen: a
 * field that is tested a second time may lead elsewhere. Tests of arguments are met for a short
 * stretch only, as most ways end where the first rule is met. */
static void
aim_at_program (struct sample *sample, const struct side *side)
{
  const struct sock_filter *start = side->program->instructions, *insn = start;
  const struct sock_filter *stretch = start + draw (sample, (uint32_t) side->program->length);
  uint32_t length = 1 + draw (sample, 16), one_in = 1 + draw (sample, 8);
  struct accumulator a = {0};

  for (; BPF_CLASS (insn->code) != BPF_RET; insn++) {
    bool within = insn >= stretch && insn < stretch + length;

    if (BPF_CLASS (insn->code) != BPF_JMP) {
      follow_accumulator (&a, insn, side);
    } else if (BPF_OP (insn->code) == BPF_JA) {
      insn += insn->k;
    } else {
      if (within || draw (sample, a.level < LEVEL_ARGUMENTS ? one_in : 64) == 0)
        meet_test (sample, insn, &a);
      insn += jump_taken (sample, insn, &a) ? insn->jt : insn->jf;
    }
  }
}

/* --- what a profile tests --------------------------------------------------------------------- */

static void
meet_comparison (struct sample *sample, const struct comparison *comparison)
{
  uint64_t *argument = (uint64_t *) &sample->call.args[comparison->index];
  uint64_t value = near (sample, comparison->value);

  if (comparison->op == OPERATOR_MASKED_EQ)
    value = comparison->value;
  *argument = (*argument & ~comparison->mask) | (value & comparison->mask);
}

static void
aim_at_profile (struct sample *sample, const struct meaning *meaning)
{
  const struct meaning_number *number;
  const struct clause *clause;

  if (!meaning->number_count)
    return;
  number = &meaning->numbers[draw (sample, (uint32_t) meaning->number_count)];
  for (unsigned i = 0; i < 20 && !number->clauses[0].count; i++)
    number = &meaning->numbers[draw (sample, (uint32_t) meaning->number_count)];
  clause = &number->clauses[draw (sample, (uint32_t) number->count)];
  sample->call.arch = abi_table[number->abi].token;
  sample->call.nr = (int) clause->number;
  for (unsigned i = 0; i < clause->count; i++)
    meet_comparison (sample, &clause->comparisons[i]);
}

/* --- calls --------------------------------------------------------------------------------------
 */

static void
flip_a_bit (struct sample *sample)
{
  sample->call.args[draw (sample, ARGUMENT_COUNT)] ^= UINT64_C (1) << draw (sample, 64);
}

static uint64_t
any_word (struct sample *sample, uint32_t kind)
{
  switch (kind) {
  case 0:
    return 0;
  case 1:
    return draw (sample, 64);
  case 2:
    return UINT64_MAX;
  default:
    return (uint64_t) draw (sample, UINT32_MAX) << 32 | draw (sample, UINT32_MAX);
  }
}

/* From the last call; or with other arguments, most often none; or all anew. */
static void
begin_call (struct sample *sample)
{
  uint32_t keep = draw (sample, 4), kind = draw (sample, 2) ? draw (sample, 4) : 0;

  if (keep == 0)
    return;
  if (keep == 1) {
    sample->call.nr = (int) any_word (sample, kind);
    sample->call.arch = (uint32_t) any_word (sample, kind);
  }
  for (unsigned i = 0; i < ARGUMENT_COUNT; i++)
    sample->call.args[i] = any_word (sample, kind);
  sample->call.instruction_pointer = any_word (sample, kind);
}

static void
make_call (struct sample *sample)
{
  uint32_t first = draw (sample, 2), sides = 1 + draw (sample, 2);

  begin_call (sample);
  for (uint32_t i = first; i < first + sides; i++) {
    const struct side *side = sample->sides[i % 2];

    if (side->program)
      aim_at_program (sample, side);
    else
      aim_at_profile (sample, &sample->meanings[i % 2]);
  }
  for (uint32_t flips = draw (sample, 4); flips > 1; flips--)
    flip_a_bit (sample);
}

static uint32_t
side_verdict (const struct sample *sample, int i)
{
  const struct side *side = sample->sides[i];

  if (side->program)
    return verdict_effect (program_run (side->program, &sample->call, side->big_endian, NULL));
  return meaning_verdict (&sample->meanings[i], &sample->call);
}

static bool
shifts_by_register (const struct program *program)
{
  for (size_t pc = 0; program && pc < program->length; pc++) {
    uint16_t code = program->instructions[pc].code;

    if (code == (BPF_ALU | BPF_LSH | BPF_X) || code == (BPF_ALU | BPF_RSH | BPF_X))
      return true;
  }
  return false;
}

static bool
decided_otherwise (const struct sample *sample, uint32_t verdicts[2])
{
  for (int i = 0; i < 2; i++)
    verdicts[i] = side_verdict (sample, i);
  return verdicts[0] != verdicts[1];
}

/* Clears all bits of the arguments that do not matter, for people to read. */
static void
simplify (struct sample *sample)
{
  struct seccomp_data found = sample->call;
  uint32_t ignored[2];

  sample->call.instruction_pointer = 0;
  if (!decided_otherwise (sample, ignored))
    sample->call = found;
  for (unsigned bit = 0; bit < ARGUMENT_COUNT * 64; bit++) {
    struct seccomp_data call = sample->call;

    sample->call.args[bit / 64] &= ~(UINT64_C (1) << bit % 64);
    if (!decided_otherwise (sample, ignored))
      sample->call = call;
  }
}

bool
sample_refute (const struct side *const sides[2], struct arena *arena, struct seccomp_data *call,
               uint32_t verdicts[2], unsigned *tried)
{
  struct sample sample = {.sides = sides};

  *tried = 0;
  for (int i = 0; i < 2; i++) {
    if (shifts_by_register (sides[i]->program))
      return false;
    if (sides[i]->profile)
      meaning_read_by_call (&sample.meanings[i], arena, sides[i]->profile, sides[i]->options);
  }
  for (; *tried < CALLS; ++*tried) {
    make_call (&sample);
    if (!decided_otherwise (&sample, verdicts))
      continue;
    simplify (&sample);
    decided_otherwise (&sample, verdicts);
    *call = sample.call;
    return true;
  }
  return false;
}
