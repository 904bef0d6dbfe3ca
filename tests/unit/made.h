/* Filters for tests that look at whole ones.
 *
 * In: a profile as JSON, and the native ABI. Out: the profile and its filter. What always holds:
 * one at a time; the machine is the same wherever the tests run: Linux 6.1, the engines'
 * capabilities. */
#ifndef MADE_H
#define MADE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "syscalls.h"

/* After ours: it defines a macro fail. */
#include <cmocka.h>

static struct {
  struct oci_seccomp_profile *profile;
  struct oci_seccomp_filter *filter;
  struct options options;
  struct arena arena;
} made;

static inline void
make_with (const char *json, const struct oci_seccomp_options *from)
{
  struct oci_seccomp_error error;

  oci_seccomp_filter_free (made.filter);
  oci_seccomp_profile_free (made.profile);
  made.filter = NULL;
  made.profile = NULL;
  if (options_resolve (&made.options, from, &error) ||
      oci_seccomp_profile_parse (&made.profile, json, strlen (json), from, &error) ||
      oci_seccomp_compile (&made.filter, made.profile, from, &error))
    fail_msg ("%s", error.message);
}

static inline void
make (const char *json, const char *native)
{
  make_with (json, &(struct oci_seccomp_options){
                       .file_name = "f.json", .native_abi = native, .kernel = "6.1"});
}

/* From one of the project's own profiles. */
static inline void
make_fixture (const char *name, const char *native)
{
  const char *top = getenv ("srcdir");
  char path[4096], *json;
  FILE *stream;
  size_t length;

  snprintf (path, sizeof path, "%s/tests/profiles/%s", top ? top : ".", name);
  stream = fopen (path, "rb");
  if (!stream)
    fail_msg ("%s: cannot open", path);
  json = calloc (1, 1 << 20);
  assert_non_null (json);
  length = fread (json, 1, (1 << 20) - 1, stream);
  assert_true (length > 0);
  fclose (stream);
  make (json, native);
  free (json);
}

static inline int
begin_making (void **state)
{
  (void) state;
  arena_init (&made.arena);
  return 0;
}

static inline int
end_making (void **state)
{
  (void) state;
  oci_seccomp_filter_free (made.filter);
  oci_seccomp_profile_free (made.profile);
  made.filter = NULL;
  made.profile = NULL;
  arena_chunk_size = 64 * 1024;
  arena_free (&made.arena);
  return 0;
}

#define MADE(test) cmocka_unit_test_setup_teardown (test, begin_making, end_making)

/* For the tests that take memory from made.arena. */
#define GUARD_MADE()             \
  if (ARENA_GUARD (&made.arena)) \
  fail_msg ("out of memory")

#endif
