/* Beside a config.json that `bundle` has rewritten: what it was, so that it can be so again.
 *
 * In: the path and the bytes of a config.json. Out: the bytes that it was made of. What always
 * holds: what is taken for the original is so to the byte; a config.json that was changed after it
 * was rewritten is never taken for what `bundle` made. */
#ifndef UNDO_H
#define UNDO_H

#include <limits.h>

#include "cli.h"
#include "replace.h"

struct undo {
  char path[PATH_MAX];
  struct input file;
  struct input original, made; /* bytes NULL: there is no undo file */
};

/* Complains and returns false for a file that cannot be read or understood. */
bool undo_read (struct undo *out, const struct input *config);
void undo_free (struct undo *undo);

/* It belongs to and is for whom config.json is, whose secrets it has. The arena's guard must be
 * set. */
int undo_write (const struct undo *undo, const struct input *original, const struct input *made,
                const struct likeness *like, struct arena *arena, struct oci_seccomp_error *err);

bool input_same (const struct input *one, const struct input *other);

/* Of a config that is what `bundle` made: what it was made of; else itself. */
const struct input *undo_original (const struct undo *undo, const struct input *config);

#endif
