#include "rules.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bucket.h"
#include "syscalls.h"

/* A call that the table lacks. */
struct stray {
  uint32_t number;
  struct bucket bucket;
};

struct draft {
  const struct profile *profile;
  const struct options *options;
  struct bucket_place place;
  bool wide;
  bool at_once; /* conflicts are looked for with each rule */
  /* By row of the system-call table: the first rule without conditions, the same on every ABI; and
   * the others before it. A row that the ABI lacks gathers rules too: they decide nothing there,
   * but a conflict among them is one on every machine. */
  const struct rule **unconditional;
  struct bucket *buckets;
  struct stray *strays; /* ascending */
  size_t stray_count;
  int socketcall, ipc; /* rows of the multiplexers; SYSCALL_UNKNOWN where the ABI has none */
  uint32_t order;      /* of the next rule */
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

static int
compare_index (const void *left, const void *right)
{
  const struct test *a = left, *b = right;

  return a->index - b->index;
}

/* Conditions that hold together, no index twice, become the tests of `rule`. */
static void
rule_set_tests (struct draft *draft, struct rule *rule, const struct condition *conditions,
                size_t count)
{
  struct test tests[6];

  for (size_t i = 0; i < count; i++) {
    if (test_from_condition (&tests[rule->test_count], &conditions[i], draft->wide))
      rule->test_count++;
  }
  qsort (tests, rule->test_count, sizeof tests[0], compare_index);
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
  return json_fail (draft->place.err, OCI_SECCOMP_INVALID_PROFILE, &draft->profile->document,
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

/* Point 4: what comes after an unconditional rule is not even looked at. */
static int
add_to_row (struct draft *draft, int row, const struct rule *rule)
{
  const struct rule *unconditional = draft->unconditional[row];

  if (unconditional && unconditional->order <= rule->order)
    return OCI_SECCOMP_OK;
  return bucket_take (draft, &draft->buckets[row], rule);
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

/* How many rules a conditional rule of the profile stands for. */
static uint32_t
rules_of_conditions (const struct profile_rule *rule)
{
  return (uint32_t) (rule->name_count * (has_index_twice (rule) ? rule->condition_count : 1));
}

static bool
is_skipped (const struct profile_name *name)
{
  return name->syscall == SYSCALL_UNKNOWN && !name->numbered;
}

/* For each name of a rule of the profile one without tests, in `arena`. Those for a rule that has
 * no conditions are the same on every ABI. */
static struct rule *
rules_of_names (const struct profile_rule *origin, uint32_t order, struct arena *arena)
{
  struct rule *rules = ARENA_ARRAY (arena, struct rule, origin->name_count);

  for (size_t n = 0; n < origin->name_count; n++)
    rules[n] = (struct rule){.verdict = origin->verdict,
                             .order = order + (uint32_t) n,
                             .origin = origin,
                             .name = &origin->names[n]};
  return rules;
}

static void
find_unconditional (const struct rule **out, const struct rule *rules, size_t count)
{
  for (size_t n = 0; n < count; n++) {
    int row = rules[n].name->syscall;

    if (row != SYSCALL_UNKNOWN && !out[row])
      out[row] = &rules[n];
  }
}

/* What unconditional rules are beside that: rules for a multiplexer, and for numbers by hand. */
static int
add_unconditional (struct draft *draft, const struct rule *rules, size_t count)
{
  const bool multiplexed = draft->socketcall != SYSCALL_UNKNOWN || draft->ipc != SYSCALL_UNKNOWN;
  int code = OCI_SECCOMP_OK;

  for (size_t n = 0; n < count && !code; n++)
    if (rules[n].name->syscall == SYSCALL_UNKNOWN ? rules[n].name->numbered : multiplexed)
      code = add_rule (draft, &rules[n]);
  draft->order += (uint32_t) count;
  return code;
}

static int
add_conditional (struct draft *draft, const struct profile_rule *origin)
{
  size_t step = has_index_twice (origin) ? 1 : origin->condition_count;

  for (size_t n = 0; n < origin->name_count; n++)
    for (size_t i = 0; i < origin->condition_count; i += step) {
      struct rule *rule = ARENA_NEW (draft->place.keep, struct rule);
      int code;

      *rule = (struct rule){.verdict = origin->verdict,
                            .order = draft->order++,
                            .origin = origin,
                            .name = &origin->names[n]};
      if (is_skipped (rule->name))
        continue;
      rule_set_tests (draft, rule, &origin->conditions[i], step);
      code = add_rule (draft, rule);
      if (code)
        return code;
    }
  return OCI_SECCOMP_OK;
}

/* --- numbers newer than the profile: point 9 --- */

/* Names that a multiplexer stands for do not count on its ABIs: runc's resolver gives them no
 * positive number there. */
static uint32_t
last_number (const struct draft *draft)
{
  const int32_t *numbers = syscall_numbers (draft->place.abi);
  int32_t last = -1;
  uint32_t call;

  for (size_t i = 0; i < draft->profile->rule_count; i++) {
    const struct profile_rule *rule = &draft->profile->rules[i];

    for (size_t n = 0; n < rule->name_count; n++) {
      int row = rule->names[n].syscall;

      if (row == SYSCALL_UNKNOWN || numbers[row] <= last)
        continue;
      if (draft->socketcall == SYSCALL_UNKNOWN ||
          syscall_multiplexer (row, &call) == MULTIPLEXER_NONE)
        last = numbers[row];
    }
  }
  return last < 0 ? 0 : abi_table[draft->place.abi].number_base + (uint32_t) last;
}

static bool
default_denies (uint32_t verdict)
{
  uint32_t action = verdict & SECCOMP_RET_ACTION_FULL;

  return action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG && action != SECCOMP_RET_TRACE;
}

/* --- the whole --- */

static void
take_call (struct rules *out, uint32_t number, int row, struct bucket *bucket)
{
  if (bucket->unconditional) {
    out->calls[out->call_count++] = (struct call){number, row, bucket->unconditional, 1};
  } else if (bucket->count) {
    bucket_order (bucket);
    out->calls[out->call_count++] = (struct call){number, row, bucket->rules, bucket->count};
  }
}

static void
take_stray (struct rules *out, struct stray *stray)
{
  take_call (out, stray->number, SYSCALL_UNKNOWN, &stray->bucket);
}

/* By number: those of the table, and between them those that it lacks. */
static void
take_calls (struct draft *draft, struct rules *out, struct arena *arena)
{
  size_t count, stray = 0;
  const int16_t *rows = syscall_rows_by_number (draft->place.abi, &count);
  const int32_t *numbers = syscall_numbers (draft->place.abi);
  const uint32_t base = abi_table[draft->place.abi].number_base;

  out->calls = ARENA_ARRAY (arena, struct call, count + draft->stray_count);
  for (size_t i = 0; i < count; i++) {
    const struct rule *unconditional = draft->unconditional[rows[i]];
    struct bucket *bucket = &draft->buckets[rows[i]];
    uint32_t number = base + (uint32_t) numbers[rows[i]];

    for (; stray < draft->stray_count && draft->strays[stray].number < number; stray++)
      take_stray (out, &draft->strays[stray]);
    /* One of every ABI comes after all that is in the bucket. */
    if (unconditional && !bucket->unconditional)
      out->calls[out->call_count++] = (struct call){number, rows[i], unconditional, 1};
    else
      take_call (out, number, rows[i], bucket);
  }
  for (; stray < draft->stray_count; stray++)
    take_stray (out, &draft->strays[stray]);
}

static struct draft
draft_start (const struct profile *profile, enum abi abi, const struct options *options,
             struct arena *keep, struct arena *scratch)
{
  const struct abi_row *row = &abi_table[abi];

  return (struct draft){
      .profile = profile,
      .options = options,
      .place = {.profile = profile, .abi = abi, .keep = keep, .scratch = scratch},
      .wide = row->wide,
      .buckets = ARENA_ARRAY (scratch, struct bucket, (size_t) syscall_count ()),
      .socketcall = row->socketcall < 0 ? SYSCALL_UNKNOWN : syscall_from_name ("socketcall", 10),
      .ipc = row->ipc < 0 ? SYSCALL_UNKNOWN : syscall_from_name ("ipc", 3),
  };
}

struct draft *
draft_new (const struct profile *profile, enum abi abi, const struct options *options,
           struct arena *arena)
{
  struct draft *draft = ARENA_NEW (arena, struct draft);

  *draft = draft_start (profile, abi, options, arena, arena);
  draft->unconditional = ARENA_ARRAY (arena, const struct rule *, (size_t) syscall_count ());
  draft->at_once = true;
  return draft;
}

/* Point 1: what says the same as the default carves no exception. */
static bool
is_exception (const struct profile *profile, const struct profile_rule *rule)
{
  return rule->verdict != profile->default_verdict;
}

int
draft_add (struct draft *draft, const struct profile_rule *rule, struct oci_seccomp_error *err)
{
  struct rule *rules;

  draft->place.err = err;
  if (!is_exception (draft->profile, rule))
    return OCI_SECCOMP_OK;
  if (rule->condition_count)
    return add_conditional (draft, rule);
  rules = rules_of_names (rule, draft->order, draft->place.keep);
  find_unconditional (draft->unconditional, rules, rule->name_count);
  return add_unconditional (draft, rules, rule->name_count);
}

void
draft_finish (struct rules *out, struct draft *draft, struct arena *arena)
{
  const struct profile *profile = draft->profile;

  *out = (struct rules){.abi = draft->place.abi, .default_verdict = profile->default_verdict};
  take_calls (draft, out, arena);
  out->last = last_number (draft);
  out->newer_enosys = draft->options->newer == OCI_SECCOMP_NEWER_ENOSYS && out->last != 0 &&
                      default_denies (profile->default_verdict);
}

/* Where the rules of the profile's unconditional rules are, in `keep`; NULL for the others. */
static struct rule **
make_unconditional (const struct rule **out, const struct profile *profile, struct arena *keep,
                    struct arena *scratch)
{
  struct rule **rules = ARENA_ARRAY (scratch, struct rule *, profile->rule_count);
  uint32_t order = 0;

  for (size_t i = 0; i < profile->rule_count; i++) {
    const struct profile_rule *rule = &profile->rules[i];

    if (!is_exception (profile, rule))
      continue;
    if (rule->condition_count) {
      order += rules_of_conditions (rule);
      continue;
    }
    rules[i] = rules_of_names (rule, order, keep);
    find_unconditional (out, rules[i], rule->name_count);
    order += (uint32_t) rule->name_count;
  }
  return rules;
}

static int
add_all (struct draft *draft, struct rule *const *unconditional)
{
  const struct profile *profile = draft->profile;
  int code = OCI_SECCOMP_OK;

  for (size_t i = 0; i < profile->rule_count && !code; i++) {
    const struct profile_rule *rule = &profile->rules[i];

    if (unconditional[i])
      code = add_unconditional (draft, unconditional[i], rule->name_count);
    else if (is_exception (profile, rule))
      code = add_conditional (draft, rule);
  }
  for (int row = 0; row < syscall_count () && !code; row++)
    if (draft->buckets[row].count > 1)
      code = bucket_check (&draft->buckets[row], &draft->place);
  return code;
}

int
rules_build (struct rules *out, const struct profile *profile, const enum abi *abis, size_t count,
             const struct options *options, struct arena *keep, struct arena *scratch,
             struct oci_seccomp_error *err)
{
  const struct rule **first = ARENA_ARRAY (scratch, const struct rule *, (size_t) syscall_count ());
  struct rule **unconditional = make_unconditional (first, profile, keep, scratch);

  for (size_t i = 0; i < count; i++) {
    struct draft draft = draft_start (profile, abis[i], options, keep, scratch);
    int code;

    draft.unconditional = first;
    draft.place.err = err;
    code = add_all (&draft, unconditional);
    if (code)
      return code;
    draft_finish (&out[i], &draft, keep);
  }
  return OCI_SECCOMP_OK;
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
