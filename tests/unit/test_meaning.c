/* What a profile means, as a diagram: against the naive oracle, call by call, and against
 * libseccomp's programs, for all calls at once. SEED of the environment says where to begin. */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "difference.h"
#include "filter.h"
#include "meaning.h"
#include "order.h"
#include "syscalls.h"
#include "verdict.h"

#include <cmocka.h> /* last: its fail is a macro */

enum { PROFILES = 500, BUDGET = 150, PEERS = 60, FILE_MAX = 1 << 20 };

static struct arena arena;

static unsigned long
first_seed (void)
{
  const char *seed = getenv ("SEED");

  return seed ? strtoul (seed, NULL, 0) : 1;
}

static int
begin (void **context)
{
  (void) context;
  arena_init (&arena);
  return ARENA_GUARD (&arena) ? -1 : 0;
}

static int
end (void **context)
{
  (void) context;
  arena_free (&arena);
  return 0;
}

/* A profile read by the library, and the oracle's reading of the same text. */
struct reading {
  struct oracle *oracle;
  struct oci_seccomp_profile *profile;
  struct options options;
};

static void
reading_open (struct reading *reading, const char *json, const struct oracle_machine *machine)
{
  struct oci_seccomp_options library;
  struct oci_seccomp_error err;
  char kernel[24], bad_arch[32];

  reading->oracle = oracle_new (json, machine);
  if (reading->oracle->is_error)
    fail_msg ("%s\n%s", reading->oracle->why, json);
  library = compare_options (reading->oracle, kernel);
  library.bad_arch = oracle_verdict_text (machine->bad_arch, bad_arch, sizeof bad_arch);
  if (oci_seccomp_profile_parse (&reading->profile, json, strlen (json), &library, &err) ||
      options_resolve (&reading->options, &library, &err))
    fail_msg ("%s\n%s", err.message, json);
}

static void
reading_close (struct reading *reading)
{
  oracle_free (reading->oracle);
  oci_seccomp_profile_free (reading->profile);
  arena_free (&arena);
  arena_init (&arena);
  if (ARENA_GUARD (&arena))
    fail_msg ("out of memory");
}

/* --- the oracle ---------------------------------------------------------------------------- */

static size_t
compare_at_points (const struct reading *reading, struct points *points, const char *json)
{
  struct order_sets sets = {.arena = &arena};
  struct meaning meaning, by_call;
  struct diagrams diagrams;

  diagrams_init (&diagrams, &arena);
  order_sets_of_profile (&sets, &reading->profile->profile, &reading->options);
  if (points->count % 2)
    diagrams_restart (&diagrams, order_of_sets (&sets), DIAGRAM_MAX_NODES, DIAGRAM_MAX_STEPS);
  meaning_read (&meaning, &diagrams, &reading->profile->profile, &reading->options);
  meaning_read_by_call (&by_call, &arena, &reading->profile->profile, &reading->options);
  assert_false (diagrams.exceeded);
  for (size_t i = 0; i < points->count; i++) {
    uint32_t wanted = verdict_effect (oracle_decide (reading->oracle, &points->calls[i]));
    uint32_t value = diagram_value (&diagrams, meaning.result, &points->calls[i]);
    uint32_t alone = meaning_verdict (&by_call, &points->calls[i]);

    if (value != wanted || alone != wanted)
      fail_msg ("%s: 0x%x, by the call alone 0x%x, the oracle says 0x%x\n%s",
                equivalence_call_text (&points->calls[i], &arena), value, alone, wanted, json);
  }
  return points->count;
}

static void
random_profiles (void **context)
{
  static struct random_profile profile;
  unsigned long seed = first_seed ();
  size_t compared = 0;

  (void) context;
  for (unsigned i = 0; i < PROFILES; i++) {
    struct random random = random_start (seed + i);
    struct points points = {0};
    struct oracle_machine machine;
    struct reading reading;
    char why[200];

    random_profile (&profile, &random, (enum random_kind) (i % RANDOM_KINDS));
    machine = oracle_machine (profile.native);
    machine.newer_default = profile.newer_default;
    machine.bad_arch = profile.bad_arch_verdict;
    reading_open (&reading, profile.json, &machine);
    if (!oracle_conflict (reading.oracle, why, sizeof why)) {
      points_add_borders (&points, reading.oracle, &random, BUDGET);
      compared += compare_at_points (&reading, &points, profile.json);
    }
    points_free (&points);
    reading_close (&reading);
  }
  print_message ("# %zu calls\n", compared);
  assert_true (compared > PROFILES * 100);
}

