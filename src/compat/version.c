/* What this object says it is: the interface of libseccomp 2.6, by oci-seccomp. libseccomp's own
 * third number is small; ours is 10000 and more: release 0.1.0 says 2.6.10100. */
#include <stdio.h>

#include <config.h>

#include "libseccomp.h"

enum { OURS = 10000 };

static struct scmp_version version = {2, 6, OURS};

__attribute__ ((constructor)) static void
take_own_version (void)
{
  unsigned major = 0, minor = 0, patch = 0;

  sscanf (PACKAGE_VERSION, "%u.%u.%u", &major, &minor, &patch);
  version.micro += major * 10000 + minor * 100 + patch;
}

const struct scmp_version *
seccomp_version (void)
{
  return &version;
}
