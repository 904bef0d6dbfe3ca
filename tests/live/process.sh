#!/bin/sh
# `oci-seccomp apply` without a command: it becomes the process of a config.json.
# shellcheck disable=SC2016  # the inner shells expand
# shellcheck disable=SC1091,SC2034,SC2154  # live.sh sets work, probe, agent, is_root; uses command
set -u
command=${OCI_SECCOMP:-./oci-seccomp}
. "${srcdir:-.}/tests/live/live.sh"

uid=$(id -u)
gid=$(id -g)
path='"env":["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]'
seccomp=$(profile getppid 'ERRNO","errnoRet":77')
getppid=$("$probe" -n getppid)

# One member a line, so that messages can be told apart by their lines.
config () { # ARGS MEMBERS [LINUX [TOP]]
  cat <<END
{"ociVersion":"1.0.2"${4:+,$4},
"process":{
"args":$1,
$2
},
"linux":{"seccomp":$seccomp${3:+,$3}}}
END
}

# `"args"` of a shell script.
script () {
  printf '["sh","-c","%s"]' "$1"
}

# Runs config.json; wanted as with try.
become () { # NAME STATUS STDOUT ERE
  apply "$1" "$2" "$3" "$4" "$work/config.json"
}

wrong () { # NAME ERE MEMBERS: refused, and nothing ran
  config "$(script "echo ran >$work/ran")" "$3" >"$work/config.json"
  become "$1" 125 '' "config.json:[0-9]+:[0-9]+: $2"
  missing "and nothing ran: $1" "$work/ran"
}

# --- what is wrong is found before anything runs --------------------------------------------------

me="\"user\":{\"uid\":$uid,\"gid\":$gid},\"cwd\":\"/\",\"noNewPrivileges\":true"

config '["true"]' "\"cwd\":\"/\",$path" | sed 's/"args":.*//' >"$work/config.json"
become 'no args' 125 '' 'config.json:2:11: process.args: is missing'
config '[]' "$me" >"$work/config.json"
become 'empty args' 125 '' 'config.json:3:8: process.args: '
config '["true",1]' "$me" >"$work/config.json"
become 'args of another type' 125 '' 'config.json:3:16: process.args\[1\]: is a number'
wrong 'no cwd' 'process.cwd: is missing' "$path"
wrong 'relative cwd' 'process.cwd: is "tmp"; want an absolute' '"cwd":"tmp"'
wrong 'environment without =' 'process.env\[1\]: is "B"; want NAME=VALUE' "$me,\"env\":[\"A=1\",\"B\"]"
wrong 'environment without name' 'process.env\[0\]: is "=1"' "$me,\"env\":[\"=1\"]"
wrong 'user of another type' 'process.user: is a string; want an object' '"cwd":"/","user":"root"'
wrong 'user without uid' 'process.user.uid: is missing' '"cwd":"/","user":{"gid":0}'
wrong 'user without gid' 'process.user.gid: is missing' '"cwd":"/","user":{"uid":0}'
wrong 'negative uid' 'process.user.uid: is -1' '"cwd":"/","user":{"uid":-1,"gid":0}'
wrong 'the uid that means none' 'process.user.uid: is 4294967295' \
  '"cwd":"/","user":{"uid":4294967295,"gid":0}'
wrong 'fraction of a gid' 'process.user.gid: is 1.5' '"cwd":"/","user":{"uid":0,"gid":1.5}'
wrong 'additional gid' 'process.user.additionalGids\[1\]: is a string' \
  '"cwd":"/","user":{"uid":0,"gid":0,"additionalGids":[1,"2"]}'
wrong 'umask over 0777' 'process.user.umask: is 512; want an integer from 0 to 511' \
  '"cwd":"/","user":{"uid":0,"gid":0,"umask":512}'
wrong 'capabilities of another type' 'process.capabilities: is an array' "$me,\"capabilities\":[]"
wrong 'capability of another type' 'process.capabilities.ambient\[0\]: is a number' \
  "$me,\"capabilities\":{\"ambient\":[7]}"