/* --- the contract, point by point ------------------------------------------------------------ */

enum {
  ALLOW = SECCOMP_RET_ALLOW,
  ENOSYS_ = SECCOMP_RET_ERRNO | 38,
  KILL = SECCOMP_RET_KILL_THREAD,
  DEFAULT = SECCOMP_RET_ERRNO | 1,
  NINE = SECCOMP_RET_ERRNO | 9,
  X86_64_TOKEN = 0xc000003e,
  X86_TOKEN = 0x40000003,
  S390X_TOKEN = 0x80000016,
};

#define RULE(names, action, args) \
  "{\"names\":[" names "],\"action\":\"SCMP_ACT_" action "\",\"errnoRet\":9,\"args\":[" args "]}"
#define ALLOWED(names, args) \
  "{\"names\":[" names "],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[" args "]}"
#define ARG(index, op, value) \
  "{\"index\":" #index ",\"op\":\"SCMP_CMP_" op "\",\"value\":" #value "}"
#define MASKED(index, mask, value) \
  "{\"index\":" #index ",\"op\":\"SCMP_CMP_MASKED_EQ\",\"value\":" #mask ",\"valueTwo\":" #value "}"

struct expected {
  const char *native, *abis, *default_action, *rules;
  bool newer_default;
  struct seccomp_data call;
  uint32_t verdict;
};

