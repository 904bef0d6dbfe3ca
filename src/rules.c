#include "rules.h"

#include "bucket.h"
#include "steps.h"
#include "syscalls.h"

struct draft {
  struct steps *steps;
  const struct options *options;
  struct bucket_place place;
  bool wide;
  bool at_once; /* conflicts are looked for with each rule */
  /* What steps come to, for rows of the table as they come, and for numbers that it lacks. A row
   * that the ABI lacks gathers rules too: they decide nothing there, but a conflict among them is
   * one on every machine. */
  struct bucket *rows;
  size_t row_count;
  uint16_t *places; /* by row: where in `rows` it is, from 1 on; 0 if it gathers nothing */
  struct bucket_list strays;
  /* The rows of the multiplexers; SYSCALL_UNKNOWN for those that the ABI lacks, and for none. */
  int multiplexer_rows[MULTIPLEXER_COUNT];
};

/* --- gathering --- */

/* A condition as a test of this ABI (point 3); false if it is always true. */
static bool
test_from_condition (struct test *test, const struct condition *condition, bool wide)
{
  uint64_t ones = wide ? UINT64_MAX : UINT32_MAX;

  *test = (struct test){condition->index, condition->op, ones, condition->value & ones};
  if (condition->op == OPERATOR_MASKED_EQ) {
    test->mask = condition->value & ones;
    test->value = condition->value_two & test->mask;
  }
  return test->mask != 0;
}

/* Conditions that hold together, no index twice, become the tests of `rule`. */
static void
rule_set_tests (struct draft *draft, struct rule *rule, const struct condition *conditions,
                size_t count)
{
  struct test *tests = arena_take (draft->place.keep, count * sizeof *tests), test;

  for (size_t i = 0; i < count; i++) {
    int at = rule->test_count;

    if (!test_from_condition (&test, &conditions[i], draft->wide))
      continue;
    for (; at > 0 && tests[at - 1].index > test.index; at--)
      tests[at] = tests[at - 1];
    tests[at] = test;
    rule->test_count++;
  }
  rule->tests = tests;
}

/* Point 7: the rule for a multiplexer. Its first argument says which call is meant and takes the
 * place of the user's condition on it; the others are compared as they are, though they are no
 * longer the same arguments. */
static void
rule_set_multiplexed (struct draft *draft, struct rule *rule, const struct rule *direct,
                      uint32_t call)
{
  struct test *tests = arena_take (draft->place.keep, (1 + direct->test_count) * sizeof *tests);

  tests[0] = (struct test){0, OPERATOR_EQ, draft->wide ? UINT64_MAX : UINT32_MAX, call};
  *rule = *direct;
  rule->tests = tests;
  rule->test_count = 1;
  for (int i = 0; i < direct->test_count; i++)
    if (direct->tests[i].index != 0)
      tests[rule->test_count++] = direct->tests[i];
}

static int
fail_bypass (const struct draft *draft, const struct rule *rule, int multiplexer)
{
  const char *text = arena_printf (
      draft->place.scratch, "the conditions on %s can be walked around through %s on %s (--strict)",
      rule->name->text, syscall_name (multiplexer), abi_table[draft->place.abi].name);

  if (!rule->origin->node)
    return fail (draft->place.err, OCI_SECCOMP_INVALID_PROFILE, "%s", text);
  return json_fail (draft->place.err, OCI_SECCOMP_INVALID_PROFILE, &draft->place.profile->document,
                    rule->origin->node, "%s", text);
}

static int
bucket_take (struct draft *draft, struct bucket *bucket, const struct rule *rule)
{
  return draft->at_once ? bucket_insert (bucket, rule, &draft->place)
                        : bucket_add (bucket, rule, &draft->place);
}

static struct bucket *
row_bucket (struct draft *draft, int row)
{
  uint16_t *place = &draft->places[row];

  if (*place == 0) {
    *ARENA_PUSH (draft->place.scratch, draft->rows, draft->row_count) =
        (struct bucket){.key = (uint32_t) row};
    *place = (uint16_t) draft->row_count;
  }
  return &draft->rows[*place - 1];
}

static int
add_to_row (struct draft *draft, int row, const struct rule *rule)
{
  return bucket_take (draft, row_bucket (draft, row), rule);
}

/* Point 4: what comes after an unconditional rule is not even looked at. */
static bool
comes_late (const struct draft *draft, int row, const struct rule *rule)
{
  const struct rule *unconditional = draft->steps->unconditional[row];

  return unconditional && unconditional->order <= rule->order;
}

/* Adds what a rule comes to on a multiplexer of its call. */
static int
add_multiplexed (struct draft *draft, const struct rule *direct, int multiplexer, uint32_t call)
{
  struct rule rule; /* conditional, so that it is copied */

  if (direct->test_count && draft->options->strict)
    return fail_bypass (draft, direct, multiplexer);
  if (comes_late (draft, multiplexer, direct))
    return OCI_SECCOMP_OK;
  rule_set_multiplexed (draft, &rule, direct, call);
  return add_to_row (draft, multiplexer, &rule);
}

