#include "listener.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"

enum {
  SEND_SECONDS = 5, /* an agent slower than this is taken for dead */
  START_MILLISECONDS = 5000,
  POLL_MILLISECONDS = 1,    /* how late the helper may see that the filter is on */
  GRACE_MILLISECONDS = 500, /* for a process without its listener to end by itself */
};

/* About a minute at least: only if the helper died too (say, of lack of memory) is it reached. */
#define SPIN_LIMIT (UINT64_C (1) << 34)

enum handoff_state {
  HANDOFF_NO_HELPER,
  HANDOFF_WAITING,
  HANDOFF_INSTALLED,
  HANDOFF_SENT,
  HANDOFF_FAILED
};

struct handoff {
  _Atomic int state;
  _Atomic int descriptor; /* valid from HANDOFF_INSTALLED on */
};

/* --- the message ----------------------------------------------------------------------------- */

/* What the spec calls "creating": the program of the container has not started. */
static const char container_status[] = "creating";
static const char default_version[] = "1.0.2";

static void
write_member (struct json_writer *writer, const char *key, const char *text)
{
  json_write_string (writer, key);
  json_write_string (writer, text);
}

static void
write_state (struct json_writer *writer, const struct listener_state *state, const char *version)
{
  const struct json_node *annotations = json_member (state->config, "annotations");

  json_write_string (writer, "state");
  json_write_object (writer);
  write_member (writer, "ociVersion", version);
  write_member (writer, "id", state->id);
  write_member (writer, "status", container_status);
  json_write_string (writer, "pid");
  json_write_unsigned (writer, (uint64_t) getpid ());
  write_member (writer, "bundle", state->bundle);
  if (annotations) {
    json_write_string (writer, "annotations");
    json_write_node (writer, annotations);
  }
  json_write_object_end (writer);
}

const char *
listener_message (const struct listener_state *state, struct arena *arena, size_t *length)
{
  const struct json_node *node = json_member (state->config, "ociVersion");
  const char *version = node && node->type == JSON_STRING ? node->text : default_version;
  struct json_writer *writer = json_writer_new (arena, NULL);

  json_write_object (writer);
  write_member (writer, "ociVersion", version);
  json_write_string (writer, "fds");
  json_write_array (writer);
  json_write_string (writer, "seccompFd");
  json_write_array_end (writer);
  json_write_string (writer, "pid");
  json_write_unsigned (writer, (uint64_t) getpid ());
  if (state->metadata)
    write_member (writer, "metadata", state->metadata);
  write_state (writer, state, version);
  json_write_object_end (writer);
  return json_writer_text (writer, length);
}

/* --- before installation --------------------------------------------------------------------- */

static int
failed (const struct listener *listener, struct oci_seccomp_error *err, const char *what)
{
  int error = errno;

  return fail_errno (err, OCI_SECCOMP_REFUSED, error, "linux.seccomp.listenerPath: \"%s\": %s: %s",
                     listener->path, what, strerror (error));
}

int
listener_connect (struct listener *out, struct oci_seccomp_error *err)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  struct timeval limit = {.tv_sec = SEND_SECONDS};

  if (strlen (out->path) >= sizeof address.sun_path)
    return fail (err, OCI_SECCOMP_TOO_LARGE,
                 "linux.seccomp.listenerPath: \"%s\" is longer than a socket's name, %zu bytes",
                 out->path, sizeof address.sun_path - 1);
  strcpy (address.sun_path, out->path);
  out->socket = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  /* The limit holds for connect too, which waits where the agent's backlog is full. */
  if (out->socket < 0 || setsockopt (out->socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) ||
      connect (out->socket, (const struct sockaddr *) &address, sizeof address))
    return failed (out, err, "cannot connect");
  return OCI_SECCOMP_OK;
}

static _Noreturn void listener_help (const struct listener *listener);

