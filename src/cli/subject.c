#include "subject.h"

#include <string.h>

static bool
profile_is_valid (const struct subject *subject, const struct machine *machine)
{
  struct oci_seccomp_filter *filter;
  struct oci_seccomp_error err;
  int code = oci_seccomp_compile (&filter, subject->profile, &machine->library, &err);

  oci_seccomp_filter_free (filter);
  if (code && code != OCI_SECCOMP_TOO_LARGE)
    complain_of (0, &err);
  return !code || code == OCI_SECCOMP_TOO_LARGE;
}

bool
subject_open (struct subject *subject, struct machine *machine, const char *path)
{
  struct oci_seccomp_error err;

  memset (subject, 0, sizeof *subject);
  subject->name = subject->side.name = strcmp (path, "-") ? path : "<stdin>";
  if (!read_either (machine, path, &subject->profile, &subject->filter))
    return false;
  if (options_resolve (&subject->options, &machine->library, &err)) {
    complain_of (0, &err);
    return false;
  }
  if (subject->profile) {
    subject->side.profile = &subject->profile->profile;
    subject->side.options = &subject->options;
    return profile_is_valid (subject, machine);
  }
  subject->side.program = &subject->filter->program;
  subject->side.big_endian = abi_table[subject->options.native].big_endian;
  return true;
}

void
subject_close (struct subject *subject)
{
  oci_seccomp_profile_free (subject->profile);
  oci_seccomp_filter_free (subject->filter);
}
