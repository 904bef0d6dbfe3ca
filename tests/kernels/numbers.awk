# Our numbers of the calls beside those of a kernel's headers, for one ABI: one line of TAP.
#
# In: name, of the test; the lines "NUMBER NAME" of `list syscalls`, and of a second file
# "NAME NUMBER". The headers may be older than our table.

function fail(problem) { problems = problems "# " problem "\n" }

NR == FNR { ours[$2] = $1; next }
# Placeholders; and the one call that libseccomp, and so every profile, has by its former name.
$1 ~ /^(unused|reserved)[0-9]+$/ || $1 == "syscalls" || $1 == "arch_specific_syscall" { next }
$1 == "sync_file_range2" && "arm_sync_file_range" in ours { $1 = "arm_sync_file_range" }
{
  compared++
  if (!($1 in ours))
    fail("no " $1 ", which is " $2)
  else if (ours[$1] != $2)
    fail($1 " is " $2 " and not " ours[$1])
}

END {
  if (compared < 300)
    fail("the headers have only " compared + 0 " calls")
  printf "%s%sok - %s (%d)\n", problems, problems ? "not " : "", name, compared
}
