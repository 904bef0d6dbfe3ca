#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <linux/capability.h>
#include <linux/seccomp.h>

#include "names.h"

#include <cmocka.h>

static void
test_actions (void **state)
{
  static const struct {
    const char *name;
    uint32_t value;
  } rows[] = {
      {"SCMP_ACT_KILL", 0},
      {"SCMP_ACT_KILL_THREAD", 0},
      {"SCMP_ACT_KILL_PROCESS", 0x80000000},
      {"SCMP_ACT_TRAP", 0x00030000},
      {"SCMP_ACT_ERRNO", 0x00050000},
      {"SCMP_ACT_TRACE", 0x7ff00000},
      {"SCMP_ACT_NOTIFY", 0x7fc00000},
      {"SCMP_ACT_LOG", 0x7ffc0000},
      {"SCMP_ACT_ALLOW", 0x7fff0000},
  };
  size_t count = 0;

  (void) state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint32_t action = 1;

    assert_true (action_from_name (rows[i].name, SPELLING_SPEC, &action));
    assert_int_equal (action, rows[i].value);
    assert_true (action_from_name (rows[i].name + 9, SPELLING_SHORT_TOO, &action));
    assert_int_equal (action, rows[i].value);
    assert_false (action_from_name (rows[i].name + 9, SPELLING_SPEC, &action));
  }
  while (action_names[count].name)
    count++;
  assert_int_equal (count, sizeof rows / sizeof *rows);
  assert_string_equal (action_name (0), "SCMP_ACT_KILL_THREAD");
  assert_string_equal (action_name (SECCOMP_RET_ERRNO | 38), "SCMP_ACT_ERRNO");
  assert_null (action_name (0x12340000));
}

static void
test_wrong_words (void **state)
{
  static const char *const words[] = {"",
                                      "scmp_act_allow",
                                      "SCMP_ACT_",
                                      "SCMP_ACT_ALLOWS",
                                      "SCMP_ACT",
                                      " SCMP_ACT_ALLOW",
                                      "_ALLOW",
                                      "allow",
                                      "SCMP_CMP_EQ",
                                      "ACT_ALLOW",
                                      "SCMP_ACT_ALLOW "};
  uint32_t value;
  enum op op;

  (void) state;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    assert_false (action_from_name (words[i], SPELLING_SPEC, &value));
    assert_false (action_from_name (words[i], SPELLING_SHORT_TOO, &value));
  }
  assert_false (operator_from_name ("==", SPELLING_SHORT_TOO, &op));
  assert_false (operator_from_name ("EQ", SPELLING_SPEC, &op));
  assert_false (flag_from_name ("TSYNC", &value));
  assert_false (errno_from_name ("eperm", &value));
  assert_false (errno_from_name ("1", &value));
  assert_false (capability_from_name ("SYS_ADMIN", &value));
  assert_false (capability_from_name ("cap_sys_admin", &value));
}

static void
test_operators (void **state)
{
  static const char *const names[] = {
      [OPERATOR_NE] = "SCMP_CMP_NE",
      [OPERATOR_LT] = "SCMP_CMP_LT",
      [OPERATOR_LE] = "SCMP_CMP_LE",
      [OPERATOR_EQ] = "SCMP_CMP_EQ",
      [OPERATOR_GE] = "SCMP_CMP_GE",
      [OPERATOR_GT] = "SCMP_CMP_GT",
      [OPERATOR_MASKED_EQ] = "SCMP_CMP_MASKED_EQ",
  };

  (void) state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    enum op op;

    assert_true (operator_from_name (names[i], SPELLING_SPEC, &op));
    assert_int_equal (op, i);
    assert_true (operator_from_name (names[i] + 9, SPELLING_SHORT_TOO, &op));
    assert_int_equal (op, i);
    assert_string_equal (operator_name (op), names[i]);
  }
  assert_null (operator_names[sizeof names / sizeof *names].name);
}

