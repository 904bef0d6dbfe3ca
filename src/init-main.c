/* oci-seccomp-init: `oci-seccomp init` alone, static, to be mounted into containers. */
#include "init.h"

int
main (int argc, char **argv, char **envp)
{
  return init_become (argc, argv, envp);
}
