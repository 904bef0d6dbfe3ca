/* A seccomp agent for the scripts: `agent SOCKET MODE` waits at SOCKET for one listener.
 *
 * MODE: `continue` lets every call through; a number answers every personality(2) with that errno
 * and lets the rest through; `stuck` takes a connection and reads nothing. Out: "listening", then
 * the message on one line, then, when all processes under the filter have ended, "answered N". */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/seccomp.h>

enum { TIME_LIMIT_SECONDS = 60 };

static void
die (const char *what)
{
  perror (what);
  exit (1);
}

static int
wait_for_connection (const char *path)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int server = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  strncpy (address.sun_path, path, sizeof address.sun_path - 1);
  if (server < 0 || bind (server, (const struct sockaddr *) &address, sizeof address) ||
      listen (server, 1))
    die (path);
  puts ("listening");
  fflush (stdout);
  int connection = accept (server, NULL, NULL);

  if (connection < 0)
    die ("accept");
  close (server);
  return connection;
}

/* Whether there is more of the message. crun keeps its end open: then the first call to answer says
 * that there is not. */
static bool
has_more (int connection, int listener)
{
  struct pollfd ready[] = {{.fd = connection, .events = POLLIN},
                           {.fd = listener, .events = POLLIN}};

  return poll (ready, 2, -1) > 0 && ready[0].revents;
}

/* Prints the message; returns the descriptor that came with its first bytes. */
static int
receive (int connection)
{
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE (4 * sizeof (int))];
  } control;
  char text[65536];
  struct iovec vector = {text, sizeof text};
  struct msghdr message = {.msg_iov = &vector,
                           .msg_iovlen = 1,
                           .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
  ssize_t got = recvmsg (connection, &message, MSG_CMSG_CLOEXEC);
  const struct cmsghdr *header = got > 0 ? CMSG_FIRSTHDR (&message) : NULL;
  int listener = -1;

  if (!header || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN (sizeof (int)))
    die ("no descriptor came");
  memcpy (&listener, CMSG_DATA (header), sizeof listener);
  do
    fwrite (text, 1, (size_t) got, stdout);
  while (has_more (connection, listener) && (got = read (connection, text, sizeof text)) > 0);
  putchar ('\n');
  fflush (stdout);
  return listener;
}

static void
answer (int listener, int deny)
{
  struct seccomp_notif request;
  struct seccomp_notif_resp response;

  memset (&request, 0, sizeof request);
  memset (&response, 0, sizeof response);
  if (ioctl (listener, SECCOMP_IOCTL_NOTIF_RECV, &request))
    return;
  response.id = request.id;
  if (deny && request.data.nr == SYS_personality)
    response.error = -deny;
  else
    response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  ioctl (listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

int
main (int argc, char **argv)
{
  if (argc != 3)
    return 2;
  alarm (TIME_LIMIT_SECONDS);
  int connection = wait_for_connection (argv[1]);

  if (!strcmp (argv[2], "stuck"))
    return pause ();
  struct pollfd listener = {.fd = receive (connection), .events = POLLIN};
  unsigned count = 0;

  while (poll (&listener, 1, -1) > 0 && !(listener.revents & POLLHUP))
    if (listener.revents & POLLIN) {
      answer (listener.fd, atoi (argv[2]));
      count++;
    }
  printf ("answered %u\n", count);
  return 0;
}
