/* lint.c and its parts: what is found in profiles, and that it is true. */
#include "made.h"

#include "equivalence.h"
#include "lint.h"
#include "peer.h"
#include "points.h"
#include "random.h"

/* --- what is found --- */

#define RULE(action, names, args) \
  "{\"names\": [" names "], \"action\": \"SCMP_ACT_" action "\", \"args\": [" args "]}"
#define ARG(index, op, value) \
  "{\"index\": " #index ", \"op\": \"SCMP_CMP_" #op "\", \"value\": " #value "}"
#define MASKED(index, mask, value)                                            \
  "{\"index\": " #index ", \"op\": \"SCMP_CMP_MASKED_EQ\", \"value\": " #mask \
  ", \"valueTwo\": " #value "}"
#define PROFILE(action, more, rules) \
  "{\"defaultAction\": \"SCMP_ACT_" action "\"" more ", \"syscalls\": [" rules "]}"
#define WITH_X86 ", \"architectures\": [\"SCMP_ARCH_X86\"]"
#define WITH_X32 ", \"architectures\": [\"SCMP_ARCH_X32\"]"

#define MAY(call, abis, newer, older, trouble)                                                \
  "note: syscalls[" #newer "].names[0]: runc and crun may decide " call " otherwise on " abis \
  ": of this rule and syscalls[" #older "] (line 1), libseccomp's program may " trouble "\n"

