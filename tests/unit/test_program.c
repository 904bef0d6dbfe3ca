/* program.c: what the kernel takes, bytes in both orders, and what each instruction does. The
 * running kernel is asked where it can be: with thousands of random programs, and with what they
 * compute. */
#include <errno.h>
#include <inttypes.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core.h"

enum {
  RANDOM_PROGRAMS = 8000,
  RANDOM_BATCH = 500, /* what one child tries: its filters stack, and their sum is limited */
  RANDOM_SUMS = 400,
  FREE_NUMBER = 0xf000, /* no call has numbers from here on; s390x shows 16 bits of one */
};

#define LENGTH(array) (sizeof (array) / sizeof *(array))
#define STMT(code, k) \
  {                   \
    (code), 0, 0, (k) \
  }
#define JUMP(code, k, jt, jf) \
  {                           \
    (code), (jt), (jf), (k)   \
  }

enum {
  LOAD = BPF_LD | BPF_W | BPF_ABS,
  READ = BPF_LD | BPF_MEM,
  READ_X = BPF_LDX | BPF_MEM,
  SET = BPF_LD | BPF_IMM,
  SET_X = BPF_LDX | BPF_IMM,
  GO = BPF_JMP | BPF_JA,
  IF_EQ = BPF_JMP | BPF_JEQ | BPF_K,
  RETURN = BPF_RET | BPF_K,
  RETURN_A = BPF_RET | BPF_A,
};

static const struct sock_filter allow = STMT (RETURN, SECCOMP_RET_ALLOW);

/* --- the kernel ------------------------------------------------------------------------------ */

/* 1: it takes the program, 0: it does not, -1: it cannot say. What it took stays on this process:
 * this is for children. */
static int
kernel_takes (const struct sock_filter *instructions, size_t length)
{
  struct sock_fprog program = {(unsigned short) length, (struct sock_filter *) instructions};

  if (syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0)
    return 1;
  return errno == EINVAL ? 0 : -1;
}

enum { CHILD_CANNOT = 77 };

/* Runs body in a child that may install filters; its exit status is 0, or CHILD_CANNOT. */
static void
in_child (void (*body) (uint64_t seed), uint64_t seed)
{
  pid_t child;
  int status;

  fflush (NULL);
  child = fork ();
  assert_int_not_equal (child, -1);
  if (child == 0) {
    prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (kernel_takes (&allow, 1) != 1)
      _exit (CHILD_CANNOT);
    body (seed);
    _exit (0);
  }
  assert_int_equal (waitpid (child, &status, 0), child);
  if (WIFEXITED (status) && WEXITSTATUS (status) == CHILD_CANNOT) {
    print_message ("# no filters can be installed here\n");
    skip ();
  }
  if (status)
    fail_msg ("seed %" PRIu64 ": the child's status is 0x%x", seed, (unsigned) status);
}

static const char *
text_of (const struct sock_filter *instructions, size_t length)
{
  const char *text = "";

  for (size_t i = 0; i < length; i++)
    text = arena_printf (&arena, "%s\n  {0x%x, %u, %u, 0x%x},", text, instructions[i].code,
                         instructions[i].jt, instructions[i].jf, instructions[i].k);
  return text;
}

/* --- each rule of the check ------------------------------------------------------------------ */

static int
check (const struct sock_filter *instructions, size_t length)
{
  struct program program = {(struct sock_filter *) instructions, length};

  error.message[0] = '\0';
  return program_check (&program, &error);
}

static bool
message_has (const char *words)
{
  return strstr (error.message, words) != NULL;
}

