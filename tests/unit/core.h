/* What the tests of the stages between profile and program share.
 *
 * In: graphs. Out: what they do: as a program, by the library's own interpreter; or node by node.
 * What always holds: each test starts with an empty arena, whose guard is
 * set. */
#ifndef CORE_H
#define CORE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"
#include "random.h"

/* After ours: it defines a macro fail. */
#include <cmocka.h>

static struct arena arena;
static struct oci_seccomp_error error;

static inline int
begin (void **state)
{
  (void) state;
  arena_init (&arena);
  memset (&error, 0, sizeof error);
  return 0;
}

static inline int
end (void **state)
{
  (void) state;
  arena_chunk_size = 64 * 1024;
  arena_free (&arena);
  return 0;
}

static inline int
begin_in_small_chunks (void **state)
{
  arena_chunk_size = 1;
  return begin (state);
}

struct guarded {
  void (*test) (void);
};

static inline void
run_guarded (void **state)
{
  const struct guarded *guarded = *state;

  if (ARENA_GUARD (&arena))
    fail_msg ("out of memory");
  guarded->test ();
}

#define GUARDED(name, function, setup) \
  ((struct CMUnitTest){name, run_guarded, setup, end, &(struct guarded){function}})

#define TEST(function) GUARDED (#function, function, begin)

/* The same with each allocation in a chunk of its own. */
#define TEST_IN_SMALL_CHUNKS(function) \
  GUARDED (#function "_in_small_chunks", function, begin_in_small_chunks)

/* For loops that need no more of what they made: keeps the guard. */
static inline void
forget_all (void)
{
  arena_free (&arena);
}

static inline struct program
emitted (const struct graph *graph, const struct node *root)
{
  struct program program;

  if (emit (&program, graph, root, &arena, &arena, &error))
    fail_msg ("%s", error.message);
  return program;
}

/* What a graph that expects a word in the accumulator makes of it; *steps counts nodes. */
static inline uint32_t
walk (const struct node *node, uint32_t word, unsigned *steps)
{
  for (*steps = 0; BPF_CLASS (node->code) != BPF_RET; ++*steps) {
    bool taken = true;

    switch (node->code) {
    case BPF_ALU | BPF_AND | BPF_K:
      word &= node->k;
      break;
    case BPF_ALU | BPF_SUB | BPF_K:
      word -= node->k;
      break;
    case BPF_JMP | BPF_JEQ | BPF_K:
      taken = word == node->k;
      break;
    case BPF_JMP | BPF_JGE | BPF_K:
      taken = word >= node->k;
      break;
    case BPF_JMP | BPF_JGT | BPF_K:
      taken = word > node->k;
      break;
    case BPF_JMP | BPF_JSET | BPF_K:
      taken = (word & node->k) != 0;
      break;
    default:
      fail_msg ("a node of code 0x%x", node->code);
    }
    node = taken ? node->yes : node->no;
  }
  return node->k;
}

#endif
