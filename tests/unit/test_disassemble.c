/* disassemble.c, annotate.c: what each instruction is written as, and what is said of it. */
#include "made.h"

#include "disassemble.h"
#include "random.h"

/* --- instructions --- */

static const struct {
  struct sock_filter insn;
  const char *text;
} spellings[] = {
    {{BPF_LD | BPF_W | BPF_ABS, 0, 0, 4}, "ld [4]"},
    {{BPF_LD | BPF_H | BPF_ABS, 0, 0, 12}, "ldh [12]"},
    {{BPF_LD | BPF_B | BPF_ABS, 0, 0, 0xfffff000}, "ldb [0xfffff000]"},
    {{BPF_LD | BPF_W | BPF_IND, 0, 0, 2}, "ld [x + 2]"},
    {{BPF_LD | BPF_H | BPF_IND, 0, 0, 2}, "ldh [x + 2]"},
    {{BPF_LD | BPF_B | BPF_IND, 0, 0, 2}, "ldb [x + 2]"},
    {{BPF_LD | BPF_W | BPF_LEN, 0, 0, 0}, "ld #len"},
    {{BPF_LD | BPF_IMM, 0, 0, 7}, "ld #7"},
    {{BPF_LD | BPF_MEM, 0, 0, 3}, "ld M[3]"},
    {{BPF_LDX | BPF_W | BPF_LEN, 0, 0, 0}, "ldx #len"},
    {{BPF_LDX | BPF_IMM, 0, 0, 65536}, "ldx #0x10000"},
    {{BPF_LDX | BPF_MEM, 0, 0, 15}, "ldx M[15]"},
    {{BPF_LDX | BPF_B | BPF_MSH, 0, 0, 14}, "ldx 4*([14]&0xf)"},
    {{BPF_ST, 0, 0, 1}, "st M[1]"},
    {{BPF_STX, 0, 0, 1}, "stx M[1]"},
    {{BPF_ALU | BPF_ADD | BPF_K, 0, 0, 65535}, "add #65535"},
    {{BPF_ALU | BPF_ADD | BPF_X, 0, 0, 0}, "add x"},
    {{BPF_ALU | BPF_SUB | BPF_K, 0, 0, 1}, "sub #1"},
    {{BPF_ALU | BPF_SUB | BPF_X, 0, 0, 0}, "sub x"},
    {{BPF_ALU | BPF_MUL | BPF_K, 0, 0, 2}, "mul #2"},
    {{BPF_ALU | BPF_MUL | BPF_X, 0, 0, 0}, "mul x"},
    {{BPF_ALU | BPF_DIV | BPF_K, 0, 0, 2}, "div #2"},
    {{BPF_ALU | BPF_DIV | BPF_X, 0, 0, 0}, "div x"},
    {{BPF_ALU | BPF_MOD | BPF_K, 0, 0, 2}, "mod #2"},
    {{BPF_ALU | BPF_MOD | BPF_X, 0, 0, 0}, "mod x"},
    {{BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xbfffffff}, "and #0xbfffffff"},
    {{BPF_ALU | BPF_AND | BPF_X, 0, 0, 0}, "and x"},
    {{BPF_ALU | BPF_OR | BPF_K, 0, 0, 2}, "or #2"},
    {{BPF_ALU | BPF_OR | BPF_X, 0, 0, 0}, "or x"},
    {{BPF_ALU | BPF_XOR | BPF_K, 0, 0, 2}, "xor #2"},
    {{BPF_ALU | BPF_XOR | BPF_X, 0, 0, 0}, "xor x"},
    {{BPF_ALU | BPF_LSH | BPF_K, 0, 0, 2}, "lsh #2"},
    {{BPF_ALU | BPF_LSH | BPF_X, 0, 0, 0}, "lsh x"},
    {{BPF_ALU | BPF_RSH | BPF_K, 0, 0, 2}, "rsh #2"},
    {{BPF_ALU | BPF_RSH | BPF_X, 0, 0, 0}, "rsh x"},
    {{BPF_ALU | BPF_NEG, 0, 0, 0}, "neg"},
    {{BPF_JMP | BPF_JA, 0, 0, 300}, "jmp 301"},
    {{BPF_JMP | BPF_JA, 0, 0, 0xffffffff}, "jmp 4294967296"},
    {{BPF_JMP | BPF_JEQ | BPF_K, 0, 255, 59}, "jeq #59, 1, 256"},
    {{BPF_JMP | BPF_JEQ | BPF_X, 3, 4, 0}, "jeq x, 4, 5"},
    {{BPF_JMP | BPF_JGT | BPF_K, 3, 4, 1}, "jgt #1, 4, 5"},
    {{BPF_JMP | BPF_JGT | BPF_X, 3, 4, 1}, "jgt x, 4, 5"},
    {{BPF_JMP | BPF_JGE | BPF_K, 3, 4, 1}, "jge #1, 4, 5"},
    {{BPF_JMP | BPF_JGE | BPF_X, 3, 4, 1}, "jge x, 4, 5"},
    {{BPF_JMP | BPF_JSET | BPF_K, 3, 4, 0x40000000}, "jset #0x40000000, 4, 5"},
    {{BPF_JMP | BPF_JSET | BPF_X, 3, 4, 1}, "jset x, 4, 5"},
    {{BPF_RET | BPF_K, 0, 0, 0x7fff0000}, "ret #0x7fff0000"},
    {{BPF_RET | BPF_K, 0, 0, 0}, "ret #0"},
    {{BPF_RET | BPF_A, 0, 0, 0}, "ret a"},
    {{BPF_RET | BPF_X, 0, 0, 0}, "ret x"},
    {{BPF_MISC | BPF_TAX, 0, 0, 0}, "tax"},
    {{BPF_MISC | BPF_TXA, 0, 0, 0}, "txa"},
    /* No instruction at all. */
    {{0xffff, 1, 2, 3}, "{ 0xffff, 1, 2, 0x3 }"},
    {{BPF_JMP | 0xe0, 0, 255, 0xdeadbeef}, "{ 0xe5, 0, 255, 0xdeadbeef }"},
    {{0x0120, 0, 0, 0}, "{ 0x120, 0, 0, 0x0 }"},
};

