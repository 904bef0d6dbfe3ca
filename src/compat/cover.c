/* cover OBJECT COMMAND [ARGUMENT...]
 *
 * What is behind contrib/with-oci-seccomp: runs a command in a mount namespace of its own, in which
 * our object lies over the libseccomp.so.2 that the dynamic linker finds. Of all mounts only the
 * one that the system's object is on is changed there: it becomes a slave, so that the binding does
 * not leave and what is mounted on it later still arrives.
 *
 * WITH_LD_LIBRARY_PATH and WITH_LD_PRELOAD, if they are set, are the command's LD_LIBRARY_PATH and
 * LD_PRELOAD: this program itself runs without, since what counts is what the dynamic linker finds
 * on its own. */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_OURS = 125, EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127 };

static int
fail (const char *what, const char *why)
{
  fprintf (stderr, "with-oci-seccomp: %s: %s\n", what, why);
  return EXIT_OURS;
}

/* The file behind the name by which programs ask for the system's object. */
static int
find_theirs (char path[PATH_MAX])
{
  void *handle = dlopen ("libseccomp.so.2", RTLD_LAZY);
  struct link_map *map;

  if (!handle)
    return fail ("this system has no libseccomp.so.2 to cover", dlerror ());
  if (dlinfo (handle, RTLD_DI_LINKMAP, &map) || !realpath (map->l_name, path))
    return fail ("libseccomp.so.2", "cannot tell where it is");
  return 0;
}

static bool
is_same_file (const char *a, const char *b)
{
  struct stat one, other;

  return stat (a, &one) == 0 && stat (b, &other) == 0 && one.st_dev == other.st_dev &&
         one.st_ino == other.st_ino;
}

/* The kernel changes the root of a mount only, and says EINVAL of every other path. */
static int
make_slave_of_mount (const char *file)
{
  char path[PATH_MAX];

  strcpy (path, file);
  while (mount (NULL, path, NULL, MS_SLAVE, NULL)) {
    char *slash = strrchr (path, '/');

    if (errno != EINVAL || path[1] == '\0')
      return fail (path, strerror (errno));
    slash[slash == path] = '\0';
  }
  return 0;
}

static int
cover (const char *ours, const char *theirs)
{
  int code;

  if (unshare (CLONE_NEWNS))
    return fail ("wants a mount namespace of its own: run it as root (in a user namespace will do)",
                 strerror (errno));
  code = make_slave_of_mount (theirs);
  if (!code && mount (ours, theirs, NULL, MS_BIND, NULL))
    code = fail (theirs, strerror (errno));
  /* A command never runs without what it was to have. */
  if (!code && !is_same_file (ours, theirs))
    code = fail (theirs, "is not covered, though that seemed to succeed");
  return code;
}

static void
restore (const char *name, const char *with)
{
  const char *value = getenv (with);

  if (!value)
    return;
  setenv (name, value, 1);
  unsetenv (with);
}

int
main (int argc, char **argv)
{
  char theirs[PATH_MAX];
  int code;

  if (argc < 3)
    return fail ("cover", "wants our object and a command");
  if (access (argv[1], R_OK))
    return fail (argv[1], strerror (errno));
  code = find_theirs (theirs);
  if (!code && !is_same_file (argv[1], theirs))
    code = cover (argv[1], theirs);
  if (code)
    return code;
  restore ("LD_LIBRARY_PATH", "WITH_LD_LIBRARY_PATH");
  restore ("LD_PRELOAD", "WITH_LD_PRELOAD");
  execvp (argv[2], argv + 2);
  code = errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
  fail (argv[2], errno == ENOENT ? "command not found" : strerror (errno));
  return code;
}
