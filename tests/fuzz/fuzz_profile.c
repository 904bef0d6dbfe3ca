/* Any bytes: profile_read takes or refuses them; what it takes and is written as an OCI section is
 * taken again, and is then written the same. */
#include <stdlib.h>
#include <string.h>

#include "profile.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* NULL if it is no profile. */
static const char *
translate (struct profile *profile, const char *json, size_t length, size_t *written)
{
  static const struct oci_seccomp_options from = {.native_abi = "x86_64", .kernel = "6.1"};
  struct oci_seccomp_error err;
  struct options options;

  if (options_resolve (&options, &from, &err))
    abort ();
  if (profile_read (profile, json, length, &options, &err))
    return NULL;
  return profile_to_json (profile, "  ", &profile->arena, written);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct profile first = {0}, second = {0};
  const char *once, *twice;
  size_t length, again;

  arena_init (&first.arena);
  arena_init (&second.arena);
  if (!ARENA_GUARD (&first.arena) && !ARENA_GUARD (&second.arena)) {
    once = translate (&first, (const char *) data, size, &length);
    if (once) {
      twice = translate (&second, once, length, &again);
      if (!twice || length != again || memcmp (once, twice, length) != 0)
        abort ();
    }
  }
  arena_free (&second.arena);
  arena_free (&first.arena);
  return 0;
}
