#include "json.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_parse.h>

struct parser {
  char *json; /* a copy of the input; where a string ends, a NUL replaces the quote */
  size_t length;
  bool completing; /* all bytes are consumed: what comes now is a number at the very end */
  struct arena *arena;
  struct oci_seccomp_error *err;
  struct json_document *document;
  yajl_handle yajl;
  int code; /* why a callback stopped the parse, or 0 */

  unsigned depth;
  struct json_node *parent;   /* the innermost open container */
  struct json_node *node;     /* the one to come, as far as it is read */
  struct json_node *node_end; /* when `node` is here, it has to move to new memory to be added */
  unsigned node_room;         /* how many nodes the memory that was taken can have added */
  struct json_node **link;    /* where the one to come will be linked in */

  size_t token_end; /* of the last token that was reported */
  struct text_lines lines;
};

/* --- memory --------------------------------------------------------------------------------
 *
 * yajl's comes from the arena too, so that a jump out of the middle of it leaks nothing. */

enum { SIZE_HEADER = _Alignof(max_align_t) };

static void *
yajl_arena_malloc (void *context, size_t size)
{
  char *block = arena_take (context, size + SIZE_HEADER);

  memcpy (block, &size, sizeof size);
  return block + SIZE_HEADER;
}

static void
yajl_arena_free (void *context, void *pointer)
{
  (void) context;
  (void) pointer;
}

static void *
yajl_arena_realloc (void *context, void *pointer, size_t size)
{
  void *grown = yajl_arena_malloc (context, size);
  size_t old_size;

  if (!pointer)
    return grown;
  memcpy (&old_size, (char *) pointer - SIZE_HEADER, sizeof old_size);
  return memcpy (grown, pointer, old_size < size ? old_size : size);
}

/* --- positions ----------------------------------------------------------------------------- */

static bool
is_one_of (char c, const char *set)
{
  return c != '\0' && strchr (set, c);
}

static size_t
space_skip (const struct parser *parser, size_t at, size_t limit, const char *space)
{
  while (at < limit && is_one_of (parser->json[at], space))
    at++;
  return at;
}

/* Where the token after the last reported one begins, looking no further than limit. yajl has
 * approved what stands between. */
static size_t
token_begin (const struct parser *parser, size_t limit)
{
  return space_skip (parser, parser->token_end, limit, " \t\n\r,:");
}

/* Just past the token that yajl reports now. */
static size_t
token_end (const struct parser *parser)
{
  return parser->completing ? parser->length : yajl_get_bytes_consumed (parser->yajl);
}

/* --- errors -------------------------------------------------------------------------------- */

/* Fails at an offset. The path is that of the value which is being read there. */
static int
parser_fail (struct parser *parser, int code, size_t offset, const char *reason)
{
  struct json_node shown = *parser->node, *parent = parser->parent;

  shown.parent = parent;
  shown.index = parent ? parent->count : 0;
  if (parent && parent->type == JSON_OBJECT && !shown.key)
    shown = *parent;
  text_position (parser->json, offset, &shown.line, &shown.column);
  parser->code = json_fail (parser->err, code, parser->document, &shown, "%s", reason);
  return parser->code;
}

/* A callback that fails stops yajl by returning 0. */
static int
parser_stop (struct parser *parser, int code, size_t offset, const char *reason)
{
  parser_fail (parser, code, offset, reason);
  return 0;
}

/* Turns yajl's complaint into ours. Its position is just past a token that the grammar forbids,
 * but at the byte that makes a token malformed; ours is where the one begins, or at the other. */
static void
parser_fail_syntax (struct parser *parser)
{
  unsigned char *text = yajl_get_error (parser->yajl, 0, NULL, 0);
  const char *message = (const char *) text, *colon = strstr (message, ": ");
  bool lexical = strncmp (message, "lexical", 7) == 0;
  size_t consumed = parser->completing ? parser->length : yajl_get_bytes_consumed (parser->yajl);
  size_t begin = token_begin (parser, consumed ? consumed - 1 : 0);
  size_t length;

  if (colon)
    message = colon + 2;
  length = strcspn (message, "\n");
  if (length && message[length - 1] == '.')
    length--;
  if (!parser->completing && lexical && begin + 1 == consumed &&
      !is_one_of (parser->json[begin], " \t\n\r-0123456789\"tfn[]{},:/"))
    consumed = begin;
  message = arena_printf (parser->arena, "not JSON: %.*s", (int) length, message);
  parser_fail (parser, OCI_SECCOMP_BAD_JSON, lexical || parser->completing ? consumed : begin,
               message);
}

