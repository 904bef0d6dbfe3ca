/* Programs compared with programs: the engine's word against the interpreter's. SEED of the
 * environment says where the random programs begin. */
#include "core.h"

#include "equivalence.h"
#include "execute.h"
#include "order.h"
#include "verdict.h"

enum {
  MUTANTS = 10000,
  ANY_MUTANTS = 1000,
  FOLLOWED = 1000,
  MAX_LENGTH = 30,
  RETURNS = 5,
  POINTS = 200
};

static struct random dice;

static uint32_t
next (void)
{
  return (uint32_t) (random_next (&dice) >> 16);
}

/* --- random programs --- */

static uint32_t
constant (void)
{
  static const uint32_t values[] = {0, 1, 2, 5, 31, 0xffffffff, 0x80000000, 0x40000000, 0xc000003e};

  return next () % 2 ? values[next () % 9] : next () % 8 ? next () % 8 : next ();
}

static uint16_t
pick (const uint16_t *codes, size_t count)
{
  return codes[next () % count];
}

#define PICK(...)                        \
  pick ((const uint16_t[]){__VA_ARGS__}, \
        sizeof ((const uint16_t[]){__VA_ARGS__}) / sizeof (uint16_t))

static uint32_t
verdict (void)
{
  static const uint32_t verdicts[] = {SECCOMP_RET_ALLOW,
                                      SECCOMP_RET_ALLOW | 3,
                                      SECCOMP_RET_ERRNO | 1,
                                      SECCOMP_RET_ERRNO | 38,
                                      SECCOMP_RET_TRAP | 1,
                                      SECCOMP_RET_KILL_PROCESS,
                                      0x12340000,
                                      SECCOMP_RET_KILL_THREAD};

  return verdicts[next () % 8];
}

/* What compilers write: loads, tests against constants, returns. */
static struct sock_filter
plain_instruction (void)
{
  unsigned kind = next () % 10;

  if (kind < 3)
    return (struct sock_filter){BPF_LD | BPF_W | BPF_ABS, 0, 0, 4 * (next () % 16)};
  if (kind == 9)
    return (struct sock_filter){BPF_RET | BPF_K, 0, 0, verdict ()};
  if (kind == 8)
    return (struct sock_filter){PICK (BPF_ALU | BPF_AND | BPF_K, BPF_JMP | BPF_JA), 0, 0,
                                constant ()};
  return (struct sock_filter){BPF_JMP | BPF_K | PICK (BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET), 0, 0,
                              constant ()};
}

/* All that the kernel takes. */
static struct sock_filter
any_instruction (void)
{
  static const uint16_t arithmetic[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_AND,
                                        BPF_OR,  BPF_XOR, BPF_LSH, BPF_RSH};
  uint32_t k = constant ();
  uint16_t source = next () % 12 ? BPF_K : BPF_X, code;

  switch (next () % 8) {
  case 0:
    code = arithmetic[next () % 9];
    if (code == BPF_LSH || code == BPF_RSH)
      k %= 32;
    if (code == BPF_DIV || code == BPF_MUL) { /* of two whole words: for too_much_is_unknown */
      k = 1 + k % 8;
      source = BPF_K;
    }
    return (struct sock_filter){BPF_ALU | code | source, 0, 0, k};
  case 1:
    return (struct sock_filter){PICK (BPF_ALU | BPF_NEG, BPF_MISC | BPF_TAX, BPF_MISC | BPF_TXA), 0,
                                0, 0};
  case 2:
    return (struct sock_filter){PICK (BPF_ST, BPF_STX, BPF_LD | BPF_MEM, BPF_LDX | BPF_MEM), 0, 0,
                                next () % 3};
  case 3:
    return (struct sock_filter){PICK (BPF_LD | BPF_IMM, BPF_LDX | BPF_IMM, BPF_LD | BPF_W | BPF_LEN,
                                      BPF_LDX | BPF_W | BPF_LEN),
                                0, 0, k};
  case 4:
    return (struct sock_filter){BPF_JMP | source | PICK (BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET), 0, 0,
                                k};
  case 5:
    return (struct sock_filter){PICK (BPF_RET | BPF_K, BPF_RET | BPF_A, BPF_LD | BPF_IMM), 0, 0,
                                verdict ()};
  default:
    return plain_instruction ();
  }
}

