#!/bin/sh
# Docker and containerd with the runtime wrappers, by the configuration in contrib/examples.
# shellcheck disable=SC1091,SC2034,SC2154  # containers.sh sets and uses them
set -u
. "${srcdir:-.}/tests/containers/containers.sh"
need dockerd docker containerd ctr crun

# --- the daemon, with all its state in $work --------------------------------------------------------

mkdir -p "$work/bin" "$work/docker"
for kind in crun runc; do
  shim=
  [ $kind = crun ] || shim=" --shim=$init"
  cat >"$work/bin/oci-seccomp-$kind" <<END
#!/bin/sh
OCI_SECCOMP=$command OCI_SECCOMP_OPTIONS='--quiet$shim' exec $top/contrib/oci-seccomp-$kind "\$@"
END
  chmod +x "$work/bin/oci-seccomp-$kind"
done
sed "s|/usr/bin/oci-seccomp-|$work/bin/oci-seccomp-|" "$top/contrib/examples/docker-daemon.json" \
  >"$work/daemon.json"
docker () {
  command docker -H "unix://$work/docker.sock" "$@"
}
more_cleaning=stop_docker
stop_docker () {
  # shellcheck disable=SC2046  # ids
  docker rm --force $(docker ps --all --quiet) >/dev/null 2>&1
  kill "$daemon" && wait "$daemon" 2>/dev/null
  umount -R "$work/docker" 2>/dev/null
}
dockerd --config-file "$work/daemon.json" --data-root "$work/docker/data" \
  --exec-root "$work/docker/exec" --pidfile "$work/docker/pid" --host "unix://$work/docker.sock" \
  --iptables=false --ip6tables=false --bridge=none --storage-driver vfs >"$work/daemon" 2>&1 &
daemon=$!
tries=0
until docker version >/dev/null 2>&1 || [ $((tries += 1)) -gt 100 ]; do
  kill -0 "$daemon" 2>/dev/null || tries=100
  sleep 0.2
done
docker version >/dev/null 2>&1 || {
  daemon_says=$(grep -v level=info "$work/daemon" | tail -n 1)
  skip_all "dockerd does not start here: $daemon_says"
}
tar -C "$work/rootfs" -c . | docker import - test >/dev/null
cat >"$work/run" <<END
#!/bin/sh
exec $(command -v docker) -H unix://$work/docker.sock run --cgroup-parent /$cgroup --network none --ulimit nofile=1024:1024 "\$@"
END
chmod +x "$work/run"
"$work/run" --rm --runtime runc test true >"$work/out" 2>&1 ||
  skip_all "docker starts no container here: $(tail -n 1 "$work/out")"

run () { # NAME STATUS STDOUT ERE ARGUMENT...
  name=$1 wanted_status=$2 wanted_out=$3 wanted_err=$4
  shift 4
  try "$name" "$wanted_status" "$wanted_out" "$wanted_err" "$work/run" --rm "$@"
}

echo "$mark" >"$work/mark.json"
profile="seccomp=$work/mark.json"

# --- by crun ---------------------------------------------------------------------------------------

run 'crun: deny' 0 'errno 1' '' test probe "$unshare" 0x10000000
run 'crun: allow' 0 hi '' test echo hi
run "crun: a user's profile" 0 'errno 77' '' --security-opt "$profile" test probe "$personality"
run 'crun: unconfined' 0 0 '' --security-opt seccomp=unconfined test \
  sh -c 'sed -n "s/^Seccomp_filters:.//p" /proc/self/status'
held=$("$work/run" --detach test sleep 60)
pid=$(docker inspect -f '{{.State.Pid}}' "$held")
config=$(find "$work/docker/exec/containerd" -path "*$held/config.json")
proved 'crun: the filter in the container' "$config" "$pid"
try 'crun: exec' 0 'errno 1' '' "$(command -v docker)" -H "unix://$work/docker.sock" exec "$held" \
  probe "$unshare" 0x10000000
docker rm --force "$held" >/dev/null

# --- by runc and the shim --------------------------------------------------------------------------

if command -v runc >/dev/null && [ -x "$init" ]; then
  "$work/run" --rm --runtime oci-seccomp-runc test true >/dev/null 2>"$work/err"
  failed 'runc: without no-new-privileges: refused' $?
  same 'runc: without no-new-privileges: the reason' 1 "$(grep -c \
    'OCI runtime create failed: oci-seccomp-runc: .*noNewPrivileges is not true' "$work/err")"
  nnp='--runtime oci-seccomp-runc --security-opt no-new-privileges'
  # shellcheck disable=SC2086  # words
  {
    run 'runc: deny' 0 'errno 1' '' $nnp test probe "$unshare" 0x10000000
    run "runc: a user's profile" 0 'errno 77' '' $nnp --security-opt "$profile" test \
      probe "$personality"
    run 'runc: a read-only root, another user' 0 'errno 77' '' $nnp --security-opt "$profile" \
      --read-only --user 1234:1234 test probe "$personality"
    held=$("$work/run" --detach $nnp --security-opt "$profile" test sleep 60)
  }
  same 'runc: one filter, the shim has become the program' 'sleep 1' \
    "$(docker exec "$held" sh -c 'cat /proc/1/comm; sed -n "s/^Seccomp_filters:.//p" /proc/1/status' |
      paste -sd ' ')"
  try 'runc: exec' 0 'errno 77' '' "$(command -v docker)" -H "unix://$work/docker.sock" exec "$held" \
    probe "$personality"
  docker rm --force "$held" >/dev/null
else
  skip 'runc' 'runc is not installed, or this build has no oci-seccomp-init'
fi

# --- containerd by itself --------------------------------------------------------------------------

docker save test -o "$work/image.tar"
ctr="ctr --address $work/docker/exec/containerd/containerd.sock --namespace $cgroup"
if $ctr image import --snapshotter native "$work/image.tar" >"$work/out" 2>&1; then
  # shellcheck disable=SC2086  # words
  try 'containerd: ctr with --seccomp' 0 'errno 1' '' $ctr run --snapshotter native --rm --seccomp \
    --runc-binary "$work/bin/oci-seccomp-crun" docker.io/library/test:latest c \
    probe "$unshare" 0x10000000
else
  skip 'containerd: ctr' "it imports no image here: $(tail -n 1 "$work/out")"
fi
# Its own reading of our example says what it takes of it.
try 'containerd: the example' 0 "oci-seccomp-crun
/usr/bin/oci-seccomp-crun
/usr/bin/oci-seccomp-runc" '' sh -c \
  "containerd --config '$top/contrib/examples/containerd-config.toml' config dump 2>/dev/null |
    sed -n 's/^ *\(default_runtime_name\|BinaryName\) = \"\(.*oci-seccomp.*\)\"/\2/p'"

finish
