#include "shelf.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "arena.h"

enum {
  /* Before there is a filter, as much is kept as a large profile takes: programs that load
   * several filters, one after the other, then need no more memory for the later ones. */
  KEPT_MAPPED = 2 * 1024 * 1024,
  /* Some hundred pieces: whoever looks for one looks at all of them. */
  KEPT_SMALL = 64 * 1024,
  /* What is as large as this is no part of libc's heap. A program under a filter that denies brk
   * has to live with what its heap is then: that must not depend on what we took of it. */
  MAPPED_SIZE = 16 * 1024,
  /* With what stands before them, mapped pieces are as large as a number of these: so those of
   * nearly one size can stand in for each other. */
  UNIT = 4 * 1024,
  /* With what stands before it, some whole pages; and not the size that arenas keep themselves. */
  CHUNK_SIZE = 64 * 1024 - 256,
  /* What a context with few rules and its program take, in chunks with what stands before them, and
   * one more: another context may have its rules already, and get its program first. */
  RESERVED = 5,
  RESERVED_SIZE = CHUNK_SIZE + 128,
};

struct board {
  struct board *next;
  size_t size;
  _Alignas(max_align_t) char memory[];
};

/* What lies here: small pieces, and mapped ones. Checkers of leaks follow no link that is in a
 * mapped one. A shelf is taken whole and what is not wanted is put back, so no thread ever follows
 * a link that another one changes. One that finds nothing meanwhile makes a new one. */
static struct shelf {
  _Atomic (struct board *) first;
  atomic_size_t kept;
  const size_t limit;
} shelves[] = {{.limit = KEPT_SMALL}, {.limit = KEPT_MAPPED}};
static atomic_bool closed;

static struct shelf *
shelf_for (size_t size)
{
  return &shelves[size >= MAPPED_SIZE];
}

static void
put (struct board *first, struct board *last)
{
  struct shelf *shelf = shelf_for (first->size);
  struct board *before = atomic_load (&shelf->first);

  do
    last->next = before;
  while (!atomic_compare_exchange_weak (&shelf->first, &before, first));
}

static void
put_all (struct board *first)
{
  struct board *last = first;

  if (!first)
    return;
  while (last->next)
    last = last->next;
  put (first, last);
}

/* The smallest that will do; but nothing small in something huge. */
static struct board *
find (size_t size)
{
  struct shelf *shelf = shelf_for (size);
  struct board *first = atomic_exchange (&shelf->first, NULL), **best = NULL, *found = NULL;

  for (struct board **at = &first; *at; at = &(*at)->next)
    if ((*at)->size >= size && (*at)->size / 4 <= size && (!best || (*at)->size < (*best)->size))
      best = at;
  if (best) {
    found = *best;
    *best = found->next;
    atomic_fetch_sub (&shelf->kept, found->size);
  }
  put_all (first);
  return found;
}

static struct board *
make (size_t size)
{
  const size_t total = sizeof (struct board) + size;
  void *mapped;

  if (size < MAPPED_SIZE)
    return malloc (total);
  mapped = mmap (NULL, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return mapped == MAP_FAILED ? NULL : mapped;
}

static void
discard (struct board *board)
{
  if (board->size < MAPPED_SIZE)
    free (board);
  else
    munmap (board, sizeof *board + board->size);
}

void *
shelf_take (size_t size)
{
  struct board *board;

  if (size > PTRDIFF_MAX - sizeof *board - UNIT)
    return NULL;
  if (size >= MAPPED_SIZE)
    size = (size + sizeof *board + UNIT - 1) / UNIT * UNIT - sizeof *board;
  board = find (size);
  if (board)
    return board->memory;
  board = make (size);
  if (!board)
    return NULL;
  board->size = size;
  /* cppcheck-suppress memleak ; shelf_give finds it again */
  return board->memory;
}

void *
shelf_new (size_t size)
{
  void *memory = shelf_take (size);

  return memory ? memset (memory, 0, size) : NULL;
}

/* A context that was released can be told from one that was not while its memory is here. */
void
shelf_give (void *memory)
{
  struct board *board;
  struct shelf *shelf;

  if (!memory)
    return;
  board = (struct board *) ((char *) memory - offsetof (struct board, memory));
  shelf = shelf_for (board->size);
  if (!atomic_load (&closed) && atomic_load (&shelf->kept) + board->size > shelf->limit) {
    discard (board);
    return;
  }
  atomic_fetch_add (&shelf->kept, board->size);
  put (board, board);
}

void
shelf_close (void)
{
  atomic_store (&closed, true);
}

/* Under a filter nothing more may be asked of the kernel: what is here has to do. */
bool
shelf_reserve (void)
{
  void *taken[RESERVED];
  int count = 0;

  if (atomic_load (&closed))
    return true;
  while (count < RESERVED && (taken[count] = shelf_take (RESERVED_SIZE)))
    count++;
  for (int i = 0; i < count; i++)
    shelf_give (taken[i]);
  return count == RESERVED;
}

__attribute__ ((constructor)) static void
take_over_arenas (void)
{
  arena_chunk_size = CHUNK_SIZE;
  arena_chunk_take = shelf_take;
  arena_chunk_give = shelf_give;
}
