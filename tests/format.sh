#!/bin/sh
# The tree's form: layout of C, the scripts, the man pages, and what static analysis sees.
set -u
cd "${srcdir:-.}" || exit 99
c_files=$(find src include hooks tests -name '*.[ch]' 2>/dev/null | sort)
c_sources=$(find src hooks tests -name '*.c' 2>/dev/null | sort)
scripts=$(grep -srlE '^#! ?/(usr/)?bin/(env )?(ba|da)?sh' .ci contrib hooks tests | sort)

count=0
check () { # NAME COMMAND...
  name=$1
  count=$((count + 1))
  shift
  if output=$("$@" 2>&1); then
    echo "ok $count - $name"
  else
    echo "$output" | sed 's/^/# /'
    echo "not ok $count - $name"
  fi
}

skip () { # NAME REASON
  count=$((count + 1))
  echo "ok $count - $1 # SKIP $2"
}

silent () { # COMMAND...: fails also where it prints anything
  output=$("$@" 2>&1) && [ -z "$output" ] && return
  echo "$output"
  return 1
}

layout () {
  # shellcheck disable=SC2086  # a list of files without blanks
  clang-format --dry-run --Werror $c_files
}

analysis () {
  # shellcheck disable=SC2086
  cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
    --error-exitcode=1 --suppressions-list=contrib/cppcheck-suppressions -j "$(nproc)" \
    -D_GNU_SOURCE -D__x86_64__ -D__LITTLE_ENDIAN__ -Isrc -Iinclude $c_sources
}

# SC2317: functions that a sourced script calls by their names.
script_analysis () {
  # shellcheck disable=SC2086
  shellcheck -x -e SC2317 $scripts
}

echo 1..4

# Each release of clang-format has its own idea of some lines; 14 is the one that decides here.
case $(clang-format --version 2>/dev/null) in
*'version 14.'*) check 'clang-format' layout ;;
*) skip 'clang-format' 'clang-format 14 is not here' ;;
esac
if command -v cppcheck >/dev/null; then
  check 'cppcheck' analysis
else
  skip 'cppcheck' 'cppcheck is not here'
fi
if command -v shellcheck >/dev/null; then
  check 'shellcheck' script_analysis
else
  skip 'shellcheck' 'shellcheck is not here'
fi
if command -v mandoc >/dev/null; then
  check 'mandoc -T lint' silent mandoc -T lint -W warning man/*.[137]
else
  skip 'mandoc -T lint' 'mandoc is not here'
fi
