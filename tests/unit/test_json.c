#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json.h"
#include "text.h"

/* After ours: it defines a macro fail. */
#include <cmocka.h>

/* One document at a time; each test begins with an empty arena. */
static struct arena arena;
static struct json_document document;
static struct oci_seccomp_error err;

static int
set_up (void **state)
{
  (void) state;
  arena_init (&arena);
  memset (&err, 0, sizeof err);
  return 0;
}

static int
tear_down (void **state)
{
  (void) state;
  arena_free (&arena);
  return 0;
}

static int
parse_bytes (const char *json, size_t length)
{
  if (ARENA_GUARD (&arena))
    fail_msg ("out of memory");
  return json_parse (&document, "f.json", json, length, &arena, &err);
}

static const struct json_node *
parse (const char *json)
{
  if (parse_bytes (json, strlen (json)))
    fail_msg ("%s: %s", json, err.message);
  return document.root;
}

/* --- what is no document ------------------------------------------------------------------- */

static void
expect_message (const char *json, size_t length, int code, const char *message)
{
  int result;

  tear_down (NULL);
  arena_init (&arena);
  result = parse_bytes (json, length);
  if (result != code || strcmp (err.message, message) != 0)
    fail_msg ("%s\n got %d: %s\nwant %d: %s", json, result, result ? err.message : "", code,
              message);
  assert_int_equal (err.code, code);
  assert_null (document.root);
}

static void
test_errors (void **state)
{
  static const struct {
    const char *json, *message;
  } rows[] = {
      {"", "f.json:1:1: top level: not JSON: the input is empty"},
      {" \n\t\r ", "f.json:1:1: top level: not JSON: the input is empty"},
      {"{\v}", "f.json:1:2: top level: not JSON: a vertical tab or a form feed"},
      {"[1\f]", "f.json:1:3: top level: not JSON: a vertical tab or a form feed"},
      {"{", "f.json:1:2: top level: not JSON: premature EOF"},
      {"{\"a", "f.json:1:4: top level: not JSON: premature EOF"},
      {"{\"a\":", "f.json:1:6: a: not JSON: premature EOF"},
      {"[5", "f.json:1:3: [1]: not JSON: premature EOF"},
      {"[1,\n [", "f.json:2:3: [1][0]: not JSON: premature EOF"},
      {"[nul", "f.json:1:5: [0]: not JSON: invalid string in json text"},
      {"{\"a\":1}\n x", "f.json:2:2: top level: not JSON: trailing garbage"},
      {"{\"a\":1} {}", "f.json:1:9: top level: not JSON: trailing garbage"},
      {"{}]", "f.json:1:3: top level: not JSON: trailing garbage"},
      {"[1,,2]", "f.json:1:4: [1]: not JSON: unallowed token at this point in JSON text"},
      {"[1,]", "f.json:1:4: [1]: not JSON: unallowed token at this point in JSON text"},
      {"[1 2]", "f.json:1:4: [1]: not JSON: after array element, I expect ',' or ']'"},
      {"[1}", "f.json:1:3: [1]: not JSON: after array element, I expect ',' or ']'"},
      {"[01]", "f.json:1:3: [1]: not JSON: after array element, I expect ',' or ']'"},
      {"{\"a\" \"bcd\"}",
       "f.json:1:6: a: not JSON: object key and value must be separated by a colon (':')"},
      {"{\"x\":{\"a\":1]}",
       "f.json:1:12: x: not JSON: after key and value, inside map, I expect ',' or '}'"},
      {"{\"a\":1,}", "f.json:1:8: top level: not JSON: invalid object key (must be a string)"},
      {"{1:2}", "f.json:1:2: top level: not JSON: invalid object key (must be a string)"},
      {"[-]", "f.json:1:3: [0]: not JSON: malformed number, a digit is required after the minus "
              "sign"},
      {"[1.]", "f.json:1:4: [0]: not JSON: malformed number, a digit is required after the "
               "decimal point"},
      {"[1e]", "f.json:1:4: [0]: not JSON: malformed number, a digit is required after the "
               "exponent"},
      {"[ .5]", "f.json:1:3: [0]: not JSON: invalid char in json text"},
      {"[+1]", "f.json:1:2: [0]: not JSON: invalid char in json text"},
      {"NaN", "f.json:1:1: top level: not JSON: invalid char in json text"},
      {"'a'", "f.json:1:1: top level: not JSON: invalid char in json text"},
      {"{\"a\":\"\xc3\xa9\\x\"}", "f.json:1:9: a: not JSON: inside a string, '\\' occurs before a "
                                  "character which it may not"},
      {"[\"\\u12g4\"]", "f.json:1:7: [0]: not JSON: invalid (non-hex) character occurs after '\\u' "
                        "inside string"},
      {"[\"a\tb\"]", "f.json:1:4: [0]: not JSON: invalid character inside string"},
      {"[\"a\nb\"]", "f.json:1:4: [0]: not JSON: invalid character inside string"},
      {"// x\n[]", "f.json:1:1: top level: not JSON: probable comment found in input text, "
                   "comments are not enabled"},
      {"[1 /* x */]", "f.json:1:4: [1]: not JSON: probable comment found in input text, comments "
                      "are not enabled"},
      {"\xef\xbb\xbf{}", "f.json:1:1: top level: not JSON: invalid char in json text"},
      {"[\n\"\xff\"]", "f.json:2:2: top level: not JSON: a byte that is no UTF-8"},
      {"[\"\xc3\xa9\xc3\"]", "f.json:1:4: top level: not JSON: a byte that is no UTF-8"},
      {"{\"a\":\"\\u0000\"}", "f.json:1:7: a: a string may have no NUL (\\u0000)"},
      {"{\"b\":{\"x\\u0000\":1}}", "f.json:1:9: b: a string may have no NUL (\\u0000)"},
      {"[\"\\n\\u0000\"]", "f.json:1:5: [0]: a string may have no NUL (\\u0000)"},
      {"[\"\\ud800\"]", "f.json:1:3: [0]: a string may have no unpaired surrogate escape"},
      {"[\"\\ud800x\"]", "f.json:1:3: [0]: a string may have no unpaired surrogate escape"},
      {"[\"a\\ud800\\u0041\"]", "f.json:1:4: [0]: a string may have no unpaired surrogate escape"},
      {"[\"\\ud800\\ud800\\udc00\"]",
       "f.json:1:3: [0]: a string may have no unpaired surrogate escape"},
      {"[\"a\\udc00\"]", "f.json:1:4: [0]: a string may have no unpaired surrogate escape"},
      {"[\"\\ud800\\udc00\\udc00\"]",
       "f.json:1:15: [0]: a string may have no unpaired surrogate escape"},
      {"{\"a\":1,\n \"b\":2, \"a\":3}",
       "f.json:2:9: top level: key \"a\" is there twice; the first is at 1:2"},
      {"{\"l\":[{\"\\u0061\":1,\"a\":1}]}",
       "f.json:1:19: l[0]: key \"a\" is there twice; the first is at 1:8"},
      {"{\"\":1,\"\":1}", "f.json:1:7: top level: key \"\" is there twice; the first is at 1:2"},
      {"{\"a\":null,\"a\":null}",
       "f.json:1:11: top level: key \"a\" is there twice; the first is at 1:2"},
  };

  (void) state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    expect_message (rows[i].json, strlen (rows[i].json), OCI_SECCOMP_BAD_JSON, rows[i].message);
}