/* What kernel/seccomp.c lets through, each with a k that is good for it. */
static const struct sock_filter good[] = {
    STMT (BPF_LD | BPF_W | BPF_ABS, 60),
    STMT (BPF_LD | BPF_W | BPF_LEN, 0),
    STMT (BPF_LDX | BPF_W | BPF_LEN, 0),
    STMT (BPF_LD | BPF_IMM, 7),
    STMT (BPF_LDX | BPF_IMM, 7),
    STMT (BPF_ST, 15),
    STMT (BPF_STX, 0),
    STMT (BPF_MISC | BPF_TAX, 0),
    STMT (BPF_MISC | BPF_TXA, 0),
    STMT (BPF_ALU | BPF_ADD | BPF_K, 7),
    STMT (BPF_ALU | BPF_ADD | BPF_X, 0),
    STMT (BPF_ALU | BPF_SUB | BPF_K, 7),
    STMT (BPF_ALU | BPF_SUB | BPF_X, 0),
    STMT (BPF_ALU | BPF_MUL | BPF_K, 7),
    STMT (BPF_ALU | BPF_MUL | BPF_X, 0),
    STMT (BPF_ALU | BPF_DIV | BPF_K, 7),
    STMT (BPF_ALU | BPF_DIV | BPF_X, 0),
    STMT (BPF_ALU | BPF_AND | BPF_K, 7),
    STMT (BPF_ALU | BPF_AND | BPF_X, 0),
    STMT (BPF_ALU | BPF_OR | BPF_K, 7),
    STMT (BPF_ALU | BPF_OR | BPF_X, 0),
    STMT (BPF_ALU | BPF_XOR | BPF_K, 7),
    STMT (BPF_ALU | BPF_XOR | BPF_X, 0),
    STMT (BPF_ALU | BPF_LSH | BPF_K, 31),
    STMT (BPF_ALU | BPF_LSH | BPF_X, 0),
    STMT (BPF_ALU | BPF_RSH | BPF_K, 31),
    STMT (BPF_ALU | BPF_RSH | BPF_X, 0),
    STMT (BPF_ALU | BPF_NEG, 0),
    STMT (BPF_JMP | BPF_JA, 0),
    JUMP (BPF_JMP | BPF_JEQ | BPF_K, 7, 0, 0),
    JUMP (BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 0),
    JUMP (BPF_JMP | BPF_JGT | BPF_K, 7, 0, 0),
    JUMP (BPF_JMP | BPF_JGT | BPF_X, 0, 0, 0),
    JUMP (BPF_JMP | BPF_JGE | BPF_K, 7, 0, 0),
    JUMP (BPF_JMP | BPF_JGE | BPF_X, 0, 0, 0),
    JUMP (BPF_JMP | BPF_JSET | BPF_K, 7, 0, 0),
    JUMP (BPF_JMP | BPF_JSET | BPF_X, 0, 0, 0),
    STMT (BPF_RET | BPF_K, 7),
    STMT (BPF_RET | BPF_A, 0),
};

/* Reads of memory, which need a write before: the two codes that `good` cannot have. */
static bool
reads_memory (unsigned code)
{
  return code == READ || code == READ_X;
}

static bool
is_good_code (unsigned code)
{
  for (size_t i = 0; i < LENGTH (good); i++)
    if (good[i].code == code)
      return true;
  return reads_memory (code);
}

static void
test_all_codes (void)
{
  unsigned taken = 0;

  for (unsigned code = 0; code <= UINT16_MAX; code++) {
    const struct sock_filter program[] = {
        STMT (BPF_ST, 4), STMT ((uint16_t) code, 4), {.code = RETURN}};
    int result = check (program, 3);

    if (result != (is_good_code (code) ? OCI_SECCOMP_OK : OCI_SECCOMP_BAD_PROGRAM) && code != GO)
      fail_msg ("code 0x%x gives %d", code, result);
    taken += result == OCI_SECCOMP_OK;
  }
  assert_int_equal (taken, LENGTH (good) + 2 - 1); /* GO past the end is none of them */
}

static void
test_good_instructions (void)
{
  for (size_t i = 0; i < LENGTH (good); i++) {
    const struct sock_filter program[] = {good[i], allow};

    if (check (program, 2))
      fail_msg ("%zu: %s", i, error.message);
  }
}

static const struct {
  struct sock_filter instruction; /* at 1 of 4 */
  const char *why;                /* NULL: it is good */
} edges[] = {
    {STMT (LOAD, 64), "loads outside"},
    {STMT (LOAD, 61), "unaligned"},
    {STMT (LOAD, 1), "unaligned"},
    {STMT (LOAD, 2), "unaligned"},
    {STMT (LOAD, UINT32_MAX - 3), "loads outside"}, /* SKF_AD_OFF and its like */
    {STMT (LOAD, 0xfffff000), "loads outside"},
    {STMT (LOAD, 0), NULL},
    {STMT (LOAD, 12), NULL},
    {STMT (BPF_ALU | BPF_DIV | BPF_K, 0), "divides by zero"},
    {STMT (BPF_ALU | BPF_DIV | BPF_K, 1), NULL},
    {STMT (BPF_ALU | BPF_MOD | BPF_K, 1), "does not allow"},
    {STMT (BPF_ALU | BPF_MOD | BPF_X, 1), "does not allow"},
    {STMT (BPF_ALU | BPF_LSH | BPF_K, 32), "shifts"},
    {STMT (BPF_ALU | BPF_RSH | BPF_K, 32), "shifts"},
    {STMT (BPF_ALU | BPF_RSH | BPF_K, UINT32_MAX), "shifts"},
    {STMT (BPF_ALU | BPF_LSH | BPF_K, 0), NULL},
    {STMT (BPF_ALU | BPF_LSH | BPF_X, 32), NULL},
    {STMT (BPF_ST, 16), "past M[15]"},
    {STMT (BPF_STX, UINT32_MAX), "past M[15]"},
    {STMT (READ, 16), "past M[15]"},
    {STMT (READ_X, 16), "past M[15]"},
    {STMT (READ, 0), "may not be written"},
    {STMT (READ_X, 15), "may not be written"},
    {STMT (GO, 1), NULL},
    {STMT (GO, 2), "jumps past the end"},
    {STMT (GO, UINT32_MAX), "jumps past the end"},
    {JUMP (IF_EQ, 0, 1, 1), NULL},
    {JUMP (IF_EQ, 0, 2, 0), "jumps past the end"},
    {JUMP (IF_EQ, 0, 0, 2), "jumps past the end"},
    {JUMP (IF_EQ, 0, 255, 255), "jumps past the end"},
    {STMT (BPF_LD | BPF_H | BPF_ABS, 0), "does not allow"},
    {STMT (BPF_LD | BPF_B | BPF_ABS, 0), "does not allow"},
    {STMT (BPF_LD | BPF_W | BPF_IND, 0), "does not allow"},
    {STMT (BPF_LDX | BPF_B | BPF_MSH, 0), "does not allow"},
    {STMT (BPF_RET | BPF_X, 0), "does not allow"},
};