static const struct expected expectations[] = {
    /* 1: what equals the default carves no exception, but raises the last number. */
    {"x86_64", "", "ERRNO", RULE ("\"read\"", "ERRNO", ""), false, {0, X86_64_TOKEN, 0, {0}}, NINE},
    {"x86_64",
     "",
     "ALLOW",
     ALLOWED ("\"read\"", "") "," RULE ("\"read\"", "ERRNO", ""),
     false,
     {0, X86_64_TOKEN, 0, {0}},
     NINE},
    {"x86_64",
     "",
     "KILL",
     "{\"names\":[\"close_range\"],\"action\":\"SCMP_ACT_KILL\"}",
     false,
     {400, X86_64_TOKEN, 0, {0}},
     KILL},
    {"x86_64",
     "",
     "KILL",
     "{\"names\":[\"close_range\"],\"action\":\"SCMP_ACT_KILL\"}",
     false,
     {437, X86_64_TOKEN, 0, {0}},
     ENOSYS_},
    /* 2: an index twice makes all of them alternatives. */
    {"x86_64",
     "",
     "ERRNO",
     ALLOWED ("\"read\"", ARG (0, "EQ", 1) "," ARG (0, "EQ", 2) "," ARG (1, "EQ", 7)),
     false,
     {0, X86_64_TOKEN, 0, {5, 7}},
     ALLOW},
    /* 3: a mask of 0 says nothing; 32-bit ABIs see 32 bits. */
    {"x86_64",
     "",
     "ERRNO",
     ALLOWED ("\"read\"", MASKED (0, 0, 7)),
     false,
     {0, X86_64_TOKEN, 0, {5}},
     ALLOW},
    {"x86",
     "",
     "ERRNO",
     ALLOWED ("\"read\"", MASKED (0, 4294967296, 7)),
     false,
     {3, X86_TOKEN, 0, {5}},
     ALLOW},
    {"x86",
     "",
     "ERRNO",
     ALLOWED ("\"read\"", ARG (0, "EQ", 4294967301)),
     false,
     {3, X86_TOKEN, 0, {UINT64_C (0x700000005)}},
     ALLOW},
    {"x86_64",
     "\"SCMP_ARCH_X32\"",
     "ERRNO",
     ALLOWED ("\"read\"", ARG (0, "EQ", 5)),
     false,
     {0x40000000, X86_64_TOKEN, 0, {UINT64_C (0x700000005)}},
     ALLOW},
    {"x86_64",
     "\"SCMP_ARCH_X32\"",
     "ERRNO",
     ALLOWED ("\"read\"", ARG (0, "EQ", 5)),
     false,
     {0, X86_64_TOKEN, 0, {UINT64_C (0x700000005)}},
     DEFAULT},
    /* 4 */
    {"x86_64",
     "",
     "KILL",
     RULE ("\"read\"", "ERRNO", ARG (0, "EQ", 5)) "," ALLOWED ("\"read\"", ""),
     false,
     {0, X86_64_TOKEN, 0, {5}},
     ALLOW},
    /* 5: higher argument first; equality before order; the larger value first. */
    {"x86_64",
     "",
     "KILL",
     RULE ("\"read\"", "ERRNO", ARG (0, "EQ", 5)) "," ALLOWED ("\"read\"", ARG (1, "GE", 0)),
     false,
     {0, X86_64_TOKEN, 0, {5}},
     ALLOW},
    {"x86_64",
     "",
     "KILL",
     ALLOWED ("\"read\"", ARG (0, "LT", 9)) "," RULE ("\"read\"", "ERRNO", ARG (0, "NE", 7)),
     false,
     {0, X86_64_TOKEN, 0, {5}},
     NINE},
    {"x86_64",
     "",
     "KILL",
     ALLOWED ("\"read\"", ARG (0, "EQ", 5)) "," RULE ("\"read\"", "ERRNO", ARG (0, "NE", 7)),
     false,
     {0, X86_64_TOKEN, 0, {5}},
     NINE},
    {"x86_64",
     "",
     "KILL",
     ALLOWED ("\"read\"", ARG (0, "LT", 9)) "," RULE ("\"read\"", "ERRNO", ARG (0, "LE", 7)),
     false,
     {0, X86_64_TOKEN, 0, {5}},
     NINE},
    /* 7: socketcall in place of argument 0. */
    {"x86",
     "",
     "ERRNO",
     ALLOWED ("\"socket\"", ARG (0, "EQ", 16)),
     false,
     {102, X86_TOKEN, 0, {1}},
     ALLOW},
    {"x86",
     "",
     "ERRNO",
     ALLOWED ("\"socket\"", ARG (0, "EQ", 16)),
     false,
     {359, X86_TOKEN, 0, {1}},
     DEFAULT},
    {"x86",
     "",
     "ERRNO",
     ALLOWED ("\"socket\"", ARG (1, "EQ", 16)),
     true,
     {102, X86_TOKEN, 0, {1, 15}},
     DEFAULT},
    /* 8 */
    {"x86_64", "", "ALLOW", "", false, {0, X86_TOKEN, 0, {0}}, KILL},
    {"x86_64", "\"SCMP_ARCH_X86\"", "ALLOW", "", false, {0, X86_TOKEN, 0, {0}}, ALLOW},
    {"x86_64", "", "ALLOW", "", false, {0x40000000, X86_64_TOKEN, 0, {0}}, KILL},
    {"x86_64", "\"SCMP_ARCH_X32\"", "ALLOW", "", false, {0x40000000, X86_64_TOKEN, 0, {0}}, ALLOW},
    {"x86_64",
     "",
     "ERRNO",
     ALLOWED ("\"close_range\"", ""),
     false,
     {-1, X86_64_TOKEN, 0, {0}},
     DEFAULT},
    {"x86_64",
     "\"SCMP_ARCH_X32\"",
     "ERRNO",
     ALLOWED ("\"close_range\"", ""),
     false,
     {-1, X86_64_TOKEN, 0, {0}},
     ENOSYS_},
    {"x86_64",
     "",
     "ERRNO",
     ALLOWED ("\"close_range\"", ""),
     false,
     {(int) 0x80000000, X86_64_TOKEN, 0, {0}},
     ENOSYS_},
    {"x86_64",
     "",
     "ERRNO",
     ALLOWED ("\"close_range\"", ""),
     true,
     {(int) 0x80000000, X86_64_TOKEN, 0, {0}},
     KILL},
    {"x86_64",
     "",
     "ERRNO",
     ALLOWED ("\"close_range\"", ""),
     false,
     {(int) 0xc0000000, X86_64_TOKEN, 0, {0}},
     KILL},
    /* 9: number 0 alone is no last number; s390 counts 0 as newer. */
    {"x86_64", "", "ERRNO", ALLOWED ("\"read\"", ""), false, {1, X86_64_TOKEN, 0, {0}}, DEFAULT},
    {"x86_64", "", "ERRNO", ALLOWED ("\"write\"", ""), false, {2, X86_64_TOKEN, 0, {0}}, ENOSYS_},
    {"x86_64", "", "ERRNO", ALLOWED ("\"write\"", ""), true, {2, X86_64_TOKEN, 0, {0}}, DEFAULT},
    {"s390x", "", "ERRNO", ALLOWED ("\"write\"", ""), false, {0, S390X_TOKEN, 0, {0}}, ENOSYS_},
    {"s390x", "", "ERRNO", ALLOWED ("\"write\"", ""), true, {0, S390X_TOKEN, 0, {0}}, DEFAULT},
    {"x86", "", "ERRNO", ALLOWED ("\"socket\"", ""), false, {500, X86_TOKEN, 0, {0}}, DEFAULT},
    /* 10 */
    {"x86_64",
     "",
     "ERRNO",
     ALLOWED ("\"no_such_call\",\"write\"", ""),
     false,
     {1, X86_64_TOKEN, 0, {0}},
     ALLOW},
};