static const struct {
  const char *json;
  const char *found; /* a line each */
} rows[] = {
    {PROFILE ("ERRNO", "", RULE ("ALLOW", "\"read\", \"write\"", "")), ""},

    /* --- the default --- */
    {PROFILE ("ERRNO", "", RULE ("ERRNO", "\"read\", \"write\"", "")),
     "note: syscalls[0]: has ERRNO(1) as the default action does, so it is left out\n"},
    {PROFILE ("ERRNO", "",
              RULE ("ALLOW", "\"read\", \"write\"", "") "," RULE ("ERRNO", "\"write\", \"dup\"",
                                                                  ARG (0, EQ, 1))),
     "warning: syscalls[1].names[0]: write has ERRNO(1) as the default action does, so this is "
     "left out, and makes no exception from syscalls[0] (line 1)\n"},

    /* --- an index twice --- */
    {PROFILE ("ERRNO", "", RULE ("ALLOW", "\"read\"", ARG (0, EQ, 1) "," ARG (0, EQ, 2))),
     "note: syscalls[0].args: argument 0 occurs twice, so each of the 2 conditions is a rule of "
     "its own (OR)\n"},
    {PROFILE ("ERRNO", "",
              RULE ("ALLOW", "\"read\"", ARG (1, EQ, 1) "," ARG (1, EQ, 2) "," ARG (2, EQ, 0))),
     "warning: syscalls[0].args: argument 1 occurs twice, so each of the 3 conditions is a rule of "
     "its own (OR), those on other arguments too\n"},
    {PROFILE ("ERRNO", "", RULE ("ALLOW", "\"read\"", ARG (3, GE, 4) "," ARG (3, LE, 9))),
     "warning: syscalls[0].args: argument 3 occurs twice, so each of the 2 conditions is a rule of "
     "its own (OR); one of them always holds, so it matches every call\n"},
    {PROFILE ("ERRNO", "", RULE ("ALLOW", "\"read\"", ARG (3, GT, 4) "," ARG (3, LT, 4))),
     "note: syscalls[0].args: argument 3 occurs twice, so each of the 2 conditions is a rule of "
     "its own (OR)\n"},

    /* --- overlaps --- */
    {PROFILE (
         "ALLOW", "",
         RULE ("ERRNO", "\"read\"", ARG (1, GT, 5)) "," RULE ("TRAP", "\"read\"", ARG (1, EQ, 7))),
     "warning: syscalls[0].names[0]: read overlaps syscalls[1] (line 1), which comes first, "
     "wherever the two stand: `x86_64 read 0x0 0x7` is TRAP, not ERRNO(1)\n"},
    {PROFILE ("ALLOW", "",
              RULE ("TRAP", "\"read\"", ARG (1, LE, 4294967296)) "," RULE (
                  "ERRNO", "\"read\"", ARG (1, GE, 4294967296))),
     "warning: syscalls[1].names[0]: read overlaps syscalls[0] (line 1), which comes first, "
     "wherever the two stand: `x86_64 read 0x0 0x100000000` is TRAP, not ERRNO(1)\n"},
    /* Side by side, or the same verdict: none. */
    {PROFILE (
         "ALLOW", "",
         RULE ("TRAP", "\"read\"", ARG (1, LT, 5)) "," RULE ("ERRNO", "\"read\"", ARG (1, GE, 5))),
     ""},
    {PROFILE (
         "ALLOW", "",
         RULE ("TRAP", "\"read\"", ARG (1, LT, 5)) "," RULE ("TRAP", "\"read\"", ARG (1, GE, 3))),
     ""},
    {PROFILE ("ALLOW", "",
              RULE ("TRAP", "\"read\"", MASKED (1, 3, 1)) "," RULE ("ERRNO", "\"read\"",
                                                                    MASKED (1, 3, 2))),
     ""},
    {PROFILE ("ALLOW", "",
              RULE ("TRAP", "\"read\"", MASKED (1, 3, 1)) "," RULE ("ERRNO", "\"read\"",
                                                                    MASKED (1, 5, 5))),
     "warning: syscalls[0].names[0]: read overlaps syscalls[1] (line 1), which comes first, "
     "wherever the two stand: `x86_64 read 0x0 0x5` is ERRNO(1), not TRAP\n"},

    /* --- rules that never decide --- */
    {PROFILE ("ERRNO", "", RULE ("ALLOW", "\"read\", \"read\"", "")),
     "note: syscalls[0].names[1]: read never decides: syscalls[0] (line 1) has no conditions, and "
     "says ALLOW too\n"},
    {PROFILE ("ERRNO", "",
              RULE ("TRAP", "\"read\"", ARG (0, EQ, 1)) "," RULE ("ALLOW", "\"read\"", "")),
     "warning: syscalls[0].names[0]: read never decides: syscalls[1] (line 1) has no conditions, "
     "and says ALLOW\n"},
    {PROFILE ("ERRNO", "",
              RULE ("ALLOW", "\"read\"", ARG (0, LT, 9)) "," RULE (
                  "ALLOW", "\"read\"", ARG (0, LT, 5) "," ARG (1, NE, 0))),
     "note: syscalls[1].names[0]: read is not needed: where this matches, others say ALLOW "
     "too\n" MAY ("read", "x86_64", 1, 0, "compare the wrong word")},
    {PROFILE ("ERRNO", "",
              RULE ("ALLOW", "\"read\"", ARG (0, LE, 9)) "," RULE (
                  "TRAP", "\"read\"",
                  ARG (0, LT, 11)) "," RULE ("LOG", "\"read\"",
                                             ARG (0, EQ, 10)) "," RULE ("TRAP", "\"read\"",
                                                                        ARG (0, GT, 3))),
     "warning: syscalls[1].names[0]: read never decides: syscalls[0] (line 1) is one of those that "
     "come first, and says ALLOW\n"
     "warning: syscalls[3].names[0]: read overlaps syscalls[2] (line 1), which comes first, "
     "wherever the two stand: `x86_64 read 0xa` is LOG, not TRAP\n"
     "warning: syscalls[3].names[0]: read overlaps syscalls[0] (line 1), which comes first, "
     "wherever the two stand: `x86_64 read 0x4` is ALLOW, not TRAP\n"},
    {PROFILE ("ALLOW", "", RULE ("ERRNO", "\"read\"", ARG (0, LT, 0))),
     "warning: syscalls[0].names[0]: read never decides: no call meets its conditions\n"},
    {PROFILE ("ALLOW", "", RULE ("ERRNO", "\"read\"", ARG (0, GT, 18446744073709551615))),
     "warning: syscalls[0].names[0]: read never decides: no call meets its conditions\n"},
    /* On one ABI it does, so it is of use. */
    {PROFILE ("ALLOW", WITH_X86,
              RULE ("ERRNO", "\"dup\"", ARG (0, GT, 4294967295)) "," RULE ("ERRNO", "\"dup\"",
                                                                           ARG (0, EQ, 1))),
     ""},

    /* --- values that are cut --- */
    {PROFILE ("ALLOW", WITH_X86, RULE ("ERRNO", "\"dup\"", ARG (0, EQ, 4294967301))),
     "warning: syscalls[0].args[0].value: arguments have 32 bits on x86: 0x100000005 is cut to "
     "0x5\n"},
    {PROFILE ("ALLOW", WITH_X32, RULE ("ERRNO", "\"dup\"", MASKED (0, 4294967296, 0))),
     "warning: syscalls[0].args[0].value: arguments have 32 bits on x32: 0x100000000 is cut to "
     "0x0, so the condition always holds there\n"},
    {PROFILE ("ALLOW", WITH_X32, RULE ("ERRNO", "\"dup\"", ARG (0, EQ, 18446744073709551615))),
     "note: syscalls[0].args[0].value: arguments have 32 bits on x32: 0xffffffffffffffff is cut "
     "to 0xffffffff\n"},
    {PROFILE ("ALLOW", "", RULE ("ERRNO", "\"dup\"", ARG (0, EQ, 4294967301))), ""},
    /* No call of x86. */
    {PROFILE ("ALLOW", WITH_X86, RULE ("ERRNO", "\"arch_prctl\"", ARG (0, EQ, 1))), ""},

    /* --- multiplexed calls --- */
    {PROFILE ("ERRNO", WITH_X86, RULE ("ALLOW", "\"bind\"", ARG (0, EQ, 3))),
     "warning: syscalls[0].names[0]: the conditions on bind can be walked around on x86: "
     "socketcall hides the arguments, and is ALLOW\n"},
    {PROFILE ("ALLOW", WITH_X86, RULE ("ERRNO", "\"bind\"", ARG (0, EQ, 3))),
     "note: syscalls[0].names[0]: the conditions on bind are lost on x86: socketcall hides the "
     "arguments, and is ERRNO(1)\n"},
    {PROFILE ("ALLOW", WITH_X86, RULE ("ERRNO", "\"shmget\"", ARG (1, EQ, 3))),
     "warning: syscalls[0].names[0]: the conditions on shmget can be walked around on x86: ipc "
     "hides the arguments, and is ALLOW\n"},
    {PROFILE ("ALLOW", "", RULE ("ERRNO", "\"bind\"", ARG (0, EQ, 3))), ""},
    {PROFILE ("ALLOW", WITH_X86, RULE ("ERRNO", "\"bind\"", "")), ""},

    /* --- bits that the kernel ignores --- */
    {PROFILE ("ALLOW", "", RULE ("ERRNO", "\"ioctl\"", ARG (1, EQ, 21522))),
     "note: syscalls[0].names[0]: the kernel takes 32 bits of argument 1 of ioctl, the rule 64: "
     "`x86_64 ioctl 0x0 0x5412` is ERRNO(1), but `x86_64 ioctl 0x0 0x100005412`, the same to the "
     "kernel, is ALLOW\n"},
    {PROFILE ("ERRNO", "", RULE ("ALLOW", "\"socket\"", ARG (0, NE, 40))),
     "note: syscalls[0].names[0]: the kernel takes 32 bits of argument 0 of socket, the rule 64: "
     "`x86_64 socket 0x28` is ERRNO(1), but `x86_64 socket 0x100000028`, the same to the kernel, "
     "is ALLOW\n"},
    {PROFILE ("ALLOW", "", RULE ("ERRNO", "\"personality\"", ARG (0, LT, 8))),
     "note: syscalls[0].names[0]: the kernel takes 32 bits of argument 0 of personality, the rule "
     "64: `x86_64 personality 0x7` is ERRNO(1), but `x86_64 personality 0x100000007`, the same to "
     "the kernel, is ALLOW\n"},
    {PROFILE ("ALLOW", "", RULE ("ERRNO", "\"personality\"", ARG (0, GT, 8))), ""},
    {PROFILE ("ALLOW", "", RULE ("ERRNO", "\"ioctl\"", MASKED (1, 4294967295, 21522))), ""},
    {PROFILE ("ERRNO", "", RULE ("ALLOW", "\"personality\"", ARG (0, EQ, 8))), ""},
    {PROFILE ("ALLOW", "", RULE ("ERRNO", "\"ioctl\"", ARG (2, EQ, 1))), ""},

    /* --- what libseccomp makes of it: its bugs by their smallest examples --- */
    {PROFILE ("ALLOW", WITH_X86,
              RULE ("ERRNO", "\"dup2\"", ARG (0, EQ, 1)) "," RULE (
                  "ERRNO", "\"dup2\"", ARG (0, NE, 2) "," ARG (1, NE, 0))),
     MAY ("dup2", "x86_64, x86", 1, 0, "compare the wrong word")},
    {PROFILE ("ALLOW", "",
              RULE ("ERRNO", "\"dup2\"", ARG (0, LE, 5)) "," RULE ("ERRNO", "\"dup2\"",
                                                                   ARG (0, GE, 8589934592))),
     MAY ("dup2", "x86_64", 1, 0, "compare the wrong word")},
    {PROFILE ("ALLOW", "",
              RULE ("ERRNO", "\"dup2\"", ARG (0, GT, 5) "," ARG (1, EQ, 1)) "," RULE (
                  "ERRNO", "\"dup2\"", ARG (0, GT, 7) "," ARG (1, EQ, 2))),
     MAY ("dup2", "x86_64", 1, 0, "mix the two up, or take for ever to make")},
    {PROFILE ("ALLOW", "",
              RULE ("ERRNO", "\"dup2\"", ARG (2, EQ, 5)) "," RULE (
                  "ERRNO", "\"dup2\"", ARG (1, EQ, 5) "," ARG (2, NE, 5))),
     MAY ("dup2", "x86_64", 1, 0, "leave one of the two out")},
    {PROFILE ("ALLOW", "",
              RULE ("ERRNO", "\"dup2\"", ARG (0, GT, 5)) "," RULE (
                  "ERRNO", "\"dup2\"", ARG (0, GE, 5) "," ARG (1, EQ, 1))),
     MAY ("dup2", "x86_64", 1, 0, "leave one of the two out")},
    {PROFILE ("ALLOW", ", \"architectures\": [\"SCMP_ARCH_AARCH64\"]",
              RULE ("ERRNO", "\"open\"", "") "," RULE ("ERRNO", "\"clone\"", ARG (0, EQ, 5))),
     "note: syscalls[0].names[0]: crun decides all calls of aarch64 by the default action: "
     "libseccomp's program for it begins with open, which it lacks, and then loads no number\n"},
    /* Where it is right. */
    {PROFILE ("ALLOW", "",
              RULE ("ERRNO", "\"dup2\"", ARG (0, EQ, 1)) "," RULE (
                  "ERRNO", "\"dup2\"", ARG (0, EQ, 2) "," ARG (1, EQ, 0))),
     ""},

    /* --- words --- */
    {PROFILE ("ERRNO", "", RULE ("ALLOW", "\"raed\", \"nosuchcallatall\", \"Write\"", "")),
     "warning: syscalls[0].names[0]: unknown system call \"raed\", skipped; did you mean read?\n"
     "warning: syscalls[0].names[1]: unknown system call \"nosuchcallatall\", skipped\n"
     "warning: syscalls[0].names[2]: unknown system call \"Write\", skipped; did you mean "
     "write?\n"},
    {PROFILE (
         "ERRNO", ", \"archtectures\": [], \"_flags\": 1, \"note\": 2",
         "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"errnoret\": 1, \"agrs\": [], "
         "\"why\": 1}"),
     "warning: archtectures: unknown key, ignored; did you mean architectures? (keys are "
     "case-sensitive)\n"
     "warning: syscalls[0].errnoret: unknown key, ignored; did you mean errnoRet? (keys are "
     "case-sensitive)\n"
     "warning: syscalls[0].agrs: unknown key, ignored; did you mean args? (keys are "
     "case-sensitive)\n"},
    {PROFILE ("ERRNO", "",
              "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, "
              "\"value\": 1, \"valuetwo\": 2, \"op\": \"SCMP_CMP_EQ\"}]}"),
     "warning: syscalls[0].args[0].valuetwo: unknown key, ignored; did you mean valueTwo? (keys "
     "are case-sensitive)\n"},
    /* Also in a rule that this machine leaves out. */
    {PROFILE ("ERRNO", ", \"archMap\": []",
              "{\"names\": [\"raed\"], \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"caps\": "
              "[\"CAP_FLY\"], \"minkernel\": \"1.0\"}}"),
     "warning: syscalls[0].names[0]: unknown system call \"raed\", skipped; did you mean read?\n"
     "warning: syscalls[0].includes.caps[0]: unknown capability \"CAP_FLY\"; taken as one that "
     "nobody has\n"
     "warning: syscalls[0].includes.minkernel: unknown key, ignored; did you mean minKernel? "
     "(keys are case-sensitive)\n"},
};

