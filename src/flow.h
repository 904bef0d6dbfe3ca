/* What a program may have in its accumulator, instruction by instruction.
 *
 * In: any instructions, also such as program_check refuses, and the ABI whose calls are asked for.
 * Out: for each instruction what is known before it is executed. What always holds: no call of the
 * ABI brings anything to an instruction that its state leaves out; some states may be wider than
 * all calls together. */
#ifndef FLOW_H
#define FLOW_H

#include "abi.h"
#include "program.h"

/* The words of struct seccomp_data, as bits of a set: bit i is the word at offset 4 * i. */
enum { FLOW_NUMBER = 1 << 0, FLOW_TOKEN = 1 << 1, FLOW_WORDS = 16 };

struct flow {
  bool reached;
  bool other;           /* the accumulator may hold what is none of `words` */
  uint32_t words;       /* it may hold one of these, as changed below */
  uint32_t mask, less;  /* (word & mask) - less */
  uint32_t first, last; /* the call's number is in this range */
};

/* Calls of any token, also of unknown ones. */
enum { FLOW_ANY_ABI = ABI_COUNT };

/* `states`: one for each instruction. `abi`: enum abi, or FLOW_ANY_ABI. */
void flow_find (struct flow *states, const struct program *program, int abi);

/* The range of numbers for which a test of the accumulator comes out as `yes`, out of the state's;
 * false if there is none. What cannot be told is taken for the whole range. */
bool flow_branch (const struct flow *state, const struct sock_filter *insn, int abi, bool yes,
                  uint32_t *first, uint32_t *last);

#endif
