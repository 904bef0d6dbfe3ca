#!/bin/sh
# Podman over crun with the precreate hook.
# shellcheck disable=SC1091,SC2034,SC2154  # containers.sh sets and uses them
set -u
. "${srcdir:-.}/tests/containers/containers.sh"
need podman crun buildah conmon
defaults=/usr/share/containers/seccomp.json
[ -e "$defaults" ] || skip_all "$defaults is missing: what podman's profile denies is not known"

# --- an image, without a network ------------------------------------------------------------------

more_cleaning=clean_podman
clean_podman () {
  podman rm --all --force --time 0 >/dev/null 2>&1
  # What podman mounts to keep its state.
  umount -R "$work/podman" 2>/dev/null
}
store="--root $work/podman/root --runroot $work/podman/run --storage-driver vfs"
mkdir -p "$work/podman" "$work/hooks"
cat >"$work/podman.sh" <<END
#!/bin/sh
exec $(command -v podman) $store --tmpdir $work/podman/tmp --cgroup-manager cgroupfs \\
  --events-backend none --hooks-dir "\${HOOKS-$work/hooks}" --runtime crun "\$@"
END
# Without a hook, and with limits that this machine may raise.
cat >"$work/run.sh" <<END
#!/bin/sh
exec $work/podman.sh run --cgroup-parent /$cgroup --rm --network none --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 \\
  --log-driver none "\$@"
END
chmod +x "$work/podman.sh" "$work/run.sh"
podman () {
  "$work/podman.sh" "$@"
}
printf 'FROM scratch\nCOPY rootfs /\n' >"$work/Containerfile"
# shellcheck disable=SC2086  # words
buildah $store bud --isolation chroot -t test -f "$work/Containerfile" "$work" >"$work/built" 2>&1 ||
  skip_all "buildah makes no image here: $(tail -n 1 "$work/built")"
HOOKS=$work/no-hooks
mkdir "$HOOKS"
export HOOKS
"$work/run.sh" test true >"$work/out" 2>&1 ||
  skip_all "podman starts no container here: $(tail -n 1 "$work/out")"
unset HOOKS

hook () { # COMMAND: as hooks/*.json has it, but of the build directory
  cat >"$work/hook" <<END
#!/bin/sh
$1
END
  chmod +x "$work/hook"
  sed "s|@bindir@/oci-seccomp|$work/hook|" "$top/hooks/oci-seccomp-precreate.json.in" \
    >"$work/hooks/oci-seccomp.json"
}
hook "exec $command \"\$@\""

run () { # NAME STATUS STDOUT ERE ARGUMENT...
  name=$1 wanted_status=$2 wanted_out=$3 wanted_err=$4
  shift 4
  try "$name" "$wanted_status" "$wanted_out" "$wanted_err" "$work/run.sh" "$@"
}

# A call that only the filter denies, and how podman's own profile does it.
denied=$("$command" simulate --quiet "$defaults" personality 0x99 | sed -n 's/ERRNO(\(.*\))/errno \1/p')
[ "$denied" ] || denied="nothing, but $defaults denies personality(0x99)"

# --- verdicts -------------------------------------------------------------------------------------

run 'deny' 0 "$denied" '' test probe "$personality" 0x99
run 'allow, by an argument' 0 '= 0' '' test probe "$personality" 8
run 'allow' 0 'hi' '' test echo hi
run 'a call newer than the profile: ENOSYS' 0 'errno 38' '' test probe 4000
if [ "$i386" ]; then
  run '32 bits: deny' 0 "$denied" '' test probe32 136 0x99
else
  skip '32 bits: deny' 'no 32-bit programs here (Debian on amd64: gcc-multilib)'
fi
echo "$mark" >"$work/mark.json"
mark="seccomp=$work/mark.json"
run "a user's profile" 0 'errno 77' '' --security-opt "$mark" test probe "$personality"
run 'no new privileges' 0 'errno 77' '' --security-opt "$mark" --security-opt no-new-privileges test \
  probe "$personality"
run 'no capabilities' 0 'errno 77' '' --security-opt "$mark" --cap-drop all test probe "$personality"
run 'more capabilities: the profile follows them' 0 '= 0' '' --cap-add SYS_ADMIN test \
  probe "$unshare" 0x00020000
run 'a read-only root' 0 'errno 77' '' --security-opt "$mark" --read-only test probe "$personality"
run 'another user' 0 'errno 77' '' --security-opt "$mark" --user 1234:1234 test probe "$personality"
run 'a user namespace' 0 'errno 77' '' --security-opt "$mark" --uidmap 0:100000:65536 test \
  probe "$personality"
