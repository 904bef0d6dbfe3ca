#include "install.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "error.h"
#include "filter.h"

/* Kernel headers older than the flag lack its name; the kernel that runs may still know it. */
#ifndef SECCOMP_FILTER_FLAG_TSYNC_ESRCH
#  define SECCOMP_FILTER_FLAG_TSYNC_ESRCH (1UL << 4)
#endif
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#  define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

/* The kernel's internal ENOTSUPP, which it lets through here: no errno of libc has this value. */
enum { KERNEL_ENOTSUPP = 524 };

/* All flags of the kernel; the spec's are only some of them. */
static const struct name kernel_flags[] = {
    {"TSYNC", SECCOMP_FILTER_FLAG_TSYNC},
    {"LOG", SECCOMP_FILTER_FLAG_LOG},
    {"SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
    {"NEW_LISTENER", SECCOMP_FILTER_FLAG_NEW_LISTENER},
    {"TSYNC_ESRCH", SECCOMP_FILTER_FLAG_TSYNC_ESRCH},
    {"WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV},
    {NULL, 0},
};

/* --- text, without stdio --------------------------------------------------------------------- */

/* Where the next character of a message goes; one place before the end is left for the NUL. */
struct text {
  char *next, *end;
};

static void
text_add (struct text *text, const char *words)
{
  while (*words && text->next < text->end)
    *text->next++ = *words++;
  *text->next = '\0';
}

static void
text_add_number (struct text *text, uint64_t number, unsigned base)
{
  char digits[24];
  char *first = digits + sizeof digits - 1;

  *first = '\0';
  do {
    *--first = "0123456789abcdef"[number % base];
    number /= base;
  } while (number);
  text_add (text, first);
}

static void
text_add_flag (struct text *text, unsigned flag)
{
  const struct name *known = kernel_flags;

  while (known->name && known->value != flag)
    known++;
  if (known->name) {
    text_add (text, "SECCOMP_FILTER_FLAG_");
    text_add (text, known->name);
  } else {
    text_add (text, "0x");
    text_add_number (text, flag, 16);
  }
}

/* Up to size - 1 bytes of a file of /proc; "" if it cannot be read. */
static void
read_proc (const char *path, char *buffer, size_t size)
{
  ssize_t length = -1;
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd >= 0) {
    length = read (fd, buffer, size - 1);
    close (fd);
  }
  buffer[length > 0 ? length : 0] = '\0';
}

/* The first word of a file's text after `label`. */
static void
text_add_proc (struct text *text, const char *path, const char *label)
{
  char buffer[4096];
  read_proc (path, buffer, sizeof buffer);

  char *word = strstr (buffer, label);
  if (word)
    word += strlen (label) + strspn (word + strlen (label), " \t");
  if (!word || !*word || *word == '\n') {
    text_add (text, "an unknown number");
    return;
  }
  word[strcspn (word, " \t\n")] = '\0';
  text_add (text, word);
}

/* --- why the kernel refused ------------------------------------------------------------------ */

/* What was asked for and what came of it. */
struct attempt {
  const struct program *program;
  unsigned flags;
  long result;
  int error;  /* errno, where result is -1 */
  bool faked; /* not the kernel answered */
};

static bool
asked_for (const struct attempt *attempt, unsigned flag)
{
  return (attempt->flags & flag) != 0;
}

/* The bits of `flags` that this kernel does not know. */
static unsigned
unknown_flags (unsigned flags)
{
  unsigned unknown = 0;

  for (unsigned flag = 1; flag; flag <<= 1)
    if ((flags & flag) && !install_flag_known (flag))
      unknown |= flag;
  return unknown;
}

static int
explain_unknown_flags (struct text *text, unsigned unknown)
{
  const char *separator = "this kernel does not know the flag ";

  for (unsigned flag = 1; flag; flag <<= 1)
    if (unknown & flag) {
      text_add (text, separator);
      text_add_flag (text, flag);
      separator = ", nor ";
    }
  return OCI_SECCOMP_NOT_SUPPORTED;
}

/* In the order in which the kernel looks (seccomp_set_mode_filter of kernel/seccomp.c). */
static int
explain_einval (struct text *text, const struct attempt *attempt)
{
  unsigned unknown = unknown_flags (attempt->flags);
  bool listener = asked_for (attempt, SECCOMP_FILTER_FLAG_NEW_LISTENER);

  if (unknown)
    return explain_unknown_flags (text, unknown);
  if (listener && asked_for (attempt, SECCOMP_FILTER_FLAG_TSYNC) &&
      !asked_for (attempt, SECCOMP_FILTER_FLAG_TSYNC_ESRCH))
    text_add (text, "the flag SECCOMP_FILTER_FLAG_TSYNC cannot be had together with a listener for "
                    "NOTIFY (SECCOMP_FILTER_FLAG_NEW_LISTENER) without "
                    "SECCOMP_FILTER_FLAG_TSYNC_ESRCH");
  else if (!listener && asked_for (attempt, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV))
    text_add (text, "the flag SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is only for a filter with a "
                    "listener for NOTIFY (SECCOMP_FILTER_FLAG_NEW_LISTENER)");
  else {
    text_add (text, "the kernel finds the program of ");
    text_add_number (text, attempt->program->length, 10);
    text_add (text, " instructions invalid (it takes 1 to ");
    text_add_number (text, PROGRAM_MAX_LENGTH, 10);
    text_add (text, "), or the thread is in another seccomp mode");
  }
  return OCI_SECCOMP_REFUSED;
}

static int
explain_enomem (struct text *text, const struct attempt *attempt)
{
  text_add (text, "too many filters on this thread, or no kernel memory: with ");
  text_add_proc (text, "/proc/thread-self/status", "Seccomp_filters:");
  text_add (text, " installed already, one more of ");
  text_add_number (text, attempt->program->length, 10);
  text_add (text, " instructions may pass the limit of ");
  text_add_number (text, PROGRAM_MAX_PATH, 10);
  text_add (text, " for all of them together, where each counts ");
  text_add_number (text, PROGRAM_PATH_COST, 10);
  text_add (text, " more than its length in the kernel's own instructions");
  return OCI_SECCOMP_REFUSED;
}

static int
explain_jit (struct text *text)
{
  text_add (text, "the kernel has no memory left for compiled BPF programs (errno 524): "
                  "net.core.bpf_jit_limit is ");
  text_add_proc (text, "/proc/sys/net/core/bpf_jit_limit", "");
  text_add (text, " bytes for all of them together; raise it, or end processes with filters");
  return OCI_SECCOMP_REFUSED;
}

static int
explain_threads (struct text *text, const struct attempt *attempt)
{
  text_add (text, "SECCOMP_FILTER_FLAG_TSYNC: ");
  if (attempt->result > 0) {
    text_add (text, "thread ");
    text_add_number (text, (uint64_t) attempt->result, 10);
  } else {
    text_add (text, "some thread");
  }
  text_add (text, " has a seccomp filter of its own, so it cannot take over this thread's");
  return OCI_SECCOMP_REFUSED;
}

static int
explain_other (struct text *text, const struct attempt *attempt)
{
  text_add (text, "seccomp(2) failed with errno ");
  text_add_number (text, (uint64_t) attempt->error, 10);
  text_add (text, "; a filter installed earlier may deny it");
  return attempt->error == EPERM ? OCI_SECCOMP_NOT_PERMITTED : OCI_SECCOMP_REFUSED;
}

static int
explain (struct text *text, const struct attempt *attempt)
{
  if (attempt->faked) {
    text_add (text, "a filter on this thread already answers seccomp(2) in the kernel's place: it "
                    "says that all went well, and installs nothing");
    return OCI_SECCOMP_REFUSED;
  }
  if (attempt->result > 0)
    return explain_threads (text, attempt);
  switch (attempt->error) {
  case EACCES:
    text_add (text, "the kernel takes a filter only from a thread that has no_new_privs set or "
                    "has CAP_SYS_ADMIN, and this one has neither");
    return OCI_SECCOMP_NOT_PERMITTED;
  case EINVAL:
    return explain_einval (text, attempt);
  case ENOMEM:
    return explain_enomem (text, attempt);
  case EBUSY:
    text_add (text, "a filter on this thread has a listener for NOTIFY already, and the kernel "
                    "allows one");
    return OCI_SECCOMP_REFUSED;
  case KERNEL_ENOTSUPP:
    return explain_jit (text);
  case ENOSYS:
    text_add (text, "this kernel has no seccomp(2), or a filter installed earlier hides it");
    return OCI_SECCOMP_NOT_SUPPORTED;
  case ESRCH:
    return explain_threads (text, attempt);
  case EMFILE:
  case ENFILE:
    text_add (text, "no file descriptor is left for the listener of NOTIFY");
    return OCI_SECCOMP_REFUSED;
  default:
    return explain_other (text, attempt);
  }
}

/* fail() formats with stdio, which a child after fork must not enter. */
static int
refuse (struct oci_seccomp_error *err, const struct attempt *attempt)
{
  struct oci_seccomp_error unused = {0};
  struct oci_seccomp_error *out = err ? err : &unused;
  struct text text = {out->message, out->message + sizeof out->message - 1};

  out->sys_errno = attempt->result > 0 && !attempt->faked ? ESRCH : attempt->error;
  out->code = explain (&text, attempt);
  return out->code;
}

static int
reject (struct oci_seccomp_error *err, const char *before, const char *name, const char *after)
{
  if (err) {
    struct text text = {err->message, err->message + sizeof err->message - 1};

    text_add (&text, before);
    text_add (&text, name);
    text_add (&text, after);
    err->code = OCI_SECCOMP_BAD_ARGUMENT;
    err->sys_errno = 0;
  }
  return OCI_SECCOMP_BAD_ARGUMENT;
}

/* --- installing ------------------------------------------------------------------------------ */

bool
install_flag_known (unsigned flag)
{
  int saved = errno;
  unsigned flags = flag;

  /* The kernel refuses this one alone even where it knows it. */
  if (flag == SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)
    flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
  /* Flags are checked first (EINVAL), then the program is read from address 0 (EFAULT). */
  long result = syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, NULL);
  bool known = result == -1 && errno == EFAULT;

  errno = saved;
  return known;
}

