/* One system call by its number, for the scripts: `probe NUMBER [ARG...]` prints "= RESULT" or
 * "errno ERRNO". `probe -s FAMILY` is socketcall(SOCKET) on ABIs that have it. Stands alone, so
 * that it can be built for another ABI. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static long
call_socketcall (unsigned long family)
{
#ifdef SYS_socketcall
  unsigned long arguments[3] = {family, 1, 0};

  return syscall (SYS_socketcall, 1, arguments);
#else
  (void) family;
  errno = ENOSYS;
  return -1;
#endif
}

static int
print_number (const char *name)
{
  static const struct {
    const char *name;
    long number;
  } calls[] = {{"getppid", SYS_getppid}, {"personality", SYS_personality}, {"socket", SYS_socket}};

  for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
    if (!strcmp (calls[i].name, name))
      return printf ("%ld\n", calls[i].number) < 0;
  return 2;
}

int
main (int argc, char **argv)
{
  unsigned long a[7] = {0};
  long result;

  if (argc < 2 || argc > 8)
    return 2;
  if (!strcmp (argv[1], "-n"))
    return print_number (argv[2]);
  for (int i = 1; i < argc; i++)
    a[i - 1] = strtoul (argv[i], NULL, 0);
  errno = 0;
  result = strcmp (argv[1], "-s") == 0 ? call_socketcall (a[1])
                                       : syscall ((long) a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
  if (result == -1)
    printf ("errno %d\n", errno);
  else
    printf ("= %ld\n", result);
  fflush (stdout);
  /* What else the end of main does (say, of a sanitizer) may meet the filter. */
  _exit (0);
}
