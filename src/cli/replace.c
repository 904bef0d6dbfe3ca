#include "replace.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool
write_all (int fd, const char *bytes, size_t length)
{
  while (length > 0) {
    ssize_t wrote = write (fd, bytes, length);

    if (wrote < 0 && errno == EINTR)
      continue;
    if (wrote <= 0)
      return false;
    bytes += wrote;
    length -= (size_t) wrote;
  }
  return true;
}

/* A file system without owners, or a caller that may not give files away, is no reason to fail if
 * the owner is right anyway. */
static bool
set_owner_and_mode (int fd, const struct stat *like)
{
  struct stat now;

  if (fchown (fd, like->st_uid, like->st_gid) &&
      (fstat (fd, &now) || now.st_uid != like->st_uid || now.st_gid != like->st_gid))
    return false;
  return fchmod (fd, like->st_mode & 07777) == 0;
}

static bool
fill (int fd, const void *bytes, size_t length, const struct stat *like)
{
  bool good = write_all (fd, bytes, length) && set_owner_and_mode (fd, like) && fsync (fd) == 0;
  int error = errno;

  if (close (fd) && good)
    return false;
  errno = error;
  return good;
}

/* The new name must outlive a crash as the new bytes do. */
static bool
sync_directory (const char *path)
{
  char copy[PATH_MAX];
  int fd;
  bool good;

  snprintf (copy, sizeof copy, "%s", path);
  fd = open (dirname (copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  good = fd >= 0 && fsync (fd) == 0;
  if (fd >= 0)
    close (fd);
  return good;
}

static int
failed (struct oci_seccomp_error *err, const char *path)
{
  int error = errno;

  return fail_errno (err, OCI_SECCOMP_REFUSED, error, "%s: cannot write: %s", path,
                     strerror (error));
}

int
replace_file (const char *path, const void *bytes, size_t length, const struct stat *like,
              struct oci_seccomp_error *err)
{
  char target[PATH_MAX], temporary[PATH_MAX];
  int fd, code;

  if (!realpath (path, target)) {
    if (errno != ENOENT || snprintf (target, sizeof target, "%s", path) >= PATH_MAX)
      return failed (err, path);
  }
  if (snprintf (temporary, sizeof temporary, "%s.XXXXXX", target) >= PATH_MAX) {
    errno = ENAMETOOLONG;
    return failed (err, path);
  }
  fd = mkostemp (temporary, O_CLOEXEC);
  if (fd < 0)
    return failed (err, path);
  if (fill (fd, bytes, length, like) && rename (temporary, target) == 0)
    return sync_directory (target) ? OCI_SECCOMP_OK : failed (err, path);
  code = failed (err, path);
  unlink (temporary);
  return code;
}
