#include "runtime.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
open_binary (pid_t pid)
{
  char path[64];

  snprintf (path, sizeof path, "/proc/%d/exe", (int) pid);
  return open (path, O_RDONLY | O_CLOEXEC);
}

/* 0 if there is none, or it is not told. */
static pid_t
parent_of (pid_t pid)
{
  char path[64], line[128];
  int parent = 0;
  FILE *stream;

  snprintf (path, sizeof path, "/proc/%d/status", (int) pid);
  stream = fopen (path, "re");
  if (!stream)
    return 0;
  while (fgets (line, sizeof line, stream) && sscanf (line, "PPid: %d", &parent) != 1)
    ;
  fclose (stream);
  return parent;
}

void
runtime_find (struct runtime *out)
{
  pid_t pid = getppid ();

  for (int i = 0; i < RUNTIME_CANDIDATES; i++) {
    out->binaries[i] = pid > 1 ? open_binary (pid) : -1;
    pid = pid > 1 ? parent_of (pid) : 0;
  }
}

void
runtime_free (struct runtime *runtime)
{
  for (int i = 0; i < RUNTIME_CANDIDATES; i++)
    if (runtime->binaries[i] >= 0)
      close (runtime->binaries[i]);
}

static bool
same_bytes (int one, int other)
{
  static char bytes[2][64 * 1024];
  ssize_t length;

  for (off_t at = 0;; at += length) {
    length = pread (one, bytes[0], sizeof bytes[0], at);
    if (length <= 0)
      return length == 0;
    if (pread (other, bytes[1], (size_t) length, at) != length ||
        memcmp (bytes[0], bytes[1], (size_t) length))
      return false;
  }
}

static bool
same_binary (int one, int other)
{
  struct stat first, second;

  if (one < 0 || other < 0 || fstat (one, &first) || fstat (other, &second))
    return false;
  if (first.st_dev == second.st_dev && first.st_ino == second.st_ino)
    return true;
  return first.st_size == second.st_size && same_bytes (one, other);
}

bool
runtime_is_run_by (const struct runtime *runtime, pid_t pid)
{
  int binary = open_binary (pid);
  bool same = false;

  for (int i = 0; i < RUNTIME_CANDIDATES && !same; i++)
    same = same_binary (runtime->binaries[i], binary);
  if (binary >= 0)
    close (binary);
  return same;
}
