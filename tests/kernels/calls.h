/* Calls that are to be made under a filter, and what must come of them: what prepare writes on the
 * build host, and caller reads on the machine.
 *
 * What always holds: numbers are in the file with their most significant byte first, whatever the
 * two machines are. A file is a head (magic, AUDIT_ARCH token, bits of an argument, count) and
 * `count` calls, each of them number, shown number, six arguments, verdict. */
#ifndef CALLS_H
#define CALLS_H

#include <stdint.h>

enum {
  CALLS_MAGIC = 0x63616c6c,
  CALLS_HEAD_SIZE = 16,
  CALL_SIZE = 4 + 4 + 6 * 8 + 4,
};

struct call {
  uint32_t number;
  uint32_t shown; /* the number that the kernel shows to filters */
  uint64_t args[6];
  uint32_t verdict;
};

#endif