/* Mostly short, so that a way through the program meets many instructions. */
static uint8_t
jump (size_t left)
{
  return (uint8_t) (next () % (next () % 3 && left > 4 ? 4 : left));
}

static struct sock_filter
random_instruction (bool plain, size_t left)
{
  struct sock_filter insn = plain ? plain_instruction () : any_instruction ();

  if (BPF_CLASS (insn.code) == BPF_JMP) {
    insn.jt = jump (left);
    insn.jf = jump (left);
    if (BPF_OP (insn.code) == BPF_JA)
      insn.k = jump (left);
  }
  return insn;
}

/* One that the kernel takes; other tries end in program_check. Most returns are at the end. */
static void
random_program (struct program *program, struct sock_filter *room, bool plain)
{
  struct oci_seccomp_error err;

  program->instructions = room;
  do {
    program->length = RETURNS + 2 + next () % (MAX_LENGTH - RETURNS - 2);
    for (size_t i = 0; i < program->length; i++)
      if (i < program->length - RETURNS)
        room[i] = random_instruction (plain, program->length - i - 1);
      else
        room[i] = (struct sock_filter){BPF_RET | BPF_K, 0, 0, verdict ()};
  } while (program_check (program, &err));
}

/* One field of one instruction changed, or all of it. */
static void
mutate (struct program *out, struct sock_filter *room, const struct program *program, bool plain)
{
  struct oci_seccomp_error err;

  *out = (struct program){room, program->length};
  do {
    size_t at = next () % (1 + next () % program->length);
    size_t left = program->length - at - 1;

    memcpy (room, program->instructions, program->length * sizeof *room);
    switch (next () % 5) {
    case 0:
      room[at].k = BPF_CLASS (room[at].code) == BPF_RET ? verdict () : constant ();
      break;
    case 1:
      room[at].k += next () % 2 ? 1 : UINT32_MAX;
      break;
    case 2:
      room[at].jt = (uint8_t) (left ? next () % left : 0);
      break;
    case 3:
      room[at].jf = (uint8_t) (left ? next () % left : 0);
      break;
    default:
      if (left)
        room[at] = random_instruction (plain, left);
    }
  } while (!memcmp (room, program->instructions, program->length * sizeof *room) ||
           program_check (out, &err));
}

/* --- calls worth trying --- */

static uint32_t
interesting (const struct program *program)
{
  uint32_t k = program->instructions[next () % program->length].k;

  return next () % 4 ? k + next () % 3 - 1 : constant ();
}

static struct seccomp_data
random_call (const struct program *program)
{
  uint64_t words[16];
  struct seccomp_data call = {.nr = (int) interesting (program), .arch = interesting (program)};

  for (unsigned i = 0; i < 7; i++)
    words[i] = (uint64_t) (next () % 2 ? interesting (program) : 0) << 32 | interesting (program);
  call.instruction_pointer = words[6];
  memcpy (call.args, words, sizeof call.args);
  return call;
}

static bool
decide_alike (const struct program *one, const struct program *other, bool big_endian,
              const struct seccomp_data *call)
{
  return verdict_effect (program_run (one, call, big_endian, NULL)) ==
         verdict_effect (program_run (other, call, big_endian, NULL));
}

/* --- the engine and the interpreter --- */

struct tally {
  unsigned equal, different, unknown, sampled;
};

static void
compare (const struct program *one, const struct program *other, bool big_endian,
         struct tally *tally)
{
  struct side first = {.program = one, .big_endian = big_endian};
  struct side second = {.program = other, .big_endian = big_endian};
  struct equivalence equivalence;
  bool seen = false;

  forget_all ();
  equivalence_check (&equivalence, &first, &second, &arena);
  for (unsigned i = 0; i < POINTS && !seen; i++) {
    struct seccomp_data call = random_call (i % 2 ? one : other);

    seen = !decide_alike (one, other, big_endian, &call);
  }
  tally->sampled += seen;
  switch (equivalence.result) {
  case EQUIVALENCE_EQUAL:
    tally->equal++;
    assert_false (seen);
    break;
  case EQUIVALENCE_DIFFERENT:
    tally->different++;
    assert_false (decide_alike (one, other, big_endian, &equivalence.witness));
    break;
  case EQUIVALENCE_UNKNOWN:
    tally->unknown++;
    assert_non_null (equivalence.reason);
  }
}

