#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <dirent.h>

#ifndef CLOSE_RANGE_CLOEXEC
#  define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

static void
warn (const struct oci_seccomp_options *options, const char *message)
{
  if (options->warn)
    options->warn (options->warn_data, message);
}

/* A step that the system refused. */
static int
refused (struct oci_seccomp_error *err, const char *what)
{
  int error = errno;
  int code = error == EPERM || error == EACCES ? OCI_SECCOMP_NOT_PERMITTED : OCI_SECCOMP_REFUSED;

  return fail_errno (err, code, error, "%s: %s", what, strerror (error));
}

/* --- before anything is changed -------------------------------------------------------------- */

/* What stays in the bounding set can come back by executing a set-user-ID file; with no_new_privs
 * it cannot. */
static int
check_bounding (struct process *process, const struct capabilities *current,
                const struct oci_seccomp_options *options, struct oci_seccomp_error *err)
{
  uint64_t *wanted = &process->capabilities.sets[CAPABILITIES_BOUNDING];
  uint64_t has = current->sets[CAPABILITIES_BOUNDING];

  if ((has & ~*wanted) == 0 ||
      (current->sets[CAPABILITIES_EFFECTIVE] & UINT64_C (1) << CAP_SETPCAP))
    return OCI_SECCOMP_OK;
  if (!process->no_new_privileges)
    return fail (err, OCI_SECCOMP_NOT_PERMITTED,
                 "process.capabilities.bounding: dropping from it needs CAP_SETPCAP, which this "
                 "process lacks; or set process.noNewPrivileges");
  warn (options, "process.capabilities.bounding: left as it is, as dropping from it needs "
                 "CAP_SETPCAP; noNewPrivileges keeps what is in it from being gained");
  *wanted = has;
  return OCI_SECCOMP_OK;
}

int
process_check (struct process *process, const struct oci_seccomp_options *options,
               struct oci_seccomp_error *err)
{
  struct capabilities current;
  struct arena arena;
  int code = capabilities_current (&current, err);

  if (code)
    return code;
  arena_init (&arena);
  if (ARENA_GUARD (&arena)) {
    arena_free (&arena);
    return fail_memory (err);
  }
  const char *gone = capabilities_cut (&process->capabilities, &current, &arena);

  if (gone)
    warn (options, arena_printf (&arena,
                                 "process.capabilities: left out, as this process cannot "
                                 "grant them: %s",
                                 gone));
  arena_free (&arena);
  return check_bounding (process, &current, options, err);
}

/* --- before the loss of privileges ----------------------------------------------------------- */

static int
close_listed_on_exec (void)
{
  DIR *directory = opendir ("/proc/self/fd");
  const struct dirent *entry;

  if (!directory)
    return -1;
  while ((entry = readdir (directory))) {
    int fd = atoi (entry->d_name);

    if (fd > STDERR_FILENO)
      fcntl (fd, F_SETFD, FD_CLOEXEC);
  }
  return closedir (directory);
}

/* What this process inherited beside stdin, stdout and stderr is not the container's. Kernels
 * before 5.11 lack the call. */
