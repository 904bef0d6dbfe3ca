/* What the parts of lint share: each looks for one kind of thing, and adds what it finds. */
#ifndef LINT_PARTS_H
#define LINT_PARTS_H

#include "diagram.h"
#include "lint.h"

struct lint {
  const struct profile *profile;
  const struct oci_seccomp_filter *filter;
  const struct options *options;
  struct findings *findings;
  struct diagrams diagrams; /* of limited size: who uses it looks at `exceeded` */
  struct arena *arena;
};

/* Words that nothing knows: keys, names, capabilities. */
void lint_words (struct lint *lint);

/* Rules that read otherwise than they decide, each taken by itself. */
void lint_rules (struct lint *lint);

/* Conditions that a call can be brought around: by a multiplexer, or by bits that the kernel
 * ignores. */
void lint_bypasses (struct lint *lint);

/* Rules of one call beside each other: which overlap, and which never decide. */
void lint_overlaps (struct lint *lint);

/* Rules that libseccomp, and so runc and crun, may decide otherwise than they say. */
void lint_libseccomp (struct lint *lint);

void lint_add (struct lint *lint, enum severity severity, const struct json_node *node,
               const char *format, ...) __attribute__ ((format (printf, 4, 5)));

/* "linux.seccomp.syscalls[3] (line 41)" */
const char *lint_place (const struct lint *lint, const struct profile_rule *rule);

/* "x86_64, x86": a set of ABIs. */
const char *lint_abis (const struct lint *lint, uint32_t abis);

/* What the program says to a call, as what the kernel makes of it; and in words, in the arena. */
uint32_t lint_run (const struct lint *lint, const struct seccomp_data *call);
const char *lint_verdict (const struct lint *lint, uint32_t verdict);

/* The node of a rule's condition number i. */
const struct json_node *lint_condition_node (const struct profile_rule *rule, size_t i);

/* Where a condition holds; `wide` as of struct abi_row. */
diagram lint_condition (struct diagrams *diagrams, const struct condition *condition, bool wide);

/* Where a rule of a profile matches: all of its conditions, or any, as point 2 of the contract has
 * it. */
diagram lint_rule (struct diagrams *diagrams, const struct profile_rule *rule, bool wide);

#endif
