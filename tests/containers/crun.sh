#!/bin/sh
# crun with our program in its annotation: by `bundle` and by the wrapper.
# shellcheck disable=SC1091,SC2034,SC2154  # containers.sh sets and uses them
set -u
. "${srcdir:-.}/tests/containers/containers.sh"
need crun
make_runtime crun --cgroup-manager=disabled

# A container of crun's own, after `bundle`.
crun () { # NAME STATUS STDOUT ERE SETTING...
  name=$1 wanted_status=$2 wanted_out=$3 wanted_err=$4
  shift 4
  config "$@"
  ours bundle --quiet "$bundle" || {
    result "$name" 'bundle failed'
    return
  }
  try "$name" "$wanted_status" "$wanted_out" "$wanted_err" "$work/crun" run -b "$bundle" test
  [ -z "$problem" ] || stop crun test
}

# The same by the wrapper, with `bundle` not called before.
wrapped () { # NAME STATUS STDOUT ERE SETTING...
  name=$1 wanted_status=$2 wanted_out=$3 wanted_err=$4
  shift 4
  config "$@"
  try "$name" "$wanted_status" "$wanted_out" "$wanted_err" "$work/crun-of-ours" run -b "$bundle" test
  [ -z "$problem" ] || stop crun test
}

config
"$work/crun" run -b "$bundle" test >"$work/out" 2>&1 ||
  skip_all "crun starts no container here: $(head -n 1 "$work/out")"

show='["grep","-E","^(Seccomp|NoNewPrivs|CapEff)","/proc/self/status"]'
probe_unshare="[\"probe\",\"$unshare\",\"0x10000000\"]"

# --- verdicts -------------------------------------------------------------------------------------

crun 'deny' 0 'errno 1' '' section="$engine" args="$probe_unshare"
crun 'allow' 0 hi '' section="$engine" args='["sh","-c","echo hi"]'
crun 'a call newer than the profile: ENOSYS' 0 'errno 38' '' section="$engine" args='["probe","4000"]'
crun 'without a section there is no filter' 0 "CapEff:	0000000000000000
NoNewPrivs:	1
Seccomp:	0
Seccomp_filters:	0" '' args="$show"
if [ "$i386" ]; then
  crun '32 bits: allow' 0 '= 0' '' section="$engine" args='["probe32","49"]'
  crun '32 bits: deny' 0 'errno 1' '' section="$engine" args='["probe32","310","0x10000000"]'
  crun '32 bits: ENOSYS' 0 'errno 38' '' section="$engine" args='["probe32","4000"]'
  crun '32 bits, where x86 is not listed: killed' 159 '' '' section="$mark" args='["probe32","20"]'
else
  skip '32 bits' 'no 32-bit programs here (Debian on amd64: gcc-multilib)'
fi

# --- however a container is set up ----------------------------------------------------------------

for nnp in true false; do
  crun "noNewPrivileges $nnp, no capabilities" 0 "CapEff:	0000000000000000
NoNewPrivs:	$([ $nnp = true ] && echo 1 || echo 0)
Seccomp:	2
Seccomp_filters:	1" '' section="$engine" nnp=$nnp args="$show"
  crun "noNewPrivileges $nnp, capabilities kept" 0 "CapEff:	00000000002000c0
NoNewPrivs:	$([ $nnp = true ] && echo 1 || echo 0)
Seccomp:	2
Seccomp_filters:	1" '' section="$engine" nnp=$nnp args="$show" capabilities="$capabilities_kept"
  crun "noNewPrivileges $nnp: deny, also with CAP_SYS_ADMIN" 0 'errno 77' '' section="$mark" nnp=$nnp \
    args="[\"probe\",\"$personality\"]" capabilities="$capabilities_kept"
done
crun 'another user' 0 '1234
errno 77' '' section="$mark" user='{"uid":1234,"gid":1234}' \
  args="[\"sh\",\"-c\",\"id -u; probe $personality\"]"
