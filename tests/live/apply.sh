#!/bin/sh
# `oci-seccomp apply` as a user types it, on the kernel that runs.
# shellcheck disable=SC1091,SC2034,SC2154  # live.sh sets work, probe, agent, is_root; uses command
set -u
command=${OCI_SECCOMP:-./oci-seccomp}
. "${srcdir:-.}/tests/live/live.sh"

# --- a command ------------------------------------------------------------------------------------

profile getppid 'ERRNO","errnoRet":77' >"$work/p.json"
getppid=$("$probe" -n getppid)

apply 'the command runs' 0 hi '' "$work/p.json" -- sh -c 'echo hi'
apply 'under the filter' 0 'errno 77' '' "$work/p.json" -- "$probe" "$getppid"
apply 'its status is the command'\''s' 3 '' '' "$work/p.json" -- sh -c 'exit 3'
apply 'its signal too' 143 '' '' "$work/p.json" -- sh -c 'kill -TERM $$'
apply 'its arguments are its own' 0 '--help -- x' '' "$work/p.json" -- echo --help -- x
apply 'options after CONFIG' 0 hi '' "$work/p.json" --quiet --id x -- echo hi
apply 'filters stack' 0 'errno 77' '' "$work/p.json" -- "$command" apply "$work/p.json" -- \
  "$probe" "$getppid"

touch "$work/no-program"
printf '#!/nonexistent/interpreter\n' >"$work/no-interpreter"
printf 'what is this\n' >"$work/no-format"
chmod +x "$work/no-interpreter" "$work/no-format"
apply 'no such command' 127 '' 'nonexistent: command not found' "$work/p.json" -- nonexistent
apply 'no such file' 127 '' 'command not found' "$work/p.json" -- "$work/nonexistent"
apply 'no program' 126 '' 'not an executable file' "$work/p.json" -- "$work/no-program"
apply 'a directory' 126 '' 'not an executable file' "$work/p.json" -- "$work"
apply 'no interpreter' 127 '' 'interpreter, is not found' "$work/p.json" -- "$work/no-interpreter"
apply 'no format' 126 '' 'Exec format error' "$work/p.json" -- "$work/no-format"

# --- nothing runs unfiltered ----------------------------------------------------------------------

refused () { # NAME ERE CONFIG [OPTION...]
  name=$1 message=$2
  shift 2
  apply "$name" 125 '' "$message" "$@" -- touch "$work/ran"
  missing "and the command did not run: $name" "$work/ran"
}

echo '{' >"$work/bad.json"
echo '{"ociVersion":"1.0.2","process":{"args":["true"],"cwd":"/"},"linux":{}}' >"$work/none.json"
profile getppid ERRONEOUS >"$work/action.json"
profile getppid NOTIFY >"$work/notify.json"
profile execve 'ERRNO","errnoRet":1' >"$work/execve.json"
profile execve KILL_PROCESS >"$work/killed.json"
flags='"flags":["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"],'
echo "{${flags}\"defaultAction\":\"SCMP_ACT_ALLOW\"}" >"$work/flag.json"

refused 'no such profile' 'nonexistent.json: cannot open' "$work/nonexistent.json"
refused 'no JSON' 'bad.json:[0-9]+:[0-9]+: ' "$work/bad.json"
refused 'no filter asked for' 'no linux.seccomp' "$work/none.json"
refused 'unknown action' 'action.json:[0-9]+:[0-9]+: .*SCMP_ACT_ERRONEOUS' "$work/action.json"
refused 'NOTIFY without listenerPath' 'no listenerPath' "$work/notify.json"
refused 'a flag that makes no sense' 'the flag SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV' "$work/flag.json"
other=s390x
[ "$(uname -m)" != s390x ] || other=aarch64
refused 'another machine'\''s program' "compiled for $other" "$work/p.json" --native $other
refused 'bad option' '^oci-seccomp: unknown option --nonsense; usage: ' "$work/p.json" --nonsense
apply 'no CONFIG' 125 '' 'no CONFIG' -- true
apply 'a command without --' 125 '' 'a command goes after --' "$work/p.json" true
apply 'no command after --' 125 '' 'no command' "$work/p.json" --
apply 'no process in a profile' 125 '' 'no process to become' "$work/p.json"
apply 'execve denied' 126 '' 'true: cannot be run: the profile says ERRNO\(1\) to execve' \
  "$work/execve.json" -- true
apply 'execve killed' 126 '' 'true: cannot be run: the profile says KILL_PROCESS to execve' \
  "$work/killed.json" -- true
echo '{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":4095}' >"$work/nothing.json"
apply 'everything denied' 126 '' 'the profile says ERRNO\(4095\) to execve' "$work/nothing.json" \
  -- true
profile execve TRACE >"$work/traced.json"
apply 'execve traced, by nobody' 126 '' 'Function not implemented; the filter may deny execve' \
  "$work/traced.json" -- true

# A filter that is on already and answers in the kernel's place.
profile seccomp 'ERRNO","errnoRet":0' >"$work/outer.json"
apply 'seccomp(2) answered by another filter' 125 '' 'installs nothing' "$work/outer.json" -- \
  "$command" apply "$work/p.json" -- touch "$work/ran"
missing 'and the command did not run: seccomp(2) answered' "$work/ran"

# --- stdin, stdout, stderr ------------------------------------------------------------------------

input () { # FILE COMMAND...: apply - with FILE as stdin
  file=$1
  shift
  timeout -k 5 30 "$command" apply - -- "$@" <"$file"
}
same 'CONFIG from stdin' 'errno 77' "$(input "$work/p.json" "$probe" "$getppid" 2>&1)"
same 'which the command does not get' '' "$(input "$work/p.json" cat 2>&1)"
same 'the command gets stdin otherwise' data \
  "$(echo data | "$command" apply "$work/p.json" -- cat 2>&1)"
same 'inherited descriptors stay' data \
  "$("$command" apply "$work/p.json" -- sh -c 'echo data >&7' 7>&1 2>&1)"
"$command" apply "$work/p.json" -- sh -c "echo done >'$work/closed'" <&- >&- 2>&-
same 'closed stdin, stdout and stderr' 'done' "$(cat "$work/closed")"

# --- no_new_privs ---------------------------------------------------------------------------------

nnp_json='"process":{"noNewPrivileges":true},'
echo "{\"ociVersion\":\"1.0.2\",$nnp_json\"linux\":{\"seccomp\":$(cat "$work/p.json")}}" \
  >"$work/nnp.json"
apply 'noNewPrivileges also holds for a command' 0 'NoNewPrivs:	1' '' "$work/nnp.json" -- grep NoNewPrivs: /proc/self/status
if [ "$is_root" ]; then
  profile prctl 'ERRNO","errnoRet":0' >"$work/outer.json"
  apply 'no_new_privs answered by another filter' 125 '' 'noNewPrivileges: not set' \
    "$work/outer.json" -- "$command" apply "$work/nnp.json" -- touch "$work/ran"
  missing 'and the command did not run: no_new_privs answered' "$work/ran"
  apply 'else CAP_SYS_ADMIN is enough' 0 'NoNewPrivs:	0' '' "$work/p.json" -- grep NoNewPrivs: /proc/self/status
  as_nobody 'without it no_new_privs is set' 0 'NoNewPrivs:	1' '' "$work/p.json" -- grep NoNewPrivs: /proc/self/status
else
  apply 'without CAP_SYS_ADMIN it is set' 0 'NoNewPrivs:	1' '' "$work/p.json" -- grep NoNewPrivs: /proc/self/status
fi

finish
