/* cost.c: each figure beside one that is found by trying everything. */
#include "made.h"

#include "cost.h"
#include "random.h"

#define LD(offset) BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offset)
#define NR LD (0)
#define ARCH LD (4)
#define RET(value) BPF_STMT (BPF_RET | BPF_K, value)
#define PROGRAM(...)                                                         \
  ((struct program){.instructions = (struct sock_filter[]){__VA_ARGS__},     \
                    .length = sizeof ((struct sock_filter[]){__VA_ARGS__}) / \
                              sizeof (struct sock_filter)})

/* --- paths --- */

static unsigned
longest_by_trying (const struct program *program, size_t pc)
{
  const struct sock_filter *insn = &program->instructions[pc];
  unsigned yes, no;

  if (BPF_CLASS (insn->code) == BPF_RET)
    return 1;
  if (BPF_CLASS (insn->code) != BPF_JMP)
    return 1 + longest_by_trying (program, pc + 1);
  if (BPF_OP (insn->code) == BPF_JA)
    return 1 + longest_by_trying (program, pc + 1 + insn->k);
  yes = longest_by_trying (program, pc + 1 + insn->jt);
  no = longest_by_trying (program, pc + 1 + insn->jf);
  return 1 + (yes > no ? yes : no);
}

static void
fill_at_random (struct program *program, struct random *random)
{
  for (size_t pc = 0; pc < program->length; pc++) {
    unsigned left = (unsigned) (program->length - pc - 1);
    struct sock_filter *insn = &program->instructions[pc];

    switch (left ? random_below (random, 8) : 0) {
    case 0:
      *insn = (struct sock_filter) RET (0);
      break;
    case 1:
      *insn = (struct sock_filter) BPF_STMT (BPF_JMP | BPF_JA, random_below (random, left));
      break;
    case 2:
      *insn = (struct sock_filter) NR;
      break;
    default:
      *insn = (struct sock_filter) BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, 1,
                                             (uint8_t) random_below (random, left),
                                             (uint8_t) random_below (random, left));
    }
  }
}

static void
test_worst_path (void **state)
{
  struct sock_filter room[16];
  struct program program = {.instructions = room};
  struct random random = random_start (1);

  (void) state;
  for (int i = 0; i < 5000; i++) {
    program.length = 1 + random_below (&random, 16);
    fill_at_random (&program, &random);
    assert_int_equal (cost_worst_path (&program), longest_by_trying (&program, 0));
  }
}

static void
test_worst_path_of_the_longest_program (void **state)
{
  static struct sock_filter room[PROGRAM_MAX_LENGTH];
  struct program program = {room, PROGRAM_MAX_LENGTH};

  (void) state;
  for (size_t pc = 0; pc < PROGRAM_MAX_LENGTH - 1; pc++)
    room[pc] = (struct sock_filter) NR;
  room[PROGRAM_MAX_LENGTH - 1] = (struct sock_filter) RET (0);
  assert_int_equal (cost_worst_path (&program), PROGRAM_MAX_LENGTH);
}

/* --- steps --- */

/* What a program of the compiler does to a call whose arguments are 0. */
static unsigned
steps_by_walking (const struct program *program, uint32_t token, uint32_t number)
{
  uint32_t word = 0;
  unsigned steps = 0;

  for (const struct sock_filter *insn = program->instructions;; insn++) {
    steps++;
    switch (insn->code) {
    case BPF_LD | BPF_W | BPF_ABS:
      word = insn->k == 0 ? number : insn->k == 4 ? token : 0;
      break;
    case BPF_ALU | BPF_AND | BPF_K:
      word &= insn->k;
      break;
    case BPF_ALU | BPF_SUB | BPF_K:
      word -= insn->k;
      break;
    case BPF_JMP | BPF_JA:
      insn += insn->k;
      break;
    case BPF_JMP | BPF_JEQ | BPF_K:
      insn += word == insn->k ? insn->jt : insn->jf;
      break;
    case BPF_JMP | BPF_JGE | BPF_K:
      insn += word >= insn->k ? insn->jt : insn->jf;
      break;
    case BPF_JMP | BPF_JGT | BPF_K:
      insn += word > insn->k ? insn->jt : insn->jf;
      break;
    case BPF_JMP | BPF_JSET | BPF_K:
      insn += (word & insn->k) ? insn->jt : insn->jf;
      break;
    case BPF_RET | BPF_K:
      return steps;
    default:
      fail_msg ("code 0x%x", insn->code);
    }
  }
}

