/* The exported functions: the whole pipeline on one screen, and around it the guards for memory. */
#include "oci-seccomp.h"

#include <stdlib.h>
#include <string.h>

#include <config.h>

#include "equivalence.h"
#include "filter.h"
#include "narrow.h"
#include "syscalls.h"

const char *
oci_seccomp_version (void)
{
  return PACKAGE_VERSION;
}

const char *
oci_seccomp_tables_date (void)
{
  return syscalls_date;
}

const char *
oci_seccomp_native_abi (void)
{
  return abi_table[abi_native ()].name;
}

static int
fail_null (struct oci_seccomp_error *error, const char *what)
{
  return fail (error, OCI_SECCOMP_BAD_ARGUMENT, "%s is NULL", what);
}

/* --- the pipeline --- */

/* The ABIs to compile for: the native one first (point 8 of the contract). */
static size_t
list_abis (enum abi abis[ABI_COUNT], const struct profile *profile, enum abi native)
{
  size_t count = 0;

  abis[count++] = native;
  for (int i = 0; i < ABI_COUNT; i++)
    if (i != (int) native && (profile->abis & ABI_BIT (i)))
      abis[count++] = (enum abi) i;
  return count;
}

static int
check_byte_order (const struct profile *profile, enum abi native, struct oci_seccomp_error *err)
{
  for (int i = 0; i < ABI_COUNT; i++)
    if ((profile->abis & ABI_BIT (i)) && abi_table[i].big_endian != abi_table[native].big_endian)
      return fail (err, OCI_SECCOMP_UNKNOWN_ABI,
                   "%s has the other byte order than %s: no kernel runs both", abi_table[i].name,
                   abi_table[native].name);
  return OCI_SECCOMP_OK;
}

static int
verify_filter (const struct oci_seccomp_filter *filter, const struct profile *profile,
               const struct options *options, struct arena *scratch, struct oci_seccomp_error *err)
{
  struct side asked = {.name = "the profile", .profile = profile, .options = options};
  struct side made = {.name = "the program",
                      .program = &filter->program,
                      .big_endian = abi_table[filter->native].big_endian};
  struct equivalence result;

  equivalence_check (&result, &asked, &made, scratch);
  if (result.result == EQUIVALENCE_EQUAL)
    return OCI_SECCOMP_OK;
  if (result.result == EQUIVALENCE_UNKNOWN)
    return fail (err, OCI_SECCOMP_TOO_LARGE, "cannot prove the program: %s", result.reason);
  return fail (err, OCI_SECCOMP_BAD_PROGRAM,
               "the program is not the profile's (a bug of oci-seccomp): it decides %s otherwise",
               equivalence_call_text (&result.witness, scratch));
}

static int
compile (struct oci_seccomp_filter *filter, const struct profile *profile,
         const struct options *options, struct arena *scratch, struct oci_seccomp_error *err)
{
  enum abi abis[ABI_COUNT];
  int code = check_byte_order (profile, options->native, err);

  filter->native = options->native;
  filter->rules_known = true;
  filter->rules_count = list_abis (abis, profile, options->native);
  filter->rules = ARENA_ARRAY (&filter->arena, struct rules, filter->rules_count);
  if (!code)
    code = rules_build (filter->rules, profile, abis, filter->rules_count, options, &filter->arena,
                        scratch, err);
  if (code)
    return code;
  narrow_warn (profile, abis, filter->rules_count, options, scratch);
  code = filter_make_program (filter, options, scratch, err);
  if (code == OCI_SECCOMP_TOO_LARGE && profile->document.root)
    return json_fail (err, code, &profile->document, profile->section, "%s",
                      arena_printf (scratch, "%s", err ? err->message : "too large"));
  if (!code && options->verify)
    code = verify_filter (filter, profile, options, scratch, err);
  return code;
}

/* --- profiles --- */

static struct oci_seccomp_profile *
profile_alloc (void)
{
  struct oci_seccomp_profile *profile = calloc (1, sizeof *profile);

  if (profile)
    arena_init (&profile->profile.arena);
  return profile;
}

