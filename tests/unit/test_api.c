/* api.c: the public functions, as somebody calls them who has the header and no more. Codes that
 * take a kernel's refusal are reached in test_install.c, NO_MEMORY in test_memory.c. */
#include <errno.h>

#include "core.h"
#include "oci-seccomp.h"

#define LENGTH(array) (sizeof (array) / sizeof *(array))

enum { X86_64_TOKEN = 0xc000003e, X86_TOKEN = 0x40000003 };

static const struct oci_seccomp_options on_x86_64 = {.native_abi = "x86_64", .kernel = "6.1"};

static struct oci_seccomp_profile *profile;
static struct oci_seccomp_filter *filter;

/* --- every test has one profile and one filter at a time --- */

static void
let_go (void)
{
  oci_seccomp_filter_free (filter);
  oci_seccomp_profile_free (profile);
  filter = NULL;
  profile = NULL;
}

static int
finish (void **state)
{
  let_go ();
  return end (state);
}

#define API_TEST(function) cmocka_unit_test_setup_teardown (function, begin, finish)

static char *
quoted (const char *json)
{
  static char text[4096];
  size_t i;

  assert_true (strlen (json) < sizeof text);
  for (i = 0; json[i]; i++)
    text[i] = json[i] == '\'' ? '"' : json[i];
  text[i] = '\0';
  return text;
}

/* A failure has given nothing out, and says in one line what is wrong; success has said nothing. */
static int
seen (int code)
{
  assert_int_equal (error.code, code);
  if (code) {
    assert_int_not_equal (error.message[0], '\0');
    assert_null (strchr (error.message, '\n'));
  }
  return code;
}

static int
seen_profile (int code)
{
  assert_int_equal (code == OCI_SECCOMP_OK, profile != NULL);
  return seen (code);
}

static int
seen_filter (int code)
{
  assert_int_equal (code == OCI_SECCOMP_OK, filter != NULL);
  return seen (code);
}

static int
parse_with (const char *json, const struct oci_seccomp_options *options)
{
  char *text = quoted (json);

  let_go ();
  memset (&error, 0, sizeof error);
  return seen_profile (oci_seccomp_profile_parse (&profile, text, strlen (text), options, &error));
}

static int
parse (const char *json)
{
  return parse_with (json, &on_x86_64);
}

static int
compile_with (const struct oci_seccomp_options *options)
{
  oci_seccomp_filter_free (filter);
  filter = NULL;
  memset (&error, 0, sizeof error);
  return seen_filter (oci_seccomp_compile (&filter, profile, options, &error));
}

static int
compile (void)
{
  return compile_with (&on_x86_64);
}

static void
begin_profile (const char *default_action)
{
  let_go ();
  memset (&error, 0, sizeof error);
  assert_int_equal (oci_seccomp_profile_new (&profile, default_action, &error), OCI_SECCOMP_OK);
}

static int
add (const char *action, const char *syscall, const struct oci_seccomp_condition *conditions,
     size_t count)
{
  memset (&error, 0, sizeof error);
  return seen (oci_seccomp_profile_add_rule (profile, action, syscall, conditions, count, &error));
}

static uint32_t
ask (uint32_t token, int number, uint64_t argument)
{
  struct seccomp_data data = {.nr = number, .arch = token, .args = {argument, argument, argument}};

  return oci_seccomp_filter_evaluate (filter, &data);
}

static size_t
rule_count (void)
{
  size_t count;

  assert_int_equal (oci_seccomp_filter_rule_count (filter, &count, &error), OCI_SECCOMP_OK);
  return count;
}

/* --- what documents can be --- */

static const struct {
  const char *json;
  int code;
} documents[] = {
    {"{'ociVersion': '1.0.2', 'linux': {}}", OCI_SECCOMP_NO_SECCOMP},
    {"{'ociVersion': '1.0.2', 'linux': {'seccomp': null}}", OCI_SECCOMP_NO_SECCOMP},
    {"{'ociVersion': '1.0.2', 'process': {}}", OCI_SECCOMP_NO_SECCOMP},
    {"", OCI_SECCOMP_BAD_JSON},
    {"{", OCI_SECCOMP_BAD_JSON},
    {"{'defaultAction': 'SCMP_ACT_ALLOW', 'defaultAction': 'SCMP_ACT_ALLOW'}",
     OCI_SECCOMP_BAD_JSON},
    {"{'syscalls': []}", OCI_SECCOMP_INVALID_PROFILE},
    {"[]", OCI_SECCOMP_INVALID_PROFILE},
    {"{'defaultAction': 'SCMP_ACT_ALLOW', 'defaultErrnoRet': 1}", OCI_SECCOMP_INVALID_PROFILE},
    {"{'defaultAction': 'SCMP_ACT_MAYBE'}", OCI_SECCOMP_UNKNOWN_ACTION},
    {"{'defaultAction': 'ALLOW'}", OCI_SECCOMP_UNKNOWN_ACTION},
    {"{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': ['read'], 'action': "
     "'SCMP_ACT_TRAP', 'args': [{'index': 0, 'op': 'SCMP_CMP_IS', 'value': 1}]}]}",
     OCI_SECCOMP_UNKNOWN_OPERATOR},
    {"{'defaultAction': 'SCMP_ACT_ALLOW', 'flags': ['SECCOMP_FILTER_FLAG_NONE']}",
     OCI_SECCOMP_UNKNOWN_FLAG},
    {"{'defaultAction': 'SCMP_ACT_ALLOW', 'architectures': ['SCMP_ARCH_VAX']}",
     OCI_SECCOMP_UNKNOWN_ABI},
    {"{'defaultAction': 'SCMP_ACT_ALLOW', 'architectures': ['SCMP_ARCH_S390X']}",
     OCI_SECCOMP_UNKNOWN_ABI},
    {"{'defaultAction': 'SCMP_ACT_ALLOW'}", OCI_SECCOMP_OK},
    {"{'ociVersion': '1.0.2', 'linux': {'seccomp': {'defaultAction': 'SCMP_ACT_ALLOW'}}}",
     OCI_SECCOMP_OK},
    {"{'defaultAction': 'SCMP_ACT_ALLOW', 'archMap': []}", OCI_SECCOMP_OK},
};

