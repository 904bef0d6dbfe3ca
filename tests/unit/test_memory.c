/* Memory runs out at every allocation in turn: each time the answer is NO_MEMORY, nothing is given
 * out, nothing leaks, and once there is memory again the same call succeeds. Linked so that the
 * library's calls of malloc and its like come here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oci-seccomp.h"

/* arena.h: 1 makes every allocation a malloc of its own. */
extern size_t arena_chunk_size;

/* --- allocations, counted --- */

void *__real_malloc (size_t size);
void *__real_calloc (size_t count, size_t size);
void *__real_realloc (void *pointer, size_t size);
char *__real_strdup (const char *text);
void __real_free (void *pointer);
void *__wrap_malloc (size_t size);
void *__wrap_calloc (size_t count, size_t size);
void *__wrap_realloc (void *pointer, size_t size);
char *__wrap_strdup (const char *text);
void __wrap_free (void *pointer);

static long live;          /* allocated and not yet freed */
static size_t allocations; /* since the last start */
static size_t fails_at;    /* the allocation that fails, from 1; 0: none does */

static bool
fails (void)
{
  if (++allocations != fails_at)
    return false;
  errno = ENOMEM;
  return true;
}

static void *
counted (void *pointer)
{
  live += pointer != NULL;
  return pointer;
}

void *
__wrap_malloc (size_t size)
{
  return fails () ? NULL : counted (__real_malloc (size));
}

void *
__wrap_calloc (size_t count, size_t size)
{
  return fails () ? NULL : counted (__real_calloc (count, size));
}

void *
__wrap_realloc (void *pointer, size_t size)
{
  void *grown = fails () ? NULL : __real_realloc (pointer, size);

  live += grown && !pointer;
  return grown;
}

char *
__wrap_strdup (const char *text)
{
  return fails () ? NULL : counted (__real_strdup (text));
}

void
__wrap_free (void *pointer)
{
  live -= pointer != NULL;
  __real_free (pointer);
}

/* --- one operation, failing everywhere --- */

static const char oci_profile[] =
    "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": [\"SCMP_ARCH_X86\"], \"syscalls\": "
    "["
    "{\"names\": [\"read\", \"nobody_has_this\"], \"action\": \"SCMP_ACT_ALLOW\"},"
    "{\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": ["
    "{\"index\": 0, \"value\": 1, \"op\": \"SCMP_CMP_EQ\"},"
    "{\"index\": 1, \"value\": 4294967299, \"valueTwo\": 1, \"op\": \"SCMP_CMP_MASKED_EQ\"}]},"
    "{\"names\": [\"personality\"], \"action\": \"SCMP_ACT_TRAP\", \"args\": ["
    "{\"index\": 0, \"value\": 8, \"op\": \"SCMP_CMP_GT\"}]}]}";

static const char docker_profile[] =
    "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"archMap\": [{\"architecture\": "
    "\"SCMP_ARCH_X86_64\", "
    "\"subArchitectures\": [\"SCMP_ARCH_X86\"]}], \"syscalls\": ["
    "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"caps\": "
    "[\"CAP_CHOWN\"], \"minKernel\": \"4.8\"}, \"excludes\": {\"arches\": [\"s390x\"]}}]}";

static const char config[] =
    "{\"ociVersion\": \"1.0.2\", \"process\": {\"capabilities\": {\"bounding\": [\"CAP_KILL\"]}}, "
    "\"linux\": {\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ALLOW\", \"listenerPath\": "
    "\"/run/x\", "
    "\"flags\": [\"SECCOMP_FILTER_FLAG_LOG\"], \"syscalls\": [{\"names\": [\"read\"], \"action\": "
    "\"SCMP_ACT_NOTIFY\"}]}}}";

static const char broken[] =
    "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": []}]}";

static void
ignore (void *data, const char *message)
{
  (void) data;
  (void) message;
}

static const struct oci_seccomp_options options = {
    .native_abi = "x86_64", .kernel = "6.1", .warn = ignore};

/* What a test tries: gives a profile or a filter out, and returns the library's code. */
struct attempt {
  int (*run) (struct attempt *attempt);
  const char *json;
  struct oci_seccomp_profile *profile;
  struct oci_seccomp_filter *filter;
  struct oci_seccomp_error error;
  bool verify;
};

static void
forget (struct attempt *attempt)
{
  oci_seccomp_filter_free (attempt->filter);
  oci_seccomp_profile_free (attempt->profile);
  attempt->filter = NULL;
  attempt->profile = NULL;
}

/* Runs it with the first, the second, ... allocation failing, until it needs no more. */
static void
fail_everywhere (struct attempt *attempt, int expected)
{
  const long before = live;
  size_t needed;

  fails_at = 0;
  allocations = 0;
  assert_int_equal (attempt->run (attempt), expected);
  needed = allocations;
  forget (attempt);
  assert_int_equal (live, before);
  assert_int_not_equal (needed, 0);
  for (size_t at = 1; at <= needed; at++) {
    fails_at = at;
    allocations = 0;
    memset (&attempt->error, 0, sizeof attempt->error);
    assert_int_equal (attempt->run (attempt), OCI_SECCOMP_NO_MEMORY);
    fails_at = 0;
    assert_int_equal (attempt->error.code, OCI_SECCOMP_NO_MEMORY);
    assert_int_not_equal (attempt->error.message[0], '\0');
    assert_null (attempt->profile);
    assert_null (attempt->filter);
    assert_int_equal (live, before);
  }
  print_message ("# %zu allocations\n", needed);
}

