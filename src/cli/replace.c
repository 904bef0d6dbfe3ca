#include "replace.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
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

/* Of a file with an access list the mode's group bits are the most that anybody of the list may do:
 * without the list they would be the group's. And a directory may give a new file a list that the
 * old one does not have. */
static bool
copy_access_list (int fd, const char *from)
{
  static const char name[] = "system.posix_acl_access";
  char value[XATTR_SIZE_MAX];
  ssize_t length = from ? getxattr (from, name, value, sizeof value) : -1;

  if (length >= 0)
    return fsetxattr (fd, name, value, (size_t) length, 0) == 0;
  return fgetxattr (fd, name, NULL, 0) < 0 || fremovexattr (fd, name) == 0;
}

/* Labels, and what users have noted; where the caller may not set one, it is as with any new file.
 * Others are of the old bytes (a signature), or a privilege. */
static void
copy_attributes (int fd, const char *from)
{
  char names[XATTR_LIST_MAX], value[XATTR_SIZE_MAX];
  ssize_t length = listxattr (from, names, sizeof names);

  for (const char *name = names; name < names + length; name += strlen (name) + 1) {
    if (strncmp (name, "user.", 5) && strcmp (name, "security.selinux") &&
        strcmp (name, "security.SMACK64"))
      continue;
    ssize_t size = getxattr (from, name, value, sizeof value);

    if (size >= 0)
      fsetxattr (fd, name, value, (size_t) size, 0);
  }
}

/* A file system without owners, or a caller that may not give files away, is no reason to fail if
 * the owner is right anyway. The mode comes last: until then the file is its owner's alone. */
static bool
set_owner_and_access (int fd, const struct likeness *like)
{
  const struct stat *status = &like->status;
  struct stat now;

  if (fchown (fd, status->st_uid, status->st_gid) &&
      (fstat (fd, &now) || now.st_uid != status->st_uid || now.st_gid != status->st_gid))
    return false;
  if (like->path)
    copy_attributes (fd, like->path);
  return copy_access_list (fd, like->path) && fchmod (fd, status->st_mode & 07777) == 0;
}

static bool
fill (int fd, const void *bytes, size_t length, const struct likeness *like)
{
  bool good = write_all (fd, bytes, length) && set_owner_and_access (fd, like) && fsync (fd) == 0;
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
replace_file (const char *path, const void *bytes, size_t length, const struct likeness *like,
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
