#!/bin/sh
# runc, which takes no program: by the shim, set up by `bundle --shim` and by the wrapper.
# shellcheck disable=SC1091,SC2016,SC2034,SC2154  # containers.sh sets and uses them
set -u
. "${srcdir:-.}/tests/containers/containers.sh"
need runc
[ -x "$init" ] || skip_all 'this build has no oci-seccomp-init: no static libc'
make_runtime runc
make_runtime crun --cgroup-manager=disabled
OCI_SECCOMP_OPTIONS="--quiet --shim=$init"
export OCI_SECCOMP_OPTIONS

config
"$work/runc" run -b "$bundle" test >"$work/out" 2>&1 ||
  skip_all "runc starts no container here: $(head -n 1 "$work/out")"

shimmed () { # NAME STATUS STDOUT ERE SETTING...
  name=$1 wanted_status=$2 wanted_out=$3 wanted_err=$4
  shift 4
  config "$@"
  try "$name" "$wanted_status" "$wanted_out" "$wanted_err" "$work/runc-of-ours" run -b "$bundle" test
  [ -z "$problem" ] || stop runc test
}

show='["grep","-E","^(Seccomp|NoNewPrivs|CapEff)","/proc/self/status"]'
call="[\"probe\",\"$personality\"]"

# --- verdicts -------------------------------------------------------------------------------------

shimmed 'deny' 0 'errno 1' '' section="$engine" args="[\"probe\",\"$unshare\",\"0x10000000\"]"
shimmed 'allow' 0 hi '' section="$engine" args='["sh","-c","echo hi"]'
shimmed 'a call newer than the profile: ENOSYS' 0 'errno 38' '' section="$engine" \
  args='["probe","4000"]'
shimmed 'without a section there is no filter, and no shim' 0 '0' '' \
  args='["sh","-c","ls -a /dev | grep -c oci-seccomp || :"]'
if [ "$i386" ]; then
  shimmed '32 bits: deny' 0 'errno 1' '' section="$engine" args='["probe32","310","0x10000000"]'
  shimmed '32 bits, where x86 is not listed: killed' 159 '' '' section="$mark" args='["probe32","20"]'
else
  skip '32 bits' 'no 32-bit programs here (Debian on amd64: gcc-multilib)'
fi

# --- however a container is set up ----------------------------------------------------------------

for capabilities in '{}' "$capabilities_kept"; do
  shimmed "capabilities ${capabilities%%:*}: one filter, and no other change" 0 \
    "CapEff:	$([ "$capabilities" = '{}' ] && echo 0000000000000000 || echo 00000000002000c0)
NoNewPrivs:	1
Seccomp:	2
Seccomp_filters:	1" '' section="$engine" capabilities="$capabilities" args="$show"
done
for nnp in false null; do
  shimmed "noNewPrivileges $nnp: refused" 1 '' \
    'config\.json:[0-9]+:[0-9]+: process: noNewPrivileges is not true' section="$mark" nnp=$nnp
done
shimmed 'another user' 0 '1234
errno 77' '' section="$mark" user='{"uid":1234,"gid":1234}' \
  args="[\"sh\",\"-c\",\"id -u; probe $personality\"]"
shimmed 'a read-only root' 0 'errno 77' '' section="$mark" readonly=true args="$call"
if [ -e /proc/self/ns/user ]; then
  chmod -R a+rX "$work/rootfs"
  shimmed 'a user namespace' 0 'errno 77' '' section="$mark" namespaces="$user_namespace" args="$call"
else
  skip 'a user namespace' 'this kernel has none'
fi
# No libc, nothing to write on; runc itself wants a /proc.
proc='{"destination":"/proc","type":"proc","source":"proc"}'
shimmed 'a root file system with one file' 0 'errno 77' '' section="$mark" root="$work/empty" \
  mounts="$proc" args="[\"/probe\",\"$personality\"]"
mkdir "$work/bare"
cp "$work/empty/probe" "$work/bare/probe"
shimmed 'the same read-only, for another user' 0 'errno 77' '' section="$mark" root="$work/bare" \
  mounts="$proc" readonly=true user='{"uid":1234,"gid":1234}' args="[\"/probe\",\"$personality\"]"
same 'a tmpfs on /dev takes the mount points: none in the root file system' '' \
  "$(find "$work/rootfs" -name '.oci-seccomp*')"

# --- what the program sees ------------------------------------------------------------------------