/* Where something must be, NULL is an error and not a crash. */
static void
test_null_is_a_bad_argument (void **state)
{
  struct oci_seccomp_rule rule;
  size_t count;

  (void) state;
  assert_int_equal (oci_seccomp_profile_parse (&profile, NULL, 1, NULL, &error),
                    OCI_SECCOMP_BAD_ARGUMENT);
  assert_null (profile);
  assert_string_equal (error.message, "json is NULL");
  assert_int_equal (oci_seccomp_profile_parse (NULL, "{}", 2, NULL, &error),
                    OCI_SECCOMP_BAD_ARGUMENT);
  assert_int_equal (oci_seccomp_profile_new (NULL, "ALLOW", &error), OCI_SECCOMP_BAD_ARGUMENT);
  assert_int_equal (oci_seccomp_profile_add_rule (NULL, "ALLOW", "read", NULL, 0, &error),
                    OCI_SECCOMP_BAD_ARGUMENT);
  assert_int_equal (oci_seccomp_profile_add_abi (NULL, "x86", &error), OCI_SECCOMP_BAD_ARGUMENT);
  assert_int_equal (oci_seccomp_profile_allow_list (&profile, NULL, 1, NULL, &error),
                    OCI_SECCOMP_BAD_ARGUMENT);
  assert_int_equal (oci_seccomp_compile (&filter, NULL, NULL, &error), OCI_SECCOMP_BAD_ARGUMENT);
  assert_null (filter);
  assert_int_equal (oci_seccomp_filter_from_bpf (&filter, NULL, 8, &error),
                    OCI_SECCOMP_BAD_ARGUMENT);
  assert_null (filter);
  assert_int_equal (oci_seccomp_filter_rule_count (NULL, &count, &error), OCI_SECCOMP_BAD_ARGUMENT);
  assert_int_equal (oci_seccomp_filter_rule (NULL, 0, &rule, &error), OCI_SECCOMP_BAD_ARGUMENT);
}

static void
test_documents (void **state)
{
  (void) state;
  for (size_t i = 0; i < LENGTH (documents); i++)
    if (parse (documents[i].json) != documents[i].code)
      fail_msg ("%s: %d: %s", documents[i].json, error.code, error.message);
}

/* Input need not end in NUL, and is not kept. */
static void
test_input_is_not_kept (void **state)
{
  char text[] = "{\"defaultAction\": \"SCMP_ACT_TRAP\"}####";
  char name[] = "name";
  struct oci_seccomp_options options = on_x86_64;

  (void) state;
  options.file_name = name;
  assert_int_equal (oci_seccomp_profile_parse (&profile, text, strlen (text) - 4, &options, &error),
                    0);
  memset (text, 'z', sizeof text);
  memset (name, 'z', sizeof name);
  assert_int_equal (compile (), 0);
  assert_int_equal (ask (X86_64_TOKEN, 5, 0), SECCOMP_RET_TRAP);
}

static void
test_too_large_a_document (void **state)
{
  const size_t size = (16u << 20) + 1;
  char *text = malloc (size);

  (void) state;
  assert_non_null (text);
  memset (text, ' ', size);
  assert_int_equal (seen_profile (oci_seccomp_profile_parse (&profile, text, size, NULL, &error)),
                    OCI_SECCOMP_TOO_LARGE);
  free (text);
}

/* FILE:LINE:COLUMN: PATH: what was wrong. */
static void
test_messages_name_the_place (void **state)
{
  struct oci_seccomp_options options = on_x86_64;

  (void) state;
  options.file_name = "some/file.json";
  assert_int_equal (parse_with ("{\n 'defaultAction': 'SCMP_ACT_NO'}", &options),
                    OCI_SECCOMP_UNKNOWN_ACTION);
  assert_ptr_equal (strstr (error.message, "some/file.json:2:19: defaultAction: "), error.message);
  assert_int_equal (parse ("{'defaultAction': 7}"), OCI_SECCOMP_INVALID_PROFILE);
  assert_ptr_equal (strstr (error.message, "-:1:19: defaultAction: "), error.message);
}

/* Who wants only the code need have no error. */
static void
test_no_error_wanted (void **state)
{
  size_t count;
  struct oci_seccomp_rule rule;

  (void) state;
  assert_int_equal (oci_seccomp_profile_parse (&profile, "{", 1, NULL, NULL), OCI_SECCOMP_BAD_JSON);
  assert_int_equal (oci_seccomp_profile_new (&profile, "NO", NULL), OCI_SECCOMP_UNKNOWN_ACTION);
  assert_int_equal (oci_seccomp_profile_new (&profile, "ALLOW", NULL), OCI_SECCOMP_OK);
  assert_int_equal (oci_seccomp_profile_add_rule (profile, "TRAP", "no", NULL, 0, NULL),
                    OCI_SECCOMP_UNKNOWN_SYSCALL);
  assert_int_equal (oci_seccomp_profile_add_abi (profile, "no", NULL), OCI_SECCOMP_UNKNOWN_ABI);
  assert_int_equal (oci_seccomp_compile (&filter, profile, NULL, NULL), OCI_SECCOMP_OK);
  assert_int_equal (oci_seccomp_filter_rule_count (filter, &count, NULL), OCI_SECCOMP_OK);
  assert_int_equal (oci_seccomp_filter_rule (filter, 0, &rule, NULL), OCI_SECCOMP_BAD_ARGUMENT);
}

/* --- by hand: lists --- */

static const char *const three[] = {"read", "write", "mmap"};

static void
test_allow_list (void **state)
{
  (void) state;
  assert_int_equal (
      seen_profile (oci_seccomp_profile_allow_list (&profile, three, 3, NULL, &error)), 0);
  assert_int_equal (compile (), 0);
  assert_int_equal (ask (X86_64_TOKEN, 1, 0), SECCOMP_RET_ALLOW);
  assert_int_equal (ask (X86_64_TOKEN, 9, 0), SECCOMP_RET_ALLOW);
  assert_int_equal (ask (X86_64_TOKEN, 2, 0), SECCOMP_RET_KILL_PROCESS);
  assert_int_equal (ask (X86_64_TOKEN, 10, 0), SECCOMP_RET_ERRNO | 38);
  assert_int_equal (ask (X86_TOKEN, 1, 0), SECCOMP_RET_KILL_THREAD);
}