static void
test_raw_nul (void **state)
{
  (void) state;
  expect_message ("[1]\0", 4, OCI_SECCOMP_BAD_JSON,
                  "f.json:1:4: top level: not JSON: trailing garbage");
  expect_message ("[\"a\0\"]", 6, OCI_SECCOMP_BAD_JSON,
                  "f.json:1:4: [0]: not JSON: invalid character inside string");
  expect_message ("\0", 1, OCI_SECCOMP_BAD_JSON,
                  "f.json:1:1: top level: not JSON: invalid char in json text");
  expect_message (NULL, 0, OCI_SECCOMP_BAD_JSON,
                  "f.json:1:1: top level: not JSON: the input is empty");
}

static void
test_utf8 (void **state)
{
  static const char *const good[] = {"\x7f",         "\xc2\x80",         "\xdf\xbf",
                                     "\xe0\xa0\x80", "\xed\x9f\xbf",     "\xee\x80\x80",
                                     "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"};
  static const char *const bad[] = {"\x80",
                                    "\xbf",
                                    "\xc0\x80",
                                    "\xc1\xbf",
                                    "\xc2",
                                    "\xc2\x41",
                                    "\xe0\x9f\xbf",
                                    "\xe1\x80",
                                    "\xe1\x80\x41",
                                    "\xed\xa0\x80",
                                    "\xed\xbf\xbf",
                                    "\xf0\x8f\xbf\xbf",
                                    "\xf1\x80\x80",
                                    "\xf4\x90\x80\x80",
                                    "\xf5\x80\x80\x80",
                                    "\xff",
                                    "\xfe"};
  enum { MOST = 140 }; /* more than are looked at together, and as much again */
  char text[2 * MOST + 8];
  bool ascii;

  (void) state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    for (size_t before = 0; before < MOST; before++) {
      size_t size = strlen (good[i]);

      memset (text, 'x', sizeof text);
      memcpy (text + before, good[i], size);
      for (size_t length = before + size; length < sizeof text; length += 23) {
        assert_int_equal (text_check_utf8 (text, length, &ascii), length);
        assert_int_equal (ascii, good[i][0] == 0x7f);
      }
    }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    for (size_t before = 0; before < MOST; before++) {
      size_t size = strlen (bad[i]);

      memset (text, 'x', sizeof text);
      memcpy (text + before, bad[i], size);
      for (size_t length = before + size; length < sizeof text; length += 23)
        assert_int_equal (text_check_utf8 (text, length, &ascii), before);
    }
}

