/* The list of all that two programs decide differently, against the interpreter; and conditions in
 * words. SEED of the environment says where the random programs begin. */
#include "core.h"

#include "difference.h"
#include "region.h"
#include "verdict.h"
#include "word.h"

enum { PROGRAMS = 400, POINTS = 300, MAX_LENGTH = 24, RETURNS = 4 };

static struct random dice;

static uint32_t
next (void)
{
  return (uint32_t) (random_next (&dice) >> 16);
}

/* --- the list ------------------------------------------------------------------------------- */

static uint32_t
constant (uint32_t offset)
{
  static const uint32_t numbers[] = {0, 1, 59, 300, 0x40000000, 0x4000003b, 0xffffffff, 0x80000000};

  if (offset == offsetof (struct seccomp_data, arch))
    return abi_table[next () % ABI_COUNT].token + (next () % 8 == 0);
  return next () % 2 ? numbers[next () % 8] : next () % 6;
}

/* From a test to the load before another, or to a return. */
static uint8_t
jump (size_t from)
{
  size_t loads = (MAX_LENGTH - RETURNS - from) / 2;

  if (loads && next () % 4)
    return (uint8_t) (2 * (next () % loads));
  return (uint8_t) (MAX_LENGTH - RETURNS - from + next () % RETURNS);
}

/* Loads followed by a test of what was loaded, and returns. */
static void
random_program (struct program *program, struct sock_filter *room)
{
  static const uint32_t offsets[] = {0, 0, 0, 4, 4, 16, 20, 24, 56};
  static const uint16_t tests[] = {BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET};
  struct oci_seccomp_error err;

  program->instructions = room;
  program->length = MAX_LENGTH;
  for (size_t i = 0; i + RETURNS < MAX_LENGTH; i += 2) {
    uint32_t offset = offsets[next () % 9];

    room[i] = (struct sock_filter){BPF_LD | BPF_W | BPF_ABS, 0, 0, offset};
    room[i + 1] = (struct sock_filter){BPF_JMP | BPF_K | tests[next () % 4], jump (i + 2),
                                       jump (i + 2), constant (offset)};
  }
  for (size_t i = MAX_LENGTH - RETURNS; i < MAX_LENGTH; i++)
    room[i] = (struct sock_filter){BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | next () % 4};
  assert_int_equal (program_check (program, &err), 0);
}

static struct seccomp_data
random_call (void)
{
  struct seccomp_data call = {.nr = (int) (constant (0) + next () % 3 - 1),
                              .arch = constant (4),
                              .args = {(uint64_t) constant (0) << 32 | constant (0), constant (0)}};

  call.args[5] = constant (0);
  return call;
}

static bool
has_token (const struct difference *item, uint32_t token)
{
  if (item->known_abi)
    return item->token == token;
  return ranges_have (item->tokens, item->token_count, token);
}

static size_t
items_with (const struct differences *differences, const struct diagrams *diagrams,
            const struct seccomp_data *call)
{
  size_t count = 0;

  for (size_t i = 0; i < differences->count; i++) {
    const struct difference *item = &differences->items[i];

    count += has_token (item, call->arch) && difference_has (item, (uint32_t) call->nr) &&
             diagram_value (diagrams, item->where, call) == DIAGRAM_TRUE;
  }
  return count;
}

static void
check_item (const struct difference *item, const struct program programs[2],
            const struct diagrams *diagrams)
{
  const struct seccomp_data *call = &item->witness;
  uint32_t number = (uint32_t) call->nr;

  for (int i = 0; i < 2; i++)
    assert_int_equal (verdict_effect (program_run (&programs[i], call, false, NULL)),
                      item->verdicts[i]);
  assert_int_not_equal (item->verdicts[0], item->verdicts[1]);
  assert_int_equal (call->arch, item->token);
  assert_true (difference_has (item, number));
  assert_int_equal (diagram_value (diagrams, item->where, call), DIAGRAM_TRUE);
  for (size_t i = 0; i < item->range_count; i++) {
    assert_true (item->ranges[i].first <= item->ranges[i].last);
    if (i)
      assert_true (item->ranges[i].first > item->ranges[i - 1].last + 1);
  }
  assert_true (has_token (item, item->token));
  for (size_t i = 1; i < item->token_count; i++)
    assert_true (item->tokens[i].first > item->tokens[i - 1].last);
  if (!item->known_abi)
    return;
  assert_int_equal (item->token, abi_table[item->abi].token);
  if (item->abi == ABI_X86_64)
    assert_true (!(number & X32_BIT) || number == UINT32_MAX);
}

