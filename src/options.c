#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <linux/capability.h>
#include <sys/utsname.h>

#include "profile.h"
#include "syscalls.h"

static void
warn_nobody (void *data, const char *message)
{
  (void) data;
  (void) message;
}

/* BAD_ARGUMENT for a word of options. */
static int
fail_word (struct oci_seccomp_error *err, const char *what, const char *word, const char *want)
{
  char quoted[JSON_QUOTE_TEXT];

  return fail (err, OCI_SECCOMP_BAD_ARGUMENT, "unknown %s %s; want %s", what,
               json_quote (word, quoted), want);
}

/* "6.1", "6.1.0-13-amd64": what follows the second number matters nowhere. */
static bool
read_version (const char *text, unsigned *major, unsigned *minor)
{
  enum { DIGITS_MAX = 6 };
  size_t first = strspn (text, "0123456789"), second;

  if (first == 0 || first > DIGITS_MAX || text[first] != '.')
    return false;
  second = strspn (text + first + 1, "0123456789");
  if (second == 0 || second > DIGITS_MAX)
    return false;
  *major = (unsigned) strtoul (text, NULL, 10);
  *minor = (unsigned) strtoul (text + first + 1, NULL, 10);
  return true;
}

static int
resolve_kernel (struct options *out, const char *kernel, struct oci_seccomp_error *err)
{
  struct utsname running;

  if (!kernel) {
    uname (&running);
    kernel = running.release;
  }
  if (read_version (kernel, &out->kernel_major, &out->kernel_minor))
    return 0;
  return fail_word (err, "kernel version", kernel, "one like 6.1");
}

/* Users leave out "CAP_", and write it in lower case. */
static bool
find_capability (const char *word, uint32_t *capability)
{
  const size_t prefix = strlen ("CAP_");

  for (const struct name *row = capability_names; row->name; row++)
    if (strcasecmp (row->name, word) == 0 || strcasecmp (row->name + prefix, word) == 0) {
      *capability = row->value;
      return true;
    }
  return false;
}

static int
resolve_capabilities (struct options *out, const struct oci_seccomp_options *from,
                      struct oci_seccomp_error *err)
{
  out->capabilities_given = from->capabilities != NULL;
  for (size_t i = 0; from->capabilities && i < from->capability_count; i++) {
    uint32_t capability;

    if (!from->capabilities[i])
      return fail (err, OCI_SECCOMP_BAD_ARGUMENT, "capability %zu is NULL", i);
    if (!find_capability (from->capabilities[i], &capability))
      return fail_word (err, "capability", from->capabilities[i], "one like CAP_SYS_ADMIN");
    out->capabilities |= UINT64_C (1) << capability;
  }
  return 0;
}

static int
resolve_words (struct options *out, const struct oci_seccomp_options *from,
               struct oci_seccomp_error *err)
{
  out->native = abi_native ();
  if (from->native_abi && !abi_from_name (from->native_abi, SPELLING_SHORT_TOO, &out->native))
    return fail_word (err, "native ABI", from->native_abi, "one like x86_64");
  out->bad_arch = SECCOMP_RET_KILL_THREAD;
  if (from->bad_arch && !verdict_from_text (from->bad_arch, &out->bad_arch))
    return fail_word (err, "action for other architectures", from->bad_arch,
                      "one like KILL_PROCESS or ERRNO(38)");
  return 0;
}

static int
check_numbers (const struct oci_seccomp_options *from, struct oci_seccomp_error *err)
{
  if ((unsigned) from->newer > OCI_SECCOMP_NEWER_DEFAULT)
    return fail (err, OCI_SECCOMP_BAD_ARGUMENT, "unknown value %d of newer", (int) from->newer);
  if ((unsigned) from->unknown_syscalls > OCI_SECCOMP_UNKNOWN_ERROR)
    return fail (err, OCI_SECCOMP_BAD_ARGUMENT, "unknown value %d of unknown_syscalls",
                 (int) from->unknown_syscalls);
  return 0;
}

static int
check_weights (const struct oci_seccomp_options *from, struct oci_seccomp_error *err)
{
  for (size_t i = 0; from->weights && i < from->weight_count; i++) {
    const struct oci_seccomp_weight *weight = &from->weights[i];

    if (!weight->syscall ||
        syscall_from_name (weight->syscall, strlen (weight->syscall)) == SYSCALL_UNKNOWN)
      return fail_word (err, "system call in the weights", weight->syscall ? weight->syscall : "",
                        "a name that some ABI knows");
    if (weight->count > OCI_SECCOMP_WEIGHT_MAX)
      return fail (err, OCI_SECCOMP_BAD_ARGUMENT, "the weight of %s is over 2^40", weight->syscall);
  }
  return 0;
}

int
options_resolve (struct options *out, const struct oci_seccomp_options *from,
                 struct oci_seccomp_error *err)
{
  static const struct oci_seccomp_options none;
  int code;

  if (!from)
    from = &none;
  *out = (struct options){
      .file_name = from->file_name ? from->file_name : "-",
      .newer = from->newer,
      .unknown_syscalls = from->unknown_syscalls,
      .strict = from->strict,
      .verify = from->verify,
      .weights = from->weights,
      .weight_count = from->weight_count,
      .warn = from->warn ? from->warn : warn_nobody,
      .warn_data = from->warn_data,
  };
  code = check_numbers (from, err);
  if (code == 0)
    code = check_weights (from, err);
  if (code == 0)
    code = resolve_words (out, from, err);
  if (code == 0)
    code = resolve_kernel (out, from->kernel, err);
  if (code == 0)
    code = resolve_capabilities (out, from, err);
  return code;
}