/* --- nodes --------------------------------------------------------------------------------- */

static inline int node_add (struct parser *parser, enum json_type type);

/* Takes memory for the next nodes, and one more: after the last of them is added, the one to come
 * is read there, before it moves in its turn. 0 if there are too many. */
static __attribute__ ((noinline)) int
node_move (struct parser *parser, enum json_type type)
{
  enum { BLOCK = 64 };
  struct json_node *block;

  _Static_assert(JSON_MAX_NODES % BLOCK == 0, "the limit is met exactly");
  if (parser->node_room == JSON_MAX_NODES)
    return parser_stop (
        parser, OCI_SECCOMP_TOO_LARGE, parser->node->begin,
        arena_printf (parser->arena, "too many values; at most %d", JSON_MAX_NODES));
  block = arena_take (parser->arena, (BLOCK + 1) * sizeof *block);
  *block = *parser->node;
  parser->node = block;
  parser->node_end = block + BLOCK;
  parser->node_room += BLOCK;
  return node_add (parser, type);
}

/* The node that was read is past what was counted of its line. */
static __attribute__ ((noinline)) int
node_add_further (struct parser *parser, enum json_type type)
{
  text_lines_advance (&parser->lines, parser->node->begin);
  return node_add (parser, type);
}

/* Puts the node that was read into its place and begins the next; 0 if there are too many. It is
 * part of each callback, so that a string, as most values are, takes no call but yajl's of
 * on_string. What is rare is a call too, but the last thing that is done, for which no register has
 * to be saved. */
static inline __attribute__ ((always_inline)) int
node_add (struct parser *parser, enum json_type type)
{
  struct json_node *node = parser->node, *parent = parser->parent;

  if (node == parser->node_end)
    return node_move (parser, type);
  if (node->begin > parser->lines.counted)
    return node_add_further (parser, type);
  node->type = type;
  node->line = parser->lines.line;
  node->column = (uint32_t) (node->begin - parser->lines.origin + 1);
  node->parent = parent;
  if (parent)
    node->index = parent->count++;
  *parser->link = node;
  parser->link = &node->next;
  node[1] = (struct json_node){0};
  parser->node = node + 1;
  return 1;
}

/* Where the token is that yajl reports now, of which the length is known. */
static void
token_read (struct parser *parser, size_t length)
{
  parser->token_end = token_end (parser);
  parser->node->end = (uint32_t) parser->token_end;
  parser->node->begin = (uint32_t) (parser->token_end - length);
}

/* A string with escapes: its text is in memory of yajl's. NULL if one stands for no character. */
static const char *
string_copy (struct parser *parser, const unsigned char *decoded, size_t length, uint32_t *begin)
{
  size_t end = token_end (parser), at;
  const char *reason;

  *begin = (uint32_t) token_begin (parser, end);
  parser->token_end = end;
  reason = text_check_escapes (parser->json, *begin + 1, end - 1, &at);
  if (!reason)
    return arena_strndup (parser->arena, (const char *) decoded, length);
  parser_fail (parser, OCI_SECCOMP_BAD_JSON, at, reason);
  return NULL;
}

/* Where the text of a string or key begins. Without escapes, it is reported where it stands in the
 * input; else in memory of yajl's, which is no offset of the input: what comes out is past its end,
 * also where that memory is before the input. */
static size_t
string_offset (const struct parser *parser, const unsigned char *decoded)
{
  return (uintptr_t) decoded - (uintptr_t) parser->json;
}

/* The text of one without escapes, which stays where it stands. */
static const char *
string_keep (struct parser *parser, size_t offset, size_t length)
{
  char *text = parser->json + offset;

  text[length] = '\0';
  parser->token_end = offset + length + 1;
  return text;
}