/* A step with conditions, or for a number by hand. */
static int
add_direct (struct draft *draft, const struct rule *rule)
{
  const struct profile_name *name = rule->name;
  struct bucket *bucket;

  if (name->syscall != SYSCALL_UNKNOWN)
    return comes_late (draft, name->syscall, rule) ? OCI_SECCOMP_OK
                                                   : add_to_row (draft, name->syscall, rule);
  bucket = bucket_of (&draft->strays, name->number, draft->place.scratch);
  return bucket_take (draft, bucket, rule);
}

static int
take_step (struct draft *draft, const struct step *step)
{
  const int multiplexer = draft->multiplexer_rows[step->multiplexed.multiplexer];
  const struct rule *rule = step->rule;
  struct rule conditional;
  int code = OCI_SECCOMP_OK;

  if (step->count) {
    conditional = *rule;
    rule_set_tests (draft, &conditional, rule->origin->conditions + step->first, step->count);
    rule = conditional.test_count ? &conditional : rule;
  }
  if (multiplexer != SYSCALL_UNKNOWN)
    code = add_multiplexed (draft, rule, multiplexer, step->multiplexed.call);
  /* All ABIs have the unconditional rules of the table's rows. */
  if (code || (step->count == 0 && rule->name->syscall != SYSCALL_UNKNOWN))
    return code;
  return add_direct (draft, rule);
}

/* The steps from `first` on, on the draft's ABI. */
static int
take_steps (struct draft *draft, size_t first)
{
  int code = OCI_SECCOMP_OK;

  for (size_t i = first; i < draft->steps->count && !code; i++)
    code = take_step (draft, &draft->steps->items[i]);
  return code;
}

/* --- numbers newer than the profile: point 9 --- */

/* Names that a multiplexer stands for do not count on its ABIs: runc's resolver gives them no
 * positive number there. */
static bool
counts_as_named (const struct draft *draft, int row)
{
  return (draft->steps->named[row] || draft->steps->unconditional[row]) &&
         (draft->multiplexer_rows[MULTIPLEXER_SOCKETCALL] == SYSCALL_UNKNOWN ||
          syscall_multiplexed ()[row].multiplexer == MULTIPLEXER_NONE);
}

static uint32_t
last_number (const struct draft *draft)
{
  uint32_t last = 0;
  size_t count;
  const int16_t *rows = syscall_rows_by_number (draft->place.abi, &count);

  while (count > 0 && !counts_as_named (draft, rows[count - 1]))
    count--;
  if (count > 0)
    syscall_number (rows[count - 1], draft->place.abi, &last);
  return last;
}

static bool
default_denies (uint32_t verdict)
{
  uint32_t action = verdict & SECCOMP_RET_ACTION_FULL;

  return action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG && action != SECCOMP_RET_TRACE;
}

/* --- the whole --- */

/* Adds a call with its unconditional rule of every ABI, or NULL. Returns where the next one goes:
 * on top of a call without rules. */
static inline struct call *
take_call (struct call *out, uint32_t number, int row, const struct rule *unconditional)
{
  *out = (struct call){number, row, unconditional, 1};
  return out + (unconditional != NULL);
}

/* The same of one that gathered rules, too: the unconditional one comes after all of these. */
static struct call *
take_bucket (struct call *out, uint32_t number, int row, const struct rule *unconditional,
             struct bucket *bucket)
{
  if (bucket->unconditional)
    unconditional = bucket->unconditional;
  if (unconditional || bucket->count == 0)
    return take_call (out, number, row, unconditional);
  bucket_order (bucket);
  *out = (struct call){number, row, bucket->rules, bucket->count};
  return out + 1;
}

/* The calls of rows of the table, which are in ascending order of their numbers. */
static struct call *
take_rows (struct call *call, struct draft *draft, const int16_t *row, const int16_t *end)
{
  const struct rule *const *unconditional = draft->steps->unconditional;
  const uint16_t *places = draft->places;
  const int32_t *numbers = syscall_numbers (draft->place.abi);
  const uint32_t base = abi_table[draft->place.abi].number_base;

  while (row < end) {
    /* Most have their unconditional rule, or nothing. */
    for (; row < end && places[*row] == 0; row++)
      call = take_call (call, base + (uint32_t) numbers[*row], *row, unconditional[*row]);
    if (row < end) {
      call = take_bucket (call, base + (uint32_t) numbers[*row], *row, unconditional[*row],
                          row_bucket (draft, *row));
      row++;
    }
  }
  return call;
}

