#include "installed.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char prefix[] = "pid:";

bool
installed_is_named (const char *name)
{
  return !strncmp (name, prefix, strlen (prefix));
}

/* Digits alone, up to INT_MAX; *end is what follows them. */
static bool
parse_number (const char *text, int *number, const char **end)
{
  char *rest;
  long value;

  if (*text < '0' || *text > '9')
    return false;
  errno = 0;
  value = strtol (text, &rest, 10);
  *number = (int) value;
  *end = rest;
  return !errno && value <= INT_MAX;
}

bool
installed_parse (const char *text, pid_t *pid, int *index)
{
  const char *end;
  int number;

  *index = -1;
  if (!parse_number (text, &number, &end) || number == 0)
    return false;
  *pid = number;
  return *end == '\0' || (*end == '/' && parse_number (end + 1, index, &end) && !*end);
}

bool
installed_read (struct readback *out, pid_t pid, struct arena *arena)
{
  struct oci_seccomp_error err;
  struct tracee tracee;
  int code;

  if (tracee_stop (&tracee, pid, TRACEE_GOES_ON, &err)) {
    complain_of (0, &err);
    return false;
  }
  code = readback_filters (out, &tracee, arena, &err);
  tracee_release (&tracee);
  if (code)
    complain_of (0, &err);
  return !code;
}

struct oci_seccomp_filter *
installed_choose (const struct readback *filters, pid_t pid, int index)
{
  struct oci_seccomp_filter *filter = NULL;
  struct oci_seccomp_error err;

  if (filters->count == 0)
    complain (0, "process %d: has no seccomp filter", (int) pid);
  else if (index < 0 && filters->count > 1)
    complain (0, "process %d: has %zu filters; say which: %d/0 is the newest, %d/%zu the oldest",
              (int) pid, filters->count, (int) pid, (int) pid, filters->count - 1);
  else if (index >= 0 && (size_t) index >= filters->count)
    complain (0, "process %d: has no filter %d; the oldest is %zu", (int) pid, index,
              filters->count - 1);
  else {
    const struct program *program = &filters->programs[index < 0 ? 0 : index];

    if (oci_seccomp_filter_from_bpf (&filter, program->instructions,
                                     program->length * sizeof *program->instructions, &err))
      complain (0, "process %d: %s", (int) pid, err.message);
  }
  return filter;
}

struct oci_seccomp_filter *
installed_filter (const char *name)
{
  struct oci_seccomp_filter *volatile filter = NULL;
  struct readback filters;
  struct arena arena;
  pid_t pid;
  int index;

  if (!installed_parse (name + strlen (prefix), &pid, &index)) {
    complain (0, "%s: want pid:N, or pid:N/INDEX", name);
    return NULL;
  }
  arena_init (&arena);
  if (ARENA_GUARD (&arena))
    complain (0, "out of memory");
  else if (installed_read (&filters, pid, &arena))
    filter = installed_choose (&filters, pid, index);
  arena_free (&arena);
  return filter;
}