static void
lists_all_and_nothing_else (void)
{
  size_t sampled = 0, items = 0, alike = 0;

  for (unsigned round = 0; round < PROGRAMS; round++) {
    struct sock_filter rooms[2][MAX_LENGTH];
    struct program programs[2];
    struct side sides[2] = {{.program = &programs[0]}, {.program = &programs[1]}};
    struct equivalence equivalence;
    struct differences differences;

    forget_all ();
    random_program (&programs[0], rooms[0]);
    random_program (&programs[1], rooms[1]);
    equivalence_check (&equivalence, &sides[0], &sides[1], &arena);
    if (equivalence.result != EQUIVALENCE_DIFFERENT)
      continue;
    differences_find (&differences, &equivalence);
    assert_true (differences.count > 0);
    items += differences.count;
    for (size_t i = 0; i < differences.count; i++)
      check_item (&differences.items[i], programs, &equivalence.diagrams);
    for (unsigned i = 0; i < POINTS && differences.complete; i++) {
      struct seccomp_data call = random_call ();
      uint32_t one = program_run (&programs[0], &call, false, NULL);
      uint32_t other = program_run (&programs[1], &call, false, NULL);

      sampled += one != other;
      alike += one == other;
      assert_int_equal (items_with (&differences, &equivalence.diagrams, &call), one != other);
    }
  }
  print_message ("# %zu items, %zu differing calls\n", items, sampled);
  assert_true (items > 500);
  assert_true (sampled > 1000 && alike > 1000);
}

#define LOAD(field) BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, field))
#define RETURN(value) BPF_STMT (BPF_RET | BPF_K, value)
#define TEST_K(op, k, jt, jf) BPF_JUMP (BPF_JMP | BPF_K | (op), k, jt, jf)
#define PROGRAM(...)                                     \
  ((struct program){(struct sock_filter[]){__VA_ARGS__}, \
                    sizeof ((struct sock_filter[]){__VA_ARGS__}) / sizeof (struct sock_filter)})

static struct equivalence equivalence;

static struct differences
find (const struct program *one, const struct program *other)
{
  struct side first = {.program = one}, second = {.program = other};
  struct differences differences;

  equivalence_check (&equivalence, &first, &second, &arena);
  assert_int_equal (equivalence.result, EQUIVALENCE_DIFFERENT);
  differences_find (&differences, &equivalence);
  return differences;
}

/* Where every call changes, whole tokens are told: those of ABIs and those of none together. */
static void
whole_tokens_are_one (void)
{
  struct program one =
      PROGRAM (LOAD (arch), TEST_K (BPF_JGE, 0x80, 0, 1), RETURN (0), RETURN (SECCOMP_RET_ALLOW));
  struct program other = PROGRAM (RETURN (SECCOMP_RET_ALLOW));
  struct differences differences = find (&one, &other);

  assert_true (differences.complete);
  assert_int_equal (differences.count, 1);
  assert_false (differences.items[0].known_abi);
  assert_int_equal (differences.items[0].token, abi_table[ABI_X86_64].token);
  assert_int_equal (differences.items[0].token_count, 1);
  assert_int_equal (differences.items[0].tokens[0].first, 0x80);
  assert_int_equal (differences.items[0].tokens[0].last, UINT32_MAX);
}

/* Where some calls do, ABIs are told one by one, for the sake of their calls' names. */
static void
other_tokens_are_one (void)
{
  uint32_t x86 = abi_table[ABI_X86].token;
  struct program one =
      PROGRAM (LOAD (nr), TEST_K (BPF_JEQ, 5, 0, 3), LOAD (arch), TEST_K (BPF_JGE, x86 - 1, 0, 1),
               TEST_K (BPF_JGE, x86 + 2, 0, 1), RETURN (SECCOMP_RET_ALLOW), RETURN (0));
  struct program other = PROGRAM (RETURN (SECCOMP_RET_ALLOW));
  struct differences differences = find (&one, &other);

  assert_true (differences.complete);
  assert_int_equal (differences.count, 2);
  assert_true (differences.items[0].known_abi);
  assert_int_equal (differences.items[0].abi, ABI_X86);
  assert_int_equal (differences.items[0].ranges[0].first, 5);
  assert_false (differences.items[1].known_abi);
  assert_int_equal (differences.items[1].token_count, 2);
  assert_int_equal (differences.items[1].tokens[0].first, x86 - 1);
  assert_int_equal (differences.items[1].tokens[0].last, x86 - 1);
  assert_int_equal (differences.items[1].tokens[1].first, x86 + 1);
  assert_int_equal (differences.items[1].tokens[1].last, x86 + 1);
}

/* Every second number: too many ranges to list, but never no witness. */
static void
too_many_to_list (void)
{
  struct program one =
      PROGRAM (LOAD (nr), TEST_K (BPF_JSET, 1, 0, 1), RETURN (0), RETURN (SECCOMP_RET_ALLOW));
  struct program other = PROGRAM (RETURN (SECCOMP_RET_ALLOW));
  struct differences differences = find (&one, &other);

  assert_false (differences.complete);
  assert_int_equal (differences.count, 1);
  assert_true (differences.items[0].only_example);
  assert_int_equal (diagram_value (&equivalence.diagrams, differences.items[0].where,
                                   &differences.items[0].witness),
                    DIAGRAM_TRUE);
  assert_int_equal (differences.items[0].witness.nr & 1, 1);
  assert_int_equal (differences.items[0].verdicts[0], 0);
  assert_int_equal (differences.items[0].verdicts[1], SECCOMP_RET_ALLOW);
}