static void
test_spelling (void **state)
{
  (void) state;
  GUARD_MADE ();
  for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
    struct sock_filter insn = spellings[i].insn;
    struct program program = {&insn, 1};

    assert_string_equal (disassemble (&program, ABI_X86_64, &made.arena)->text, spellings[i].text);
  }
}

/* Each 16-bit code is either spelt in a way of its own or shown as numbers. */
static void
test_all_codes (void **state)
{
  volatile size_t spelt = 0;

  (void) state;
  GUARD_MADE ();
  for (uint32_t code = 0; code < 0x10000; code += code < 0x200 ? 1 : 0xff) {
    struct sock_filter insn = {(uint16_t) code, 0, 0, 0};
    struct program program = {&insn, 1};
    struct line *line = disassemble (&program, ABI_X86_64, &made.arena);

    spelt += line->text[0] != '{';
    assert_int_equal (line->ends, code == (BPF_RET | BPF_K) || code == (BPF_RET | BPF_A) ||
                                      code == (BPF_RET | BPF_X));
  }
  /* Two rows are jmp, and three are none. */
  assert_int_equal (spelt, sizeof spellings / sizeof spellings[0] - 2 - 3);
}

static void
test_targets (void **state)
{
  struct sock_filter room[] = {
      BPF_STMT (BPF_LD | BPF_W | BPF_ABS, 0),
      BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, 1, 1, 0),
      BPF_STMT (BPF_JMP | BPF_JA, 0),
      BPF_STMT (BPF_RET | BPF_K, 0),
  };
  struct program program = {room, 4};
  struct line *lines;

  (void) state;
  GUARD_MADE ();
  lines = disassemble (&program, ABI_X86_64, &made.arena);
  assert_int_equal (lines[0].target_count, 0);
  assert_int_equal (lines[1].target_count, 2);
  assert_int_equal (lines[1].targets[0], 3);
  assert_int_equal (lines[1].targets[1], 2);
  assert_int_equal (lines[2].target_count, 1);
  assert_int_equal (lines[2].targets[0], 3);
  assert_int_equal (lines[3].target_count, 0);
  assert_true (lines[3].ends && !lines[2].ends);
}