static void
test_mutants (bool plain, unsigned count)
{
  struct sock_filter original[MAX_LENGTH], changed[MAX_LENGTH];
  struct tally tally = {0};

  for (unsigned i = 0; i < count; i++) {
    struct program program, mutant;

    random_program (&program, original, plain);
    mutate (&mutant, changed, &program, plain);
    compare (&program, &mutant, i % 2, &tally);
  }
  print_message ("# %u equal, %u different (%u by sampling), %u unknown\n", tally.equal,
                 tally.different, tally.sampled, tally.unknown);
  assert_true (tally.equal > count / 10);
  assert_true (tally.different > count / (plain ? 8 : 16));
  assert_true (tally.unknown <= (plain ? 0 : count / 20));
}

static void
mutants_of_plain_programs (void)
{
  test_mutants (true, MUTANTS);
}

static void
mutants_of_any_programs (void)
{
  test_mutants (false, ANY_MUTANTS);
}

/* A diagram says of each call what the interpreter says. */
static void
every_call_as_the_interpreter (void)
{
  unsigned followed = 0;

  for (unsigned i = 0; i < FOLLOWED; i++) {
    struct sock_filter room[MAX_LENGTH];
    struct diagrams diagrams;
    struct program program;
    diagram of;

    forget_all ();
    diagrams_init (&diagrams, &arena);
    random_program (&program, room, i % 2);
    if (program_diagram (&diagrams, &program, i % 3 == 0, &of))
      continue;
    followed++;
    for (unsigned j = 0; j < POINTS; j++) {
      struct seccomp_data call = random_call (&program);
      uint32_t value = diagram_value (&diagrams, of, &call);

      if (value != VERDICT_UNDEFINED)
        assert_int_equal (value, verdict_effect (program_run (&program, &call, i % 3 == 0, NULL)));
    }
  }
  assert_true (followed > FOLLOWED * 9 / 10);
}

/* --- known pairs --- */

#define LOAD(field) BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, field))
#define RETURN(value) BPF_STMT (BPF_RET | BPF_K, value)
#define TEST_K(op, k, jt, jf) BPF_JUMP (BPF_JMP | BPF_K | (op), k, jt, jf)
#define PROGRAM(...)                                     \
  ((struct program){(struct sock_filter[]){__VA_ARGS__}, \
                    sizeof ((struct sock_filter[]){__VA_ARGS__}) / sizeof (struct sock_filter)})

enum { ALLOW = SECCOMP_RET_ALLOW, EPERM_ = SECCOMP_RET_ERRNO | 1 };

static struct equivalence
check_pair (const struct program *one, const struct program *other)
{
  struct side first = {.program = one}, second = {.program = other};
  struct oci_seccomp_error err;
  struct equivalence equivalence;

  assert_int_equal (program_check (one, &err), 0);
  assert_int_equal (program_check (other, &err), 0);
  equivalence_check (&equivalence, &first, &second, &arena);
  return equivalence;
}

static void
assert_equal (struct program one, struct program other)
{
  assert_int_equal (check_pair (&one, &other).result, EQUIVALENCE_EQUAL);
}

static struct equivalence
assert_different (struct program one, struct program other)
{
  struct equivalence result = check_pair (&one, &other);

  assert_int_equal (result.result, EQUIVALENCE_DIFFERENT);
  assert_false (decide_alike (&one, &other, false, &result.witness));
  return result;
}

