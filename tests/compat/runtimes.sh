#!/bin/sh
# Unmodified runtimes that find our libseccomp.so.2 by contrib/with-oci-seccomp, beside the same
# without it: the same container cases must come out the same.
# shellcheck disable=SC1091,SC2034,SC2154  # containers.sh sets and uses them
set -u
. "${srcdir:-.}/tests/containers/containers.sh"
library=$PWD/src/compat/.libs/libseccomp.so.2
[ -e "$library" ] || skip_all 'this build has no shared objects'
OCI_SECCOMP_LIBRARY=$library
export OCI_SECCOMP_LIBRARY
with=$top/contrib/with-oci-seccomp
"$with" true 2>"$work/err" || skip_all "with-oci-seccomp: $(cat "$work/err")"
theirs=$(ldconfig -p | sed -n 's/^[[:space:]]*libseccomp\.so\.2 .* => //p' | head -n 1)

# --- the wrapper itself -----------------------------------------------------------------------------

sum () { # FILE
  cksum <"$1"
}
same 'the command sees ours' "$(sum "$library")" "$("$with" sh -c "cksum <$theirs")"
same 'nobody else does' '' "$(grep -o 'libseccomp[^ ]*' /proc/self/mountinfo)"
try 'exit status' 42 '' '' "$with" sh -c 'exit 42'
try 'command not found' 127 '' 'nowhere.*not found' "$with" nowhere
try 'its object is missing' 125 '' '/nowhere: no such file' \
  env OCI_SECCOMP_LIBRARY=/nowhere "$with" true
# shellcheck disable=SC2016  # the inner shell expands it
try 'the library path is the command'"'"'s' 0 '/a:/b' '' env LD_LIBRARY_PATH=/a:/b \
  "$with" sh -c 'echo "$LD_LIBRARY_PATH${WITH_LD_LIBRARY_PATH-}"'
# runc drops the environment before its init: what is preloaded covers nothing there.
# shellcheck disable=SC2016
try "covered where it is preloaded, and that is the command's" 0 "1
$library" '' env LD_PRELOAD="$library" \
  "$with" sh -c 'grep -c libseccomp /proc/self/mountinfo; echo "$LD_PRELOAD${WITH_LD_PRELOAD-}"'
try 'inside of itself' 0 1 '' "$with" "$with" grep -c libseccomp /proc/self/mountinfo
mkdir -p "$work/usr/bin" "$work/usr/lib/oci-seccomp"
cp "$with" "$work/usr/bin"
cp "$library" "$PWD/src/compat/cover" "$work/usr/lib/oci-seccomp"
ln -s with-oci-seccomp "$work/usr/bin/with-oci-seccomp-sh"
try 'installed, it finds its object by itself' 0 "$(sum "$library")" '' \
  env -u OCI_SECCOMP_LIBRARY "$work/usr/bin/with-oci-seccomp-sh" -c "cksum <$theirs"
ln -s "$with" "$work/with-oci-seccomp-echo"
try 'by the name of a link' 0 'a  b' '' "$work/with-oci-seccomp-echo" 'a  b'
# A mount that an engine makes later, in the namespace that the command was started from.
mkdir "$work/later"
unshare -m --propagation shared sh -c "
  '$with' sh -c 'touch $work/waits; until [ -e $work/later/there ] || [ -e $work/enough ]; do
    sleep 0.05; done; ls $work/later' >$work/seen &
  until [ -e $work/waits ]; do sleep 0.05; done
  mount -t tmpfs none $work/later && touch $work/later/there
  (sleep 5; touch $work/enough) &
  wait %1 2>/dev/null || wait \$!
  sleep 0.2
  umount $work/later" >/dev/null 2>&1
tries=0
until [ -s "$work/seen" ] || [ $((tries += 1)) -gt 100 ]; do
  sleep 0.05
done
same 'mounts that come later arrive' there "$(cat "$work/seen")"

# --- containers, both ways --------------------------------------------------------------------------

make_pair () { # RUNTIME OPTION...: $work/RUNTIME with ours, $work/RUNTIME-original without
  make_runtime "$@"
  mv "$work/$1" "$work/$1-original"
  sed "s|^exec |exec $with |" "$work/$1-original" >"$work/$1"
  chmod +x "$work/$1"
}

# What comes of a case without ours is what is wanted of ours, and what the case says.
both () { # NAME STATUS STDOUT SETTING...
  case_name=$1 case_status=$2 case_out=$3
  shift 3
  config "$@"
  timeout -k 5 30 "$work/$runtime-original" run -b "$bundle" test >"$work/original" 2>/dev/null \
    </dev/null
  original_status=$?
  [ "$original_status" -lt 124 ] || stop "$runtime" test
  # What runc warns of on stderr has to do with cgroups.
  # shellcheck disable=SC2016
  try "$runtime: $case_name" "$case_status" "$case_out" '' sh -c 'exec "$@" 2>/dev/null' - \
    "$work/$runtime" run -b "$bundle" test
  [ -z "$problem" ] || stop "$runtime" test
  same "$runtime: $case_name: as by the original" "$original_status $(cat "$work/original")" \
    "$case_status $case_out"
}