/* --- comments --- */

static void
expect_comments (const struct sock_filter *instructions, const char *const *comments, size_t count,
                 enum abi native)
{
  struct program program = {(struct sock_filter *) instructions, count};
  struct line *lines = disassemble (&program, native, &made.arena);

  for (size_t i = 0; i < count; i++) {
    if (!comments[i] || !lines[i].comment)
      assert_ptr_equal (lines[i].comment, comments[i]);
    else
      assert_string_equal (lines[i].comment, comments[i]);
  }
}

#define LD(offset) BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offset)
#define RET(value) BPF_STMT (BPF_RET | BPF_K, value)
#define JUMP(op, value, yes, no) BPF_JUMP (BPF_JMP | (op) | BPF_K, value, yes, no)
#define COUNT(array) (sizeof (array) / sizeof (array)[0])

static void
test_verdicts (void **state)
{
  static const struct {
    uint32_t value;
    const char *comment;
  } rows[] = {
      {SECCOMP_RET_ALLOW, "ALLOW"},
      {SECCOMP_RET_ERRNO | 1, "ERRNO(1) EPERM"},
      {SECCOMP_RET_ERRNO | 38, "ERRNO(38) ENOSYS"},
      {SECCOMP_RET_ERRNO | 4000, "ERRNO(4000)"},
      {SECCOMP_RET_ERRNO, "ERRNO(0)"},
      {SECCOMP_RET_TRACE | 7, "TRACE(7)"},
      {SECCOMP_RET_TRAP, "TRAP"},
      {SECCOMP_RET_KILL_THREAD, "KILL_THREAD"},
      {SECCOMP_RET_KILL_PROCESS, "KILL_PROCESS"},
      {SECCOMP_RET_LOG, "LOG"},
      {SECCOMP_RET_USER_NOTIF, "NOTIFY"},
      {0x12340000, "KILL_PROCESS"},
  };

  (void) state;
  GUARD_MADE ();
  for (size_t i = 0; i < COUNT (rows); i++)
    expect_comments (&(struct sock_filter) RET (rows[i].value), &rows[i].comment, 1, ABI_X86_64);
}

static void
test_loads (void **state)
{
  static const struct sock_filter room[] = {LD (8), LD (12), LD (16), LD (20), LD (60), RET (0)};
  static const char *const little[] = {"instruction_pointer low",
                                       "instruction_pointer high",
                                       "args[0] low",
                                       "args[0] high",
                                       "args[5] high",
                                       "KILL_THREAD"};
  static const char *const big[] = {"instruction_pointer high",
                                    "instruction_pointer low",
                                    "args[0] high",
                                    "args[0] low",
                                    "args[5] low",
                                    "KILL_THREAD"};
  static const struct sock_filter outside[] = {LD (64), LD (2), RET (0)};
  static const char *const nothing[] = {NULL, NULL, "KILL_THREAD"};

  (void) state;
  GUARD_MADE ();
  expect_comments (room, little, COUNT (room), ABI_X86_64);
  expect_comments (room, big, COUNT (room), ABI_S390X);
  expect_comments (outside, nothing, COUNT (outside), ABI_X86_64);
}

