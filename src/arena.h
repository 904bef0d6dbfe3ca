/* The memory of one compile: taken from malloc in chunks, given back whole.
 *
 * In: sizes. Out: zeroed memory that lives until arena_free. What always holds: arena_alloc never
 * returns NULL. When memory is gone it jumps to `exhausted`, which whoever owns the arena has set:
 * the one place where a stage need not return its failure step by step. Only the entry points
 * (api.c, and tests) do this, by ARENA_GUARD. */
#ifndef ARENA_H
#define ARENA_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct arena_chunk;

struct arena {
  struct arena_chunk *chunks;
  char *next, *end;
  size_t total; /* bytes taken from malloc: the peak, as nothing is given back before the end */
  jmp_buf exhausted;
};

/* How much one chunk takes from malloc. Tests set it to 1, so that every allocation is a chunk of
 * its own: then each can be made to fail, and checkers see its bounds. */
extern size_t arena_chunk_size;

/* Where chunks come from, and where they go. To be set before the first is taken. */
extern void *(*arena_chunk_take) (size_t size);
extern void (*arena_chunk_give) (void *chunk);

/* True where the code below it ran out of memory. Locals that it changes and that are read after
 * must be volatile. */
#define ARENA_GUARD(arena) (setjmp ((arena)->exhausted) != 0)

void arena_init (struct arena *arena);
void arena_free (struct arena *arena);

/* Gives back what arena_free has kept for the next arenas of any thread, half a megabyte at most.
 * Nothing does so at the end of a process: a filter may have come that kills it for the call. */
void arena_free_spares (void);

/* The rest of arena_take: the chunk at hand has no room. */
void *arena_take_chunk (struct arena *arena, size_t room);

/* Memory that is not zeroed: whoever asks writes all of it. Inline, as a compile takes memory some
 * thousand times, mostly of a size that is known when this is built. */
static inline void *
arena_take (struct arena *arena, size_t size)
{
  const size_t align = _Alignof(max_align_t);
  size_t room = (size + !size + align - 1) & ~(align - 1);
  void *taken = arena->next;

  if (size > PTRDIFF_MAX)
    longjmp (arena->exhausted, 1);
  if (room > (size_t) (arena->end - arena->next))
    return arena_take_chunk (arena, room);
  arena->next += room;
  return taken;
}

static inline void *
arena_alloc (struct arena *arena, size_t size)
{
  return memset (arena_take (arena, size), 0, size);
}

void *arena_copy (struct arena *arena, const void *bytes, size_t length);
char *arena_strndup (struct arena *arena, const char *text, size_t length);
char *arena_printf (struct arena *arena, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));

/* The rest of arena_grow: all room is taken. */
void *arena_double (struct arena *arena, void *items, size_t count, size_t size);

/* An array grown in place where it can be: returns `items` with room for `count` + 1 items of
 * `size` bytes. Room doubles when count is a power of two, so the caller keeps no capacity. */
static inline void *
arena_grow (struct arena *arena, void *items, size_t count, size_t size)
{
  return count & (count - 1) ? items : arena_double (arena, items, count, size);
}

/* size * count; jumps to nowhere: an overflow gives SIZE_MAX, which no arena can serve. */
static inline size_t
arena_array_size (size_t size, size_t count)
{
  size_t bytes;

  return __builtin_mul_overflow (size, count, &bytes) ? SIZE_MAX : bytes;
}

#define ARENA_NEW(arena, type) ((type *) arena_alloc (arena, sizeof (type)))
#define ARENA_ARRAY(arena, type, count) \
  ((type *) arena_alloc (arena, arena_array_size (sizeof (type), (count))))
#define ARENA_PUSH(arena, items, count) \
  ((items) = arena_grow (arena, items, count, sizeof *(items)), &(items)[(count)++])

#endif
