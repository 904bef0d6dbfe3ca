/* The system-call interfaces of the kernel: one table row each, in abi.list.
 *
 * In: a name or an index. Out: a constant row. What always holds: an ABI has one AUDIT_ARCH token;
 * two ABIs share a token only where a bit of the number tells them apart (x86_64 and x32). */
#ifndef ABI_H
#define ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "names.h"

enum abi {
#define ABI(id, ...) ABI_##id,
#include "abi.list"
#undef ABI
  ABI_COUNT
};

struct abi_row {
  const char *name;      /* "x86_64": lower case, as all output has it */
  const char *spec_name; /* "SCMP_ARCH_X86_64" */
  const char *go_name;   /* GOARCH, as Docker profiles' arches may name it: "amd64"; or NULL */
  uint32_t token;        /* AUDIT_ARCH_*: what seccomp_data.arch has */
  bool wide;             /* arguments are 64 bits; else high words are never read */
  bool big_endian;
  uint32_t number_base;    /* added to the table's number: x32's bit 30, MIPS' 4000, 5000, 6000 */
  int column;              /* of the system-call table (syscalls.h) */
  int32_t socketcall, ipc; /* multiplexers' numbers as in the table, without number_base; or -1 */
};

extern const struct abi_row abi_table[ABI_COUNT];

enum { X32_BIT = 0x40000000 };

/* The machine this was built for. */
enum abi abi_native (void);

/* "SCMP_ARCH_X86_64"; with SPELLING_SHORT_TOO also "x86_64", "X86_64". */
bool abi_from_name (const char *word, enum spelling spelling, enum abi *abi);

/* The ABIs with this token: the first of the table; x86_64 for x32's. */
bool abi_from_token (uint32_t token, enum abi *abi);

/* A set of ABIs: bit i is enum abi i. */
#define ABI_BIT(abi) (UINT32_C (1) << (abi))

/* The number of ENOSYS on the kernels that have this ABI. */
uint32_t abi_enosys (enum abi abi);

/* Offset in struct seccomp_data of a word of argument `index`: where the byte order lives. */
uint32_t abi_argument_offset (bool big_endian, unsigned index, bool high);

#endif
