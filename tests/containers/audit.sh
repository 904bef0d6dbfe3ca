#!/bin/sh
# `hook poststart`: a container without the filter that its config asks for is killed; one with it
# lives on.
# shellcheck disable=SC1091,SC2016,SC2034,SC2154  # containers.sh sets and uses them
set -u
. "${srcdir:-.}/tests/containers/containers.sh"
need crun
make_runtime crun --cgroup-manager=disabled
config
"$work/crun" run -b "$bundle" test >"$work/out" 2>&1 ||
  skip_all "crun starts no container here: $(head -n 1 "$work/out")"

state () { # STATUS PID
  echo "{\"ociVersion\":\"1.0.2\",\"id\":\"test\",\"status\":\"$1\",\"pid\":$2,\"bundle\":\"$bundle\"}"
}

# Whether the container still runs its program.
lives () { # NAME yes|no
  found=yes
  [ "$2" = yes ] || sleep 0.1
  kill -0 "$pid" 2>/dev/null && ! grep -q '^State:.Z' "/proc/$pid/status" || found=no
  same "$1: the container lives" "$2" "$found"
  stop crun test
}

# Starts a container under one section, and audits it under another.
audit () { # NAME STATUS ERE LIVES HAS ASKS [COMMAND...]
  name=$1 status_wanted=$2 message=$3 alive=$4 has=$5 asks=$6
  shift 6
  [ $# -gt 0 ] || set -- "$command"
  config section="$has" args='["sleep","60"]'
  ours bundle --quiet "$bundle"
  start crun test || cat "$work/started"
  rm -f "$bundle"/config.json.*
  config section="$asks"
  state running "$pid" >"$work/state"
  try "$name" "$status_wanted" '' "$message" sh -c '"$@" <"$0"' "$work/state" "$@" hook poststart
  lives "$name" "$alive"
}

# --- by hand ---------------------------------------------------------------------------------------

audit 'the filter asked for' 0 '' yes "$engine" "$engine"
audit 'the same in other words' 0 '' yes "$mark" '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[
  {"names":["personality"],"action":"SCMP_ACT_ERRNO","errnoRet":77,"args":[
    {"index":0,"op":"SCMP_CMP_LT","value":9}]},
  {"names":["personality"],"action":"SCMP_ACT_ERRNO","errnoRet":77,"args":[
    {"index":0,"op":"SCMP_CMP_GT","value":8}]},
  {"names":["personality"],"action":"SCMP_ACT_ERRNO","errnoRet":77,"args":[
    {"index":0,"op":"SCMP_CMP_EQ","value":8}]}]}'
audit 'another errno' 1 \
  '^oci-seccomp: container test: killed: its process .*personality the config says ERRNO\(77\), and the filter ERRNO\(1\)$' \
  no '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[
    {"names":["personality"],"action":"SCMP_ACT_ERRNO"}]}' "$mark"
audit 'a filter that allows all' 1 'container test: killed: ' no "$allow" "$engine"
audit 'no filter' 1 'container test: killed: its process [0-9]* has no seccomp filter of its own$' no \
  '' "$mark"