int
oci_seccomp_profile_parse (struct oci_seccomp_profile **out, const char *json, size_t length,
                           const struct oci_seccomp_options *options,
                           struct oci_seccomp_error *error)
{
  struct oci_seccomp_profile *profile;
  struct options resolved;
  int code;

  if (!out)
    return fail_null (error, "out");
  *out = NULL;
  if (!json && length)
    return fail_null (error, "json");
  code = options_resolve (&resolved, options, error);
  if (code)
    return code;
  profile = profile_alloc ();
  if (!profile)
    return fail_memory (error);
  if (ARENA_GUARD (&profile->profile.arena))
    code = fail_memory (error);
  else
    code = profile_read (&profile->profile, json, length, &resolved, error);
  if (code)
    oci_seccomp_profile_free (profile);
  else
    *out = profile;
  return code;
}

int
oci_seccomp_profile_new (struct oci_seccomp_profile **out, const char *default_action,
                         struct oci_seccomp_error *error)
{
  struct oci_seccomp_profile *profile;
  uint32_t verdict;

  if (!out)
    return fail_null (error, "out");
  *out = NULL;
  if (!default_action || !verdict_from_text (default_action, &verdict))
    return fail (error, OCI_SECCOMP_UNKNOWN_ACTION, "unknown action \"%s\"",
                 default_action ? default_action : "NULL");
  profile = profile_alloc ();
  if (!profile)
    return fail_memory (error);
  profile->profile.default_verdict = verdict;
  *out = profile;
  return OCI_SECCOMP_OK;
}

/* The public conditions as the stages have them. */
static int
take_conditions (struct condition *out, const struct oci_seccomp_condition *conditions,
                 size_t count, struct oci_seccomp_error *error)
{
  for (size_t i = 0; i < count; i++) {
    const struct oci_seccomp_condition *from = &conditions[i];

    if (from->index > 5)
      return fail (error, OCI_SECCOMP_BAD_ARGUMENT,
                   "argument index %u is out of range; want 0 to 5", from->index);
    if (!from->op || !operator_from_name (from->op, SPELLING_SHORT_TOO, &out[i].op))
      return fail (error, OCI_SECCOMP_UNKNOWN_OPERATOR, "unknown operator \"%s\"",
                   from->op ? from->op : "NULL");
    out[i].index = (uint8_t) from->index;
    out[i].value = from->value;
    out[i].value_two = from->value_two;
  }
  return OCI_SECCOMP_OK;
}

static int
add_rule (struct profile *profile, uint32_t verdict, const char *syscall,
          const struct oci_seccomp_condition *conditions, size_t count,
          struct oci_seccomp_error *error)
{
  struct condition *taken = ARENA_ARRAY (&profile->arena, struct condition, count);
  int code = take_conditions (taken, conditions, count, error);

  return code ? code : profile_add_rule (profile, verdict, syscall, taken, count, error);
}

int
oci_seccomp_profile_add_rule (struct oci_seccomp_profile *profile, const char *action,
                              const char *syscall, const struct oci_seccomp_condition *conditions,
                              size_t condition_count, struct oci_seccomp_error *error)
{
  uint32_t verdict;

  if (!profile)
    return fail_null (error, "profile");
  if (!action || !verdict_from_text (action, &verdict))
    return fail (error, OCI_SECCOMP_UNKNOWN_ACTION, "unknown action \"%s\"",
                 action ? action : "NULL");
  if (!syscall || (condition_count && !conditions))
    return fail (error, OCI_SECCOMP_BAD_ARGUMENT, "a rule wants a system call, and its conditions");
  if (ARENA_GUARD (&profile->profile.arena))
    return fail_memory (error);
  return add_rule (&profile->profile, verdict, syscall, conditions, condition_count, error);
}

int
oci_seccomp_profile_add_abi (struct oci_seccomp_profile *profile, const char *abi,
                             struct oci_seccomp_error *error)
{
  enum abi found;

  if (!profile)
    return fail_null (error, "profile");
  if (!abi || !abi_from_name (abi, SPELLING_SHORT_TOO, &found))
    return fail (error, OCI_SECCOMP_UNKNOWN_ABI, "unknown ABI \"%s\"", abi ? abi : "NULL");
  profile->profile.abis |= ABI_BIT (found);
  return OCI_SECCOMP_OK;
}

