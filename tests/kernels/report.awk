# The console of a machine, as init writes it, to TAP without numbers and to rows of the table.
#
# In: machine, kind, all_abis (its own first). Each command is one test. What its own tests skip is
# told at the end, once for each reason.

function begin() {
  name = $2
  text = ""
  passed = failed = 0
  running = 1
}

function finish(problem) {
  running = 0
  total += passed ? passed : !problem
  if (problem)
    print text "not ok - " machine ": " name " (" problem ")"
  else
    print "ok - " machine ": " name (passed ? " (" passed ")" : "")
}

# What was counted belongs to the ABI that the calls were of: the last part of the name.
function count(parts, which) {
  which = parts[split (name, parts, "/")]
  if (parts[1] == "accept")
    which = abis[1]
  filters[which] += $2
  calls[which] += $4
  mismatches[which] += $6
}

function skip(test, reason) {
  if (!(reason in skipped))
    reasons[++reason_count] = reason
  skipped[reason] = skipped[reason] " " test
  skips[reason]++
}

BEGIN { abi_count = split (all_abis, abis, " ") }

/^@kernel/ { kernel = $2 }
/^@off/ { off = 1 }
/^@begin / { begin() }
/^@end / && $2 == name {
  finish(failed ? failed " failed" : $3 ? "exit status " $3 : "")
}
!running || /^@/ || /^$/ { next }

# cmocka's, which prints the reason before it; and that of the live tests.
/^not ok [0-9]+ # SKIP / { skip($NF, comment); next }
/^ok .*# SKIP / {
  reason = $0
  sub (/.*# SKIP /, "", reason)
  sub (/ *# SKIP.*/, "")
  sub (/^ok [0-9]* - /, "")
  skip(name ": " $0, reason)
  next
}
/^ok / { passed++; next }
/^not ok / { failed++ }
/^filters [0-9]+ calls [0-9]+ mismatches [0-9]+$/ { count(); next }
{
  text = text "# " $0 "\n"
  comment = $0
  sub (/^# */, "", comment)
}

END {
  if (running)
    finish("stopped there")
  else if (!off)
    print "not ok - " machine ": ran all tests"
  for (i = 1; i <= reason_count; i++)
    print "ok - " machine ": " skips[reasons[i]] " tests # SKIP " reasons[i] ":" skipped[reasons[i]]
  for (i = 1; i <= abi_count; i++)
    if (kind == "system")
      printf "| %s | %s | %s | %s | %d | %d | %d |\n", machine, abis[i], kernel,
        i == 1 ? total : "", filters[abis[i]], calls[abis[i]], mismatches[abis[i]]
    else
      printf "| %s (user mode) | %s | - | %s | - | - | - |\n", machine, abis[i], total
}