static void
points_of_the_contract (void **context)
{
  (void) context;
  for (size_t i = 0; i < sizeof expectations / sizeof expectations[0]; i++) {
    const struct expected *expected = &expectations[i];
    struct oracle_machine machine = oracle_machine (expected->native);
    struct reading reading;
    struct diagrams diagrams;
    struct meaning meaning;
    char json[2048];

    machine.newer_default = expected->newer_default;
    snprintf (json, sizeof json,
              "{\"defaultAction\":\"SCMP_ACT_%s\",\"architectures\":[%s],\"syscalls\":[%s]}",
              expected->default_action, expected->abis, expected->rules);
    reading_open (&reading, json, &machine);
    diagrams_init (&diagrams, &arena);
    meaning_read (&meaning, &diagrams, &reading.profile->profile, &reading.options);
    if (diagram_value (&diagrams, meaning.result, &expected->call) != expected->verdict)
      fail_msg ("case %zu: 0x%x, not 0x%x: %s", i,
                diagram_value (&diagrams, meaning.result, &expected->call), expected->verdict,
                json);
    assert_int_equal (oracle_decide (reading.oracle, &expected->call), expected->verdict);
    reading_close (&reading);
  }
}

/* A number that no table has a name for: the library's users can ask for it, no document can. */
static void
numbers_without_a_name (void **context)
{
  static const char json[] = "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":"
                             "[\"read\"],\"action\":\"SCMP_ACT_ERRNO\",\"args\":[{\"index\":1,"
                             "\"op\":\"SCMP_CMP_GT\",\"value\":4294967296}]}]}";
  struct oracle_machine machine = oracle_machine ("x86_64");
  struct seccomp_data call = {.arch = X86_64_TOKEN, .nr = 5555, .args = {0, 4294967297}};
  struct oci_seccomp_options library = {.native_abi = "x86_64", .verify = true};
  struct oci_seccomp_filter *filter;
  struct oci_seccomp_error err;
  struct profile_name *name;
  struct diagrams diagrams;
  struct reading reading;
  struct meaning meaning;

  (void) context;
  reading_open (&reading, json, &machine);
  name = &reading.profile->profile.rules[0].names[0];
  name->syscall = SYSCALL_UNKNOWN;
  name->numbered = true;
  name->number = 5555;
  diagrams_init (&diagrams, &arena);
  meaning_read (&meaning, &diagrams, &reading.profile->profile, &reading.options);
  assert_int_equal (diagram_value (&diagrams, meaning.result, &call), DEFAULT);
  call.args[1]--;
  assert_int_equal (diagram_value (&diagrams, meaning.result, &call), ALLOW);
  if (oci_seccomp_compile (&filter, reading.profile, &library, &err))
    fail_msg ("%s", err.message);
  oci_seccomp_filter_free (filter);
  reading_close (&reading);
}

/* --- libseccomp ------------------------------------------------------------------------------ */

static struct equivalence
check_peer (const struct reading *reading, const struct peer *peer)
{
  struct program program = {peer->instructions, peer->length};
  struct side profile = {.profile = &reading->profile->profile, .options = &reading->options};
  struct side other = {.program = &program, .big_endian = reading->oracle->abis[0]->big_endian};
  struct oci_seccomp_error err;
  struct equivalence result;

  assert_int_equal (program_check (&program, &err), 0);
  equivalence_check (&result, &profile, &other, &arena);
  return result;
}

