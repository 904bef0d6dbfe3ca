#include "parse.h"

#include <sys/utsname.h>

#include <linux/capability.h>

static struct options options;

static void
expect_bad_option (const struct oci_seccomp_options *from, const char *message)
{
  struct oci_seccomp_error err;

  assert_int_equal (options_resolve (&options, from, &err), OCI_SECCOMP_BAD_ARGUMENT);
  assert_int_equal (err.code, OCI_SECCOMP_BAD_ARGUMENT);
  assert_string_equal (err.message, message);
}

static void
test_defaults (void **state)
{
  static const struct oci_seccomp_options none;
  const struct oci_seccomp_options *const both[] = {NULL, &none};
  struct utsname running;
  unsigned major, minor;

  (void) state;
  uname (&running);
  assert_int_equal (sscanf (running.release, "%u.%u", &major, &minor), 2);
  for (int i = 0; i < 2; i++) {
    struct oci_seccomp_error err;

    assert_int_equal (options_resolve (&options, both[i], &err), 0);
    assert_string_equal (options.file_name, "-");
    assert_int_equal (options.native, abi_native ());
    assert_int_equal (options.kernel_major, major);
    assert_int_equal (options.kernel_minor, minor);
    assert_false (options.capabilities_given);
    assert_int_equal (options.bad_arch, SECCOMP_RET_KILL_THREAD);
    assert_int_equal (options.newer, OCI_SECCOMP_NEWER_ENOSYS);
    assert_int_equal (options.unknown_syscalls, OCI_SECCOMP_UNKNOWN_WARN);
    assert_false (options.strict || options.verify);
    options.warn (options.warn_data, "nobody hears this");
  }
}

static void
test_given (void **state)
{
  struct oci_seccomp_options from = parse_options ();
  struct oci_seccomp_error err;

  (void) state;
  from.native_abi = "SCMP_ARCH_S390X";
  from.bad_arch = "ERRNO(38)";
  from.newer = OCI_SECCOMP_NEWER_DEFAULT;
  from.unknown_syscalls = OCI_SECCOMP_UNKNOWN_ERROR;
  from.strict = from.verify = true;
  assert_int_equal (options_resolve (&options, &from, &err), 0);
  assert_string_equal (options.file_name, "f.json");
  assert_int_equal (options.native, ABI_S390X);
  assert_int_equal (options.bad_arch, SECCOMP_RET_ERRNO | 38);
  assert_int_equal (options.newer, OCI_SECCOMP_NEWER_DEFAULT);
  assert_int_equal (options.unknown_syscalls, OCI_SECCOMP_UNKNOWN_ERROR);
  assert_true (options.strict && options.verify);
  assert_ptr_equal (options.warn, parse_warn);
  assert_ptr_equal (options.warn_data, warnings);
}

static void
test_kernels (void **state)
{
  static const struct {
    const char *text;
    unsigned major, minor;
  } good[] = {{"6.1", 6, 1}, {"6.1.0-13-amd64", 6, 1}, {"4.19+", 4, 19},
              {"0.0", 0, 0}, {"300.1000", 300, 1000},  {"5.10-rc1", 5, 10}};
  static const char *const bad[] = {"",     "6",   "6.",   ".1",           "six.one",     " 6.1",
                                    "-6.1", "6.x", "v6.1", "4294967297.1", "6.4294967297"};
  struct oci_seccomp_error err;

  (void) state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    struct oci_seccomp_options from = {.kernel = good[i].text};

    assert_int_equal (options_resolve (&options, &from, &err), 0);
    assert_int_equal (options.kernel_major, good[i].major);
    assert_int_equal (options.kernel_minor, good[i].minor);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct oci_seccomp_options from = {.kernel = bad[i]};
    char message[128];

    snprintf (message, sizeof message, "unknown kernel version \"%s\"; want one like 6.1", bad[i]);
    expect_bad_option (&from, message);
  }
}

static void
test_capabilities (void **state)
{
  static const char *const some[] = {"CAP_SYS_ADMIN", "chown", "cap_bpf", "CHECKPOINT_RESTORE",
                                     "CAP_CHOWN"};
  static const char *const bad[] = {"CAP_CHOWN", "CAP_FLY"}, *const empty[] = {""},
                           *const null[] = {"CAP_CHOWN", NULL}, *const prefix[] = {"CAP_"};
  struct oci_seccomp_options from = {.capabilities = some, .capability_count = 5};
  struct oci_seccomp_error err;

  (void) state;
  assert_int_equal (options_resolve (&options, &from, &err), 0);
  assert_true (options.capabilities_given);
  assert_true (options.capabilities == (UINT64_C (1) << CAP_SYS_ADMIN | UINT64_C (1) << CAP_CHOWN |
                                        UINT64_C (1) << 39 | UINT64_C (1) << 40));
  from.capability_count = 0;
  assert_int_equal (options_resolve (&options, &from, &err), 0);
  assert_true (options.capabilities_given);
  assert_true (options.capabilities == 0);
  from = (struct oci_seccomp_options){.capabilities = bad, .capability_count = 2};
  expect_bad_option (&from, "unknown capability \"CAP_FLY\"; want one like CAP_SYS_ADMIN");
  from = (struct oci_seccomp_options){.capabilities = empty, .capability_count = 1};
  expect_bad_option (&from, "unknown capability \"\"; want one like CAP_SYS_ADMIN");
  from = (struct oci_seccomp_options){.capabilities = prefix, .capability_count = 1};
  expect_bad_option (&from, "unknown capability \"CAP_\"; want one like CAP_SYS_ADMIN");
  from = (struct oci_seccomp_options){.capabilities = null, .capability_count = 2};
  expect_bad_option (&from, "capability 1 is NULL");
}

static void
test_bad_words (void **state)
{
  struct oci_seccomp_options from = {.native_abi = "vax"};

  (void) state;
  expect_bad_option (&from, "unknown native ABI \"vax\"; want one like x86_64");
  from = (struct oci_seccomp_options){.bad_arch = "EXPLODE\n"};
  expect_bad_option (&from, "unknown action for other architectures \"EXPLODE\\u000a\"; want one "
                            "like KILL_PROCESS or ERRNO(38)");
  from = (struct oci_seccomp_options){.newer = (enum oci_seccomp_newer) 2};
  expect_bad_option (&from, "unknown value 2 of newer");
  from = (struct oci_seccomp_options){.unknown_syscalls = (enum oci_seccomp_unknown) - 1};
  expect_bad_option (&from, "unknown value -1 of unknown_syscalls");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_defaults),  cmocka_unit_test (test_given),
      cmocka_unit_test (test_kernels),   cmocka_unit_test (test_capabilities),
      cmocka_unit_test (test_bad_words),
  };

  return cmocka_run_group_tests_name ("options", tests, NULL, NULL);
}