static void
make_edge (struct sock_filter program[4], size_t i)
{
  program[0] = (struct sock_filter) STMT (SET, 0);
  program[1] = edges[i].instruction;
  program[2] = program[3] = allow;
}

static void
test_edges (void)
{
  for (size_t i = 0; i < LENGTH (edges); i++) {
    struct sock_filter program[4];
    int code;

    make_edge (program, i);
    code = check (program, 4);
    if (code != (edges[i].why ? OCI_SECCOMP_BAD_PROGRAM : OCI_SECCOMP_OK) ||
        (edges[i].why && !(message_has (edges[i].why) && message_has ("instruction 1 "))))
      fail_msg ("edge %zu: %d: %s", i, code, error.message);
  }
}

static void
child_edges (uint64_t unused)
{
  (void) unused;
  for (size_t i = 0; i < LENGTH (edges); i++) {
    struct sock_filter program[4];

    make_edge (program, i);
    if (kernel_takes (program, 4) != !edges[i].why)
      _exit ((int) i + 100);
  }
}

static void
test_edges_of_the_kernel (void)
{
  in_child (child_edges, 0);
}

static void
test_last_instruction (void)
{
  const struct sock_filter no_end[] = {allow, STMT (SET, 0)};
  const struct sock_filter jump_last[] = {allow, JUMP (IF_EQ, 0, 0, 0)};
  const struct sock_filter good_end[] = {STMT (SET, 0), STMT (RETURN_A, 0)};

  assert_int_equal (check (no_end, 2), OCI_SECCOMP_BAD_PROGRAM);
  assert_true (message_has ("instruction 1 "));
  assert_true (message_has ("not a return"));
  assert_int_equal (check (jump_last, 2), OCI_SECCOMP_BAD_PROGRAM);
  assert_int_equal (check (good_end, 2), OCI_SECCOMP_OK);
  assert_int_equal (check (&allow, 1), OCI_SECCOMP_OK);
}

static struct sock_filter many[PROGRAM_MAX_LENGTH + 1];

static void
make_many (void)
{
  for (size_t i = 0; i < LENGTH (many); i++)
    many[i] = allow;
}

static void
test_lengths (void)
{
  make_many ();
  assert_int_equal (check (many, 0), OCI_SECCOMP_BAD_PROGRAM);
  assert_int_equal (check (many, 1), OCI_SECCOMP_OK);
  assert_int_equal (check (many, 4096), OCI_SECCOMP_OK);
  assert_int_equal (check (many, 4097), OCI_SECCOMP_TOO_LARGE);
  assert_true (message_has ("4097") && message_has ("4096"));
  many[0] = (struct sock_filter) STMT (GO, 4094);
  assert_int_equal (check (many, 4096), OCI_SECCOMP_OK);
  many[0] = (struct sock_filter) STMT (GO, 4095);
  assert_int_equal (check (many, 4096), OCI_SECCOMP_BAD_PROGRAM);
}

static void
child_lengths (uint64_t unused)
{
  (void) unused;
  make_many ();
  if (kernel_takes (many, 0) != 0)
    _exit (2);
  if (kernel_takes (many, 4096) != 1)
    _exit (3);
  if (kernel_takes (many, 4097) != 0)
    _exit (4);
}

static void
test_lengths_of_the_kernel (void)
{
  in_child (child_lengths, 0);
}