static void
check_steps (enum abi abi)
{
  const struct program *program = &made.filter->program;
  const struct abi_row *row = &abi_table[abi];
  unsigned numbers = abi == ABI_X32 ? 548 : 470, most = 0;
  double sum = 0, weighted = 0, weight = 0;
  struct cost_steps steps;

  for (unsigned n = 0; n < numbers; n++) {
    unsigned one = steps_by_walking (program, row->token, row->number_base + n);

    sum += one;
    most = one > most ? one : most;
  }
  for (int i = 0; i < syscall_count (); i++) {
    uint32_t number;

    if (!syscall_number (i, abi, &number))
      continue;
    weighted += (double) syscall_frequencies ()[i] * steps_by_walking (program, row->token, number);
    weight += syscall_frequencies ()[i];
  }
  cost_steps (&steps, program, abi);
  assert_float_equal (steps.mean, sum / numbers, 1e-9);
  assert_float_equal (steps.weighted, weighted / weight, 1e-9);
  assert_int_equal (steps.most, most);
  assert_true (steps.most <= cost_worst_path (program));
}

static void
test_steps (void **state)
{
  static const char *const natives[] = {"x86_64", "aarch64", "s390x", "mips64", "arm"};

  (void) state;
  for (size_t i = 0; i < sizeof natives / sizeof natives[0]; i++) {
    make_fixture ("engine.json", natives[i]);
    for (size_t j = 0; j < made.filter->rules_count; j++)
      check_steps (made.filter->rules[j].abi);
  }
}

static void
test_weights_of_a_user (void **state)
{
  static const struct oci_seccomp_weight weights[] = {
      {"read", 3}, {"clock_nanosleep_time64", 1000}, {"write", 1}};
  /* read is 0: two steps less than write. */
  struct program program =
      PROGRAM (NR, BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), RET (1), NR, NR, RET (2));

  (void) state;
  assert_float_equal (cost_weighted (&program, ABI_X86_64, weights, 3), (3 * 3 + 1 * 5) / 4.0,
                      1e-9);
  assert_float_equal (cost_weighted (&program, ABI_X86_64, &weights[1], 1), 0, 1e-9);
  /* All alike: of the calls of x86_64, one is read. */
  assert_true (cost_weighted (&program, ABI_X86_64, NULL, 0) > 4.98);
  assert_true (cost_weighted (&program, ABI_X86_64, NULL, 0) < 5);
}

/* --- the kernel's bitmap --- */

static void
test_which_abis_have_a_bitmap (void **state)
{
  static const struct {
    enum abi native;
    uint32_t abis;
  } rows[] = {
      {ABI_X86_64, ABI_BIT (ABI_X86_64) | ABI_BIT (ABI_X86)},
      {ABI_X86, ABI_BIT (ABI_X86)},
      {ABI_AARCH64, ABI_BIT (ABI_AARCH64) | ABI_BIT (ABI_ARM)},
      {ABI_ARM, ABI_BIT (ABI_ARM)},
      {ABI_S390X, ABI_BIT (ABI_S390X) | ABI_BIT (ABI_S390)},
      {ABI_PPC64LE, ABI_BIT (ABI_PPC64LE)},
      {ABI_RISCV64, ABI_BIT (ABI_RISCV64)},
      {ABI_MIPS64, 0},
      {ABI_MIPSEL64N32, 0},
      {ABI_MIPS, 0},
  };

  (void) state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    for (int abi = 0; abi < ABI_COUNT; abi++)
      assert_int_equal (cost_has_bitmap (rows[i].native, abi), (rows[i].abis & ABI_BIT (abi)) != 0);
}

static struct cost_answer
answer (struct program program, enum abi abi, uint32_t number)
{
  struct cost_answer out;

  assert_int_equal (program_check (&program, &(struct oci_seccomp_error){0}), 0);
  cost_answer (&out, &program, ABI_X86_64, abi, number);
  return out;
}

#define ALLOW RET (SECCOMP_RET_ALLOW)
#define JEQ(value, yes, no) BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)