audit 'no filter, and none asked for' 0 '' yes '' ''
audit 'another flag' 1 'killed: .*SECCOMP_FILTER_FLAG_LOG' no "$mark" \
  "{\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"],${mark#?}"
audit 'a config that is broken' 1 'killed: .*config\.json:[0-9]*:[0-9]*: ' no "$mark" '{"defaultAction":'
# What it runs may be gone, or have the shim's name: that makes it neither the runtime nor the shim.
disguised () { # NAME EXE SCRIPT [ARGS-OF-CONFIG]
  config args="[\"sh\",\"-c\",\"$3\"]"
  start crun test || cat "$work/started"
  tries=0
  until [ "$(readlink "/proc/$pid/exe" | tr -d ' ')" = "$2" ] || [ $((tries += 1)) -gt 200 ]; do
    sleep 0.02
  done
  config section="$mark" args="${4:-$args}"
  state running "$pid" >"$work/state"
  try "no filter, $1" 1 '' 'killed: .* has no seccomp filter of its own' \
    sh -c '"$1" hook poststart <"$0"' "$work/state" "$command"
  lives "no filter, $1" no
}
disguised 'and the program is deleted' '/tmp/sleep(deleted)' \
  'busybox cp /bin/busybox /tmp/sleep; { sleep 0.1; busybox rm /tmp/sleep; } & exec /tmp/sleep 60'
disguised "and the program has the shim's name" /tmp/.oci-seccomp/init \
  'mkdir /tmp/.oci-seccomp; busybox cp /bin/busybox /tmp/.oci-seccomp/init; exec -a sleep /tmp/.oci-seccomp/init 60'
disguised "and the image's command has the shim's name" /tmp/.oci-seccomp/init \
  'mkdir /tmp/.oci-seccomp; busybox cp /bin/busybox /tmp/.oci-seccomp/init; exec -a sleep /tmp/.oci-seccomp/init 60' \
  '["/tmp/.oci-seccomp/init","60"]'

if command -v setpriv >/dev/null; then
  audit 'counted, where the kernel shows no filters' 0 \
    'warning: container test: its filters are counted, not proved: ' yes "$mark" "$mark" \
    setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin "$command"
  audit 'counted: none' 1 'killed: .* has no seccomp filter' no '' "$mark" \
    setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin "$command"
else
  skip 'counted, where the kernel shows no filters' 'setpriv is not installed'
fi
# The container may keep others from looking at it: then it has no right to be believed.
hidden () { # HOW ERE-OF-STATUS REASON
  config section="$allow" args="[\"hide\",\"$1\"]"
  ours bundle --quiet "$bundle"
  start crun test || cat "$work/started"
  rm -f "$bundle"/config.json.*
  tries=0
  until grep -q "$2" "/proc/$pid/status" || [ $((tries += 1)) -gt 100 ]; do
    sleep 0.02
  done
  if [ $tries -gt 100 ]; then
    stop crun test
    skip "hidden, $1" 'this machine lets no program hide so'
    return
  fi
  config section="$mark" args='["true"]'
  state running "$pid" >"$work/state"
  try "hidden, $1" 1 '' "container test: killed: .*process [0-9]* $3" \
    sh -c '"$1" hook poststart <"$0"' "$work/state" "$command"
  lives "hidden, $1" no
}
# shellcheck disable=SC2086  # CC may have options
${CC:-cc} -static -pthread -o "$work/rootfs/bin/hide" "$top/tests/containers/hide.c"
hidden traced '^TracerPid:.[1-9]' 'is traced by process [0-9]*, so that it cannot be looked at$'
hidden leaderless '^State:.Z' 'has ended, so that it cannot be looked at$'

# One who is under a filter has no use of the capability, and its own filter is not the container's.
echo "$allow" >"$work/allow.json"
audit 'counted by one who is under a filter' 0 'counted, not proved: ' yes "$mark" "$mark" \
  "$command" apply "$work/allow.json" -- "$command"

echo '{' >"$work/state"
try 'a state that is broken' 1 '' '<stdin>:[0-9]*:[0-9]*: .*not JSON' \
  sh -c '"$1" hook poststart <"$0"' "$work/state" "$command"
sleep 60 &
pid=$!
echo "{\"id\":\"test\",\"bundle\":7,\"pid\":$pid}" >"$work/state"
try 'a state that is broken, but for the process' 1 '' 'container test: killed: <stdin>:1:[0-9]*: bundle: ' \
  sh -c '"$1" hook poststart <"$0"' "$work/state" "$command"
lives 'a state that is broken' no
config section="$mark"
sh -c 'echo $$' >"$work/pid"
state running "$(cat "$work/pid")" >"$work/state"
try 'a container that has ended' 0 '' 'warning: container test: ended before' \
  sh -c '"$1" hook poststart <"$0"' "$work/state" "$command"
state stopped 0 >"$work/state"
try 'a container that is stopped' 0 '' 'warning: container test: ended before' \
  sh -c '"$1" hook poststart <"$0"' "$work/state" "$command"

# A program of the container's own adds a filter: the one asked for still holds.
if [ -x "$init" ]; then
  cp "$init" "$work/rootfs/init"
  ours compile "$work/allow.json" -o "$work/rootfs/program"
  config section="$mark" args='["/init","/program","--","sleep","60"]'
  ours bundle --quiet "$bundle"
  start crun test || cat "$work/started"
  tries=0
  until [ "$(ours dump --list "$pid" | grep -c .)" -eq 2 ] || [ $((tries += 1)) -gt 100 ]; do
    sleep 0.02
  done
  state running "$pid" >"$work/state"
  try 'two filters, one of them the one asked for' 0 '' '' \
    sh -c '"$1" hook poststart <"$0"' "$work/state" "$command"
  lives 'two filters' yes
fi

# --- the system's log ------------------------------------------------------------------------------

# Podman shows no more than a hook's exit status. A log of our own, on a /dev of our own.
logged () { # NAME ERE STAGE FILE
  rm -f "$work/log"
  unshare -m sh -c 'mount -t tmpfs tmpfs /dev && "$0" mknod /dev/null c 1 3 &&
      { "$0" syslogd -n -O "$1" & } && until [ -e /dev/log ]; do sleep 0.05; done &&
      "$2" hook "$3" <"$4"; sleep 0.2; kill $!' \
    "$busybox" "$work/log" "$command" "$3" "$4" >/dev/null 2>&1
  same "$1" 1 "$(grep -cE "daemon\.err oci-seccomp\[[0-9]+\]: $2" "$work/log")"
}
if unshare -m sh -c 'mount -t tmpfs tmpfs /dev' 2>/dev/null && "$busybox" --list | grep -q '^syslogd$'; then
  echo '{"linux":{"seccomp":{}}}' >"$work/config"
  logged 'a failure is in the log' '<stdin>:1:21: linux\.seccomp\.defaultAction: ' precreate \
    "$work/config"
  logged 'a wrong use of the hook too' 'want one stage' prestart "$work/config"
else
  skip 'a failure is in the log' 'no /dev of our own, or no syslogd'
fi

# --- by the runtimes -------------------------------------------------------------------------------

hooks="{\"poststart\":[{\"path\":\"$command\",\"args\":[\"oci-seccomp\",\"hook\",\"poststart\"]}]}"
program='["sh","-c","sleep 0.5; echo lived"]'

hooked () { # NAME yes|no RUNTIME
  "$work/$3" run -b "$bundle" test >"$work/out" 2>"$work/err" </dev/null
  same "$1: the program came to its end" "$2" \
    "$(grep -q lived "$work/out" && echo yes || echo no)"
  stop "$3" test
}

planted="{\"run.oci.seccomp_bpf_data\":\"$(ours compile --format base64 "$work/allow.json")\"}"
config section="$engine" hooks="$hooks" args="$program"
ours bundle --quiet "$bundle"
hooked 'crun, our program' yes crun
rm -f "$bundle"/config.json.*
config section="$mark" hooks="$hooks" args="$program"
hooked "crun, libseccomp's program" yes crun
config section="$mark" hooks="$hooks" args="$program" annotations="$planted"
hooked 'crun, a planted program' no crun

if ! command -v runc >/dev/null || [ ! -x "$init" ]; then
  skip 'runc, by the shim' 'runc is not installed, or this build has no oci-seccomp-init'
  finish
fi
make_runtime runc
config section="$mark" hooks="$hooks" args="$program"
hooked "runc, libseccomp's program" yes runc
for runtime in runc crun; do
  config section="$engine" hooks="$hooks" args="$program"
  ours bundle --quiet --shim="$init" "$bundle"
  hooked "$runtime, by the shim" yes $runtime
  ours compile "$work/allow.json" -o "$work/other.bpf"
  chmod 444 "$work/other.bpf"
  mv "$work/other.bpf" "$bundle/config.json.oci-seccomp-program"
  hooked "$runtime, by the shim, another program" no $runtime
  ours bundle --quiet --shim="$init" "$bundle"
  rm "$bundle/config.json.oci-seccomp-undo"
  hooked "$runtime, by the shim, and what it was made of is lost" no $runtime
done

finish
