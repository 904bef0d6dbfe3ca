#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "json.h"

const struct json_node *
json_member_or_null (const struct json_node *object, const char *key)
{
  if (!object || object->type != JSON_OBJECT)
    return NULL;
  for (const struct json_node *node = object->first; node; node = node->next)
    if (node->key[0] == key[0] && strcmp (node->key, key) == 0)
      return node;
  return NULL;
}

const struct json_node *
json_member (const struct json_node *object, const char *key)
{
  const struct json_node *node = json_member_or_null (object, key);

  return node && node->type != JSON_NULL ? node : NULL;
}

/* Sets the one of members that node is. */
static void
member_set (const struct json_node *node, const char *const *keys, size_t count,
            const struct json_node **members)
{
  for (size_t i = 0; i < count; i++)
    if (node->key[0] == keys[i][0] && strcmp (node->key, keys[i]) == 0) {
      members[i] = node;
      return;
    }
}

void
json_members (const struct json_node *object, const char *const *keys, size_t count,
              const struct json_node **members)
{
  for (const struct json_node *node = object->first; node; node = node->next)
    if (node->type != JSON_NULL)
      member_set (node, keys, count, members);
}

const char *
json_type_name (enum json_type type)
{
  static const char *const names[] = {
      [JSON_NULL] = "null",       [JSON_BOOLEAN] = "a boolean", [JSON_NUMBER] = "a number",
      [JSON_STRING] = "a string", [JSON_ARRAY] = "an array",    [JSON_OBJECT] = "an object",
  };

  return names[type];
}

/* --- messages ------------------------------------------------------------------------------ */

/* How many bytes of text make one UTF-8 character; 0 if the first begins none. Text need not be
 * from a document: options are quoted as well. */
static size_t
character_length (const char *text)
{
  unsigned char first = (unsigned char) text[0];
  size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

  if (length > 1 && (first < 0xc2 || first > 0xf4))
    return 0;
  for (size_t i = 1; i < length; i++)
    if (((unsigned char) text[i] & 0xc0) != 0x80)
      return 0;
  return length;
}

/* The controls (C0, DEL, C1) could rewrite the screen of a terminal. */
static bool
is_control (const char *character)
{
  unsigned char first = (unsigned char) character[0];

  return first < 0x20 || first == 0x7f || (first == 0xc2 && (unsigned char) character[1] < 0xa0);
}

/* One character as it is shown in quotes; returns the length of what it took. */
static size_t
quote_character (const char *text, char shown[8])
{
  size_t length = character_length (text);

  if (length == 0)
    snprintf (shown, 8, "\\x%02x", (unsigned char) *text);
  else if (is_control (text))
    snprintf (shown, 8, "\\u%04x", (unsigned char) text[length - 1]);
  else
    snprintf (shown, 8, "%s%.*s", *text == '"' || *text == '\\' ? "\\" : "", (int) length, text);
  return length ? length : 1;
}

const char *
json_quote (const char *text, char buffer[JSON_QUOTE_TEXT])
{
  static const char tail[] = "\"...";
  size_t used = 1;

  buffer[0] = '"';
  while (*text) {
    char shown[8];

    text += quote_character (text, shown);
    if (used + strlen (shown) + sizeof tail > JSON_QUOTE_TEXT) {
      memcpy (buffer + used, tail, sizeof tail);
      return buffer;
    }
    memcpy (buffer + used, shown, strlen (shown));
    used += strlen (shown);
  }
  memcpy (buffer + used, tail, 1);
  buffer[used + 1] = '\0';
  return buffer;
}

/* Whether a key can stand in a path as it is: `a.b` and `a b` cannot. */
static bool
key_is_plain (const char *key)
{
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-$";

  return *key && strlen (key) < JSON_QUOTE_TEXT && key[strspn (key, plain)] == '\0';
}

static void __attribute__ ((format (printf, 4, 5)))
append (char *buffer, size_t size, size_t *length, const char *format, ...)
{
  va_list args;
  int added;

  va_start (args, format);
  added = vsnprintf (buffer + *length, size - *length, format, args);
  va_end (args);
  if (added > 0)
    *length += (size_t) added < size - *length ? (size_t) added : size - *length - 1;
}

static void
path_append_key (char *buffer, size_t size, size_t *length, const char *key)
{
  char quoted[JSON_QUOTE_TEXT];

  if (key_is_plain (key))
    append (buffer, size, length, "%s%s", *length ? "." : "", key);
  else
    append (buffer, size, length, "[%s]", json_quote (key, quoted));
}