/* Its bugs, by the numbers that they have in our notes: the smallest rules that show each. */
static const struct bug {
  const char *name, *native, *rules;
} bugs[] = {
    {"D1 on 32 bits", "x86",
     RULE ("\"personality\"", "ERRNO", ARG (0, "EQ", 1)) "," RULE (
         "\"personality\"", "ERRNO", ARG (0, "NE", 2) "," ARG (1, "NE", 0))},
    {"D1 on 64 bits", "x86_64",
     RULE ("\"personality\"", "ERRNO", ARG (0, "LT", 4294967297)) "," RULE (
         "\"personality\"", "ERRNO", ARG (0, "LT", 4294967295))},
    {"D1 that denies", "x86_64",
     RULE ("\"personality\"", "ERRNO", ARG (0, "LE", 5)) "," RULE ("\"personality\"", "ERRNO",
                                                                   ARG (0, "GE", 8589934592))},
    {"D1 that fails open", "x86_64",
     RULE ("\"personality\"", "ERRNO", ARG (0, "GE", 4294967294)) "," RULE (
         "\"personality\"", "ERRNO", ARG (0, "GT", 1) "," ARG (2, "EQ", 5))},
    {"D2", "x86_64",
     RULE ("\"personality\"", "ERRNO", ARG (0, "GT", 5) "," ARG (1, "EQ", 1)) "," RULE (
         "\"personality\"", "ERRNO", ARG (0, "GT", 7) "," ARG (1, "EQ", 2))},
    {"D4", "x86_64",
     RULE ("\"personality\"", "ERRNO", ARG (2, "EQ", 5)) "," RULE (
         "\"personality\"", "ERRNO", ARG (1, "EQ", 5) "," ARG (2, "NE", 5))},
    {"D5", "aarch64",
     RULE ("\"open\"", "ERRNO", "") "," RULE ("\"clone\"", "ERRNO", ARG (0, "EQ", 5))},
};

static void
finds_bugs_of_libseccomp (void **context)
{
  (void) context;
  for (size_t i = 0; i < sizeof bugs / sizeof bugs[0]; i++) {
    struct oracle_machine machine = oracle_machine (bugs[i].native);
    struct equivalence result;
    struct reading reading;
    struct peer peer;
    char json[1024];

    snprintf (json, sizeof json, "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[%s]}",
              bugs[i].rules);
    reading_open (&reading, json, &machine);
    if (peer_compile (&peer, reading.oracle) == PEER_ABSENT) {
      reading_close (&reading);
      print_message ("# without libseccomp\n");
      skip ();
    }
    result = check_peer (&reading, &peer);
    if (result.result == EQUIVALENCE_EQUAL) {
      print_message ("# this libseccomp is free of %s\n", bugs[i].name);
    } else {
      char wanted[VERDICT_TEXT], got[VERDICT_TEXT];

      assert_int_equal (result.result, EQUIVALENCE_DIFFERENT);
      assert_int_equal (oracle_decide (reading.oracle, &result.witness), result.verdicts[0]);
      assert_int_equal (peer_decide (&peer, &result.witness), result.verdicts[1]);
      print_message ("# %s: %s is %s, should be %s\n", bugs[i].name,
                     equivalence_call_text (&result.witness, &arena),
                     verdict_text (result.verdicts[1], got),
                     verdict_text (result.verdicts[0], wanted));
    }
    peer_free (&peer);
    reading_close (&reading);
  }
}

/* One condition a rule with 32-bit values, or equalities alone: there libseccomp is right, for all
 * calls. */
static void
random_rules (char *json, size_t size, struct random *random, bool equal)
{
  static const char *const ops[] = {"EQ", "NE", "LT", "LE", "GT", "GE"};
  static const char *const calls[] = {"personality", "read", "ioctl", "clone"};
  size_t used = (size_t) snprintf (json, size,
                                   "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":"
                                   "[\"SCMP_ARCH_X86\"],\"syscalls\":[");

  for (unsigned i = 0, count = 1 + random_below (random, 6); i < count; i++) {
    unsigned conditions = equal ? 1 + random_below (random, 3) : 1;

    used += (size_t) snprintf (json + used, size - used,
                               "%s{\"names\":[\"%s\"],\"action\":"
                               "\"SCMP_ACT_ERRNO\",\"errnoRet\":9,\"args\":[",
                               i ? "," : "", calls[random_below (random, 4)]);
    for (unsigned j = 0; j < conditions; j++)
      used += (size_t) snprintf (
          json + used, size - used, "%s{\"index\":%u,\"op\":\"SCMP_CMP_%s\",\"value\":%llu}",
          j ? "," : "", j + random_below (random, 4 - conditions),
          equal ? "EQ" : ops[random_below (random, 6)],
          equal ? (unsigned long long) random_below (random, 2) << 32 | random_below (random, 3)
                : (unsigned long long) random_below (random, 5));
    used += (size_t) snprintf (json + used, size - used, "]}");
  }
  snprintf (json + used, size - used, "]}");
}