wrong 'unknown limit' 'process.rlimits\[0\].type: unknown limit "NOFILE"' \
  "$me,\"rlimits\":[{\"type\":\"NOFILE\",\"soft\":1,\"hard\":1}]"
wrong 'limit without type' 'process.rlimits\[0\].type: is missing' \
  "$me,\"rlimits\":[{\"soft\":1,\"hard\":1}]"
wrong 'limit without hard' 'process.rlimits\[0\].hard: is missing' \
  "$me,\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1}]"
wrong 'limit over 2^64' 'process.rlimits\[0\].hard: is 18446744073709551616' \
  "$me,\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":18446744073709551616}]"
wrong 'soft over hard' 'process.rlimits\[0\]: RLIMIT_CPU: soft 2 is over hard 1' \
  "$me,\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":2,\"hard\":1}]"
wrong 'limit twice' 'process.rlimits\[1\]: RLIMIT_CORE is there twice' \
  "$me,\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":0,\"hard\":0},
   {\"type\":\"RLIMIT_CORE\",\"soft\":0,\"hard\":0}]"
wrong 'OOM score' 'process.oomScoreAdj: is 1001; want an integer from -1000 to 1000' \
  "$me,\"oomScoreAdj\":1001"
wrong 'noNewPrivileges of another type' 'process.noNewPrivileges: is a string; want ' \
  '"cwd":"/","noNewPrivileges":"yes"'

# --- what needs no privileges ---------------------------------------------------------------------

# For these the groups must be ours already, as only root can change them.
groups=$(id -G | tr ' ' ',')
own="\"user\":{\"uid\":$uid,\"gid\":$gid,\"additionalGids\":[$groups]}"
# Who runs the tests may be in no supplementary group, though its own one.
grep -q '^Groups:[[:space:]]*$' /proc/self/status &&
  own="\"user\":{\"uid\":$uid,\"gid\":$gid}"
plain="\"cwd\":\"/\",\"noNewPrivileges\":true,$own"
# What cannot be dropped without CAP_SETPCAP is warned of, which is not what these tests are about.
quietly () { # NAME STATUS STDOUT ERE
  apply "$1" "$2" "$3" "$4" "$work/config.json" --quiet
}

config "[\"$(cd "$(dirname "$probe")" && pwd)/probe\",\"$getppid\"]" "$plain" >"$work/config.json"
quietly 'the process runs under the filter' 0 'errno 77' ''
config "$(script 'echo $A:$B:$C:$HOME:$USERNAME')" \
  "$plain,\"env\":[\"PATH=/bin:/usr/bin\",\"A=1\",\"B=2=3\",\"A=4\",\"HOME=/h\"]" >"$work/config.json"
USERNAME=leaked quietly 'env replaces the environment, later ones win' 0 '4:2=3::/h:' ''
config "$(script 'echo $HOME')" "$plain,$path" >"$work/config.json"
quietly 'HOME is that of /etc/passwd' 0 "$(awk -F: -v u="$uid" '$3 == u { print $6; exit }' \
  /etc/passwd)" ''
config '["pwd"]' "$plain,$path" | sed 's/"cwd":"."/"cwd":"\/usr\/lib"/' >"$work/config.json"
quietly 'cwd' 0 /usr/lib ''
config '["pwd"]' "$plain,$path" | sed 's/"cwd":"."/"cwd":"\/nonexistent"/' >"$work/config.json"
quietly 'cwd that is not there' 125 '' 'process.cwd: cannot enter "/nonexistent": No such file'
config "$(script umask)" "$plain" >"$work/config.json"
quietly 'umask 022 unless said otherwise' 0 0022 ''
config "$(script umask)" "$(echo "$plain" | sed 's/"gid"/"umask":63,"gid"/')" >"$work/config.json"
quietly 'umask' 0 0077 ''
config '["nonexistent"]' "$plain" >"$work/config.json"
quietly 'no such command' 127 '' 'nonexistent: command not found'
config '["ls"]' "$plain,\"env\":[\"PATH=/nonexistent:/dev\"]" >"$work/config.json"
quietly 'PATH is that of env' 127 '' 'ls: command not found'
config '["echo","found"]' "$plain" >"$work/config.json"
quietly 'without PATH the usual one' 0 found ''
config "$(script 'ulimit -Sn; ulimit -Hn; ulimit -c')" \
  "$plain,\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":40,\"hard\":50},
   {\"type\":\"RLIMIT_CORE\",\"soft\":0,\"hard\":0}]" >"$work/config.json"
quietly 'limits' 0 '40
50
0' ''
config '["cat","/proc/self/oom_score_adj"]' "$plain,\"oomScoreAdj\":777" >"$work/config.json"
quietly 'OOM score' 0 777 ''
config "$(script 'ls /proc/self/fd | tr \\\\n \\ ')" "$plain" >"$work/config.json"
# 3 is the directory that ls reads.
same 'inherited descriptors are closed' '0 1 2 3 ' \
  "$("$command" apply "$work/config.json" --quiet 7>&1 8>&1 2>&1)"
config '["grep","NoNewPrivs","/proc/self/status"]' "$plain" >"$work/config.json"
quietly 'no_new_privs' 0 'NoNewPrivs:	1' ''
config '["cat"]' "$plain" >"$work/config.json"
same 'CONFIG from stdin, which the process does not get' '' \
  "$("$command" apply --quiet - <"$work/config.json" 2>&1)"

# --- what is not applied is named -----------------------------------------------------------------

config '["true"]' "$plain,\"terminal\":true,\"apparmorProfile\":\"x\",\"selinuxLabel\":\"\",
  \"consoleSize\":{\"height\":1,\"width\":1}" \
  '"namespaces":[{"type":"pid"}],"maskedPaths":[],"resources":{"devices":[]}' \
  '"hostname":"h","mounts":[{"destination":"/"}],"annotations":{"a":"b"}' >"$work/config.json"
"$command" apply "$work/config.json" 2>&1 | grep 'not applied' >"$work/named"
same 'what is not applied is named, once' \
  "oci-seccomp: warning: $work/config.json: not applied: hostname, mounts, process.terminal,\
 process.apparmorProfile, process.consoleSize, linux.namespaces, linux.resources" \
  "$(cat "$work/named")"
quietly 'unless --quiet' 0 '' ''
apply 'with a command the process is named' 0 '' \
  'config.json: not applied: process, hostname, mounts, linux.namespaces, linux.resources$' \
  "$work/config.json" -- true

# --- what root can do -----------------------------------------------------------------------------

privileged () {
  user='"user":{"uid":1234,"gid":2345,"umask":63,"additionalGids":[3456,77]}'
  sets='"capabilities":{"bounding":["CAP_CHOWN","CAP_KILL","CAP_SETUID"],
    "permitted":["CAP_CHOWN","CAP_KILL"],"effective":["CAP_KILL"],
    "inheritable":["CAP_CHOWN","CAP_KILL"],"ambient":["CAP_KILL"]}'
  lines='["grep","-E","^(Uid|Gid|Groups|Umask|Cap...|NoNewPrivs|Seccomp):","/proc/self/status"]'
  for nnp in 0 1; do
    config "$lines" "\"cwd\":\"/\",$user,$sets,\"noNewPrivileges\":$(
      [ $nnp = 1 ] && echo true || echo false)" >"$work/config.json"
    # Executing as another than root leaves the ambient set alone to permitted and effective.
    become "user, groups, umask, capabilities; no_new_privs $nnp" 0 "Umask:	0077
Uid:	1234	1234	1234	1234
Gid:	2345	2345	2345	2345
Groups:	77 3456 
CapInh:	0000000000000021
CapPrm:	0000000000000020
CapEff:	0000000000000020
CapBnd:	00000000000000a1
CapAmb:	0000000000000020
NoNewPrivs:	$nnp
Seccomp:	2" ''
  done

  caps='["grep","^Cap","/proc/self/status"]'
  config "$caps" "\"cwd\":\"/\",$sets" >"$work/config.json"
  become 'root gets the bounding set at most' 0 'CapInh:	0000000000000021
CapPrm:	00000000000000a1
CapEff:	00000000000000a1
CapBnd:	00000000000000a1
CapAmb:	0000000000000020' ''
  for user in 0 1234; do
    config "$caps" "\"cwd\":\"/\",\"user\":{\"uid\":$user,\"gid\":0}" >"$work/config.json"
    become "no capabilities for uid $user unless asked for" 0 'CapInh:	0000000000000000
CapPrm:	0000000000000000
CapEff:	0000000000000000
CapBnd:	0000000000000000
CapAmb:	0000000000000000' ''
  done
  config '["true"]' '"cwd":"/","capabilities":{"bounding":["CAP_NONSENSE"]}' >"$work/config.json"
  become 'an unknown capability is warned of' 0 '' \
    'config.json:4:39: process.capabilities.bounding\[0\]: .*"CAP_NONSENSE"; left out'
  config '["true"]' '"cwd":"/","capabilities":{"bounding":["CAP_CHOWN"],"permitted":["CAP_CHOWN"],
    "effective":["CAP_KILL"],"ambient":["CAP_CHOWN"]}' >"$work/config.json"
  become 'so is one that cannot be had' 0 '' \
    'left out, as this process cannot grant them: effective CAP_KILL, ambient CAP_CHOWN$'
  config "$(script 'id -u; id -g; id -G; echo $HOME')" '"cwd":"/"' >"$work/config.json"
  become 'no user is root' 0 '0