static int
close_others_on_exec (struct oci_seccomp_error *err)
{
#ifdef SYS_close_range
  if (syscall (SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
    return OCI_SECCOMP_OK;
#endif
  if (close_listed_on_exec ())
    return refused (err, "/proc/self/fd: cannot close inherited descriptors on exec");
  return OCI_SECCOMP_OK;
}

static bool
write_file (const char *path, const char *text)
{
  size_t length = strlen (text);
  int fd = open (path, O_WRONLY | O_CLOEXEC);
  bool written = fd >= 0 && write (fd, text, length) == (ssize_t) length;
  int error = errno;

  if (fd >= 0)
    close (fd);
  errno = error;
  return written;
}

/* It says who goes first when memory is gone; nobody's protection hangs on it. */
static void
set_oom_score_adj (const struct process *process, const struct oci_seccomp_options *options)
{
  char text[160];

  snprintf (text, sizeof text, "%d", process->oom_score_adj);
  if (write_file ("/proc/self/oom_score_adj", text))
    return;
  snprintf (text, sizeof text, "process.oomScoreAdj: cannot set %d, so it stays as it is: %s",
            process->oom_score_adj, strerror (errno));
  warn (options, text);
}

/* The system call of its own, as libc's rlim_t may have 32 bits. */
static int
set_limit (const struct process_limit *limit, struct oci_seccomp_error *err)
{
  const uint64_t values[2] = {limit->soft, limit->hard};
  char what[160];

  if (syscall (SYS_prlimit64, 0, limit->resource, values, NULL) == 0)
    return OCI_SECCOMP_OK;
  snprintf (what, sizeof what, "process.rlimits: cannot set %s to %llu (hard: %llu)%s", limit->name,
            (unsigned long long) limit->soft, (unsigned long long) limit->hard,
            errno == EPERM ? "; raising a hard limit needs CAP_SYS_RESOURCE" : "");
  return refused (err, what);
}

/* A filter may say of chdir that it was done. */
static bool
is_here (const char *directory)
{
  struct stat here, wanted;

  memset (&here, 0, sizeof here);
  memset (&wanted, 0xff, sizeof wanted);
  return !stat (".", &here) && !stat (directory, &wanted) && here.st_dev == wanted.st_dev &&
         here.st_ino == wanted.st_ino;
}

/* Tried twice: before the user changes, as only the first one may be let in; and after, where a
 * directory admits the second one only. */
static int
enter_cwd (struct process *process, bool last_try, struct oci_seccomp_error *err)
{
  if (process->in_cwd)
    return OCI_SECCOMP_OK;
  process->in_cwd = chdir (process->cwd) == 0;
  if (process->in_cwd && !is_here (process->cwd))
    return fail (err, OCI_SECCOMP_REFUSED,
                 "process.cwd: cannot confirm that \"%s\" was entered, though it seemed to succeed",
                 process->cwd);
  if (process->in_cwd || (!last_try && (errno == EACCES || errno == EPERM)))
    return OCI_SECCOMP_OK;
  int error = errno;

  return fail_errno (err, OCI_SECCOMP_REFUSED, error, "process.cwd: cannot enter \"%s\": %s",
                     process->cwd, strerror (error));
}

int
process_set_no_new_privileges (struct oci_seccomp_error *err)
{
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    return refused (err, "process.noNewPrivileges: cannot set it");
  if (prctl (PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
    return fail (err, OCI_SECCOMP_REFUSED,
                 "process.noNewPrivileges: not set, though setting it seemed to succeed; a filter "
                 "on this process already may answer prctl(2) in the kernel's place");
  return OCI_SECCOMP_OK;
}

int
process_prepare (struct process *process, const struct oci_seccomp_options *options,
                 struct oci_seccomp_error *err)
{
  int code = close_others_on_exec (err);

  if (!code && process->oom_score_adj_given)
    set_oom_score_adj (process, options);
  for (size_t i = 0; !code && i < process->limit_count; i++)
    code = set_limit (&process->limits[i], err);
  umask (process->umask);
  if (!code)
    code = enter_cwd (process, false, err);
  if (!code && process->no_new_privileges)
    code = process_set_no_new_privileges (err);
  return code;
}

/* --- the loss of privileges ------------------------------------------------------------------ */

static int
compare_groups (const void *one, const void *other)
{
  gid_t a = *(const gid_t *) one, b = *(const gid_t *) other;

  return (a > b) - (a < b);
}

/* Setting the same groups again would ask for CAP_SETGID in vain. */
static bool
groups_are_set (const struct process *process)
{
  int count = getgroups (0, NULL);
  bool same = false;

  if (count < 0 || (size_t) count != process->group_count)
    return false;
  if (count == 0)
    return true;
  gid_t *now = malloc (2 * (size_t) count * sizeof *now);

  if (now && getgroups (count, now) == count) {
    gid_t *wanted = now + count;

    memcpy (wanted, process->groups, (size_t) count * sizeof *wanted);
    qsort (now, (size_t) count, sizeof *now, compare_groups);
    qsort (wanted, (size_t) count, sizeof *wanted, compare_groups);
    same = !memcmp (now, wanted, (size_t) count * sizeof *now);
  }
  free (now);
  return same;
}

static int
set_user (const struct process *process, struct oci_seccomp_error *err)
{
  char what[64];

  if (!groups_are_set (process) && setgroups (process->group_count, process->groups))
    return refused (err, "process.user.additionalGids: cannot set the supplementary groups");
  if (setresgid (process->gid, process->gid, process->gid)) {
    snprintf (what, sizeof what, "process.user.gid: cannot become %u", process->gid);
    return refused (err, what);
  }
  if (setresuid (process->uid, process->uid, process->uid)) {
    snprintf (what, sizeof what, "process.user.uid: cannot become %u", process->uid);
    return refused (err, what);
  }
  return OCI_SECCOMP_OK;
}

static int
keep_capabilities (bool keep, struct oci_seccomp_error *err)
{
  if (prctl (PR_SET_KEEPCAPS, keep, 0, 0, 0))
    return refused (err, "cannot keep capabilities over the change of user");
  return OCI_SECCOMP_OK;
}

int
process_drop_privileges (struct process *process, struct oci_seccomp_error *err)
{
  int code;

  if ((code = capabilities_drop_bounding (&process->capabilities, err)) ||
      (code = keep_capabilities (true, err)) || (code = set_user (process, err)) ||
      (code = enter_cwd (process, true, err)) || (code = keep_capabilities (false, err)))
    return code;
  return capabilities_set (&process->capabilities, err);
}

/* --- the file to execute --------------------------------------------------------------------- */

/* The engines' PATH, where the environment has none. */
static const char default_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

static const char *
path_of (char *const *env)
{
  for (; *env; env++)
    if (!strncmp (*env, "PATH=", 5))
      return *env + 5;
  return default_path;
}

/* 0, or the status that execve would come to: 127 not found, 126 not executable. */
static int
file_status (const char *file)
{
  struct stat info;

  if (stat (file, &info))
    return 127;
  return S_ISREG (info.st_mode) && !faccessat (AT_FDCWD, file, X_OK, AT_EACCESS) ? 0 : 126;
}

const char *
process_find (const char *command, char *const *env, struct arena *arena, int *status)
{
  if (strchr (command, '/')) {
    *status = file_status (command);
    if (*status == 127 && errno == EACCES)
      *status = 126;
    return *status ? NULL : command;
  }
  *status = 127;
  for (const char *entry = path_of (env);; entry++) {
    size_t length = strcspn (entry, ":");
    const char *file = length ? arena_printf (arena, "%.*s/%s", (int) length, entry, command)
                              : arena_printf (arena, "./%s", command);
    int found = *command ? file_status (file) : 127;

    if (found == 0) {
      *status = 0;
      return file;
    }
    if (found == 126)
      *status = 126;
    entry += length;
    if (!*entry)
      return NULL;
  }
}
