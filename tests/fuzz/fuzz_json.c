/* Any bytes: json_parse takes or refuses them; what it takes and is written again reads the same.
 */
#include <stdlib.h>
#include <string.h>

#include "json.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static const char *
rewrite (struct arena *arena, const char *json, size_t length, size_t *written)
{
  struct json_writer *writer = json_writer_new (arena, NULL);
  struct json_document document;
  struct oci_seccomp_error err;

  if (json_parse (&document, "fuzz", json, length, arena, &err))
    return NULL;
  json_write_node (writer, document.root);
  return json_writer_text (writer, written);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct arena arena;
  const char *once, *twice;
  size_t length, again;

  arena_init (&arena);
  if (!ARENA_GUARD (&arena)) {
    once = rewrite (&arena, (const char *) data, size, &length);
    if (once) {
      twice = rewrite (&arena, once, length, &again);
      if (!twice || length != again || memcmp (once, twice, length) != 0)
        abort ();
    }
  }
  arena_free (&arena);
  return 0;
}
