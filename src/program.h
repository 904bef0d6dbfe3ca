/* A classic BPF program: an array of struct sock_filter, checked by the kernel's own rules.
 *
 * What always holds of a struct program that program_check passed: it ends, reads only what
 * seccomp_data has, and the kernel would take it (net/core/filter.c bpf_check_classic,
 * kernel/seccomp.c seccomp_check_filter). Offsets of arguments are the target's byte order; the
 * fields of an instruction are this machine's, until program_to_bytes. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "arena.h"
#include "error.h"

enum {
  PROGRAM_MAX_LENGTH = 4096, /* BPF_MAXINSNS */
  PROGRAM_PATH_COST = 4,     /* what the kernel adds for each filter of a task */
  PROGRAM_MAX_PATH = 32768,  /* MAX_INSNS_PER_PATH: the sum over a task's filters */
};

struct program {
  struct sock_filter *instructions;
  size_t length;
};

/* Would the kernel take it? BAD_PROGRAM or TOO_LARGE with the instruction and the reason. */
int program_check (const struct program *program, struct oci_seccomp_error *err);

/* Raw bytes in the given byte order; BAD_PROGRAM if length is no multiple of 8 (or 0). Not yet
 * checked. */
int program_from_bytes (struct program *out, const void *bytes, size_t length, bool big_endian,
                        struct arena *arena, struct oci_seccomp_error *err);

/* length * 8 bytes, in the given byte order. */
unsigned char *program_to_bytes (const struct program *program, bool big_endian,
                                 struct arena *arena);

/* Runs a checked program on one call, as the kernel would. data holds values; `big_endian` says
 * where the halves of an argument are. *steps (may be NULL): instructions executed. */
uint32_t program_run (const struct program *program, const struct seccomp_data *data,
                      bool big_endian, unsigned *steps);

#endif
