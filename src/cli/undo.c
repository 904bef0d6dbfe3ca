#include "undo.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX ".oci-seccomp-undo"

/* The file is one line with a version and two lengths, then the bytes of config.json before and
 * after. */
static const char header_format[] = "oci-seccomp undo 1 %zu %zu\n";

static bool
parse (struct undo *undo, const char *name)
{
  const struct input *file = &undo->file;
  const char *end = memchr (file->bytes, '\n', file->length);
  size_t first, second, header;
  char again[128];

  if (!end || sscanf (file->bytes, header_format, &first, &second) != 2)
    return false;
  header = (size_t) (end - file->bytes) + 1;
  snprintf (again, sizeof again, header_format, first, second);
  if (strlen (again) != header || memcmp (again, file->bytes, header) ||
      first > file->length - header || second != file->length - header - first)
    return false;
  undo->original = (struct input){file->bytes + header, first, name};
  undo->made = (struct input){file->bytes + header + first, second, name};
  return true;
}

bool
undo_read (struct undo *out, const struct input *config)
{
  memset (out, 0, sizeof *out);
  if (snprintf (out->path, PATH_MAX, "%s%s", config->name, SUFFIX) >= PATH_MAX) {
    complain (0, "%s: %s", config->name, strerror (ENAMETOOLONG));
    return false;
  }
  if (access (out->path, F_OK) && errno == ENOENT)
    return true;
  if (!read_input (&out->file, out->path))
    return false;
  if (parse (out, config->name))
    return true;
  complain (0, "%s: is no undo file of this release; if %s is right as it is, remove it", out->path,
            config->name);
  undo_free (out);
  return false;
}

void
undo_free (struct undo *undo)
{
  free_input (&undo->file);
}

int
undo_write (const struct undo *undo, const struct input *original, const struct input *made,
            const struct likeness *like, struct arena *arena, struct oci_seccomp_error *err)
{
  size_t header = (size_t) snprintf (NULL, 0, header_format, original->length, made->length);
  size_t length = header + original->length + made->length;
  char *bytes = arena_alloc (arena, length + 1);

  snprintf (bytes, length + 1, header_format, original->length, made->length);
  memcpy (bytes + header, original->bytes, original->length);
  memcpy (bytes + header + original->length, made->bytes, made->length);
  return replace_file (undo->path, bytes, length, like, err);
}

bool
input_same (const struct input *one, const struct input *other)
{
  return one->bytes && other->bytes && one->length == other->length &&
         !memcmp (one->bytes, other->bytes, one->length);
}

const struct input *
undo_original (const struct undo *undo, const struct input *config)
{
  return input_same (config, &undo->made) ? &undo->original : config;
}