/* Whether a read after a fork in the road is good when only some branches write. */
static void
test_memory_on_some_paths (void)
{
  struct sock_filter one_branch[] = {JUMP (IF_EQ, 0, 0, 1), STMT (BPF_ST, 3), STMT (READ, 3),
                                     STMT (RETURN_A, 0)};
  struct sock_filter both_branches[] = {JUMP (IF_EQ, 0, 0, 2), STMT (BPF_ST, 3),
                                        STMT (GO, 1),          STMT (BPF_STX, 3),
                                        STMT (READ, 3),        STMT (RETURN_A, 0)};
  struct sock_filter other_word[] = {STMT (BPF_ST, 2), STMT (READ, 3), STMT (RETURN_A, 0)};
  /* What cannot be reached reads what it likes. */
  struct sock_filter unreachable[] = {STMT (GO, 1), STMT (READ, 3), STMT (RETURN_A, 0)};
  /* The kernel does not take a return for the end of a path. */
  struct sock_filter after_return[] = {allow, STMT (READ, 3), STMT (RETURN_A, 0)};
  struct sock_filter over_return[] = {STMT (BPF_ST, 3), allow, STMT (READ, 3), STMT (RETURN_A, 0)};

  assert_int_equal (check (one_branch, LENGTH (one_branch)), OCI_SECCOMP_BAD_PROGRAM);
  assert_true (message_has ("instruction 2 "));
  assert_int_equal (check (both_branches, LENGTH (both_branches)), OCI_SECCOMP_OK);
  both_branches[3].k = 4;
  assert_int_equal (check (both_branches, LENGTH (both_branches)), OCI_SECCOMP_BAD_PROGRAM);
  assert_int_equal (check (other_word, LENGTH (other_word)), OCI_SECCOMP_BAD_PROGRAM);
  assert_int_equal (check (unreachable, LENGTH (unreachable)), OCI_SECCOMP_OK);
  assert_int_equal (check (after_return, LENGTH (after_return)), OCI_SECCOMP_BAD_PROGRAM);
  assert_int_equal (check (over_return, LENGTH (over_return)), OCI_SECCOMP_OK);
}

/* --- random programs, judged by the kernel --------------------------------------------------- */

static uint32_t
random_k (struct random *random)
{
  static const uint32_t values[] = {0, 4, 16, 60, 64, 15, 31, 32, 62, UINT32_MAX};

  return random_chance (random, 3) ? values[random_below (random, LENGTH (values))]
                                   : random_below (random, 12);
}

/* Mostly something good, so that whole programs are so now and then. */
static struct sock_filter
random_instruction (struct random *random, size_t left)
{
  struct sock_filter insn = good[random_below (random, LENGTH (good))];
  unsigned near = (unsigned) left / 2 + 1;

  if (random_chance (random, 6))
    insn = (struct sock_filter) STMT (random_chance (random, 2) ? READ : READ_X, 0);
  if (random_chance (random, 3) && (reads_memory (insn.code) || insn.code <= BPF_STX))
    insn.k = random_below (random, 3);
  if (BPF_CLASS (insn.code) == BPF_JMP && insn.code != GO) {
    insn.jt = (uint8_t) random_below (random, near);
    insn.jf = (uint8_t) random_below (random, near);
  }
  if (insn.code == GO)
    insn.k = random_below (random, near);
  if (random_chance (random, 40))
    insn.k = random_k (random);
  if (random_chance (random, 150))
    insn.code = (uint16_t) random_below (random, random_chance (random, 2) ? 256 : 65536);
  if (random_chance (random, 150))
    insn.jt = (uint8_t) (left + random_below (random, 3));
  if (random_chance (random, 150))
    insn.jf = (uint8_t) (left + random_below (random, 3));
  return insn;
}

enum { BODY_MAX = 14 };

/* A body that no call runs into, as far as the program goes, but that the kernel has to check: only
 * a number that is never used leads there. Now and then memory is written before. */
static size_t
random_program (struct random *random, struct sock_filter program[BODY_MAX + 4])
{
  size_t body = 1 + random_below (random, BODY_MAX), length = 0;

  if (random_chance (random, 2))
    program[length++] = (struct sock_filter) STMT (BPF_ST, random_below (random, 3));
  program[length++] = (struct sock_filter) STMT (LOAD, 0);
  program[length++] = (struct sock_filter) JUMP (IF_EQ, FREE_NUMBER, 0, (uint8_t) body);
  for (size_t i = 0; i < body; i++)
    program[length++] = random_instruction (random, body - i);
  program[length++] = allow;
  return length;
}

