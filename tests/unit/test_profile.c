#include "parse.h"

#include <dirent.h>

#define ACTIONS                                                                            \
  "one of SCMP_ACT_ALLOW, SCMP_ACT_ERRNO, SCMP_ACT_LOG, SCMP_ACT_TRACE, SCMP_ACT_NOTIFY, " \
  "SCMP_ACT_TRAP, SCMP_ACT_KILL_THREAD, SCMP_ACT_KILL, SCMP_ACT_KILL_PROCESS"
#define OPERATORS                                                                         \
  "one of SCMP_CMP_NE, SCMP_CMP_LT, SCMP_CMP_LE, SCMP_CMP_EQ, SCMP_CMP_GE, SCMP_CMP_GT, " \
  "SCMP_CMP_MASKED_EQ"
#define FLAGS                                                                                   \
  "one of SECCOMP_FILTER_FLAG_TSYNC, SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_SPEC_ALLOW, " \
  "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"
#define ARCHITECTURE "a SCMP_ARCH_* of the OCI spec, like SCMP_ARCH_X86_64"
#define ANY "an OCI config.json, a linux.seccomp object or a Docker or Podman profile"

#define INVALID OCI_SECCOMP_INVALID_PROFILE

/* A section with one rule, one with one condition, and one with a member at its top. */
#define RULE(text) "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[" text "]}"
#define READ(text) RULE ("{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ERRNO\"," text "}")
#define CONDITION(text) READ ("\"args\":[" text "]")
#define TOP(text) "{\"defaultAction\":\"SCMP_ACT_ALLOW\"," text "}"
/* Where the piece of each begins. */
#define AT_RULE "f.json:1:47: syscalls[0]"
#define IN_READ(key) "syscalls[0]." key

/* --- kinds --------------------------------------------------------------------------------- */

static void
test_no_profile (void **state)
{
  static const struct bad_row rows[] = {
      {"[]", INVALID, "f.json:1:1: top level: is an array; want " ANY},
      {"null", INVALID, "f.json:1:1: top level: is null; want " ANY},
      {"5", INVALID, "f.json:1:1: top level: is a number; want " ANY},
      {" \"SCMP_ACT_ALLOW\"", INVALID, "f.json:1:2: top level: is a string; want " ANY},
      {"{}", INVALID, "f.json:1:1: top level: has neither defaultAction nor linux; want " ANY},
      {"{\"DefaultAction\":\"SCMP_ACT_ALLOW\"}", INVALID,
       "f.json:1:1: top level: has neither defaultAction nor linux; want " ANY},
      {"{", OCI_SECCOMP_BAD_JSON, "f.json:1:2: top level: not JSON: premature EOF"},
      {"{\"syscalls\":[]}", INVALID, "f.json:1:1: defaultAction: is missing; want " ACTIONS},
      {"{\"architectures\":[]}", INVALID, "f.json:1:1: defaultAction: is missing; want " ACTIONS},
      {"{\"ociVersion\":\"1.0\"}", OCI_SECCOMP_NO_SECCOMP,
       "f.json: this config.json has no linux.seccomp: it asks for no filter"},
      {"{\"linux\":{}}", OCI_SECCOMP_NO_SECCOMP,
       "f.json: this config.json has no linux.seccomp: it asks for no filter"},
      {"{\"linux\":null}", OCI_SECCOMP_NO_SECCOMP,
       "f.json: this config.json has no linux.seccomp: it asks for no filter"},
      {"{\"process\":{},\"linux\":{\"seccomp\":null}}", OCI_SECCOMP_NO_SECCOMP,
       "f.json: this config.json has no linux.seccomp: it asks for no filter"},
      {"{\"hooks\":{},\"linux\":{\"Seccomp\":{}}}", OCI_SECCOMP_NO_SECCOMP,
       "f.json: this config.json has no linux.seccomp: it asks for no filter"},
      {"{\"root\":{},\"linux\":[]}", INVALID, "f.json:1:20: linux: is an array; want an object"},
      {"{\"linux\":{\"seccomp\":\"SCMP_ACT_ALLOW\"}}", INVALID,
       "f.json:1:21: linux.seccomp: is a string; want an object"},
      {"{\"linux\":{\"seccomp\":{}}}", INVALID,
       "f.json:1:21: linux.seccomp.defaultAction: is missing; want " ACTIONS},
      {"{\"mounts\":[],\"linux\":{\"seccomp\":\n{\"defaultAction\":\"ALLOW\"}}}",
       OCI_SECCOMP_UNKNOWN_ACTION,
       "f.json:2:18: linux.seccomp.defaultAction: unknown action \"ALLOW\"; want " ACTIONS},
  };

  (void) state;
  expect_bad (rows, sizeof rows / sizeof *rows);
}