/* --- limits -------------------------------------------------------------------------------- */

static char *
repeat (const char *piece, size_t count, const char *end)
{
  size_t length = strlen (piece);
  char *text = malloc (length * count + strlen (end) + 1);

  assert_non_null (text);
  for (size_t i = 0; i < count; i++)
    memcpy (text + i * length, piece, length);
  strcpy (text + length * count, end);
  return text;
}

static void
test_depth (void **state)
{
  char closing[JSON_MAX_DEPTH + 2] = "";
  char *text;

  (void) state;
  memset (closing, ']', JSON_MAX_DEPTH);
  text = repeat ("[", JSON_MAX_DEPTH, closing);
  parse (text);
  free (text);
  closing[JSON_MAX_DEPTH] = ']';
  text = repeat ("[", JSON_MAX_DEPTH + 1, closing);
  assert_int_equal (parse_bytes (text, strlen (text)), OCI_SECCOMP_BAD_JSON);
  assert_non_null (strstr (err.message, "f.json:1:101: [0][0]"));
  assert_non_null (strstr (err.message, "nested too deep; at most 100 levels"));
  free (text);
  text = repeat ("{\"a\":", JSON_MAX_BYTES / 5, "");
  assert_int_equal (parse_bytes (text, strlen (text)), OCI_SECCOMP_BAD_JSON);
  free (text);
}

static void
test_size (void **state)
{
  char *text = repeat (" ", JSON_MAX_BYTES - 1, "7");

  (void) state;
  assert_int_equal (parse (text)->column, JSON_MAX_BYTES);
  free (text);
  text = repeat (" ", JSON_MAX_BYTES, "7");
  expect_message (text, JSON_MAX_BYTES + 1, OCI_SECCOMP_TOO_LARGE,
                  "f.json:1:1: top level: the input is too long; at most 16777216 bytes");
  free (text);
}

/* One value more than there may be, of each kind. */
static void
test_node_count (void **state)
{
  static const char *const last[] = {"null]", "true]", "0]", "\"\"]", "[]]", "{}]"};
  size_t chunk = arena_chunk_size;
  char *text;

  (void) state;
  arena_chunk_size = 64 * 1024;
  text = repeat ("0,", JSON_MAX_NODES - 1, "0]");
  text[0] = '[';
  text[1] = ' ';
  assert_int_equal (parse (text)->count, JSON_MAX_NODES - 1);
  free (text);
  for (size_t i = 0; i < sizeof last / sizeof *last; i++) {
    text = repeat ("0,", JSON_MAX_NODES, last[i]);
    text[0] = '[';
    text[1] = ' ';
    expect_message (text, strlen (text), OCI_SECCOMP_TOO_LARGE,
                    "f.json:1:2097153: [1048575]: too many values; at most 1048576");
    free (text);
  }
  arena_chunk_size = chunk;
}

/* Comparing all pairs would take minutes. */
static void
test_many_keys (void **state)
{
  enum { COUNT = 100000 };
  char *text = malloc (COUNT * 16 + 64), *end = text;
  clock_t begin;

  (void) state;
  assert_non_null (text);
  for (int i = 0; i < COUNT; i++)
    end += sprintf (end, "%c\"k%d\":1\n", i ? ',' : '{', i);
  strcpy (end, "}");
  begin = clock ();
  assert_int_equal (parse (text)->count, COUNT);
  assert_true ((clock () - begin) / CLOCKS_PER_SEC < 10);
  strcpy (end, ",\"k77\":2}");
  expect_message (text, strlen (text), OCI_SECCOMP_BAD_JSON,
                  "f.json:100001:2: top level: key \"k77\" is there twice; the first is at 78:2");
  free (text);
}