static void
equal_by_other_means (void)
{
  /* x > 4 is x >= 5. */
  assert_equal (PROGRAM (LOAD (nr), TEST_K (BPF_JGT, 4, 0, 1), RETURN (ALLOW), RETURN (EPERM_)),
                PROGRAM (LOAD (nr), TEST_K (BPF_JGE, 5, 0, 1), RETURN (ALLOW), RETURN (EPERM_)));
  /* 4 <= x < 8 is (x - 4) < 4 is (x & ~3) == 4 is x / 4 == 1 is x >> 2 == 1. */
  struct program range = PROGRAM (LOAD (args[3]), TEST_K (BPF_JGE, 4, 0, 2),
                                  TEST_K (BPF_JGE, 8, 1, 0), RETURN (ALLOW), RETURN (EPERM_));
  assert_equal (range, PROGRAM (LOAD (args[3]), BPF_STMT (BPF_ALU | BPF_SUB | BPF_K, 4),
                                TEST_K (BPF_JGE, 4, 1, 0), RETURN (ALLOW), RETURN (EPERM_)));
  assert_equal (range, PROGRAM (LOAD (args[3]), BPF_STMT (BPF_ALU | BPF_AND | BPF_K, ~3u),
                                TEST_K (BPF_JEQ, 4, 0, 1), RETURN (ALLOW), RETURN (EPERM_)));
  assert_equal (range, PROGRAM (LOAD (args[3]), BPF_STMT (BPF_ALU | BPF_DIV | BPF_K, 4),
                                TEST_K (BPF_JEQ, 1, 0, 1), RETURN (ALLOW), RETURN (EPERM_)));
  assert_equal (range, PROGRAM (LOAD (args[3]), BPF_STMT (BPF_LDX | BPF_IMM, 2),
                                BPF_STMT (BPF_ALU | BPF_RSH | BPF_X, 0), TEST_K (BPF_JEQ, 1, 0, 1),
                                RETURN (ALLOW), RETURN (EPERM_)));
  /* Through memory and X, with what is dead left behind. */
  assert_equal (range, PROGRAM (LOAD (args[3]), BPF_STMT (BPF_ST, 7), LOAD (arch),
                                BPF_STMT (BPF_LDX | BPF_MEM, 7), BPF_STMT (BPF_MISC | BPF_TXA, 0),
                                TEST_K (BPF_JGE, 4, 0, 2), TEST_K (BPF_JGE, 8, 1, 0),
                                RETURN (ALLOW), RETURN (EPERM_)));
}

static void
equal_by_effect (void)
{
  assert_equal (PROGRAM (RETURN (ALLOW)), PROGRAM (RETURN (ALLOW | 7)));
  assert_equal (PROGRAM (RETURN (SECCOMP_RET_ERRNO | 5000)),
                PROGRAM (RETURN (SECCOMP_RET_ERRNO | 4095)));
  assert_equal (PROGRAM (RETURN (0x00070000)), PROGRAM (RETURN (SECCOMP_RET_KILL_PROCESS)));
  assert_equal (PROGRAM (BPF_STMT (BPF_LD | BPF_W | BPF_LEN, 0),
                         BPF_STMT (BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO),
                         BPF_STMT (BPF_RET | BPF_A, 0)),
                PROGRAM (RETURN (SECCOMP_RET_ERRNO | 64)));
  assert_different (PROGRAM (RETURN (SECCOMP_RET_TRACE | 1)),
                    PROGRAM (RETURN (SECCOMP_RET_TRACE | 2)));
  assert_different (PROGRAM (RETURN (SECCOMP_RET_KILL_THREAD)),
                    PROGRAM (RETURN (SECCOMP_RET_KILL_PROCESS)));
}

/* One input of 2^512 is enough. */
static void
different_at_one_call (void)
{
  struct program twelve = PROGRAM (
      LOAD (nr), TEST_K (BPF_JEQ, 59, 0, 25), LOAD (arch), TEST_K (BPF_JEQ, 0xc000003e, 0, 23),
      LOAD (args[0]), TEST_K (BPF_JEQ, 1, 0, 21), LOAD (args[1]), TEST_K (BPF_JEQ, 2, 0, 19),
      LOAD (args[2]), TEST_K (BPF_JEQ, 3, 0, 17), LOAD (args[3]), TEST_K (BPF_JEQ, 4, 0, 15),
      LOAD (args[4]), TEST_K (BPF_JEQ, 5, 0, 13), LOAD (args[5]), TEST_K (BPF_JEQ, 6, 0, 11),
      LOAD (args[5]), TEST_K (BPF_JEQ, 6, 0, 9), LOAD (instruction_pointer),
      TEST_K (BPF_JEQ, 0xdeadbeef, 0, 7),
      BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, instruction_pointer) + 4),
      TEST_K (BPF_JEQ, 0x7fff, 0, 5),
      BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, args[5]) + 4),
      TEST_K (BPF_JEQ, 0xffffffff, 0, 3), BPF_STMT (BPF_LD | BPF_IMM, 0), TEST_K (BPF_JEQ, 1, 1, 0),
      RETURN (EPERM_), RETURN (ALLOW));
  struct equivalence result = assert_different (twelve, PROGRAM (RETURN (ALLOW)));

  assert_int_equal (result.verdicts[0], EPERM_);
  assert_int_equal (result.verdicts[1], ALLOW);
  assert_int_equal (result.witness.nr, 59);
  assert_int_equal (result.witness.arch, 0xc000003e);
  assert_int_equal (result.witness.args[5], UINT64_C (0xffffffff00000006));
  assert_int_equal (result.witness.instruction_pointer, UINT64_C (0x7fffdeadbeef));
  assert_string_equal (equivalence_call_text (&result.witness, &arena),
                       "x86_64 execve 0x1 0x2 0x3 0x4 0x5 0xffffffff00000006, "
                       "called from address 0x7fffdeadbeef");
}