static void
test_kinds (void **state)
{
  (void) state;
  parse_good ("{\"defaultAction\":\"SCMP_ACT_ALLOW\"}");
  assert_ptr_equal (profile.section, profile.document.root);
  /* Its own key decides, whatever else a section carries about. */
  parse_good ("{\"defaultAction\":\"SCMP_ACT_LOG\",\"linux\":{},\"process\":{}}");
  assert_int_equal (profile.default_verdict, SECCOMP_RET_LOG);
  parse_good (
      "{\"ociVersion\":\"1.0\",\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_TRAP\"}}}");
  assert_int_equal (profile.default_verdict, SECCOMP_RET_TRAP);
  assert_string_equal (profile.section->key, "seccomp");
}

/* --- bad input ----------------------------------------------------------------------------- */

static void
test_bad_top (void **state)
{
  static const struct bad_row rows[] = {
      {"{\"defaultAction\":null}", INVALID, "f.json:1:18: defaultAction: is null; want " ACTIONS},
      {"{\"defaultAction\":7}", INVALID, "f.json:1:18: defaultAction: is a number; want " ACTIONS},
      {"{\"defaultAction\":\"\"}", OCI_SECCOMP_UNKNOWN_ACTION,
       "f.json:1:18: defaultAction: unknown action \"\"; want " ACTIONS},
      {"{\"defaultAction\":\"scmp_act_allow\"}", OCI_SECCOMP_UNKNOWN_ACTION,
       "f.json:1:18: defaultAction: unknown action \"scmp_act_allow\"; want " ACTIONS},
      {TOP ("\"defaultErrnoRet\":1"), INVALID,
       "f.json:1:53: defaultErrnoRet: SCMP_ACT_ALLOW takes no defaultErrnoRet; only SCMP_ACT_ERRNO "
       "and SCMP_ACT_TRACE do"},
      {"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":4096}", INVALID,
       "f.json:1:53: defaultErrnoRet: is 4096; want an integer from 0 to 4095"},
      {"{\"defaultAction\":\"SCMP_ACT_TRACE\",\"defaultErrnoRet\":65536}", INVALID,
       "f.json:1:53: defaultErrnoRet: is 65536; want an integer from 0 to 65535"},
      {"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":\"EPERM\"}", INVALID,
       "f.json:1:53: defaultErrnoRet: is a string; want an unsigned integer"},
      {TOP ("\"architectures\":{}"), INVALID,
       "f.json:1:51: architectures: is an object; want an array"},
      {TOP ("\"architectures\":[null]"), INVALID,
       "f.json:1:52: architectures[0]: is null; want " ARCHITECTURE},
      {TOP ("\"architectures\":[\"SCMP_ARCH_X86\",\"x86_64\"]"), OCI_SECCOMP_UNKNOWN_ABI,
       "f.json:1:68: architectures[1]: unknown architecture \"x86_64\"; want " ARCHITECTURE},
      {TOP ("\"architectures\":[\"SCMP_ARCH_s390x\"]"), OCI_SECCOMP_UNKNOWN_ABI,
       "f.json:1:52: architectures[0]: unknown architecture \"SCMP_ARCH_s390x\"; "
       "want " ARCHITECTURE},
      {TOP ("\"architectures\":[\"SCMP_ARCH_S390X\"]"), OCI_SECCOMP_UNKNOWN_ABI,
       "f.json:1:52: architectures[0]: SCMP_ARCH_S390X is big-endian; want a little-endian one, as "
       "the native ABI is x86_64"},
      {TOP ("\"flags\":\"SECCOMP_FILTER_FLAG_LOG\""), INVALID,
       "f.json:1:43: flags: is a string; want an array"},
      {TOP ("\"flags\":[1]"), INVALID, "f.json:1:44: flags[0]: is a number; want " FLAGS},
      {TOP ("\"flags\":[\"LOG\"]"), OCI_SECCOMP_UNKNOWN_FLAG,
       "f.json:1:44: flags[0]: unknown flag \"LOG\"; want " FLAGS},
      {TOP ("\"flags\":[\"SECCOMP_FILTER_FLAG_NEW_LISTENER\"]"), OCI_SECCOMP_UNKNOWN_FLAG,
       "f.json:1:44: flags[0]: unknown flag \"SECCOMP_FILTER_FLAG_NEW_LISTENER\"; want " FLAGS},
      {TOP ("\"listenerPath\":1"), INVALID,
       "f.json:1:50: listenerPath: is a number; want a string"},
      {TOP ("\"listenerPath\":\"/x\",\"listenerMetadata\":{}"), INVALID,
       "f.json:1:74: listenerMetadata: is an object; want a string"},
      {TOP ("\"listenerMetadata\":\"x\""), INVALID,
       "f.json:1:54: listenerMetadata: needs a listenerPath, which is missing"},
      {TOP ("\"listenerPath\":\"\",\"listenerMetadata\":\"x\""), INVALID,
       "f.json:1:72: listenerMetadata: needs a listenerPath, which is missing"},
      {TOP ("\"syscalls\":{}"), INVALID, "f.json:1:46: syscalls: is an object; want an array"},
      {TOP ("\"syscalls\":[null]"), INVALID, "f.json:1:47: syscalls[0]: is null; want an object"},
      {TOP ("\"syscalls\":[[]]"), INVALID, "f.json:1:47: syscalls[0]: is an array; want an object"},
  };

  (void) state;
  expect_bad (rows, sizeof rows / sizeof *rows);
}