0
0
/root' ''
  config "$(script 'echo $HOME')" '"cwd":"/","user":{"uid":54321,"gid":0}' >"$work/config.json"
  become 'a user that /etc/passwd does not know' 0 / ''

  mkdir -m 700 "$work/private"
  config '["true"]' "\"cwd\":\"$work/private\",\"user\":{\"uid\":1234,\"gid\":0}" \
    >"$work/config.json"
  become 'a cwd that only root may enter' 0 '' ''
}

# Without no_new_privs the filter is on before the user changes, and may keep it from that.
order () {
  # Where there are two of them, libc calls the younger one.
  seccomp=$(profile 'setresuid","setresuid32' 'ERRNO","errnoRet":1')
  user="\"cwd\":\"/\",\"user\":{\"uid\":1234,\"gid\":0}"
  config "$(script "echo ran >$work/ran")" "$user" >"$work/config.json"
  become 'without no_new_privs: the filter, then the user' 125 '' \
    'process.user.uid: cannot become 1234: Operation not permitted; the filter, which is on already'
  missing 'and nothing ran' "$work/ran"
  config '["echo","ran"]' "$user,\"noNewPrivileges\":true" >"$work/config.json"
  become 'with no_new_privs: the user, then the filter' 0 ran ''
  seccomp=$(profile capset KILL_PROCESS)
  config '["echo","ran"]' "$user" >"$work/config.json"
  become 'a filter that kills us on the way' "$killed" '' ''
  seccomp=$(profile getppid 'ERRNO","errnoRet":77')
}

