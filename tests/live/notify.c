/* NOTIFY at the level of the library: an agent on a thread that started before the filter, and so
 * is not under it, answers. */
#include "live.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

static atomic_int listener = -1;

/* A call with first argument n: 1 is answered with a value, 2 with an errno, 3 is let through. */
static void
answer (const struct seccomp_notif *request, struct seccomp_notif_resp *response)
{
  response->id = request->id;
  switch (request->data.args[0]) {
  case 1:
    response->val = 4711;
    break;
  case 2:
    response->error = -ENOLINK;
    break;
  default:
    response->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  }
}

static void *
serve (void *unused)
{
  (void) unused;
  while (listener < 0)
    usleep (1000);
  struct seccomp_notif request;
  struct seccomp_notif_resp response;

  do {
    memset (&request, 0, sizeof request);
    memset (&response, 0, sizeof response);
    if (ioctl (listener, SECCOMP_IOCTL_NOTIF_RECV, &request))
      return NULL;
    answer (&request, &response);
  } while (ioctl (listener, SECCOMP_IOCTL_NOTIF_SEND, &response) == 0);
  return NULL;
}

static void
test_answers (void)
{
  pthread_t thread;

  CHECK (pthread_create (&thread, NULL, serve, NULL) == 0);
  listener = live_install (DENY ("\"getppid\"", "NOTIFY", ""), SECCOMP_FILTER_FLAG_NEW_LISTENER);
  CHECK (live_call (SYS_getppid, 1, 0, 0, 0, 0, 0) == 4711);
  CHECK (live_call (SYS_getppid, 2, 0, 0, 0, 0, 0) == -ENOLINK);
  CHECK (live_call (SYS_getppid, 3, 0, 0, 0, 0, 0) > 0);
}

/* Without a listener nobody can answer: the kernel says so. */
static void
test_no_listener (void)
{
  live_install (DENY ("\"getppid\"", "NOTIFY", ""), 0);
  CHECK (live_call (SYS_getppid, 1, 0, 0, 0, 0, 0) == -ENOSYS);
}

static void
test_second_listener (void)
{
  struct oci_seccomp_error err;
  int second = -1;

  live_install (DENY ("\"getppid\"", "NOTIFY", ""), SECCOMP_FILTER_FLAG_NEW_LISTENER);
  struct oci_seccomp_filter *filter = live_compile (DENY ("\"sync\"", "NOTIFY", ""));

  CHECK (oci_seccomp_install (filter, SECCOMP_FILTER_FLAG_NEW_LISTENER, &second, &err) ==
         OCI_SECCOMP_REFUSED);
  CHECK (err.sys_errno == EBUSY && second == -1);
  oci_seccomp_filter_free (filter);
}

int
main (void)
{
  live_run ("an agent's value, errno, and leave to go on", test_answers);
  live_run ("NOTIFY without a listener is ENOSYS", test_no_listener);
  live_run ("a second listener is refused", test_second_listener);
  return live_end ();
}
