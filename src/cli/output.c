#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

/* The mode of the old file, or the one that fopen would give to a new one. */
static mode_t
mode_of (const char *path)
{
  struct stat status;
  mode_t mask = umask (0);

  umask (mask);
  return stat (path, &status) == 0 ? status.st_mode & 07777 : 0666 & ~mask;
}

/* A file of its own beside the old one. */
static FILE *
open_temporary (struct output *output)
{
  FILE *stream = NULL;
  int fd;

  if (asprintf (&output->temporary, "%s.XXXXXX", output->name) < 0) {
    output->temporary = NULL;
    return NULL;
  }
  fd = mkstemp (output->temporary);
  if (fd < 0) {
    free (output->temporary);
    output->temporary = NULL;
    return NULL;
  }
  if (fchmod (fd, mode_of (output->name)) == 0)
    stream = fdopen (fd, "w");
  if (!stream) {
    close (fd);
    unlink (output->temporary);
  }
  return stream;
}

bool
output_open (struct output *output, const char *path)
{
  struct stat status;

  *output = (struct output){.stream = stdout, .name = "stdout"};
  if (!path || !strcmp (path, "-"))
    return true;
  output->name = path;
  /* A device or a pipe cannot be replaced by renaming, and a link should stay one. */
  if (lstat (path, &status) == 0 && !S_ISREG (status.st_mode))
    output->stream = fopen (path, "we");
  else
    output->stream = open_temporary (output);
  if (output->stream)
    return true;
  complain (0, "%s: cannot open: %s", path, strerror (errno));
  return false;
}

int
output_close (struct output *output)
{
  int status = finish_output (output->stream, output->name);

  if (!output->temporary)
    return status;
  if (status == STATUS_OK && rename (output->temporary, output->name) != 0)
    status = complain (STATUS_FAILED, "%s: cannot write: %s", output->name, strerror (errno));
  if (status != STATUS_OK)
    unlink (output->temporary);
  free (output->temporary);
  return status;
}