static void
test_bad_rules (void **state)
{
  static const struct bad_row rows[] = {
      {RULE ("{\"action\":\"SCMP_ACT_ERRNO\"}"), INVALID,
       AT_RULE ".names: is missing; want an array of names of system calls"},
      {RULE ("{\"names\":null,\"action\":\"SCMP_ACT_ERRNO\"}"), INVALID,
       "f.json:1:56: syscalls[0].names: is null; want an array of names of system calls"},
      {RULE ("{\"names\":\"read\",\"action\":\"SCMP_ACT_ERRNO\"}"), INVALID,
       "f.json:1:56: syscalls[0].names: is a string; want an array"},
      {RULE ("{\"names\":[],\"action\":\"SCMP_ACT_ERRNO\"}"), INVALID,
       "f.json:1:56: syscalls[0].names: is empty; want at least one name of a system call"},
      {RULE ("{\"names\":[\"read\",\"\"],\"action\":\"SCMP_ACT_ERRNO\"}"), INVALID,
       "f.json:1:64: syscalls[0].names[1]: is empty; want the name of a system call"},
      {RULE ("{\"names\":[null],\"action\":\"SCMP_ACT_ERRNO\"}"), INVALID,
       "f.json:1:57: syscalls[0].names[0]: is null; want the name of a system call"},
      {RULE ("{\"names\":[3],\"action\":\"SCMP_ACT_ERRNO\"}"), INVALID,
       "f.json:1:57: syscalls[0].names[0]: is a number; want the name of a system call"},
      {RULE ("{\"names\":[\"read\"]}"), INVALID, AT_RULE ".action: is missing; want " ACTIONS},
      {RULE ("{\"names\":[\"read\"],\"action\":null}"), INVALID,
       "f.json:1:74: syscalls[0].action: is null; want " ACTIONS},
      {RULE ("{\"names\":[\"read\"],\"action\":[]}"), INVALID,
       "f.json:1:74: syscalls[0].action: is an array; want " ACTIONS},
      {RULE ("{\"names\":[\"read\"],\"action\":\"SCMP_ACT_PERMIT\"}"), OCI_SECCOMP_UNKNOWN_ACTION,
       "f.json:1:74: syscalls[0].action: unknown action \"SCMP_ACT_PERMIT\"; want " ACTIONS},
      {READ ("\"errnoRet\":4096"), INVALID,
       "f.json:1:102: syscalls[0].errnoRet: is 4096; want an integer from 0 to 4095"},
      {READ ("\"errnoRet\":-1"), INVALID,
       "f.json:1:102: syscalls[0].errnoRet: is -1; want an integer from 0 to 4095"},
      {READ ("\"errnoRet\":1.0"), INVALID,
       "f.json:1:102: syscalls[0].errnoRet: is 1.0; want an integer from 0 to 4095"},
      {READ ("\"errnoRet\":\"1\""), INVALID,
       "f.json:1:102: syscalls[0].errnoRet: is a string; want an unsigned integer"},
      {RULE ("{\"names\":[\"read\"],\"action\":\"SCMP_ACT_KILL\",\"errnoRet\":0}"), INVALID,
       "f.json:1:101: syscalls[0].errnoRet: SCMP_ACT_KILL_THREAD takes no errnoRet; only "
       "SCMP_ACT_ERRNO and SCMP_ACT_TRACE do"},
      {READ ("\"args\":{}"), INVALID, "f.json:1:98: syscalls[0].args: is an object; want an array"},
      {CONDITION ("null"), INVALID, "f.json:1:99: syscalls[0].args[0]: is null; want an object"},
      {CONDITION ("0"), INVALID, "f.json:1:99: syscalls[0].args[0]: is a number; want an object"},
      {CONDITION ("{\"value\":1,\"op\":\"SCMP_CMP_EQ\"}"), INVALID,
       "f.json:1:99: syscalls[0].args[0].index: is missing; want an unsigned integer"},
      {CONDITION ("{\"index\":0,\"op\":\"SCMP_CMP_EQ\"}"), INVALID,
       "f.json:1:99: syscalls[0].args[0].value: is missing; want an unsigned integer"},
      {CONDITION ("{\"index\":0,\"value\":1}"), INVALID,
       "f.json:1:99: syscalls[0].args[0].op: is missing; want " OPERATORS},
      {CONDITION ("{\"index\":null,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}"), INVALID,
       "f.json:1:108: syscalls[0].args[0].index: is null; want an unsigned integer"},
      {CONDITION ("{\"index\":6,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}"), INVALID,
       "f.json:1:108: syscalls[0].args[0].index: is 6; want an integer from 0 to 5"},
      {CONDITION ("{\"index\":18446744073709551616,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}"), INVALID,
       "f.json:1:108: syscalls[0].args[0].index: is 18446744073709551616; want an integer from 0 "
       "to 5"},
      {CONDITION ("{\"index\":0,\"value\":18446744073709551616,\"op\":\"SCMP_CMP_EQ\"}"), INVALID,
       "f.json:1:118: syscalls[0].args[0].value: is 18446744073709551616; want an integer from 0 "
       "to 18446744073709551615"},
      {CONDITION ("{\"index\":0,\"value\":\"1\",\"op\":\"SCMP_CMP_EQ\"}"), INVALID,
       "f.json:1:118: syscalls[0].args[0].value: is a string; want an unsigned integer"},
      {CONDITION ("{\"index\":0,\"value\":1e3,\"op\":\"SCMP_CMP_EQ\"}"), INVALID,
       "f.json:1:118: syscalls[0].args[0].value: is 1e3; want an integer from 0 to "
       "18446744073709551615"},
      {CONDITION ("{\"index\":0,\"value\":1,\"valueTwo\":-1,\"op\":\"SCMP_CMP_EQ\"}"), INVALID,
       "f.json:1:131: syscalls[0].args[0].valueTwo: is -1; want an integer from 0 to "
       "18446744073709551615"},
      {CONDITION ("{\"index\":0,\"value\":1,\"valueTwo\":true,\"op\":\"SCMP_CMP_EQ\"}"), INVALID,
       "f.json:1:131: syscalls[0].args[0].valueTwo: is a boolean; want an unsigned integer"},
      {CONDITION ("{\"index\":0,\"value\":1,\"op\":null}"), INVALID,
       "f.json:1:125: syscalls[0].args[0].op: is null; want " OPERATORS},
      {CONDITION ("{\"index\":0,\"value\":1,\"op\":0}"), INVALID,
       "f.json:1:125: syscalls[0].args[0].op: is a number; want " OPERATORS},
      {CONDITION ("{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_XX\"}"), OCI_SECCOMP_UNKNOWN_OPERATOR,
       "f.json:1:125: syscalls[0].args[0].op: unknown operator \"SCMP_CMP_XX\"; want " OPERATORS},
      {CONDITION ("{\"index\":0,\"value\":1,\"op\":\"EQ\"}"), OCI_SECCOMP_UNKNOWN_OPERATOR,
       "f.json:1:125: syscalls[0].args[0].op: unknown operator \"EQ\"; want " OPERATORS},
  };

  (void) state;
  expect_bad (rows, sizeof rows / sizeof *rows);
}

