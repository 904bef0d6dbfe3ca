# The console of a machine, as init writes it, to TAP without numbers, and to rows of the table.
#
# In: machine, kind, compat (its ABIs). A command is one test; what its own tests skip is said, too.

function finish(result) {
  if (result) {
    printf "%s", text
    print "not ok - " machine ": " name " (" result ")"
  } else
    print "ok - " machine ": " name (passed ? " (" passed ")" : "")
}

function begin() {
  name = $2
  text = ""
  passed = failed = 0
  open = 1
}

# What was counted goes to the ABI that the calls were of: the last part of the name.
function count_calls(parts, n) {
  n = split (name, parts, "/")
  which = parts[1] == "accept" ? compat_list[1] : parts[n]
  installed[which] += $2
  made[which] += $4
  wrong[which] += $6
}

BEGIN { abis = split (compat, compat_list, " ") }
/^@kernel/ { kernel = $2; next }
/^@off/ { off = 1; next }
/^@begin / { begin(); next }
/^@end / && $2 == name {
  open = 0
  if (failed)
    finish(failed " failed")
  else if ($3 != 0 && !($3 == 77 && skips))
    finish("exit status " $3)
  else
    finish("")
  next
}
!open { next }
/^ok .*# SKIP/ { print "ok - " machine ": " name ": " substr ($0, 4); next }
/^ok / { passed++; next }
/^not ok .*# SKIP/ { print "ok - " machine ": " name ": " $0; next }
/^not ok / { failed++ }
/^filters [0-9]+ calls [0-9]+ mismatches [0-9]+$/ { count_calls(); next }
!/^$/ { text = text "# " $0 "\n" }
END {
  if (!off || open)
    print "not ok - " machine ": went through all tests (" (open ? "stopped in " name : "stopped") ")"
  for (i = 1; i <= abis; i++) {
    abi = compat_list[i]
    if (kind == "system")
      printf "| %s | %s | %s | %d | %d | %d |\n", machine, abi, kernel, installed[abi], made[abi], wrong[abi]
  }
}
