#!/bin/sh
# `oci-seccomp apply` with NOTIFY: the listener reaches the agent, and nothing waits for ever.
# shellcheck disable=SC2016  # the inner shells expand
# shellcheck disable=SC1091,SC2034,SC2154  # live.sh sets work, probe, agent, is_root; uses command
set -u
command=${OCI_SECCOMP:-./oci-seccomp}
. "${srcdir:-.}/tests/live/live.sh"

socket=$work/socket
getppid=$("$probe" -n getppid)
personality=$("$probe" -n personality)

# linux.seccomp with a listener; the members are put in at the front.
listening () { # MEMBERS
  printf "{\"listenerPath\":\"%s\",%s}\n" "$socket" "$1"
}

rule () { # NAME ACTION
  echo "\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"$1\"],
    \"action\":\"SCMP_ACT_$2\"}]"
}

# Starts the agent, and waits until it listens.
serve () { # MODE
  rm -f "$socket"
  # The shell in the background may be late to do so, and the last agent listened, too.
  : >"$work/agent"
  "$agent" "$socket" "$1" >"$work/agent" 2>&1 &
  server=$!
  tries=0
  until grep -q listening "$work/agent" || [ $((tries += 1)) -gt 3000 ]; do
    sleep 0.01
  done
}

# The agent ends with the last process under the filter. Its message, with every pid as P.
message () {
  wait "$server"
  sed -n '2s/"pid":[0-9]*/"pid":P/gp' "$work/agent"
}

answered () {
  sed -n 's/^answered //p' "$work/agent"
}

# --- everything is notified -----------------------------------------------------------------------

listening '"defaultAction":"SCMP_ACT_NOTIFY"' >"$work/all.json"
serve continue
apply 'every call notified, from the first one' 3 'hi
there' '' "$work/all.json" -- sh -c 'echo hi; (echo there); exit 3'
message >/dev/null
problem="answered: $(answered)"
[ "$(answered)" -le 20 ] || problem=
result 'and answered' "$problem"

serve 77
apply 'an agent that denies' 0 'errno 77' '' "$work/all.json" -- "$probe" "$personality" 0xffffffff
message >/dev/null

# execve, exit_group, write, futex: each alone.
for name in execve exit_group write close mmap rt_sigprocmask; do
  # arm has only the younger mmap.
  [ $name = mmap ] && names='mmap","mmap2' || names=$name
  listening "$(rule "$names" NOTIFY)" >"$work/one.json"
  serve continue
  apply "$name notified" 3 hi '' "$work/one.json" -- sh -c 'echo hi; exit 3'
  message >/dev/null
done

# --- what the agent gets, and what the command does not -------------------------------------------

listening "$(rule getppid NOTIFY)" >"$work/one.json"
serve continue
apply "a command, which inherits no descriptor of ours" 0 0 "" "$work/one.json" --id my-id -- \
  sh -c "ls -l /proc/self/fd 2>/dev/null | grep -c -e notify -e pidfd || :"
same 'the container process state' "{\"ociVersion\":\"1.0.2\",\"fds\":[\"seccompFd\"],\"pid\":P,\
\"state\":{\"ociVersion\":\"1.0.2\",\"id\":\"my-id\",\"status\":\"creating\",\"pid\":P,\
\"bundle\":\"$work\"}}" "$(message)"

serve continue
children='read -r children </proc/$$/task/$$/children; echo "[$children]"'
if [ -e "/proc/$$/task/$$/children" ]; then
  apply 'the command inherits no child' 0 '[]' '' "$work/one.json" -- sh -c "$children"
else
  skip 'the command inherits no child' 'this kernel does not list children'
  "$command" apply "$work/one.json" -- true
fi
wait "$server"
same "its id says which process" same "$(
  sed -n "2s/.*\"id\":\"oci-seccomp-\([0-9]*\)\",\"status\":\"creating\",\"pid\":\1,.*/same/p" "$work/agent"
)"