static void
division_by_zero_kills (void)
{
  assert_equal (PROGRAM (BPF_STMT (BPF_LDX | BPF_IMM, 0), BPF_STMT (BPF_LD | BPF_IMM, 1),
                         BPF_STMT (BPF_ALU | BPF_DIV | BPF_X, 0), RETURN (ALLOW)),
                PROGRAM (RETURN (SECCOMP_RET_KILL_THREAD)));
  assert_equal (PROGRAM (LOAD (nr), BPF_STMT (BPF_ALU | BPF_AND | BPF_K, 1),
                         BPF_STMT (BPF_MISC | BPF_TAX, 0), BPF_STMT (BPF_ALU | BPF_DIV | BPF_X, 0),
                         RETURN (ALLOW)),
                PROGRAM (LOAD (nr), TEST_K (BPF_JSET, 1, 0, 1), RETURN (ALLOW), RETURN (0)));
}

/* Where processors differ there is no proof, but there may be a refutation elsewhere. */
static void
undefined_shifts (void)
{
  struct program shifts =
      PROGRAM (LOAD (nr), BPF_STMT (BPF_MISC | BPF_TAX, 0), BPF_STMT (BPF_LD | BPF_IMM, 1),
               BPF_STMT (BPF_ALU | BPF_LSH | BPF_X, 0), TEST_K (BPF_JEQ, 8, 0, 1), RETURN (ALLOW),
               RETURN (EPERM_));
  struct program guarded =
      PROGRAM (LOAD (nr), TEST_K (BPF_JGE, 32, 5, 0), BPF_STMT (BPF_MISC | BPF_TAX, 0),
               BPF_STMT (BPF_LD | BPF_IMM, 1), BPF_STMT (BPF_ALU | BPF_LSH | BPF_X, 0),
               TEST_K (BPF_JEQ, 8, 0, 1), RETURN (ALLOW), RETURN (EPERM_));
  struct program equal_3 =
      PROGRAM (LOAD (nr), TEST_K (BPF_JEQ, 3, 0, 1), RETURN (ALLOW), RETURN (EPERM_));
  struct program equal_4 =
      PROGRAM (LOAD (nr), TEST_K (BPF_JEQ, 4, 0, 1), RETURN (ALLOW), RETURN (EPERM_));

  struct program same_shifts =
      PROGRAM (LOAD (nr), BPF_STMT (BPF_MISC | BPF_TAX, 0), BPF_STMT (BPF_LD | BPF_IMM, 1),
               BPF_STMT (BPF_ALU | BPF_LSH | BPF_X, 0), TEST_K (BPF_JEQ, 8, 1, 0), RETURN (EPERM_),
               RETURN (ALLOW));

  assert_int_equal (check_pair (&shifts, &same_shifts).result, EQUIVALENCE_UNKNOWN);
  assert_int_equal (check_pair (&shifts, &equal_3).result, EQUIVALENCE_UNKNOWN);
  assert_int_equal (check_pair (&shifts, &equal_4).result, EQUIVALENCE_DIFFERENT);
  assert_int_equal (check_pair (&guarded, &equal_3).result, EQUIVALENCE_EQUAL);
}