/* Just as many keys as are still compared pairwise, and one more. */
static void
test_some_keys (void **state)
{
  char text[512], *end;

  (void) state;
  for (int count = 14; count < 20; count++) {
    end = text;
    for (int i = 0; i < count; i++)
      end += sprintf (end, "%c\"%c\":1", i ? ',' : '{', 'a' + i);
    strcpy (end, "}");
    assert_int_equal (parse (text)->count, count);
    strcpy (end, ",\"c\":1}");
    assert_int_equal (parse_bytes (text, strlen (text)), OCI_SECCOMP_BAD_JSON);
    assert_non_null (strstr (err.message, "key \"c\" is there twice; the first is at 1:14"));
  }
}

/* --- what a document has ------------------------------------------------------------------- */

static void
test_tree (void **state)
{
  const struct json_node *root = parse (
      "{\"a\":[1,-2.5e3,\"x\\n\\u00e9\\ud83d\\ude00\\/\",true,false,null],\"b\":{},\"\":\"\"}");
  const struct json_node *a = json_member (root, "a"), *node;

  (void) state;
  assert_int_equal (root->type, JSON_OBJECT);
  assert_int_equal (root->count, 3);
  assert_null (root->parent);
  assert_null (root->next);
  assert_ptr_equal (root->first, a);
  assert_ptr_equal (a->parent, root);
  assert_int_equal (a->type, JSON_ARRAY);
  assert_int_equal (a->count, 6);
  node = a->first;
  assert_int_equal (node->type, JSON_NUMBER);
  assert_string_equal (node->text, "1");
  node = node->next;
  assert_string_equal (node->text, "-2.5e3");
  assert_int_equal (node->length, 6);
  assert_int_equal (node->index, 1);
  node = node->next;
  assert_int_equal (node->type, JSON_STRING);
  assert_string_equal (node->text, "x\n\xc3\xa9\xf0\x9f\x98\x80/");
  assert_int_equal (node->length, strlen (node->text));
  node = node->next;
  assert_true (node->type == JSON_BOOLEAN && node->boolean);
  node = node->next;
  assert_true (node->type == JSON_BOOLEAN && !node->boolean);
  node = node->next;
  assert_int_equal (node->type, JSON_NULL);
  assert_null (node->next);
  assert_int_equal (json_member (root, "b")->type, JSON_OBJECT);
  assert_int_equal (json_member (root, "b")->count, 0);
  assert_string_equal (json_member (root, "")->text, "");
}

/* More values than memory is taken for at once, so that keys and values come apart anywhere. */
static void
test_many_values (void **state)
{
  enum { COUNT = 300 };
  char *text = repeat ("{\"k\":[1,true],\"s\":\"t\"},", COUNT, "0]}");
  char *whole = malloc (strlen (text) + 8);
  const struct json_node *array, *node;
  uint32_t index = 0;

  (void) state;
  assert_non_null (whole);
  strcpy (stpcpy (whole, "{\"a\":["), text);
  array = json_member (parse (whole), "a");
  assert_int_equal (array->count, COUNT + 1);
  for (node = array->first; node->next; node = node->next, index++) {
    const struct json_node *k = json_member (node, "k"), *s = json_member (node, "s");

    assert_ptr_equal (node->parent, array);
    assert_int_equal (node->index, index);
    assert_int_equal (node->count, 2);
    assert_ptr_equal (k->next, s);
    assert_ptr_equal (k->parent, node);
    assert_int_equal (whole[k->key_begin], '"');
    assert_string_equal (k->first->text, "1");
    assert_true (k->first->next->boolean);
    assert_ptr_equal (k->first->next->parent, k);
    assert_string_equal (s->text, "t");
    assert_int_equal (s->index, 1);
    assert_int_equal (s->column, s->begin + 1);
    assert_null (s->next);
  }
  assert_int_equal (index, COUNT);
  free (whole);
  free (text);
}

/* The input is let go: nothing of the tree may point into it. */
static void
test_input_is_not_kept (void **state)
{
  char *text = strdup ("{\"key\":\"value\",\"n\":12}");
  const struct json_node *root = parse (text);

  (void) state;
  memset (text, 'x', strlen (text));
  free (text);
  assert_string_equal (json_member (root, "key")->text, "value");
  assert_string_equal (json_member (root, "n")->text, "12");
}

/* Longer than any buffer that is there from the start. */
static void
test_long_strings (void **state)
{
  enum { COUNT = 50000 };
  char *text = repeat ("\\n", COUNT, "\"]"), *plain = repeat ("a", COUNT, "\"]");
  const char *decoded;

  (void) state;
  memcpy (text, "[\"", 2);
  decoded = parse (text)->first->text;
  assert_int_equal (strlen (decoded), COUNT - 1);
  assert_int_equal (strspn (decoded, "\n"), COUNT - 1);
  memcpy (plain, "[\"", 2);
  assert_int_equal (strspn (parse (plain)->first->text, "a"), COUNT - 2);
  free (plain);
  free (text);
}

