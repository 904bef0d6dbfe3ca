/* A context's program into the kernel, and the notifications that come of it. After
 * seccomp_precompute, seccomp_load makes system calls and nothing else. */
#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "context.h"
#include "install.h"
#include "kernel.h"
#include "shelf.h"

/* Kernel headers may be older than the kernel that runs. */
#ifndef SECCOMP_FILTER_FLAG_TSYNC_ESRCH
#  define SECCOMP_FILTER_FLAG_TSYNC_ESRCH (1UL << 4)
#endif
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#  define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

/* How kernels before 5.9 number SECCOMP_IOCTL_NOTIF_ID_VALID; newer ones take both. */
#define ID_VALID_BEFORE_5_9 _IOR ('!', 2, uint64_t)

/* A process has one listener: filters after the first that notifies share it. */
static unsigned
flags_of (const struct context *context)
{
  const uint32_t *attributes = context->attributes;
  unsigned flags = 0;

  if (context->notifies && kernel_has (FEATURE_ACT_NOTIFY) && listener_get () < 0)
    flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
  if (attributes[SCMP_FLTATR_CTL_TSYNC])
    flags |= SECCOMP_FILTER_FLAG_TSYNC;
  /* So a thread that cannot follow is no listener's number. */
  if ((flags & SECCOMP_FILTER_FLAG_TSYNC) && kernel_has (FEATURE_TSYNC_ESRCH))
    flags |= SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
  if ((flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) && attributes[SCMP_FLTATR_CTL_WAITKILL])
    flags |= SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
  if (attributes[SCMP_FLTATR_CTL_LOG])
    flags |= SECCOMP_FILTER_FLAG_LOG;
  if (attributes[SCMP_FLTATR_CTL_SSB])
    flags |= SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  return flags;
}

/* As install_is_faked, on kernels without seccomp(2) as well. */
static bool
is_faked (unsigned flags)
{
  if (!kernel_has (FEATURE_SYSCALL))
    return prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) >= 0;
  return install_is_faked (flags);
}

/* 0 or a negative errno. */
static int
install (const struct context *context)
{
  /* What is exported is what is loaded: the kernel refuses another machine's byte order. */
  struct sock_fprog program = {(unsigned short) context->filter.program.length,
                               (struct sock_filter *) context->bytes};
  unsigned flags = flags_of (context);
  long result;

  if (is_faked (flags))
    return -EPERM;
  if (!kernel_has (FEATURE_SYSCALL))
    return prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? -errno : 0;
  result = syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
  if (result < 0)
    return -errno;
  if (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER)
    listener_set ((int) result);
  else if (result > 0)
    return -ESRCH;
  return 0;
}

/* A filter that is there already may say that it was done, and do nothing. */
static int
drop_privileges (void)
{
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    return -errno;
  return prctl (PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : -EPERM;
}

int
seccomp_load (const scmp_filter_ctx ctx)
{
  struct context *context = context_of (ctx);
  int code = context ? context_compile (context) : -EINVAL;

  if (code)
    return code;
  if (context->attributes[SCMP_FLTATR_CTL_NNP])
    code = drop_privileges ();
  if (!code)
    code = install (context);
  if (!code)
    shelf_close ();
  if (code == 0 || code == -ESRCH || context->attributes[SCMP_FLTATR_API_SYSRAWRC])
    return code;
  return -ECANCELED;
}

/* --- notifications --- */

/* The larger of what the caller's headers say and what the kernel fills. */
static void *
room_for (size_t headers, size_t kernel)
{
  return calloc (1, headers > kernel ? headers : kernel);
}

int
seccomp_notify_alloc (struct seccomp_notif **req, struct seccomp_notif_resp **resp)
{
  struct seccomp_notif_sizes sizes;

  if (!kernel_has (FEATURE_SYSCALL))
    return -EOPNOTSUPP;
  if (syscall (SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) < 0)
    return -ECANCELED;
  if (req)
    *req = room_for (sizeof **req, sizes.seccomp_notif);
  if (req && !*req)
    return -ENOMEM;
  if (!resp)
    return 0;
  *resp = room_for (sizeof **resp, sizes.seccomp_notif_resp);
  if (*resp)
    return 0;
  if (req) {
    free (*req);
    *req = NULL;
  }
  return -ENOMEM;
}

void
seccomp_notify_free (struct seccomp_notif *req, struct seccomp_notif_resp *resp)
{
  free (req);
  free (resp);
}

int
seccomp_notify_receive (int fd, struct seccomp_notif *req)
{
  if (!kernel_has (FEATURE_ACT_NOTIFY))
    return -EOPNOTSUPP;
  return ioctl (fd, SECCOMP_IOCTL_NOTIF_RECV, req) < 0 ? -ECANCELED : 0;
}

int
seccomp_notify_respond (int fd, struct seccomp_notif_resp *resp)
{
  if (!kernel_has (FEATURE_ACT_NOTIFY))
    return -EOPNOTSUPP;
  return ioctl (fd, SECCOMP_IOCTL_NOTIF_SEND, resp) < 0 ? -ECANCELED : 0;
}

int
seccomp_notify_id_valid (int fd, uint64_t id)
{
  if (!kernel_has (FEATURE_ACT_NOTIFY))
    return -EOPNOTSUPP;
  if (ioctl (fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0)
    return 0;
  return errno == EINVAL && ioctl (fd, ID_VALID_BEFORE_5_9, &id) == 0 ? 0 : -ENOENT;
}

int
seccomp_notify_fd (const scmp_filter_ctx ctx)
{
  return context_of (ctx) ? listener_get () : -EINVAL;
}
