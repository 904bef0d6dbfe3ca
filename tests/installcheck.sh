#!/bin/sh
# What `make install` has put in place, as a packager and a program that uses it find it: run by
# `make installcheck`, with the directories in the environment.
set -u
: "${bindir:?}" "${libdir:?}" "${includedir:?}" "${mandir:?}" "${CC:?}"
root=${DESTDIR-}
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT

fail () {
  echo "installcheck: $*" >&2
  exit 1
}

for file in "$bindir/oci-seccomp" "$includedir/oci-seccomp.h" "$libdir/pkgconfig/oci-seccomp.pc" \
  "$mandir/man1/oci-seccomp.1" "$mandir/man7/oci-seccomp-runtimes.7" \
  "$mandir/man3/liboci-seccomp.3" "$bindir/oci-seccomp-crun" "$bindir/oci-seccomp-runc"; do
  [ -e "$root$file" ] || fail "$file is missing"
done
"$root$bindir/oci-seccomp" --version >/dev/null || fail 'oci-seccomp does not run'

# The exported functions are those of the header, all of them and nothing else.
library=$root$libdir/liboci-seccomp.so.0
if [ -e "$library" ]; then
  sed -n 's/^.*\(oci_seccomp_[a-z_]*\) (.*$/\1/p' "$root$includedir/oci-seccomp.h" | grep -v ' \*' |
    sort -u >"$work/declared"
  nm -D --defined-only "$library" | awk '$2 == "T" { sub (/@.*/, "", $3); print $3 }' |
    sort >"$work/exported"
  diff "$work/declared" "$work/exported" >&2 || fail 'the exports are not those of the header'
  [ "$(nm -D --defined-only "$library" | awk '$2 != "T" && $2 != "A"')" = '' ] ||
    fail 'something else is exported'
  objdump -p "$library" | awk '$1 == "NEEDED" { print $2 }' |
    grep -vE '^(libyajl|libc|ld-linux.*|libgcc_s|libasan|libubsan)\.so' >&2 &&
    fail 'it needs more than libc and yajl'
fi

# What takes libseccomp's place is in a folder of its own, with what puts it there.
compat=$root$libdir/oci-seccomp
if [ -e "$compat/libseccomp.so.2" ]; then
  [ "$(ls "$compat")" = 'cover
libseccomp.so.2' ] || fail "$compat has something else, too: $(ls "$compat")"
  [ -x "$compat/cover" ] || fail "$compat/cover is no program"
  [ -x "$root$bindir/with-oci-seccomp" ] || fail 'with-oci-seccomp is missing'
  [ -e "$root$mandir/man7/oci-seccomp-compat.7" ] || fail 'oci-seccomp-compat(7) is missing'
fi

cat >"$work/use.c" <<'USE'
#include <oci-seccomp.h>
#include <stdio.h>

int
main (void)
{
  const char *denied[] = {"unshare"};
  struct oci_seccomp_profile *profile;
  struct oci_seccomp_filter *filter;
  struct oci_seccomp_error error;

  if (oci_seccomp_profile_deny_list (&profile, denied, 1, NULL, &error) ||
      oci_seccomp_compile (&filter, profile, NULL, &error)) {
    fprintf (stderr, "%s\n", error.message);
    return 1;
  }
  puts (oci_seccomp_filter_describe (filter));
  oci_seccomp_filter_free (filter);
  oci_seccomp_profile_free (profile);
  return 0;
}
USE

# A copy of the .pc that points into DESTDIR; without a shared library its private words are needed.
sed "s|^prefix=|&$root|; s|^\(libdir\|includedir\)=/|\1=$root/|" \
  "$root$libdir/pkgconfig/oci-seccomp.pc" >"$work/oci-seccomp.pc"
[ -e "$library" ] && static='' || static=--static
# shellcheck disable=SC2086  # none, or one word
words=$(PKG_CONFIG_PATH=$work pkg-config --cflags --libs $static oci-seccomp) || fail 'pkg-config'
# shellcheck disable=SC2086  # words
$CC ${CFLAGS-} "$work/use.c" -o "$work/use" $words || fail 'a program cannot be built with it'
LD_LIBRARY_PATH=$root$libdir "$work/use" | grep -q '1 syscall' || fail 'that program does not run'