static void
test_scalars_at_the_top (void **state)
{
  static const char *const texts[] = {"5",    "-17",      " 5", "5 ",     "\n true",
                                      "null", "\"x\\n\"", "[]", "false\n"};

  (void) state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    const struct json_node *root = parse (texts[i]);
    size_t begin = strspn (texts[i], " \n");

    assert_int_equal (root->begin, begin);
    assert_int_equal (root->end, strcspn (texts[i] + begin, " ") + begin -
                                     (texts[i][strlen (texts[i]) - 1] == '\n'));
  }
  assert_string_equal (parse ("5")->text, "5");
  assert_int_equal (parse ("\n\n  -5")->line, 3);
}

static void
test_members (void **state)
{
  const struct json_node *root = parse ("{\"a\":null,\"b\":1,\"ab\":[]}");

  (void) state;
  assert_null (json_member (root, "a"));
  assert_int_equal (json_member_or_null (root, "a")->type, JSON_NULL);
  assert_string_equal (json_member (root, "b")->text, "1");
  assert_null (json_member (root, "B"));
  assert_null (json_member (root, "bb"));
  assert_null (json_member (json_member (root, "ab"), "a"));
  assert_null (json_member (NULL, "a"));
}

/* --- positions ----------------------------------------------------------------------------- */

static void
check_place (const char *json, const struct json_node *node, size_t offset, unsigned line,
             unsigned column)
{
  unsigned want_line = 1, want_column = 1;

  for (size_t i = 0; i < offset; i++) {
    if (json[i] == '\n') {
      want_line++;
      want_column = 1;
    } else if (((unsigned char) json[i] & 0xc0) != 0x80) {
      want_column++;
    }
  }
  if (line != want_line || column != want_column)
    fail_msg ("%s: offset %zu of a node of type %d is %u:%u, not %u:%u", json, offset, node->type,
              want_line, want_column, line, column);
}

/* What a node says of its place is what the bytes there say. */
static void
check_positions (const char *json, const struct json_node *node)
{
  static const char openings[] = {[JSON_STRING] = '"', [JSON_ARRAY] = '[', [JSON_OBJECT] = '{'};
  static const char endings[] = {[JSON_STRING] = '"', [JSON_ARRAY] = ']', [JSON_OBJECT] = '}'};
  size_t length = node->end - node->begin;
  const char *at = json + node->begin;

  check_place (json, node, node->begin, node->line, node->column);
  if (node->type >= JSON_STRING) {
    assert_int_equal (at[0], openings[node->type]);
    assert_int_equal (at[length - 1], endings[node->type]);
  } else if (node->type == JSON_NUMBER) {
    assert_int_equal (length, node->length);
    assert_memory_equal (at, node->text, length);
  } else {
    const char *word = node->type == JSON_NULL ? "null" : node->boolean ? "true" : "false";

    assert_int_equal (length, strlen (word));
    assert_memory_equal (at, word, length);
  }
  if (node->parent && node->parent->type == JSON_OBJECT) {
    assert_int_equal (json[node->key_begin], '"');
    assert_true (node->key_begin < node->begin);
    assert_true (node->key_begin > node->parent->begin);
  }
  if (node->parent)
    assert_true (node->begin > node->parent->begin && node->end < node->parent->end);
  if (node->next)
    assert_true (node->next->begin > node->end && node->next->index == node->index + 1);
  for (const struct json_node *child = node->first; child; child = child->next)
    check_positions (json, child);
}

static void
test_positions (void **state)
{
  static const char *const texts[] = {
      "{\"a\":1}",
      " { \"a\" : 1 , \"b\":[ true,false ,null,1.5e-3 , -0 ]\n,\"c\" :\"\"} \n",
      "[[[]],[{}],{\"x\":[{\"y\":{}}]},[[\n]]]",
      "[\"\\\"\\n\", \"a\\\"b\" ,\"\\\\\",\"\\u0041\",\"\\\"\\\"\\\"\",\n\"x\\\"\\\"\"]",
      "{\"\\\"k\\\\\":\"\\\\\", \"\\u006b\" :{\"\\n\":\"\\t,:\"}}",
      "{\"\xc3\xa9\xc3\xa9\":\"\xe2\x82\xac\", \"b\":[\"\xf0\x9f\x98\x80\",1,\n\"\xc3\xa9\", 2]}",
      "[\"\xc3\xa9\\n\xc3\xa9\", \"\\u00e9\",3]",
      "[1,2,3,[4],5,\r\n\t6]",
      "[\",\", \":\", \" \", \"[\", \"]\", \"{\", \"}\", \"\\\\\"]",
  };

  (void) state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    check_positions (texts[i], parse (texts[i]));
}