static int
profile_of_list (struct oci_seccomp_profile **out, const char *default_action, const char *action,
                 const char *const *syscalls, size_t count, struct oci_seccomp_error *error)
{
  int code = oci_seccomp_profile_new (out, default_action, error);

  if (!code && !syscalls && count)
    code = fail_null (error, "syscalls");
  for (size_t i = 0; i < count && !code; i++)
    code = oci_seccomp_profile_add_rule (*out, action, syscalls[i], NULL, 0, error);
  if (code && out && *out) {
    oci_seccomp_profile_free (*out);
    *out = NULL;
  }
  return code;
}

int
oci_seccomp_profile_allow_list (struct oci_seccomp_profile **out, const char *const *syscalls,
                                size_t count, const char *default_action,
                                struct oci_seccomp_error *error)
{
  return profile_of_list (out, default_action ? default_action : "KILL_PROCESS", "ALLOW", syscalls,
                          count, error);
}

int
oci_seccomp_profile_deny_list (struct oci_seccomp_profile **out, const char *const *syscalls,
                               size_t count, const char *action, struct oci_seccomp_error *error)
{
  return profile_of_list (out, "ALLOW", action ? action : "ERRNO", syscalls, count, error);
}

unsigned
oci_seccomp_profile_flags (const struct oci_seccomp_profile *profile, bool *given)
{
  if (given)
    *given = profile && profile->profile.flags_given;
  if (!profile)
    return SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  return profile->profile.flags_given ? profile->profile.flags : SECCOMP_FILTER_FLAG_SPEC_ALLOW;
}

const char *
oci_seccomp_profile_listener_path (const struct oci_seccomp_profile *profile)
{
  return profile ? profile->profile.listener_path : NULL;
}

const char *
oci_seccomp_profile_listener_metadata (const struct oci_seccomp_profile *profile)
{
  return profile ? profile->profile.listener_metadata : NULL;
}

void
oci_seccomp_profile_free (struct oci_seccomp_profile *profile)
{
  if (!profile)
    return;
  arena_free (&profile->profile.arena);
  free (profile);
}

/* --- filters --- */

static struct oci_seccomp_filter *
filter_alloc (void)
{
  struct oci_seccomp_filter *filter = calloc (1, sizeof *filter);

  if (filter)
    arena_init (&filter->arena);
  return filter;
}

int
oci_seccomp_compile (struct oci_seccomp_filter **out, const struct oci_seccomp_profile *profile,
                     const struct oci_seccomp_options *options, struct oci_seccomp_error *error)
{
  struct oci_seccomp_filter *filter;
  struct options resolved;
  struct arena scratch;
  int code;

  if (!out)
    return fail_null (error, "out");
  *out = NULL;
  if (!profile)
    return fail_null (error, "profile");
  code = options_resolve (&resolved, options, error);
  if (code)
    return code;
  filter = filter_alloc ();
  if (!filter)
    return fail_memory (error);
  arena_init (&scratch);
  if (ARENA_GUARD (&scratch)) {
    code = fail_memory (error);
  } else if (ARENA_GUARD (&filter->arena)) {
    code = fail_memory (error);
  } else {
    code = compile (filter, &profile->profile, &resolved, &scratch, error);
    if (!code)
      filter_describe (filter, &scratch);
  }
  arena_free (&scratch);
  if (code)
    oci_seccomp_filter_free (filter);
  else
    *out = filter;
  return code;
}

