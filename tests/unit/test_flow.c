/* flow.c: on every step of every run, what the program holds is what its state says it may. */
#include "made.h"

#include "flow.h"
#include "random.h"

enum { LENGTH_MAX = 24, PROGRAMS = 20000, CALLS = 20 };

static struct random random_source;

static uint32_t
below (unsigned limit)
{
  return random_below (&random_source, limit);
}

static uint32_t
constant (void)
{
  static const uint32_t values[] = {0,          1,          59,         0x40000000,
                                    0xbfffffff, 0xc000003e, 0x40000003, 0xffffffff};

  return below (2) ? values[below (sizeof values / sizeof values[0])] : below (600);
}

static struct sock_filter
instruction (unsigned left)
{
  static const uint16_t tests[] = {BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET};
  static const uint16_t others[] = {BPF_ALU | BPF_AND | BPF_K, BPF_ALU | BPF_SUB | BPF_K,
                                    BPF_ALU | BPF_ADD | BPF_K, BPF_ALU | BPF_OR | BPF_K,
                                    BPF_LD | BPF_IMM,          BPF_MISC | BPF_TAX,
                                    BPF_MISC | BPF_TXA};

  if (left == 0 || below (12) == 0)
    return (struct sock_filter) BPF_STMT (BPF_RET | BPF_K, constant ());
  if (below (4) == 0)
    return (struct sock_filter) BPF_STMT (BPF_LD | BPF_W | BPF_ABS, 4 * below (below (2) ? 2 : 16));
  if (below (5) == 0)
    return (struct sock_filter) BPF_STMT (others[below (7)], constant ());
  return (struct sock_filter) BPF_JUMP (
      (uint16_t) (BPF_JMP | tests[below (4)] | (below (20) ? BPF_K : BPF_X)), constant (),
      (uint8_t) below (left), (uint8_t) below (left));
}

/* One step as the kernel makes it; false at a return. */
static bool
step (const struct sock_filter *insn, const uint32_t *words, uint32_t *a, uint32_t *x, size_t *pc)
{
  uint32_t operand = BPF_SRC (insn->code) == BPF_X ? *x : insn->k;
  bool taken = false;

  ++*pc;
  switch (insn->code) {
  case BPF_LD | BPF_W | BPF_ABS:
    *a = words[insn->k / 4];
    return true;
  case BPF_LD | BPF_IMM:
    *a = insn->k;
    return true;
  case BPF_MISC | BPF_TAX:
    *x = *a;
    return true;
  case BPF_MISC | BPF_TXA:
    *a = *x;
    return true;
  case BPF_ALU | BPF_AND | BPF_K:
    *a &= insn->k;
    return true;
  case BPF_ALU | BPF_OR | BPF_K:
    *a |= insn->k;
    return true;
  case BPF_ALU | BPF_ADD | BPF_K:
    *a += insn->k;
    return true;
  case BPF_ALU | BPF_SUB | BPF_K:
    *a -= insn->k;
    return true;
  case BPF_RET | BPF_K:
    return false;
  }
  switch (BPF_OP (insn->code)) {
  case BPF_JEQ:
    taken = *a == operand;
    break;
  case BPF_JGT:
    taken = *a > operand;
    break;
  case BPF_JGE:
    taken = *a >= operand;
    break;
  case BPF_JSET:
    taken = *a & operand;
    break;
  }
  *pc += taken ? insn->jt : insn->jf;
  return true;
}

static void
check_state (const struct flow *state, const uint32_t *words, uint32_t a)
{
  bool held = false;

  assert_true (state->reached);
  assert_true (words[0] >= state->first && words[0] <= state->last);
  for (uint32_t i = 0; i < FLOW_WORDS; i++)
    held |= (state->words >> i & 1) && (words[i] & state->mask) - state->less == a;
  assert_true (held || state->other);
}

