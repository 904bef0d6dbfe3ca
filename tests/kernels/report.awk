# The console of a machine, as init writes it, to TAP without numbers and to rows of the table.
#
# In: machine, kind, all_abis (its own first), and the list that init was given, as the first file.
# Each command of the list is one test; one of which the console has no beginning or no end has
# failed. What its own tests skip is told at the end, once for each reason.

function begin() {
  if (running)
    finish("no end of it on the console")
  name = $2
  text = ""
  passed = failed = skipped_ones = 0
  plan = -1
  comment = ""
  running = 1
}

function finish(problem) {
  running = 0
  if (!problem && name ~ /^tests\//) {
    if (plan < 0 || plan != passed + skipped_ones)
      problem = "planned " plan " tests, ran " passed + skipped_ones
  } else if (!problem && name ~ counting && !counted[name])
    problem = "counted nothing"
  total += passed ? passed : !problem
  begun[name] = 1
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
  counted[name] = $2
  filters[which] += $2
  calls[which] += $4
  mismatches[which] += $6
  failed += $6 > 0
}

# A kernel of our choice has all that there is to skip for in other places.
function skip(test, reason) {
  skipped_ones++
  if (kind == "system" && reason ~ /seccomp|filters/) {
    failed++
    text = text "# " test ": " reason "\n"
  }
  if (!(reason in skipped))
    reasons[++reason_count] = reason
  skipped[reason] = skipped[reason] " " test
  skips[reason]++
}

function row(abi, tests) {
  if (kind == "system")
    printf "| %s | %s | %s | %s | %d | %d | %d |\n", machine, abi, kernel, tests, filters[abi],
      calls[abi], mismatches[abi]
  else
    printf "| %s (user mode) | %s | - | %s | - | - | - |\n", machine, abi, tests
}

BEGIN {
  abi_count = split (all_abis, abis, " ")
  counting = "^(accept|decide|enforce|shown)/"
}

NR == FNR { list[++listed] = $2; next }

/^@kernel/ { kernel = $2 }
/^@off/ { off = 1 }
/^@begin / { begin() }
/^@end / && running && $2 == name {
  finish(failed ? failed " failed" : $3 ? "exit status " $3 : "")
}
!running || /^@/ || /^$/ { next }

# cmocka's, which prints the reason before it; and that of the live tests.
/^not ok [0-9]+ # SKIP / { skip($NF, comment ? comment : "no reason given"); comment = ""; next }
/^ok .*# SKIP / {
  reason = $0
  sub (/.*# SKIP /, "", reason)
  sub (/ *# SKIP.*/, "")
  sub (/^ok [0-9]* - /, "")
  skip(name ": " $0, reason)
  next
}
/^1\.\.[0-9]+/ { plan = substr ($1, 4) + 0; next }
/^ok / { passed++; comment = ""; next }
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
  if (!off || !listed)
    print "not ok - " machine ": ran all tests"
  for (i = 1; i <= listed; i++)
    if (!(list[i] in begun) && !missed++)
      first = list[i]
  if (missed)
    print "not ok - " machine ": " missed " tests not run, the first of them " first
  for (i = 1; i <= reason_count; i++)
    print "ok - " machine ": " skips[reasons[i]] " tests # SKIP " reasons[i] ":" skipped[reasons[i]]
  for (i = 1; i <= abi_count; i++)
    row(abis[i], i == 1 ? total : "")
}
