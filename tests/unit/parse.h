/* Reading profiles in tests.
 *
 * In: JSON text and options. Out: a profile, or the code and message of the failure; the warnings,
 * one a line. What always holds: one profile at a time; the next parse frees the last one's
 * memory. */
#ifndef PARSE_H
#define PARSE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile.h"
#include "syscalls.h"

/* After ours: it defines a macro fail. */
#include <cmocka.h>

static struct profile profile;
static struct oci_seccomp_error parse_error;
static char warnings[4096];

static inline void
parse_warn (void *data, const char *message)
{
  char *all = data;
  size_t used = strlen (all);

  snprintf (all + used, sizeof warnings - used, "%s\n", message);
}

/* x86_64 under Linux 6.1, with the engines' capabilities, wherever the tests run. */
static inline struct oci_seccomp_options
parse_options (void)
{
  return (struct oci_seccomp_options){.file_name = "f.json",
                                      .native_abi = "x86_64",
                                      .kernel = "6.1",
                                      .warn = parse_warn,
                                      .warn_data = warnings};
}

static inline int
parse_bytes (const char *json, size_t length, const struct oci_seccomp_options *from)
{
  struct options options;
  int code;

  warnings[0] = '\0';
  arena_free (&profile.arena);
  memset (&profile, 0, sizeof profile);
  arena_init (&profile.arena);
  memset (&parse_error, 0, sizeof parse_error);
  assert_int_equal (options_resolve (&options, from, &parse_error), 0);
  if (ARENA_GUARD (&profile.arena))
    fail_msg ("out of memory");
  code = profile_read (&profile, json, length, &options, &parse_error);
  assert_int_equal (code, parse_error.code);
  return code;
}

static inline int
parse_with (const char *json, const struct oci_seccomp_options *from)
{
  return parse_bytes (json, strlen (json), from);
}

static inline int
parse (const char *json)
{
  struct oci_seccomp_options options = parse_options ();

  return parse_with (json, &options);
}

/* Parses what must parse. */
static inline void
parse_good (const char *json)
{
  if (parse (json))
    fail_msg ("%s: %s", json, parse_error.message);
}

struct bad_row {
  const char *json;
  int code;
  const char *message;
};

static inline void
expect_bad (const struct bad_row *rows, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    int code = parse (rows[i].json);

    if (code != rows[i].code || strcmp (parse_error.message, rows[i].message) != 0)
      fail_msg ("%s\n got %d: %s\nwant %d: %s", rows[i].json, code, parse_error.message,
                rows[i].code, rows[i].message);
  }
}

/* A whole file, malloc'ed. */
static inline char *
load_file (const char *path)
{
  FILE *stream;
  char *text;
  long length;

  stream = fopen (path, "rb");
  if (!stream)
    fail_msg ("%s: cannot open", path);
  fseek (stream, 0, SEEK_END);
  length = ftell (stream);
  rewind (stream);
  text = calloc (1, (size_t) length + 1);
  assert_non_null (text);
  assert_int_equal (fread (text, 1, (size_t) length, stream), length);
  fclose (stream);
  return text;
}

/* One of the project's own, in tests/profiles. */
static inline char *
load_fixture (const char *name)
{
  const char *top = getenv ("srcdir");
  char path[4096];

  snprintf (path, sizeof path, "%s/tests/profiles/%s", top ? top : ".", name);
  return load_file (path);
}

/* The rule that names a system call, the nth such from 0; NULL if there is none. */
static inline const struct profile_rule *
find_rule (const char *name, unsigned nth)
{
  for (size_t i = 0; i < profile.rule_count; i++)
    for (size_t j = 0; j < profile.rules[i].name_count; j++)
      if (strcmp (profile.rules[i].names[j].text, name) == 0 && nth-- == 0)
        return &profile.rules[i];
  return NULL;
}

static inline int
free_profile (void **state)
{
  (void) state;
  arena_chunk_size = 64 * 1024;
  arena_free (&profile.arena);
  return 0;
}

static inline int
use_small_chunks (void **state)
{
  (void) state;
  arena_chunk_size = 1;
  return 0;
}

/* A test that runs twice, the second time with each allocation in a chunk of its own. */
#define TEST(function)                                \
  cmocka_unit_test_teardown (function, free_profile), \
      cmocka_unit_test_setup_teardown (function, use_small_chunks, free_profile)

#endif
