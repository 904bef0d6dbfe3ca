#include "abi.h"

#include <endian.h>
#include <linux/elf-em.h>
#include <linux/seccomp.h>
#include <string.h>

#include "syscalls.h"

enum { NARROW = 0, WIDE = 1, LITTLE = 0, BIG = 1 };
enum { LITTLE_HERE = __BYTE_ORDER == __LITTLE_ENDIAN };

#define SPEC_PREFIX "SCMP_ARCH_"

const struct abi_row abi_table[ABI_COUNT] = {
#define ABI(id, name_, go, token_, width, order, base, column_, socketcall_, ipc_) \
  [ABI_##id] = {.name = name_,                                                     \
                .spec_name = SPEC_PREFIX #id,                                      \
                .go_name = go,                                                     \
                .token = token_,                                                   \
                .wide = width,                                                     \
                .big_endian = order,                                               \
                .number_base = base,                                               \
                .column = COLUMN_##column_,                                        \
                .socketcall = socketcall_,                                         \
                .ipc = ipc_},
#include "abi.list"
#undef ABI
};

enum abi
abi_native (void)
{
#if defined(__x86_64__) && defined(__ILP32__)
  return ABI_X32;
#elif defined(__x86_64__)
  return ABI_X86_64;
#elif defined(__i386__)
  return ABI_X86;
#elif defined(__AARCH64EL__)
  return ABI_AARCH64;
#elif defined(__ARMEL__)
  return ABI_ARM;
#elif defined(__loongarch64)
  return ABI_LOONGARCH64;
#elif defined(__riscv) && __riscv_xlen == 64
  return ABI_RISCV64;
#elif defined(__s390x__)
  return ABI_S390X;
#elif defined(__s390__)
  return ABI_S390;
#elif defined(__powerpc64__)
  return LITTLE_HERE ? ABI_PPC64LE : ABI_PPC64;
#elif defined(__powerpc__)
  return ABI_PPC;
#elif defined(__mips__) && _MIPS_SIM == _ABI64
  return LITTLE_HERE ? ABI_MIPSEL64 : ABI_MIPS64;
#elif defined(__mips__) && _MIPS_SIM == _ABIN32
  return LITTLE_HERE ? ABI_MIPSEL64N32 : ABI_MIPS64N32;
#elif defined(__mips__)
  return LITTLE_HERE ? ABI_MIPSEL : ABI_MIPS;
#elif defined(__hppa__) && defined(__LP64__)
  return ABI_PARISC64;
#elif defined(__hppa__)
  return ABI_PARISC;
#elif defined(__m68k__)
  return ABI_M68K;
#elif defined(__sh__)
  return LITTLE_HERE ? ABI_SH : ABI_SHEB;
#else
#  error "no ABI of the OCI spec"
#endif
}

bool
abi_from_name (const char *word, enum spelling spelling, enum abi *abi)
{
  for (int i = 0; i < ABI_COUNT; i++) {
    const struct abi_row *row = &abi_table[i];
    bool is_short =
        strcmp (word, row->name) == 0 || strcmp (word, row->spec_name + strlen (SPEC_PREFIX)) == 0;

    if (strcmp (word, row->spec_name) == 0 || (spelling == SPELLING_SHORT_TOO && is_short)) {
      *abi = i;
      return true;
    }
  }
  return false;
}

bool
abi_from_token (uint32_t token, enum abi *abi)
{
  for (int i = 0; i < ABI_COUNT; i++) {
    if (abi_table[i].token == token) {
      *abi = i;
      return true;
    }
  }
  return false;
}

uint32_t
abi_enosys (enum abi abi)
{
  enum { MACHINE = 0xffff };

  /* The two families whose errnos are not Linux's own (their uapi/asm/errno.h). */
  switch (abi_table[abi].token & MACHINE) {
  case EM_MIPS:
    return 89;
  case EM_PARISC:
    return 251;
  default:
    return 38;
  }
}

uint32_t
abi_argument_offset (bool big_endian, unsigned index, bool high)
{
  uint32_t first = (uint32_t) offsetof (struct seccomp_data, args) + 8 * index;

  return high == big_endian ? first : first + 4;
}
