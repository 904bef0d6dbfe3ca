/* Names and numbers of system calls on every ABI, as of one day.
 *
 * In: a name, or an ABI and a number. Out: a row of the table, or a number as seccomp_data.nr has
 * it. What always holds: rows are sorted by name; within an ABI no number is there twice. The
 * table is syscalls.tbl; build time turns it into C (syscalls.awk). */
#ifndef SYSCALLS_H
#define SYSCALLS_H

#include "abi.h"

enum { SYSCALL_UNKNOWN = -1 };

/* The row of a name; SYSCALL_UNKNOWN if no ABI knows it. Costs one hash. */
int syscall_from_name (const char *name, size_t length);

int syscall_count (void);
const char *syscall_name (int row);

/* False if the ABI lacks the call. *number includes the ABI's base. */
bool syscall_number (int row, enum abi abi, uint32_t *number);

/* The row with this number on this ABI; SYSCALL_UNKNOWN if none. */
int syscall_from_number (uint32_t number, enum abi abi);

/* How a multiplexed call is reached on ABIs with multiplexers: which of them, and its first
 * argument there (SYS_SOCKET 1, ... of linux/net.h; SEMOP 1, ... of linux/ipc.h). */
enum multiplexer { MULTIPLEXER_NONE, MULTIPLEXER_SOCKETCALL, MULTIPLEXER_IPC };
enum multiplexer syscall_multiplexer (int row, uint32_t *call);

/* "2026-05-19" and "v7.1-rc4": what the table is current to. */
extern const char syscalls_date[], syscalls_kernel[];

#endif