static const char *
found (void)
{
  struct findings findings;
  const char *all = "";
  char path[256];

  lint_profile (&findings, &made.profile->profile, made.filter, &made.options, &made.arena);
  for (size_t i = 0; i < findings.count; i++)
    all = arena_printf (
        &made.arena, "%s%s: %s: %s\n", all, severity_name (findings.items[i].severity),
        json_path (findings.items[i].node, path, sizeof path), findings.items[i].text);
  return all;
}

static void
check_rows (void)
{
  GUARD_MADE ();
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const char *got;

    make (rows[i].json, "x86_64");
    got = found ();
    if (strcmp (got, rows[i].found) != 0)
      fail_msg ("%s\n got %s\nwant %s", rows[i].json, got, rows[i].found);
  }
}

static void
test_findings (void **state)
{
  (void) state;
  check_rows ();
}

static void
test_findings_in_small_chunks (void **state)
{
  (void) state;
  arena_chunk_size = 1;
  check_rows ();
}

/* --- what is found is true, and all of it --- */

enum { PROFILES = 400, POINTS = 40 };

/* One random profile; false if it is none that compiles. */
static struct random_profile random_json;

static bool
make_random (struct random *random)
{
  struct random_profile *from = &random_json;
  struct oci_seccomp_error error;
  struct oci_seccomp_options options = {.kernel = "6.1", .newer = OCI_SECCOMP_NEWER_DEFAULT};

  oci_seccomp_filter_free (made.filter);
  oci_seccomp_profile_free (made.profile);
  made.filter = NULL;
  made.profile = NULL;
  random_profile (from, random, RANDOM_ANYTHING);
  options.native_abi = from->native;
  options.bad_arch = from->bad_arch;
  assert_int_equal (options_resolve (&made.options, &options, &error), 0);
  return oci_seccomp_profile_parse (&made.profile, from->json, strlen (from->json), &options,
                                    &error) == 0 &&
         oci_seccomp_compile (&made.filter, made.profile, &options, &error) == 0;
}