run 'unconfined: no filter' 0 0 '' --security-opt seccomp=unconfined test \
  sh -c 'sed -n "s/^Seccomp_filters:.//p" /proc/self/status'
run 'privileged: no filter' 0 0 '' --privileged test \
  sh -c 'sed -n "s/^Seccomp_filters:.//p" /proc/self/status'

# --- what a container's author has planted --------------------------------------------------------

echo '{"defaultAction":"SCMP_ACT_ALLOW"}' >"$work/allow.json"
planted=run.oci.seccomp_bpf_data=$("$command" compile --format base64 "$work/allow.json")
run 'planted: overwritten' 0 'errno 77' '' --security-opt "$mark" --annotation "$planted" test \
  probe "$personality"
run 'planted, and unconfined: taken out' 0 0 '' --security-opt seccomp=unconfined \
  --annotation "$planted" test sh -c 'sed -n "s/^Seccomp_filters:.//p" /proc/self/status'

# --- what the kernel holds, and exec --------------------------------------------------------------

"$work/run.sh" --detach --name held test sleep 60 >"$work/out" 2>&1 || cat "$work/out"
pid=$(podman inspect -f '{{.State.Pid}}' held)
proved 'the filter in the container' "$(podman inspect -f '{{.OCIConfigPath}}' held)" "$pid"
try 'exec: deny' 0 "$denied" '' "$work/podman.sh" exec held probe "$personality" 0x99
try 'exec: ENOSYS' 0 'errno 38' '' "$work/podman.sh" exec held probe 4000
podman rm --force --time 0 held >/dev/null 2>&1

# --- what fails does not start --------------------------------------------------------------------

mkdir "$work/shared"
fails () { # NAME
  "$work/run.sh" -v "$work/shared:/shared" test touch /shared/ran >"$work/out" 2>&1
  failed "$1: no container" $?
  missing "$1: nothing ran" "$work/shared/ran"
}
run 'all well: it runs' 0 '' '' -v "$work/shared:/shared" test touch /shared/ran
same 'all well: it ran' yes "$([ -e "$work/shared/ran" ] && echo yes)"
rm -f "$work/shared/ran"
hook 'exit 1'
fails 'a hook that fails'
hook 'kill -9 $$'
fails 'a hook that is killed'
# shellcheck disable=SC2016  # the hook expands it
hook "head -c 200 | cat; kill -9 \$\$"
fails 'a hook that is killed midway'
hook "$command \"\$@\" | head -c 500"
fails 'half of an answer'
hook 'exit 0'
fails 'no answer'
rm "$work/hook"
fails 'a hook that is missing'
hook "exec $command \"\$@\" --unknown-syscalls error"
echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[
  {"names":["no_such_call"],"action":"SCMP_ACT_ERRNO"}]}' >"$work/unknown.json"
"$work/run.sh" --security-opt "seccomp=$work/unknown.json" -v "$work/shared:/shared" test \
  touch /shared/ran >"$work/out" 2>&1
failed 'a config that the hook refuses: no container' $?
missing 'a config that the hook refuses: nothing ran' "$work/shared/ran"
hook "exec $command \"\$@\""

# --- the auditor -----------------------------------------------------------------------------------

mkdir "$work/audit"
sed "s|@bindir@/oci-seccomp|$command|" "$top/hooks/oci-seccomp-poststart.json.in" \
  >"$work/audit/oci-seccomp-poststart.json"
HOOKS=$work/audit
export HOOKS
"$work/run.sh" --security-opt "$mark" --annotation "$planted" test sh -c 'sleep 1; echo lived' \
  >"$work/out" 2>&1
same 'the auditor kills who has another filter' '' "$(grep lived "$work/out")"
cp "$work/hooks/oci-seccomp.json" "$work/audit/oci-seccomp-precreate.json"
run 'and lets live who has the right one' 0 lived '' --security-opt "$mark" --annotation "$planted" test \
  sh -c 'sleep 1; echo lived'
unset HOOKS

# --- several at once ------------------------------------------------------------------------------

i=0
while [ $i -lt 50 ]; do
  timeout 120 "$work/run.sh" --security-opt "$mark" test probe "$personality" \
    >"$work/out-$i" 2>&1 </dev/null &
  i=$((i + 1))
done
wait
same '50 starts at once' '50 errno 77' "$(cat "$work"/out-* | sort | uniq -c | sed 's/^ *//')"

finish