int
filter_from_bytes (struct oci_seccomp_filter **out, const void *bytes, size_t length,
                   const struct oci_seccomp_options *options, struct oci_seccomp_error *err)
{
  struct oci_seccomp_filter *filter;
  struct options resolved;
  int code;

  if (!out)
    return fail_null (err, "out");
  *out = NULL;
  if (!bytes && length)
    return fail_null (err, "bytes");
  code = options_resolve (&resolved, options, err);
  if (code)
    return code;
  filter = filter_alloc ();
  if (!filter)
    return fail_memory (err);
  filter->native = resolved.native;
  if (ARENA_GUARD (&filter->arena)) {
    code = fail_memory (err);
  } else {
    code = program_from_bytes (&filter->program, bytes, length,
                               abi_table[resolved.native].big_endian, &filter->arena, err);
    if (!code)
      code = program_check (&filter->program, err);
    if (!code)
      filter_describe (filter, &filter->arena);
  }
  if (code)
    oci_seccomp_filter_free (filter);
  else
    *out = filter;
  return code;
}

int
oci_seccomp_filter_from_bpf (struct oci_seccomp_filter **out, const void *bytes, size_t length,
                             struct oci_seccomp_error *error)
{
  return filter_from_bytes (out, bytes, length, NULL, error);
}

const struct sock_filter *
oci_seccomp_filter_instructions (const struct oci_seccomp_filter *filter, size_t *count)
{
  *count = filter ? filter->program.length : 0;
  return filter ? filter->program.instructions : NULL;
}

static int
fail_rules_unknown (struct oci_seccomp_error *error)
{
  return fail (error, OCI_SECCOMP_RULES_UNKNOWN,
               "the filter was read from raw BPF: what rules it came from is not known");
}

int
oci_seccomp_filter_rule_count (const struct oci_seccomp_filter *filter, size_t *count,
                               struct oci_seccomp_error *error)
{
  if (!filter || !count)
    return fail_null (error, filter ? "count" : "filter");
  *count = 0;
  if (!filter->rules_known)
    return fail_rules_unknown (error);
  for (size_t i = 0; i < filter->rules_count; i++)
    for (size_t c = 0; c < filter->rules[i].call_count; c++)
      *count += filter->rules[i].calls[c].rule_count;
  return OCI_SECCOMP_OK;
}

static void
give_rule (struct oci_seccomp_rule *out, enum abi abi, const struct call *call,
           const struct rule *rule)
{
  *out = (struct oci_seccomp_rule){.abi = abi_table[abi].name,
                                   .syscall = syscall_name (call->row),
                                   .number = call->number,
                                   .verdict = rule->verdict,
                                   .condition_count = rule->test_count};
  for (int i = 0; i < rule->test_count; i++) {
    const struct test *test = &rule->tests[i];
    bool masked = test->op == OPERATOR_MASKED_EQ;

    out->conditions[i] = (struct oci_seccomp_condition){
        .index = test->index,
        .op = operator_name (test->op),
        .value = masked ? test->mask : test->value,
        .value_two = masked ? test->value : 0,
    };
  }
}

int
oci_seccomp_filter_rule (const struct oci_seccomp_filter *filter, size_t index,
                         struct oci_seccomp_rule *rule, struct oci_seccomp_error *error)
{
  size_t left = index;

  if (!filter || !rule)
    return fail_null (error, filter ? "rule" : "filter");
  if (!filter->rules_known)
    return fail_rules_unknown (error);
  for (size_t i = 0; i < filter->rules_count; i++)
    for (size_t c = 0; c < filter->rules[i].call_count; c++) {
      const struct call *call = &filter->rules[i].calls[c];

      if (left < call->rule_count) {
        give_rule (rule, filter->rules[i].abi, call, &call->rules[left]);
        return OCI_SECCOMP_OK;
      }
      left -= call->rule_count;
    }
  return fail (error, OCI_SECCOMP_BAD_ARGUMENT, "the filter has no rule %zu", index);
}

const char *
oci_seccomp_filter_describe (const struct oci_seccomp_filter *filter)
{
  return filter ? filter->description : NULL;
}

uint32_t
oci_seccomp_filter_evaluate (const struct oci_seccomp_filter *filter,
                             const struct seccomp_data *data)
{
  if (!filter || !data)
    return SECCOMP_RET_KILL_PROCESS;
  return program_run (&filter->program, data, abi_table[filter->native].big_endian, NULL);
}

void
oci_seccomp_filter_free (struct oci_seccomp_filter *filter)
{
  if (!filter)
    return;
  arena_free (&filter->arena);
  free (filter);
}