/* --- conditions in words ---------------------------------------------------------------------- */

static struct diagrams diagrams;

/* The low (high) word of an argument compared; the instruction pointer is argument 6. */
static diagram
compare (unsigned argument, bool high, unsigned op, uint32_t k)
{
  struct word field, value;

  word_field (&diagrams, &field, LEVEL_ARGUMENT (argument) + (high ? 0 : 32));
  word_constant (&value, k);
  return word_test (&diagrams, op, &field, &value);
}

static diagram
masked (unsigned argument, uint32_t mask, uint32_t k)
{
  struct word field, value;

  word_field (&diagrams, &field, LEVEL_ARGUMENT (argument) + 32);
  word_constant (&value, mask);
  word_operate (&diagrams, &field, BPF_AND, &field, &value);
  word_constant (&value, k);
  return word_test (&diagrams, BPF_JEQ, &field, &value);
}

static diagram
both (diagram one, diagram other)
{
  return diagram_and (&diagrams, one, other);
}

static diagram
either (diagram one, diagram other)
{
  return diagram_or (&diagrams, one, other);
}

static diagram
whole (unsigned argument, uint64_t value)
{
  return both (compare (argument, true, BPF_JEQ, (uint32_t) (value >> 32)),
               compare (argument, false, BPF_JEQ, (uint32_t) value));
}

static void
says (diagram region, bool wide, const char *text)
{
  const char *said = region_text (&diagrams, region, wide);

  assert_non_null (said);
  assert_string_equal (said, text);
}

static void
regions_in_words (void)
{
  diagrams_init (&diagrams, &arena);
  says (DIAGRAM_TRUE, true, "");
  says (whole (0, 16), true, "arg0 = 0x10");
  says (diagram_not (&diagrams, whole (5, 9)), true, "arg5 != 9");
  says (whole (1, UINT64_C (0x100000005)), true, "arg1 = 0x100000005");
  says (either (whole (2, 1), whole (2, 7)), true, "arg2 in {1, 7}");
  says (diagram_not (&diagrams, either (whole (2, 1), whole (2, 7))), true, "arg2 not in {1, 7}");
  says (compare (3, true, BPF_JGE, 1), true, "arg3 >= 0x100000000");
  says (compare (0, false, BPF_JEQ, 5), false, "arg0 = 5");
  says (compare (0, false, BPF_JEQ, 5), true, "the low word of arg0 = 5");
  says (compare (0, false, BPF_JGE, 5), false, "arg0 >= 5");
  says (compare (6, false, BPF_JEQ, 5), true, "the low word of the instruction pointer = 5");
  says (both (compare (0, false, BPF_JGE, 5),
              diagram_not (&diagrams, compare (0, false, BPF_JGT, 9))),
        false, "arg0 in 5..9");
  says (diagram_not (&diagrams, compare (0, false, BPF_JGE, 5)), false, "arg0 <= 4");
  says (either (compare (0, false, BPF_JEQ, 5), compare (0, false, BPF_JGT, 8)), false,
        "arg0 = 5 or arg0 >= 9");
  says (masked (0, 0x7e020000, 0), true, "arg0 & 0x7e020000 = 0");
  says (diagram_not (&diagrams, masked (0, 0x7e020000, 0x20000)), false,
        "arg0 & 0x7e020000 != 0x20000");
  says (both (whole (0, 1), whole (1, 2)), true, "arg0 = 1 and arg1 = 2");
  says (either (whole (0, 1), whole (1, 2)), true, "arg0 = 1 or arg1 = 2");
  says (both (whole (0, 1), either (whole (1, 2), compare (1, true, BPF_JGE, 1))), true,
        "arg0 = 1 and (arg1 = 2 or arg1 >= 0x100000000)");
}

/* What takes too many words is not told in part. */
static void
long_regions_have_no_words (void)
{
  diagram region = DIAGRAM_FALSE;

  diagrams_init (&diagrams, &arena);
  for (uint32_t i = 0; i < 40; i++)
    region = either (region, whole (0, 3 * i));
  assert_null (region_text (&diagrams, region, true));
  region = either (masked (0, 0x55, 1), masked (0, 0xaa00, 0x200));
  assert_null (region_text (&diagrams, region, true));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      TEST (lists_all_and_nothing_else), TEST (whole_tokens_are_one),
      TEST (other_tokens_are_one),       TEST (too_many_to_list),
      TEST (regions_in_words),           TEST (long_regions_have_no_words),
  };
  const char *seed = getenv ("SEED");

  dice = random_start (seed ? strtoull (seed, NULL, 0) : 1);
  return cmocka_run_group_tests (tests, NULL, NULL);
}