static struct profile_name *
name_of_node (const struct json_node *node)
{
  struct profile *profile = &made.profile->profile;

  for (size_t i = 0; i < profile->rule_count; i++)
    for (size_t n = 0; n < profile->rules[i].name_count; n++)
      if (profile->rules[i].names[n].node == node)
        return &profile->rules[i].names[n];
  return NULL;
}

/* Takes the name out of the rule, compiles again, and compares. A conflict may come to light: the
 * older of two equal rules, one of which went, came before what contradicts them. */
static void
check_removal (struct profile_name *name)
{
  struct oci_seccomp_options options = {.kernel = "6.1",
                                        .newer = OCI_SECCOMP_NEWER_DEFAULT,
                                        .native_abi = abi_table[made.filter->native].name};
  struct oci_seccomp_filter *without;
  struct oci_seccomp_error error;
  struct side sides[2] = {{.program = &made.filter->program}, {0}};
  struct equivalence result;
  char bad_arch[VERDICT_TEXT];
  int row = name->syscall, code;

  options.bad_arch = verdict_text (made.options.bad_arch, bad_arch);
  name->syscall = SYSCALL_UNKNOWN;
  code = oci_seccomp_compile (&without, made.profile, &options, &error);
  name->syscall = row;
  if (code == OCI_SECCOMP_CONFLICTING_RULES)
    return;
  assert_int_equal (code, 0);
  sides[0].big_endian = sides[1].big_endian = abi_table[made.filter->native].big_endian;
  sides[1].program = &without->program;
  equivalence_check (&result, &sides[0], &sides[1], &made.arena);
  assert_int_equal (result.result, EQUIVALENCE_EQUAL);
  oci_seccomp_filter_free (without);
}

