# syscalls.tbl and frequencies.tbl to C, for syscalls.c alone.
#
# In: the two tables. Out: on stdout, the arrays that syscalls.c looks things up in. What always
# holds: a table that contradicts itself gives no output that compiles, and exit status 1. Runs the
# same under every POSIX awk.

function fail(text) {
  print FILENAME ":" FNR ": " text | "cat 1>&2"
  print "#error \"" text "\""
  failed = 1
  exit 1
}

# Four characters of a name; those behind its end add nothing.
function word(name, offset,    i, sum) {
  for (i = 4; i > 0; i--)
    sum = 256 * sum + code[substr(name, offset + i, 1)]
  return sum
}

# The same arithmetic as name_hash in syscalls.c; no number is too large to be exact. span: how many
# products have the same slot.
function name_hash(name,    width, sum) {
  width = length(name)
  sum = word(name, 0)
  if (width >= 4)
    sum += word(name, int(width / 2) - 2) + word(name, width - 4)
  return int(sum % 4294967296 * 1096529 % 4294967296 / span)
}

function multiplexer_parse(text,    part) {
  if (text == "-")
    return "{MULTIPLEXER_NONE, 0}"
  split(text, part, ":")
  if (part[1] != "socketcall" && part[1] != "ipc" || part[2] !~ /^[1-9][0-9]*$/)
    fail("\"" text "\" is neither \"-\" nor a multiplexer and its call")
  return "{MULTIPLEXER_" toupper(part[1]) ", " part[2] "}"
}

function row_add(    c, number) {
  if (NF != column_count + 2)
    fail("has " NF " columns instead of " column_count + 2)
  if ($1 in row_of)
    fail($1 " is there twice")
  name[rows] = $1
  row_of[$1] = rows
  if (length($1) < 2 || length($1) > 30)
    fail($1 " is too short or too long for struct row")
  multiplexer[rows] = multiplexer_parse($2)
  for (c = 1; c <= column_count; c++) {
    number = $(c + 2)
    if (number == "-")
      continue
    if (number !~ /^[0-9]+$/)
      fail("\"" number "\" is neither \"-\" nor a number")
    if ((c, number) in user)
      fail(column[c] ": " number " is both " user[c, number] " and " $1)
    user[c, number] = $1
    numbers[c, rows] = number
  }
  rows++
}

function frequency_add() {
  if (NF != 2 || $2 !~ /^[0-9]+$/)
    fail("is not a name and a share")
  if (!($1 in row_of))
    fail($1 " is no system call")
  frequency[row_of[$1]] = $2
}

function names_print(    r) {
  print "enum { SYSCALL_ROWS = " rows " };"
  print "static const struct row rows[SYSCALL_ROWS] = {"
  for (r = 0; r < rows; r++)
    print "  {" length(name[r]) ", \"" name[r] "\"},"
  print "};"
}

function per_row_print(type, array, value, missing,    r) {
  print "static const " type " " array "[SYSCALL_ROWS] = {"
  for (r = 0; r < rows; r++)
    print "  " (r in value ? value[r] : missing) ","
  print "};"
}

# Open addressing: a name is in the first free slot from its hash on.
function hash_print(    size, r, slot, slots) {
  for (size = 1; size < 4 * rows; size *= 2)
    ;
  span = 4294967296 / size
  for (r = 0; r < rows; r++) {
    for (slot = name_hash(name[r]); slot in slots; slot = (slot + 1) % size)
      ;
    slots[slot] = r
  }
  print "enum { HASH_SLOTS = " size ", HASH_SPAN = " span " };"
  print "static const int16_t hash_rows[HASH_SLOTS] = {"
  for (slot = 0; slot < size; slot++)
    print "  " (slot in slots ? slots[slot] : -1) ","
  print "};"
}

function numbers_print(    c, r) {
  print "static const int32_t row_numbers[SYSCALL_COLUMNS][SYSCALL_ROWS] = {"
  for (c = 1; c <= column_count; c++) {
    print "  [COLUMN_" column[c] "] = {"
    for (r = 0; r < rows; r++)
      print "    " ((c, r) in numbers ? numbers[c, r] : -1) ","
    print "  },"
  }
  print "};"
}

# The rows that an ABI has, in the order of their numbers, for a binary search.
function order_print(    c, r, i, order, count) {
  print "static const struct column_order column_orders[SYSCALL_COLUMNS] = {"
  for (c = 1; c <= column_count; c++) {
    count = 0
    for (r = 0; r < rows; r++) {
      if (!((c, r) in numbers))
        continue
      for (i = count++; i > 0 && numbers[c, order[i - 1]] + 0 > numbers[c, r] + 0; i--)
        order[i] = order[i - 1]
      order[i] = r
    }
    print "  [COLUMN_" column[c] "] = {" count ", {"
    for (i = 0; i < count; i++)
      print "    " order[i] ","
    print "  }},"
  }
  print "};"
}

BEGIN {
  rows = 0
  for (c = 33; c < 127; c++)
    code[sprintf("%c", c)] = c
}

$1 == "#" && $2 == "date" { date = $3 }
$1 == "#" && $2 == "kernel" { kernel = $3 }
/^#/ || NF == 0 { next }

FNR == NR && $1 == "name" {
  column_count = NF - 2
  for (c = 1; c <= column_count; c++)
    column[c] = $(c + 2)
  next
}
FNR == NR { row_add(); next }
{ frequency_add() }

END {
  if (failed)
    exit 1
  print "/* Made by syscalls.awk from syscalls.tbl and frequencies.tbl. */"
  print "const char syscalls_date[] = \"" date "\", syscalls_kernel[] = \"" kernel "\";"
  names_print()
  per_row_print("struct multiplexed", "row_multiplexed", multiplexer, "")
  per_row_print("uint32_t", "row_frequencies", frequency, 0)
  hash_print()
  numbers_print()
  order_print()
}