process () { # NNP
  cat <<END
{"ociVersion":"1.1.0","annotations":{"a.b":"c\"d"},
 "process":{"cwd":"/","args":["sh","-c","id -u; ls /proc/self/fd | grep -c '[3-9]'"],
  "noNewPrivileges":$1,"user":{"uid":1234,"gid":0}},
 "linux":{"seccomp":$(listening '"listenerMetadata":"one\ntwo","defaultAction":"SCMP_ACT_NOTIFY"')}}
END
}

if [ "$is_root" ]; then
  for nnp in true false; do
    process $nnp >"$work/config.json"
    serve continue
    apply "the process of a config.json, noNewPrivileges $nnp" 0 '1234
1' '' "$work/config.json"
    same 'its state' "{\"ociVersion\":\"1.1.0\",\"fds\":[\"seccompFd\"],\"pid\":P,\
\"metadata\":\"one\\ntwo\",\"state\":{\"ociVersion\":\"1.1.0\",\"id\":\"oci-seccomp-N\",\
\"status\":\"creating\",\"pid\":P,\"bundle\":\"$work\",\"annotations\":{\"a.b\":\"c\\\"d\"}}}" \
      "$(message | sed 's/oci-seccomp-[0-9]*/oci-seccomp-N/')"
  done
else
  skip 'the process of a config.json' 'needs root'
fi

# --- failures -------------------------------------------------------------------------------------

rm -f "$socket"
apply 'no agent' 125 '' 'listenerPath: ".*/socket": cannot connect: No such file' \
  "$work/one.json" -- touch "$work/ran"
missing 'and the command did not run: no agent' "$work/ran"

listening "$(rule getppid NOTIFY)" | sed "s|$socket|$(printf %0200d 0)|" >"$work/long.json"
apply 'a path too long for a socket' 125 '' 'longer than a socket' "$work/long.json" -- true

# A message that no socket holds: the agent has the descriptor, but never reads the rest.
stuck () { # NAME STATUS FILE
  name=$1 wanted_status=$2
  if [ "${EMULATED-}" ]; then
    skip "$name" 'five seconds of computing, which are too many in an emulator'
    return
  fi
  serve stuck
  {
    printf '{"ociVersion":"1.1.0","annotations":{"a":"'
    head -c 2000000 /dev/zero | tr '\0' a
    printf '"},"linux":{"seccomp":'
    cat "$3"
    echo '}}'
  } >"$work/large.json"
  apply "$name" "$wanted_status" '' 'listener was not taken: ' "$work/large.json" -- \
    touch "$work/ran"
  missing "and the command did not run: $name" "$work/ran"
  kill "$server"
  wait "$server" 2>/dev/null
}
stuck 'an agent that does not read' 125 "$work/one.json"
# There every way out is notified too, so only a signal is left.
stuck 'the same with everything notified' 137 "$work/all.json"

listening '"flags":["SECCOMP_FILTER_FLAG_TSYNC"],"defaultAction":"SCMP_ACT_NOTIFY"' \
  >"$work/tsync.json"
serve continue
apply 'TSYNC with a listener' 125 '' 'SECCOMP_FILTER_FLAG_TSYNC cannot be had together' \
  "$work/tsync.json" -- touch "$work/ran"
missing 'and the command did not run: TSYNC' "$work/ran"
kill "$server" 2>/dev/null
wait "$server"

serve continue
first=$server
mv "$socket" "$work/first"
sed "s|$socket|$work/first|" "$work/one.json" >"$work/first.json"
serve continue
apply 'a second listener' 125 '' 'listener for NOTIFY already' "$work/first.json" -- \
  "$command" apply "$work/one.json" -- touch "$work/ran"
missing 'and the command did not run: a second listener' "$work/ran"
kill "$server" 2>/dev/null
wait "$server" "$first"

# --- no need of one -------------------------------------------------------------------------------

rm -f "$socket"
listening "$(rule getppid 'ERRNO","errnoRet":77,"x":"')" >"$work/none.json"
apply 'without NOTIFY the listenerPath is nothing' 0 'errno 77' '' "$work/none.json" -- \
  "$probe" "$getppid"

finish
