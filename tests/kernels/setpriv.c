/* As much of util-linux's setpriv(1) as the live scripts use, for machines without util-linux:
 *
 *   setpriv [--reuid N] [--regid N] [--clear-groups] [--inh-caps=-all] [--bounding-set=-NAME]
 *     COMMAND ARG... */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

static const struct {
  const char *name;
  int number;
} capabilities[] = {
    {"setpcap", CAP_SETPCAP}, {"sys_admin", CAP_SYS_ADMIN}, {"sys_resource", CAP_SYS_RESOURCE}};

static _Noreturn void
die (const char *what)
{
  fprintf (stderr, "setpriv: %s: %s\n", what, strerror (errno));
  exit (127);
}

static int
drop_from_bounding_set (const char *name)
{
  for (size_t i = 0; i < sizeof capabilities / sizeof *capabilities; i++)
    if (!strcmp (capabilities[i].name, name))
      return prctl (PR_CAPBSET_DROP, capabilities[i].number, 0, 0, 0);
  errno = EINVAL;
  return -1;
}

static int
clear_inheritable (void)
{
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];

  if (syscall (SYS_capget, &header, data))
    return -1;
  data[0].inheritable = data[1].inheritable = 0;
  return (int) syscall (SYS_capset, &header, data);
}

int
main (int argc, char **argv)
{
  static const char bounding[] = "--bounding-set=-";
  uid_t user = geteuid ();
  gid_t group = getegid ();
  int i, failed = 0;

  for (i = 1; i < argc && !strncmp (argv[i], "--", 2) && !failed; i++)
    if (!strcmp (argv[i], "--reuid") && argv[i + 1])
      user = (uid_t) strtoul (argv[++i], NULL, 10);
    else if (!strcmp (argv[i], "--regid") && argv[i + 1])
      group = (gid_t) strtoul (argv[++i], NULL, 10);
    else if (!strcmp (argv[i], "--clear-groups"))
      failed = setgroups (0, NULL);
    else if (!strcmp (argv[i], "--inh-caps=-all"))
      failed = clear_inheritable ();
    else if (!strncmp (argv[i], bounding, strlen (bounding)))
      failed = drop_from_bounding_set (argv[i] + strlen (bounding));
    else
      failed = 1;
  if (failed || setresgid (group, group, group) || setresuid (user, user, user))
    die (argv[i - 1]);
  execvp (argv[i], argv + i);
  die (argv[i]);
}