# Of a program with and without the shim: descriptors, variables, mounts, signals, arguments, name.
see='["sh","-c","env; ls /proc/self/fd; cat /proc/1/environ | od -c; readlink /proc/1/exe; cat /proc/1/cmdline | od -c; grep -E \"^(Sig[^Q]|Shd)\" /proc/1/status; cat /proc/1/comm; cut -d \" \" -f 4- /proc/self/mountinfo | sed \"s/^[^ ]* //\" | sort; id; echo $$"]'
config args="$see"
"$work/runc" run -b "$bundle" test >"$work/without" 2>&1 </dev/null
config section="$mark" args="$see"
"$work/runc-of-ours" run -b "$bundle" test >"$work/with" 2>&1 </dev/null
same 'nothing to be seen but the mounts' '/dev/.oci-seccomp
/dev/.oci-seccomp/init
/dev/.oci-seccomp/program' "$(diff "$work/without" "$work/with" | sed -n '/^[<>]/p' | awk '{ print $2 }')"
same 'and there was something to see' yes "$(grep -q A=b "$work/with" && echo yes)"
shimmed "the container's root can change nothing of it" 0 '' '' section="$mark" \
  args='["sh","-c","exec 2>/dev/null; cd /dev; for f in init program; do echo x >>.oci-seccomp/$f && echo wrote; mv .oci-seccomp/$f /tmp && echo moved; rm .oci-seccomp/$f && echo removed; done; mv .oci-seccomp x && echo renamed; mv x/init x/program /tmp; umount .oci-seccomp && echo unmounted; :"]'

shimmed 'exit status' 42 '' '' section="$mark" args='["sh","-c","exit 42"]'
shimmed 'killed by a signal' 143 '' '' section="$mark" args='["sh","-c","exec 2>/dev/null; sleep 9 & kill -TERM $!; wait $!"]'
shimmed 'command not found' 127 '' 'init: nowhere: command not found' section="$mark" args='["nowhere"]'
shimmed 'not executable' 126 '' 'init: /tmp: not an executable file' section="$mark" args='["/tmp"]'
shimmed 'a path' 0 'hi' '' section="$mark" args='["bin/echo","hi"]'
if command -v script >/dev/null; then
  config section="$mark" terminal=true args='["sh","-c","tty; test -t 2 && echo yes"]' \
    mounts="$mounts_all,{\"destination\":\"/dev/pts\",\"type\":\"devpts\",\"source\":\"devpts\",
      \"options\":[\"newinstance\",\"ptmxmode=0666\",\"mode=0620\"]}"
  same 'a terminal' '/dev/pts/0|yes' "$(script -qec "$work/runc-of-ours run -b $bundle test" \
    /dev/null </dev/null | tr -d '\r' | sed 's|^.*/dev|/dev|' | paste -sd '|')"
else
  skip 'a terminal' 'script is not installed'
fi
config section="$mark" args='["sh","-c","trap \"exit 7\" TERM; touch /tmp/x; while :; do sleep 0.05; done"]'
"$work/runc-of-ours" run -b "$bundle" test >/dev/null 2>&1 </dev/null &
waiting=$!
tries=0
until "$work/runc" exec test ls /tmp/x >/dev/null 2>&1 || [ $((tries += 1)) -gt 200 ]; do
  sleep 0.05
done
"$work/runc" kill test TERM
wait "$waiting"
same 'a signal reaches the program' 7 $?

# While the shim has no filter yet, nobody of the container may trace it: its files in /proc are root's.
if command -v setpriv >/dev/null; then
  mkdir -m 755 "$work/traced"
  cp "$init" "$work/traced/init"
  ours compile "$work/engine.json" -o "$work/traced/program" --quiet
  mkfifo -m 666 "$work/traced/fifo"
  (
    cd "$work/traced" && exec setpriv --reuid=1234 --regid=1234 --clear-groups --no-new-privs \
      ./init fifo -- "$busybox" stat -c %u /proc/self/environ
  ) >"$work/out" &
  waiting=$!
  tries=0
  until [ "$(readlink "/proc/$waiting/exe")" = "$work/traced/init" ] || [ $((tries += 1)) -gt 200 ]; do
    sleep 0.05
  done
  sleep 0.1
  same 'nobody may trace it' 0 "$(stat -c %u "/proc/$waiting/environ")"
  cat "$work/traced/program" >"$work/traced/fifo"
  wait "$waiting"
  same 'but the program it becomes' 1234 "$(cat "$work/out")"
