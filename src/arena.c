#include "arena.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_SIZE = 64 * 1024 };

struct arena_chunk {
  struct arena_chunk *older;
  size_t size; /* of bytes */
  _Alignas(max_align_t) char bytes[];
};

size_t arena_chunk_size = CHUNK_SIZE;
void *(*arena_chunk_take) (size_t size) = malloc;
void (*arena_chunk_give) (void *chunk) = free;

/* --- chunks of the usual size wait for the next compile: malloc gives their pages back to the
 * kernel, and to get them again takes about as long as all the rest --- */

/* With a sanitizer there are none: it would not see that something is used after its end. */
#ifndef SPARE_CHUNKS
#  define SPARE_CHUNKS 8
#endif

static _Atomic (struct arena_chunk *) spares[SPARE_CHUNKS];

static struct arena_chunk *
spare_take (size_t size)
{
  struct arena_chunk *chunk = NULL;

  for (int i = 0; i < SPARE_CHUNKS && !chunk && size == CHUNK_SIZE; i++)
    chunk = atomic_exchange (&spares[i], NULL);
  return chunk;
}

static bool
spare_keep (struct arena_chunk *chunk)
{
  for (int i = 0; i < SPARE_CHUNKS && chunk->size == CHUNK_SIZE; i++) {
    struct arena_chunk *none = NULL;

    if (atomic_compare_exchange_strong (&spares[i], &none, chunk))
      return true;
  }
  return false;
}

void
arena_free_spares (void)
{
  for (int i = 0; i < SPARE_CHUNKS; i++)
    arena_chunk_give (atomic_exchange (&spares[i], NULL));
}

/* --- arenas --- */

void
arena_init (struct arena *arena)
{
  memset (arena, 0, sizeof *arena);
}

void
arena_free (struct arena *arena)
{
  struct arena_chunk *chunk = arena->chunks;

  while (chunk) {
    struct arena_chunk *older = chunk->older;

    if (!spare_keep (chunk))
      arena_chunk_give (chunk);
    chunk = older;
  }
  arena->chunks = NULL;
  arena->next = arena->end = NULL;
}

void *
arena_take_chunk (struct arena *arena, size_t room)
{
  size_t size = room < arena_chunk_size ? arena_chunk_size : room;
  struct arena_chunk *chunk = spare_take (size);

  if (!chunk)
    chunk = arena_chunk_take (sizeof *chunk + size);
  if (!chunk)
    longjmp (arena->exhausted, 1);
  chunk->size = size;
  chunk->older = arena->chunks;
  arena->chunks = chunk;
  arena->next = chunk->bytes + room;
  arena->end = chunk->bytes + size;
  arena->total += sizeof *chunk + size;
  return chunk->bytes;
}

void *
arena_copy (struct arena *arena, const void *bytes, size_t length)
{
  void *copy = arena_take (arena, length);

  return length ? memcpy (copy, bytes, length) : copy;
}

char *
arena_strndup (struct arena *arena, const char *text, size_t length)
{
  char *copy = arena_take (arena, length + 1);

  if (length)
    memcpy (copy, text, length);
  copy[length] = '\0';
  return copy;
}

/* It is printed where it will be, unless it takes a new chunk to hold it. */
char *
arena_printf (struct arena *arena, const char *format, ...)
{
  char *here = arena->next, *text;
  va_list args;
  int length;

  va_start (args, format);
  length = vsnprintf (here, (size_t) (arena->end - here), format, args);
  va_end (args);
  if (length < 0)
    longjmp (arena->exhausted, 1);
  text = arena_take (arena, (size_t) length + 1);
  if (text == here)
    return text;
  va_start (args, format);
  vsnprintf (text, (size_t) length + 1, format, args);
  va_end (args);
  return text;
}

void *
arena_double (struct arena *arena, void *items, size_t count, size_t size)
{
  const size_t old = arena_array_size (size, count);
  char *grown = arena_take (arena, arena_array_size (size, count ? count * 2 : 1));

  if (count)
    memcpy (grown, items, old);
  memset (grown + old, 0, count ? old : size);
  return grown;
}
