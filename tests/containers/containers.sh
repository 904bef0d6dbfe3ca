# shellcheck shell=sh
# shellcheck disable=SC1091,SC2034,SC2154  # who sources it uses the rest; live.sh sets work
# What the scripts on real containers share; to be sourced first. Prints TAP.
#
# The test machine may be a small VM: no CAP_SYS_RESOURCE, and cgroups of both versions mounted, which
# crun 1.8 does not take. So all is done in a mount namespace of its own, without version 2 where
# version 1 is there too, and without cgroups where a runtime can do without.

# A whole script is skipped with status 77 and a reason.
skip_all () { # REASON
  echo "1..0 # SKIP $1"
  exit 77
}

need () { # COMMAND...
  for tool; do
    command -v "$tool" >/dev/null 2>&1 || skip_all "$tool is not installed"
  done
}

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
[ "$(id -u)" -eq 0 ] || skip_all 'needs root'
if [ -z "${IN_OWN_MOUNTS-}" ]; then
  need unshare
  unshare -m true 2>/dev/null || skip_all 'this machine lets nobody unshare mounts'
  IN_OWN_MOUNTS=yes exec unshare -m sh "$0"
fi
[ ! -d /sys/fs/cgroup/unified ] || umount /sys/fs/cgroup/unified 2>/dev/null

top=${srcdir:-.}
top=$(cd "$top" && pwd)
command=${OCI_SECCOMP:-$PWD/oci-seccomp}
case $command in
/*) ;;
*) command=$PWD/$command ;;
esac
init=$(dirname "$command")/oci-seccomp-init
. "$top/tests/live/live.sh"
agent=$PWD/${agent#./}
profiles=$top/tests/profiles
more_cleaning=:
# Where engines put the containers' cgroups, so that what they leave can be removed.
cgroup=oci-seccomp-test-$$
trap 'clean_up' EXIT
trap 'exit 99' HUP INT TERM

clean_up () {
  for runtime in crun runc; do
    [ -x "$work/$runtime" ] || continue
    for id in $("$work/$runtime" list -q 2>/dev/null); do
      "$work/$runtime" delete --force "$id" >/dev/null 2>&1
    done
  done
  cd /
  $more_cleaning
  find /sys/fs/cgroup -depth -type d -path "*/$cgroup*" -exec rmdir {} + 2>/dev/null
  rm -rf "$work"
}

# --- a root file system, and runtimes that keep their state in $work --------------------------------

busybox=$(command -v busybox) || skip_all 'busybox is not installed (Debian: busybox-static)'
mkdir -p "$work/rootfs/bin" "$work/rootfs/proc" "$work/rootfs/dev" "$work/rootfs/sys" \
  "$work/rootfs/tmp" "$work/empty"
cp "$busybox" "$work/rootfs/bin/busybox"
for applet in sh cat cut echo env grep id kill ls mkdir mount od readlink sed sleep sort stty touch true \
  tty; do
  ln -s busybox "$work/rootfs/bin/$applet"
done
chroot "$work/rootfs" /bin/true 2>/dev/null ||
  skip_all 'busybox is not static (Debian: busybox-static)'
# shellcheck disable=SC2086  # CC may have options
${CC:-cc} -static -o "$work/rootfs/bin/probe" "$top/tests/live/probe.c" 2>"$work/cc" ||
  skip_all "the compiler makes no static program: $(head -n 1 "$work/cc")"
# crun wants these directories.
mkdir -p "$work/empty/dev" "$work/empty/proc" "$work/empty/sys"
cp "$work/rootfs/bin/probe" "$work/empty/probe"
number=$work/rootfs/bin/probe
personality=$("$number" -n personality)
i386=
if [ "$(uname -m)" = x86_64 ]; then
  # shellcheck disable=SC2086
  if ${CC:-cc} -m32 -static -o "$work/rootfs/bin/probe32" "$top/tests/live/probe.c" 2>/dev/null &&
    "$work/rootfs/bin/probe32" -n getppid >/dev/null 2>&1; then
    i386=yes
  fi
fi

