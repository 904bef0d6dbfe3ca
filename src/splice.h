/* Changes to a JSON text that leave every other byte as it is: numbers that a JSON library would
 * round, unknown keys, order and blanks.
 *
 * In: a text, and nodes of its document. Out: the text with the changes made. What always holds:
 * the changes are to different places (one to an object or array, or one to anything inside it);
 * what is put in is JSON already, and is laid out as its neighbours are. */
#ifndef SPLICE_H
#define SPLICE_H

#include "json.h"

struct splice;

struct splices {
  const char *json;
  size_t length;
  struct arena *arena;
  struct splice *first; /* in the order of the text */
};

/* The arena's guard must be set; json must stay until splices_apply. */
void splices_init (struct splices *out, const char *json, size_t length, struct arena *arena);

/* Puts other JSON in place of a value. */
void splice_replace (struct splices *splices, const struct json_node *node, const char *value);

/* Takes a member out of its object, with its key and its comma. */
void splice_remove_member (struct splices *splices, const struct json_node *member);

/* Adds a member at the end of an object that does not have it. */
void splice_add_member (struct splices *splices, const struct json_node *object, const char *key,
                        const char *value);

/* Adds items to an array, before all others or after them. */
void splice_add_first (struct splices *splices, const struct json_node *array,
                       const char *const *items, size_t count);
void splice_add_last (struct splices *splices, const struct json_node *array,
                      const char *const *items, size_t count);

/* The text with all changes, in the arena; a NUL after it. */
const char *splices_apply (const struct splices *splices, size_t *length);

#endif