/* A fork that keeps one table of descriptors. */
static pid_t
fork_sharing_files (void)
{
#if defined __s390__
  return (pid_t) syscall (SYS_clone, NULL, CLONE_FILES | SIGCHLD, NULL, NULL, NULL);
#else
  return (pid_t) syscall (SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
#endif
}

/* By way of a child that ends at once, so that the command inherits no child. Whether there is a
 * helper in the end, the helper itself tells. */
static bool
start_helper (const struct listener *listener)
{
  const struct timespec pause = {.tv_nsec = 1000 * 1000};
  pid_t child = fork_sharing_files ();

  if (child == 0) {
    if (fork_sharing_files () == 0)
      listener_help (listener);
    _exit (0);
  }
  if (child < 0)
    return false;
  while (waitpid (child, NULL, 0) < 0 && errno == EINTR)
    ;
  errno = EAGAIN;
  for (int i = 0; i < START_MILLISECONDS; i++) {
    if (atomic_load (&listener->handoff->state) == HANDOFF_WAITING)
      return true;
    nanosleep (&pause, NULL);
  }
  return false;
}

int
listener_start (struct listener *listener, struct oci_seccomp_error *err)
{
  sigset_t all, before;

  listener->handoff = mmap (NULL, sizeof *listener->handoff, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (listener->handoff == MAP_FAILED)
    return failed (listener, err, "cannot share memory with a helper");
  listener->process = (int) syscall (SYS_pidfd_open, getpid (), 0);
  if (listener->process < 0)
    return failed (listener, err, "cannot watch over the handing over (pidfd_open, Linux 5.3)");
  /* What a terminal sends to all of us must not end the helper alone. */
  sigfillset (&all);
  sigprocmask (SIG_SETMASK, &all, &before);
  bool started = start_helper (listener);
  int error = errno;

  sigprocmask (SIG_SETMASK, &before, NULL);
  errno = error;
  return started ? OCI_SECCOMP_OK : failed (listener, err, "cannot start a helper");
}

/* --- after installation: the helper ---------------------------------------------------------- */

/* The message and the descriptor in one go; it is cut short only by the limit of time. */
static bool
send_message (const struct listener *listener, int descriptor)
{
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE (sizeof (int))];
  } control = {.bytes = {0}};
  struct iovec text = {(char *) listener->message, listener->length};
  struct msghdr message = {.msg_iov = &text,
                           .msg_iovlen = 1,
                           .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
  struct cmsghdr *header = CMSG_FIRSTHDR (&message);

  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN (sizeof descriptor);
  memcpy (CMSG_DATA (header), &descriptor, sizeof descriptor);
  ssize_t sent = sendmsg (listener->socket, &message, MSG_NOSIGNAL);

  if (sent >= 0 && (size_t) sent < listener->length)
    errno = ETIMEDOUT;
  return sent == (ssize_t) listener->length;
}

/* False once the process has ended. */
static bool
process_lives (const struct listener *listener, int milliseconds)
{
  struct pollfd process = {.fd = listener->process, .events = POLLIN};

  return poll (&process, 1, milliseconds) <= 0;
}

/* Its descriptors are the process's own, so closing them here closes them there. */
static _Noreturn void
listener_help (const struct listener *listener)
{
  struct handoff *handoff = listener->handoff;

  atomic_store (&handoff->state, HANDOFF_WAITING);
  while (atomic_load (&handoff->state) == HANDOFF_WAITING)
    if (!process_lives (listener, POLL_MILLISECONDS))
      _exit (0);
  int descriptor = atomic_load (&handoff->descriptor);
  bool sent = send_message (listener, descriptor);
  int error = errno;

  close (descriptor);
  close (listener->socket);
  if (sent) {
    close (listener->process);
    atomic_store (&handoff->state, HANDOFF_SENT);
    _exit (0);
  }
  complain (0, "linux.seccomp.listenerPath: \"%s\": the listener was not taken: %s", listener->path,
            strerror (error));
  atomic_store (&handoff->state, HANDOFF_FAILED);
  /* A filter that notifies exit_group too leaves the process no way to end. */
  if (process_lives (listener, GRACE_MILLISECONDS))
    syscall (SYS_pidfd_send_signal, listener->process, SIGKILL, NULL, 0);
  _exit (1);
}

/* --- after installation: the process --------------------------------------------------------- */

static inline void
spin (void)
{
#if defined __x86_64__ || defined __i386__
  __builtin_ia32_pause ();
#elif defined __aarch64__ || defined __arm__
  __asm__ volatile("yield" ::: "memory");
#else
  __asm__ volatile("" ::: "memory");
#endif
}

bool
listener_send (struct listener *listener, int descriptor)
{
  struct handoff *handoff = listener->handoff;

  atomic_store (&handoff->descriptor, descriptor);
  atomic_store (&handoff->state, HANDOFF_INSTALLED);
  for (uint64_t i = 0; i < SPIN_LIMIT; i++) {
    int state = atomic_load (&handoff->state);

    if (state == HANDOFF_SENT || state == HANDOFF_FAILED)
      return state == HANDOFF_SENT;
    spin ();
  }
  __builtin_trap ();
}
