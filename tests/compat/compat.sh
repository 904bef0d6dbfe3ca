# shellcheck shell=sh
# shellcheck disable=SC1091,SC2034  # who sources it uses them
# What the scripts on libseccomp's interface share; to be sourced first.

skip_all () { # REASON
  echo "1..0 # SKIP $1"
  exit 77
}

top=$(cd "${srcdir:-.}" && pwd)
command=${OCI_SECCOMP:-$PWD/oci-seccomp}
library=$PWD/src/compat/.libs
calls=$PWD/tests/compat/calls
interface=$PWD/tests/compat/interface
load=$PWD/tests/compat/load
memory=$PWD/tests/compat/memory
unload=$PWD/tests/compat/unload
[ -e "$library/libseccomp.so.2" ] || skip_all 'this build has no shared objects'
[ -x "$calls" ] || skip_all 'the tests were built without libseccomp (Debian: libseccomp-dev)'
. "$top/tests/live/live.sh"