else
  skip 'nobody may trace it' 'setpriv is not installed'
fi

# --- what the kernel holds ------------------------------------------------------------------------

config section="$engine" args='["sleep","60"]'
cp "$bundle/config.json" "$work/asked.json"
ours bundle --quiet --shim="$init" "$bundle"
start runc held || cat "$work/started"
tries=0
until [ "$(readlink "/proc/$pid/exe")" = /bin/busybox ] || [ $((tries += 1)) -gt 200 ]; do
  sleep 0.05
done
proved 'the filter in the container' "$work/asked.json" "$pid"
stop runc held

flags () { # NAME FLAGS LOGGED
  config section="{\"flags\":[$2],${mark#?}" args='["sleep","60"]'
  ours bundle --quiet --shim="$init" "$bundle"
  start runc flags || cat "$work/started"
  tries=0
  until [ "$(readlink "/proc/$pid/exe")" = /bin/busybox ] || [ $((tries += 1)) -gt 200 ]; do
    sleep 0.05
  done
  same "flags: $1" "$3" "$(ours dump --list "$pid" | sed 's/.*instructions//')"
  stop runc flags
}
flags 'none' '' ''
flags 'LOG' '"SECCOMP_FILTER_FLAG_LOG"' ', SECCOMP_FILTER_FLAG_LOG'
shimmed 'a listener: refused' 1 '' 'config\.json:.*: linux\.seccomp: SCMP_ACT_NOTIFY: ' \
  section='{"listenerPath":"/run/x","defaultAction":"SCMP_ACT_ALLOW",
    "syscalls":[{"names":["personality"],"action":"SCMP_ACT_NOTIFY"}]}'

# --- other ways to it -----------------------------------------------------------------------------

config section="$mark" args="$call" annotations='{"run.oci.seccomp_bpf_data":"AAAA"}'
ours bundle --quiet --shim="$init" "$bundle"
if command -v crun >/dev/null; then
  try 'crun takes the shim as well, and no planted program' 0 'errno 77' '' \
    "$work/crun" run -b "$bundle" test
  config section="$mark" args="[\"/probe\",\"$personality\"]" root="$work/empty" mounts= readonly=true
  ours bundle --quiet --shim="$init" "$bundle"
  try 'by crun: one file in the root file system, no /proc, read-only' 0 'errno 77' '' \
    "$work/crun" run -b "$bundle" test
  config section="$mark" args="$call"
else
  skip 'crun takes the shim as well, and no planted program' 'crun is not installed'
fi
try 'twice is once' 0 'errno 77' '' "$work/runc-of-ours" run --bundle="$bundle" test
config section="$mark" args="$call"
try 'the wrapper: one dash' 0 'errno 77' '' "$work/runc-of-ours" run -bundle "$bundle" test
config section="$mark" args='["sleep","60"]'
cp "$bundle/config.json" "$work/asked.json"
try 'the wrapper: create' 0 '' '' \
  "$work/runc-of-ours" create --bundle "$bundle" --pid-file "$work/pid" created
try 'the wrapper: start' 0 '' '' "$work/runc-of-ours" start created
try 'the wrapper: exec' 0 'errno 77' '' "$work/runc-of-ours" exec created probe "$personality"
try 'the wrapper: exec with options' 0 'errno 77' '' \
  "$work/runc-of-ours" exec --env X=1 -u 7:7 --cwd / created probe "$personality"
try 'the wrapper: exec with blanks and quotes' 0 "a 'b  *" '' \
  "$work/runc-of-ours" exec created sh -c 'echo "$1"' - "a 'b  *"
for nnp in true false; do
  cat >"$work/process.json" <<END
{"terminal":false,"user":{"uid":0,"gid":0},"cwd":"/","env":["PATH=/bin"],"noNewPrivileges":$nnp,
 "args":["probe","$personality"]}
END
  [ $nnp = true ] || cp "$work/process.json" "$work/before.json"
  if [ $nnp = true ]; then
    try 'the wrapper: exec of a process.json' 0 'errno 77' '' \
      "$work/runc-of-ours" exec --process "$work/process.json" created
  else
    try 'the wrapper: exec of a process.json without no_new_privs' 1 '' 'noNewPrivileges is not true' \
      "$work/runc-of-ours" exec -p="$work/process.json" created
    try 'and it is as it was' 0 '' '' cmp "$work/before.json" "$work/process.json"
  fi