static void
test_answers (void **state)
{
  struct program tests_argument = PROGRAM (ARCH, JEQ (0xc000003e, 1, 0), ALLOW, NR, JEQ (41, 0, 3),
                                           LD (20), JEQ (0, 0, 1), LD (24), ALLOW);
  struct program tests_another =
      PROGRAM (NR, JEQ (41, 0, 2), LD (16), ALLOW, LD (24), JEQ (7, 0, 1), LD (32), ALLOW);
  struct program computes = PROGRAM (NR, BPF_STMT (BPF_ALU | BPF_ADD | BPF_K, 1), JEQ (42, 0, 1),
                                     RET (SECCOMP_RET_ERRNO | 1), ALLOW);
  struct program masks = PROGRAM (NR, BPF_STMT (BPF_ALU | BPF_AND | BPF_K, 0xfffffffe),
                                  JEQ (40, 0, 1), ALLOW, RET (SECCOMP_RET_ERRNO | 1));
  struct cost_answer a;

  (void) state;
  a = answer (PROGRAM (ALLOW), ABI_X86_64, 0);
  assert_int_equal (a.reason, COST_BITMAP);
  a = answer (PROGRAM (ALLOW), ABI_X32, 0x40000000);
  assert_int_equal (a.reason, COST_NO_BITMAP);
  a = answer (PROGRAM (RET (SECCOMP_RET_LOG)), ABI_X86_64, 0);
  assert_int_equal (a.reason, COST_DENIED);
  assert_int_equal (a.verdict, SECCOMP_RET_LOG);
  /* The kernel compares the whole value. */
  a = answer (PROGRAM (RET (SECCOMP_RET_ALLOW | 1)), ABI_X86_64, 0);
  assert_int_equal (a.reason, COST_DENIED);
  a = answer (tests_argument, ABI_X86_64, 41);
  assert_int_equal (a.reason, COST_ARGUMENTS);
  assert_int_equal (a.at, 5);
  assert_int_equal (a.loads, 1 << 5 | 1 << 6);
  a = answer (tests_argument, ABI_X86_64, 40);
  assert_int_equal (a.reason, COST_BITMAP);
  a = answer (tests_argument, ABI_X86, 41);
  assert_int_equal (a.reason, COST_BITMAP);
  a = answer (tests_another, ABI_X86_64, 41);
  assert_int_equal (a.loads, 1 << 4);
  a = answer (tests_another, ABI_X86_64, 42);
  assert_int_equal (a.loads, 1 << 6 | 1 << 8);
  a = answer (computes, ABI_X86_64, 5);
  assert_int_equal (a.reason, COST_INSTRUCTION);
  assert_int_equal (a.at, 1);
  a = answer (masks, ABI_X86_64, 41);
  assert_int_equal (a.reason, COST_BITMAP);
  a = answer (masks, ABI_X86_64, 42);
  assert_int_equal (a.reason, COST_DENIED);
  a = answer (PROGRAM (NR, BPF_STMT (BPF_RET | BPF_A, 0)), ABI_X86_64, SECCOMP_RET_ALLOW);
  assert_int_equal (a.reason, COST_INSTRUCTION);
  a = answer (PROGRAM (LD (8), ALLOW), ABI_X86_64, 1);
  assert_int_equal (a.reason, COST_ARGUMENTS);
  assert_int_equal (a.loads, 1 << 2);
  a = answer (PROGRAM (BPF_STMT (BPF_LD | BPF_W | BPF_LEN, 0), ALLOW), ABI_X86_64, 1);
  assert_int_equal (a.reason, COST_INSTRUCTION);
  a = answer (PROGRAM (BPF_STMT (BPF_LDX | BPF_IMM, 0), ALLOW), ABI_X86_64, 1);
  assert_int_equal (a.reason, COST_INSTRUCTION);
}

/* What a profile says to a number whatever the arguments are; false if they matter. */
static bool
is_constant (const struct rules *rules, uint32_t number, uint32_t *verdict)
{
  *verdict = rules->default_verdict;
  if (rules->newer_enosys && number > rules->last)
    *verdict = SECCOMP_RET_ERRNO | 38;
  for (size_t i = 0; i < rules->call_count; i++)
    if (rules->calls[i].number == number && (!rules->newer_enosys || number <= rules->last)) {
      *verdict = rules->calls[i].rules[0].verdict;
      return rules->calls[i].rules[0].test_count == 0;
    }
  return true;
}

/* The aim of the compiler, and the truth of the answers: a number is in the bitmap if and only if
 * the profile always allows it. */
static void
test_bitmap_of_a_profile (void **state)
{
  size_t in_bitmap = 0, by_arguments = 0;

  (void) state;
  make_fixture ("engine.json", "x86_64");
  for (size_t i = 0; i < made.filter->rules_count; i++) {
    const struct rules *rules = &made.filter->rules[i];

    for (uint32_t n = 0; n < 500; n++) {
      uint32_t number = abi_table[rules->abi].number_base + n, verdict;
      bool constant = is_constant (rules, number, &verdict);
      struct cost_answer a;

      cost_answer (&a, &made.filter->program, ABI_X86_64, rules->abi, number);
      if (rules->abi == ABI_X32)
        assert_int_equal (a.reason, COST_NO_BITMAP);
      else if (!constant)
        assert_int_equal (a.reason, COST_ARGUMENTS);
      else
        assert_int_equal (a.reason, verdict == SECCOMP_RET_ALLOW ? COST_BITMAP : COST_DENIED);
      if (a.reason == COST_DENIED)
        assert_int_equal (a.verdict, verdict);
      in_bitmap += a.reason == COST_BITMAP;
      by_arguments += a.reason == COST_ARGUMENTS;
    }
  }
  assert_true (in_bitmap > 500);
  assert_int_equal (by_arguments, 2 * 3); /* clone, personality, socket */
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_worst_path),
      cmocka_unit_test (test_worst_path_of_the_longest_program),
      MADE (test_steps),
      cmocka_unit_test (test_weights_of_a_user),
      cmocka_unit_test (test_which_abis_have_a_bitmap),
      cmocka_unit_test (test_answers),
      MADE (test_bitmap_of_a_profile),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
