#!/bin/sh
# libseccomp's interface, call for call: the same program with the original and with ours, and what
# both answer. COMPAT_SCRIPTS: how many random scripts (default 300). Of some thousands one meets what
# libseccomp does wrong with several conditions: then ours is what the rules say.
# shellcheck disable=SC1091,SC2154  # live.sh and compat.sh set what is used
set -u
. "${srcdir:-.}/tests/compat/compat.sh"

original () { # ARGUMENT...
  timeout 20 "$calls" "$@"
}

ours () { # ARGUMENT...
  LD_LIBRARY_PATH=$library timeout 20 "$calls" "$@"
}

# What is meant to differ (man/oci-seccomp-compat.7): where there is no listener, the original says
# -EFAULT and its page -1.
original errors | sed 's/^\(seccomp_notify_fd (ctx)\): -14$/\1: -1/' >"$work/original"
ours errors >"$work/ours"
same 'errors' '' "$(diff "$work/original" "$work/ours")"
same 'errors: how many' yes "$([ "$(wc -l <"$work/ours")" -gt 600 ] && echo yes)"

# Our table is younger: it has more calls, also such as ABIs lacked before, and lacks one that
# parisc64 has not had for long. One negative number stands for two names, and libseccomp's releases
# don't agree on which.
original resolve | grep -v -e '^parisc64 140 _llseek' -e ' -10191 ' -e ' -10245 map_shadow' \
  >"$work/original"
ours resolve >"$work/ours"
same 'names and numbers' '' "$(sort "$work/ours" >"$work/sorted" &&
  sort "$work/original" | comm -23 - "$work/sorted" | head -n 20)"
same 'names and numbers: how many' yes "$([ "$(wc -l <"$work/ours")" -gt 12000 ] && echo yes)"

# The filters of both are proved to decide every call alike. What the scripts avoid, and where
# libseccomp crashes by itself, is not compared.
mkdir "$work/o" "$work/n"
compared=0 crashed=0 seed=0 differences=
while [ $((seed += 1)) -le "${COMPAT_SCRIPTS:-300}" ]; do
  if ! original random "$seed" "$work/o" >"$work/original" 2>/dev/null; then
    crashed=$((crashed + 1))
    continue
  fi
  ours random "$seed" "$work/n" >"$work/ours" || differences="$differences
script $seed: status $?"
  cmp -s "$work/original" "$work/ours" || differences="$differences
script $seed: $(diff "$work/original" "$work/ours" | head -n 3)"
  [ -s "$work/o/$seed.bpf" ] || [ -s "$work/n/$seed.bpf" ] || continue
  compared=$((compared + 1))
  # The ABIs of a script are of either byte order.
  "$command" diff "$work/o/$seed.bpf" "$work/n/$seed.bpf" >"$work/diff" 2>&1
  status=$?
  if [ "$status" -gt 1 ]; then
    "$command" diff --native s390x "$work/o/$seed.bpf" "$work/n/$seed.bpf" >"$work/diff" 2>&1
    status=$?
  fi
  [ "$status" -eq 0 ] || differences="$differences
script $seed: $(head -n 3 "$work/diff")"
  rm -f "$work/o/$seed.bpf" "$work/n/$seed.bpf"
done
echo "# scripts whose filters were compared: $compared; libseccomp crashed in $crashed"
same 'random scripts' '' "$differences"
same 'random scripts: most could be compared' yes \
  "$([ "$compared" -gt $((${COMPAT_SCRIPTS:-300} * 9 / 10)) ] && echo yes)"

# --- the object -------------------------------------------------------------------------------------

if command -v nm >/dev/null && command -v readelf >/dev/null; then
  # The functions of 2.6 are there beside those of the original, and nothing else is.
  nm -D --defined-only "$library/libseccomp.so.2" | awk '{ print $3 }' | sort >"$work/ours"
  original_path=$(ldd "$calls" | awk '$1 == "libseccomp.so.2" { print $3 }')
  {
    nm -D --defined-only "$original_path" | awk '$2 == "T" { print $3 }'
    printf 'seccomp_%s\n' transaction_start transaction_commit transaction_reject precompute \
      export_bpf_mem
  } | sort -u >"$work/original"
  same 'exported names' '' "$(diff "$work/original" "$work/ours")"
  same 'it needs libc alone' 'libc.so' "$(readelf -d "$library/libseccomp.so.2" |
    sed -n 's/.*(NEEDED).*\[\(libc\.so\|[^]]*\).*/\1/p' | grep -v '^ld-linux' | sort -u)"
  same 'its name' 'libseccomp.so.2' \
    "$(readelf -d "$library/libseccomp.so.2" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')"
else
  skip 'the object' 'nm or readelf is not installed (Debian: binutils)'
fi
finish
