/* The rules of a filter context as they were added: one list for all of its ABIs.
 *
 * In: rules by number. Out: for each ABI the rules that decide. What always holds: no ABI is there
 * twice; on none of them do rules contradict each other; a call that fails leaves the ledger as it
 * was. Adding is cheap, and touches little memory: all else waits until a program is made. */
#ifndef LEDGER_H
#define LEDGER_H

#include "rules.h"

struct entry;
struct checker;

/* Entries in the order in which they were added. */
struct entry_list {
  struct entry *first, *last;
  size_t count;
};

struct ledger {
  struct arena arena; /* of the entries and verdicts */
  uint32_t default_verdict;
  enum abi abis[ABI_COUNT]; /* in the order in which they were added */
  size_t abi_count;
  struct entry_list entries;
  uint32_t *verdicts;      /* by topic: what all rules for it say */
  struct checker *checker; /* NULL where there is none yet */
};

/* Without rules and ABIs; false if memory is gone. */
bool ledger_start (struct ledger *ledger, uint32_t default_verdict);
void ledger_end (struct ledger *ledger);

bool ledger_has_abi (const struct ledger *ledger, enum abi abi);

/* Rules that are there already are not for a new ABI. */
void ledger_add_abi (struct ledger *ledger, enum abi abi);
void ledger_remove_abi (struct ledger *ledger, enum abi abi);

/* Adds a rule for every ABI: 0 or a negative errno. `conditions` are on one argument each. */
int ledger_add_rule (struct ledger *ledger, uint32_t action, int number, bool exact,
                     const struct condition *conditions, size_t count);

/* A ledger that says the same; false if memory is gone. */
bool ledger_copy (struct ledger *out, const struct ledger *ledger);

/* Takes the ABIs of another ledger, and its rules for them; false if memory is gone. They must have
 * no ABI in common. */
bool ledger_merge (struct ledger *ledger, const struct ledger *other);

/* The rules of each ABI; they and what they point to are in `keep` and the ledger. NULL if they
 * contradict each other, which never happens. */
struct rules *ledger_rules (const struct ledger *ledger, struct arena *keep, struct arena *scratch);

#endif
