#include "names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/seccomp.h>

/* Newer than some kernel headers that this must build with. */
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#  define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

/* The commonest first, as profiles name actions often. KILL_THREAD before its older name, as the
 * first of two words for one value is the one that is written. */
const struct name action_names[] = {
    {"SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW},
    {"SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO},
    {"SCMP_ACT_LOG", SECCOMP_RET_LOG},
    {"SCMP_ACT_TRACE", SECCOMP_RET_TRACE},
    {"SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF},
    {"SCMP_ACT_TRAP", SECCOMP_RET_TRAP},
    {"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD},
    {"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD},
    {"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS},
    {NULL, 0},
};

const struct name operator_names[] = {
    {"SCMP_CMP_NE", OPERATOR_NE},
    {"SCMP_CMP_LT", OPERATOR_LT},
    {"SCMP_CMP_LE", OPERATOR_LE},
    {"SCMP_CMP_EQ", OPERATOR_EQ},
    {"SCMP_CMP_GE", OPERATOR_GE},
    {"SCMP_CMP_GT", OPERATOR_GT},
    {"SCMP_CMP_MASKED_EQ", OPERATOR_MASKED_EQ},
    {NULL, 0},
};

const struct name flag_names[] = {
    {"SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC},
    {"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
    {"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
    {"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV},
    {NULL, 0},
};

/* The generic numbers, written out: errno.h's own differ where this may be built (MIPS, PA-RISC),
 * and the words of a profile must not. */
const struct name errno_names[] = {
    {"EPERM", 1},
    {"ENOENT", 2},
    {"ESRCH", 3},
    {"EINTR", 4},
    {"EIO", 5},
    {"ENXIO", 6},
    {"E2BIG", 7},
    {"ENOEXEC", 8},
    {"EBADF", 9},
    {"ECHILD", 10},
    {"EAGAIN", 11},
    {"ENOMEM", 12},
    {"EACCES", 13},
    {"EFAULT", 14},
    {"ENOTBLK", 15},
    {"EBUSY", 16},
    {"EEXIST", 17},
    {"EXDEV", 18},
    {"ENODEV", 19},
    {"ENOTDIR", 20},
    {"EISDIR", 21},
    {"EINVAL", 22},
    {"ENFILE", 23},
    {"EMFILE", 24},
    {"ENOTTY", 25},
    {"ETXTBSY", 26},
    {"EFBIG", 27},
    {"ENOSPC", 28},
    {"ESPIPE", 29},
    {"EROFS", 30},
    {"EMLINK", 31},
    {"EPIPE", 32},
    {"EDOM", 33},
    {"ERANGE", 34},
    {"EDEADLK", 35},
    {"ENAMETOOLONG", 36},
    {"ENOLCK", 37},
    {"ENOSYS", 38},
    {"ENOTEMPTY", 39},
    {"ELOOP", 40},
    {"ENOMSG", 42},
    {"EIDRM", 43},
    {"ECHRNG", 44},
    {"EL2NSYNC", 45},
    {"EL3HLT", 46},
    {"EL3RST", 47},
    {"ELNRNG", 48},
    {"EUNATCH", 49},
    {"ENOCSI", 50},
    {"EL2HLT", 51},
    {"EBADE", 52},
    {"EBADR", 53},
    {"EXFULL", 54},
    {"ENOANO", 55},
    {"EBADRQC", 56},
    {"EBADSLT", 57},
    {"EBFONT", 59},
    {"ENOSTR", 60},
    {"ENODATA", 61},
    {"ETIME", 62},
    {"ENOSR", 63},
    {"ENONET", 64},
    {"ENOPKG", 65},
    {"EREMOTE", 66},
    {"ENOLINK", 67},
    {"EADV", 68},
    {"ESRMNT", 69},
    {"ECOMM", 70},
    {"EPROTO", 71},
    {"EMULTIHOP", 72},
    {"EDOTDOT", 73},
    {"EBADMSG", 74},
    {"EOVERFLOW", 75},
    {"ENOTUNIQ", 76},
    {"EBADFD", 77},
    {"EREMCHG", 78},
    {"ELIBACC", 79},
    {"ELIBBAD", 80},
    {"ELIBSCN", 81},
    {"ELIBMAX", 82},
    {"ELIBEXEC", 83},
    {"EILSEQ", 84},
    {"ERESTART", 85},
    {"ESTRPIPE", 86},
    {"EUSERS", 87},
    {"ENOTSOCK", 88},
    {"EDESTADDRREQ", 89},
    {"EMSGSIZE", 90},
    {"EPROTOTYPE", 91},
    {"ENOPROTOOPT", 92},
    {"EPROTONOSUPPORT", 93},
    {"ESOCKTNOSUPPORT", 94},
    {"EOPNOTSUPP", 95},
    {"EPFNOSUPPORT", 96},
    {"EAFNOSUPPORT", 97},
    {"EADDRINUSE", 98},
    {"EADDRNOTAVAIL", 99},
    {"ENETDOWN", 100},
    {"ENETUNREACH", 101},
    {"ENETRESET", 102},
    {"ECONNABORTED", 103},
    {"ECONNRESET", 104},
    {"ENOBUFS", 105},
    {"EISCONN", 106},
    {"ENOTCONN", 107},
    {"ESHUTDOWN", 108},
    {"ETOOMANYREFS", 109},
    {"ETIMEDOUT", 110},
    {"ECONNREFUSED", 111},
    {"EHOSTDOWN", 112},
    {"EHOSTUNREACH", 113},
    {"EALREADY", 114},
    {"EINPROGRESS", 115},
    {"ESTALE", 116},
    {"EUCLEAN", 117},
    {"ENOTNAM", 118},
    {"ENAVAIL", 119},
    {"EISNAM", 120},
    {"EREMOTEIO", 121},
    {"EDQUOT", 122},
    {"ENOMEDIUM", 123},
    {"EMEDIUMTYPE", 124},
    {"ECANCELED", 125},
    {"ENOKEY", 126},
    {"EKEYEXPIRED", 127},
    {"EKEYREVOKED", 128},
    {"EKEYREJECTED", 129},
    {"EOWNERDEAD", 130},
    {"ENOTRECOVERABLE", 131},
    {"ERFKILL", 132},
    {"EHWPOISON", 133},
    {"EWOULDBLOCK", 11},
    {"EDEADLOCK", 35},
    {"ENOTSUP", 95},
    {NULL, 0},
};

const struct name capability_names[] = {
    {"CAP_CHOWN", 0},
    {"CAP_DAC_OVERRIDE", 1},
    {"CAP_DAC_READ_SEARCH", 2},
    {"CAP_FOWNER", 3},
    {"CAP_FSETID", 4},
    {"CAP_KILL", 5},
    {"CAP_SETGID", 6},
    {"CAP_SETUID", 7},
    {"CAP_SETPCAP", 8},
    {"CAP_LINUX_IMMUTABLE", 9},
    {"CAP_NET_BIND_SERVICE", 10},
    {"CAP_NET_BROADCAST", 11},
    {"CAP_NET_ADMIN", 12},
    {"CAP_NET_RAW", 13},
    {"CAP_IPC_LOCK", 14},
    {"CAP_IPC_OWNER", 15},
    {"CAP_SYS_MODULE", 16},
    {"CAP_SYS_RAWIO", 17},
    {"CAP_SYS_CHROOT", 18},
    {"CAP_SYS_PTRACE", 19},
    {"CAP_SYS_PACCT", 20},
    {"CAP_SYS_ADMIN", 21},
    {"CAP_SYS_BOOT", 22},
    {"CAP_SYS_NICE", 23},
    {"CAP_SYS_RESOURCE", 24},
    {"CAP_SYS_TIME", 25},
    {"CAP_SYS_TTY_CONFIG", 26},
    {"CAP_MKNOD", 27},
    {"CAP_LEASE", 28},
    {"CAP_AUDIT_WRITE", 29},
    {"CAP_AUDIT_CONTROL", 30},
    {"CAP_SETFCAP", 31},
    {"CAP_MAC_OVERRIDE", 32},
    {"CAP_MAC_ADMIN", 33},
    {"CAP_SYSLOG", 34},
    {"CAP_WAKE_ALARM", 35},
    {"CAP_BLOCK_SUSPEND", 36},
    {"CAP_AUDIT_READ", 37},
    {"CAP_PERFMON", 38},
    {"CAP_BPF", 39},
    {"CAP_CHECKPOINT_RESTORE", 40},
    {NULL, 0},
};

bool
name_find (const struct name *table, const char *prefix, const char *word, enum spelling spelling,
           uint32_t *value)
{
  size_t skip = spelling == SPELLING_SHORT_TOO && prefix ? strlen (prefix) : 0;

  for (const struct name *row = table; row->name; row++)
    if (strcmp (row->name, word) == 0 || (skip && strcmp (row->name + skip, word) == 0)) {
      *value = row->value;
      return true;
    }
  return false;
}

static const char action_prefix[] = "SCMP_ACT_";
static const char operator_prefix[] = "SCMP_CMP_";

bool
action_from_name (const char *word, enum spelling spelling, uint32_t *action)
{
  return name_find (action_names, action_prefix, word, spelling, action);
}

bool
operator_from_name (const char *word, enum spelling spelling, enum op *op)
{
  uint32_t value;

  if (!name_find (operator_names, operator_prefix, word, spelling, &value))
    return false;
  *op = (enum op) value;
  return true;
}

bool
flag_from_name (const char *word, uint32_t *flag)
{
  return name_find (flag_names, NULL, word, SPELLING_SPEC, flag);
}

bool
errno_from_name (const char *word, uint32_t *number)
{
  return name_find (errno_names, NULL, word, SPELLING_SPEC, number);
}

bool
capability_from_name (const char *word, uint32_t *capability)
{
  return name_find (capability_names, NULL, word, SPELLING_SPEC, capability);
}

bool
errno_from_text (const char *text, uint32_t max, uint32_t *number)
{
  uint32_t sum = 0;

  if (errno_from_name (text, number))
    return true;
  if (!*text)
    return false;
  for (; *text; text++) {
    if (*text < '0' || *text > '9')
      return false;
    sum = sum * 10 + (uint32_t) (*text - '0');
    if (sum > max)
      return false;
  }
  *number = sum;
  return true;
}

static const char *
name_of (const struct name *table, uint32_t value)
{
  for (; table->name; table++)
    if (table->value == value)
      return table->name;
  return NULL;
}

const char *
operator_name (enum op op)
{
  return name_of (operator_names, op);
}

const char *
action_name (uint32_t verdict)
{
  return name_of (action_names, verdict & SECCOMP_RET_ACTION_FULL);
}

const char *
names_text (const struct name *table, char buffer[NAMES_TEXT])
{
  size_t used = (size_t) snprintf (buffer, NAMES_TEXT, "one of ");

  for (const char *before = ""; table->name && used < NAMES_TEXT; table++, before = ", ")
    used += (size_t) snprintf (buffer + used, NAMES_TEXT - used, "%s%s", before, table->name);
  return buffer;
}

bool
action_takes_data (uint32_t action, uint32_t *max)
{
  action &= SECCOMP_RET_ACTION_FULL;
  if (action == SECCOMP_RET_ERRNO)
    *max = 4095; /* the kernel's MAX_ERRNO, to which it cuts what is more */
  else if (action == SECCOMP_RET_TRACE)
    *max = SECCOMP_RET_DATA;
  else
    return false;
  return true;
}

const char *
verdict_text (uint32_t verdict, char *buffer)
{
  const char *name = action_name (verdict);
  uint32_t max;

  if (!name)
    name = action_name (SECCOMP_RET_KILL_PROCESS);
  name += strlen (action_prefix);
  /* A profile's TRAP has no data; that of other programs reaches the process as si_errno. */
  if (action_takes_data (verdict, &max) ||
      ((verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRAP && verdict & SECCOMP_RET_DATA))
    snprintf (buffer, VERDICT_TEXT, "%s(%u)", name, verdict & SECCOMP_RET_DATA);
  else
    snprintf (buffer, VERDICT_TEXT, "%s", name);
  return buffer;
}

bool
verdict_from_text (const char *text, uint32_t *verdict)
{
  char word[VERDICT_TEXT];
  size_t length = strlen (text), name_length = strcspn (text, "(");
  uint32_t action, max, data = 0;

  if (length >= sizeof word)
    return false;
  memcpy (word, text, length + 1);
  word[name_length] = '\0';
  if (!action_from_name (word, SPELLING_SHORT_TOO, &action))
    return false;
  if (action_takes_data (action, &max))
    data = DEFAULT_ERRNO;
  else if (name_length < length)
    return false;
  if (name_length < length) {
    if (word[length - 1] != ')')
      return false;
    word[length - 1] = '\0';
    if (!errno_from_text (word + name_length + 1, max, &data))
      return false;
  }
  *verdict = action | data;
  return true;
}
