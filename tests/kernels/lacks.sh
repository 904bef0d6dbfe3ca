#!/bin/sh
# What this kernel has and has not is told, not found out the hard way; on any kernel from 5.0 on.
# shellcheck disable=SC1091,SC2034,SC2154  # live.sh sets work, agent; uses command
set -u
command=${OCI_SECCOMP:-./oci-seccomp}
. "${srcdir:-.}/tests/live/live.sh"

# Whether the kernel that runs is at least as young.
since () { # MAJOR MINOR
  uname -r | awk -F. -v major="$1" -v minor="$2" '
    { exit !($1 > major || ($1 == major && $2 + 0 >= minor)) }'
}

# --- a flag of Linux 5.19 -------------------------------------------------------------------------

cat >"$work/p.json" <<END
{"listenerPath":"$work/socket","flags":["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"],
 "defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["personality"],"action":"SCMP_ACT_NOTIFY"}]}
END
: >"$work/agent"
"$agent" "$work/socket" 77 >"$work/agent" 2>&1 &
server=$!
tries=0
until grep -q listening "$work/agent" || [ $((tries += 1)) -gt 300 ]; do sleep 0.1; done
personality=$("$probe" -n personality)
if since 5 19; then
  apply 'the flag WAIT_KILLABLE_RECV' 0 'errno 77' '' "$work/p.json" -- "$probe" "$personality" 0
else
  apply 'the flag WAIT_KILLABLE_RECV' 125 '' \
    '^oci-seccomp: this kernel does not know the flag SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV$' \
    "$work/p.json" -- "$probe" "$personality" 0
fi
kill "$server" 2>/dev/null

# --- the bitmap of Linux 5.11 ---------------------------------------------------------------------

profile getppid KILL_PROCESS >"$work/p.json"
"$command" check --cost "$work/p.json" >"$work/cost"
bitmaps=$(grep -c -e ' of [0-9]* calls$' -e 'none: the kernel keeps none for this ABI' "$work/cost")
none=$(grep -c 'none: kernels before 5.11 keep none' "$work/cost")
if since 5 11; then
  same 'what the bitmap answers' '1 0' "$bitmaps $none"
else
  same 'that there is no bitmap' '0 1' "$bitmaps $none"
fi

# --- a program that this kernel could not make sense of -------------------------------------------

try 'a program of another machine' 125 '' 'compiled for' \
  "$command" apply "$work/p.json" --native parisc -- true

finish