/* What is too much ends soon, and with no claim. */
static void
too_much_is_unknown (void)
{
  struct program squares =
      PROGRAM (LOAD (args[0]), BPF_STMT (BPF_MISC | BPF_TAX, 0), LOAD (args[1]),
               BPF_STMT (BPF_ALU | BPF_MUL | BPF_X, 0), TEST_K (BPF_JEQ, 0x12345677, 0, 1),
               RETURN (ALLOW), RETURN (EPERM_));
  struct program swapped =
      PROGRAM (LOAD (args[1]), BPF_STMT (BPF_MISC | BPF_TAX, 0), LOAD (args[0]),
               BPF_STMT (BPF_ALU | BPF_MUL | BPF_X, 0), TEST_K (BPF_JEQ, 0x12345677, 0, 1),
               RETURN (ALLOW), RETURN (EPERM_));
  struct sock_filter room[4 * 400 + 1], other_room[4 * 400 + 1];
  struct program states = {room, 4 * 400 + 1}, other_states = {other_room, 4 * 400 + 1};
  struct equivalence result = check_pair (&squares, &swapped);

  assert_int_equal (result.result, EQUIVALENCE_UNKNOWN);
  assert_string_equal (result.reason,
                       "the first: what it computes takes too large a diagram; 32768 calls that "
                       "were tried are decided alike");
  forget_all ();
  for (unsigned i = 0; i < 400; i++) {
    room[4 * i] = (struct sock_filter) LOAD (args[i % 6]);
    room[4 * i + 1] = (struct sock_filter) TEST_K (BPF_JEQ, i, 0, 1);
    room[4 * i + 2] = (struct sock_filter) BPF_STMT (BPF_LD | BPF_IMM, i);
    room[4 * i + 3] = (struct sock_filter) BPF_STMT (BPF_ST, i % 16);
    if (i >= 16)
      room[4 * i] = (struct sock_filter) BPF_STMT (BPF_LD | BPF_MEM, i % 7);
  }
  room[4 * 400] = (struct sock_filter) BPF_STMT (BPF_RET | BPF_A, 0);
  memcpy (other_room, room, sizeof room);
  other_room[1] = (struct sock_filter) TEST_K (BPF_JGE, 1, 1, 0);
  result = check_pair (&states, &other_states);
  assert_int_equal (result.result, EQUIVALENCE_UNKNOWN);
}

/* Of what cannot be followed it is still known that it does what it does. */
static void
the_same_instructions (void)
{
  struct program squares =
      PROGRAM (LOAD (args[0]), BPF_STMT (BPF_MISC | BPF_TAX, 0), LOAD (args[1]),
               BPF_STMT (BPF_ALU | BPF_MUL | BPF_X, 0), TEST_K (BPF_JEQ, 0x12345677, 0, 1),
               RETURN (ALLOW), RETURN (EPERM_));
  struct side little = {.program = &squares}, big = {.program = &squares, .big_endian = true};
  struct equivalence result;

  assert_int_equal (check_pair (&squares, &squares).result, EQUIVALENCE_EQUAL);
  equivalence_check (&result, &little, &big, &arena);
  assert_int_not_equal (result.result, EQUIVALENCE_EQUAL);
}

/* What cannot be followed is refuted where the difference is one that their constants tell. */
static void
refuted_by_trying (void)
{
  struct program products = PROGRAM (
      LOAD (arch), TEST_K (BPF_JEQ, 0xc000003e, 0, 8), LOAD (nr), TEST_K (BPF_JEQ, 59, 0, 6),
      LOAD (args[0]), BPF_STMT (BPF_MISC | BPF_TAX, 0), LOAD (args[1]),
      BPF_STMT (BPF_ALU | BPF_MUL | BPF_X, 0), TEST_K (BPF_JEQ, 0x12345677, 0, 1), RETURN (ALLOW),
      LOAD (args[4]), TEST_K (BPF_JGT, 0x12345, 0, 1), RETURN (SECCOMP_RET_TRAP), RETURN (EPERM_));
  struct sock_filter room[14];
  struct program other = {room, 14};
  struct equivalence result;

  memcpy (room, products.instructions, sizeof room);
  room[11].k++;
  result = check_pair (&products, &other);
  assert_int_equal (result.result, EQUIVALENCE_DIFFERENT);
  assert_false (result.followed);
  assert_int_equal ((uint32_t) result.witness.args[4], 0x12346);
  assert_int_not_equal (result.verdicts[0], result.verdicts[1]);
}

