/* error.c: what a failure leaves with the caller. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "error.h"

/* The library's fail, by a name that cmocka's macro leaves alone. */
static int (*const library_fail) (struct oci_seccomp_error *err, int code, const char *format,
                                  ...) = fail;

#include <cmocka.h>

static void
test_fail_fills_the_error (void **state)
{
  struct oci_seccomp_error err = {99, 99, "old"};

  (void) state;
  assert_int_equal (library_fail (&err, OCI_SECCOMP_BAD_JSON, "%s: %d", "f.json", 7),
                    OCI_SECCOMP_BAD_JSON);
  assert_int_equal (err.code, OCI_SECCOMP_BAD_JSON);
  assert_int_equal (err.sys_errno, 0);
  assert_string_equal (err.message, "f.json: 7");
}

static void
test_fail_errno_keeps_the_errno (void **state)
{
  struct oci_seccomp_error err;

  (void) state;
  assert_int_equal (fail_errno (&err, OCI_SECCOMP_REFUSED, EBUSY, "no %s", "luck"),
                    OCI_SECCOMP_REFUSED);
  assert_int_equal (err.code, OCI_SECCOMP_REFUSED);
  assert_int_equal (err.sys_errno, EBUSY);
  assert_string_equal (err.message, "no luck");
}

static void
test_no_memory (void **state)
{
  struct oci_seccomp_error err;

  (void) state;
  assert_int_equal (fail_memory (&err), OCI_SECCOMP_NO_MEMORY);
  assert_int_equal (err.code, OCI_SECCOMP_NO_MEMORY);
  assert_int_equal (err.sys_errno, ENOMEM);
  assert_string_equal (err.message, "out of memory");
}

static void
test_a_caller_without_an_error (void **state)
{
  (void) state;
  assert_int_equal (library_fail (NULL, OCI_SECCOMP_TOO_LARGE, "%d", 1), OCI_SECCOMP_TOO_LARGE);
  assert_int_equal (fail_errno (NULL, OCI_SECCOMP_REFUSED, EINVAL, "%d", 1), OCI_SECCOMP_REFUSED);
  assert_int_equal (fail_memory (NULL), OCI_SECCOMP_NO_MEMORY);
}

static void
test_a_long_message_is_cut (void **state)
{
  struct {
    struct oci_seccomp_error err;
    char after;
  } room = {.after = 'z'};
  char text[3000];

  (void) state;
  memset (text, 'y', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  library_fail (&room.err, OCI_SECCOMP_BAD_JSON, "%s", text);
  assert_int_equal (strlen (room.err.message), sizeof room.err.message - 1);
  assert_int_equal (room.err.message[sizeof room.err.message - 2], 'y');
  assert_int_equal (room.after, 'z');
}

/* Every code has words of its own; what is no code has some too. */
static void
test_code_names (void **state)
{
  static const int no_codes[] = {-1, OCI_SECCOMP_BAD_ARGUMENT + 1, INT32_MAX, INT32_MIN};

  (void) state;
  for (int i = 0; i <= OCI_SECCOMP_BAD_ARGUMENT; i++) {
    assert_int_not_equal (strlen (oci_seccomp_code_name (i)), 0);
    assert_string_not_equal (oci_seccomp_code_name (i), "unknown error code");
    for (int j = 0; j < i; j++)
      assert_string_not_equal (oci_seccomp_code_name (i), oci_seccomp_code_name (j));
  }
  for (size_t i = 0; i < sizeof no_codes / sizeof *no_codes; i++)
    assert_string_equal (oci_seccomp_code_name (no_codes[i]), "unknown error code");
  assert_string_equal (oci_seccomp_code_name (OCI_SECCOMP_INVALID_PROFILE), "invalid profile");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_fail_fills_the_error),
      cmocka_unit_test (test_fail_errno_keeps_the_errno),
      cmocka_unit_test (test_no_memory),
      cmocka_unit_test (test_a_caller_without_an_error),
      cmocka_unit_test (test_a_long_message_is_cut),
      cmocka_unit_test (test_code_names),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