/* Random documents with random space; the generator needs no more than to vary. */
static uint32_t random_state;

static unsigned
random_below (unsigned bound)
{
  random_state = random_state * 1664525 + 1013904223;
  return (random_state >> 8) % bound;
}

static char *
put_space (char *to)
{
  while (random_below (3) == 0)
    *to++ = " \n\t\r"[random_below (4)];
  return to;
}

static char *
put_value (char *to, unsigned depth)
{
  static const char *const scalars[] = {"null",     "true",           "false",        "0",
                                        "-12.5e+7", "\"\"",           "\"a,b\"",      "\"\\\"\"",
                                        "\"\\\\\"", "\"\\u00e9\\n\"", "\"\xc3\xa9\"", "7"};
  unsigned kind = random_below (depth < 6 ? 6 : 4), count = random_below (4);

  to = put_space (to);
  if (kind < 4) {
    const char *scalar = scalars[random_below (sizeof scalars / sizeof *scalars)];

    return put_space (stpcpy (to, scalar));
  }
  *to++ = kind == 4 ? '[' : '{';
  to = put_space (to);
  for (unsigned i = 0; i < count; i++) {
    if (i)
      *to++ = ',';
    if (kind == 5) {
      to = put_space (to);
      to += sprintf (to, "\"%s%u\"", random_below (2) ? "\\n" : "\xc3\xa9", i);
      to = put_space (to);
      *to++ = ':';
    }
    to = put_value (to, depth + 1);
  }
  *to++ = kind == 4 ? ']' : '}';
  return put_space (to);
}

static void
test_positions_of_random_documents (void **state)
{
  static char text[1 << 20];

  (void) state;
  random_state = 1;
  for (int i = 0; i < 2000; i++) {
    *put_value (text, 0) = '\0';
    check_positions (text, parse (text));
    tear_down (NULL);
    set_up (NULL);
  }
}

/* --- messages ------------------------------------------------------------------------------ */

static void
test_paths (void **state)
{
  const struct json_node *root =
      parse ("{\"linux\":{\"seccomp\":{\"syscalls\":[0,1,2,{\"args\":[0,{\"op\":1}]}]}},"
             "\"a.b\":{\"\":[{\"x\\ny\":1}]}}");
  const struct json_node *section = json_member (json_member (root, "linux"), "seccomp");
  const struct json_node *rule = json_member (section, "syscalls")->first->next->next->next;
  const struct json_node *op = json_member (json_member (rule, "args")->first->next, "op");
  const struct json_node *odd = json_member (json_member (root, "a.b"), "")->first->first;
  char path[256];

  (void) state;
  assert_string_equal (json_path (root, path, sizeof path), "");
  assert_string_equal (json_path (op, path, sizeof path), "linux.seccomp.syscalls[3].args[1].op");
  assert_string_equal (json_path (odd, path, sizeof path), "[\"a.b\"][\"\"][0][\"x\\u000ay\"]");
  assert_string_equal (json_path (op, path, 10), "linux.sec");
  assert_string_equal (json_path (op, path, 1), "");
  assert_string_equal (json_path (NULL, path, sizeof path), "");
}

/* A path as long as it can be must not hide what was wrong. */
static void
test_long_messages (void **state)
{
  char *text = repeat ("{\"abcdefghijklmnopqrstuvwxyz0123456789\":", 99, "[1,2}");
  char long_name[600];

  (void) state;
  assert_int_equal (parse_bytes (text, strlen (text)), OCI_SECCOMP_BAD_JSON);
  assert_non_null (strstr (err.message, "not JSON: after array element"));
  free (text);
  memset (long_name, 'n', sizeof long_name - 1);
  long_name[sizeof long_name - 1] = '\0';
  assert_int_equal (json_parse (&document, long_name, "[", 1, &arena, &err), OCI_SECCOMP_BAD_JSON);
  assert_non_null (strstr (err.message, "nnn:1:2: [0]: not JSON: premature EOF"));
}