make_runtime () { # NAME OPTION...: $work/NAME is the runtime, and $work/NAME-of-ours the wrapper
  runtime=$1 real=$(command -v "$1")
  shift
  cat >"$work/$runtime" <<END
#!/bin/sh
exec $real --root $work/state-$runtime $* "\$@"
END
  cat >"$work/$runtime-of-ours" <<END
#!/bin/sh
OCI_SECCOMP=\${OCI_SECCOMP_OF_TEST-$command}
OCI_SECCOMP_OPTIONS="\${OCI_SECCOMP_OPTIONS---quiet}"
export OCI_SECCOMP OCI_SECCOMP_OPTIONS
exec $top/contrib/oci-seccomp-$runtime --root $work/state-$runtime $* "\$@"
END
  chmod +x "$work/$runtime" "$work/$runtime-of-ours"
}

# --- a bundle --------------------------------------------------------------------------------------

# linux.seccomp as an engine makes it on this machine, and what the tests know of it.
"$command" translate --quiet "$profiles/engine.json" -o "$work/engine.json" || exit 99
engine=$(cat "$work/engine.json")
unshare=$("$command" list syscalls | awk '$2 == "unshare" { print $1 }')
# A rule whose errno no other filter gives.
mark='{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[
  {"names":["personality"],"action":"SCMP_ACT_ERRNO","errnoRet":77}]}'
allow='{"defaultAction":"SCMP_ACT_ALLOW"}'
kept='"CAP_SYS_ADMIN","CAP_SETUID","CAP_SETGID"'
capabilities_kept="{\"bounding\":[$kept],\"effective\":[$kept],\"permitted\":[$kept]}"
user_namespace=',{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":100000,"size":65536}],
  "gidMappings":[{"containerID":0,"hostID":100000,"size":65536}'
mounts_all='{"destination":"/proc","type":"proc","source":"proc"},
  {"destination":"/dev","type":"tmpfs","source":"tmpfs","options":["nosuid","mode=755"]},
  {"destination":"/tmp","type":"tmpfs","source":"tmpfs"}'

# Writes $bundle/config.json. Each argument sets one of the variables at the begin; values are JSON.
config () { # NAME=VALUE...
  args='["true"]' section='' nnp=true user='{"uid":0,"gid":0}' capabilities='{}' readonly=false
  mounts=$mounts_all annotations='{}' namespaces='' hooks='{}' terminal=false root=$work/rootfs
  for setting; do
    eval "${setting%%=*}=\${setting#*=}"
  done
  mkdir -p "$bundle"
  # A number beyond what a double holds, and keys that nobody knows, must stay as they are.
  cat >"$bundle/config.json" <<END
{
	"ociVersion": "1.0.2",
	"x-unknown": [9007199254740993, 1.0, 1e2, "\\u0041\\/"],
	"process": {
		"terminal": $terminal, "user": $user, "cwd": "/", "env": ["PATH=/bin", "A=b"],
		"args": $args, "capabilities": $capabilities, "noNewPrivileges": $nnp
	},
	"root": {"path": "$root", "readonly": $readonly},
	"mounts": [$mounts],
	"annotations": $annotations,
	"hooks": $hooks,
	"linux": {
		"namespaces": [{"type":"pid"},{"type":"ipc"},{"type":"uts"},{"type":"mount"}$namespaces]
		${section:+,} ${section:+\"seccomp\":} $section
	}
}
END
}

bundle=$work/bundle

failed () { # NAME STATUS
  problem=''
  [ "$2" -ne 0 ] || problem='it went well'
  result "$1" "$problem"
}

ours () { # VERB ARGUMENT...
  "$command" "$@"
}

# Starts a container of $bundle in the background; sets pid, of its first process.
start () { # RUNTIME ID
  "$work/$1" run --detach --pid-file "$work/pid" -b "$bundle" "$2" </dev/null >"$work/started" 2>&1
  status=$?
  pid=$(cat "$work/pid")
  return "$status"
}

stop () { # RUNTIME ID
  "$work/$1" delete --force "$2" >/dev/null 2>&1
}

# The proof that the process has the filter that a config asks for, and no other.
proved () { # NAME CONFIG PID
  try "$1: read back and proved" 0 "proved" '' sh -c \
    "'$command' verify --quiet '$2' pid:$3 | cut -d : -f 1"
  same "$1: it is the only one" 1 "$("$command" dump --list "$3" | grep -c .)"
}
