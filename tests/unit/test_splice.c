#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "splice.h"

/* After ours: it defines a macro fail. */
#include <cmocka.h>

/* One document at a time; each test begins with an empty arena. */
static struct arena arena;
static struct json_document document;
static struct splices splices;
static struct oci_seccomp_error err;

static int
set_up (void **state)
{
  (void) state;
  arena_init (&arena);
  return 0;
}

static int
set_up_small_chunks (void **state)
{
  arena_chunk_size = 1;
  return set_up (state);
}

static int
tear_down (void **state)
{
  (void) state;
  arena_chunk_size = 64 * 1024;
  arena_free (&arena);
  return 0;
}

static const struct json_node *
parse (const char *json)
{
  if (ARENA_GUARD (&arena))
    fail_msg ("out of memory");
  if (json_parse (&document, "f.json", json, strlen (json), &arena, &err))
    fail_msg ("%s: %s", json, err.message);
  splices_init (&splices, json, strlen (json), &arena);
  return document.root;
}

/* What came of it is as told, and is JSON. */
static void
expect (const char *wanted)
{
  size_t length;
  const char *text = splices_apply (&splices, &length);

  assert_string_equal (text, wanted);
  assert_int_equal (length, strlen (wanted));
  if (json_parse (&document, "f.json", text, length, &arena, &err))
    fail_msg ("%s: %s", text, err.message);
}

static void
no_change_is_the_same_bytes (void **state)
{
  static const char json[] = " {\"a\" : 1.50e+3,\t\"\\u0062\":[ 9007199254740993 ] }\r\n";

  (void) state;
  parse (json);
  expect (json);
}

static void
values_are_replaced (void **state)
{
  const struct json_node *root = parse ("{\"a\":\"x\", \"b\": [1, {} ],\"c\":null}");

  (void) state;
  splice_replace (&splices, json_member_or_null (root, "c"), "{}");
  splice_replace (&splices, json_member (root, "a"), "\"longer than it was\"");
  splice_replace (&splices, json_member (root, "b"), "0");
  expect ("{\"a\":\"longer than it was\", \"b\": 0,\"c\":{}}");
}

static void
the_root_is_replaced (void **state)
{
  const struct json_node *root = parse (" [1] ");

  (void) state;
  splice_replace (&splices, root, "2");
  expect (" 2 ");
}

static const struct {
  const char *json, *key, *wanted;
} removals[] = {
    {"{\"a\":1,\"b\":2,\"c\":3}", "a", "{\"b\":2,\"c\":3}"},
    {"{\"a\":1,\"b\":2,\"c\":3}", "b", "{\"a\":1,\"c\":3}"},
    {"{\"a\":1,\"b\":2,\"c\":3}", "c", "{\"a\":1,\"b\":2}"},
    {"{\"a\":1}", "a", "{}"},
    {"{ \"a\" : {\"b\": 1} }", "a", "{  }"},
    {"{\n  \"a\": 1,\n  \"b\": 2\n}", "a", "{\n  \"b\": 2\n}"},
    {"{\n  \"a\": 1,\n  \"b\": 2\n}", "b", "{\n  \"a\": 1\n}"},
    {"{ \"\\u0061\" : 1 , \"b\" : 2 }", "a", "{ \"b\" : 2 }"},
};

static void
members_are_removed (void **state)
{
  (void) state;
  for (size_t i = 0; i < sizeof removals / sizeof removals[0]; i++) {
    const struct json_node *root = parse (removals[i].json);

    splice_remove_member (&splices, json_member (root, removals[i].key));
    expect (removals[i].wanted);
  }
}

static const struct {
  const char *json, *wanted;
} additions[] = {
    {"{}", "{\"k\":\"v\"}"},
    {"{ }", "{\"k\":\"v\" }"},
    {"{\"a\":1}", "{\"a\":1,\"k\":\"v\"}"},
    {"{\"a\":{}}", "{\"a\":{},\"k\":\"v\"}"},
    {"{ \"a\" : 1 }", "{ \"a\" : 1, \"k\": \"v\" }"},
    {"{\n\t\"a\": 1,\n\t\"b\": [1,\n2]\n}", "{\n\t\"a\": 1,\n\t\"b\": [1,\n2],\n\t\"k\": \"v\"\n}"},
    {"{\"a\":12}\n", "{\"a\":12,\"k\":\"v\"}\n"},
};

static void
members_are_added (void **state)
{
  (void) state;
  for (size_t i = 0; i < sizeof additions / sizeof additions[0]; i++) {
    const struct json_node *root = parse (additions[i].json);

    splice_add_member (&splices, root, "k", "\"v\"");
    expect (additions[i].wanted);
  }
}

static const struct {
  const char *json, *first, *last;
} items[] = {
    {"[]", "[7,8]", "[7,8]"},
    {"[ ]", "[7,8 ]", "[7,8 ]"},
    {"[1]", "[7,8,1]", "[1,7,8]"},
    {"[1,2]", "[7,8,1,2]", "[1,2,7,8]"},
    {"[ 1 ]", "[ 7, 8, 1 ]", "[ 1, 7, 8 ]"},
    {"[\n  1,\n  2\n]", "[\n  7,\n  8,\n  1,\n  2\n]", "[\n  1,\n  2,\n  7,\n  8\n]"},
    {"[{\"a\":[]}]", "[7,8,{\"a\":[]}]", "[{\"a\":[]},7,8]"},
};

static void
items_are_added (void **state)
{
  static const char *const added[] = {"7", "8"};

  (void) state;
  for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
    splice_add_first (&splices, parse (items[i].json), added, 2);
    expect (items[i].first);
    splice_add_last (&splices, parse (items[i].json), added, 2);
    expect (items[i].last);
  }
}

/* In any order of calls, and whatever their lengths are. */
static void
changes_go_together (void **state)
{
  static const char json[] = "{\"a\":[1],\"b\":{\"c\":2,\"d\":3},\"e\":4}";
  static const char *const added[] = {"\"first\""};

  (void) state;
  for (int order = 0; order < 2; order++) {
    const struct json_node *root = parse (json);
    const struct json_node *b = json_member (root, "b");

    if (order)
      splice_add_member (&splices, root, "f", "5");
    splice_remove_member (&splices, json_member (b, "d"));
    splice_add_first (&splices, json_member (root, "a"), added, 1);
    splice_replace (&splices, json_member (b, "c"), "[]");
    if (!order)
      splice_add_member (&splices, root, "f", "5");
    expect ("{\"a\":[\"first\",1],\"b\":{\"c\":[]},\"e\":4,\"f\":5}");
  }
}

int
main (void)
{
#define TEST(function)                                           \
  cmocka_unit_test_setup_teardown (function, set_up, tear_down), \
      cmocka_unit_test_setup_teardown (function, set_up_small_chunks, tear_down)
  const struct CMUnitTest tests[] = {
      TEST (no_change_is_the_same_bytes), TEST (values_are_replaced), TEST (the_root_is_replaced),
      TEST (members_are_removed),         TEST (members_are_added),   TEST (items_are_added),
      TEST (changes_go_together),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
