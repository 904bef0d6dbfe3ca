/* What a program costs: its length, the instructions that a call runs through, and which calls the
 * kernel answers without running it.
 *
 * In: a program that program_check passed, and an ABI. Out: figures. What always holds: they are
 * exact and the same on every machine; steps count executed instructions, the return included. */
#ifndef COST_H
#define COST_H

#include "abi.h"
#include "program.h"

/* Over which numbers a mean is taken: as many from the ABI's number base on as kernels had numbers
 * when these figures became the ones to compare by. Not only numbers that are calls: a filter must
 * be quick in refusing the others, too. x32 has a range of its own from 512 on. */
enum { COST_NUMBERS = 470, COST_NUMBERS_X32 = 548 };

/* How many numbers, the first of which is the ABI's number base. */
unsigned cost_numbers (enum abi abi);

/* The steps of the longest path, whether or not some call takes it. */
unsigned cost_worst_path (const struct program *program);

struct cost_steps {
  double mean;     /* over cost_numbers, all arguments 0 */
  double weighted; /* by syscall_frequencies, over the calls that the ABI has, arguments 0; 0 if
                    * none of them was ever seen */
  unsigned most;   /* of the numbers in the mean */
};

void cost_steps (struct cost_steps *out, const struct program *program, enum abi abi);

/* The steps of a call when calls are made as often as these counts say, arguments 0: over the calls
 * that the ABI has. No counts at all: each as often as any other. 0 if none of the calls counts. */
double cost_weighted (const struct program *program, enum abi abi,
                      const struct oci_seccomp_weight *weights, size_t count);

/* --- the kernel's bitmap --------------------------------------------------------------------- */

/* Since Linux 5.11 the kernel asks a program once for each number what it says to it, and where
 * that is ALLOW whatever the arguments are, it never runs the program on this number again
 * (kernel/seccomp.c seccomp_is_const_allow). */
enum cost_reason {
  COST_BITMAP,      /* never runs the program */
  COST_NO_BITMAP,   /* the kernel keeps none for this ABI */
  COST_DENIED,      /* `verdict`, and not ALLOW, whatever the arguments are */
  COST_ARGUMENTS,   /* loads what differs from call to call: the words in `loads` */
  COST_INSTRUCTION, /* instruction number `at` is none that the kernel follows here */
};

struct cost_answer {
  enum cost_reason reason;
  uint32_t verdict;
  uint32_t loads; /* bit i: the word at offset 4 * i of struct seccomp_data may be loaded */
  size_t at;
};

/* Whether a kernel whose native ABI is `native` keeps a bitmap for calls of `abi`. */
bool cost_has_bitmap (enum abi native, enum abi abi);

/* `number` as seccomp_data.nr has it. The kernel lets uprobe and uretprobe pass on its own account,
 * from the version on that has them; here they are calls like all others. */
void cost_answer (struct cost_answer *out, const struct program *program, enum abi native,
                  enum abi abi, uint32_t number);

#endif
