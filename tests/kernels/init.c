/* The first process of a machine that is there for the tests only: runs the lines of /list, and
 * switches the machine off.
 *
 * A line is SECONDS NAME COMMAND ARG...: the command's output goes to the console between
 * "@begin NAME" and "@end NAME STATUS", the status as a shell has it, 124 where time was out. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { WORDS = 20, LINE = 1000 };

static void
make_ground (void)
{
  mkdir ("/dev", 0755);
  mkdir ("/proc", 0555);
  mkdir ("/sys", 0555);
  mkdir ("/tmp", 01777);
  mount ("devtmpfs", "/dev", "devtmpfs", 0, NULL);
  mount ("proc", "/proc", "proc", 0, NULL);
  mount ("sysfs", "/sys", "sysfs", 0, NULL);
  mount ("tmpfs", "/tmp", "tmpfs", 0, "mode=1777");

  int console = open ("/dev/console", O_RDWR | O_NOCTTY);

  if (console < 0)
    return;
  for (int fd = 0; fd < 3; fd++)
    dup2 (console, fd);
  if (console > 2)
    close (console);
}

/* What filters have logged is looked for. */
static void
log_everything (void)
{
  int limit = open ("/proc/sys/kernel/printk_ratelimit", O_WRONLY);

  if (limit < 0 || write (limit, "0", 1) != 1)
    perror ("printk_ratelimit");
  close (limit);
}

static double
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

static _Noreturn void
become (char **words)
{
  int nothing = open ("/dev/null", O_RDWR);

  dup2 (nothing, STDIN_FILENO);
  close (nothing);
  setsid ();
  execv (words[0], words);
  perror (words[0]);
  _exit (127);
}

/* Also takes in what others have left behind. */
static int
wait_for (pid_t child, double limit)
{
  const double end = now () + limit;
  int status;

  for (;;) {
    pid_t ended = waitpid (-1, &status, WNOHANG);

    if (ended == child)
      return WIFSIGNALED (status) ? 128 + WTERMSIG (status) : WEXITSTATUS (status);
    if (ended <= 0 && now () > end) {
      kill (-child, SIGKILL);
      waitpid (child, &status, 0);
      return 124;
    }
    if (ended <= 0)
      usleep (2000);
  }
}

static void
run_line (char *line)
{
  char *words[WORDS], *rest = line, *word;
  int count = 0;

  while ((word = strsep (&rest, " \n")))
    if (*word && count < WORDS - 1)
      words[count++] = word;
  words[count] = NULL;
  if (count < 3)
    return;
  printf ("\n@begin %s\n", words[1]);
  fflush (stdout);
  pid_t child = fork ();

  if (child == 0)
    become (words + 2);
  int status = wait_for (child, atof (words[0]));

  printf ("\n@end %s %d %.1f\n", words[1], status, now ());
  fflush (stdout);
}

int
main (void)
{
  char line[LINE];
  struct utsname name;

  make_ground ();
  log_everything ();
  uname (&name);
  setenv ("PATH", "/bin", 1);
  setenv ("HOME", "/tmp", 1);
  setenv ("srcdir", "/project", 1);
  setenv ("OCI_SECCOMP", "/bin/oci-seccomp", 1);
  setenv ("LIVE_DIRECTORY", "/tests/live", 1);
  setenv ("SETPRIV", "/bin/setpriv", 1);
  if (!access ("/others", R_OK))
    setenv ("PROFILES_DIR", "/others", 1);
  setenv ("EMULATED", "yes", 1);
  setenv ("CMOCKA_MESSAGE_OUTPUT", "TAP", 1);
  printf ("\n@kernel %s %s %s\n", name.release, name.machine, name.version);
  FILE *list = fopen ("/list", "re");

  while (list && fgets (line, sizeof line, list))
    run_line (line);
  printf ("\n@off\n");
  fflush (stdout);
  tcdrain (STDOUT_FILENO);
  sync ();
  reboot (RB_POWER_OFF);
  return 1;
}