static void
child_random (uint64_t seed)
{
  struct random random = random_start (seed);
  unsigned taken = 0, refused = 0;

  for (int i = 0; i < RANDOM_BATCH; i++) {
    struct sock_filter program[BODY_MAX + 4];
    size_t length = random_program (&random, program);
    int ours = check (program, length) == OCI_SECCOMP_OK, theirs = kernel_takes (program, length);

    if (theirs == -1)
      _exit (CHILD_CANNOT);
    if (ours != theirs) {
      fprintf (stderr, "%s: we say %d (%s), the kernel %d\n", text_of (program, length), ours,
               error.message, theirs);
      _exit (1);
    }
    taken += theirs == 1;
    refused += theirs == 0;
  }
  if (taken < RANDOM_BATCH / 10 || refused < RANDOM_BATCH / 10) {
    fprintf (stderr, "%u taken, %u refused: not random enough\n", taken, refused);
    _exit (1);
  }
}

static void
test_random_programs_as_the_kernel (void)
{
  for (uint64_t seed = 1; seed <= RANDOM_PROGRAMS / RANDOM_BATCH; seed++)
    in_child (child_random, seed);
}

/* --- bytes ----------------------------------------------------------------------------------- */

static const struct sock_filter sample[] = {{0x1234, 0x56, 0x78, 0x9abcdef0},
                                            {0x0006, 0x00, 0xff, 0x7fff0000}};
static const unsigned char little[] = {0x34, 0x12, 0x56, 0x78, 0xf0, 0xde, 0xbc, 0x9a,
                                       0x06, 0x00, 0x00, 0xff, 0x00, 0x00, 0xff, 0x7f};
static const unsigned char big[] = {0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0,
                                    0x00, 0x06, 0x00, 0xff, 0x7f, 0xff, 0x00, 0x00};

static void
test_to_bytes (void)
{
  struct program program = {(struct sock_filter *) sample, 2};

  assert_memory_equal (program_to_bytes (&program, false, &arena), little, sizeof little);
  assert_memory_equal (program_to_bytes (&program, true, &arena), big, sizeof big);
}

static void
test_from_bytes (void)
{
  struct program program;

  assert_int_equal (program_from_bytes (&program, little, sizeof little, false, &arena, &error), 0);
  assert_int_equal (program.length, 2);
  assert_memory_equal (program.instructions, sample, sizeof sample);
  assert_int_equal (program_from_bytes (&program, big, sizeof big, true, &arena, &error), 0);
  assert_int_equal (program.length, 2);
  assert_memory_equal (program.instructions, sample, sizeof sample);
}

static void
test_bytes_of_wrong_length (void)
{
  static unsigned char bytes[8 * (PROGRAM_MAX_LENGTH + 1)];
  struct program program;

  for (size_t length = 0; length < 24; length++)
    assert_int_equal (program_from_bytes (&program, bytes, length, false, &arena, &error),
                      length && length % 8 == 0 ? OCI_SECCOMP_OK : OCI_SECCOMP_BAD_PROGRAM);
  assert_true (message_has ("23 bytes"));
  assert_int_equal (program_from_bytes (&program, bytes, sizeof bytes - 8, false, &arena, &error),
                    OCI_SECCOMP_OK);
  assert_int_equal (program_from_bytes (&program, bytes, sizeof bytes, false, &arena, &error),
                    OCI_SECCOMP_TOO_LARGE);
  assert_true (message_has ("4097"));
}

/* The input is read as bytes, wherever it is. */
static void
test_bytes_unaligned (void)
{
  unsigned char shifted[sizeof little + 1];
  struct program program;

  memcpy (shifted + 1, little, sizeof little);
  assert_int_equal (
      program_from_bytes (&program, shifted + 1, sizeof little, false, &arena, &error),
      OCI_SECCOMP_OK);
  assert_memory_equal (program.instructions, sample, sizeof sample);
}

/* --- running --------------------------------------------------------------------------------- */

static const struct seccomp_data call = {
    .nr = -2,
    .arch = 0xc000003e,
    .instruction_pointer = UINT64_C (0x1111111122222222),
    .args = {UINT64_C (0xa0a0a0a000000000), UINT64_C (0xa1a1a1a100000001),
             UINT64_C (0xa2a2a2a200000002), UINT64_C (0xa3a3a3a300000003),
             UINT64_C (0xa4a4a4a400000004), UINT64_C (0xa5a5a5a500000005)}};

static uint32_t
run (const struct sock_filter *instructions, size_t length, bool big_endian, unsigned *steps)
{
  struct program program = {(struct sock_filter *) instructions, length};

  if (program_check (&program, &error))
    fail_msg ("%s", error.message);
  return program_run (&program, &call, big_endian, steps);
}

