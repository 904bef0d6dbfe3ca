#include "syscalls.h"

#include <string.h>

/* Together half a cache line. */
struct row {
  uint8_t length;
  char name[31];
};

struct column_order {
  int16_t count;
  int16_t rows[512];
};

#include "syscalls-table.h"

_Static_assert(SYSCALL_ROWS <= 512, "an order has room for every row");

/* The least significant byte first on every machine, as when the table was built. */
static uint32_t
word (const char *name)
{
  const unsigned char *at = (const unsigned char *) name;

  return at[0] | (uint32_t) at[1] << 8 | (uint32_t) at[2] << 16 | (uint32_t) at[3] << 24;
}

/* The characters at a name's ends and in its middle tell names apart as well as all would; the
 * factor is the best of some thousand that were tried. */
static uint32_t
name_hash (const char *name, size_t length)
{
  uint32_t sum = 0;

  if (length >= 4)
    sum = word (name) + word (name + length / 2 - 2) + word (name + length - 4);
  else
    while (length > 0)
      sum = 256 * sum + (unsigned char) name[--length];
  return sum * 1096529 / HASH_SPAN;
}

static inline bool
has_same_ends (const char *one, const char *other, size_t length, size_t size)
{
  return memcmp (one, other, size) == 0 &&
         memcmp (one + length - size, other + length - size, size) == 0;
}

/* Whether two names of that length, 2 to 32, are the same. Their ends, which may overlap, are all
 * of them; and as the size of an end is known when this is built, memcmp becomes a few
 * instructions, where for `length` it would be a call. */
static inline bool
is_same (const char *one, const char *other, size_t length)
{
  if (length >= 16)
    return has_same_ends (one, other, length, 16);
  if (length >= 8)
    return has_same_ends (one, other, length, 8);
  if (length >= 4)
    return has_same_ends (one, other, length, 4);
  return has_same_ends (one, other, length, 2);
}

int
syscall_from_name (const char *name, size_t length)
{
  for (uint32_t slot = name_hash (name, length);; slot++) {
    int row = hash_rows[slot % HASH_SLOTS];

    if (row < 0)
      return SYSCALL_UNKNOWN;
    if (rows[row].length == length && is_same (rows[row].name, name, length))
      return row;
  }
}

int
syscall_count (void)
{
  return SYSCALL_ROWS;
}

const char *
syscall_name (int row)
{
  return rows[row].name;
}

bool
syscall_number (int row, enum abi abi, uint32_t *number)
{
  int32_t found = row_numbers[abi_table[abi].column][row];

  if (found < 0)
    return false;
  *number = (uint32_t) found + abi_table[abi].number_base;
  return true;
}

const int32_t *
syscall_numbers (enum abi abi)
{
  return row_numbers[abi_table[abi].column];
}

int
syscall_from_number (uint32_t number, enum abi abi)
{
  const struct column_order *order = &column_orders[abi_table[abi].column];
  const int32_t *numbers = row_numbers[abi_table[abi].column];
  /* A number below the base wraps around and is then larger than any of the table. */
  uint32_t wanted = number - abi_table[abi].number_base;
  int low = 0, high = order->count;

  while (low < high) {
    int middle = (low + high) / 2;
    uint32_t found = (uint32_t) numbers[order->rows[middle]];

    if (found == wanted)
      return order->rows[middle];
    if (found < wanted)
      low = middle + 1;
    else
      high = middle;
  }
  return SYSCALL_UNKNOWN;
}

const int16_t *
syscall_rows_by_number (enum abi abi, size_t *count)
{
  const struct column_order *order = &column_orders[abi_table[abi].column];

  *count = (size_t) order->count;
  return order->rows;
}

enum multiplexer
syscall_multiplexer (int row, uint32_t *call)
{
  *call = row_multiplexed[row].call;
  return row_multiplexed[row].multiplexer;
}

const struct multiplexed *
syscall_multiplexed (void)
{
  return row_multiplexed;
}

const uint32_t *
syscall_frequencies (void)
{
  return row_frequencies;
}
