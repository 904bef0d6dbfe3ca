/* A filter context: the rules of each ABI, and attributes, as a caller of libseccomp's interface
 * puts them together.
 *
 * In: rules by number. Out: a program. What always holds: each part has rules of one ABI and their
 * draft, no ABI has two; the program, if there is one, says what the context says; a call that
 * fails leaves the context as it was. */
#ifndef CONTEXT_H
#define CONTEXT_H

#include "filter.h"
#include "libseccomp.h"

/* The rules of a context for one ABI. */
struct part {
  enum abi abi;
  struct profile profile; /* by hand, of this ABI alone; all of the part is in its arena */
  struct draft *draft;
  size_t held; /* its first rules, which hold; what follows is left of one that failed */
};

struct parts {
  struct part *items[ABI_COUNT];
  size_t count;
};

/* What a transaction goes back to when it is rejected. */
struct snapshot {
  struct parts parts;
  bool notifies;
  struct snapshot *older;
};

enum { ATTRIBUTE_COUNT = SCMP_FLTATR_CTL_WAITKILL + 1 };

struct context {
  uint32_t magic; /* anything else was never a context, or is none any more */
  uint32_t attributes[ATTRIBUTE_COUNT];
  struct parts parts;
  bool notifies; /* some rule's action, or the default, was NOTIFY */
  struct snapshot *snapshots;
  uint8_t *priorities; /* by row of the system-call table; NULL: none was given */
  struct oci_seccomp_filter filter;
  unsigned char *bytes; /* its program, in the byte order of its ABIs */
  bool compiled;        /* else the filter is empty */
};

/* The context behind a handle that may be used: it has a part at least. NULL for others. */
struct context *context_of (scmp_filter_ctx handle);

/* What libseccomp's interface calls an architecture; SCMP_ARCH_NATIVE is the native ABI. */
bool token_to_abi (uint32_t token, enum abi *abi);
uint32_t abi_to_token (enum abi abi);

/* Whether rules may have this action, and the context with its attributes: EINVAL. */
int context_check_action (const struct context *context, uint32_t action);

/* Adds a rule to every part: 0 or a negative errno; then it holds in none. `conditions` are on one
 * argument each. */
int context_add_rule (struct context *context, uint32_t action, int number, bool exact,
                      const struct condition *conditions, size_t count);

/* Takes back what is left of a rule that failed: 0 or -ENOMEM. */
int context_mend (struct context *context);

/* The program that says what the context says now, made if there is none yet: 0 or a negative
 * errno. */
int context_compile (struct context *context);

/* The rules of each part, as they are now, in `arena`; they hold until the next rule. */
struct rules *context_rules (const struct context *context, struct arena *arena);

/* To be called after every change. */
void context_forget_program (struct context *context);

/* A part without rules; NULL if memory is gone. */
struct part *part_new (enum abi abi, uint32_t default_verdict);
void part_free (struct part *part);

/* Adds a rule to one part, as far as it speaks of its ABI: 0 or a negative errno; then some of it
 * may have been added, and part_mend takes it back. It does not hold yet. */
int part_add_rule (struct part *part, uint32_t action, int number, bool exact,
                   const struct condition *conditions, size_t count);

/* Leaves the rules that hold: 0 or -ENOMEM; then the part is as it was. */
int part_mend (struct part **part);

bool parts_copy (struct parts *out, const struct parts *parts);
void parts_free (struct parts *parts);

#endif
