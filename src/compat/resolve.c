/* Names, numbers and tokens of libseccomp's interface, and its version. */
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "number.h"
#include "syscalls.h"

uint32_t
seccomp_arch_resolve_name (const char *arch_name)
{
  for (int i = 0; arch_name && i < ABI_COUNT; i++)
    if (strcmp (arch_name, abi_table[i].name) == 0)
      return abi_to_token (i);
  return 0;
}

uint32_t
seccomp_arch_native (void)
{
  return abi_to_token (abi_native ());
}

char *
seccomp_syscall_resolve_num_arch (uint32_t arch_token, int num)
{
  enum abi abi;
  int row = token_to_abi (arch_token, &abi) ? row_of_number (num, abi) : SYSCALL_UNKNOWN;

  return row == SYSCALL_UNKNOWN ? NULL : strdup (syscall_name (row));
}

static int
row_of_name (const char *name)
{
  return name ? syscall_from_name (name, strlen (name)) : SYSCALL_UNKNOWN;
}

int
seccomp_syscall_resolve_name_arch (uint32_t arch_token, const char *name)
{
  int row = row_of_name (name);
  enum abi abi;

  if (row == SYSCALL_UNKNOWN || !token_to_abi (arch_token, &abi))
    return NR_SCMP_ERROR;
  return number_of_row (row, abi);
}

/* What a multiplexed call is made through takes its place. */
int
seccomp_syscall_resolve_name_rewrite (uint32_t arch_token, const char *name)
{
  int row = row_of_name (name);
  uint32_t call;
  enum abi abi;

  if (row == SYSCALL_UNKNOWN || !token_to_abi (arch_token, &abi))
    return NR_SCMP_ERROR;
  if (abi_table[abi].socketcall >= 0) {
    enum multiplexer multiplexer = syscall_multiplexer (row, &call);

    if (multiplexer == MULTIPLEXER_SOCKETCALL)
      return abi_table[abi].socketcall + (int) abi_table[abi].number_base;
    if (multiplexer == MULTIPLEXER_IPC)
      return abi_table[abi].ipc + (int) abi_table[abi].number_base;
  }
  return number_of_row (row, abi);
}

int
seccomp_syscall_resolve_name (const char *name)
{
  return seccomp_syscall_resolve_name_arch (SCMP_ARCH_NATIVE, name);
}
