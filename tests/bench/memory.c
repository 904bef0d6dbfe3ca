/* malloc with a count of what is in use: this program's, and so that of every library in it. */
#include "measure.h"

#include <malloc.h>
#include <stdlib.h>

#if defined __GLIBC__ && !defined __SANITIZE_ADDRESS__

static bool counting;
static ptrdiff_t in_use, peak;

bool
memory_start (void)
{
  in_use = peak = 0;
  counting = true;
  return true;
}

size_t
memory_peak (void)
{
  counting = false;
  return (size_t) peak;
}

/* In a block of malloc's: what can be used of it, and the word before it. */
static void
count (void *memory, int sign)
{
  if (!counting || !memory)
    return;
  in_use += sign * (ptrdiff_t) (malloc_usable_size (memory) + sizeof (size_t));
  if (in_use > peak)
    peak = in_use;
}

#  pragma GCC visibility push(default)

void *__libc_malloc (size_t size);
void *__libc_calloc (size_t count, size_t size);
void *__libc_realloc (void *memory, size_t size);
void __libc_free (void *memory);

void *
malloc (size_t size)
{
  void *memory = __libc_malloc (size);

  count (memory, 1);
  return memory;
}

void *
calloc (size_t number, size_t size)
{
  void *memory = __libc_calloc (number, size);

  count (memory, 1);
  return memory;
}

void *
realloc (void *memory, size_t size)
{
  void *moved;

  count (memory, -1);
  moved = __libc_realloc (memory, size);
  count (moved, 1);
  return moved;
}

void
free (void *memory)
{
  count (memory, -1);
  __libc_free (memory);
}

#  pragma GCC visibility pop

#else

bool
memory_start (void)
{
  return false;
}

size_t
memory_peak (void)
{
  return 0;
}

#endif