/* A rule that says what the default says is read like any other. */
static void
test_bad_rule_like_default (void **state)
{
  static const struct bad_row rows[] = {
      {RULE ("{\"names\":[\"nosuchcall\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":7,"
             "\"value\":0,\"op\":\"SCMP_CMP_EQ\"}]}"),
       INVALID, "f.json:1:114: syscalls[0].args[0].index: is 7; want an integer from 0 to 5"},
      {RULE ("{\"names\":[],\"action\":\"SCMP_ACT_ALLOW\"}"), INVALID,
       "f.json:1:56: syscalls[0].names: is empty; want at least one name of a system call"},
  };

  (void) state;
  expect_bad (rows, sizeof rows / sizeof *rows);
}

/* Text from the profile cannot break the message's one line, or fill it. */
static void
test_hostile_words (void **state)
{
  char json[400] = "{\"defaultAction\":\"";

  (void) state;
  parse ("{\"defaultAction\":\"A\\n\\u001b[2J\"}");
  assert_non_null (strstr (parse_error.message, "unknown action \"A\\u000a\\u001b[2J\"; want"));
  memset (json + strlen (json), 'x', 300);
  strcat (json, "\"}");
  parse (json);
  assert_non_null (strstr (parse_error.message, "xxx\"...; want " ACTIONS));
}