/* Three ABIs, x32's bit taken off, a subtree that two of them share, an argument. */
static void
test_abis_and_calls (void **state)
{
  static const struct sock_filter room[] = {
      /* 0 */ LD (4),
      /* 1 */ JUMP (BPF_JEQ, 0x40000003, 1, 0),
      /* 2 */ JUMP (BPF_JEQ, 0xc000003e, 3, 2),
      /* 3 */ LD (0),
      /* 4 */ JUMP (BPF_JGE, 424, 7, 8),
      /* 5 */ RET (0),
      /* 6 */ LD (0),
      /* 7 */ JUMP (BPF_JSET, X32_BIT, 0, 1),
      /* 8 */ BPF_STMT (BPF_ALU | BPF_SUB | BPF_K, X32_BIT),
      /* 9 */ JUMP (BPF_JEQ, 56, 3, 0),
      /* 10 */ JUMP (BPF_JGT, 423, 1, 0),
      /* 11 */ RET (SECCOMP_RET_ALLOW),
      /* 12 */ JUMP (BPF_JEQ, 435, 4, 0),
      /* 13 */ LD (16),
      /* 14 */ BPF_STMT (BPF_ALU | BPF_AND | BPF_K, 0xff),
      /* 15 */ JUMP (BPF_JEQ, 1, 0, 1),
      /* 16 */ RET (0),
      /* 17 */ RET (1),
  };
  static const char *const comments[] = {
      /* 0 */ "arch",
      /* 1 */ "x86",
      /* 2 */ "x86_64, x32",
      /* 3 */ "nr of x86",
      /* 4 */ ">= 424 pidfd_send_signal else restart_syscall..sched_rr_get_interval_time64",
      /* 5 */ "KILL_THREAD",
      /* 6 */ "nr of x86_64, x32",
      /* 7 */ "x86_64: never; x32: always",
      /* 8 */ "nr without x32's bit",
      /* 9 */ "clone",
      /* 10 */ ">= 424 pidfd_send_signal else read..423",
      /* 11 */ "ALLOW",
      /* 12 */ "clone3",
      /* 13 */ "args[0] low",
      /* 14 */ NULL,
      /* 15 */ "args[0] low & 255",
      /* 16 */ "KILL_THREAD",
      /* 17 */ "KILL_THREAD",
  };

  (void) state;
  GUARD_MADE ();
  expect_comments (room, comments, COUNT (room), ABI_X86_64);
}

/* Where one number is a call of one ABI and another's other. */
static void
test_names_differ (void **state)
{
  static const struct sock_filter room[] = {
      LD (4), JUMP (BPF_JEQ, 0xc000003e, 1, 0), JUMP (BPF_JEQ, 0x40000003, 0, 3),
      LD (0), JUMP (BPF_JEQ, 5, 0, 1),          LD (24),
      RET (0)};
  static const char *const comments[] = {"arch",
                                         "x86_64, x32",
                                         "x86",
                                         "nr of x86_64, x86, x32",
                                         "x86_64: fstat; x86: open; x32: never",
                                         "args[1] low",
                                         "KILL_THREAD"};

  (void) state;
  GUARD_MADE ();
  expect_comments (room, comments, COUNT (room), ABI_X86_64);
}

/* Without a look at the token, calls are those of the native ABI. */
static void
test_native_calls (void **state)
{
  static const struct sock_filter room[] = {LD (0), JUMP (BPF_JEQ, 59, 0, 1), LD (16), RET (0)};
  static const char *const aarch64[] = {"nr of aarch64", "pipe2", "args[0] low of pipe2",
                                        "KILL_THREAD"};
  static const char *const s390x[] = {"nr of s390x", "59", "args[0] high", "KILL_THREAD"};

  (void) state;
  GUARD_MADE ();
  expect_comments (room, aarch64, COUNT (room), ABI_AARCH64);
  expect_comments (room, s390x, COUNT (room), ABI_S390X);
}

