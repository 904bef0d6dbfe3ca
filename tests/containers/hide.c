/* A container's program that makes itself hard to look at: `hide traced`, by a child that traces
 * it; `hide leaderless`, by ending its first thread. Then it goes on for a minute. */
#include <pthread.h>
#include <string.h>
#include <sys/ptrace.h>
#include <unistd.h>

static void *
go_on (void *data)
{
  sleep (60);
  return data;
}

static void
trace_parent (void)
{
  if (fork () == 0) {
    ptrace (PTRACE_SEIZE, getppid (), NULL, NULL);
    sleep (60);
    _exit (0);
  }
}

int
main (int argc, char **argv)
{
  pthread_t thread;

  if (argc != 2)
    return 2;
  if (!strcmp (argv[1], "traced"))
    trace_parent ();
  else if (pthread_create (&thread, NULL, go_on, NULL) == 0)
    pthread_exit (NULL);
  go_on (NULL);
  return 0;
}