bool
oci_seccomp_supported (void)
{
  int saved = errno;
  uint32_t action = SECCOMP_RET_ALLOW;
  long result = syscall (SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);

  errno = saved;
  return result == 0;
}

/* Without it, the very next call would get the verdict for foreign AUDIT_ARCH values. */
static bool
covers_this_machine (const struct oci_seccomp_filter *filter)
{
  if (!filter->rules_known)
    return true;
  for (size_t i = 0; i < filter->rules_count; i++)
    if (filter->rules[i].abi == abi_native ())
      return true;
  return false;
}

bool
install_is_faked (unsigned flags)
{
  return syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, NULL) >= 0;
}

int
oci_seccomp_install (const struct oci_seccomp_filter *filter, unsigned flags, int *listener,
                     struct oci_seccomp_error *error)
{
  bool listens = (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0;

  if (listener)
    *listener = -1;
  if (!filter)
    return reject (error, "no filter to install", "", "");
  if (listens && !listener)
    return reject (error, "SECCOMP_FILTER_FLAG_NEW_LISTENER needs a place for the listener", "",
                   "");
  if (!covers_this_machine (filter))
    return reject (error, "the filter was compiled for ", abi_table[filter->native].name,
                   " and would kill every call of this machine");
  size_t length = filter->program.length;
  /* The field is narrower than size_t; what does not fit must be refused, not cut. */
  struct sock_fprog fprog = {(unsigned short) (length > UINT16_MAX ? UINT16_MAX : length),
                             filter->program.instructions};
  struct attempt attempt = {.program = &filter->program, .flags = flags};

  attempt.faked = install_is_faked (flags);
  if (attempt.faked)
    return refuse (error, &attempt);
  attempt.result = syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &fprog);
  attempt.error = attempt.result == -1 ? errno : 0;
  if (attempt.result < 0 || (attempt.result > 0 && !listens))
    return refuse (error, &attempt);
  if (listens)
    *listener = (int) attempt.result;
  return OCI_SECCOMP_OK;
}