/* An argument is said to be a call's where no other call's can come. */
static void
test_only_call (void **state)
{
  static const struct sock_filter one[] = {LD (0), JUMP (BPF_JEQ, 155, 0, 1), LD (20), RET (0)};
  static const struct sock_filter two[] = {LD (0), JUMP (BPF_JGE, 155, 0, 2),
                                           JUMP (BPF_JGE, 157, 1, 0), LD (20), RET (0)};
  static const char *const of_one[] = {"nr of riscv64", "getpgid", "args[0] high of getpgid",
                                       "KILL_THREAD"};
  static const char *const of_two[] = {"nr of riscv64", ">= 155 getpgid else io_setup..setpgid",
                                       ">= 157 setsid else getpgid..getsid", "args[0] high",
                                       "KILL_THREAD"};

  (void) state;
  GUARD_MADE ();
  expect_comments (one, of_one, COUNT (one), ABI_RISCV64);
  expect_comments (two, of_two, COUNT (two), ABI_RISCV64);
}

static void
test_never_reached (void **state)
{
  static const struct sock_filter room[] = {LD (0), RET (0), RET (1)};
  static const char *const comments[] = {"nr of x86_64, x32", "KILL_THREAD", "never reached"};

  (void) state;
  GUARD_MADE ();
  expect_comments (room, comments, COUNT (room), ABI_X86_64);
}

/* Of a filter of the compiler: what is compared with a number names the call that has it. */
static void
test_engine (void **state)
{
  const struct sock_filter *insn;
  struct line *lines;
  volatile size_t named = 0;

  (void) state;
  GUARD_MADE ();
  make_fixture ("engine.json", "x86_64");
  lines = disassemble (&made.filter->program, ABI_X86_64, &made.arena);
  insn = made.filter->program.instructions;
  for (size_t i = 0; i < made.filter->program.length; i++) {
    int row = lines[i].comment ? syscall_from_name (lines[i].comment, strlen (lines[i].comment))
                               : SYSCALL_UNKNOWN;
    bool found = false;
    uint32_t number;

    if (insn[i].code != (BPF_JMP | BPF_JEQ | BPF_K) || row == SYSCALL_UNKNOWN)
      continue;
    for (size_t r = 0; r < made.filter->rules_count; r++)
      found |= syscall_number (row, made.filter->rules[r].abi, &number) &&
               (number & ~(uint32_t) X32_BIT) == insn[i].k;
    assert_true (found);
    named++;
  }
  assert_true (named > 20);
}

/* --- whatever it is given --- */

static void
test_broken_programs (void **state)
{
  struct random random = random_start (3);
  struct sock_filter room[40];
  struct program program = {.instructions = room};

  (void) state;
  for (int i = 0; i < 3000; i++) {
    struct line *lines;

    if (ARENA_GUARD (&made.arena))
      fail_msg ("out of memory");
    arena_chunk_size = i % 10 ? 64 * 1024 : 1;
    program.length = 1 + random_below (&random, 40);
    for (size_t pc = 0; pc < program.length; pc++) {
      uint64_t bits = random_next (&random), more = random_next (&random);
      uint16_t code = spellings[bits % COUNT (spellings)].insn.code;

      room[pc] =
          (struct sock_filter){more % 9 ? code : (uint16_t) bits, (uint8_t) (bits >> 16),
                               (uint8_t) (bits >> 24), (uint32_t) (bits >> (more >> 8) % 64)};
    }
    lines = disassemble (&program, (enum abi) (i % ABI_COUNT), &made.arena);
    for (size_t pc = 0; pc < program.length; pc++)
      assert_true (*lines[pc].text);
    arena_free (&made.arena);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      MADE (test_spelling),      MADE (test_all_codes),    MADE (test_targets),
      MADE (test_verdicts),      MADE (test_loads),        MADE (test_abis_and_calls),
      MADE (test_names_differ),  MADE (test_native_calls), MADE (test_only_call),
      MADE (test_never_reached), MADE (test_engine),       MADE (test_broken_programs),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
