#include "confirm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  STATUS_SIZE = 16384, /* all but the groups: about 1500 bytes today */
  GROUP_SIZE = 11,     /* ten digits and a space */
  IDS = 4              /* real, effective, saved, of the file system */
};

/* What the kernel says. */
struct found {
  uint32_t uids[IDS], gids[IDS];
  gid_t *groups;
  size_t group_count; /* one too many stands for any number too many */
  struct capabilities capabilities;
  unsigned umask;
};

void
confirmation_prepare (struct confirmation *out, const struct process *process, struct arena *arena)
{
  out->size = STATUS_SIZE + GROUP_SIZE * process->group_count;
  out->text = arena_alloc (arena, out->size);
  out->groups = ARENA_ARRAY (arena, gid_t, process->group_count + 1);
  out->status = open ("/proc/self/status", O_RDONLY | O_CLOEXEC);
}

/* --- from /proc/self/status ------------------------------------------------------------------ */

/* What follows a label, which has the end of the line before in it; NULL without it. */
static const char *
after (const char *text, const char *label)
{
  const char *line = strstr (text, label);

  return line ? line + strlen (label) : NULL;
}

/* The next number of the line; false at its end. */
static bool
next_number (const char **line, int base, uint64_t *number)
{
  char *end;

  *line += strspn (*line, " \t");
  if (**line == '\n' || !**line)
    return false;
  *number = strtoull (*line, &end, base);
  bool read = end != *line;

  *line = end;
  return read;
}

static bool
read_ids (uint32_t ids[IDS], const char *line)
{
  uint64_t id;

  for (int i = 0; i < IDS; i++) {
    if (!line || !next_number (&line, 10, &id))
      return false;
    ids[i] = (uint32_t) id;
  }
  return true;
}

static bool
read_groups (struct found *out, size_t most, const char *line)
{
  uint64_t group;

  out->group_count = 0;
  while (line && out->group_count < most && next_number (&line, 10, &group))
    out->groups[out->group_count++] = (gid_t) group;
  return line;
}

static bool
read_capabilities (struct capabilities *out, const char *text)
{
  static const char *const labels[CAPABILITIES_SETS] = {
      [CAPABILITIES_BOUNDING] = "\nCapBnd:",  [CAPABILITIES_PERMITTED] = "\nCapPrm:",
      [CAPABILITIES_EFFECTIVE] = "\nCapEff:", [CAPABILITIES_INHERITABLE] = "\nCapInh:",
      [CAPABILITIES_AMBIENT] = "\nCapAmb:",
  };

  for (int i = 0; i < CAPABILITIES_SETS; i++) {
    const char *line = after (text, labels[i]);

    if (!line || !next_number (&line, 16, &out->sets[i]))
      return false;
  }
  return true;
}

static bool
read_status (struct found *out, const struct confirmation *from, const struct process *process)
{
  ssize_t length = from->status < 0 ? -1 : read (from->status, from->text, from->size - 1);

  if (length <= 0 || (size_t) length >= from->size)
    return false;
  from->text[length] = '\0';
  const char *mask = after (from->text, "\nUmask:");
  uint64_t number;

  /* Kernels before 4.7 do not tell. */
  out->umask = mask && next_number (&mask, 8, &number) ? (unsigned) number : process->umask;
  return read_ids (out->uids, after (from->text, "\nUid:")) &&
         read_ids (out->gids, after (from->text, "\nGid:")) &&
         read_groups (out, process->group_count + 1, after (from->text, "\nGroups:")) &&
         read_capabilities (&out->capabilities, from->text);
}

/* --- where that cannot be read --------------------------------------------------------------- */

/* Each by a call that, answered by another than the kernel, leaves what no process can be. */
static bool
ask (struct found *out, const struct process *process)
{
  memset (out->uids, 0xff, sizeof out->uids);
  memset (out->gids, 0xff, sizeof out->gids);
  memset (out->groups, 0xff, (process->group_count + 1) * sizeof *out->groups);
  out->umask = process->umask;
  if (getresuid (&out->uids[0], &out->uids[1], &out->uids[2]) ||
      getresgid (&out->gids[0], &out->gids[1], &out->gids[2]))
    return false;
  /* Changed along with the effective one. */
  out->uids[3] = out->uids[1];
  out->gids[3] = out->gids[1];
  /* No groups at all is also what "done" looks like, but the kernel refuses a negative size. */
  const volatile int negative = -1; /* the compiler would warn of a constant */

  if (getgroups (negative, out->groups) != -1 || errno != EINVAL)
    return false;
  int count = getgroups ((int) process->group_count + 1, out->groups);

  out->group_count = count < 0 ? process->group_count + 1 : (size_t) count;
  return capabilities_current (&out->capabilities, NULL) == OCI_SECCOMP_OK;
}

/* --- the comparison -------------------------------------------------------------------------- */

static bool
all_are (const uint32_t ids[IDS], uint32_t wanted)
{
  return ids[0] == wanted && ids[1] == wanted && ids[2] == wanted && ids[3] == wanted;
}

static bool
all_in (const gid_t *groups, const gid_t *others, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    size_t at = 0;

    while (at < count && others[at] != groups[i])
      at++;
    if (at == count)
      return false;
  }
  return true;
}

static bool
same_groups (const struct found *found, const struct process *process)
{
  size_t count = process->group_count;

  return found->group_count == count && all_in (found->groups, process->groups, count) &&
         all_in (process->groups, found->groups, count);
}

static int
differs (struct oci_seccomp_error *err, const char *section, const char *what)
{
  return fail (err, OCI_SECCOMP_REFUSED,
               "process.%s%s: the kernel did not make the change, though it seemed to succeed",
               section, what);
}

int
confirmation_check (const struct confirmation *confirmation, const struct process *process,
                    struct oci_seccomp_error *err)
{
  struct found found = {.groups = confirmation->groups};

  if (!read_status (&found, confirmation, process) && !ask (&found, process))
    return fail (err, OCI_SECCOMP_REFUSED,
                 "process: cannot read back its user, groups and capabilities, so that they are "
                 "as asked for is not certain");
  if (!all_are (found.uids, process->uid))
    return differs (err, "user.", "uid");
  if (!all_are (found.gids, process->gid))
    return differs (err, "user.", "gid");
  if (!same_groups (&found, process))
    return differs (err, "user.", "additionalGids");
  if (found.umask != process->umask)
    return differs (err, "user.", "umask");
  for (int i = 0; i < CAPABILITIES_SETS; i++)
    if (found.capabilities.sets[i] != process->capabilities.sets[i])
      return differs (err, "capabilities.", capability_set_names[i]);
  return OCI_SECCOMP_OK;
}