/* --- good input ---------------------------------------------------------------------------- */

static void
test_section (void **state)
{
  const struct profile_rule *rule;

  (void) state;
  parse_good (
      "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,"
      "\"architectures\":[\"SCMP_ARCH_X32\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"],"
      "\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\",\"SECCOMP_FILTER_FLAG_TSYNC\"],"
      "\"listenerPath\":\"/run/agent\",\"listenerMetadata\":\"m\",\"_comment\":{},"
      "\"syscalls\":[{\"names\":[\"read\",\"write\"],\"action\":\"SCMP_ACT_NOTIFY\"},"
      "{\"names\":[\"clone\"],\"action\":\"SCMP_ACT_TRACE\",\"errnoRet\":65535,\"args\":["
      "{\"index\":5,\"value\":18446744073709551615,\"valueTwo\":7,"
      "\"op\":\"SCMP_CMP_MASKED_EQ\"},{\"index\":5,\"value\":0,\"op\":\"SCMP_CMP_GT\"}]}]}");
  assert_int_equal (profile.default_verdict, SECCOMP_RET_ERRNO | 38);
  assert_int_equal (profile.abis, ABI_BIT (ABI_X32) | ABI_BIT (ABI_X86));
  assert_true (profile.flags_given);
  assert_int_equal (profile.flags, SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_TSYNC);
  assert_string_equal (profile.listener_path, "/run/agent");
  assert_string_equal (profile.listener_metadata, "m");
  assert_int_equal (profile.rule_count, 2);
  assert_int_equal (profile.choice_count, 0);
  rule = &profile.rules[0];
  assert_int_equal (rule->name_count, 2);
  assert_string_equal (rule->names[1].text, "write");
  assert_int_equal (rule->names[1].syscall, syscall_from_name ("write", 5));
  assert_int_equal (rule->names[1].node->index, 1);
  assert_int_equal (rule->verdict, SECCOMP_RET_USER_NOTIF);
  assert_int_equal (rule->condition_count, 0);
  rule = &profile.rules[1];
  assert_int_equal (rule->verdict, SECCOMP_RET_TRACE | 65535);
  assert_int_equal (rule->node->index, 1);
  assert_int_equal (rule->condition_count, 2);
  assert_int_equal (rule->conditions[0].index, 5);
  assert_int_equal (rule->conditions[0].op, OPERATOR_MASKED_EQ);
  assert_true (rule->conditions[0].value == UINT64_MAX);
  assert_true (rule->conditions[0].value_two == 7);
  assert_int_equal (rule->conditions[1].op, OPERATOR_GT);
}