/* By number: those of the table, and between them those that it lacks. */
static void
take_calls (struct draft *draft, struct rules *out, struct arena *arena)
{
  const int32_t *numbers = syscall_numbers (draft->place.abi);
  const uint32_t base = abi_table[draft->place.abi].number_base;
  const struct bucket_list *strays = &draft->strays;
  size_t count, at = 0;
  const int16_t *rows = syscall_rows_by_number (draft->place.abi, &count);
  struct call *call = arena_take (arena, arena_array_size (sizeof *call, count + strays->count));

  out->calls = call;
  for (size_t i = 0; i < strays->count; i++) {
    struct bucket *stray = &strays->items[i];
    size_t from = at;

    while (at < count && base + (uint32_t) numbers[rows[at]] <= stray->key)
      at++;
    call = take_rows (call, draft, rows + from, rows + at);
    call = take_bucket (call, stray->key, SYSCALL_UNKNOWN, NULL, stray);
  }
  call = take_rows (call, draft, rows + at, rows + count);
  out->call_count = (size_t) (call - out->calls);
}

static struct draft
draft_start (struct steps *steps, const struct profile *profile, enum abi abi,
             const struct options *options)
{
  const struct abi_row *row = &abi_table[abi];
  const int none = SYSCALL_UNKNOWN;

  return (struct draft){
      .steps = steps,
      .options = options,
      .place = {.profile = profile, .abi = abi, .keep = steps->keep, .scratch = steps->scratch},
      .wide = row->wide,
      .places = ARENA_ARRAY (steps->scratch, uint16_t, (size_t) syscall_count ()),
      .multiplexer_rows = {[MULTIPLEXER_NONE] = none,
                           [MULTIPLEXER_SOCKETCALL] =
                               row->socketcall < 0 ? none : syscall_from_name ("socketcall", 10),
                           [MULTIPLEXER_IPC] = row->ipc < 0 ? none : syscall_from_name ("ipc", 3)}};
}

struct draft *
draft_new (const struct profile *profile, enum abi abi, const struct options *options,
           struct arena *arena)
{
  struct draft *draft = ARENA_NEW (arena, struct draft);
  struct steps *steps = ARENA_NEW (arena, struct steps);

  *steps = steps_start (profile, arena, arena);
  *draft = draft_start (steps, profile, abi, options);
  draft->at_once = true;
  return draft;
}

int
draft_add (struct draft *draft, const struct profile_rule *rule, struct oci_seccomp_error *err)
{
  const size_t before = draft->steps->count;

  draft->place.err = err;
  steps_add (draft->steps, rule);
  return take_steps (draft, before);
}

void
draft_finish (struct rules *out, struct draft *draft, struct arena *arena)
{
  const uint32_t default_verdict = draft->steps->default_verdict;

  *out = (struct rules){.abi = draft->place.abi, .default_verdict = default_verdict};
  take_calls (draft, out, arena);
  out->last = last_number (draft);
  out->newer_enosys = draft->options->newer == OCI_SECCOMP_NEWER_ENOSYS && out->last != 0 &&
                      default_denies (default_verdict);
}

/* Conflicts count even where an unconditional rule comes after them all and decides alone. Where
 * some are possible, the rows are looked at in the order of the table, so that the same conflict is
 * told of whatever order the profile has. */
static int
check_rows (struct draft *draft)
{
  const struct rule *const *unconditional = draft->steps->unconditional;
  const int row_count = syscall_count ();
  bool agree = true;
  int code = OCI_SECCOMP_OK;

  for (size_t i = 0; i < draft->row_count && !code; i++) {
    struct bucket *bucket = &draft->rows[i];

    if (!bucket_agrees (bucket))
      agree = false;
    else if (!unconditional[bucket->key])
      code = bucket_check (bucket, &draft->place);
  }
  for (int row = 0; row < row_count && !agree && !code; row++)
    if (draft->places[row] && !bucket_agrees (row_bucket (draft, row)))
      code = bucket_check (row_bucket (draft, row), &draft->place);
  return code;
}

static int
check_strays (struct draft *draft)
{
  int code = OCI_SECCOMP_OK;

  for (size_t i = 0; i < draft->strays.count && !code; i++)
    code = bucket_check (&draft->strays.items[i], &draft->place);
  return code;
}

int
rules_build (struct rules *out, const struct profile *profile, const enum abi *abis, size_t count,
             const struct options *options, struct arena *keep, struct arena *scratch,
             struct oci_seccomp_error *err)
{
  struct steps steps = steps_start (profile, keep, scratch);
  int code = OCI_SECCOMP_OK;

  for (size_t i = 0; i < profile->rule_count; i++)
    steps_add (&steps, &profile->rules[i]);
  for (size_t i = 0; i < count && !code; i++) {
    struct draft draft = draft_start (&steps, profile, abis[i], options);

    draft.place.err = err;
    code = take_steps (&draft, 0);
    if (!code)
      code = check_rows (&draft);
    if (!code)
      code = check_strays (&draft);
    if (!code)
      draft_finish (&out[i], &draft, keep);
  }
  return code;
}