static void
test_loads (void)
{
  for (uint32_t offset = 0; offset < sizeof call; offset += 4) {
    const struct sock_filter program[] = {STMT (LOAD, offset), STMT (RETURN_A, 0)};
    struct seccomp_data swapped = {.nr = call.nr,
                                   .arch = call.arch,
                                   .instruction_pointer = call.instruction_pointer << 32 |
                                                          call.instruction_pointer >> 32};
    uint32_t here, there;

    for (int i = 0; i < 6; i++)
      swapped.args[i] = call.args[i] << 32 | call.args[i] >> 32;
    memcpy (&here, (const char *) &call + offset, sizeof here);
    memcpy (&there, (const char *) &swapped + offset, sizeof there);
    assert_int_equal (run (program, 2, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__, NULL), here);
    assert_int_equal (run (program, 2, __BYTE_ORDER__ != __ORDER_BIG_ENDIAN__, NULL), there);
  }
}

static void
test_argument_words (void)
{
  const struct sock_filter low[] = {STMT (LOAD, 32), STMT (RETURN_A, 0)};
  const struct sock_filter high[] = {STMT (LOAD, 36), STMT (RETURN_A, 0)};

  assert_int_equal (run (low, 2, false, NULL), 2);
  assert_int_equal (run (high, 2, false, NULL), 0xa2a2a2a2);
  assert_int_equal (run (low, 2, true, NULL), 0xa2a2a2a2);
  assert_int_equal (run (high, 2, true, NULL), 2);
}

static const struct {
  uint16_t op;
  uint32_t a, operand, result;
} sums[] = {
    {BPF_ADD, 7, 3, 10},
    {BPF_ADD, UINT32_MAX, 2, 1},
    {BPF_SUB, 7, 3, 4},
    {BPF_SUB, 3, 7, (uint32_t) -4},
    {BPF_MUL, 7, 3, 21},
    {BPF_MUL, 0x80000001, 0x10, 0x10},
    {BPF_DIV, 7, 3, 2},
    {BPF_DIV, UINT32_MAX, 2, 0x7fffffff},
    {BPF_DIV, 3, 0x80000000, 0},
    {BPF_AND, 0xff00ff00, 0x0ff00ff0, 0x0f000f00},
    {BPF_OR, 0xff00ff00, 0x0ff00ff0, 0xfff0fff0},
    {BPF_XOR, 0xff00ff00, 0x0ff00ff0, 0xf0f0f0f0},
    {BPF_LSH, 0x80000001, 31, 0x80000000},
    {BPF_LSH, 5, 0, 5},
    {BPF_RSH, 0x80000001, 31, 1},
    {BPF_RSH, 0xffffffff, 1, 0x7fffffff},
};

static void
test_arithmetic (void)
{
  for (size_t i = 0; i < LENGTH (sums); i++) {
    const struct sock_filter by_k[] = {STMT (SET, sums[i].a),
                                       STMT (BPF_ALU | sums[i].op | BPF_K, sums[i].operand),
                                       STMT (RETURN_A, 0)};
    /* The k of one that takes X means nothing. */
    const struct sock_filter by_x[] = {STMT (SET_X, sums[i].operand), STMT (SET, sums[i].a),
                                       STMT (BPF_ALU | sums[i].op | BPF_X, 0xdeadbeef),
                                       STMT (RETURN_A, 0)};

    assert_int_equal (run (by_k, 3, false, NULL), sums[i].result);
    assert_int_equal (run (by_x, 4, false, NULL), sums[i].result);
  }
}

/* The kernel counts them modulo 32, as most processors do. */
static void
test_shifts_by_x_past_31 (void)
{
  const struct sock_filter left[] = {STMT (SET_X, 33), STMT (SET, 5),
                                     STMT (BPF_ALU | BPF_LSH | BPF_X, 0), STMT (RETURN_A, 0)};
  const struct sock_filter right[] = {STMT (SET_X, UINT32_MAX), STMT (SET, 0x80000000),
                                      STMT (BPF_ALU | BPF_RSH | BPF_X, 0), STMT (RETURN_A, 0)};

  assert_int_equal (run (left, 4, false, NULL), 10);
  assert_int_equal (run (right, 4, false, NULL), 1);
}

static void
test_negation (void)
{
  const struct sock_filter program[] = {STMT (SET, 5), STMT (BPF_ALU | BPF_NEG, 0),
                                        STMT (RETURN_A, 0)};

  assert_int_equal (run (program, 3, false, NULL), (uint32_t) -5);
}

/* The kernel ends the program there, with 0: it kills. */
static void
test_division_by_x_of_zero (void)
{
  const struct sock_filter program[] = {STMT (SET_X, 0), STMT (SET, 5),
                                        STMT (BPF_ALU | BPF_DIV | BPF_X, 0), allow};
  unsigned steps = 0;

  assert_int_equal (run (program, 4, false, &steps), 0);
  assert_int_equal (steps, 3);
}

