#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

/* A file of its own beside the old one; it gets the mode that fopen would have given it. */
static FILE *
open_temporary (struct output *output)
{
  FILE *stream = NULL;
  mode_t mask;
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
  mask = umask (0);
  umask (mask);
  if (fchmod (fd, 0666 & ~mask) == 0)
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

  *output = (struct output){.stream = stdout, .name = path ? path : "stdout"};
  if (!path)
    return true;
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