static void
test_spare_rules_are_spare (void **state)
{
  struct random random = random_start (5);
  size_t removed = 0;

  (void) state;
  for (volatile int i = 0; i < PROFILES; i++) {
    struct findings findings;

    arena_free (&made.arena);
    GUARD_MADE ();
    if (!make_random (&random))
      continue;
    lint_profile (&findings, &made.profile->profile, made.filter, &made.options, &made.arena);
    for (size_t f = 0; f < findings.count; f++) {
      const char *text = findings.items[f].text;

      if (!strstr (text, " never decides: ") && !strstr (text, " is not needed: "))
        continue;
      check_removal (name_of_node (findings.items[f].node));
      removed++;
    }
  }
  assert_true (removed > 100);
}

static bool
matches (const struct rule *rule, const uint64_t *arguments)
{
  for (int i = 0; i < rule->test_count; i++) {
    const struct test *test = &rule->tests[i];
    uint64_t value = arguments[test->index] & test->mask;
    int order = value < test->value ? -1 : value > test->value;
    bool holds = test->op == OPERATOR_NE   ? order != 0
                 : test->op == OPERATOR_LT ? order < 0
                 : test->op == OPERATOR_LE ? order <= 0
                 : test->op == OPERATOR_GE ? order >= 0
                 : test->op == OPERATOR_GT ? order > 0
                                           : order == 0;

    if (!holds)
      return false;
  }
  return true;
}

