#include "readback.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>

#include "error.h"

static int
refused (struct oci_seccomp_error *err, pid_t pid, const char *what)
{
  int error = errno;
  int code = error == EPERM || error == EACCES ? OCI_SECCOMP_NOT_PERMITTED : OCI_SECCOMP_REFUSED;

  return fail_errno (err, code, error, "process %d: cannot %s: %s", (int) pid, what,
                     error == EACCES ? "that needs CAP_SYS_ADMIN, and no filter on who asks"
                                     : strerror (error));
}

/* --- filters --------------------------------------------------------------------------------- */

/* The number of its instructions; -1 with ENOENT after the last one. */
static long
filter_length (pid_t pid, size_t index)
{
  return ptrace (PTRACE_SECCOMP_GET_FILTER, pid, (void *) index, NULL);
}

/* The kernel's struct seccomp_metadata: libcs call it by different names, and <linux/ptrace.h> does
 * not go with <sys/ptrace.h>. */
struct metadata {
  uint64_t filter_off, flags;
};

static bool
filter_logged (pid_t pid, size_t index)
{
  struct metadata metadata = {.filter_off = index};
  void *size = (void *) sizeof metadata;

  return ptrace (PTRACE_SECCOMP_GET_METADATA, pid, size, &metadata) > 0 &&
         (metadata.flags & SECCOMP_FILTER_FLAG_LOG);
}

static bool
read_filter (struct readback *out, pid_t pid, long length, struct arena *arena)
{
  struct program program = {ARENA_ARRAY (arena, struct sock_filter, (size_t) length),
                            (size_t) length};
  size_t index = out->count, logged = out->count;

  if (ptrace (PTRACE_SECCOMP_GET_FILTER, pid, (void *) index, program.instructions) != length)
    return false;
  *ARENA_PUSH (arena, out->logged, logged) = filter_logged (pid, index);
  *ARENA_PUSH (arena, out->programs, out->count) = program;
  return true;
}

int
readback_filters (struct readback *out, const struct tracee *tracee, struct arena *arena,
                  struct oci_seccomp_error *err)
{
  struct readback_counts counts;
  long length;
  int code = readback_count (&counts, tracee->pid, err);

  memset (out, 0, sizeof *out);
  /* Of a process without filters, ptrace says EINVAL. */
  if (code || counts.filters == 0)
    return code;
  while ((length = filter_length (tracee->pid, out->count)) > 0)
    if (!read_filter (out, tracee->pid, length, arena))
      break;
  if (errno == ENOENT)
    return OCI_SECCOMP_OK;
  /* EINVAL, EIO: a kernel without CONFIG_CHECKPOINT_RESTORE. */
  if (errno == EINVAL || errno == EIO)
    errno = EPERM;
  return refused (err, tracee->pid, "read its filters back");
}

/* --- counts ---------------------------------------------------------------------------------- */

static bool
read_status (char *text, size_t size, pid_t pid)
{
  char path[64];
  FILE *stream;
  size_t length;
  bool good;

  snprintf (path, sizeof path, "/proc/%d/status", (int) pid);
  stream = fopen (path, "re");
  if (!stream)
    return false;
  length = fread (text, 1, size - 1, stream);
  good = !ferror (stream);
  text[length] = '\0';
  fclose (stream);
  return good;
}

/* What follows the label at the begin of a line; NULL if there is no such line. */
static const char *
status_field (const char *text, const char *label)
{
  const char *line = strstr (text, label);

  if (!line)
    return NULL;
  line += strlen (label);
  return line + strspn (line, " \t");
}

int
readback_count (struct readback_counts *out, pid_t pid, struct oci_seccomp_error *err)
{
  const char *state, *mode, *filters, *threads, *tracer;
  char text[8192];
  bool filtered;

  *out = (struct readback_counts){0};
  if (!read_status (text, sizeof text, pid)) {
    out->ended = errno == ENOENT || errno == ESRCH;
    return out->ended ? OCI_SECCOMP_OK : refused (err, pid, "read its status in /proc");
  }
  state = status_field (text, "\nState:");
  mode = status_field (text, "\nSeccomp:");
  filters = status_field (text, "\nSeccomp_filters:");
  tracer = status_field (text, "\nTracerPid:");
  threads = status_field (text, "\nThreads:");
  if (!state || !mode)
    return fail (err, OCI_SECCOMP_NOT_SUPPORTED, "/proc/%d/status: tells nothing of seccomp",
                 (int) pid);
  out->leaderless = *state == 'Z' && threads && strtoul (threads, NULL, 10) > 1;
  out->ended = (*state == 'Z' || *state == 'X') && !out->leaderless;
  filtered = strtoul (mode, NULL, 10) == SECCOMP_MODE_FILTER;
  out->filters = filters ? (unsigned) strtoul (filters, NULL, 10) : filtered;
  out->tracer = tracer ? (pid_t) strtol (tracer, NULL, 10) : 0;
  return OCI_SECCOMP_OK;
}
