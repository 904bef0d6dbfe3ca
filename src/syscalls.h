/* Names and numbers of system calls on every ABI, as of one day.
 *
 * In: a name, or an ABI and a number. Out: a row of the table, or a number as seccomp_data.nr has
 * it. What always holds: rows are sorted by name; within an ABI no number is there twice. The
 * table is syscalls.tbl; build time turns it into C (syscalls.awk). */
#ifndef SYSCALLS_H
#define SYSCALLS_H

#include "abi.h"

enum { SYSCALL_UNKNOWN = -1 };

/* The columns of the table. ABIs that differ in their byte order alone share one. */
enum syscall_column {
  COLUMN_x86,
  COLUMN_x86_64,
  COLUMN_x32,
  COLUMN_arm,
  COLUMN_aarch64,
  COLUMN_loongarch64,
  COLUMN_m68k,
  COLUMN_mips,
  COLUMN_mips64,
  COLUMN_mips64n32,
  COLUMN_parisc,
  COLUMN_parisc64,
  COLUMN_ppc,
  COLUMN_ppc64,
  COLUMN_riscv64,
  COLUMN_s390,
  COLUMN_s390x,
  COLUMN_sh,
  SYSCALL_COLUMNS
};

/* The row of a name; SYSCALL_UNKNOWN if no ABI knows it. Costs one hash. */
int syscall_from_name (const char *name, size_t length);

int syscall_count (void);
const char *syscall_name (int row);

/* False if the ABI lacks the call. *number includes the ABI's base. */
bool syscall_number (int row, enum abi abi, uint32_t *number);

/* The numbers of one ABI by row, for those who look at many: without the ABI's base, and negative
 * where the ABI lacks the call. */
const int32_t *syscall_numbers (enum abi abi);

/* The row with this number on this ABI; SYSCALL_UNKNOWN if none. */
int syscall_from_number (uint32_t number, enum abi abi);

/* The rows that an ABI has, in ascending order of their numbers. */
const int16_t *syscall_rows_by_number (enum abi abi, size_t *count);

/* How a multiplexed call is reached on ABIs with multiplexers: which of them, and its first
 * argument there (SYS_SOCKET 1, ... of linux/net.h; SEMOP 1, ... of linux/ipc.h). */
enum multiplexer { MULTIPLEXER_NONE, MULTIPLEXER_SOCKETCALL, MULTIPLEXER_IPC };
enum { MULTIPLEXER_COUNT = MULTIPLEXER_IPC + 1 };
enum multiplexer syscall_multiplexer (int row, uint32_t *call);

/* The same by row, for those who look at many. */
struct multiplexed {
  uint8_t multiplexer; /* enum multiplexer */
  uint8_t call;
};
const struct multiplexed *syscall_multiplexed (void);

/* By row, how often calls occur, as parts per million of all calls (frequencies.tbl: measured on
 * x86_64); 0 for those that were never seen. */
const uint32_t *syscall_frequencies (void);

/* "2026-05-19" and "v7.1-rc4": what the table is current to. */
extern const char syscalls_date[], syscalls_kernel[];

#endif
