#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static int
fail_va (struct oci_seccomp_error *err, int code, int sys_errno, const char *format, va_list args)
{
  if (err) {
    err->code = code;
    err->sys_errno = sys_errno;
    vsnprintf (err->message, sizeof err->message, format, args);
  }
  return code;
}

int
fail (struct oci_seccomp_error *err, int code, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  fail_va (err, code, 0, format, args);
  va_end (args);
  return code;
}

int
fail_errno (struct oci_seccomp_error *err, int code, int sys_errno, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  fail_va (err, code, sys_errno, format, args);
  va_end (args);
  return code;
}

int
fail_memory (struct oci_seccomp_error *err)
{
  return fail_errno (err, OCI_SECCOMP_NO_MEMORY, ENOMEM, "out of memory");
}

const char *
oci_seccomp_code_name (int code)
{
  static const char *const names[] = {
      [OCI_SECCOMP_OK] = "success",
      [OCI_SECCOMP_NO_SECCOMP] = "no seccomp section",
      [OCI_SECCOMP_BAD_JSON] = "bad JSON",
      [OCI_SECCOMP_INVALID_PROFILE] = "invalid profile",
      [OCI_SECCOMP_UNKNOWN_ACTION] = "unknown action",
      [OCI_SECCOMP_UNKNOWN_OPERATOR] = "unknown operator",
      [OCI_SECCOMP_UNKNOWN_FLAG] = "unknown flag",
      [OCI_SECCOMP_UNKNOWN_ABI] = "unknown ABI",
      [OCI_SECCOMP_UNKNOWN_SYSCALL] = "unknown system call",
      [OCI_SECCOMP_DUPLICATE_RULE] = "duplicate rule",
      [OCI_SECCOMP_CONFLICTING_RULES] = "conflicting rules",
      [OCI_SECCOMP_TOO_LARGE] = "too large",
      [OCI_SECCOMP_NOT_PERMITTED] = "not permitted",
      [OCI_SECCOMP_NOT_SUPPORTED] = "not supported by this kernel",
      [OCI_SECCOMP_REFUSED] = "kernel refused",
      [OCI_SECCOMP_NO_MEMORY] = "out of memory",
      [OCI_SECCOMP_RULES_UNKNOWN] = "rules unknown",
      [OCI_SECCOMP_BAD_PROGRAM] = "bad program",
      [OCI_SECCOMP_BAD_ARGUMENT] = "bad argument",
  };
  size_t count = sizeof names / sizeof names[0];

  return code >= 0 && (size_t) code < count ? names[code] : "unknown error code";
}
