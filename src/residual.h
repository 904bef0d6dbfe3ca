/* Tests of 64-bit arguments as tests of 32-bit words, and what becomes of them as words get known.
 *
 * In: tests as rules.h has them, and knowledge of one word. Out: what is left to test, or that the
 * outcome is settled. What always holds: a residual of one word that is open has both outcomes
 * somewhere; masked tests are always of one word. */
#ifndef RESIDUAL_H
#define RESIDUAL_H

#include <stdbool.h>
#include <stdint.h>

#include "names.h"
#include "rules.h"

enum part { PART_BOTH, PART_LOW, PART_HIGH }; /* of an argument; BOTH: neither word is known yet */

/* PART_LOW and PART_HIGH: mask and value have 32 bits. The mask counts for MASKED_EQ alone. */
struct residual {
  uint64_t mask, value;
  enum op op;
  enum part part;
  uint32_t index;
};

enum { RESIDUALS_PER_TEST = 2, RESIDUALS_PER_RULE = 12 };

enum outcome { OUTCOME_FALSE, OUTCOME_TRUE, OUTCOME_OPEN };

/* Either the value of a word, as far as tests can tell values apart; or whether one masked test of
 * it holds. */
struct knowledge {
  uint32_t index;
  bool high;
  uint32_t value;
  const struct residual *masked; /* NULL: the value is known */
  bool masked_holds;
};

bool operator_holds (enum op op, uint64_t mask, uint64_t value, uint64_t argument);

/* The residuals that a test is at the beginning, where nothing is known: they hold together.
 * OUTCOME_OPEN: *count of them; else the test is settled. */
enum outcome residual_begin (struct residual out[RESIDUALS_PER_TEST], uint32_t *count,
                             const struct test *test, bool wide);

/* What a residual becomes; *out is set where it stays open. */
enum outcome residual_know (struct residual *out, const struct residual *test,
                            const struct knowledge *known);

/* The same test of the same argument. */
bool test_equal (const struct test *a, const struct test *b);

uint64_t residual_hash (uint64_t hash, const struct residual *test);
bool residual_equal (const struct residual *a, const struct residual *b);

#endif
