#include "cost.h"

#include <stddef.h>
#include <string.h>

#include "syscalls.h"

/* --- steps --- */

unsigned
cost_numbers (enum abi abi)
{
  return abi == ABI_X32 ? COST_NUMBERS_X32 : COST_NUMBERS;
}

/* Jumps go forward only, so the lengths of all paths are known from the last instruction on. */
unsigned
cost_worst_path (const struct program *program)
{
  unsigned longest[PROGRAM_MAX_LENGTH];

  for (size_t pc = program->length; pc-- > 0;) {
    const struct sock_filter *insn = &program->instructions[pc];

    if (BPF_CLASS (insn->code) == BPF_RET) {
      longest[pc] = 1;
    } else if (BPF_CLASS (insn->code) != BPF_JMP) {
      longest[pc] = 1 + longest[pc + 1];
    } else if (BPF_OP (insn->code) == BPF_JA) {
      longest[pc] = 1 + longest[pc + 1 + insn->k];
    } else {
      unsigned yes = longest[pc + 1 + insn->jt], no = longest[pc + 1 + insn->jf];

      longest[pc] = 1 + (yes > no ? yes : no);
    }
  }
  return longest[0];
}

static unsigned
count_steps (const struct program *program, enum abi abi, uint32_t number)
{
  struct seccomp_data data = {.nr = (int) number, .arch = abi_table[abi].token};
  unsigned steps;

  program_run (program, &data, abi_table[abi].big_endian, &steps);
  return steps;
}

void
cost_steps (struct cost_steps *out, const struct program *program, enum abi abi)
{
  uint64_t sum = 0, weighted = 0, weight = 0;
  unsigned numbers = cost_numbers (abi);
  size_t count;
  const int16_t *rows = syscall_rows_by_number (abi, &count);

  *out = (struct cost_steps){0};
  for (unsigned n = 0; n < numbers; n++) {
    unsigned steps = count_steps (program, abi, abi_table[abi].number_base + n);

    sum += steps;
    if (steps > out->most)
      out->most = steps;
  }
  for (size_t i = 0; i < count; i++) {
    uint32_t number, frequency = syscall_frequencies ()[rows[i]];

    if (frequency && syscall_number (rows[i], abi, &number)) {
      weighted += (uint64_t) frequency * count_steps (program, abi, number);
      weight += frequency;
    }
  }
  out->mean = (double) sum / numbers;
  out->weighted = weight ? (double) weighted / (double) weight : 0;
}

static double
mean_of_calls (const struct program *program, enum abi abi)
{
  size_t count;
  const int16_t *rows = syscall_rows_by_number (abi, &count);
  uint64_t sum = 0;
  uint32_t number;

  for (size_t i = 0; i < count; i++)
    if (syscall_number (rows[i], abi, &number))
      sum += count_steps (program, abi, number);
  return count ? (double) sum / (double) count : 0;
}

double
cost_weighted (const struct program *program, enum abi abi,
               const struct oci_seccomp_weight *weights, size_t count)
{
  double sum = 0, weight = 0;
  uint32_t number;

  if (count == 0)
    return mean_of_calls (program, abi);
  for (size_t i = 0; i < count; i++) {
    int row = syscall_from_name (weights[i].syscall, strlen (weights[i].syscall));

    if (row == SYSCALL_UNKNOWN || !syscall_number (row, abi, &number))
      continue;
    sum += (double) weights[i].count * count_steps (program, abi, number);
    weight += (double) weights[i].count;
  }
  return weight > 0 ? sum / weight : 0;
}

/* --- the kernel's bitmap --- */

/* arch/.../include/asm/seccomp.h: most kernels keep a bitmap for the native token and for that of
 * their one compatible 32-bit ABI. MIPS has none, as its numbers are too far apart; x32's numbers
 * are beyond those that the bitmap of its token covers. */
bool
cost_has_bitmap (enum abi native, enum abi abi)
{
  static const struct {
    enum abi native, compat;
  } pairs[] = {
      {ABI_X86_64, ABI_X86}, {ABI_AARCH64, ABI_ARM},     {ABI_S390X, ABI_S390},
      {ABI_PPC64, ABI_PPC},  {ABI_PARISC64, ABI_PARISC},
  };

  if (abi_table[native].number_base)
    return false;
  if (abi == native)
    return true;
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
    if (pairs[i].native == native && pairs[i].compat == abi)
      return true;
  return false;
}

/* What the accumulator may hold at an instruction, given the number and the token. */
struct accumulator {
  enum { NOT_REACHED, ONE_VALUE, ANY_VALUE } state;
  uint32_t value; /* of ONE_VALUE */
};

static void
accumulator_join (struct accumulator *to, struct accumulator from)
{
  if (to->state == NOT_REACHED)
    *to = from;
  else if (to->state != from.state || to->value != from.value)
    to->state = ANY_VALUE;
}