static void
test_flags (void **state)
{
  static const char *const names[] = {"TSYNC", "LOG", "SPEC_ALLOW",
                                      NULL,    NULL,  "WAIT_KILLABLE_RECV"};
  size_t count = 0;

  (void) state;
  for (size_t bit = 0; bit < sizeof names / sizeof *names; bit++) {
    char name[64];
    uint32_t flag;

    if (!names[bit])
      continue;
    count++;
    snprintf (name, sizeof name, "SECCOMP_FILTER_FLAG_%s", names[bit]);
    assert_true (flag_from_name (name, &flag));
    assert_int_equal (flag, 1u << bit);
  }
  assert_null (flag_names[count].name);
  assert_false (flag_from_name ("SECCOMP_FILTER_FLAG_NEW_LISTENER", &(uint32_t){0}));
}

/* The generic numbers are those of the C library here, on the machines where it has them. */
static void
test_errnos (void **state)
{
  bool seen[134] = {false};

  (void) state;
  for (const struct name *row = errno_names; row->name; row++) {
    assert_in_range (row->value, 1, 133);
#if defined(__GLIBC__) && (defined(__x86_64__) || defined(__aarch64__) || defined(__s390x__))
    if (strcmp (row->name, "EWOULDBLOCK") != 0 && strcmp (row->name, "EDEADLOCK") != 0 &&
        row->value != EOPNOTSUPP)
      assert_string_equal (strerrorname_np ((int) row->value), row->name);
#endif
    seen[row->value] = true;
  }
  /* 41 and 58 were never given out. */
  for (int number = 1; number < 134; number++)
    assert_int_equal (seen[number], number != 41 && number != 58);
}

static void
test_errno_texts (void **state)
{
  uint32_t number;

  (void) state;
  assert_true (errno_from_text ("EPERM", 4095, &number) && number == 1);
  assert_true (errno_from_text ("ENOSYS", 4095, &number) && number == 38);
  assert_true (errno_from_text ("EOPNOTSUPP", 4095, &number) && number == 95);
  assert_true (errno_from_text ("0", 4095, &number) && number == 0);
  assert_true (errno_from_text ("0038", 4095, &number) && number == 38);
  assert_true (errno_from_text ("4095", 4095, &number) && number == 4095);
  assert_true (errno_from_text ("65535", 65535, &number) && number == 65535);
  assert_false (errno_from_text ("4096", 4095, &number));
  assert_false (errno_from_text ("4294967297", 4095, &number));
  assert_false (errno_from_text ("99999999999999999999", 65535, &number));
  assert_false (errno_from_text ("", 4095, &number));
  assert_false (errno_from_text ("-1", 4095, &number));
  assert_false (errno_from_text ("+1", 4095, &number));
  assert_false (errno_from_text ("0x1", 4095, &number));
  assert_false (errno_from_text ("1 ", 4095, &number));
  assert_false (errno_from_text ("ENOPE", 4095, &number));
}

static void
test_capabilities (void **state)
{
  uint32_t number;

  (void) state;
  for (int i = 0; i <= 40; i++)
    assert_int_equal (capability_names[i].value, i);
  assert_null (capability_names[41].name);
  assert_true (capability_from_name ("CAP_SYS_ADMIN", &number));
  assert_int_equal (number, CAP_SYS_ADMIN);
  assert_true (capability_from_name ("CAP_CHECKPOINT_RESTORE", &number));
  assert_int_equal (number, 40);
}

static void
test_action_data (void **state)
{
  uint32_t max = 0;

  (void) state;
  assert_true (action_takes_data (SECCOMP_RET_ERRNO | 7, &max) && max == 4095);
  assert_true (action_takes_data (SECCOMP_RET_TRACE, &max) && max == 65535);
  for (const struct name *row = action_names; row->name; row++)
    if (row->value != SECCOMP_RET_ERRNO && row->value != SECCOMP_RET_TRACE)
      assert_false (action_takes_data (row->value, &max));
}

