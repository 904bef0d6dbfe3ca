#!/bin/sh
# `bundle` on a disk that is full, and killed at any moment: config.json is the old one or the new
# one, whole. Needs no runtime.
# shellcheck disable=SC1091,SC2034,SC2154  # containers.sh sets and uses them
set -u
. "${srcdir:-.}/tests/containers/containers.sh"

# --- a full disk ----------------------------------------------------------------------------------

more_cleaning=unmount
unmount () {
  umount "$work/disk" 2>/dev/null
}
mkdir "$work/disk"
full () { # WHAT BYTES-LEFT ERE VERB-ARGUMENT...
  what=$1 left=$2 wanted=$3
  shift 3
  mount -t tmpfs -o size=256k tmpfs "$work/disk" || return
  bundle=$work/disk/b
  config section="$engine"
  cp "$bundle/config.json" "$work/old"
  head -c 262144 /dev/zero >"$work/disk/ballast" 2>/dev/null
  while [ "$(stat -f -c '%a %S' "$work/disk" | awk '{ print $1 * $2 }')" -lt "$left" ]; do
    truncate -s -4096 "$work/disk/ballast"
  done
  try "$what: fails" 1 '' "$wanted: cannot write: No space left" \
    "$command" bundle --quiet "$@" "$bundle"
  try "$what: the old one is whole" 0 '' '' cmp "$work/old" "$bundle/config.json"
  same "$what: no half of a file is left" '' \
    "$(find "$bundle" -type f ! -name 'config.json' ! -name 'config.json.oci-seccomp-*o' \
      ! -name 'config.json.oci-seccomp-program')"
  umount "$work/disk"
}

# What fits in pages: the undo file, the shim's program.
bundle=$work/sizes
config section="$engine"
ours bundle --quiet "$bundle"
pages_of () { # FILE
  echo $((($(wc -c <"$1") + 4095) / 4096 * 4096))
}
undo=$(pages_of "$bundle/config.json.oci-seccomp-undo")

if mount -t tmpfs -o size=256k tmpfs "$work/disk" 2>/dev/null; then
  umount "$work/disk"
  full 'a full disk' 0 'config\.json\.oci-seccomp-undo'
  full 'a disk that is full after the undo file' $((undo + 4096)) 'config\.json'
  if [ -x "$init" ]; then
    full 'a full disk, --shim' 0 'config\.json\.oci-seccomp-program' --shim="$init"
    full 'a disk that is full after the program' 4096 'config\.json\.oci-seccomp-undo' --shim="$init"
  fi
  # No more files, but bytes.
  mount -t tmpfs -o nr_inodes=4 tmpfs "$work/disk"
  bundle=$work/disk/b
  config section="$engine"
  cp "$bundle/config.json" "$work/old"
  touch "$work/disk/last" 2>/dev/null
  try 'no files left: fails' 1 '' 'cannot write: No space left' "$command" bundle --quiet "$bundle"
  try 'no files left: the old one is whole' 0 '' '' cmp "$work/old" "$bundle/config.json"
  umount "$work/disk"
else
  skip 'a full disk' 'this machine mounts no tmpfs'
fi

# A limit on the size of files comes as a signal, or as an error.
bundle=$work/limited
config section="$engine"
cp "$bundle/config.json" "$work/old"
sh -c "ulimit -f 4; exec '$command' bundle --quiet '$bundle'" >/dev/null 2>&1
failed 'a limit on sizes: fails' $?
try 'a limit on sizes: the old one is whole' 0 '' '' cmp "$work/old" "$bundle/config.json"

# --- killed ---------------------------------------------------------------------------------------

bundle=$work/killed
config section="$engine"
cp "$bundle/config.json" "$work/old"
ours bundle --quiet "$bundle"
cp "$bundle/config.json" "$work/new"
old=0 new=0 other=0 i=0
while [ $i -lt 60 ]; do
  ours bundle --revert "$bundle" 2>/dev/null || cp "$work/old" "$bundle/config.json"
  "$command" bundle --quiet "$bundle" &
  victim=$!
  # From 0 to 6 ms, which is about what it takes.
  sleep "0.00$((i / 10))$((i % 10))"
  kill -9 "$victim" 2>/dev/null
  wait "$victim" 2>/dev/null
  if cmp -s "$work/old" "$bundle/config.json"; then
    old=$((old + 1))
  elif cmp -s "$work/new" "$bundle/config.json"; then
    new=$((new + 1))
  else
    other=$((other + 1))
  fi
  i=$((i + 1))
done
same "killed after 0 to 6 ms: $old times the old one, $new times the new one, and nothing else" 0 \
  "$other"
rm -f "$bundle"/config.json.*

# The same at each system call that changes something.
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
  killed=0
  for call in write fchown fchmod fsync "/^rename"; do
    for when in 1 2 3 4; do
      cp "$work/old" "$bundle/config.json"
      strace -o /dev/null -e trace="$call" -e inject="$call:signal=KILL:when=$when" \
        "$command" bundle --quiet "$bundle" >/dev/null 2>&1
      [ $? -ne 137 ] || killed=$((killed + 1))
      cmp -s "$work/old" "$bundle/config.json" || cmp -s "$work/new" "$bundle/config.json" ||
        other=$((other + 1))
      rm -f "$bundle"/config.json.*
    done
  done
  same "killed at a system call that changes something, $killed times" 0 "$other"
  # With sanitizers there are more.
  problem=''
  [ "$killed" -ge 12 ] || problem="killed only $killed times, and there are 12 such calls"
  result 'and at all of them' "$problem"
else
  skip 'killed at a system call that changes something' 'strace does not run here'
fi

# Cut off in the middle of another rewriting, there is still the way back to what it was at first.
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
  lost=0
  for when in 1 2 3; do
    cp "$work/old" "$bundle/config.json"
    ours bundle --quiet "$bundle"
    strace -o /dev/null -e trace='/^rename' -e inject="/^rename:signal=KILL:when=$when" \
      "$command" bundle --quiet --newer default "$bundle" >/dev/null 2>&1
    { ours bundle --revert "$bundle" && cmp -s "$work/old" "$bundle/config.json"; } ||
      lost=$((lost + 1))
  done
  same 'killed while rewriting again: there is a way back' 0 "$lost"
else
  skip 'killed while rewriting again: there is a way back' 'strace does not run here'
fi

# --- two at once ----------------------------------------------------------------------------------

bundle=$work/twice
i=0
while [ $i -lt 20 ]; do
  config section="$engine"
  cp "$bundle/config.json" "$work/old"
  ours bundle --quiet "$bundle" &
  ours bundle --quiet --newer default --config "$bundle/config.json" "$work" &
  wait
  ours bundle --revert "$bundle" || break
  cmp "$work/old" "$bundle/config.json" || break
  i=$((i + 1))
done
same 'two at once: there is a way back' 20 "$i"

finish
