#include "rules.h"

#include <inttypes.h>
#include <string.h>

#include "bucket.h"
#include "syscalls.h"

/* A rule that each ABI has to look at by itself: with conditions, of a call that some ABIs have a
 * multiplexer for, or for a number by hand. */
struct step {
  const struct rule *rule; /* without tests: those come of the conditions, on each ABI */
  size_t first, count;     /* which of its origin's conditions */
};

/* What rules are on every ABI alike. */
struct common {
  uint32_t default_verdict;
  /* By row of the system-call table: whether some rule names it, and the first rule for it without
   * conditions. */
  bool *named;
  const struct rule **unconditional;
  struct step *steps;
  size_t step_count;
  uint32_t order; /* of the next rule */
  struct arena *keep, *scratch;
};

/* A call that the table lacks. */
struct stray {
  uint32_t number;
  struct bucket bucket;
};

/* A call of the table that has more than an unconditional rule. */
struct gathered {
  int row;
  struct bucket bucket;
  struct gathered *next; /* by row */
};

struct draft {
  struct common *common;
  const struct options *options;
  struct bucket_place place;
  bool wide;
  bool at_once; /* conflicts are looked for with each rule */
  /* The rules of steps: by row, NULL where there are none, and as a list. A row that the ABI lacks
   * gathers rules too: they decide nothing there, but a conflict among them is one on every
   * machine. */
  struct gathered **rows, *first;
  struct stray *strays; /* ascending */
  size_t stray_count;
  int socketcall, ipc; /* rows of the multiplexers; SYSCALL_UNKNOWN where the ABI has none */
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
  struct test tests[6], test;

  for (size_t i = 0; i < count; i++) {
    int at = rule->test_count;

    if (!test_from_condition (&test, &conditions[i], draft->wide))
      continue;
    for (; at > 0 && tests[at - 1].index > test.index; at--)
      tests[at] = tests[at - 1];
    tests[at] = test;
    rule->test_count++;
  }
  rule->tests = arena_copy (draft->place.keep, tests, rule->test_count * sizeof tests[0]);
}

/* Point 7: the rule for a multiplexer. Its first argument says which call is meant and takes the
 * place of the user's condition on it; the others are compared as they are, though they are no
 * longer the same arguments. */
