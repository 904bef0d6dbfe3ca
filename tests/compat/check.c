#include "check.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int (*transaction_start) (scmp_filter_ctx);
int (*transaction_commit) (scmp_filter_ctx);
void (*transaction_reject) (scmp_filter_ctx);
int (*precompute) (scmp_filter_ctx);
int (*export_mem) (scmp_filter_ctx, void *, size_t *);
int failed_line;

static int
find_functions (void)
{
  *(void **) &transaction_start = dlsym (RTLD_DEFAULT, "seccomp_transaction_start");
  *(void **) &transaction_commit = dlsym (RTLD_DEFAULT, "seccomp_transaction_commit");
  *(void **) &transaction_reject = dlsym (RTLD_DEFAULT, "seccomp_transaction_reject");
  *(void **) &precompute = dlsym (RTLD_DEFAULT, "seccomp_precompute");
  *(void **) &export_mem = dlsym (RTLD_DEFAULT, "seccomp_export_bpf_mem");
  return transaction_start && transaction_commit && transaction_reject && precompute && export_mem;
}

/* --- tests --- */

/* Returns the line that failed, or 0. */
static int
run_here (const struct test *test)
{
  failed_line = 0;
  test->run ();
  return failed_line;
}

/* -1 where the child was killed. */
static int
run_in_child (const struct test *test)
{
  int status, ends[2], line = -1;
  pid_t child;

  fflush (stdout);
  if (pipe (ends))
    return -1;
  child = fork ();
  if (child == 0) {
    alarm (60);
    line = run_here (test);
    /* Where not even write is allowed, the status has to do. */
    if (line && write (ends[1], &line, sizeof line) != sizeof line)
      _exit (2);
    _exit (line != 0);
  }
  close (ends[1]);
  if (read (ends[0], &line, sizeof line) != sizeof line)
    line = -1;
  close (ends[0]);
  waitpid (child, &status, 0);
  return WIFEXITED (status) && WEXITSTATUS (status) == 0 ? 0 : line;
}

static int
run_all (const struct test *tests, size_t count, int (*run) (const struct test *test))
{
  int failures = 0;

  if (!find_functions ()) {
    puts ("Bail out! this is not libseccomp 2.6's interface");
    return 1;
  }
  printf ("1..%zu\n", count);
  for (size_t i = 0; i < count; i++) {
    int line = run (&tests[i]);

    printf ("%sok %zu - %s\n", line ? "not " : "", i + 1, tests[i].name);
    if (line)
      printf ("# line %d failed\n", line);
    failures += line != 0;
  }
  return failures != 0;
}

int
run_tests (const struct test *tests, size_t count)
{
  return run_all (tests, count, run_here);
}

int
run_tests_in_children (const struct test *tests, size_t count)
{
  return run_all (tests, count, run_in_child);
}

/* --- contexts and programs --- */

void
get_program (struct bytes *out, scmp_filter_ctx ctx)
{
  out->length = sizeof out->data;
  if (export_mem (ctx, out->data, &out->length) != 0)
    out->length = 0;
}

int
has_program (scmp_filter_ctx ctx, const struct bytes *wanted)
{
  static struct bytes now;

  get_program (&now, ctx);
  return wanted->length > 0 && now.length == wanted->length &&
         memcmp (now.data, wanted->data, now.length) == 0;
}

scmp_filter_ctx
new_context (void)
{
  scmp_filter_ctx ctx = seccomp_init (SCMP_ACT_ALLOW);

  seccomp_rule_add (ctx, SCMP_ACT_ERRNO (77), SCMP_SYS (getppid), 0);
  return ctx;
}