/* Random programs in any order of the bits: with the interpreter again. */
static void
every_order_is_right (void)
{
  for (unsigned i = 0; i < FOLLOWED / 3; i++) {
    struct sock_filter room[MAX_LENGTH];
    struct order_sets sets = {.arena = &arena};
    struct diagrams diagrams, usual;
    struct program program;
    diagram of, copy;

    forget_all ();
    sets = (struct order_sets){.arena = &arena};
    random_program (&program, room, i % 2);
    order_sets_of_program (&sets, &program, false);
    diagrams_init (&usual, &arena);
    diagrams_init (&diagrams, &arena);
    diagrams_restart (&diagrams, i % 3 ? order_of_sets (&sets) : order_interleaved (&arena),
                      DIAGRAM_MAX_NODES, DIAGRAM_MAX_STEPS);
    if (program_diagram (&diagrams, &program, false, &of))
      continue;
    copy = diagram_copy (&usual, &diagrams, of);
    for (unsigned j = 0; j < POINTS; j++) {
      struct seccomp_data call = random_call (&program);
      uint32_t value = diagram_value (&diagrams, of, &call);

      if (value != VERDICT_UNDEFINED)
        assert_int_equal (value, verdict_effect (program_run (&program, &call, false, NULL)));
      if (!usual.exceeded)
        assert_int_equal (value, diagram_value (&usual, copy, &call));
    }
  }
}

/* The same program reads other halves on the other byte order. */
static void
byte_orders (void)
{
  struct program first_word =
      PROGRAM (LOAD (args[2]), TEST_K (BPF_JEQ, 7, 0, 1), RETURN (ALLOW), RETURN (EPERM_));
  struct program second_word =
      PROGRAM (BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, args[2]) + 4),
               TEST_K (BPF_JEQ, 7, 0, 1), RETURN (ALLOW), RETURN (EPERM_));
  struct side little = {.program = &first_word}, big = {.program = &first_word, .big_endian = true};
  struct side big_second = {.program = &second_word, .big_endian = true};
  struct equivalence result;

  equivalence_check (&result, &little, &big, &arena);
  assert_int_equal (result.result, EQUIVALENCE_DIFFERENT);
  equivalence_check (&result, &little, &big_second, &arena);
  assert_int_equal (result.result, EQUIVALENCE_EQUAL);
}

/* Witnesses that people know come first. */
static void
witness_prefers_names (void)
{
  struct program above =
      PROGRAM (LOAD (nr), TEST_K (BPF_JGE, 300, 0, 1), RETURN (ALLOW), RETURN (EPERM_));
  struct program none = PROGRAM (RETURN (EPERM_));
  struct program odd = PROGRAM (LOAD (arch), TEST_K (BPF_JEQ, 0x1234, 0, 3), LOAD (nr),
                                TEST_K (BPF_JEQ, 5, 0, 1), RETURN (ALLOW), RETURN (EPERM_));
  struct equivalence result;
  enum abi abi;

  result = assert_different (above, none);
  assert_true (abi_from_token (result.witness.arch, &abi));
  assert_int_equal (abi, abi_native ());
  result = assert_different (odd, none);
  assert_string_equal (equivalence_call_text (&result.witness, &arena), "arch 0x1234 5");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      TEST (mutants_of_plain_programs),
      TEST (mutants_of_any_programs),
      TEST (every_call_as_the_interpreter),
      TEST (equal_by_other_means),
      TEST (equal_by_effect),
      TEST (different_at_one_call),
      TEST (division_by_zero_kills),
      TEST (undefined_shifts),
      TEST (too_much_is_unknown),
      TEST (the_same_instructions),
      TEST (refuted_by_trying),
      TEST (every_order_is_right),
      TEST (byte_orders),
      TEST (witness_prefers_names),
  };
  const char *seed = getenv ("SEED");

  dice = random_start (seed ? strtoull (seed, NULL, 0) : 1);
  return cmocka_run_group_tests (tests, NULL, NULL);
}
