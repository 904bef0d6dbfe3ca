# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154  # who sources it sets $command, and uses the rest
# What the scripts of the live suite share; to be sourced, with $command set. Prints TAP.

LC_ALL=C
export LC_ALL
probe=${LIVE_DIRECTORY:-./tests/live}/probe
agent=${LIVE_DIRECTORY:-./tests/live}/agent
setpriv=${SETPRIV:-setpriv}
is_root=
[ "$(id -u)" -ne 0 ] || is_root=yes
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM
# Others than root get at it as well.
chmod 755 "$work"
# The status of who was killed by SIGSYS, which has another number on MIPS.
killed=159
[ "$(kill -l 12)" != SYS ] || killed=140
count=0
failures=0

result () { # NAME PROBLEM
  count=$((count + 1))
  if [ -z "$2" ]; then
    echo "ok $count - $1"
  else
    failures=$((failures + 1))
    echo "not ok $count - $1"
    printf '%s\n' "$2" | sed 's/^/# /'
  fi
}

skip () { # NAME REASON
  count=$((count + 1))
  echo "ok $count - $1 # SKIP $2"
}

finish () {
  echo "1..$count"
  [ "$failures" -eq 0 ]
  exit
}

same () { # NAME WANTED FOUND
  problem=
  [ "$2" = "$3" ] || problem="wanted: $2
found: $3"
  result "$1" "$problem"
}

missing () { # NAME FILE
  problem=
  [ ! -e "$2" ] || problem="$2 exists"
  rm -f "$2"
  result "$1" "$problem"
}

# Runs a command; wanted are its status, its stdout, and one line on stderr that matches an ERE (or
# nothing, where that is empty).
try () { # NAME STATUS STDOUT ERE COMMAND...
  name=$1 wanted_status=$2 wanted_out=$3 wanted_err=$4
  shift 4
  # In the background, as a shell that waits may write of the signal to where stderr goes.
  timeout -k 5 30 "$@" >"$work/out" 2>"$work/err" </dev/null &
  wait $!
  status=$?
  problem=
  [ "$status" -eq "$wanted_status" ] || problem="status $status, wanted $wanted_status"
  [ "$(cat "$work/out")" = "$wanted_out" ] || problem="$problem
stdout: $(cat "$work/out")
wanted: $wanted_out"
  if [ -z "$wanted_err" ]; then
    [ ! -s "$work/err" ]
  else
    [ "$(wc -l <"$work/err")" -eq 1 ] && grep -qE -e "$wanted_err" "$work/err"
  fi || problem="$problem
stderr: $(cat "$work/err")
wanted: $wanted_err"
  result "$name" "$problem"
}

apply () { # NAME STATUS STDOUT ERE ARGUMENT...
  name=$1 wanted_status=$2 wanted_out=$3 wanted_err=$4
  shift 4
  try "$name" "$wanted_status" "$wanted_out" "$wanted_err" "$command" apply "$@"
}

# The same without root's rights; the build directory may be out of an ordinary user's reach, so the
# command is copied.
as_nobody () { # NAME STATUS STDOUT ERE ARGUMENT...
  name=$1 wanted_status=$2 wanted_out=$3 wanted_err=$4
  shift 4
  if ! command -v "$setpriv" >/dev/null; then
    skip "$name" 'needs setpriv (util-linux)'
    return
  fi
  [ -e "$work/oci-seccomp" ] || cp "$command" "$work/oci-seccomp"
  try "$name" "$wanted_status" "$wanted_out" "$wanted_err" \
    "$setpriv" --reuid 65534 --regid 65534 --clear-groups "$work/oci-seccomp" apply "$@"
}

# linux.seccomp with one rule in a profile that allows the rest. ACTION may go on: 'ERRNO","errnoRet":7'
profile () { # NAME ACTION
  case $2 in
  *'"'*) action=$2 ;;
  *) action="$2\"" ;;
  esac
  echo "{\"defaultAction\":\"SCMP_ACT_ALLOW\",
    \"syscalls\":[{\"names\":[\"$1\"],\"action\":\"SCMP_ACT_$action}]}"
}