static void
test_allow_list_with_a_default (void **state)
{
  (void) state;
  assert_int_equal (
      seen_profile (oci_seccomp_profile_allow_list (&profile, three, 3, "ERRNO(ENOENT)", &error)),
      0);
  assert_int_equal (compile (), 0);
  assert_int_equal (ask (X86_64_TOKEN, 1, 0), SECCOMP_RET_ALLOW);
  assert_int_equal (ask (X86_64_TOKEN, 2, 0), SECCOMP_RET_ERRNO | ENOENT);
}

static void
test_deny_list (void **state)
{
  (void) state;
  assert_int_equal (seen_profile (oci_seccomp_profile_deny_list (&profile, three, 3, NULL, &error)),
                    0);
  assert_int_equal (compile (), 0);
  assert_int_equal (ask (X86_64_TOKEN, 1, 0), SECCOMP_RET_ERRNO | EPERM);
  assert_int_equal (ask (X86_64_TOKEN, 2, 0), SECCOMP_RET_ALLOW);
  assert_int_equal (ask (X86_64_TOKEN, 1000, 0), SECCOMP_RET_ALLOW);
  let_go ();
  assert_int_equal (oci_seccomp_profile_deny_list (&profile, three, 3, "SCMP_ACT_TRAP", &error), 0);
  assert_int_equal (compile (), 0);
  assert_int_equal (ask (X86_64_TOKEN, 1, 0), SECCOMP_RET_TRAP);
}

static void
test_empty_lists (void **state)
{
  (void) state;
  assert_int_equal (oci_seccomp_profile_allow_list (&profile, NULL, 0, NULL, &error), 0);
  assert_int_equal (compile (), 0);
  assert_int_equal (ask (X86_64_TOKEN, 1, 0), SECCOMP_RET_KILL_PROCESS);
  let_go ();
  assert_int_equal (oci_seccomp_profile_deny_list (&profile, NULL, 0, NULL, &error), 0);
  assert_int_equal (compile (), 0);
  assert_int_equal (ask (X86_64_TOKEN, 1, 0), SECCOMP_RET_ALLOW);
}

static void
test_wrong_lists (void **state)
{
  static const char *const unknown[] = {"read", "nobody_has_this"};
  static const char *const twice[] = {"read", "read"};
  static const char *const hole[] = {"read", NULL};

  (void) state;
  assert_int_equal (
      seen_profile (oci_seccomp_profile_allow_list (&profile, unknown, 2, NULL, &error)),
      OCI_SECCOMP_UNKNOWN_SYSCALL);
  assert_int_equal (seen_profile (oci_seccomp_profile_deny_list (&profile, twice, 2, NULL, &error)),
                    OCI_SECCOMP_DUPLICATE_RULE);
  assert_int_equal (seen_profile (oci_seccomp_profile_deny_list (&profile, hole, 2, NULL, &error)),
                    OCI_SECCOMP_BAD_ARGUMENT);
  assert_int_equal (
      seen_profile (oci_seccomp_profile_allow_list (&profile, three, 3, "MAYBE", &error)),
      OCI_SECCOMP_UNKNOWN_ACTION);
  assert_int_equal (
      seen_profile (oci_seccomp_profile_deny_list (&profile, three, 3, "ERRNO(4096)", &error)),
      OCI_SECCOMP_UNKNOWN_ACTION);
}

/* --- by hand: rules --- */