# A filter that says "done" to a call, and nothing is done.
faked () { # CALLS ERE [outside]: a filter that is on already instead of ours
  user='"user":{"uid":1234,"gid":2345,"additionalGids":[77]}'
  profile "$1" 'ERRNO","errnoRet":0' >"$work/outer.json"
  [ "${3-}" ] || seccomp=$(cat "$work/outer.json")
  config "$(script "echo ran >$work/ran")" "\"cwd\":\"/usr/lib\",$user" >"$work/config.json"
  seccomp=$(profile getppid 'ERRNO","errnoRet":77')
  if [ "${3-}" ]; then
    apply "$1 faked outside" 125 '' "$2" "$work/outer.json" -- \
      "$command" apply "$work/config.json"
  else
    become "$1 faked" 125 '' "$2"
  fi
  missing "and nothing ran: $1 faked ${3-}" "$work/ran"
}

fakes () {
  # Where the status cannot be read the calls are asked, and must be answered by the kernel.
  for too in '' '","read' outside; do
    outside=
    [ "$too" != outside ] || outside=outside too=
    faked "setresuid\",\"setresuid32$too" 'process.user.uid: the kernel did not' $outside
    faked "setresgid\",\"setresgid32$too" 'process.user.gid: the kernel did not' $outside
    faked "setgroups\",\"setgroups32$too" 'process.user.additionalGids: the kernel did not' $outside
    faked "capset$too" 'process.capabilities.(permitted|effective): the kernel did not' $outside
    faked "prctl$too" 'process.capabilities.bounding: the kernel did not' $outside
  done
  faked chdir 'process.cwd: cannot confirm that "/usr/lib" was entered' outside
  faked 'read","getgroups","getgroups32' 'process: cannot read back its user, groups and'
  faked 'read","getresuid","getresuid32' 'process.user.uid: the kernel did not'
  faked 'read","capget' 'process.capabilities.permitted: the kernel did not'
  # What reads much at a time is the confirmation alone.
  seccomp='{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],
    "action":"SCMP_ACT_ERRNO","args":[{"index":2,"value":8192,"op":"SCMP_CMP_GE"}]}]}'
  config '["echo","ran"]' '"cwd":"/","user":{"uid":1234,"gid":2345,"additionalGids":[77,78]},
    "capabilities":{"bounding":["CAP_KILL"],"permitted":["CAP_KILL"],"inheritable":["CAP_KILL"],
    "ambient":["CAP_KILL"]}' >"$work/config.json"
  become 'all confirmed without /proc' 0 ran ''
  seccomp=$(profile getppid 'ERRNO","errnoRet":77')
}