const char *
json_path (const struct json_node *node, char *buffer, size_t size)
{
  const struct json_node *way[JSON_MAX_DEPTH + 1];
  size_t depth = 0, length = 0;

  buffer[0] = '\0';
  for (; node && node->parent && depth <= JSON_MAX_DEPTH; node = node->parent)
    way[depth++] = node;
  while (depth > 0) {
    node = way[--depth];
    if (node->parent->type == JSON_OBJECT)
      path_append_key (buffer, size, &length, node->key);
    else
      append (buffer, size, &length, "[%u]", (unsigned) node->index);
  }
  return buffer;
}

enum { PATH_TEXT = 512, PLACE_TEXT = 768 };

/* "FILE:LINE:COLUMN: PATH", of a member that may not be there: then `key`, else NULL. */
static const char *
place_text (const struct json_document *document, const struct json_node *node, const char *key,
            char buffer[PLACE_TEXT])
{
  char path[PATH_TEXT], full[PATH_TEXT];
  size_t length;

  json_path (node, path, sizeof path);
  length = (size_t) snprintf (full, sizeof full, "%.*s", PATH_TEXT - 1, path);
  if (key)
    path_append_key (full, sizeof full, &length, key);
  snprintf (buffer, PLACE_TEXT, "%.200s:%u:%u: %s", document->file_name, (unsigned) node->line,
            (unsigned) node->column, length ? full : "top level");
  return buffer;
}

int
json_fail (struct oci_seccomp_error *err, int code, const struct json_document *document,
           const struct json_node *node, const char *format, ...)
{
  char place[PLACE_TEXT], text[512];
  va_list args;

  va_start (args, format);
  vsnprintf (text, sizeof text, format, args);
  va_end (args);
  return fail (err, code, "%s: %s", place_text (document, node, NULL, place), text);
}

int
json_fail_missing (struct oci_seccomp_error *err, const struct json_document *document,
                   const struct json_node *object, const char *key, const char *want)
{
  char place[PLACE_TEXT];
  const struct json_node *there = json_member_or_null (object, key);

  if (there)
    return json_fail (err, OCI_SECCOMP_INVALID_PROFILE, document, there,
                      there->type == JSON_NULL ? "is null; want %s" : "want %s", want);
  return fail (err, OCI_SECCOMP_INVALID_PROFILE, "%s: is missing; want %s",
               place_text (document, object, key, place), want);
}

int
json_expect (const struct json_document *document, const struct json_node *node,
             enum json_type type, const char *want, struct oci_seccomp_error *err)
{
  if (node->type == type)
    return 0;
  return json_fail (err, OCI_SECCOMP_INVALID_PROFILE, document, node, "is %s; want %s",
                    json_type_name (node->type), want ? want : json_type_name (type));
}

const char *
json_message (struct arena *arena, const struct json_document *document,
              const struct json_node *node, const char *format, ...)
{
  char place[PLACE_TEXT], text[512];
  va_list args;

  va_start (args, format);
  vsnprintf (text, sizeof text, format, args);
  va_end (args);
  return arena_printf (arena, "%s: %s", place_text (document, node, NULL, place), text);
}

/* --- numbers ------------------------------------------------------------------------------- */

/* Of a JSON number, which has at least one digit and no leading zeros. */
static bool
digits_read (const char *digits, uint64_t max, uint64_t *value)
{
  uint64_t sum = 0;

  for (; *digits; digits++) {
    if (*digits < '0' || *digits > '9')
      return false;
    if (__builtin_mul_overflow (sum, (uint64_t) 10, &sum) ||
        __builtin_add_overflow (sum, (uint64_t) (*digits - '0'), &sum))
      return false;
  }
  if (sum > max)
    return false;
  *value = sum;
  return true;
}

bool
json_unsigned (const struct json_node *node, uint64_t max, uint64_t *value)
{
  return node->type == JSON_NUMBER && digits_read (node->text, max, value);
}

bool
json_signed (const struct json_node *node, int64_t min, int64_t max, int64_t *value)
{
  uint64_t size;
  int64_t number;

  if (node->type != JSON_NUMBER)
    return false;
  if (node->text[0] == '-') {
    if (!digits_read (node->text + 1, UINT64_C (1) << 63, &size) || size == 0)
      return false;
    number = -(int64_t) (size - 1) - 1;
  } else {
    if (!digits_read (node->text, INT64_MAX, &size))
      return false;
    number = (int64_t) size;
  }
  if (number < min || number > max)
    return false;
  *value = number;
  return true;
}