static void
proves_libseccomp_where_it_is_right (void **context)
{
  struct oracle_machine machine = oracle_machine ("x86_64");
  unsigned long seed = first_seed ();
  unsigned proved = 0;

  (void) context;
  for (unsigned i = 0; i < PEERS; i++) {
    struct random random = random_start (seed + i);
    struct reading reading;
    struct peer peer;
    char json[4096];

    random_rules (json, sizeof json, &random, i % 2);
    reading_open (&reading, json, &machine);
    if (peer_compile (&peer, reading.oracle) == PEER_ABSENT) {
      reading_close (&reading);
      print_message ("# without libseccomp\n");
      skip ();
    }
    struct equivalence result = check_peer (&reading, &peer);

    if (result.result != EQUIVALENCE_EQUAL)
      fail_msg ("SEED=%lu: %s\n%s", seed + i, equivalence_call_text (&result.witness, &arena),
                json);
    proved++;
    peer_free (&peer);
    reading_close (&reading);
  }
  assert_int_equal (proved, PEERS);
}

/* --- real profiles --------------------------------------------------------------------------- */

static char *
read_file (const char *path)
{
  FILE *file = fopen (path, "re");
  char *bytes = calloc (1, FILE_MAX + 1);

  assert_non_null (file);
  assert_in_range (fread (bytes, 1, FILE_MAX, file), 1, FILE_MAX - 1);
  fclose (file);
  return bytes;
}

/* The two lists of system calls are of different days: there alone may the programs differ. */
static size_t
check_differences (const struct peer *peer, struct equivalence *result, const char *path)
{
  struct differences differences;
  size_t numbers = 0;

  differences_find (&differences, result);
  assert_true (differences.complete);
  for (size_t i = 0; i < differences.count; i++)
    for (size_t j = 0; j < differences.items[i].range_count; j++) {
      const struct number_range *range = &differences.items[i].ranges[j];
      struct seccomp_data call = differences.items[i].witness;

      for (uint32_t number = range->first; number <= range->last; number++) {
        call.nr = (int) number;
        if (peer_knows (peer, &call))
          fail_msg ("%s: %s", path, equivalence_call_text (&call, &arena));
        numbers++;
      }
    }
  return numbers;
}

static void
check_real_profile (const char *path, const char *native)
{
  struct oracle_machine machine = oracle_machine (native);
  char *json = read_file (path);
  struct equivalence result;
  struct reading reading;
  struct peer peer;
  size_t numbers = 0;

  machine.newer_default = true;
  reading_open (&reading, json, &machine);
  if (peer_compile (&peer, reading.oracle) == PEER_DONE) {
    result = check_peer (&reading, &peer);
    if (result.result == EQUIVALENCE_DIFFERENT)
      numbers = check_differences (&peer, &result, path);
    else
      assert_int_equal (result.result, EQUIVALENCE_EQUAL);
    print_message ("# %s on %s: libseccomp's %zu instructions: %s %zu numbers new to its list\n",
                   strrchr (path, '/') + 1, native, peer.length,
                   numbers ? "the same but for" : "the same, and", numbers);
  }
  peer_free (&peer);
  reading_close (&reading);
  free (json);
}

static void
check_directory (const char *directory, const char *below)
{
  char pattern[4096];
  glob_t files;

  snprintf (pattern, sizeof pattern, "%s%s/*.json", directory, below);
  if (glob (pattern, 0, NULL, &files))
    fail_msg ("nothing like %s", pattern);
  for (size_t i = 0; i < files.gl_pathc; i++) {
    check_real_profile (files.gl_pathv[i], "x86_64");
    check_real_profile (files.gl_pathv[i], "aarch64");
  }
  globfree (&files);
}

static void
real_profiles_through_libseccomp (void **context)
{
  const char *source = getenv ("srcdir"), *more = getenv ("PROFILES_DIR");

  (void) context;
  check_directory (source ? source : ".", "/tests/profiles");
  if (more)
    check_directory (more, "");
}

