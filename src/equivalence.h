/* Two things that decide calls, each a program or a profile: proof that they decide the same, or a
 * call that they do not.
 *
 * In: two sides. Out: EQUAL, proved for all 2^512 inputs; DIFFERENT, with a call and both verdicts;
 * or UNKNOWN, with the reason. What always holds: EQUAL is never a guess, and the witness of
 * DIFFERENT is confirmed by running the programs on it. Verdicts are compared by their effect
 * (verdict.h). */
#ifndef EQUIVALENCE_H
#define EQUIVALENCE_H

#include "diagram.h"
#include "profile.h"
#include "program.h"

/* Either a program that program_check passed, with the byte order that its offsets are for; or a
 * profile with the options to compile it with. */
struct side {
  const char *name;              /* for the reason: "config.json", "the program"; or NULL */
  const struct program *program; /* or NULL */
  bool big_endian;
  const struct profile *profile;
  const struct options *options;
};

enum equivalence_result { EQUIVALENCE_EQUAL, EQUIVALENCE_DIFFERENT, EQUIVALENCE_UNKNOWN };

struct equivalence {
  enum equivalence_result result;
  struct seccomp_data witness; /* DIFFERENT: values; a call that some ABI names, if there is one */
  uint32_t verdicts[2];
  const char *reason; /* UNKNOWN, or not followed: why, "config.json: its rules for ..." */
  struct diagrams diagrams;
  bool followed;    /* the diagrams say all; if not, DIFFERENT is known by trying calls */
  diagram sides[2]; /* only if followed */
};

/* The arena's guard must be set; the result lives as long as the arena. */
void equivalence_check (struct equivalence *out, const struct side *one, const struct side *other,
                        struct arena *arena);

/* A call where the condition holds: of `prefer`, then of another ABI, with a number that the ABI
 * names, if there is such a call. False if it never holds. */
bool equivalence_witness (const struct diagrams *diagrams, diagram condition, enum abi prefer,
                          struct seccomp_data *out);

/* A call as `simulate --batch` reads it: "x86_64 socket 0x10 0x3"; last arguments of 0 are left
 * out. Where no ABI has the token, "arch 0x12345678 41 0x10". */
const char *equivalence_call_text (const struct seccomp_data *call, struct arena *arena);

#endif
