/* What this object says it is: the interface of libseccomp 2.6, by oci-seccomp. libseccomp's own
 * third number is small; ours is 10000 and more: release 0.1.0 says 2.6.10100. */
#include <config.h>

#include "libseccomp.h"

const struct scmp_version *
seccomp_version (void)
{
  static const struct scmp_version version = {2, 6, 10000 + PACKAGE_VERSION_NUMBER};

  return &version;
}