static void
test_absent_and_null (void **state)
{
  static const char *const texts[] = {
      RULE ("{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ERRNO\"}"),
      "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"defaultErrnoRet\":null,\"architectures\":null,"
      "\"flags\":null,\"listenerPath\":null,\"listenerMetadata\":null,\"syscalls\":[{\"names\":["
      "\"read\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":null,\"args\":null}]}",
      "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[],\"listenerPath\":\"\","
      "\"listenerMetadata\":\"\",\"syscalls\":[{\"names\":[\"read\"],\"action\":"
      "\"SCMP_ACT_ERRNO\",\"args\":[]}]}",
  };

  (void) state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    parse_good (texts[i]);
    assert_int_equal (profile.default_verdict, SECCOMP_RET_ALLOW);
    assert_int_equal (profile.abis, 0);
    assert_false (profile.flags_given);
    assert_int_equal (profile.flags, 0);
    assert_null (profile.listener_path);
    assert_null (profile.listener_metadata);
    assert_int_equal (profile.rule_count, 1);
    assert_int_equal (profile.rules[0].verdict, SECCOMP_RET_ERRNO | 1);
    assert_int_equal (profile.rules[0].condition_count, 0);
  }
  parse_good (TOP ("\"flags\":[],\"syscalls\":null"));
  assert_true (profile.flags_given);
  assert_int_equal (profile.flags, 0);
  assert_int_equal (profile.rule_count, 0);
  parse_good (CONDITION ("{\"index\":0,\"value\":1,\"valueTwo\":null,\"op\":\"SCMP_CMP_EQ\"}"));
  assert_true (profile.rules[0].conditions[0].value_two == 0);
  parse_good ("{\"defaultAction\":\"SCMP_ACT_TRACE\"}");
  assert_int_equal (profile.default_verdict, SECCOMP_RET_TRACE | 1);
}

static void
test_errno_range (void **state)
{
  (void) state;
  parse_good ("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":4095}");
  assert_int_equal (profile.default_verdict, SECCOMP_RET_ERRNO | 4095);
  parse_good ("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":0}");
  assert_int_equal (profile.default_verdict, SECCOMP_RET_ERRNO);
}

static void
test_all_architectures (void **state)
{
  (void) state;
  for (int abi = 0; abi < ABI_COUNT; abi++) {
    struct oci_seccomp_options options = parse_options ();
    char json[128];

    options.native_abi = abi_table[abi].big_endian ? "s390x" : "riscv64";
    snprintf (json, sizeof json, TOP ("\"architectures\":[\"%s\"]"), abi_table[abi].spec_name);
    assert_int_equal (parse_with (json, &options), 0);
    assert_int_equal (profile.abis, ABI_BIT (abi));
    options.native_abi = abi_table[abi].big_endian ? "mipsel" : "ppc";
    assert_int_equal (parse_with (json, &options), OCI_SECCOMP_UNKNOWN_ABI);
    assert_non_null (strstr (parse_error.message, abi_table[abi].big_endian
                                                      ? "is big-endian; want a little-endian one"
                                                      : "is little-endian; want a big-endian one"));
  }
}

static void
test_many_conditions (void **state)
{
  static char json[100000];
  char *end =
      stpcpy (json, "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\"],"
                    "\"action\":\"SCMP_ACT_TRAP\",\"args\":[");

  (void) state;
  for (int i = 0; i < 1000; i++)
    end += sprintf (end, "%s{\"index\":%d,\"value\":%d,\"op\":\"SCMP_CMP_NE\"}", i ? "," : "",
                    i % 6, i);
  strcpy (end, "]}]}");
  parse_good (json);
  assert_int_equal (profile.rules[0].condition_count, 1000);
  assert_int_equal (profile.rules[0].conditions[999].index, 999 % 6);
  assert_true (profile.rules[0].conditions[999].value == 999);
}

/* --- unknown names ------------------------------------------------------------------------- */

static const char unknown_names[] =
    "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[\n"
    "{\"names\":[\"raed\",\"read\",\"Write\"],\"action\":\"SCMP_ACT_TRAP\"},\n"
    "{\"names\":[\"abc\",\"raed\"],\"action\":\"SCMP_ACT_ALLOW\"}]}";

static void
test_unknown_names (void **state)
{
  struct oci_seccomp_options options = parse_options ();

  (void) state;
  assert_int_equal (parse_with (unknown_names, &options), 0);
  assert_string_equal (warnings,
                       "f.json:2:11: syscalls[0].names[0]: unknown system call \"raed\"; skipped\n"
                       "f.json:2:25: syscalls[0].names[2]: unknown system call \"Write\"; skipped\n"
                       "f.json:3:11: syscalls[1].names[0]: unknown system call \"abc\"; skipped\n");
  assert_int_equal (profile.rules[0].names[0].syscall, SYSCALL_UNKNOWN);
  assert_int_equal (profile.rules[0].name_count, 3);
  options.unknown_syscalls = OCI_SECCOMP_UNKNOWN_IGNORE;
  assert_int_equal (parse_with (unknown_names, &options), 0);
  assert_string_equal (warnings, "");
  options.unknown_syscalls = OCI_SECCOMP_UNKNOWN_ERROR;
  assert_int_equal (parse_with (unknown_names, &options), OCI_SECCOMP_UNKNOWN_SYSCALL);
  assert_string_equal (parse_error.message,
                       "f.json:2:11: syscalls[0].names[0]: unknown system call \"raed\"; want a "
                       "name that some ABI knows");
  assert_string_equal (warnings, "");
  options.unknown_syscalls = OCI_SECCOMP_UNKNOWN_WARN;
  options.warn = NULL;
  assert_int_equal (parse_with (unknown_names, &options), 0);
}