/* --- the compiler ---------------------------------------------------------------------------- */

/* A mistake put into a compiled program is found. */
static void
broken_programs_are_refuted (void **context)
{
  static struct random_profile profile;
  unsigned refuted = 0, proved = 0;

  (void) context;
  for (unsigned i = 0; i < PEERS; i++) {
    struct random random = random_start (first_seed () + i);
    struct oci_seccomp_filter *filter;
    struct oci_seccomp_options library;
    struct oci_seccomp_error err;
    struct oracle_machine machine;
    struct equivalence result;
    struct reading reading;
    char kernel[24], bad_arch[32];

    random_profile (&profile, &random, RANDOM_EQUAL);
    machine = oracle_machine (profile.native);
    machine.newer_default = profile.newer_default;
    machine.bad_arch = profile.bad_arch_verdict;
    reading_open (&reading, profile.json, &machine);
    library = compare_options (reading.oracle, kernel);
    library.bad_arch = oracle_verdict_text (machine.bad_arch, bad_arch, sizeof bad_arch);
    if (!oci_seccomp_compile (&filter, reading.profile, &library, &err)) {
      struct side asked = {.profile = &reading.profile->profile, .options = &reading.options};
      struct side made = {.program = &filter->program,
                          .big_endian = abi_table[filter->native].big_endian};
      struct sock_filter *insn =
          &filter->program.instructions[random_below (&random, (unsigned) filter->program.length)];

      equivalence_check (&result, &asked, &made, &arena);
      assert_int_equal (result.result, EQUIVALENCE_EQUAL);
      proved++;
      if (BPF_CLASS (insn->code) == BPF_JMP || BPF_CLASS (insn->code) == BPF_RET) {
        insn->k = BPF_CLASS (insn->code) == BPF_RET ? insn->k ^ SECCOMP_RET_TRAP : insn->k + 1;
        if (insn->code != (BPF_JMP | BPF_JA)) {
          equivalence_check (&result, &asked, &made, &arena);
          assert_int_not_equal (result.result, EQUIVALENCE_UNKNOWN);
          refuted += result.result == EQUIVALENCE_DIFFERENT;
        }
      }
      oci_seccomp_filter_free (filter);
    }
    reading_close (&reading);
  }
  print_message ("# %u proved, %u refuted when changed\n", proved, refuted);
  assert_true (proved > PEERS / 2);
  assert_true (refuted > PEERS / 4);
}

/* Many names under the same conditions are hardly more work than one, on all ABIs together. */
static void
many_names_alike (void **context)
{
  enum { NAMES = 300, CONDITIONS = 60, NODES = 1 << 15, STEPS = 1 << 18 };
  const char *names = "\"read\"", *rules = "";
  const struct oracle_machine machine = oracle_machine ("x86_64");
  struct reading reading;
  struct meaning meaning;
  struct diagrams diagrams;

  (void) context;
  for (int row = 0; row < NAMES; row++)
    names = arena_printf (&arena, "%s, \"%s\"", names, syscall_name (row));
  for (unsigned i = 0; i < CONDITIONS; i++)
    rules = arena_printf (&arena,
                          "%s%s{\"names\": [%s], \"action\": \"SCMP_ACT_ERRNO\", \"args\": "
                          "[{\"index\": %u, \"op\": \"SCMP_CMP_EQ\", \"value\": %u}]}",
                          rules, i ? ", " : "", names, i % 6, i);
  reading_open (&reading,
                arena_printf (&arena,
                              "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\": "
                              "[\"SCMP_ARCH_AARCH64\", \"SCMP_ARCH_RISCV64\"], "
                              "\"syscalls\": [%s]}",
                              rules),
                &machine);
  diagrams_init (&diagrams, &arena);
  diagrams_restart (&diagrams, order_usual (&arena), NODES, STEPS);
  meaning_read (&meaning, &diagrams, &reading.profile->profile, &reading.options);
  assert_false (diagrams.exceeded);
  reading_close (&reading);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, begin, end)

int
main (void)
{
  const struct CMUnitTest tests[] = {
      TEST (random_profiles),
      TEST (points_of_the_contract),
      TEST (numbers_without_a_name),
      TEST (finds_bugs_of_libseccomp),
      TEST (proves_libseccomp_where_it_is_right),
      TEST (real_profiles_through_libseccomp),
      TEST (broken_programs_are_refuted),
      TEST (many_names_alike),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
