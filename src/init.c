#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "filter.h"

enum { STATUS_NOT_APPLIED = 125, STATUS_NOT_EXECUTABLE = 126, STATUS_NOT_FOUND = 127 };

/* --- diagnostics, without stdio -------------------------------------------------------------- */

/* In one write, so that lines of several containers do not mix. */
static int
complain (int status, const char *what, const char *why)
{
  const char *words[] = {"oci-seccomp: init: ", what, ": ", why, "\n"};
  char line[2048];
  size_t length = 0;

  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    size_t more = strlen (words[i]), room = sizeof line - length;

    more = more < room ? more : room;
    memcpy (line + length, words[i], more);
    length += more;
  }
  if (write (STDERR_FILENO, line, length) < 0)
    return status;
  return status;
}

static int
complain_of (int status, const char *what)
{
  return complain (status, what, strerror (errno));
}

/* --- the program ----------------------------------------------------------------------------- */

static ssize_t
read_all (int fd, char *bytes, size_t size)
{
  size_t length = 0;

  while (length < size) {
    ssize_t got = read (fd, bytes + length, size - length);

    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return -1;
    if (got == 0)
      break;
    length += (size_t) got;
  }
  return (ssize_t) length;
}

/* 0, or the status to end with. The file is this machine's own, so its byte order is too. */
static int
read_program (struct program *program, const char *path)
{
  /* One more than the kernel takes, to tell what is too long. */
  static struct sock_filter instructions[PROGRAM_MAX_LENGTH + 1];
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  ssize_t length;
  int error;

  if (fd < 0)
    return complain_of (STATUS_NOT_APPLIED, path);
  length = read_all (fd, (char *) instructions, sizeof instructions);
  error = errno;
  close (fd);
  errno = error;
  if (length < 0)
    return complain_of (STATUS_NOT_APPLIED, path);
  if (length == 0 || length % (ssize_t) sizeof instructions[0] ||
      (size_t) length == sizeof instructions)
    return complain (STATUS_NOT_APPLIED, path,
                     "is no program: want an array of 1 to 4096 struct sock_filter");
  program->instructions = instructions;
  program->length = (size_t) length / sizeof instructions[0];
  return 0;
}

static int
install (const struct program *program, unsigned flags)
{
  const struct oci_seccomp_filter filter = {.program = *program};
  struct oci_seccomp_error err;

  if (oci_seccomp_install (&filter, flags, NULL, &err))
    return complain (STATUS_NOT_APPLIED, "the filter is not installed", err.message);
  return 0;
}

/* --- the command ----------------------------------------------------------------------------- */

/* The engines' PATH, where the environment has none. */
static const char default_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

static const char *
path_of (char **envp)
{
  for (; *envp; envp++)
    if (!strncmp (*envp, "PATH=", 5))
      return *envp + 5;
  return default_path;
}

/* 0, or the status that execve would come to. */
static int
file_status (const char *file)
{
  struct stat info;

  if (stat (file, &info))
    return errno == EACCES ? STATUS_NOT_EXECUTABLE : STATUS_NOT_FOUND;
  if (S_ISREG (info.st_mode) && faccessat (AT_FDCWD, file, X_OK, AT_EACCESS) == 0)
    return 0;
  return STATUS_NOT_EXECUTABLE;
}

/* "entry/command", or "./command" for an empty entry; false if that is too long for a path. */
static bool
join (char file[PATH_MAX], const char *entry, size_t length, const char *command)
{
  size_t tail = strlen (command);

  if (length == 0) {
    entry = ".";
    length = 1;
  }
  if (length + 1 + tail >= PATH_MAX)
    return false;
  memcpy (file, entry, length);
  file[length] = '/';
  memcpy (file + length + 1, command, tail + 1);
  return true;
}

/* 0, or the status to end with. Before the filter is on: then it need allow no more than execve. */
static int
find_command (char file[PATH_MAX], const char *command, char **envp)
{
  int status = STATUS_NOT_FOUND;

  if (strchr (command, '/')) {
    if (strlen (command) >= PATH_MAX)
      return STATUS_NOT_FOUND;
    strcpy (file, command);
    return file_status (file);
  }
  for (const char *entry = path_of (envp); *command; entry++) {
    size_t length = strcspn (entry, ":");

    if (join (file, entry, length, command)) {
      int found = file_status (file);

      if (found == 0)
        return 0;
      if (found == STATUS_NOT_EXECUTABLE)
        status = found;
    }
    entry += length;
    if (!*entry)
      break;
  }
  return status;
}

static int
execute (const char *file, char **args, char **envp)
{
  execve (file, args, envp);
  if (errno == ENOENT)
    return complain (STATUS_NOT_FOUND, file, "it, or its interpreter, is not found");
  return complain_of (STATUS_NOT_EXECUTABLE, file);
}

/* --- arguments ------------------------------------------------------------------------------- */

struct request {
  unsigned flags; /* SECCOMP_FILTER_FLAG_* */
  const char *program;
  char **command;
};

static bool
parse_flags (unsigned *flags, const char *text)
{
  unsigned long value;
  char *end;

  errno = 0;
  value = strtoul (text, &end, 0);
  if (*text < '0' || *text > '9' || *end || errno || value > UINT_MAX)
    return false;
  *flags = (unsigned) value;
  return true;
}

static bool
parse (struct request *request, int argc, char **argv)
{
  int i = 1;

  *request = (struct request){0};
  if (i + 1 < argc && !strcmp (argv[i], "--flags")) {
    if (!parse_flags (&request->flags, argv[i + 1]))
      return false;
    i += 2;
  }
  if (i + 2 >= argc || strcmp (argv[i + 1], "--"))
    return false;
  request->program = argv[i];
  request->command = argv + i + 2;
  return true;
}

int
init_become (int argc, char **argv, char **envp)
{
  struct request request;
  struct program program = {0};
  char file[PATH_MAX];
  int status;

  /* Another process of the container could put its own code in the place of ours by ptrace, and run
   * it without the filter. It ends with execve. */
  if (prctl (PR_SET_DUMPABLE, 0, 0, 0, 0))
    return complain_of (STATUS_NOT_APPLIED, "prctl");
  if (!parse (&request, argc, argv))
    return complain (STATUS_NOT_APPLIED, "wrong arguments",
                     "want [--flags N] PROGRAM -- CMD [ARG...]");
  status = find_command (file, request.command[0], envp);
  if (status)
    return complain (status, request.command[0],
                     status == STATUS_NOT_FOUND ? "command not found" : "not an executable file");
  if ((status = read_program (&program, request.program)) ||
      (status = install (&program, request.flags)))
    return status;
  return execute (file, request.command, envp);
}