crun 'a read-only root' 0 'errno 77' '' section="$mark" readonly=true args="[\"probe\",\"$personality\"]"
if [ -e /proc/self/ns/user ]; then
  crun 'a user namespace' 0 'errno 77' '' section="$mark" namespaces="$user_namespace" \
    args="[\"probe\",\"$personality\"]"
else
  skip 'a user namespace' 'this kernel has none'
fi
crun 'a root file system with one file' 0 'errno 77' '' section="$mark" root="$work/empty" mounts= \
  args="[\"/probe\",\"$personality\"]"

# --- what the kernel holds, and exec --------------------------------------------------------------

for profile in "$engine" "$mark"; do
  config section="$profile" args='["sleep","60"]'
  cp "$bundle/config.json" "$work/asked.json"
  ours bundle --quiet "$bundle"
  start crun held || cat "$work/started"
  proved 'the filter in the container' "$work/asked.json" "$pid"
  try 'exec has it too' 0 "errno $([ "$profile" = "$mark" ] && echo 77 || echo 1)" '' \
    "$work/crun" exec held probe "$([ "$profile" = "$mark" ] && echo "$personality" || echo "$unshare")" \
    0x10000000
  stop crun held
done

# The flags that crun passes to seccomp(2), which are the section's.
flags () { # NAME MEMBER FLAGS
  config section="{$2${mark#?}"
  ours bundle --quiet "$bundle"
  strace -f -e trace=seccomp -o "$work/strace" "$work/crun" run -b "$bundle" flags </dev/null >/dev/null 2>&1
  same "flags: $1" "$3" \
    "$(sed -n 's/.*SECCOMP_SET_MODE_FILTER, \([A-Z_0|]*\), .* = 0$/\1/p' "$work/strace")"
}
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
  flags 'absent' '' SECCOMP_FILTER_FLAG_SPEC_ALLOW
  flags 'none' '"flags":[],' 0
  flags 'LOG' '"flags":["SECCOMP_FILTER_FLAG_LOG"],' SECCOMP_FILTER_FLAG_LOG
  flags 'two' '"flags":["SECCOMP_FILTER_FLAG_LOG","SECCOMP_FILTER_FLAG_SPEC_ALLOW"],' \
    'SECCOMP_FILTER_FLAG_LOG|SECCOMP_FILTER_FLAG_SPEC_ALLOW'
else
  skip 'flags' 'strace does not run here'
