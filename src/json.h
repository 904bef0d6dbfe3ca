/* Bytes to document: JSON as a strict tree.
 *
 * In: bytes. Out: a tree of nodes in the caller's arena. What always holds: no object has a key
 * twice, no string or key has a NUL, all text is UTF-8, depth and size are bounded, and every node
 * knows where it stands. Numbers stay text until somebody knows their type. json.c, which parses,
 * is the only file that includes yajl; json_node.c answers questions about nodes, json_write.c
 * writes. */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "error.h"

enum {
  JSON_MAX_DEPTH = 100,
  JSON_MAX_BYTES = 16 << 20,
  JSON_MAX_NODES = 1 << 20,
};

enum json_type { JSON_NULL, JSON_BOOLEAN, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* 32 bits are enough for every offset and count, as the input is at most JSON_MAX_BYTES long. */
struct json_node {
  enum json_type type;
  uint32_t line, column;          /* of its first byte; from 1; columns count characters */
  uint32_t begin, end;            /* its bytes in the input: [begin, end) */
  uint32_t key_begin;             /* where its key's opening quote is, if it has a key */
  uint32_t count;                 /* children of an array or object */
  uint32_t index;                 /* its place among its siblings, from 0 */
  uint32_t length;                /* of text */
  bool boolean;                   /* JSON_BOOLEAN */
  struct json_node *parent;       /* NULL for the root */
  struct json_node *first, *next; /* first child; next sibling */
  const char *key;                /* if its parent is an object */
  const char *text; /* JSON_STRING: decoded; JSON_NUMBER: as written; NUL-terminated */
};

struct json_document {
  const char *file_name; /* as messages name it */
  struct json_node *root;
};

/* BAD_JSON, or TOO_LARGE for over JSON_MAX_BYTES or JSON_MAX_NODES; with line, column and path. The
 * arena must have its guard set. `json` may be let go after; file_name may not. */
int json_parse (struct json_document *out, const char *file_name, const char *json, size_t length,
                struct arena *arena, struct oci_seccomp_error *err);

/* The child of an object; NULL if there is none, or if it is null: the two mean the same here. A
 * NULL or non-object node has no members. */
const struct json_node *json_member (const struct json_node *object, const char *key);

/* The same for many keys at once, of a node that is an object: members[i] becomes the one of
 * keys[i]; if there is none, it stays as the caller has set it. */
void json_members (const struct json_node *object, const char *const *keys, size_t count,
                   const struct json_node **members);

/* The same for one key, but a null member is there. */
const struct json_node *json_member_or_null (const struct json_node *object, const char *key);

/* --- messages ------------------------------------------------------------------------------ */

/* The JSON path of a node: `linux.seccomp.syscalls[3].args[1].op`; "" for the root (messages say
 * "top level"). Written to buffer, cut if need be; returns buffer. */
const char *json_path (const struct json_node *node, char *buffer, size_t size);

/* Text from the input for a message: in quotes, on one line whatever it has in it, and at most
 * JSON_QUOTE_TEXT - 1 bytes long: the rest is cut and shown as "...". Returns buffer. */
enum { JSON_QUOTE_TEXT = 96 };
const char *json_quote (const char *text, char buffer[JSON_QUOTE_TEXT]);

/* `return json_fail (err, CODE, document, node, "...")`: the message is
 * FILE:LINE:COLUMN: PATH: text. */
int json_fail (struct oci_seccomp_error *err, int code, const struct json_document *document,
               const struct json_node *node, const char *format, ...)
    __attribute__ ((format (printf, 5, 6)));

/* INVALID_PROFILE: `object` has no member `key` though it must. The position is the object's, the
 * path the member's; `want` says what the member should be. */
int json_fail_missing (struct oci_seccomp_error *err, const struct json_document *document,
                       const struct json_node *object, const char *key, const char *want);

/* INVALID_PROFILE unless node has the type: "is a string; want an array". `want` may be NULL: then
 * it is the type's name. */
int json_expect (const struct json_document *document, const struct json_node *node,
                 enum json_type type, const char *want, struct oci_seccomp_error *err);

/* A message as of json_fail as a line of text for a warning, in the arena. */
const char *json_message (struct arena *arena, const struct json_document *document,
                          const struct json_node *node, const char *format, ...)
    __attribute__ ((format (printf, 4, 5)));

/* What a node is, for messages: "a string". */
const char *json_type_name (enum json_type type);

/* --- numbers ------------------------------------------------------------------------------- */

/* A JSON_NUMBER that is an integer 0 to max, exactly: 1.0, 1e3 and -1 are not. False otherwise. */
bool json_unsigned (const struct json_node *node, uint64_t max, uint64_t *value);

/* Same for a signed one, min to max (oomScoreAdj, ...); -0 is none. */
bool json_signed (const struct json_node *node, int64_t min, int64_t max, int64_t *value);

/* --- writing ------------------------------------------------------------------------------- */

/* JSON out: make a tree of calls, then take the text. Memory comes from the arena. `indent` is what
 * one level is indented by; NULL: all on one line. Text must be UTF-8. A wrong order of calls is a
 * bug of the caller, and asserted. */
struct json_writer;

struct json_writer *json_writer_new (struct arena *arena, const char *indent);
void json_write_object (struct json_writer *writer);                   /* { */
void json_write_object_end (struct json_writer *writer);               /* } */
void json_write_array (struct json_writer *writer);                    /* [ */
void json_write_array_end (struct json_writer *writer);                /* ] */
void json_write_string (struct json_writer *writer, const char *text); /* a key or a value */
void json_write_unsigned (struct json_writer *writer, uint64_t value);
void json_write_decimal (struct json_writer *writer, uint64_t thousandths); /* 9255 is 9.255 */
void json_write_boolean (struct json_writer *writer, bool value);
void json_write_null (struct json_writer *writer);
void json_write_node (struct json_writer *writer, const struct json_node *node); /* numbers as is */

/* NUL-terminated, a newline at its end if indented; *length may be NULL. */
const char *json_writer_text (struct json_writer *writer, size_t *length);

#endif
