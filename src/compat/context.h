/* A filter context: the rules of its ABIs, and attributes, as a caller of libseccomp's interface
 * puts them together.
 *
 * In: rules by number. Out: a program. What always holds: the program, if there is one, says what
 * the context says; a call that fails leaves the context as it was. */
#ifndef CONTEXT_H
#define CONTEXT_H

#include "filter.h"
#include "ledger.h"
#include "libseccomp.h"

/* What a transaction goes back to when it is rejected. */
struct snapshot {
  struct ledger ledger;
  bool notifies;
  struct snapshot *older;
};

enum { ATTRIBUTE_COUNT = SCMP_FLTATR_CTL_WAITKILL + 1 };

struct context {
  uint32_t magic; /* anything else was never a context, or is none any more */
  uint32_t attributes[ATTRIBUTE_COUNT];
  struct ledger ledger;
  bool notifies; /* some rule's action, or the default, was NOTIFY */
  struct snapshot *snapshots;
  uint8_t *priorities; /* by row of the system-call table; NULL: none was given */
  struct oci_seccomp_filter filter;
  unsigned char *bytes; /* its program, in the byte order of its ABIs */
  bool compiled;        /* else the filter is empty */
};

/* The context behind a handle that may be used: it has an ABI at least. NULL for others. */
struct context *context_of (scmp_filter_ctx handle);

/* What libseccomp's interface calls an architecture; SCMP_ARCH_NATIVE is the native ABI. */
bool token_to_abi (uint32_t token, enum abi *abi);
uint32_t abi_to_token (enum abi abi);

/* Whether rules may have this action, and the context with its attributes: EINVAL. */
int context_check_action (const struct context *context, uint32_t action);

/* Adds a rule for every ABI: 0 or a negative errno. `conditions` are on one argument each. */
int context_add_rule (struct context *context, uint32_t action, int number, bool exact,
                      const struct condition *conditions, size_t count);

/* The program that says what the context says now, made if there is none yet: 0 or a negative
 * errno. */
int context_compile (struct context *context);

/* The rules of each ABI, as ledger_rules. */
struct rules *context_rules (const struct context *context, struct arena *keep,
                             struct arena *scratch);

/* To be called after every change. */
void context_forget_program (struct context *context);

#endif