/* --- duplicate keys ------------------------------------------------------------------------ */

static int
duplicate_fail (struct parser *parser, const struct json_node *first,
                const struct json_node *second)
{
  char quoted[JSON_QUOTE_TEXT];
  struct json_node shown = *second->parent;
  uint32_t first_line, first_column;

  text_position (parser->json, first->key_begin, &first_line, &first_column);
  text_position (parser->json, second->key_begin, &shown.line, &shown.column);
  parser->code =
      json_fail (parser->err, OCI_SECCOMP_BAD_JSON, parser->document, &shown,
                 "key %s is there twice; the first is at %u:%u", json_quote (second->key, quoted),
                 (unsigned) first_line, (unsigned) first_column);
  return parser->code;
}

static int
key_compare (const void *a, const void *b)
{
  const struct json_node *left = *(const struct json_node *const *) a;
  const struct json_node *right = *(const struct json_node *const *) b;
  int order = strcmp (left->key, right->key);

  return order ? order : left->index < right->index ? -1 : left->index > right->index;
}

/* Few keys are compared pairwise; many are sorted, so that time stays nearly linear. */
static int
keys_check (struct parser *parser, const struct json_node *object)
{
  enum { FEW = 16 };
  const struct json_node **sorted;
  size_t count = 0;

  if (object->count <= FEW) {
    for (const struct json_node *b = object->first; b; b = b->next)
      for (const struct json_node *a = object->first; a != b; a = a->next)
        if (a->key[0] == b->key[0] && strcmp (a->key, b->key) == 0)
          return duplicate_fail (parser, a, b);
    return 0;
  }
  sorted = ARENA_ARRAY (parser->arena, const struct json_node *, object->count);
  for (const struct json_node *node = object->first; node; node = node->next)
    sorted[count++] = node;
  qsort (sorted, count, sizeof (*sorted), key_compare);
  for (size_t i = 1; i < count; i++)
    if (strcmp (sorted[i - 1]->key, sorted[i]->key) == 0)
      return duplicate_fail (parser, sorted[i - 1], sorted[i]);
  return 0;
}

/* --- yajl's callbacks: 1 goes on, 0 stops -------------------------------------------------- */

static int
on_null (void *context)
{
  struct parser *parser = context;

  token_read (parser, strlen ("null"));
  return node_add (parser, JSON_NULL);
}

static int
on_boolean (void *context, int value)
{
  struct parser *parser = context;

  token_read (parser, value ? strlen ("true") : strlen ("false"));
  parser->node->boolean = value;
  return node_add (parser, JSON_BOOLEAN);
}

static int
on_number (void *context, const char *text, size_t length)
{
  struct parser *parser = context;

  token_read (parser, length);
  /* A copy, as the byte behind it, where a NUL would stand, is not consumed yet. */
  parser->node->text = arena_strndup (parser->arena, text, length);
  parser->node->length = (uint32_t) length;
  return node_add (parser, JSON_NUMBER);
}

static __attribute__ ((noinline)) int
on_escapes (struct parser *parser, const unsigned char *decoded, size_t length)
{
  struct json_node *node = parser->node;

  node->text = string_copy (parser, decoded, length, &node->begin);
  node->length = (uint32_t) length;
  node->end = (uint32_t) parser->token_end;
  return node->text ? node_add (parser, JSON_STRING) : 0;
}

static int
on_string (void *context, const unsigned char *decoded, size_t length)
{
  struct parser *parser = context;
  size_t offset = string_offset (parser, decoded);
  const char *text;
  struct json_node *node;

  if (offset >= parser->length)
    return on_escapes (parser, decoded, length);
  text = string_keep (parser, offset, length);
  node = parser->node;
  node->text = text;
  node->length = (uint32_t) length;
  node->begin = (uint32_t) (offset - 1);
  node->end = (uint32_t) parser->token_end;
  return node_add (parser, JSON_STRING);
}

