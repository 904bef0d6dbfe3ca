#!/bin/sh
# A static 32-bit program under the filter of a 64-bit command, on x86_64 and the like.
# shellcheck disable=SC1091,SC2034,SC2154  # live.sh sets work, probe, agent, is_root; uses command
set -u
command=${OCI_SECCOMP:-./oci-seccomp}
. "${srcdir:-.}/tests/live/live.sh"

[ "$(uname -m)" = x86_64 ] || {
  skip 'i386 programs' 'this machine is not x86_64'
  finish
}
i386=$work/probe
# shellcheck disable=SC2086  # CC may have options
${CC:-cc} -m32 -static -o "$i386" "${srcdir:-.}/tests/live/probe.c" 2>"$work/cc" || {
  skip 'i386 programs' "the compiler makes none (Debian: gcc-multilib): $(head -n 1 "$work/cc")"
  finish
}
"$i386" -n getppid >"$work/number" 2>&1 || {
  skip 'i386 programs' 'this kernel runs none'
  finish
}
getppid=$(cat "$work/number")

listed () { # NAME ARGS
  echo "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X86\"],\"syscalls\":[
    {\"names\":[\"$1\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":77$2}]}"
}

profile getppid 'ERRNO","errnoRet":77' >"$work/native.json"
apply 'killed where x86 is not listed' "$killed" '' '' "$work/native.json" -- "$i386" "$getppid"
listed getppid '' >"$work/p.json"
apply 'by its own number' 0 'errno 77' '' "$work/p.json" -- "$i386" "$getppid"
apply 'while the other calls work' 0 "$(id -u)" '' "$work/p.json" -- sh -c \
  "\"$i386\" 24 | sed 's/^= //'"
listed socket '' >"$work/p.json"
apply 'socketcall' 0 'errno 77' '' "$work/p.json" -- "$i386" -s 1
apply 'socket itself' 0 'errno 77' '' "$work/p.json" -- "$i386" 359 1 1 0
listed getppid ',"args":[{"index":0,"op":"SCMP_CMP_EQ","value":4294967301}]' >"$work/p.json"
apply '32 bits of an argument' 0 'errno 77' '' "$work/p.json" --quiet -- "$i386" "$getppid" 5

finish