fi
config section="{\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"],${mark#?}" args='["sleep","60"]'
ours bundle --quiet "$bundle"
start crun flags || cat "$work/started"
same 'flags: what the kernel has' ', SECCOMP_FILTER_FLAG_LOG' \
  "$(ours dump --list "$pid" | sed 's/.*instructions//')"
stop crun flags

# --- a listener -----------------------------------------------------------------------------------

notify () { # NAME FLAGS
  rm -f "$work/socket"
  "$agent" "$work/socket" 76 >"$work/agent" 2>&1 &
  server=$!
  tries=0
  until grep -q listening "$work/agent" || [ $((tries += 1)) -gt 3000 ]; do
    sleep 0.01
  done
  crun "$1: the agent answers" 0 'errno 76' '' args="[\"probe\",\"$personality\"]" \
    section="{\"listenerPath\":\"$work/socket\",\"listenerMetadata\":\"m\",\"flags\":[$2],
      \"defaultAction\":\"SCMP_ACT_ALLOW\",
      \"syscalls\":[{\"names\":[\"personality\"],\"action\":\"SCMP_ACT_NOTIFY\"}]}"
  kill "$server" 2>/dev/null
  wait "$server" 2>/dev/null
  same "$1: it got the container's state and metadata" 1 \
    "$(tr -d ' \n' <"$work/agent" | grep -c '"metadata":"m".*"id":"test"')"
}
notify 'NOTIFY' ''
notify 'NOTIFY with WAIT_KILLABLE_RECV' '"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"'

# --- an annotation that the container's author has planted ----------------------------------------

echo "$allow" >"$work/allow.json"
planted=$(ours compile --format base64 "$work/allow.json")
annotation="{\"a\":\"b\",\"run.oci.seccomp_bpf_data\":\"$planted\"}"
crun 'planted: overwritten' 0 'errno 77' '' section="$mark" annotations="$annotation" \
  args="[\"probe\",\"$personality\"]"
wrapped 'planted: overwritten by the wrapper too' 0 'errno 77' '' section="$mark" \
  annotations="{\"run.oci.seccomp_bpf_d\\u0061ta\":\"$planted\",\"a\":\"b\"}" \
  args="[\"probe\",\"$personality\"]"
crun 'planted, and no section: taken out' 0 0 '' annotations="$annotation" \
  args='["sh","-c","grep Seccomp: /proc/self/status | grep -o [0-9]"]'

# --- the wrapper ----------------------------------------------------------------------------------

wrapped 'the wrapper' 0 'errno 77' '' section="$mark" args="[\"probe\",\"$personality\"]"
for option in "--bundle=$bundle" "--bundle $bundle" "-b$bundle" "--bund $bundle"; do
  config section="$mark" args="[\"probe\",\"$personality\"]"
  # shellcheck disable=SC2086  # words
  try "the wrapper: run ${option%%/*}" 0 'errno 77' '' "$work/crun-of-ours" run $option test
done
config section="$mark" args="[\"probe\",\"$personality\"]"
try 'the wrapper: in the bundle' 0 'errno 77' '' sh -c "cd '$bundle' && '$work/crun-of-ours' run test"
config section="$mark" args="[\"probe\",\"$personality\"]"
mv "$bundle/config.json" "$bundle/other.json"
try 'the wrapper: another config' 0 'errno 77' '' \
  "$work/crun-of-ours" run -f "$bundle/other.json" -b "$bundle" test
rm -f "$bundle/other.json"
# This one name means the bundle's to crun, wherever it is called.
mkdir -p "$work/elsewhere"
config section="$mark" args="[\"probe\",\"$personality\"]" annotations="{\"run.oci.seccomp_bpf_data\":\"$planted\"}"
cp "$bundle/config.json" "$work/elsewhere/config.json"
try 'the wrapper: the config of the bundle, by its name' 0 'errno 77' '' \
  sh -c "cd '$work/elsewhere' && '$work/crun-of-ours' run -f config.json -b '$bundle' test"
# Options of later releases, whose values are no commands.
config section="$mark"
try 'the wrapper: options of later releases' 0 "--log-level list create --pidfd-socket -b --bundle $bundle test" '' \
  env OCI_RUNTIME=echo OCI_SECCOMP="$command" OCI_SECCOMP_OPTIONS=--quiet "$top/contrib/oci-seccomp-crun" \
  --log-level list create --pidfd-socket -b --bundle "$bundle" test
same 'and the config has its filter' 1 "$(grep -c seccomp_bpf_data "$bundle/config.json")"
config section="$mark"
try 'the wrapper: restore' 0 "restore --image-path run --bundle $bundle test" '' \
  env OCI_RUNTIME=echo OCI_SECCOMP="$command" OCI_SECCOMP_OPTIONS=--quiet "$top/contrib/oci-seccomp-crun" \
  restore --image-path run --bundle "$bundle" test
same 'and the config has its filter, for exec' 1 "$(grep -c seccomp_bpf_data "$bundle/config.json")"
config section="$mark" args="[\"sh\",\"-c\",\"exit 42\"]"
try 'the wrapper: create' 0 '' '' "$work/crun-of-ours" create --bundle "$bundle" created
try 'the wrapper: start' 0 '' '' "$work/crun-of-ours" start created
stop crun created
try 'the wrapper: other commands' 0 '' '' "$work/crun-of-ours" list -q
try 'the wrapper: unknown commands' 1 '' 'oci-seccomp-crun: launch: this command is not known' \
  "$work/crun-of-ours" launch -b "$bundle" test

# --- what fails does not start --------------------------------------------------------------------

# The container would have left a file.
mkdir -p "$work/shared"
ran="$mounts_all,{\"destination\":\"/shared\",\"type\":\"bind\",\"source\":\"$work/shared\",
  \"options\":[\"bind\",\"rw\"]}"

fails () { # NAME ERE SETTING...
  name=$1 wanted=$2
  shift 2
  wrapped "$name: no container" 1 '' "$wanted" args='["touch","/shared/ran"]' mounts="$ran" "$@"
  missing "$name: nothing ran" "$work/shared/ran"
}

wrapped 'all well: it runs' 0 '' '' args='["touch","/shared/ran"]' mounts="$ran" section="$mark"
same 'all well: it ran' yes "$([ -e "$work/shared/ran" ] && echo yes)"
rm -f "$work/shared/ran"
fails 'broken JSON' 'config\.json:[0-9]+:[0-9]+: .*not JSON' section='{"defaultAction":'
fails 'a key twice' 'config\.json:[0-9]+:[0-9]+: .*twice' \
  section='{"defaultAction":"SCMP_ACT_ALLOW","defaultAction":"SCMP_ACT_ALLOW"}'
fails 'an unknown action' 'linux\.seccomp\.defaultAction: .*"SCMP_ACT_PERMIT"' \
  section='{"defaultAction":"SCMP_ACT_PERMIT"}'
fails 'a key that some runtimes read otherwise' 'linux\.Seccomp: .*"seccomp"' \
  section="$mark,\"Seccomp\":null"
large=$(awk 'BEGIN {
  printf "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":["
  for (i = 0; i < 3000; i++)
    printf "%s{\"names\":[\"personality\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":%d," \
      "\"args\":[{\"index\":0,\"op\":\"SCMP_CMP_EQ\",\"value\":%d},{\"index\":1,\"op\":\"SCMP_CMP_EQ\",\"value\":%d}]}",
      i ? "," : "", i % 4000 + 1, i * 4294967297 + 5, i * 7919
  print "]}"
}')
fails 'a filter that is too large' 'config\.json:.*4096' section="$large"

OCI_SECCOMP_OF_TEST=$work/nowhere
export OCI_SECCOMP_OF_TEST
fails 'the helper is missing' 'nowhere: not found' section="$mark"
cat >"$work/suicide" <<'END'
#!/bin/sh
kill -9 $$
END
chmod +x "$work/suicide"
OCI_SECCOMP_OF_TEST=$work/suicide
config section="$mark" args='["touch","/shared/ran"]' mounts="$ran"
"$work/crun-of-ours" run -b "$bundle" test >/dev/null 2>"$work/err"
same 'the helper is killed: no container' 1 $?
same 'the helper is killed: the reason' 'oci-seccomp-crun: ./suicide: status 137' \
  "$(sed -n "s|$work|.|; /^oci-seccomp-crun/p" "$work/err")"
missing 'the helper is killed: nothing ran' "$work/shared/ran"
unset OCI_SECCOMP_OF_TEST
config section="$mark" args='["touch","/shared/ran"]' mounts="$ran" \
  hooks='{"createRuntime":[{"path":"/bin/false"}]}'
"$work/crun-of-ours" run -b "$bundle" test >"$work/out" 2>&1
failed 'a hook that fails: no container' $?
missing 'a hook that fails: nothing ran' "$work/shared/ran"

# --- many at once ---------------------------------------------------------------------------------

many=50
i=0
while [ $i -lt $many ]; do
  bundle=$work/many/$i
  config section="$mark" readonly=true args="[\"probe\",\"$personality\"]"
  i=$((i + 1))
done
i=0
while [ $i -lt $many ]; do
  timeout 60 "$work/crun-of-ours" run -b "$work/many/$i" "many-$i" >"$work/many/$i/out" 2>&1 </dev/null &
  i=$((i + 1))
done
wait
same "$many starts at once" "$many errno 77" "$(cat "$work"/many/*/out | sort | uniq -c | sed 's/^ *//')"

finish