static bool
is_told (const struct findings *findings, const struct rule *rule)
{
  for (size_t i = 0; i < findings->count; i++)
    if (findings->items[i].node == rule->name->node &&
        (strstr (findings->items[i].text, " overlaps ") ||
         strstr (findings->items[i].text, " never decides: ")))
      return true;
  return false;
}

/* Where two rules match one call and say different things, the one that does not decide is told. */
static size_t
check_call (const struct findings *findings, const struct call *call, struct random *random)
{
  size_t met = 0;

  for (int point = 0; point < POINTS; point++) {
    const struct rule *first = NULL;
    uint64_t arguments[6];

    for (int i = 0; i < 6; i++)
      arguments[i] = random_below (random, 4);
    for (size_t r = 0; r < call->rule_count; r++) {
      const struct test *tests = call->rules[r].tests;

      for (int t = 0; t < call->rules[r].test_count; t++)
        if (random_chance (random, 2))
          arguments[tests[t].index] = tests[t].value + random_below (random, 3) - 1;
    }
    for (size_t r = 0; r < call->rule_count; r++) {
      if (!matches (&call->rules[r], arguments))
        continue;
      if (!first)
        first = &call->rules[r];
      if (first->verdict == call->rules[r].verdict)
        continue;
      assert_true (is_told (findings, &call->rules[r]));
      met++;
    }
  }
  return met;
}

static void
test_all_overlaps_are_told (void **state)
{
  struct random random = random_start (9);
  size_t met = 0;

  (void) state;
  for (volatile int i = 0; i < PROFILES; i++) {
    struct findings findings;

    arena_free (&made.arena);
    GUARD_MADE ();
    if (!make_random (&random))
      continue;
    lint_profile (&findings, &made.profile->profile, made.filter, &made.options, &made.arena);
    for (size_t r = 0; r < made.filter->rules_count; r++)
      for (size_t c = 0; c < made.filter->rules[r].call_count; c++)
        met += check_call (&findings, &made.filter->rules[r].calls[c], &random);
  }
  assert_true (met > 100);
}

/* --- libseccomp --- */

/* Whether a finding tells that a call may come out otherwise elsewhere: by its overlaps, or by what
 * libseccomp makes of it. */
static bool
is_told_of_call (const struct findings *findings, enum abi abi, const char *name)
{
  char starts[2][100], otherwise[100], all[100];

  snprintf (starts[0], sizeof starts[0], "%s overlaps", name);
  snprintf (starts[1], sizeof starts[1], "%s never decides", name);
  snprintf (otherwise, sizeof otherwise, "may decide %s otherwise on", name);
  snprintf (all, sizeof all, "crun decides all calls of %s by", abi_table[abi].name);
  for (size_t i = 0; i < findings->count; i++) {
    const char *text = findings->items[i].text;

    if (strstr (text, all) || strncmp (text, starts[0], strlen (starts[0])) == 0 ||
        strncmp (text, starts[1], strlen (starts[1])) == 0 ||
        (strstr (text, otherwise) && strstr (text, abi_table[abi].name)))
      return true;
  }
  return false;
}

static enum abi
abi_of_call (const struct seccomp_data *call)
{
  enum abi abi = ABI_X86_64;

  abi_from_token (call->arch, &abi);
  return abi == ABI_X86_64 && (call->nr & X32_BIT) ? ABI_X32 : abi;
}

static size_t
check_against_peer (const struct findings *findings, const struct peer *peer,
                    const struct points *points)
{
  size_t differences = 0;

  for (size_t i = 0; i < points->count; i++) {
    const struct seccomp_data *call = &points->calls[i];
    enum abi abi = abi_of_call (call);
    int row = syscall_from_number ((uint32_t) call->nr, abi);
    char text[300];

    if (row == SYSCALL_UNKNOWN || !peer_knows (peer, call) ||
        peer_decide (peer, call) == oci_seccomp_filter_evaluate (made.filter, call))
      continue;
    differences++;
    snprintf (text, sizeof text, "%s", equivalence_call_text (call, &made.arena));
    if (!is_told_of_call (findings, abi, syscall_name (row)))
      fail_msg ("%s: libseccomp differs, and nothing tells", text);
  }
  return differences;
}