static const struct {
  const char *word;
  uint32_t verdict;
} actions[] = {
    {"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD},
    {"KILL_THREAD", SECCOMP_RET_KILL_THREAD},
    {"KILL_PROCESS", SECCOMP_RET_KILL_PROCESS},
    {"TRAP", SECCOMP_RET_TRAP},
    {"ERRNO", SECCOMP_RET_ERRNO | EPERM},
    {"ERRNO(0)", SECCOMP_RET_ERRNO},
    {"SCMP_ACT_ERRNO(4095)", SECCOMP_RET_ERRNO | 4095},
    {"ERRNO(ENOSYS)", SECCOMP_RET_ERRNO | 38},
    {"TRACE", SECCOMP_RET_TRACE | EPERM},
    {"TRACE(65535)", SECCOMP_RET_TRACE | 65535},
    {"LOG", SECCOMP_RET_LOG},
    {"NOTIFY", SECCOMP_RET_USER_NOTIF},
};

static void
test_actions (void **state)
{
  (void) state;
  for (size_t i = 0; i < LENGTH (actions); i++) {
    begin_profile ("ALLOW");
    assert_int_equal (add (actions[i].word, "read", NULL, 0), 0);
    assert_int_equal (compile (), 0);
    assert_int_equal (ask (X86_64_TOKEN, 0, 0), actions[i].verdict);
    assert_int_equal (ask (X86_64_TOKEN, 1, 0), SECCOMP_RET_ALLOW);
    begin_profile (actions[i].word);
    assert_int_equal (compile (), 0);
    assert_int_equal (ask (X86_64_TOKEN, 0, 0), actions[i].verdict);
  }
}

static void
test_wrong_actions (void **state)
{
  static const char *const words[] = {"",          "allow",     "ALLOW(1)",    "ERRNO(",
                                      "ERRNO()",   "ERRNO(-1)", "ERRNO(4096)", "TRACE(65536)",
                                      "ERRNO(1)x", "SCMP_ACT_", "SCMP_CMP_EQ"};

  (void) state;
  for (size_t i = 0; i < LENGTH (words); i++) {
    memset (&error, 0, sizeof error);
    assert_int_equal (seen_profile (oci_seccomp_profile_new (&profile, words[i], &error)),
                      OCI_SECCOMP_UNKNOWN_ACTION);
  }
  assert_int_equal (seen_profile (oci_seccomp_profile_new (&profile, NULL, &error)),
                    OCI_SECCOMP_UNKNOWN_ACTION);
  begin_profile ("ALLOW");
  assert_int_equal (add ("MAYBE", "read", NULL, 0), OCI_SECCOMP_UNKNOWN_ACTION);
  assert_int_equal (add (NULL, "read", NULL, 0), OCI_SECCOMP_UNKNOWN_ACTION);
}

/* Of each operator: the arguments 4, 5, 6 and 2^32 + 5 beside the value 5. */
static const struct {
  const char *op;
  bool holds[4];
} operators[] = {
    {"NE", {true, false, true, true}},
    {"LT", {true, false, false, false}},
    {"LE", {true, true, false, false}},
    {"EQ", {false, true, false, false}},
    {"GE", {false, true, true, true}},
    {"GT", {false, false, true, true}},
    {"SCMP_CMP_EQ", {false, true, false, false}},
};

static void
test_operators (void **state)
{
  static const uint64_t arguments[] = {4, 5, 6, UINT64_C (0x100000005)};

  (void) state;
  for (size_t i = 0; i < LENGTH (operators); i++) {
    const struct oci_seccomp_condition condition = {1, operators[i].op, 5, 0};

    begin_profile ("ALLOW");
    assert_int_equal (add ("TRAP", "read", &condition, 1), 0);
    assert_int_equal (compile (), 0);
    for (int a = 0; a < 4; a++)
      assert_int_equal (ask (X86_64_TOKEN, 0, arguments[a]),
                        operators[i].holds[a] ? SECCOMP_RET_TRAP : SECCOMP_RET_ALLOW);
  }
}

static void
test_masked_operator (void **state)
{
  const struct oci_seccomp_condition condition = {2, "MASKED_EQ", 0xf0, 0x1234};

  (void) state;
  begin_profile ("ALLOW");
  assert_int_equal (add ("TRAP", "read", &condition, 1), 0);
  assert_int_equal (compile (), 0);
  assert_int_equal (ask (X86_64_TOKEN, 0, 0x3f), SECCOMP_RET_TRAP);
  assert_int_equal (ask (X86_64_TOKEN, 0, UINT64_C (0xffffffffffffff3f)), SECCOMP_RET_TRAP);
  assert_int_equal (ask (X86_64_TOKEN, 0, 0x40), SECCOMP_RET_ALLOW);
}

static void
test_an_index_twice_is_or (void **state)
{
  const struct oci_seccomp_condition conditions[] = {{0, "EQ", 5, 0}, {0, "EQ", 7, 0}};
  const struct oci_seccomp_condition together[] = {{0, "GE", 5, 0}, {1, "LE", 7, 0}};

  (void) state;
  begin_profile ("ALLOW");
  assert_int_equal (add ("TRAP", "read", conditions, 2), 0);
  assert_int_equal (add ("TRAP", "write", together, 2), 0);
  assert_int_equal (compile (), 0);
  for (uint64_t i = 4; i < 9; i++) {
    assert_int_equal (ask (X86_64_TOKEN, 0, i),
                      i == 5 || i == 7 ? SECCOMP_RET_TRAP : SECCOMP_RET_ALLOW);
    assert_int_equal (ask (X86_64_TOKEN, 1, i),
                      i >= 5 && i <= 7 ? SECCOMP_RET_TRAP : SECCOMP_RET_ALLOW);
  }
}

static void
test_wrong_rules (void **state)
{
  const struct oci_seccomp_condition bad_index = {6, "EQ", 5, 0}, bad_op = {0, "IS", 5, 0},
                                     no_op = {0, NULL, 5, 0}, far_index = {256, "EQ", 5, 0};

  (void) state;
  begin_profile ("ALLOW");
  assert_int_equal (add ("TRAP", "nobody_has_this", NULL, 0), OCI_SECCOMP_UNKNOWN_SYSCALL);
  assert_int_equal (add ("TRAP", "READ", NULL, 0), OCI_SECCOMP_UNKNOWN_SYSCALL);
  assert_int_equal (add ("TRAP", "", NULL, 0), OCI_SECCOMP_UNKNOWN_SYSCALL);
  assert_int_equal (add ("TRAP", NULL, NULL, 0), OCI_SECCOMP_BAD_ARGUMENT);
  assert_int_equal (add ("TRAP", "read", NULL, 1), OCI_SECCOMP_BAD_ARGUMENT);
  assert_int_equal (add ("TRAP", "read", &bad_index, 1), OCI_SECCOMP_BAD_ARGUMENT);
  assert_int_equal (add ("TRAP", "read", &far_index, 1), OCI_SECCOMP_BAD_ARGUMENT);
  assert_int_equal (add ("TRAP", "read", &bad_op, 1), OCI_SECCOMP_UNKNOWN_OPERATOR);
  assert_int_equal (add ("TRAP", "read", &no_op, 1), OCI_SECCOMP_UNKNOWN_OPERATOR);
  assert_int_equal (compile (), 0);
  assert_int_equal (rule_count (), 0);
}

static void
test_the_same_rule_again (void **state)
{
  const struct oci_seccomp_condition one[] = {{0, "EQ", 5, 0}, {1, "MASKED_EQ", 3, 5}};
  const struct oci_seccomp_condition same[] = {{1, "SCMP_CMP_MASKED_EQ", 3, 1}, {0, "EQ", 5, 9}};
  const struct oci_seccomp_condition other[] = {{0, "EQ", 5, 0}, {1, "MASKED_EQ", 3, 2}};

  (void) state;
  begin_profile ("ALLOW");
  assert_int_equal (add ("TRAP", "read", one, 2), 0);
  assert_int_equal (add ("TRAP", "read", same, 2), OCI_SECCOMP_DUPLICATE_RULE);
  assert_int_equal (add ("LOG", "read", same, 2), OCI_SECCOMP_CONFLICTING_RULES);
  assert_int_equal (add ("LOG", "read", other, 2), 0);
  assert_int_equal (add ("LOG", "write", same, 2), 0);
  assert_int_equal (add ("TRAP", "read", NULL, 0), 0);
  assert_int_equal (add ("TRAP", "read", NULL, 0), OCI_SECCOMP_DUPLICATE_RULE);
  assert_int_equal (add ("ERRNO(7)", "read", NULL, 0), OCI_SECCOMP_CONFLICTING_RULES);
  assert_int_equal (compile (), 0);
}

/* What only compiling can tell: a prefix that comes too late, values that an ABI cuts. */
static void
test_conflicts_when_compiled (void **state)
{
  const struct oci_seccomp_condition both[] = {{0, "EQ", 5, 0}, {1, "EQ", 6, 0}};
  const struct oci_seccomp_condition far = {0, "EQ", UINT64_C (0x100000005), 0};
  const struct oci_seccomp_options on_x86 = {.native_abi = "x86"};

  (void) state;
  begin_profile ("ALLOW");
  assert_int_equal (add ("TRAP", "read", both, 2), 0);
  assert_int_equal (add ("LOG", "read", both, 1), 0);
  assert_int_equal (compile (), OCI_SECCOMP_CONFLICTING_RULES);
  assert_non_null (strstr (error.message, "read on x86_64"));
  begin_profile ("ALLOW");
  assert_int_equal (add ("TRAP", "read", both, 1), 0);
  assert_int_equal (add ("LOG", "read", &far, 1), 0);
  assert_int_equal (compile (), 0);
  assert_int_equal (compile_with (&on_x86), OCI_SECCOMP_CONFLICTING_RULES);
}

static void
test_abis_by_hand (void **state)
{
  (void) state;
  begin_profile ("ALLOW");
  assert_int_equal (add ("TRAP", "read", NULL, 0), 0);
  assert_int_equal (oci_seccomp_profile_add_abi (profile, "x86", &error), 0);
  assert_int_equal (oci_seccomp_profile_add_abi (profile, "SCMP_ARCH_X86", &error), 0);
  assert_int_equal (oci_seccomp_profile_add_abi (profile, "vax", &error), OCI_SECCOMP_UNKNOWN_ABI);
  assert_int_equal (oci_seccomp_profile_add_abi (profile, NULL, &error), OCI_SECCOMP_UNKNOWN_ABI);
  assert_int_equal (compile (), 0);
  assert_int_equal (ask (X86_TOKEN, 3, 0), SECCOMP_RET_TRAP);
  assert_int_equal (ask (X86_TOKEN, 0, 0), SECCOMP_RET_ALLOW);
  assert_int_equal (ask (X86_64_TOKEN, 0, 0), SECCOMP_RET_TRAP);
  /* The byte order is that of whatever machine it is compiled for. */
  assert_int_equal (oci_seccomp_profile_add_abi (profile, "s390x", &error), 0);
  assert_int_equal (compile (), OCI_SECCOMP_UNKNOWN_ABI);
  assert_non_null (strstr (error.message, "s390x"));
}

/* --- what the program does not hold --- */

static void
test_flags_and_listener (void **state)
{
  bool given = true;

  (void) state;
  begin_profile ("ALLOW");
  assert_int_equal (oci_seccomp_profile_flags (profile, &given), SECCOMP_FILTER_FLAG_SPEC_ALLOW);
  assert_false (given);
  assert_null (oci_seccomp_profile_listener_path (profile));
  assert_null (oci_seccomp_profile_listener_metadata (profile));
  assert_int_equal (parse ("{'defaultAction': 'SCMP_ACT_ALLOW', 'flags': []}"), 0);
  assert_int_equal (oci_seccomp_profile_flags (profile, &given), 0);
  assert_true (given);
  assert_int_equal (parse ("{'defaultAction': 'SCMP_ACT_ALLOW', 'listenerPath': '/x', "
                           "'listenerMetadata': 'm', 'flags': ['SECCOMP_FILTER_FLAG_LOG', "
                           "'SECCOMP_FILTER_FLAG_TSYNC']}"),
                    0);
  assert_int_equal (oci_seccomp_profile_flags (profile, NULL),
                    SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_TSYNC);
  assert_string_equal (oci_seccomp_profile_listener_path (profile), "/x");
  assert_string_equal (oci_seccomp_profile_listener_metadata (profile), "m");
}

/* --- filters --- */

static void
check_rule (size_t index, const char *abi, const char *syscall, uint32_t number, uint32_t verdict,
            const struct oci_seccomp_condition *conditions, size_t count)
{
  struct oci_seccomp_rule rule;

  assert_int_equal (oci_seccomp_filter_rule (filter, index, &rule, &error), OCI_SECCOMP_OK);
  assert_string_equal (rule.abi, abi);
  assert_string_equal (rule.syscall, syscall);
  assert_int_equal (rule.number, number);
  assert_int_equal (rule.verdict, verdict);
  assert_int_equal (rule.condition_count, count);
  for (size_t i = 0; i < count; i++) {
    assert_int_equal (rule.conditions[i].index, conditions[i].index);
    assert_string_equal (rule.conditions[i].op, conditions[i].op);
    assert_true (rule.conditions[i].value == conditions[i].value);
    assert_true (rule.conditions[i].value_two == conditions[i].value_two);
  }
}

/* Rules come back by ABI, number and precedence, whatever became of the profile. */
static void
test_rules_are_read_back (void **state)
{
  static const struct oci_seccomp_condition written[] = {
      {1, "MASKED_EQ", UINT64_C (0x10000000f), 0x35}, {0, "LT", 9, 0}};
  static const struct oci_seccomp_condition wide[] = {
      {0, "SCMP_CMP_LT", 9, 0}, {1, "SCMP_CMP_MASKED_EQ", UINT64_C (0x10000000f), 5}};
  static const struct oci_seccomp_condition narrow[] = {{0, "SCMP_CMP_LT", 9, 0},
                                                        {1, "SCMP_CMP_MASKED_EQ", 15, 5}};
  static const struct oci_seccomp_condition equal = {0, "SCMP_CMP_EQ", 3, 0},
                                            socket_call = {0, "SCMP_CMP_EQ", 1, 0};
  struct oci_seccomp_rule rule;

  (void) state;
  begin_profile ("ALLOW");
  assert_int_equal (add ("TRAP", "write", written, 2), 0);
  assert_int_equal (add ("ERRNO(7)", "write", &(struct oci_seccomp_condition){0, "EQ", 3, 0}, 1),
                    0);
  assert_int_equal (add ("LOG", "read", NULL, 0), 0);
  assert_int_equal (add ("KILL_PROCESS", "socket", NULL, 0), 0);
  assert_int_equal (add ("ALLOW", "mmap", NULL, 0), 0);
  assert_int_equal (oci_seccomp_profile_add_abi (profile, "x86", &error), 0);
  assert_int_equal (compile (), 0);
  oci_seccomp_profile_free (profile);
  profile = NULL;
  assert_int_equal (rule_count (), 9);
  check_rule (0, "x86_64", "read", 0, SECCOMP_RET_LOG, NULL, 0);
  check_rule (1, "x86_64", "write", 1, SECCOMP_RET_ERRNO | 7, &equal, 1);
  check_rule (2, "x86_64", "write", 1, SECCOMP_RET_TRAP, wide, 2);
  check_rule (3, "x86_64", "socket", 41, SECCOMP_RET_KILL_PROCESS, NULL, 0);
  check_rule (4, "x86", "read", 3, SECCOMP_RET_LOG, NULL, 0);
  check_rule (5, "x86", "write", 4, SECCOMP_RET_ERRNO | 7, &equal, 1);
  check_rule (6, "x86", "write", 4, SECCOMP_RET_TRAP, narrow, 2);
  check_rule (7, "x86", "socketcall", 102, SECCOMP_RET_KILL_PROCESS, &socket_call, 1);
  check_rule (8, "x86", "socket", 359, SECCOMP_RET_KILL_PROCESS, NULL, 0);
  assert_int_equal (oci_seccomp_filter_rule (filter, 9, &rule, &error), OCI_SECCOMP_BAD_ARGUMENT);
  assert_int_equal (oci_seccomp_filter_rule (filter, SIZE_MAX, &rule, &error),
                    OCI_SECCOMP_BAD_ARGUMENT);
}

static void
test_describe (void **state)
{
  char want[100];
  size_t count;

  (void) state;
  begin_profile ("KILL_PROCESS");
  assert_int_equal (add ("ALLOW", "read", NULL, 0), 0);
  assert_int_equal (add ("ALLOW", "write", &(struct oci_seccomp_condition){0, "EQ", 3, 0}, 1), 0);
  assert_int_equal (add ("ALLOW", "write", &(struct oci_seccomp_condition){0, "EQ", 4, 0}, 1), 0);
  assert_int_equal (add ("ALLOW", "socket", NULL, 0), 0);
  assert_int_equal (oci_seccomp_profile_add_abi (profile, "x32", &error), 0);
  assert_int_equal (oci_seccomp_profile_add_abi (profile, "x86", &error), 0);
  assert_int_equal (compile (), 0);
  oci_seccomp_filter_instructions (filter, &count);
  /* Three calls, and socketcall, through which one of them is reached. */
  snprintf (want, sizeof want, "x86_64,x86,x32 4 syscalls, %zu instructions", count);
  assert_string_equal (oci_seccomp_filter_describe (filter), want);
}

static void
test_a_profile_compiles_for_any_machine (void **state)
{
  static const char *const machines[] = {"s390x", "SCMP_ARCH_AARCH64", "mips64n32", "sheb"};
  static const uint32_t tokens[] = {0x80000016, 0xc00000b7, 0xa0000008, 0x2a};
  static const int write_numbers[] = {4, 64, 6001, 4};
  static const struct oci_seccomp_condition condition = {2, "EQ", UINT32_MAX, 0};

  (void) state;
  begin_profile ("ALLOW");
  assert_int_equal (add ("TRAP", "write", &condition, 1), 0);
  for (int i = 0; i < 4; i++) {
    struct oci_seccomp_options options = {.native_abi = machines[i]};

    assert_int_equal (compile_with (&options), 0);
    assert_int_equal (ask (tokens[i], write_numbers[i], UINT32_MAX), SECCOMP_RET_TRAP);
    assert_int_equal (ask (tokens[i], write_numbers[i], 1), SECCOMP_RET_ALLOW);
    assert_int_equal (ask (tokens[i], write_numbers[i] + 1, UINT32_MAX), SECCOMP_RET_ALLOW);
    assert_int_equal (ask (X86_64_TOKEN, 1, UINT32_MAX), SECCOMP_RET_KILL_THREAD);
  }
}

static void
test_the_same_bytes_every_time (void **state)
{
  struct oci_seccomp_filter *other;
  const struct sock_filter *one, *two;
  size_t count, other_count;

  (void) state;
  assert_int_equal (oci_seccomp_profile_allow_list (&profile, three, 3, NULL, &error), 0);
  assert_int_equal (compile (), 0);
  assert_int_equal (oci_seccomp_compile (&other, profile, &on_x86_64, &error), 0);
  one = oci_seccomp_filter_instructions (filter, &count);
  two = oci_seccomp_filter_instructions (other, &other_count);
  assert_int_equal (count, other_count);
  assert_memory_equal (one, two, count * sizeof *one);
  oci_seccomp_filter_free (other);
}

/* Thousands of rules on different arguments: no program can hold them. */
static void
test_too_large_a_profile (void **state)
{
  (void) state;
  begin_profile ("ALLOW");
  for (uint64_t i = 0; i < 4500; i++) {
    const struct oci_seccomp_condition conditions[] = {{(unsigned) (i % 5), "EQ", i * 3, 0},
                                                       {5, "EQ", i * UINT64_C (0x100000003), 0}};

    assert_int_equal (add ("TRAP", "read", conditions, 2), 0);
  }
  assert_int_equal (compile (), OCI_SECCOMP_TOO_LARGE);
  assert_non_null (strstr (error.message, "4096"));
}

/* --- raw BPF --- */

static const struct sock_filter raw[] = {
    {BPF_LD | BPF_W | BPF_ABS, 0, 0, 0},
    {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 7},
    {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_TRAP},
    {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
};

static int
from_bpf (const void *bytes, size_t length)
{
  let_go ();
  memset (&error, 0, sizeof error);
  return seen_filter (oci_seccomp_filter_from_bpf (&filter, bytes, length, &error));
}

static void
test_raw_programs (void **state)
{
  struct oci_seccomp_rule rule;
  size_t count = 99;

  (void) state;
  assert_int_equal (from_bpf (raw, sizeof raw), 0);
  assert_memory_equal (oci_seccomp_filter_instructions (filter, &count), raw, sizeof raw);
  assert_int_equal (count, 4);
  assert_int_equal (ask (X86_64_TOKEN, 7, 0), SECCOMP_RET_TRAP);
  assert_int_equal (ask (X86_64_TOKEN, 8, 0), SECCOMP_RET_ALLOW);
  assert_string_equal (oci_seccomp_filter_describe (filter), "raw BPF, 4 instructions");
  assert_int_equal (oci_seccomp_filter_rule_count (filter, &count, &error),
                    OCI_SECCOMP_RULES_UNKNOWN);
  assert_int_equal (error.code, OCI_SECCOMP_RULES_UNKNOWN);
  assert_int_equal (oci_seccomp_filter_rule (filter, 0, &rule, &error), OCI_SECCOMP_RULES_UNKNOWN);
}

static void
test_wrong_raw_programs (void **state)
{
  static struct sock_filter many[4097];
  struct sock_filter bad[4];

  (void) state;
  memcpy (bad, raw, sizeof raw);
  assert_int_equal (from_bpf (raw, 0), OCI_SECCOMP_BAD_PROGRAM);
  assert_int_equal (from_bpf (raw, sizeof raw - 1), OCI_SECCOMP_BAD_PROGRAM);
  assert_int_equal (from_bpf (raw, sizeof *raw), OCI_SECCOMP_BAD_PROGRAM);
  bad[1].jf = 2;
  assert_int_equal (from_bpf (bad, sizeof bad), OCI_SECCOMP_BAD_PROGRAM);
  for (size_t i = 0; i < LENGTH (many); i++)
    many[i] = raw[3];
  assert_int_equal (from_bpf (many, sizeof many), OCI_SECCOMP_TOO_LARGE);
  assert_int_equal (from_bpf (many, sizeof many - sizeof *many), OCI_SECCOMP_OK);
}

/* What one filter gives out, another is made from. */
static void
test_raw_programs_of_ours (void **state)
{
  const struct sock_filter *instructions;
  struct sock_filter kept[100];
  size_t count;

  (void) state;
  assert_int_equal (oci_seccomp_profile_allow_list (&profile, three, 3, NULL, &error), 0);
  assert_int_equal (compile_with (NULL), 0);
  instructions = oci_seccomp_filter_instructions (filter, &count);
  assert_in_range (count, 1, 100);
  memcpy (kept, instructions, count * sizeof *kept);
  assert_int_equal (from_bpf (kept, count * sizeof *kept), 0);
  assert_memory_equal (oci_seccomp_filter_instructions (filter, &count), kept,
                       count * sizeof *kept);
}

/* --- options --- */

static void
test_wrong_options (void **state)
{
  static const char *const unknown[] = {"CAP_NOBODY"}, *const hole[] = {NULL};
  const struct oci_seccomp_options wrong[] = {
      {.native_abi = "vax"},
      {.native_abi = ""},
      {.kernel = "six"},
      {.kernel = "6"},
      {.bad_arch = "MAYBE"},
      {.bad_arch = "ERRNO(5000)"},
      {.capabilities = unknown, .capability_count = 1},
      {.capabilities = hole, .capability_count = 1},
      {.newer = (enum oci_seccomp_newer) 2},
      {.unknown_syscalls = (enum oci_seccomp_unknown) 3},
  };

  (void) state;
  for (size_t i = 0; i < LENGTH (wrong); i++) {
    assert_int_equal (parse_with ("{'defaultAction': 'SCMP_ACT_ALLOW'}", &wrong[i]),
                      OCI_SECCOMP_BAD_ARGUMENT);
    begin_profile ("ALLOW");
    assert_int_equal (compile_with (&wrong[i]), OCI_SECCOMP_BAD_ARGUMENT);
  }
}

/* All zero and none at all are the same: this machine. */
static void
test_no_options (void **state)
{
  static const struct oci_seccomp_options zero;
  char native[32];

  (void) state;
  snprintf (native, sizeof native, "%s 1 syscalls, ", oci_seccomp_native_abi ());
  for (int i = 0; i < 2; i++) {
    const struct oci_seccomp_options *options = i ? &zero : NULL;

    assert_int_equal (parse_with ("{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': "
                                  "['read', 'nobody_has_this'], 'action': 'SCMP_ACT_TRAP'}]}",
                                  options),
                      0);
    assert_int_equal (compile_with (options), 0);
    assert_ptr_equal (strstr (oci_seccomp_filter_describe (filter), native),
                      oci_seccomp_filter_describe (filter));
  }
}

static void
test_bad_arch (void **state)
{
  struct oci_seccomp_options options = on_x86_64;

  (void) state;
  begin_profile ("ALLOW");
  options.bad_arch = "ERRNO(ENOSYS)";
  assert_int_equal (compile_with (&options), 0);
  assert_int_equal (ask (X86_TOKEN, 3, 0), SECCOMP_RET_ERRNO | 38);
  assert_int_equal (ask (X86_64_TOKEN, 0x40000000, 0), SECCOMP_RET_ERRNO | 38);
  assert_int_equal (ask (X86_64_TOKEN, 3, 0), SECCOMP_RET_ALLOW);
}

static void
test_newer (void **state)
{
  struct oci_seccomp_options options = on_x86_64;

  (void) state;
  assert_int_equal (oci_seccomp_profile_allow_list (&profile, three, 3, "TRAP", &error), 0);
  assert_int_equal (compile_with (&options), 0);
  assert_int_equal (ask (X86_64_TOKEN, 10, 0), SECCOMP_RET_ERRNO | 38);
  options.newer = OCI_SECCOMP_NEWER_DEFAULT;
  assert_int_equal (compile_with (&options), 0);
  assert_int_equal (ask (X86_64_TOKEN, 10, 0), SECCOMP_RET_TRAP);
}

/* A condition that a multiplexed call loses. */
static void
test_strict (void **state)
{
  static const struct oci_seccomp_condition condition = {0, "EQ", 40, 0};
  struct oci_seccomp_options options = {.native_abi = "x86", .strict = true};

  (void) state;
  begin_profile ("ALLOW");
  assert_int_equal (add ("TRAP", "socket", &condition, 1), 0);
  assert_int_equal (compile_with (&options), OCI_SECCOMP_INVALID_PROFILE);
  assert_non_null (strstr (error.message, "socketcall"));
  options.strict = false;
  assert_int_equal (compile_with (&options), 0);
  assert_int_equal (ask (X86_TOKEN, 102, 1), SECCOMP_RET_TRAP);
}

/* Proof that the program is the profile's. */
static void
test_verify (void **state)
{
  static const struct oci_seccomp_condition condition = {0, "GT", UINT64_C (0x500000005), 0};
  struct oci_seccomp_options options = on_x86_64;

  (void) state;
  options.verify = true;
  begin_profile ("ERRNO");
  assert_int_equal (add ("ALLOW", "mmap", &condition, 1), 0);
  assert_int_equal (oci_seccomp_profile_add_abi (profile, "x32", &error), 0);
  assert_int_equal (compile_with (&options), 0);
}

/* --- warnings --- */

static char heard[2000];

static void
hear (void *data, const char *message)
{
  size_t used = strlen (heard);

  assert_ptr_equal (data, &heard);
  assert_null (strchr (message, '\n'));
  snprintf (heard + used, sizeof heard - used, "%s|", message);
}

static const char two_unknown[] =
    "{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': ['read', 'unknown_one', "
    "'unknown_two'], 'action': 'SCMP_ACT_TRAP', 'args': [{'index': 0, 'op': 'SCMP_CMP_EQ', "
    "'value': 4294967301}]}]}";

static void
test_warnings (void **state)
{
  struct oci_seccomp_options options = {.native_abi = "x86", .warn = hear, .warn_data = &heard};

  (void) state;
  heard[0] = '\0';
  assert_int_equal (parse_with (two_unknown, &options), 0);
  assert_non_null (strstr (heard, "-:1:69: syscalls[0].names[1]: unknown system call "
                                  "\"unknown_one\"; skipped|"));
  assert_non_null (strstr (heard, "\"unknown_two\"; skipped|"));
  heard[0] = '\0';
  assert_int_equal (compile_with (&options), 0);
  assert_string_equal (heard,
                       "-:1:50: syscalls[0]: read: arguments have 32 bits on x86: 0x100000005 "
                       "is cut to 0x5|");
  assert_null (strstr (heard, "unknown"));
  heard[0] = '\0';
  options.native_abi = "x86_64";
  assert_int_equal (compile_with (&options), 0);
  assert_string_equal (heard, "");
}

/* What fits is not worth a word, nor is a call that the ABI lacks. */
static void
test_no_warnings (void **state)
{
  static const char *const conditions[] = {
      "{'names': ['read'], 'action': 'SCMP_ACT_TRAP', 'args': [{'index': 0, 'op': 'SCMP_CMP_EQ', "
      "'value': 4294967295}]}",
      "{'names': ['read'], 'action': 'SCMP_ACT_TRAP', 'args': [{'index': 0, 'op': "
      "'SCMP_CMP_MASKED_EQ', 'value': 3, 'valueTwo': 4294967297}]}",
      "{'names': ['newfstatat'], 'action': 'SCMP_ACT_TRAP', 'args': [{'index': 0, 'op': "
      "'SCMP_CMP_EQ', 'value': 4294967301}]}",
  };
  struct oci_seccomp_options options = {.native_abi = "x86", .warn = hear, .warn_data = &heard};

  (void) state;
  for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
    char text[400];

    snprintf (text, sizeof text, "{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [%s]}",
              conditions[i]);
    heard[0] = '\0';
    assert_int_equal (parse_with (text, &options), 0);
    assert_int_equal (compile_with (&options), 0);
    assert_string_equal (heard, "");
    let_go ();
  }
}

static void
test_unknown_syscalls (void **state)
{
  struct oci_seccomp_options options = {.native_abi = "x86_64",
                                        .warn = hear,
                                        .warn_data = &heard,
                                        .unknown_syscalls = OCI_SECCOMP_UNKNOWN_IGNORE};

  (void) state;
  heard[0] = '\0';
  assert_int_equal (parse_with (two_unknown, &options), 0);
  assert_string_equal (heard, "");
  options.unknown_syscalls = OCI_SECCOMP_UNKNOWN_ERROR;
  assert_int_equal (parse_with (two_unknown, &options), OCI_SECCOMP_UNKNOWN_SYSCALL);
  assert_non_null (strstr (error.message, "unknown_one"));
  assert_string_equal (heard, "");
}

/* --- the rest --- */

static void
test_free_of_nothing (void **state)
{
  (void) state;
  oci_seccomp_profile_free (NULL);
  oci_seccomp_filter_free (NULL);
}

static void
test_versions (void **state)
{
  int year, month, day, major, minor;

  (void) state;
  assert_int_equal (sscanf (oci_seccomp_tables_date (), "%4d-%2d-%2d", &year, &month, &day), 3);
  assert_int_equal (strlen (oci_seccomp_tables_date ()), strlen ("2026-05-19"));
  assert_int_equal (sscanf (oci_seccomp_version (), "%d.%d.", &major, &minor), 2);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      API_TEST (test_documents),
      API_TEST (test_input_is_not_kept),
      API_TEST (test_too_large_a_document),
      API_TEST (test_messages_name_the_place),
      API_TEST (test_no_error_wanted),
      API_TEST (test_allow_list),
      API_TEST (test_allow_list_with_a_default),
      API_TEST (test_deny_list),
      API_TEST (test_empty_lists),
      API_TEST (test_wrong_lists),
      API_TEST (test_null_is_a_bad_argument),
      API_TEST (test_actions),
      API_TEST (test_wrong_actions),
      API_TEST (test_operators),
      API_TEST (test_masked_operator),
      API_TEST (test_an_index_twice_is_or),
      API_TEST (test_wrong_rules),
      API_TEST (test_the_same_rule_again),
      API_TEST (test_conflicts_when_compiled),
      API_TEST (test_abis_by_hand),
      API_TEST (test_flags_and_listener),
      API_TEST (test_rules_are_read_back),
      API_TEST (test_describe),
      API_TEST (test_a_profile_compiles_for_any_machine),
      API_TEST (test_the_same_bytes_every_time),
      API_TEST (test_too_large_a_profile),
      API_TEST (test_raw_programs),
      API_TEST (test_wrong_raw_programs),
      API_TEST (test_raw_programs_of_ours),
      API_TEST (test_wrong_options),
      API_TEST (test_no_options),
      API_TEST (test_bad_arch),
      API_TEST (test_newer),
      API_TEST (test_strict),
      API_TEST (test_verify),
      API_TEST (test_warnings),
      API_TEST (test_no_warnings),
      API_TEST (test_unknown_syscalls),
      API_TEST (test_free_of_nothing),
      API_TEST (test_versions),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