/* A profile that fails later says only why. */
static void
test_no_warning_before_failure (void **state)
{
  (void) state;
  parse (RULE ("{\"names\":[\"raed\"],\"action\":\"SCMP_ACT_TRAP\"},{}"));
  assert_string_equal (warnings, "");
}

/* --- writing ------------------------------------------------------------------------------- */

/* The JSON of the parsed profile; the next parse does not free it. */
static char *
write_profile (void)
{
  struct arena arena;
  size_t length;
  char *copy;

  arena_init (&arena);
  if (ARENA_GUARD (&arena))
    fail_msg ("out of memory");
  copy = strdup (profile_to_json (&profile, "  ", &arena, &length));
  assert_int_equal (strlen (copy), length);
  arena_free (&arena);
  return copy;
}

static void
test_writing (void **state)
{
  char *text;

  (void) state;
  parse_good ("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":["
              "{\"names\":[\"read\",\"raed\"],\"action\":\"SCMP_ACT_KILL\",\"args\":["
              "{\"index\":1,\"value\":18446744073709551615,\"valueTwo\":3,\"op\":\"SCMP_CMP_LT\"},"
              "{\"index\":2,\"value\":240,\"valueTwo\":16,\"op\":\"SCMP_CMP_MASKED_EQ\"}]},"
              "{\"names\":[\"write\"],\"action\":\"SCMP_ACT_TRACE\",\"errnoRet\":7}],"
              "\"listenerMetadata\":\"a\\nb\",\"listenerPath\":\"/x\","
              "\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"],"
              "\"architectures\":[\"SCMP_ARCH_X32\",\"SCMP_ARCH_X86_64\"]}");
  text = write_profile ();
  assert_string_equal (text, "{\n"
                             "  \"defaultAction\": \"SCMP_ACT_ERRNO\",\n"
                             "  \"defaultErrnoRet\": 1,\n"
                             "  \"architectures\": [\n"
                             "    \"SCMP_ARCH_X86_64\",\n"
                             "    \"SCMP_ARCH_X32\"\n"
                             "  ],\n"
                             "  \"flags\": [\n"
                             "    \"SECCOMP_FILTER_FLAG_LOG\"\n"
                             "  ],\n"
                             "  \"listenerPath\": \"/x\",\n"
                             "  \"listenerMetadata\": \"a\\nb\",\n"
                             "  \"syscalls\": [\n"
                             "    {\n"
                             "      \"names\": [\n"
                             "        \"read\",\n"
                             "        \"raed\"\n"
                             "      ],\n"
                             "      \"action\": \"SCMP_ACT_KILL_THREAD\",\n"
                             "      \"args\": [\n"
                             "        {\n"
                             "          \"index\": 1,\n"
                             "          \"value\": 18446744073709551615,\n"
                             "          \"op\": \"SCMP_CMP_LT\"\n"
                             "        },\n"
                             "        {\n"
                             "          \"index\": 2,\n"
                             "          \"value\": 240,\n"
                             "          \"valueTwo\": 16,\n"
                             "          \"op\": \"SCMP_CMP_MASKED_EQ\"\n"
                             "        }\n"
                             "      ]\n"
                             "    },\n"
                             "    {\n"
                             "      \"names\": [\n"
                             "        \"write\"\n"
                             "      ],\n"
                             "      \"action\": \"SCMP_ACT_TRACE\",\n"
                             "      \"errnoRet\": 7\n"
                             "    }\n"
                             "  ]\n"
                             "}\n");
  free (text);
}

/* Absent flags and no flags are two things; they stay so. */
static void
test_writing_flags (void **state)
{
  char *text;

  (void) state;
  parse_good (TOP ("\"flags\":[]"));
  text = write_profile ();
  assert_string_equal (
      text,
      "{\n  \"defaultAction\": \"SCMP_ACT_ALLOW\",\n  \"flags\": [],\n  \"syscalls\": []\n}\n");
  parse_good (text);
  assert_true (profile.flags_given);
  free (text);
  parse_good ("{\"defaultAction\":\"SCMP_ACT_ALLOW\"}");
  text = write_profile ();
  assert_null (strstr (text, "flags"));
  free (text);
}

