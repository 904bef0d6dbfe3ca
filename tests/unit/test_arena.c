/* arena.c: aligned, zeroed, growing, and jumping to the guard where there is no memory. */
#include "core.h"

/* A request that is too large is to fail as it does without the sanitizer. */
const char *__asan_default_options (void);

const char *
__asan_default_options (void)
{
  return "allocator_may_return_null=1";
}

static void
test_blocks_are_aligned_zeroed_and_apart (void)
{
  enum { BLOCKS = 300 };
  unsigned char *blocks[BLOCKS];

  for (size_t i = 0; i < BLOCKS; i++) {
    blocks[i] = arena_alloc (&arena, i);
    assert_non_null (blocks[i]);
    assert_int_equal ((uintptr_t) blocks[i] % _Alignof(max_align_t), 0);
    for (size_t at = 0; at < i; at++)
      assert_int_equal (blocks[i][at], 0);
    memset (blocks[i], (int) i, i);
  }
  for (size_t i = 0; i < BLOCKS; i++)
    for (size_t at = 0; at < i; at++)
      assert_int_equal (blocks[i][at], i & 0xff);
}

/* Also where nothing has been allocated yet. */
static void
test_no_bytes_are_not_null (void)
{
  assert_non_null (arena_alloc (&arena, 0));
  assert_non_null (arena_copy (&arena, NULL, 0));
  assert_non_null (ARENA_ARRAY (&arena, uint64_t, 0));
  assert_string_equal (arena_strndup (&arena, NULL, 0), "");
}

/* Memory that was in use before is zeroed too, and what is larger than a chunk has one of its own,
 * beside which the next small one still fits. */
static void
test_larger_than_a_chunk (void)
{
  const size_t size = 3 * arena_chunk_size + 1;
  unsigned char *large;

  memset (arena_alloc (&arena, 100), 0xff, 100);
  large = arena_alloc (&arena, size);
  for (size_t i = 0; i < size; i++)
    assert_int_equal (large[i], 0);
  memset (large, 0xff, size);
  assert_int_equal (*(unsigned char *) arena_alloc (&arena, 1), 0);
  assert_true (arena.total > size);
}

static void
test_total_counts_what_malloc_gave (void)
{
  size_t before;

  assert_int_equal (arena.total, 0);
  arena_alloc (&arena, 1);
  before = arena.total;
  assert_true (before >= arena_chunk_size);
  arena_alloc (&arena, 1);
  assert_int_equal (arena.total > before, arena_chunk_size == 1);
  arena_alloc (&arena, 2 * arena_chunk_size);
  assert_true (arena.total >= before + 2 * arena_chunk_size);
}

static void
test_growing_keeps_what_is_there (void)
{
  uint32_t *items = NULL;
  uint16_t *between = NULL;
  size_t count = 0, between_count = 0;

  for (uint32_t i = 0; i < 5000; i++) {
    *ARENA_PUSH (&arena, items, count) = i * 7;
    *ARENA_PUSH (&arena, between, between_count) = (uint16_t) ~i;
  }
  assert_int_equal (count, 5000);
  for (uint32_t i = 0; i < 5000; i++) {
    assert_int_equal (items[i], i * 7);
    assert_int_equal (between[i], (uint16_t) ~i);
  }
}

/* An array that is full, and only that, moves. */
static void
test_growing_moves_at_powers_of_two (void)
{
  char *items = NULL;

  for (size_t count = 0; count < 70; count++) {
    char *grown = arena_grow (&arena, items, count, 1);
    bool full = (count & (count - 1)) == 0;

    assert_int_equal (grown != items, full);
    items = grown;
  }
}

static void
test_text (void)
{
  char long_text[3000];

  memset (long_text, 'x', sizeof long_text);
  assert_string_equal (arena_strndup (&arena, "abcdef", 3), "abc");
  assert_string_equal (arena_strndup (&arena, "", 0), "");
  assert_string_equal (arena_printf (&arena, "%s-%d", "a", 7), "a-7");
  assert_string_equal (arena_printf (&arena, "%s", ""), "");
  assert_int_equal (strlen (arena_printf (&arena, "%.*s", 3000, long_text)), 3000);
  assert_memory_equal (arena_copy (&arena, "a\0b", 3), "a\0b", 3);
}

static void
test_array_size (void)
{
  assert_int_equal (arena_array_size (8, 0), 0);
  assert_int_equal (arena_array_size (8, 3), 24);
  assert_true (arena_array_size (8, SIZE_MAX / 8) == SIZE_MAX - 7);
  assert_true (arena_array_size (8, SIZE_MAX / 8 + 1) == SIZE_MAX);
  assert_true (arena_array_size (SIZE_MAX, SIZE_MAX) == SIZE_MAX);
}

/* Sizes that no malloc serves, or that overflow on their way to it, end at the guard; the arena and
 * what it gave stay good. */
static void
test_what_no_memory_serves_goes_to_the_guard (void)
{
  static const size_t sizes[] = {
    SIZE_MAX,
    SIZE_MAX - 1,
    SIZE_MAX - 15,
    SIZE_MAX - 16,
#if SIZE_MAX > UINT32_MAX /* else there may be as much */
    PTRDIFF_MAX - 64,
    PTRDIFF_MAX / 2,
#endif
  };
  volatile size_t next = 0;
  char *volatile kept;

  kept = arena_strndup (&arena, "kept", 4);
  if (ARENA_GUARD (&arena))
    next++;
  while (next < sizeof sizes / sizeof *sizes) {
    arena_alloc (&arena, sizes[next]);
    fail_msg ("%zu bytes", sizes[next]);
  }
  assert_string_equal (kept, "kept");
  assert_non_null (arena_alloc (&arena, 100));
}

static void
test_arrays_that_overflow_go_to_the_guard (void)
{
  volatile int jumps = 0;

  if (ARENA_GUARD (&arena))
    jumps++;
  if (jumps == 0)
    ARENA_ARRAY (&arena, uint64_t, SIZE_MAX / 8 + 1);
  if (jumps == 1)
    arena_grow (&arena, NULL, SIZE_MAX / 4 + 1, 8);
  assert_int_equal (jumps, 2);
}

static void
test_free_leaves_an_empty_arena (void)
{
  arena_alloc (&arena, 1000);
  arena_free (&arena);
  arena_free (&arena);
  assert_null (arena.chunks);
  assert_int_equal (*(char *) arena_alloc (&arena, 1000), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      TEST (test_blocks_are_aligned_zeroed_and_apart),
      TEST_IN_SMALL_CHUNKS (test_blocks_are_aligned_zeroed_and_apart),
      TEST (test_no_bytes_are_not_null),
      TEST_IN_SMALL_CHUNKS (test_no_bytes_are_not_null),
      TEST (test_larger_than_a_chunk),
      TEST_IN_SMALL_CHUNKS (test_larger_than_a_chunk),
      TEST (test_total_counts_what_malloc_gave),
      TEST_IN_SMALL_CHUNKS (test_total_counts_what_malloc_gave),
      TEST (test_growing_keeps_what_is_there),
      TEST_IN_SMALL_CHUNKS (test_growing_keeps_what_is_there),
      TEST (test_growing_moves_at_powers_of_two),
      TEST (test_text),
      TEST_IN_SMALL_CHUNKS (test_text),
      TEST (test_array_size),
      TEST (test_what_no_memory_serves_goes_to_the_guard),
      TEST (test_arrays_that_overflow_go_to_the_guard),
      TEST (test_free_leaves_an_empty_arena),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
