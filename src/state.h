/* What is left to decide of one call's rules while words of its arguments become known.
 *
 * In: rules, and what is known of one word after the other. Out: the rules that may still decide,
 * with the tests that are open. What always holds: the first rule whose tests all hold decides; no
 * rule is without tests, as one that has none left ends the list; equal states decide equally. */
#ifndef STATE_H
#define STATE_H

#include "node.h"
#include "residual.h"

struct pending {
  uint32_t verdict;
  uint32_t count; /* of tests, never 0 */
};

/* Words of arguments are numbered in the order in which they are tested. */
enum { WORDS = 2 * 6, NO_WORD = -1 };

struct state {
  struct pending *rules;
  size_t count;
  struct residual *tests; /* of all rules, one after the other */
  size_t test_count;
  uint32_t otherwise; /* where no rule matches */
  int loaded;         /* the word that the accumulator holds, or NO_WORD */
  bool high_first;    /* which word of an argument is tested first */
};

/* Where nothing is known. False: the effort is spent. */
bool state_begin (struct state *out, const struct call *call, bool wide, bool high_first,
                  uint32_t otherwise, struct effort *effort, struct arena *arena);

/* What a state becomes, in the room that `out` has for as much as `from` holds. `loaded`: the word
 * that the accumulator will hold. False: the effort is spent. */
bool state_know (struct state *out, const struct state *from, const struct knowledge *known,
                 int loaded, struct effort *effort);

/* Gives it room of its own. */
void state_keep (struct state *state, struct arena *arena);

/* The first word that is tested. */
int state_first_word (const struct state *state);

/* A masked test of this word, if there is one. */
const struct residual *state_find_masked (const struct state *state, int word);

/* The values from which on some test of this word may have another outcome; sorted, from 0. */
uint32_t *state_find_cuts (const struct state *state, int word, size_t *count,
                           struct arena *scratch);

/* Whether all that is left is one test of this word for each rule. */
bool state_ends_with (const struct state *state, int word);

/* The verdict on a value of the word that a state ends with. False: the effort is spent. */
bool state_verdict (uint32_t *out, const struct state *state, uint32_t value,
                    struct effort *effort);

bool word_is_high (const struct state *state, int word);

uint64_t state_hash (const struct state *state);
bool state_equal (const struct state *a, const struct state *b);

#endif