static const struct {
  uint16_t op;
  uint32_t a, operand;
  bool taken;
} jumps[] = {
    {BPF_JEQ, 5, 5, true},          {BPF_JEQ, 5, 6, false},
    {BPF_JGT, 6, 5, true},          {BPF_JGT, 5, 5, false},
    {BPF_JGT, UINT32_MAX, 1, true}, {BPF_JGE, 5, 5, true},
    {BPF_JGE, 4, 5, false},         {BPF_JGE, 0x80000000, 0x7fffffff, true},
    {BPF_JSET, 6, 2, true},         {BPF_JSET, 6, 1, false},
    {BPF_JSET, 6, 0, false},
};

static void
test_jumps (void)
{
  for (size_t i = 0; i < LENGTH (jumps); i++)
    for (int by_x = 0; by_x < 2; by_x++) {
      const struct sock_filter program[] = {
          STMT (SET_X, jumps[i].operand),
          STMT (SET, jumps[i].a),
          JUMP ((uint16_t) (BPF_JMP | jumps[i].op | (by_x ? BPF_X : BPF_K)),
                by_x ? 0xdeadbeef : jumps[i].operand, 1, 2),
          STMT (RETURN, 1),
          STMT (RETURN, 2),
          STMT (RETURN, 3),
      };
      unsigned steps = 0;

      assert_int_equal (run (program, 6, false, &steps), jumps[i].taken ? 2 : 3);
      assert_int_equal (steps, 4);
    }
}

static void
test_long_jump (void)
{
  make_many ();
  many[0] = (struct sock_filter) STMT (GO, 4094);
  many[4095] = (struct sock_filter) STMT (RETURN, 9);
  assert_int_equal (run (many, 4096, false, NULL), 9);
}

static void
test_memory_and_moves (void)
{
  const struct sock_filter program[] = {
      STMT (SET, 100),    STMT (BPF_ST, 15),
      STMT (SET_X, 20),   STMT (BPF_STX, 0),
      STMT (SET, 3),      STMT (BPF_MISC | BPF_TAX, 0), /* X = 3 */
      STMT (READ, 15),    STMT (BPF_ALU | BPF_ADD | BPF_X, 0),
      STMT (READ_X, 0),   STMT (BPF_ALU | BPF_ADD | BPF_X, 0),
      STMT (BPF_ST, 7),   STMT (BPF_MISC | BPF_TXA, 0), /* A = 20 */
      STMT (READ_X, 7),   STMT (BPF_ALU | BPF_ADD | BPF_X, 0),
      STMT (RETURN_A, 0),
  };

  assert_int_equal (run (program, LENGTH (program), false, NULL), 143);
}

static void
test_lengths_of_the_data (void)
{
  const struct sock_filter program[] = {STMT (BPF_LDX | BPF_W | BPF_LEN, 0),
                                        STMT (BPF_LD | BPF_W | BPF_LEN, 0),
                                        STMT (BPF_ALU | BPF_MUL | BPF_X, 0), STMT (RETURN_A, 0)};

  assert_int_equal (run (program, 4, false, NULL), 64 * 64);
}

static void
test_registers_start_at_zero (void)
{
  const struct sock_filter a[] = {STMT (RETURN_A, 0)};
  const struct sock_filter x[] = {STMT (SET, 5), STMT (BPF_MISC | BPF_TXA, 0), STMT (RETURN_A, 0)};

  assert_int_equal (run (a, 1, false, NULL), 0);
  assert_int_equal (run (x, 3, false, NULL), 0);
}

/* --- random sums, done by the kernel --------------------------------------------------------- */

enum { SUM_MAX = 20 };

/* A shift by X of 32 and more is what the processor makes of it; a division by 0 kills. */
static struct sock_filter
random_sum (struct random *random)
{
  static const uint16_t ops[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_AND,
                                 BPF_OR,  BPF_XOR, BPF_LSH, BPF_RSH, BPF_NEG};
  uint16_t op = ops[random_below (random, LENGTH (ops))];
  bool by_x = op != BPF_DIV && op != BPF_LSH && op != BPF_RSH && random_chance (random, 2);
  uint32_t k = (uint32_t) random_next (random) | 1;

  if (op == BPF_LSH || op == BPF_RSH)
    k %= 32;
  if (op == BPF_NEG)
    return (struct sock_filter) STMT (BPF_ALU | BPF_NEG, 0);
  return (struct sock_filter) STMT ((uint16_t) (BPF_ALU | op | (by_x ? BPF_X : BPF_K)), k);
}

