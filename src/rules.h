/* Profile x ABI to rules: for every number of one ABI that a profile speaks of, its rules in the
 * order in which they decide.
 *
 * What always holds of the result: calls are sorted by number, each number once; a call has one
 * verdict without conditions, or else rules ordered by precedence, whose conditions are sorted by
 * argument, one each, cut to the ABI's word size, none of them always true. */
#ifndef RULES_H
#define RULES_H

#include "profile.h"

/* argument op value; or, where op is OPERATOR_MASKED_EQ, (argument & mask) == value, and value has
 * no bit outside of the mask. The mask of the others is all ones, as wide as the ABI's arguments.
 */
struct test {
  uint8_t index;
  enum op op;
  uint64_t mask;
  uint64_t value;
};

struct rule {
  uint32_t verdict;
  uint32_t order;           /* rules of one profile and ABI count up as they were written */
  uint8_t test_count;       /* 0: unconditional */
  const struct test *tests; /* one each argument, ascending */
  /* Where it comes from: valid only as long as the profile is. */
  const struct profile_rule *origin;
  const struct profile_name *name; /* the one of origin's names that it stands for */
};

struct call {
  uint32_t number;          /* as seccomp_data.nr has it */
  int row;                  /* of the system-call table; SYSCALL_UNKNOWN for a number by hand */
  const struct rule *rules; /* at least one; ABIs may share them */
  size_t rule_count;
};

struct rules {
  enum abi abi;
  uint32_t default_verdict;
  struct call *calls;
  size_t call_count;
  bool newer_enosys; /* numbers above `last` get ENOSYS; point 9 of the contract */
  uint32_t last;     /* with the ABI's number base */
};

/* Those of `count` ABIs. CONFLICTING_RULES (point 6), or under strict INVALID_PROFILE for a
 * condition that a multiplexed call loses (point 7). The results are in `keep`, which may outlive
 * the profile; `scratch` may go. */
int rules_build (struct rules *out, const struct profile *profile, const enum abi *abis,
                 size_t count, const struct options *options, struct arena *keep,
                 struct arena *scratch, struct oci_seccomp_error *err);

/* The same rule by rule, for profiles that grow by hand: of `profile` only the default verdict is
 * read. All is in `arena`, and lives as long. */
struct draft;
struct draft *draft_new (const struct profile *profile, enum abi abi, const struct options *options,
                         struct arena *arena);

/* Adds a rule, which must live as long as the draft. CONFLICTING_RULES (point 6) as soon as there
 * is one; of a multiplexed call half may have been added then. */
int draft_add (struct draft *draft, const struct profile_rule *rule, struct oci_seccomp_error *err);

/* The rules as they are now, their list in `arena`; they hold until the next draft_add. */
void draft_finish (struct rules *out, struct draft *draft, struct arena *arena);

#endif