static int
on_key (void *context, const unsigned char *decoded, size_t length)
{
  struct parser *parser = context;
  struct json_node *node = parser->node;
  size_t offset = string_offset (parser, decoded);

  if (offset >= parser->length) {
    node->key = string_copy (parser, decoded, length, &node->key_begin);
    return node->key != NULL;
  }
  node->key = string_keep (parser, offset, length);
  node->key_begin = (uint32_t) (offset - 1);
  return 1;
}

static int
container_open (struct parser *parser, enum json_type type)
{
  struct json_node *node = parser->node;

  token_read (parser, 1);
  if (parser->depth++ == JSON_MAX_DEPTH)
    return parser_stop (
        parser, OCI_SECCOMP_BAD_JSON, node->begin,
        arena_printf (parser->arena, "nested too deep; at most %d levels", JSON_MAX_DEPTH));
  if (!node_add (parser, type))
    return 0;
  parser->parent = parser->node - 1;
  parser->link = &parser->parent->first;
  return 1;
}

static int
container_close (struct parser *parser)
{
  struct json_node *node = parser->parent;

  parser->depth--;
  parser->parent = node->parent;
  parser->link = &node->next;
  node->end = (uint32_t) token_end (parser);
  parser->token_end = node->end;
  return node->type == JSON_ARRAY || keys_check (parser, node) == 0;
}

static int
on_object (void *context)
{
  return container_open (context, JSON_OBJECT);
}

static int
on_array (void *context)
{
  return container_open (context, JSON_ARRAY);
}

static int
on_end (void *context)
{
  return container_close (context);
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_object,
    .yajl_map_key = on_key,
    .yajl_end_map = on_end,
    .yajl_start_array = on_array,
    .yajl_end_array = on_end,
};

/* --- the whole ----------------------------------------------------------------------------- */

static int
parser_run (struct parser *parser)
{
  yajl_alloc_funcs memory = {yajl_arena_malloc, yajl_arena_realloc, yajl_arena_free, parser->arena};
  yajl_status status;

  parser->yajl = yajl_alloc (&callbacks, &memory, parser);
  /* Done before, and more strictly. */
  yajl_config (parser->yajl, yajl_dont_validate_strings, 1);
  status = yajl_parse (parser->yajl, (const unsigned char *) parser->json, parser->length);
  if (status == yajl_status_ok) {
    parser->completing = true;
    status = yajl_complete_parse (parser->yajl);
  }
  if (status == yajl_status_error)
    parser_fail_syntax (parser);
  yajl_free (parser->yajl);
  return parser->code;
}

int
json_parse (struct json_document *out, const char *file_name, const char *json, size_t length,
            struct arena *arena, struct oci_seccomp_error *err)
{
  struct json_node *first = ARENA_NEW (arena, struct json_node);
  struct parser parser = {
      .length = length,
      .arena = arena,
      .err = err,
      .document = out,
      .node = first,
      .node_end = first,
      .link = &out->root,
  };
  size_t valid;
  bool ascii;
  int code;

  *out = (struct json_document){file_name, NULL};
  if (length > JSON_MAX_BYTES)
    return parser_fail (
        &parser, OCI_SECCOMP_TOO_LARGE, 0,
        arena_printf (arena, "the input is too long; at most %d bytes", JSON_MAX_BYTES));
  parser.json = arena_strndup (arena, json, length);
  valid = text_check_utf8 (json, length, &ascii);
  if (valid < length)
    return parser_fail (&parser, OCI_SECCOMP_BAD_JSON, valid, "not JSON: a byte that is no UTF-8");
  /* yajl takes these two for blanks; JSON has them nowhere. */
  for (const char *blank = "\v\f"; *blank; blank++) {
    const char *found = length ? memchr (json, *blank, length) : NULL;

    if (found)
      return parser_fail (&parser, OCI_SECCOMP_BAD_JSON, (size_t) (found - json),
                          "not JSON: a vertical tab or a form feed");
  }
  if (space_skip (&parser, 0, length, " \t\n\r") == length)
    return parser_fail (&parser, OCI_SECCOMP_BAD_JSON, 0, "not JSON: the input is empty");
  parser.lines = text_lines_begin (parser.json, length, ascii);
  code = parser_run (&parser);
  if (code)
    out->root = NULL;
  return code;
}