static void
test_verdict_texts (void **state)
{
  static const struct {
    uint32_t verdict;
    const char *text;
  } rows[] = {
      {SECCOMP_RET_ALLOW, "ALLOW"},
      {SECCOMP_RET_ERRNO | 38, "ERRNO(38)"},
      {SECCOMP_RET_ERRNO, "ERRNO(0)"},
      {SECCOMP_RET_TRACE | 65535, "TRACE(65535)"},
      {SECCOMP_RET_USER_NOTIF, "NOTIFY"},
      {SECCOMP_RET_LOG, "LOG"},
      {SECCOMP_RET_TRAP, "TRAP"},
      {SECCOMP_RET_KILL_THREAD, "KILL_THREAD"},
      {SECCOMP_RET_KILL_PROCESS, "KILL_PROCESS"},
  };
  char buffer[VERDICT_TEXT];

  (void) state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint32_t verdict;

    assert_string_equal (verdict_text (rows[i].verdict, buffer), rows[i].text);
    assert_true (verdict_from_text (rows[i].text, &verdict));
    assert_int_equal (verdict, rows[i].verdict);
  }
  assert_string_equal (verdict_text (0x12345678, buffer), "KILL_PROCESS");
  assert_string_equal (verdict_text (SECCOMP_RET_ALLOW | 5, buffer), "ALLOW");
}

static void
test_verdicts_from_texts (void **state)
{
  static const struct {
    const char *text;
    uint32_t verdict;
  } good[] = {
      {"ERRNO", SECCOMP_RET_ERRNO | 1},
      {"SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO | 1},
      {"SCMP_ACT_ERRNO(4095)", SECCOMP_RET_ERRNO | 4095},
      {"ERRNO(ENOSYS)", SECCOMP_RET_ERRNO | 38},
      {"ERRNO(0)", SECCOMP_RET_ERRNO},
      {"TRACE", SECCOMP_RET_TRACE | 1},
      {"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD},
      {"KILL", SECCOMP_RET_KILL_THREAD},
  };
  static const char *const bad[] = {"",
                                    "ERRNO(",
                                    "ERRNO()",
                                    "ERRNO)",
                                    "ERRNO(1",
                                    "ERRNO(1))",
                                    "ERRNO(4096)",
                                    "TRACE(65536)",
                                    "ERRNO(-1)",
                                    "ERRNO (1)",
                                    "ERRNO(1) ",
                                    "ALLOW(1)",
                                    "ALLOW()",
                                    "(1)",
                                    "errno(1)",
                                    "ERRNO(0x1)",
                                    "ERRNO(1)(2)",
                                    "EXPLODE",
                                    "SCMP_ACT_ERRNO(00000000000000000000000000000001)"};
  uint32_t verdict;

  (void) state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    assert_true (verdict_from_text (good[i].text, &verdict));
    assert_int_equal (verdict, good[i].verdict);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    if (verdict_from_text (bad[i], &verdict))
      fail_msg ("%s", bad[i]);
}

static void
test_names_texts (void **state)
{
  char buffer[NAMES_TEXT];

  (void) state;
  assert_string_equal (names_text (operator_names, buffer),
                       "one of SCMP_CMP_NE, SCMP_CMP_LT, SCMP_CMP_LE, SCMP_CMP_EQ, SCMP_CMP_GE, "
                       "SCMP_CMP_GT, SCMP_CMP_MASKED_EQ");
  assert_non_null (strstr (names_text (action_names, buffer), ", SCMP_ACT_KILL_PROCESS"));
  assert_non_null (strstr (names_text (flag_names, buffer), "_WAIT_KILLABLE_RECV"));
  assert_int_equal (strlen (names_text (errno_names, buffer)), NAMES_TEXT - 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_actions),       cmocka_unit_test (test_wrong_words),
      cmocka_unit_test (test_operators),     cmocka_unit_test (test_flags),
      cmocka_unit_test (test_errnos),        cmocka_unit_test (test_errno_texts),
      cmocka_unit_test (test_capabilities),  cmocka_unit_test (test_action_data),
      cmocka_unit_test (test_verdict_texts), cmocka_unit_test (test_verdicts_from_texts),
      cmocka_unit_test (test_names_texts),
  };

  return cmocka_run_group_tests_name ("names", tests, NULL, NULL);
}