static struct sock_filter
random_step (struct random *random, size_t left)
{
  static const uint16_t tests[] = {BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET};
  uint32_t word = random_below (random, 4);

  switch (random_below (random, 8)) {
  case 0: /* an argument: the instruction pointer is for the kernel to know */
    return (struct sock_filter) STMT (LOAD, 16 + 4 * random_below (random, 12));
  case 1:
    return (struct sock_filter) STMT (random_chance (random, 2) ? BPF_ST : BPF_STX, word);
  case 2:
    return (struct sock_filter) STMT (random_chance (random, 2) ? READ : READ_X, word);
  case 3:
    return (struct sock_filter) STMT (
        random_chance (random, 2) ? BPF_MISC | BPF_TAX : BPF_MISC | BPF_TXA, 0);
  case 4:
    return (struct sock_filter) JUMP ((uint16_t) (BPF_JMP | tests[random_below (random, 4)] |
                                                  (random_chance (random, 2) ? BPF_X : BPF_K)),
                                      (uint32_t) random_next (random),
                                      (uint8_t) random_below (random, (unsigned) left),
                                      (uint8_t) random_below (random, (unsigned) left));
  default:
    return random_sum (random);
  }
}

/* For one number alone: a sum, of which 12 bits come back as an errno. */
static size_t
random_sum_program (struct random *random, uint32_t number,
                    struct sock_filter program[SUM_MAX + 16])
{
  size_t length = 0, steps = 4 + random_below (random, SUM_MAX - 4);

  program[length++] = (struct sock_filter) STMT (LOAD, 0);
  program[length++] = (struct sock_filter) JUMP (IF_EQ, number, 1, 0);
  program[length++] = allow;
  for (uint32_t word = 0; word < 4; word++)
    program[length++] = (struct sock_filter) STMT (BPF_ST, word);
  for (size_t i = 0; i < steps; i++)
    program[length++] = random_step (random, steps - i);
  program[length++] = (struct sock_filter) STMT (BPF_MISC | BPF_TAX, 0);
  program[length++] = (struct sock_filter) STMT (BPF_ALU | BPF_RSH | BPF_K, 12);
  program[length++] = (struct sock_filter) STMT (BPF_ALU | BPF_XOR | BPF_X, 0);
  program[length++] = (struct sock_filter) STMT (BPF_ALU | BPF_AND | BPF_K, 0x7ff);
  program[length++] =
      (struct sock_filter) STMT (BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO | 0x800);
  program[length++] = (struct sock_filter) STMT (RETURN_A, 0);
  return length;
}

/* What native calls look like to a filter of this machine. */
static bool
try_sum (struct random *random, uint32_t number)
{
  struct sock_filter instructions[SUM_MAX + 16];
  struct program program = {instructions, random_sum_program (random, number, instructions)};
  struct seccomp_data data = {.nr = (int) number};
  uint32_t ours;
  long result;

  for (int i = 0; i < 6; i++)
    data.args[i] = (unsigned long) random_next (random);
  if (program_check (&program, &error) || kernel_takes (instructions, program.length) != 1)
    return false;
  ours = program_run (&program, &data, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__, NULL);
  result = syscall ((long) number, (long) data.args[0], (long) data.args[1], (long) data.args[2],
                    (long) data.args[3], (long) data.args[4], (long) data.args[5]);
  if (result == -1 && ours == (SECCOMP_RET_ERRNO | (uint32_t) errno))
    return true;
  fprintf (stderr, "%s: we say 0x%x, the kernel %ld, errno %d\n",
           text_of (instructions, program.length), ours, result, errno);
  return false;
}

static void
child_sums (uint64_t seed)
{
  struct random random = random_start (seed);

  for (uint32_t i = 0; i < RANDOM_SUMS; i++)
    if (!try_sum (&random, FREE_NUMBER + i))
      _exit (1);
}

static void
test_random_sums_as_the_kernel (void)
{
  in_child (child_sums, 1);
  in_child (child_sums, 2);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      TEST (test_all_codes),
      TEST (test_good_instructions),
      TEST (test_edges),
      TEST (test_edges_of_the_kernel),
      TEST (test_last_instruction),
      TEST (test_lengths),
      TEST (test_lengths_of_the_kernel),
      TEST (test_memory_on_some_paths),
      TEST (test_random_programs_as_the_kernel),
      TEST (test_to_bytes),
      TEST (test_from_bytes),
      TEST_IN_SMALL_CHUNKS (test_from_bytes),
      TEST (test_bytes_of_wrong_length),
      TEST (test_bytes_unaligned),
      TEST (test_loads),
      TEST (test_argument_words),
      TEST (test_arithmetic),
      TEST (test_shifts_by_x_past_31),
      TEST (test_negation),
      TEST (test_division_by_x_of_zero),
      TEST (test_jumps),
      TEST (test_long_jump),
      TEST (test_memory_and_moves),
      TEST (test_lengths_of_the_data),
      TEST (test_registers_start_at_zero),
      TEST (test_random_sums_as_the_kernel),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