done
sed 's/"noNewPrivileges":false/"noNewPrivileges":true/' "$work/before.json" >"$work/process.json"
stop runc created
# runc writes the name of the bundle as JSON.
plain=$bundle bundle="$work/a \"b\" <&> \\c"
config section="$mark" args='["sleep","60"]' annotations='{"bundle":"/decoy"}'
"$work/runc-of-ours" create --bundle "$bundle" odd >/dev/null 2>&1 </dev/null
"$work/runc-of-ours" start odd
try 'the wrapper: exec, an odd name of the bundle' 0 'errno 77' '' \
  "$work/runc-of-ours" exec --process "$work/process.json" odd
stop runc odd
bundle=$plain
try 'the wrapper: exec, no container' 1 '' 'container does not exist' \
  "$work/runc-of-ours" exec created true
config args='["sleep","60"]'
start runc free || cat "$work/started"
try 'the wrapper: exec where there is no shim' 0 '= 0' '' \
  "$work/runc-of-ours" exec free probe "$personality" 0xffffffff
stop runc free

# --- what fails does not start --------------------------------------------------------------------

mkdir -p "$work/shared"
ran="$mounts_all,{\"destination\":\"/shared\",\"type\":\"bind\",\"source\":\"$work/shared\",
  \"options\":[\"bind\",\"rw\"]}"

fails () { # NAME STATUS ERE
  config section="$mark" args='["touch","/shared/ran"]' mounts="$ran"
  try "$1: no container" "$2" '' "$3" "$work/runc-of-ours" run -b "$bundle" test
  missing "$1: nothing ran" "$work/shared/ran"
}

shimmed 'all well: it runs' 0 '' '' args='["touch","/shared/ran"]' mounts="$ran" section="$mark"
same 'all well: it ran' yes "$([ -e "$work/shared/ran" ] && echo yes)"
rm -f "$work/shared/ran"
OCI_SECCOMP_OPTIONS="--quiet --shim=$work/nowhere"
fails 'the shim is missing' 1 'nowhere: cannot open: No such file'
echo text >"$work/text"
OCI_SECCOMP_OPTIONS="--quiet --shim=$work/text"
fails 'the shim is none' 1 'text: is no executable file'
OCI_SECCOMP_OPTIONS="--quiet --shim=$init"

broken () { # NAME ERE BYTES
  config section="$mark" args='["touch","/shared/ran"]' mounts="$ran"
  ours bundle --quiet --shim="$init" "$bundle"
  # shellcheck disable=SC2059  # escapes
  printf "$3" >"$bundle/config.json.oci-seccomp-program"
  try "$1: no program" 125 '' "$2" "$work/runc" run -b "$bundle" test
  missing "$1: nothing ran" "$work/shared/ran"
}
broken 'an empty filter' 'init: .*program: is no program' ''
broken 'half a filter' 'init: .*program: is no program' '\006\0\0\0'
broken 'a filter that the kernel refuses' 'init: the filter is not installed: .*invalid' \
  '\377\377\0\0\0\0\377\177'
config section="$mark" args='["touch","/shared/ran"]' mounts="$ran"
ours bundle --quiet --shim="$init" "$bundle"
rm -f "$bundle/config.json.oci-seccomp-program"
"$work/runc" run -b "$bundle" test >"$work/out" 2>&1
failed 'the filter is missing: no container' $?
missing 'the filter is missing: nothing ran' "$work/shared/ran"

# What containerd and Docker show of a runtime's failure.
config section="$mark" nnp=false
"$work/runc-of-ours" --log "$work/log" --log-format json create -b "$bundle" test >/dev/null 2>&1
same "the reason is in the runtime's log" 1 \
  "$(grep -c '^{"level":"error","msg":"oci-seccomp-runc: .*noNewPrivileges.*","time":"2.*Z"}$' "$work/log")"

# --- many at once ---------------------------------------------------------------------------------

many=50
i=0
while [ $i -lt $many ]; do
  bundle=$work/many/$i
  config section="$mark" readonly=true args="$call"
  i=$((i + 1))
done
i=0
while [ $i -lt $many ]; do
  timeout 60 "$work/runc-of-ours" run -b "$work/many/$i" "many-$i" >"$work/many/$i/out" 2>&1 </dev/null &
  i=$((i + 1))
done
wait
same "$many starts at once" "$many errno 77" "$(cat "$work"/many/*/out | sort | uniq -c | sed 's/^ *//')"

finish