/* One random profile beside libseccomp: how many calls it decides otherwise. */
static size_t
look_at_peer (struct random *random, const char *json)
{
  struct oracle_machine machine = oracle_machine (abi_table[made.filter->native].name);
  struct points points = {0};
  struct findings findings;
  struct oracle *oracle;
  struct peer peer;
  size_t differences = 0;

  machine.newer_default = true;
  machine.bad_arch = made.options.bad_arch;
  oracle = oracle_new (json, &machine);
  assert_false (oracle->is_error);
  lint_profile (&findings, &made.profile->profile, made.filter, &made.options, &made.arena);
  if (peer_compile_form (&peer, oracle, PEER_LINEAR) == PEER_DONE) {
    points_add_borders (&points, oracle, random, 60);
    differences = check_against_peer (&findings, &peer, &points);
    points_free (&points);
    peer_free (&peer);
  }
  oracle_free (oracle);
  return differences;
}

/* Of these profiles: of thousands, it differs in a few for reasons that no shape tells. */
static void
test_libseccomp_differs_only_where_told (void **state)
{
  struct random random = random_start (21);
  size_t differences = 0;

  (void) state;
  if (!strcmp (peer_version (), "none")) {
    print_message ("# without libseccomp\n");
    skip ();
  }
  for (volatile int i = 0; i < PROFILES; i++) {
    arena_free (&made.arena);
    GUARD_MADE ();
    if (make_random (&random))
      differences += look_at_peer (&random, random_json.json);
  }
  assert_true (differences > 0);
}

/* Very many conditions on one call: an end, and nothing said that is not known. */
static void
test_too_much (void **state)
{
  enum { RULES = 1500, ROOM = RULES * 400 };
  char *json = malloc (ROOM);
  size_t used;
  struct findings findings;

  (void) state;
  GUARD_MADE ();
  assert_non_null (json);
  used = (size_t) sprintf (json, "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [");
  for (int i = 0; i < RULES; i++)
    used += (size_t) sprintf (
        json + used,
        "%s{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": %d, \"args\": "
        "[{\"index\": 0, \"op\": \"SCMP_CMP_EQ\", \"value\": %d}]}",
        i ? "," : "", i % 7 + 1, i * 17);
  sprintf (json + used, "]}");
  make (json, "x86_64");
  free (json);
  lint_profile (&findings, &made.profile->profile, made.filter, &made.options, &made.arena);
  for (size_t i = 0; i < findings.count; i++)
    assert_non_null (strstr (findings.items[i].text, "too many conditions"));
  assert_true (findings.count <= 1);
}

/* --- slips of the pen --- */

static void
test_similar_words (void **state)
{
  static const char *const words[] = {"names", "action", "errnoRet", "op", "args", NULL};
  static const struct {
    const char *word, *meant;
  } slips[] = {
      {"names", NULL},
      {"name", "names"},
      {"nmaes", "names"},
      {"NAMES", "names"},
      {"Action", "action"},
      {"acton", "action"},
      {"acction", "action"},
      {"actoin", "action"},
      {"errno", NULL},
      {"errnoReturn", NULL},
      {"errnRte", "errnoRet"},
      {"eronRet", "errnoRet"},
      {"OP", "op"},
      {"po", NULL},
      {"o", NULL},
      {"arg", "args"},
      {"rags", "args"},
      {"arses", "args"},
      {"", NULL},
      {"comment", NULL},
  };

  (void) state;
  for (size_t i = 0; i < sizeof slips / sizeof slips[0]; i++) {
    const char *got = similar_word (slips[i].word, words);

    if (!got || !slips[i].meant)
      assert_ptr_equal (got, slips[i].meant);
    else
      assert_string_equal (got, slips[i].meant);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      MADE (test_findings),
      MADE (test_findings_in_small_chunks),
      MADE (test_spare_rules_are_spare),
      MADE (test_all_overlaps_are_told),
      MADE (test_libseccomp_differs_only_where_told),
      MADE (test_too_much),
      cmocka_unit_test (test_similar_words),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