show='["grep","-E","^(Seccomp|NoNewPrivs|CapEff)","/proc/self/status"]'
call="[\"probe\",\"$personality\"]"

verdicts () {
  both 'deny' 0 'errno 1' section="$engine" args="[\"probe\",\"$unshare\",\"0x10000000\"]"
  both 'allow' 0 hi section="$engine" args='["sh","-c","echo hi"]'
  both 'an argument: allow' 0 '= 0' section="$engine" args="[\"probe\",\"$personality\",\"8\"]"
  both 'an argument: deny' 0 'errno 1' section="$engine" args="[\"probe\",\"$personality\",\"0x99\"]"
  newer='errno 38'
  [ "$runtime" = runc ] || newer='errno 1'
  both 'a call newer than the profile' 0 "$newer" section="$engine" args='["probe","4000"]'
  both 'killed' 159 '' args="$call" section='{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[
    {"names":["personality"],"action":"SCMP_ACT_KILL_PROCESS"}]}'
  if [ "$i386" ]; then
    both '32 bits: allow' 0 '= 0' section="$engine" args='["probe32","49"]'
    both '32 bits: deny' 0 'errno 1' section="$engine" args='["probe32","310","0x10000000"]'
    both '32 bits, through a multiplexer: allow' 0 '= 3' section="$engine" args='["probe32","-s","1"]'
    both '32 bits, where x86 is not listed: killed' 159 '' section="$mark" args='["probe32","20"]'
  else
    skip "$runtime: 32 bits" 'no 32-bit programs here (Debian on amd64: gcc-multilib)'
  fi
}

settings () {
  for nnp in true false; do
    for capabilities in '{}' "$capabilities_kept"; do
      both "noNewPrivileges $nnp, capabilities ${capabilities%%:*}" 0 \
        "CapEff:	$([ "$capabilities" = '{}' ] && echo 0000000000000000 || echo 00000000002000c0)
NoNewPrivs:	$([ $nnp = true ] && echo 1 || echo 0)
Seccomp:	2
Seccomp_filters:	1" section="$engine" nnp=$nnp args="$show" capabilities="$capabilities"
    done
  done
  both 'another user' 0 '1234
errno 77' section="$mark" user='{"uid":1234,"gid":1234}' \
    args="[\"sh\",\"-c\",\"id -u; probe $personality\"]"
  both 'a read-only root' 0 'errno 77' section="$mark" readonly=true args="$call"
  if [ -e /proc/self/ns/user ]; then
    chmod -R a+rX "$work/rootfs"
    both 'a user namespace' 0 'errno 77' section="$mark" namespaces="$user_namespace" args="$call"
  else
    skip "$runtime: a user namespace" 'this kernel has none'
  fi
  both 'without a section there is no filter' 0 "CapEff:	0000000000000000
NoNewPrivs:	1
Seccomp:	0
Seccomp_filters:	0" args="$show"
}