# As root, but without some capability.
lacking () { # CAPABILITY NAME STATUS STDOUT ERE
  capability=$1
  shift
  try "$1" "$2" "$3" "$4" "$setpriv" --inh-caps=-all "--bounding-set=-$capability" \
    "$command" apply "$work/config.json"
}

bounds () {
  config '["true"]' '"cwd":"/"' >"$work/config.json"
  lacking sys_admin 'neither no_new_privs nor CAP_SYS_ADMIN' 125 '' \
    'only from a thread that has no_new_privs set or has CAP_SYS_ADMIN'
  lacking setpcap 'bounding set, without CAP_SETPCAP' 125 '' 'bounding: .* needs CAP_SETPCAP'
  limit='[{"type":"RLIMIT_NOFILE","soft":4294967296,"hard":4294967296}]'
  config '["true"]' "\"cwd\":\"/\",\"rlimits\":$limit" >"$work/config.json"
  lacking sys_resource 'a limit that only CAP_SYS_RESOURCE may raise' 125 '' \
    'process.rlimits: cannot set RLIMIT_NOFILE to 4294967296 .*CAP_SYS_RESOURCE'
  config '["echo","ran"]' '"cwd":"/","oomScoreAdj":-1000' >"$work/config.json"
  lacking sys_resource 'an OOM score that only CAP_SYS_RESOURCE may lower' 0 ran \
    'process.oomScoreAdj: cannot set -1000, so it stays as it is: '
}

unprivileged () {
  nobody='"cwd":"/","user":{"uid":65534,"gid":65534}'
  chmod 755 "$work"
  config '["id","-u"]' "$nobody,\"noNewPrivileges\":true" >"$work/config.json"
  as_nobody 'unprivileged, with no_new_privs' 0 65534 'bounding: left as it is' \
    "$work/config.json"
  config '["id","-u"]' "$nobody" >"$work/config.json"
  as_nobody 'unprivileged, without' 125 '' 'needs CAP_SETPCAP.*noNewPrivileges' "$work/config.json"
  config '["id","-u"]' '"cwd":"/","noNewPrivileges":true' >"$work/config.json"
  as_nobody 'unprivileged, to become root' 125 '' 'process.user.gid: cannot become 0: ' \
    "$work/config.json" --quiet
}

if [ "$is_root" ]; then
  privileged
  order
  fakes
  if command -v "$setpriv" >/dev/null; then
    bounds
  else
    skip 'what root cannot do without capabilities' 'needs setpriv (util-linux)'
  fi
  unprivileged
else
  skip 'user, groups, capabilities, and the order of installing' 'needs root'
fi

finish
