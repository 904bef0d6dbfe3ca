#include "capabilities.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "names.h"

const char *const capability_set_names[CAPABILITIES_SETS] = {
    [CAPABILITIES_BOUNDING] = "bounding",   [CAPABILITIES_PERMITTED] = "permitted",
    [CAPABILITIES_EFFECTIVE] = "effective", [CAPABILITIES_INHERITABLE] = "inheritable",
    [CAPABILITIES_AMBIENT] = "ambient",
};

static bool
capability_in (uint64_t set, unsigned capability)
{
  return (set >> capability & 1) != 0;
}

static const char *
capability_name (unsigned capability, struct arena *arena)
{
  for (const struct name *row = capability_names; row->name; row++)
    if (row->value == capability)
      return row->name;
  return arena_printf (arena, "%u", capability);
}

static int
ask_for_one (enum capability_set which, unsigned capability)
{
  if (which == CAPABILITIES_AMBIENT)
    return prctl (PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, capability, 0, 0);
  return prctl (PR_CAPBSET_READ, capability, 0, 0, 0);
}

/* Kernels have more capabilities than this program has names for, sooner or later: EINVAL is where
 * the running one's end. If they do not end, or not so, the answers are a filter's, and what can be
 * in the set is all of them. */
static uint64_t
read_one_by_one (enum capability_set which)
{
  uint64_t set = 0;

  for (unsigned capability = 0; capability < 64; capability++) {
    int in = ask_for_one (which, capability);

    if (in < 0)
      return errno == EINVAL ? set : UINT64_MAX;
    set |= (uint64_t) (in != 0) << capability;
  }
  return UINT64_MAX;
}

static uint64_t
join (uint32_t low, uint32_t high)
{
  return (uint64_t) high << 32 | low;
}

int
capabilities_current (struct capabilities *out, struct oci_seccomp_error *err)
{
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];

  /* So that no answer but the kernel's can pass for an empty set. */
  memset (data, 0xff, sizeof data);
  memset (out, 0, sizeof *out);
  if (syscall (SYS_capget, &header, data))
    return fail_errno (err, OCI_SECCOMP_REFUSED, errno,
                       "cannot read this process's capabilities: %s", strerror (errno));
  out->sets[CAPABILITIES_BOUNDING] = read_one_by_one (CAPABILITIES_BOUNDING);
  out->sets[CAPABILITIES_AMBIENT] = read_one_by_one (CAPABILITIES_AMBIENT);
  out->sets[CAPABILITIES_PERMITTED] = join (data[0].permitted, data[1].permitted);
  out->sets[CAPABILITIES_EFFECTIVE] = join (data[0].effective, data[1].effective);
  out->sets[CAPABILITIES_INHERITABLE] = join (data[0].inheritable, data[1].inheritable);
  return OCI_SECCOMP_OK;
}

bool
capability_effective (unsigned capability)
{
  struct capabilities current;

  return capabilities_current (&current, NULL) == OCI_SECCOMP_OK &&
         capability_in (current.sets[CAPABILITIES_EFFECTIVE], capability);
}

/* The rules of capset(2) and of PR_CAP_AMBIENT_RAISE, each set by those before it. */
const char *
capabilities_cut (struct capabilities *wanted, const struct capabilities *current,
                  struct arena *arena)
{
  const uint64_t *has = current->sets;
  uint64_t *set = wanted->sets;
  struct capabilities asked = *wanted;
  const char *gone = NULL;

  set[CAPABILITIES_BOUNDING] &= has[CAPABILITIES_BOUNDING];
  set[CAPABILITIES_PERMITTED] &= has[CAPABILITIES_PERMITTED];
  set[CAPABILITIES_EFFECTIVE] &= set[CAPABILITIES_PERMITTED];
  set[CAPABILITIES_INHERITABLE] &=
      has[CAPABILITIES_INHERITABLE] | (has[CAPABILITIES_PERMITTED] & set[CAPABILITIES_BOUNDING]);
  set[CAPABILITIES_AMBIENT] &= set[CAPABILITIES_PERMITTED] & set[CAPABILITIES_INHERITABLE];
  for (int i = 0; i < CAPABILITIES_SETS; i++)
    for (unsigned capability = 0; capability < 64; capability++)
      if (capability_in (asked.sets[i] & ~set[i], capability))
        gone = arena_printf (arena, "%s%s%s %s", gone ? gone : "", gone ? ", " : "",
                             capability_set_names[i], capability_name (capability, arena));
  return gone;
}

int
capabilities_drop_bounding (const struct capabilities *wanted, struct oci_seccomp_error *err)
{
  uint64_t surplus = read_one_by_one (CAPABILITIES_BOUNDING) & ~wanted->sets[CAPABILITIES_BOUNDING];

  for (unsigned capability = 0; capability < 64; capability++)
    if (capability_in (surplus, capability) && prctl (PR_CAPBSET_DROP, capability, 0, 0, 0))
      return fail_errno (err, OCI_SECCOMP_NOT_PERMITTED, errno,
                         "process.capabilities.bounding: cannot drop capability %u: %s", capability,
                         strerror (errno));
  return OCI_SECCOMP_OK;
}

static int
set_ambient (uint64_t wanted, struct oci_seccomp_error *err)
{
  /* EINVAL: a kernel without ambient capabilities, which then has none to clear. */
  if (prctl (PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) && errno != EINVAL)
    return fail_errno (err, OCI_SECCOMP_NOT_PERMITTED, errno,
                       "process.capabilities.ambient: cannot clear the set: %s", strerror (errno));
  for (unsigned capability = 0; capability < 64; capability++)
    if (capability_in (wanted, capability) &&
        prctl (PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0))
      return fail_errno (err, OCI_SECCOMP_NOT_PERMITTED, errno,
                         "process.capabilities.ambient: cannot raise capability %u: %s", capability,
                         strerror (errno));
  return OCI_SECCOMP_OK;
}

int
capabilities_set (const struct capabilities *wanted, struct oci_seccomp_error *err)
{
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];

  for (int i = 0; i < 2; i++) {
    data[i].permitted = (uint32_t) (wanted->sets[CAPABILITIES_PERMITTED] >> 32 * i);
    data[i].effective = (uint32_t) (wanted->sets[CAPABILITIES_EFFECTIVE] >> 32 * i);
    data[i].inheritable = (uint32_t) (wanted->sets[CAPABILITIES_INHERITABLE] >> 32 * i);
  }
  if (syscall (SYS_capset, &header, data))
    return fail_errno (err, OCI_SECCOMP_NOT_PERMITTED, errno,
                       "process.capabilities: cannot set them: %s", strerror (errno));
  return set_ambient (wanted->sets[CAPABILITIES_AMBIENT], err);
}