static int
run_parse (struct attempt *attempt)
{
  return oci_seccomp_profile_parse (&attempt->profile, attempt->json, strlen (attempt->json),
                                    &options, &attempt->error);
}

static void
parsing (void **state)
{
  struct attempt attempt = {.run = run_parse};

  (void) state;
  attempt.json = oci_profile;
  fail_everywhere (&attempt, OCI_SECCOMP_OK);
  attempt.json = docker_profile;
  fail_everywhere (&attempt, OCI_SECCOMP_OK);
  attempt.json = config;
  fail_everywhere (&attempt, OCI_SECCOMP_OK);
}

/* Where the input is wrong as well, whichever is found first is told; nothing leaks either way. */
static void
parsing_what_is_wrong (void **state)
{
  struct attempt attempt = {.run = run_parse, .json = broken};
  const long before = live;
  size_t at = 0;
  int code;

  (void) state;
  do {
    fails_at = ++at;
    allocations = 0;
    code = run_parse (&attempt);
    fails_at = 0;
    assert_null (attempt.profile);
    assert_int_equal (live, before);
    assert_int_equal (attempt.error.code, code);
  } while (code == OCI_SECCOMP_NO_MEMORY);
  assert_int_equal (code, OCI_SECCOMP_INVALID_PROFILE);
  assert_int_not_equal (at, 1);
}

static const struct oci_seccomp_profile *compiled_profile;

static int
run_compile (struct attempt *attempt)
{
  struct oci_seccomp_options with = options;

  with.verify = attempt->verify;
  return oci_seccomp_compile (&attempt->filter, compiled_profile, &with, &attempt->error);
}

static void
compiling (void **state)
{
  struct attempt parse = {.run = run_parse, .json = oci_profile};
  struct attempt attempt = {.run = run_compile};

  (void) state;
  assert_int_equal (run_parse (&parse), OCI_SECCOMP_OK);
  compiled_profile = parse.profile;
  fail_everywhere (&attempt, OCI_SECCOMP_OK);
  attempt.verify = true;
  fail_everywhere (&attempt, OCI_SECCOMP_OK);
  forget (&parse);
}

static int
run_new (struct attempt *attempt)
{
  return oci_seccomp_profile_new (&attempt->profile, "ERRNO(38)", &attempt->error);
}

static const char *const calls[] = {"read", "write", "exit_group", "socket"};

static int
run_allow_list (struct attempt *attempt)
{
  return oci_seccomp_profile_allow_list (&attempt->profile, calls, 4, NULL, &attempt->error);
}

static int
run_deny_list (struct attempt *attempt)
{
  return oci_seccomp_profile_deny_list (&attempt->profile, calls, 4, "KILL_PROCESS",
                                        &attempt->error);
}

static void
building (void **state)
{
  struct attempt attempt = {.run = run_new};

  (void) state;
  fail_everywhere (&attempt, OCI_SECCOMP_OK);
  attempt.run = run_allow_list;
  fail_everywhere (&attempt, OCI_SECCOMP_OK);
  attempt.run = run_deny_list;
  fail_everywhere (&attempt, OCI_SECCOMP_OK);
}

/* A rule that could not be added is not there, and does not stand in the way of its own second
 * try: that would be DUPLICATE_RULE. */
static void
adding_a_rule (void **state)
{
  const struct oci_seccomp_condition conditions[] = {{0, "EQ", 1, 0}, {1, "MASKED_EQ", 3, 1}};
  const long before = live;
  struct attempt attempt = {.run = run_compile};
  size_t at = 0, count;
  int code;

  (void) state;
  assert_int_equal (run_new (&attempt), OCI_SECCOMP_OK);
  do {
    fails_at = ++at;
    allocations = 0;
    code = oci_seccomp_profile_add_rule (attempt.profile, "ALLOW", "personality", conditions, 2,
                                         &attempt.error);
    fails_at = 0;
  } while (code == OCI_SECCOMP_NO_MEMORY);
  assert_int_equal (code, OCI_SECCOMP_OK);
  assert_int_not_equal (at, 1);
  compiled_profile = attempt.profile;
  assert_int_equal (run_compile (&attempt), OCI_SECCOMP_OK);
  assert_int_equal (oci_seccomp_filter_rule_count (attempt.filter, &count, &attempt.error),
                    OCI_SECCOMP_OK);
  assert_int_equal (count, 1);
  forget (&attempt);
  assert_int_equal (live, before);
}

static int
run_from_bpf (struct attempt *attempt)
{
  static const struct sock_filter program[] = {
      BPF_STMT (BPF_LD | BPF_W | BPF_ABS, 0),
      BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1),
      BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };

  return oci_seccomp_filter_from_bpf (&attempt->filter, program, sizeof program, &attempt->error);
}

static void
reading_raw_programs (void **state)
{
  struct attempt attempt = {.run = run_from_bpf};

  (void) state;
  fail_everywhere (&attempt, OCI_SECCOMP_OK);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (parsing),       cmocka_unit_test (parsing_what_is_wrong),
      cmocka_unit_test (compiling),     cmocka_unit_test (building),
      cmocka_unit_test (adding_a_rule), cmocka_unit_test (reading_raw_programs),
  };

  arena_chunk_size = 1;
  return cmocka_run_group_tests (tests, NULL, NULL);
}