static void
test_quotes (void **state)
{
  static const struct {
    const char *text, *quoted;
  } rows[] = {
      {"", "\"\""},
      {"SCMP_ACT_X", "\"SCMP_ACT_X\""},
      {"a\"b\\c", "\"a\\\"b\\\\c\""},
      {"a\nb\033[2Jc\x7f", "\"a\\u000ab\\u001b[2Jc\\u007f\""},
      {"\xc2\x80\xc2\x9f\xc2\xa0", "\"\\u0080\\u009f\xc2\xa0\""},
      {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
      {"\xff\xc3", "\"\\xff\\xc3\""},
      {"\xf0\x9f\x98", "\"\\xf0\\x9f\\x98\""},
      {"\xe2\x41", "\"\\xe2A\""},
  };
  char buffer[JSON_QUOTE_TEXT], text[200];

  (void) state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_string_equal (json_quote (rows[i].text, buffer), rows[i].quoted);
  memset (text, 'a', sizeof text);
  text[90] = '\0';
  json_quote (text, buffer);
  assert_int_equal (strlen (buffer), 92);
  text[90] = 'a';
  text[199] = '\0';
  json_quote (text, buffer);
  assert_int_equal (strlen (buffer), JSON_QUOTE_TEXT - 1);
  assert_string_equal (buffer + JSON_QUOTE_TEXT - 7, "aa\"...");
}

static void
test_expectations (void **state)
{
  static const char *const words[] = {"null",     "a boolean", "a number",
                                      "a string", "an array",  "an object"};
  const struct json_node *root = parse ("[null,true,1,\"\",[],{\"a\":{},\"n\":null}]");
  const struct json_node *last = NULL;
  int type = 0;

  (void) state;
  for (const struct json_node *node = root->first; node; node = node->next, type++) {
    assert_int_equal (node->type, type);
    assert_string_equal (json_type_name (node->type), words[type]);
    assert_int_equal (json_expect (&document, node, node->type, NULL, &err), 0);
    last = node;
  }
  assert_int_equal (json_expect (&document, last, JSON_STRING, NULL, &err),
                    OCI_SECCOMP_INVALID_PROFILE);
  assert_string_equal (err.message, "f.json:1:20: [5]: is an object; want a string");
  json_expect (&document, last, JSON_STRING, "a word", &err);
  assert_string_equal (err.message, "f.json:1:20: [5]: is an object; want a word");
  assert_int_equal (json_fail_missing (&err, &document, last, "b", "a word"),
                    OCI_SECCOMP_INVALID_PROFILE);
  assert_string_equal (err.message, "f.json:1:20: [5].b: is missing; want a word");
  json_fail_missing (&err, &document, last, "n", "a word");
  assert_string_equal (err.message, "f.json:1:32: [5].n: is null; want a word");
  json_fail_missing (&err, &document, root, "b c", "a word");
  assert_string_equal (err.message, "f.json:1:1: [\"b c\"]: is missing; want a word");
  assert_string_equal (json_message (&arena, &document, root, "is %d", 7),
                       "f.json:1:1: top level: is 7");
}

/* --- numbers ------------------------------------------------------------------------------- */

static void
test_unsigned (void **state)
{
  static const struct {
    const char *text;
    uint64_t max;
    bool good;
    uint64_t value;
  } rows[] = {
      {"0", UINT64_MAX, true, 0},
      {"5", 5, true, 5},
      {"6", 5, false, 0},
      {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
      {"18446744073709551616", UINT64_MAX, false, 0},
      {"18446744073709551620", UINT64_MAX, false, 0},
      {"99999999999999999999", UINT64_MAX, false, 0},
      {"184467440737095516150", UINT64_MAX, false, 0},
      {"340282366920938463463374607431768211456", UINT64_MAX, false, 0},
      {"9007199254740993", UINT64_MAX, true, 9007199254740993u},
      {"-1", UINT64_MAX, false, 0},
      {"-0", UINT64_MAX, false, 0},
      {"1.0", UINT64_MAX, false, 0},
      {"0.0", UINT64_MAX, false, 0},
      {"1e3", UINT64_MAX, false, 0},
      {"1E0", UINT64_MAX, false, 0},
      {"\"1\"", UINT64_MAX, false, 0},
      {"true", UINT64_MAX, false, 0},
  };

  (void) state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint64_t value = 4711;

    if (json_unsigned (parse (rows[i].text), rows[i].max, &value) != rows[i].good)
      fail_msg ("%s", rows[i].text);
    assert_true (value == (rows[i].good ? rows[i].value : 4711));
  }
}

static void
test_signed (void **state)
{
  static const struct {
    const char *text;
    int64_t min, max;
    bool good;
    int64_t value;
  } rows[] = {
      {"0", -1, 1, true, 0},
      {"-1000", -1000, 1000, true, -1000},
      {"-1001", -1000, 1000, false, 0},
      {"1001", -1000, 1000, false, 0},
      {"9223372036854775807", INT64_MIN, INT64_MAX, true, INT64_MAX},
      {"9223372036854775808", INT64_MIN, INT64_MAX, false, 0},
      {"-9223372036854775808", INT64_MIN, INT64_MAX, true, INT64_MIN},
      {"-9223372036854775809", INT64_MIN, INT64_MAX, false, 0},
      {"-0", -1, 1, false, 0},
      {"-1.0", -1, 1, false, 0},
      {"1.5", -1, 2, false, 0},
      {"\"1\"", -1, 1, false, 0},
  };

  (void) state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int64_t value = 4711;

    if (json_signed (parse (rows[i].text), rows[i].min, rows[i].max, &value) != rows[i].good)
      fail_msg ("%s", rows[i].text);
    assert_true (value == (rows[i].good ? rows[i].value : 4711));
  }
}

