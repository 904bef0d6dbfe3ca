#!/bin/sh
# A program built for the original, run with ours: on the kernel, and what needs none under valgrind.
# shellcheck disable=SC1091,SC2154  # live.sh and compat.sh set what is used
set -u
. "${srcdir:-.}/tests/compat/compat.sh"

for program in "$interface" "$load" "$memory"; do
  LD_LIBRARY_PATH=$library "$program" >"$work/tap"
  while read -r line; do
    case $line in
    'ok '*) result "${line#ok * - }" '' ;;
    'not ok '*) result "${line#not ok * - }" 'see the line that failed' ;;
    '#'*) echo "$line" ;;
    esac
  done <"$work/tap"
  same "${program##*/}: all of it was run" "$(sed -n 's/^1\.\.//p' "$work/tap")" \
    "$(grep -c '^\(not \)\{0,1\}ok' "$work/tap")"
done

try 'loaded and unloaded, many times' 0 'the same size' '' "$unload" "$library/libseccomp.so.2"

checked () { # NAME PROGRAM ARGUMENT...
  name="under valgrind: $1"
  shift
  LD_LIBRARY_PATH=$library valgrind --quiet --error-exitcode=99 --leak-check=full \
    --show-leak-kinds=definite,possible "$@" >"$work/out" 2>"$work/err"
  status=$?
  problem=
  [ "$status" -eq 0 ] || problem="status $status
$(grep '^not ok' "$work/out")
$(tail -n 20 "$work/err")"
  result "$name" "$problem"
}

if command -v valgrind >/dev/null; then
  checked 'a program of libseccomp' "$interface" without-kernel
  for seed in 1 2 3 4 5; do
    checked "script $seed" "$calls" random "$seed" "$work"
  done
else
  skip 'under valgrind' 'valgrind is not installed'
fi
finish
