/* A process that is started in a container which goes through the shim: it must do so as well.
 *
 * In: the container's config.json, and maybe the process.json of `runtime exec --process`. Out:
 * that file with the shim before its own args; or the words to put before a command. What always
 * holds: nothing is done where the container does not go through the shim. */
#ifndef EXEC_H
#define EXEC_H

#include "cli.h"

/* process_path NULL: prints the words, a line each. A dry run only says what it would do to the
 * file. Complains; returns the exit status. The arena's guard must be set. */
int exec_through_shim (const struct input *config, const char *process_path, bool dry_run,
                       struct arena *arena);

#endif
