/* 32-bit words whose bits are conditions: what a register holds, as a function of the call.
 *
 * In: constants, fields of the call, words. Out: words, and conditions about them. What always
 * holds: arithmetic is that of uint32_t, exact for every input; equal words have equal bits. A word
 * that needs too large diagrams leaves diagrams->exceeded set. */
#ifndef WORD_H
#define WORD_H

#include "diagram.h"

struct word {
  diagram bits[32]; /* least significant first */
};

void word_constant (struct word *out, uint32_t value);

/* The 32 bits of the call that begin at `level` of the usual order. */
void word_field (struct diagrams *diagrams, struct word *out, unsigned level);

/* BPF_ADD, SUB, MUL, DIV, AND, OR, XOR, LSH, RSH of linux/bpf_common.h. Of divisors that are 0, and
 * of shifts by more than 31, the result means nothing. False: no such code. */
bool word_operate (struct diagrams *diagrams, struct word *out, unsigned code,
                   const struct word *one, const struct word *other);

/* BPF_JEQ, JGT, JGE, JSET. */
diagram word_test (struct diagrams *diagrams, unsigned code, const struct word *one,
                   const struct word *other);

/* The effect (verdict.h) of returning the word from a filter. */
diagram word_verdict (struct diagrams *diagrams, const struct word *word);

/* Where the word is more than 31. */
diagram word_over_31 (struct diagrams *diagrams, const struct word *word);

#endif
