#include "number.h"

#include <stdlib.h>
#include <string.h>

#include "syscalls.h"

/* With its name, not a pointer to it: nothing has to be written when the object is loaded. */
struct pseudo {
  int16_t number;
  char name[30];
};

static const struct pseudo pseudos[] = {
#define PSEUDO(name, number) {number, #name},
#include "pseudo.list"
#undef PSEUDO
};

enum { PSEUDO_COUNT = sizeof pseudos / sizeof pseudos[0] };

/* Calls younger than the list get numbers of our own, below all of it: they hold for this process
 * alone, as no program can have them compiled in. */
enum { PSEUDO_OWN = -20000 };

static int
compare_name (const void *name, const void *pseudo)
{
  return strcmp (name, ((const struct pseudo *) pseudo)->name);
}

static int
pseudo_of_row (int row)
{
  const struct pseudo *found =
      bsearch (syscall_name (row), pseudos, PSEUDO_COUNT, sizeof pseudos[0], compare_name);

  return found ? found->number : PSEUDO_OWN - row;
}

static bool
is_multiplexed (int row, enum abi abi)
{
  uint32_t call;

  return abi_table[abi].socketcall >= 0 && syscall_multiplexer (row, &call) != MULTIPLEXER_NONE;
}

int
number_of_row (int row, enum abi abi)
{
  uint32_t number;

  if (!is_multiplexed (row, abi) && syscall_number (row, abi, &number))
    return (int) number;
  return pseudo_of_row (row);
}

/* Two names share one number: an ABI that has one of them means the other by it, and one that has
 * none the last. */
static int
row_of_pseudo (int number, enum abi abi)
{
  if (number <= PSEUDO_OWN && PSEUDO_OWN - number < syscall_count ())
    return number_of_row (PSEUDO_OWN - number, abi) == number ? PSEUDO_OWN - number
                                                              : SYSCALL_UNKNOWN;
  for (int i = PSEUDO_COUNT - 1; i >= 0; i--) {
    int row;

    if (pseudos[i].number != number)
      continue;
    row = syscall_from_name (pseudos[i].name, strlen (pseudos[i].name));
    if (row != SYSCALL_UNKNOWN && number_of_row (row, abi) == number)
      return row;
  }
  return SYSCALL_UNKNOWN;
}

int
row_of_number (int number, enum abi abi)
{
  int row;

  if (number < 0)
    return row_of_pseudo (number, abi);
  row = syscall_from_number ((uint32_t) number, abi);
  /* The base may be left out where the ABI is named. */
  if (row == SYSCALL_UNKNOWN)
    row = syscall_from_number ((uint32_t) number + abi_table[abi].number_base, abi);
  return row;
}