static bool
test_holds (const struct sock_filter *insn, uint32_t value)
{
  switch (BPF_OP (insn->code)) {
  case BPF_JEQ:
    return value == insn->k;
  case BPF_JGT:
    return value > insn->k;
  case BPF_JGE:
    return value >= insn->k;
  default: /* BPF_JSET: a checked program has no other */
    return (value & insn->k) != 0;
  }
}

/* What the accumulator holds after an instruction that is neither a jump nor a return. What the
 * kernel's bitmap cannot follow is taken for any value. */
static struct accumulator
accumulator_after (const struct sock_filter *insn, struct accumulator before, enum abi abi,
                   uint32_t number)
{
  switch (insn->code) {
  case BPF_LD | BPF_W | BPF_ABS:
    if (insn->k == offsetof (struct seccomp_data, nr))
      return (struct accumulator){ONE_VALUE, number};
    if (insn->k == offsetof (struct seccomp_data, arch))
      return (struct accumulator){ONE_VALUE, abi_table[abi].token};
    break;
  case BPF_ALU | BPF_AND | BPF_K:
    if (before.state == ONE_VALUE)
      return (struct accumulator){ONE_VALUE, before.value & insn->k};
    break;
  case BPF_LDX | BPF_W | BPF_LEN:
  case BPF_LDX | BPF_IMM:
  case BPF_LDX | BPF_MEM:
  case BPF_ST:
  case BPF_STX:
  case BPF_MISC | BPF_TAX:
    return before;
  }
  return (struct accumulator){ANY_VALUE, 0};
}

static void
follow_jump (struct accumulator *states, size_t pc, const struct sock_filter *insn)
{
  struct accumulator now = states[pc];
  bool decided = now.state == ONE_VALUE && BPF_SRC (insn->code) == BPF_K;

  if (BPF_OP (insn->code) == BPF_JA) {
    accumulator_join (&states[pc + 1 + insn->k], now);
    return;
  }
  if (!decided || test_holds (insn, now.value))
    accumulator_join (&states[pc + 1 + insn->jt], now);
  if (!decided || !test_holds (insn, now.value))
    accumulator_join (&states[pc + 1 + insn->jf], now);
}

/* Which words of the call's data a program may load where the number and the token are known. */
static uint32_t
find_loads (const struct program *program, enum abi abi, uint32_t number)
{
  struct accumulator states[PROGRAM_MAX_LENGTH + 1];
  uint32_t loads = 0;

  memset (states, 0, sizeof states);
  states[0].state = ONE_VALUE;
  for (size_t pc = 0; pc < program->length; pc++) {
    const struct sock_filter *insn = &program->instructions[pc];

    if (states[pc].state == NOT_REACHED || BPF_CLASS (insn->code) == BPF_RET)
      continue;
    if (BPF_CLASS (insn->code) == BPF_JMP) {
      follow_jump (states, pc, insn);
      continue;
    }
    if (insn->code == (BPF_LD | BPF_W | BPF_ABS))
      loads |= UINT32_C (1) << insn->k / 4;
    accumulator_join (&states[pc + 1], accumulator_after (insn, states[pc], abi, number));
  }
  return loads;
}

/* One instruction as the kernel follows it: false where it gives up, or the program has ended. */
static bool
emulate (const struct sock_filter *insn, uint32_t *value, size_t *pc, enum abi abi, uint32_t number)
{
  switch (insn->code) {
  case BPF_LD | BPF_W | BPF_ABS:
    if (insn->k == offsetof (struct seccomp_data, nr))
      *value = number;
    else if (insn->k == offsetof (struct seccomp_data, arch))
      *value = abi_table[abi].token;
    else
      return false;
    break;
  case BPF_ALU | BPF_AND | BPF_K:
    *value &= insn->k;
    break;
  case BPF_JMP | BPF_JA:
    *pc += insn->k;
    break;
  case BPF_JMP | BPF_JEQ | BPF_K:
  case BPF_JMP | BPF_JGT | BPF_K:
  case BPF_JMP | BPF_JGE | BPF_K:
  case BPF_JMP | BPF_JSET | BPF_K:
    *pc += test_holds (insn, *value) ? insn->jt : insn->jf;
    break;
  default:
    return false;
  }
  ++*pc;
  return true;
}

void
cost_answer (struct cost_answer *out, const struct program *program, enum abi native, enum abi abi,
             uint32_t number)
{
  const struct sock_filter *insn;
  uint32_t value = 0;

  *out = (struct cost_answer){.reason = COST_NO_BITMAP};
  if (!cost_has_bitmap (native, abi))
    return;
  while (insn = &program->instructions[out->at], emulate (insn, &value, &out->at, abi, number))
    continue;
  if (insn->code == (BPF_RET | BPF_K)) {
    out->verdict = insn->k;
    out->reason = insn->k == SECCOMP_RET_ALLOW ? COST_BITMAP : COST_DENIED;
    return;
  }
  out->loads = find_loads (program, abi, number) & ~UINT32_C (3);
  out->reason = insn->code == (BPF_LD | BPF_W | BPF_ABS) ? COST_ARGUMENTS : COST_INSTRUCTION;
}