static void
same_profiles (const struct profile *a, const struct profile *b)
{
  assert_int_equal (a->default_verdict, b->default_verdict);
  assert_int_equal (a->abis, b->abis);
  assert_int_equal (a->flags_given, b->flags_given);
  assert_int_equal (a->flags, b->flags);
  assert_int_equal (a->rule_count, b->rule_count);
  for (size_t i = 0; i < a->rule_count; i++) {
    const struct profile_rule *left = &a->rules[i], *right = &b->rules[i];

    assert_int_equal (left->verdict, right->verdict);
    assert_int_equal (left->name_count, right->name_count);
    for (size_t j = 0; j < left->name_count; j++)
      assert_string_equal (left->names[j].text, right->names[j].text);
    assert_int_equal (left->condition_count, right->condition_count);
    for (size_t j = 0; j < left->condition_count; j++) {
      assert_int_equal (left->conditions[j].index, right->conditions[j].index);
      assert_int_equal (left->conditions[j].op, right->conditions[j].op);
      assert_true (left->conditions[j].value == right->conditions[j].value);
      if (left->conditions[j].op == OPERATOR_MASKED_EQ)
        assert_true (left->conditions[j].value_two == right->conditions[j].value_two);
    }
  }
}

/* What is written reads as the same profile, for every native ABI; returns the text. */
static char *
check_round_trip (const char *json, const char *native)
{
  struct oci_seccomp_options options = parse_options ();
  struct profile before;
  char *text;

  options.native_abi = native;
  if (parse_with (json, &options)) {
    /* A profile may list ABIs of one byte order only. */
    assert_int_equal (parse_error.code, OCI_SECCOMP_UNKNOWN_ABI);
    return NULL;
  }
  text = write_profile ();
  before = profile;
  memset (&profile, 0, sizeof profile);
  assert_int_equal (parse_with (text, &options), 0);
  assert_int_equal (profile.choice_count, 0);
  same_profiles (&before, &profile);
  arena_free (&before.arena);
  return text;
}

static void
test_round_trips (void **state)
{
  char *json = load_fixture ("engine.json"), *golden = load_fixture ("engine-oci.json"), *text;

  (void) state;
  for (int abi = 0; abi < ABI_COUNT; abi++) {
    text = check_round_trip (json, abi_table[abi].name);
    assert_non_null (text);
    free (text);
  }
  text = check_round_trip (json, "x86_64");
  assert_string_equal (text, golden);
  free (text);
  text = check_round_trip (golden, "x86_64");
  assert_string_equal (text, golden);
  free (text);
  free (golden);
  free (json);
}

/* Profiles that people use, where the environment names some: all of them parse without a word. */
static void
test_other_profiles (void **state)
{
  const char *directory = getenv ("PROFILES_DIR");
  struct dirent **entries;
  int count;

  (void) state;
  if (!directory) {
    print_message ("# PROFILES_DIR is not set\n");
    skip ();
  }
  count = scandir (directory, &entries, NULL, alphasort);
  assert_true (count > 0);
  for (int i = 0; i < count; i++) {
    const char *ending = strrchr (entries[i]->d_name, '.');

    if (ending && strcmp (ending, ".json") == 0) {
      char path[4096];
      char *json;

      snprintf (path, sizeof path, "%s/%s", directory, entries[i]->d_name);
      json = load_file (path);
      parse_good (json);
      assert_string_equal (warnings, "");
      for (int abi = 0; abi < ABI_COUNT; abi++)
        free (check_round_trip (json, abi_table[abi].name));
      free (json);
    }
    free (entries[i]);
  }
  free (entries);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      TEST (test_no_profile),
      TEST (test_kinds),
      TEST (test_bad_top),
      TEST (test_bad_rules),
      TEST (test_bad_rule_like_default),
      TEST (test_hostile_words),
      TEST (test_section),
      TEST (test_absent_and_null),
      TEST (test_errno_range),
      TEST (test_all_architectures),
      TEST (test_many_conditions),
      TEST (test_unknown_names),
      TEST (test_no_warning_before_failure),
      TEST (test_writing),
      TEST (test_writing_flags),
      TEST (test_round_trips),
      TEST (test_other_profiles),
  };

  return cmocka_run_group_tests_name ("profile", tests, NULL, NULL);
}