static void
rule_set_multiplexed (struct draft *draft, struct rule *rule, const struct rule *direct,
                      uint32_t call)
{
  struct test tests[7] = {{0, OPERATOR_EQ, draft->wide ? UINT64_MAX : UINT32_MAX, call}};

  *rule = *direct;
  rule->test_count = 1;
  for (int i = 0; i < direct->test_count; i++)
    if (direct->tests[i].index != 0)
      tests[rule->test_count++] = direct->tests[i];
  rule->tests = arena_copy (draft->place.keep, tests, rule->test_count * sizeof tests[0]);
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

/* The strays are few and sorted: what has the table's numbers hardly ever needs one. */
static struct bucket *
stray_bucket (struct draft *draft, uint32_t number)
{
  size_t at = draft->stray_count;

  while (at > 0 && draft->strays[at - 1].number >= number)
    at--;
  if (at < draft->stray_count && draft->strays[at].number == number)
    return &draft->strays[at].bucket;
  (void) ARENA_PUSH (draft->place.scratch, draft->strays, draft->stray_count);
  memmove (&draft->strays[at + 1], &draft->strays[at],
           (draft->stray_count - 1 - at) * sizeof *draft->strays);
  draft->strays[at] = (struct stray){.number = number};
  return &draft->strays[at].bucket;
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
  struct gathered *gathered = draft->rows[row], **place = &draft->first;

  if (gathered)
    return &gathered->bucket;
  while (*place && (*place)->row < row)
    place = &(*place)->next;
  gathered = ARENA_NEW (draft->place.scratch, struct gathered);
  *gathered = (struct gathered){.row = row, .next = *place};
  draft->rows[row] = *place = gathered;
  return &gathered->bucket;
}

/* Point 4: what comes after an unconditional rule is not even looked at. */
static int
add_to_row (struct draft *draft, int row, const struct rule *rule)
{
  const struct rule *unconditional = draft->common->unconditional[row];

  if (unconditional && unconditional->order <= rule->order)
    return OCI_SECCOMP_OK;
  return bucket_take (draft, row_bucket (draft, row), rule);
}

/* The row of the multiplexer through which the ABI has a call, too; SYSCALL_UNKNOWN: none. */
static int
multiplexer_row (const struct draft *draft, int row, uint32_t *call)
{
  switch (syscall_multiplexer (row, call)) {
  case MULTIPLEXER_SOCKETCALL:
    return draft->socketcall;
  case MULTIPLEXER_IPC:
    return draft->ipc;
  default:
    return SYSCALL_UNKNOWN;
  }
}

static int
add_multiplexed (struct draft *draft, const struct rule *direct, int multiplexer, uint32_t call)
{
  struct rule rule; /* conditional, so that it is copied */

  if (direct->test_count && draft->options->strict)
    return fail_bypass (draft, direct, multiplexer);
  rule_set_multiplexed (draft, &rule, direct, call);
  return add_to_row (draft, multiplexer, &rule);
}

static int
add_rule (struct draft *draft, const struct rule *rule)
{
  int row = rule->name->syscall, multiplexer, code = OCI_SECCOMP_OK;
  uint32_t call;

  if (row == SYSCALL_UNKNOWN)
    return bucket_take (draft, stray_bucket (draft, rule->name->number), rule);
  multiplexer = multiplexer_row (draft, row, &call);
  if (multiplexer != SYSCALL_UNKNOWN)
    code = add_multiplexed (draft, rule, multiplexer, call);
  return code ? code : add_to_row (draft, row, rule);
}

/* Point 2: an index that occurs twice makes every condition a rule of its own. */
static bool
has_index_twice (const struct profile_rule *rule)
{
  unsigned seen = 0;

  for (size_t i = 0; i < rule->condition_count; i++) {
    if (seen & (1u << rule->conditions[i].index))
      return true;
    seen |= 1u << rule->conditions[i].index;
  }
  return false;
}

static bool
is_skipped (const struct profile_name *name)
{
  return name->syscall == SYSCALL_UNKNOWN && !name->numbered;
}

/* Whether an unconditional rule is more, on some ABI, than the verdict of its row. */
static bool
is_special (const struct profile_name *name)
{
  uint32_t call;

  return name->syscall == SYSCALL_UNKNOWN ||
         syscall_multiplexer (name->syscall, &call) != MULTIPLEXER_NONE;
}

/* One rule of the profile for one of its names, under some of its conditions. */
static void
common_add_rule (struct common *common, const struct rule *rule, size_t first, size_t count)
{
  const struct profile_name *name = rule->name;

  if (is_skipped (name))
    return;
  if (count == 0 && name->syscall != SYSCALL_UNKNOWN && !common->unconditional[name->syscall])
    common->unconditional[name->syscall] = rule;
  if (count || is_special (name))
    *ARENA_PUSH (common->scratch, common->steps, common->step_count) =
        (struct step){rule, first, count};
}

/* Point 1: what says the same as the default carves no exception. */
static void
common_add (struct common *common, const struct profile_rule *origin)
{
  const size_t groups = has_index_twice (origin) ? origin->condition_count : 1;
  const size_t group_size = origin->condition_count / groups;
  struct rule *rules;

  for (size_t n = 0; n < origin->name_count; n++)
    if (origin->names[n].syscall != SYSCALL_UNKNOWN)
      common->named[origin->names[n].syscall] = true;
  if (origin->verdict == common->default_verdict)
    return;
  rules = arena_take (common->keep, arena_array_size (sizeof *rules, origin->name_count * groups));
  for (size_t n = 0; n < origin->name_count; n++)
    for (size_t g = 0; g < groups; g++, rules++) {
      *rules = (struct rule){.verdict = origin->verdict,
                             .order = common->order++,
                             .origin = origin,
                             .name = &origin->names[n]};
      common_add_rule (common, rules, g * group_size, group_size);
    }
}

static struct common
common_start (const struct profile *profile, struct arena *keep, struct arena *scratch)
{
  const size_t rows = (size_t) syscall_count ();

  return (struct common){.default_verdict = profile->default_verdict,
                         .named = ARENA_ARRAY (scratch, bool, rows),
                         .unconditional = ARENA_ARRAY (scratch, const struct rule *, rows),
                         .keep = keep,
                         .scratch = scratch};
}

static int
take_step (struct draft *draft, const struct step *step)
{
  struct rule rule;

  if (step->count == 0)
    return add_rule (draft, step->rule);
  rule = *step->rule;
  rule_set_tests (draft, &rule, rule.origin->conditions + step->first, step->count);
  return add_rule (draft, rule.test_count ? &rule : step->rule);
}

/* The steps from `first` on, on the draft's ABI. */
static int
take_steps (struct draft *draft, size_t first)
{
  int code = OCI_SECCOMP_OK;

  for (size_t i = first; i < draft->common->step_count && !code; i++)
    code = take_step (draft, &draft->common->steps[i]);
  return code;
}

/* --- numbers newer than the profile: point 9 --- */

/* Names that a multiplexer stands for do not count on its ABIs: runc's resolver gives them no
 * positive number there. */
static bool
counts_as_named (const struct draft *draft, int row)
{
  uint32_t call;

  return draft->common->named[row] && (draft->socketcall == SYSCALL_UNKNOWN ||
                                       syscall_multiplexer (row, &call) == MULTIPLEXER_NONE);
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

/* Adds a call with its unconditional rule of every ABI, or NULL; that one comes after all that is
 * in the bucket, which may be NULL, too. Returns where the next one goes. */
static inline struct call *
take_call (struct call *out, struct call call, struct bucket *bucket)
{
  if (bucket && bucket->unconditional) {
    call.rules = bucket->unconditional;
  } else if (bucket && bucket->count && !call.rules) {
    bucket_order (bucket);
    call.rules = bucket->rules;
    call.rule_count = bucket->count;
  }
  *out = call;
  return out + (call.rules != NULL);
}

static struct call *
take_stray (struct call *out, struct stray *stray)
{
  return take_call (out, (struct call){stray->number, SYSCALL_UNKNOWN, NULL, 1}, &stray->bucket);
}

/* By number: those of the table, and between them those that it lacks. */
static void
take_calls (struct draft *draft, struct rules *out, struct arena *arena)
{
  const struct rule *const *unconditional = draft->common->unconditional;
  struct gathered *const *gathered = draft->rows;
  const int32_t *numbers = syscall_numbers (draft->place.abi);
  const uint32_t base = abi_table[draft->place.abi].number_base;
  const size_t stray_count = draft->stray_count;
  size_t count, stray = 0;
  const int16_t *rows = syscall_rows_by_number (draft->place.abi, &count);
  struct call *call = arena_take (arena, arena_array_size (sizeof *call, count + stray_count));

  out->calls = call;
  for (size_t i = 0; i < count; i++) {
    const int row = rows[i];
    const uint32_t number = base + (uint32_t) numbers[row];

    for (; stray < stray_count && draft->strays[stray].number < number; stray++)
      call = take_stray (call, &draft->strays[stray]);
    call = take_call (call, (struct call){number, row, unconditional[row], 1},
                      gathered[row] ? &gathered[row]->bucket : NULL);
  }
  for (; stray < stray_count; stray++)
    call = take_stray (call, &draft->strays[stray]);
  out->call_count = (size_t) (call - out->calls);
}

static struct draft
draft_start (struct common *common, const struct profile *profile, enum abi abi,
             const struct options *options)
{
  const struct abi_row *row = &abi_table[abi];

  return (struct draft){
      .common = common,
      .options = options,
      .place = {.profile = profile, .abi = abi, .keep = common->keep, .scratch = common->scratch},
      .wide = row->wide,
      .rows = ARENA_ARRAY (common->scratch, struct gathered *, (size_t) syscall_count ()),
      .socketcall = row->socketcall < 0 ? SYSCALL_UNKNOWN : syscall_from_name ("socketcall", 10),
      .ipc = row->ipc < 0 ? SYSCALL_UNKNOWN : syscall_from_name ("ipc", 3),
  };
}

struct draft *
draft_new (const struct profile *profile, enum abi abi, const struct options *options,
           struct arena *arena)
{
  struct draft *draft = ARENA_NEW (arena, struct draft);
  struct common *common = ARENA_NEW (arena, struct common);

  *common = common_start (profile, arena, arena);
  *draft = draft_start (common, profile, abi, options);
  draft->at_once = true;
  return draft;
}

int
draft_add (struct draft *draft, const struct profile_rule *rule, struct oci_seccomp_error *err)
{
  const size_t before = draft->common->step_count;

  draft->place.err = err;
  common_add (draft->common, rule);
  return take_steps (draft, before);
}

void
draft_finish (struct rules *out, struct draft *draft, struct arena *arena)
{
  const uint32_t default_verdict = draft->common->default_verdict;

  *out = (struct rules){.abi = draft->place.abi, .default_verdict = default_verdict};
  take_calls (draft, out, arena);
  out->last = last_number (draft);
  out->newer_enosys = draft->options->newer == OCI_SECCOMP_NEWER_ENOSYS && out->last != 0 &&
                      default_denies (default_verdict);
}

int
rules_build (struct rules *out, const struct profile *profile, const enum abi *abis, size_t count,
             const struct options *options, struct arena *keep, struct arena *scratch,
             struct oci_seccomp_error *err)
{
  struct common common = common_start (profile, keep, scratch);
  int code = OCI_SECCOMP_OK;

  for (size_t i = 0; i < profile->rule_count; i++)
    common_add (&common, &profile->rules[i]);
  for (size_t i = 0; i < count && !code; i++) {
    struct draft draft = draft_start (&common, profile, abis[i], options);

    draft.place.err = err;
    code = take_steps (&draft, 0);
    for (struct gathered *row = draft.first; row && !code; row = row->next)
      code = bucket_check (&row->bucket, &draft.place);
    for (size_t s = 0; s < draft.stray_count && !code; s++)
      code = bucket_check (&draft.strays[s].bucket, &draft.place);
    if (!code)
      draft_finish (&out[i], &draft, keep);
  }
  return code;
}

/* --- warnings --- */

/* Where some name of a rule is a call with 32-bit arguments, as text: "x86, x32"; NULL if nowhere.
 */
static const char *
narrow_abis (const struct profile_rule *rule, const enum abi *abis, size_t count,
             struct arena *scratch)
{
  const char *text = NULL;

  for (size_t i = 0; i < count; i++)
    for (size_t n = 0; n < rule->name_count && !abi_table[abis[i]].wide; n++) {
      uint32_t number;

      if (rule->names[n].syscall == SYSCALL_UNKNOWN ||
          !syscall_number (rule->names[n].syscall, abis[i], &number))
        continue;
      text = arena_printf (scratch, "%s%s%s", text ? text : "", text ? ", " : "",
                           abi_table[abis[i]].name);
      break;
    }
  return text;
}

static void
warn_of_cut (const struct profile *profile, const struct profile_rule *rule,
             const struct condition *condition, const char *abis, const struct options *options,
             struct arena *scratch)
{
  const char *text =
      arena_printf (scratch, "%s: arguments have 32 bits on %s: 0x%" PRIx64 " is cut to 0x%" PRIx32,
                    rule->names[0].text, abis, condition->value, (uint32_t) condition->value);

  if (rule->node)
    text = json_message (scratch, &profile->document, rule->node, "%s", text);
  options->warn (options->warn_data, text);
}

void
rules_warn (const struct profile *profile, const enum abi *abis, size_t count,
            const struct options *options, struct arena *scratch)
{
  for (size_t i = 0; i < profile->rule_count; i++) {
    const struct profile_rule *rule = &profile->rules[i];

    for (size_t c = 0; c < rule->condition_count; c++) {
      const char *narrow;

      if (rule->conditions[c].value >> 32 == 0 || rule->verdict == profile->default_verdict)
        continue;
      narrow = narrow_abis (rule, abis, count, scratch);
      if (narrow)
        warn_of_cut (profile, rule, &rule->conditions[c], narrow, options, scratch);
    }
  }
}