# Without the names of which the original does not know the numbers: its list is older than ours.
known=$engine
calls=$PWD/tests/compat/calls
if [ -x "$calls" ]; then
  "$command" list syscalls | awk '{ print $2 }' | sort -u >"$work/names"
  "$calls" numbers <"$work/names" >"$work/original"
  LD_LIBRARY_PATH=${library%/*} "$calls" numbers <"$work/names" | diff "$work/original" - |
    awk '/^>/ { print "s/\"" $2 "\",*//" }' >"$work/younger"
  known=$(printf '%s\n' "$engine" | sed -f "$work/younger")
fi

# The program that the container has, with ours and without: every call is decided alike, proved.
held () {
  config section="$known" args='["sleep","60"]'
  for way in -original ''; do
    "$work/$runtime$way" run --detach --pid-file "$work/pid" -b "$bundle" held </dev/null \
      >"$work/started" 2>&1 || cat "$work/started"
    pid=$(cat "$work/pid")
    "$command" dump "$pid" >"$work/program$way"
    if [ -z "$way" ]; then
      try "$runtime: exec has the filter too" 0 'errno 1' '' \
        "$work/$runtime" exec held probe "$unshare" 0x10000000
      # runc makes ENOSYS of newer calls, crun does not.
      if [ "$runtime" = runc ]; then
        proved "$runtime: the filter in the container" "$bundle/config.json" "$pid"
      else
        try "$runtime: the filter in the container: read back and proved" 0 proved '' sh -c \
          "'$command' verify --quiet --newer default '$bundle/config.json' pid:$pid | cut -d : -f 1"
      fi
    fi
    stop "$runtime$way" held
  done
  if [ -x "$calls" ]; then
    try "$runtime: every call is decided as by the original" 0 \
      "the same: $work/program-original and $work/program decide every call alike" '' \
      "$command" diff "$work/program-original" "$work/program"
  else
    skip "$runtime: every call is decided as by the original" 'libseccomp-dev is not installed'
  fi
  same "$runtime: but the programs are different ones" different \
    "$(cmp -s "$work/program-original" "$work/program" || echo different)"
}

# What one process of the container calls, from its start to its end, and what comes of it; addresses
# are different ones each time.
traced () { # WAY
  rm -rf "$work/traces"
  mkdir "$work/traces"
  timeout -k 5 60 strace -ff -qq -e signal=none -o "$work/traces/of" "$work/$runtime$1" run \
    -b "$bundle" traced </dev/null >"$work/started" 2>&1
  awk '/^execve\("\/bin\/sh"/ { inside = FILENAME }
    FILENAME == inside {
      call = $0
      sub (/[^a-z0-9_].*/, "", call)
      sub (/.* = /, "")
      gsub (/0x[0-9a-f]+/, "ADDRESS")
      print call, $0
    }' "$work"/traces/of.*
}

compare_traces () {
  script='cd /proc; umask 077; ulimit -c 0; kill -0 1; read -r line <self/status; : >/dev/null;'
  script="$script exec probe $unshare 0x10000000"
  config section="$engine" args="[\"/bin/sh\",\"-c\",\"$script\"]"
  traced -original >"$work/original"
  traced '' >"$work/calls"
  same "$runtime: traced: every call has the same outcome" '' "$(diff "$work/original" "$work/calls")"
  same "$runtime: traced: it is the container that was seen, and its verdict" yes \
    "$([ "$(wc -l <"$work/calls")" -gt 15 ] && grep -q '^unshare -1 EPERM' "$work/calls" && echo yes)"
}

refused () { # RULES
  config section="{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[$1]}"
  "$work/$runtime" run -b "$bundle" test >"$work/out" 2>&1 </dev/null
  failed "$runtime: rules that contradict each other do not start" $?
}

flags () { # NAME FLAGS LOGGED
  config section="{\"flags\":[$2],${mark#?}" args='["sleep","60"]'
  "$work/$runtime-original" run --detach --pid-file "$work/pid" -b "$bundle" flags </dev/null \
    >"$work/started" 2>&1 || {
    skip "$runtime: flags: $1" "$(head -n 1 "$work/started")"
    return
  }
  stop "$runtime" flags
  "$work/$runtime" run --detach --pid-file "$work/pid" -b "$bundle" flags </dev/null >"$work/started" \
    2>&1 || cat "$work/started"
  same "$runtime: flags: $1" "$3" \
    "$("$command" dump --list "$(cat "$work/pid")" | sed 's/.*instructions//')"
  stop "$runtime" flags
}

notify () { # NAME FLAGS
  rm -f "$work/socket"
  "$agent" "$work/socket" 76 >"$work/agent" 2>&1 &
  server=$!
  tries=0
  until grep -q listening "$work/agent" || [ $((tries += 1)) -gt 3000 ]; do
    sleep 0.01
  done
  config args="$call" section="{\"listenerPath\":\"$work/socket\",\"listenerMetadata\":\"m\",
    \"flags\":[$2],\"defaultAction\":\"SCMP_ACT_ALLOW\",
    \"syscalls\":[{\"names\":[\"personality\"],\"action\":\"SCMP_ACT_NOTIFY\"}]}"
  try "$runtime: $1: the agent answers" 0 'errno 76' '' "$work/$runtime" run -b "$bundle" test
  [ -z "$problem" ] || stop "$runtime" test
  kill "$server" 2>/dev/null
  wait "$server" 2>/dev/null
  same "$runtime: $1: it got the container's state and metadata" 1 \
    "$(tr -d ' \n' <"$work/agent" | grep -c '"metadata":"m".*"id":"test"')"
}

one_call () { # ACTION
  echo "{\"names\":[\"personality\"],\"action\":\"SCMP_ACT_$1,
    \"args\":[{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}]}"
}

for runtime in runc crun; do
  if ! command -v "$runtime" >/dev/null; then
    skip "$runtime" 'it is not installed'
    continue
  fi
  options=
  [ "$runtime" = runc ] || options=--cgroup-manager=disabled
  # shellcheck disable=SC2086  # words
  make_pair "$runtime" $options
  config
  if ! "$work/$runtime-original" run -b "$bundle" test >"$work/out" 2>&1 </dev/null; then
    skip "$runtime" "it starts no container here: $(head -n 1 "$work/out")"
    continue
  fi
  verdicts
  settings
  held
  if command -v strace >/dev/null; then
    compare_traces
  else
    skip "$runtime: traced" 'strace is not installed'
  fi
  refused "$(one_call 'ERRNO"'),$(one_call 'TRAP"')"
  flags none '' ''
  flags LOG '"SECCOMP_FILTER_FLAG_LOG"' ', SECCOMP_FILTER_FLAG_LOG'
  notify NOTIFY ''
done
if command -v runc >/dev/null; then
  same 'runc says what it uses' '2.6.1' "$("$with" runc --version | sed -n 's/^libseccomp: \(.....\).*/\1/p')"
  same 'and what not, without us' '' "$(runc --version | sed -n 's/^libseccomp: \(2\.6\.1....\)/\1/p')"
fi

# --- others that link libseccomp, or take a program -------------------------------------------------

if command -v bwrap >/dev/null && [ -x "$calls" ]; then
  LD_LIBRARY_PATH=${library%/*} "$calls" deny personality 77 >"$work/program"
  # shellcheck disable=SC2016
  try 'bubblewrap takes a program that a user of libseccomp exports' 0 'errno 77' '' \
    sh -c 'exec bwrap --bind "$1" / --seccomp 3 3<"$2" probe "$3"' - "$work/rootfs" \
    "$work/program" "$personality"
else
  skip 'bubblewrap' 'it is not installed, or libseccomp-dev is not'
fi

# --- podman -----------------------------------------------------------------------------------------

for tool in podman buildah conmon crun; do
  if ! command -v "$tool" >/dev/null; then
    skip 'podman' "$tool is not installed"
    finish
  fi
done
more_cleaning=clean_podman
clean_podman () {
  "$work/podman.sh" rm --all --force --time 0 >/dev/null 2>&1
  # What podman mounts to keep its state.
  umount -R "$work/podman" 2>/dev/null
}
store="--root $work/podman/root --runroot $work/podman/run --storage-driver vfs"
mkdir -p "$work/podman"
# podman drops the environment.
cat >"$work/with-oci-seccomp-crun" <<END
#!/bin/sh
OCI_SECCOMP_LIBRARY=$library exec $with crun "\$@"
END
chmod +x "$work/with-oci-seccomp-crun"
cat >"$work/podman.sh" <<END
#!/bin/sh
exec $(command -v podman) $store --tmpdir $work/podman/tmp --cgroup-manager cgroupfs \\
  --events-backend none --runtime "\${RUNTIME-$work/with-oci-seccomp-crun}" "\$@"
END
cat >"$work/run.sh" <<END
#!/bin/sh
exec $work/podman.sh run --rm --network none --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 \\
  --log-driver none "\$@"
END
chmod +x "$work/podman.sh" "$work/run.sh"
printf 'FROM scratch\nCOPY rootfs /\n' >"$work/Containerfile"
# shellcheck disable=SC2086  # words
if ! buildah $store bud --isolation chroot -t test -f "$work/Containerfile" "$work" >"$work/built" 2>&1; then
  skip 'podman' "buildah makes no image here: $(tail -n 1 "$work/built")"
  finish
fi
if ! RUNTIME=crun "$work/run.sh" test true >"$work/out" 2>&1; then
  skip 'podman' "it starts no container here: $(tail -n 1 "$work/out")"
  finish
fi

podman_both () { # NAME ARGUMENT...
  name=$1
  shift
  RUNTIME=crun timeout 30 "$work/run.sh" "$@" >"$work/original" 2>&1 </dev/null
  status=$?
  try "podman: $name" "$status" "$(cat "$work/original")" '' "$work/run.sh" "$@"
}
podman_both 'deny' test probe "$personality" 0x99
podman_both 'allow' test echo hi
podman_both 'a call newer than the profile' test probe 4000
[ -z "$i386" ] || podman_both '32 bits: deny' test probe32 136 0x99
echo "$mark" >"$work/mark.json"
try "podman: a user's profile" 0 'errno 77' '' "$work/run.sh" \
  --security-opt "seccomp=$work/mark.json" test probe "$personality"
podman_both 'unconfined' --security-opt seccomp=unconfined test probe "$personality" 0x99
"$work/podman.sh" run --detach --name held --network none --ulimit nofile=1024:1024 \
  --ulimit nproc=1024:1024 --log-driver none --security-opt "seccomp=$work/mark.json" test sleep 60 \
  >"$work/started" 2>&1 </dev/null || cat "$work/started"
try 'podman: exec has the filter too' 0 'errno 77' '' \
  "$work/podman.sh" exec held probe "$personality"
"$work/podman.sh" rm --force --time 0 held >/dev/null 2>&1
finish