/* --- writing ------------------------------------------------------------------------------- */

static const char *
written (const char *json, const char *indent)
{
  const struct json_node *root = parse (json);
  struct json_writer *writer = json_writer_new (&arena, indent);
  size_t length;
  const char *text;

  json_write_node (writer, root);
  text = json_writer_text (writer, &length);
  assert_int_equal (length, strlen (text));
  return text;
}

static void
test_writing (void **state)
{
  (void) state;
  assert_string_equal (
      written ("[ 1 , {\"a\" : null ,\"b\":[ ]},{},[[]],true,false,-1.50e3]", NULL),
      "[1,{\"a\":null,\"b\":[]},{},[[]],true,false,-1.50e3]");
  assert_string_equal (written ("{\"a\":[1,\"x\"],\"b\":{},\"c\":[],\"d\":{\"e\":0}}", "  "),
                       "{\n  \"a\": [\n    1,\n    \"x\"\n  ],\n  \"b\": {},\n  \"c\": [],\n"
                       "  \"d\": {\n    \"e\": 0\n  }\n}\n");
  assert_string_equal (written ("5", "\t"), "5\n");
  assert_string_equal (written ("\"\\u0001\\b\\f\\n\\r\\t\\\"\\\\\\/\\u001f\x7f\xc3\xa9\"", NULL),
                       "\"\\u0001\\b\\f\\n\\r\\t\\\"\\\\/\\u001f\\u007f\xc3\xa9\"");
}

static void
test_writing_by_hand (void **state)
{
  struct json_writer *writer;

  (void) state;
  if (ARENA_GUARD (&arena))
    fail_msg ("out of memory");
  writer = json_writer_new (&arena, NULL);
  json_write_object (writer);
  json_write_string (writer, "max");
  json_write_unsigned (writer, UINT64_MAX);
  json_write_string (writer, "list");
  json_write_array (writer);
  json_write_boolean (writer, true);
  json_write_null (writer);
  json_write_string (writer, "");
  json_write_array_end (writer);
  json_write_object_end (writer);
  assert_string_equal (json_writer_text (writer, NULL),
                       "{\"max\":18446744073709551615,\"list\":[true,null,\"\"]}");
}

/* What was written reads as what it was written from. */
static void
test_writing_random_documents (void **state)
{
  static char text[1 << 20];

  (void) state;
  random_state = 2;
  for (int i = 0; i < 500; i++) {
    const char *compact, *indented;

    *put_value (text, 0) = '\0';
    compact = written (text, NULL);
    indented = written (compact, "\t");
    assert_string_equal (written (indented, NULL), compact);
    tear_down (NULL);
    set_up (NULL);
  }
}

/* Every test runs a second time with each allocation in a chunk of its own. */
static int
set_up_small (void **state)
{
  arena_chunk_size = 1;
  return set_up (state);
}

static int
tear_down_small (void **state)
{
  arena_chunk_size = 64 * 1024;
  return tear_down (state);
}

#define TEST(function)                                           \
  cmocka_unit_test_setup_teardown (function, set_up, tear_down), \
      cmocka_unit_test_setup_teardown (function, set_up_small, tear_down_small)

int
main (void)
{
  const struct CMUnitTest tests[] = {
      TEST (test_errors),
      TEST (test_raw_nul),
      TEST (test_utf8),
      TEST (test_depth),
      TEST (test_size),
      TEST (test_node_count),
      TEST (test_many_keys),
      TEST (test_some_keys),
      TEST (test_tree),
      TEST (test_many_values),
      TEST (test_input_is_not_kept),
      TEST (test_long_strings),
      TEST (test_scalars_at_the_top),
      TEST (test_members),
      TEST (test_positions),
      TEST (test_positions_of_random_documents),
      TEST (test_paths),
      TEST (test_long_messages),
      TEST (test_quotes),
      TEST (test_expectations),
      TEST (test_unsigned),
      TEST (test_signed),
      TEST (test_writing),
      TEST (test_writing_by_hand),
      TEST (test_writing_random_documents),
  };

  return cmocka_run_group_tests_name ("json", tests, NULL, NULL);
}