static void
random_call (uint32_t *words, int abi)
{
  for (uint32_t i = 0; i < FLOW_WORDS; i++)
    words[i] = constant ();
  if (abi == FLOW_ANY_ABI)
    return;
  words[1] = abi_table[abi].token;
  if (abi == ABI_X86_64)
    words[0] &= 0x3fffffff;
  if (abi == ABI_X32)
    words[0] = (words[0] & 0x3fffffff) | 0x40000000;
}

static void
test_runs_are_within_the_states (void **state)
{
  static const int abis[] = {FLOW_ANY_ABI, ABI_X86_64, ABI_X32, ABI_X86};
  struct sock_filter room[LENGTH_MAX];
  struct flow states[LENGTH_MAX];
  struct program program = {.instructions = room};
  uint32_t told = 0;

  (void) state;
  random_source = random_start (7);
  for (int i = 0; i < PROGRAMS; i++) {
    int abi = abis[i % 4];

    program.length = 1 + below (LENGTH_MAX);
    for (size_t pc = 0; pc < program.length; pc++)
      room[pc] = instruction ((unsigned) (program.length - pc - 1));
    flow_find (states, &program, abi);
    for (int c = 0; c < CALLS; c++) {
      uint32_t words[FLOW_WORDS], a = 0, x = 0;
      size_t pc = 0;

      random_call (words, abi);
      do {
        check_state (&states[pc], words, a);
        told += !states[pc].other;
      } while (step (&room[pc], words, &a, &x, &pc));
    }
  }
  assert_true (told > 100000); /* else the states say nothing */
}

#define JUMP(op, k, yes, no) BPF_JUMP (BPF_JMP | (op) | BPF_K, k, yes, no)

/* What keeps names of calls right past x32's bit. */
static void
test_x32_bit_comes_off (void **state)
{
  struct sock_filter room[] = {
      BPF_STMT (BPF_LD | BPF_W | BPF_ABS, 0),
      JUMP (BPF_JSET, X32_BIT, 0, 1),
      BPF_STMT (BPF_ALU | BPF_SUB | BPF_K, X32_BIT),
      JUMP (BPF_JGE, 100, 0, 1),
      BPF_STMT (BPF_RET | BPF_K, 1),
      BPF_STMT (BPF_RET | BPF_K, 0),
  };
  struct program program = {room, sizeof room / sizeof room[0]};
  struct flow states[sizeof room / sizeof room[0]];
  uint32_t first, last;

  (void) state;
  flow_find (states, &program, ABI_X32);
  assert_int_equal (states[3].words, FLOW_NUMBER);
  assert_int_equal (states[3].less, X32_BIT);
  assert_true (flow_branch (&states[3], &room[3], ABI_X32, true, &first, &last));
  assert_int_equal (first, X32_BIT + 100);
  assert_int_equal (states[5].last, X32_BIT + 99);
  flow_find (states, &program, ABI_X86_64);
  assert_false (states[2].reached);
  assert_int_equal (states[3].less, 0);
  assert_int_equal (states[4].first, 100);
  assert_int_equal (states[4].last, X32_BIT - 1);
  /* Of any ABI, what comes to the test is the number with and without. */
  flow_find (states, &program, FLOW_ANY_ABI);
  assert_true (states[3].other);
}

/* Anything may stand in a program that nobody has checked. */
static void
test_broken_programs (void **state)
{
  struct sock_filter room[LENGTH_MAX];
  struct flow states[LENGTH_MAX];
  struct program program = {.instructions = room};

  (void) state;
  random_source = random_start (11);
  for (int i = 0; i < 50000; i++) {
    program.length = 1 + below (LENGTH_MAX);
    for (size_t pc = 0; pc < program.length; pc++)
      room[pc] = (struct sock_filter){(uint16_t) below (0x10000), (uint8_t) below (256),
                                      (uint8_t) below (256), constant () * below (3)};
    flow_find (states, &program, below (2) ? FLOW_ANY_ABI : ABI_S390X);
    assert_true (states[0].reached);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_runs_are_within_the_states),
      cmocka_unit_test (test_x32_bit_comes_off),
      cmocka_unit_test (test_broken_programs),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
