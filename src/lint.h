/* What is questionable in a profile that is valid: ambiguous, redundant, unknown, or to be walked
 * around.
 *
 * In: a profile that was read from a document, and the filter compiled from it. Out: findings, in
 * the order of the document. What always holds: what a finding says of a call, the program was run
 * on; the same input gives the same findings on every machine. */
#ifndef LINT_H
#define LINT_H

#include "filter.h"

enum severity {
  SEVERITY_NOTE,    /* may well be meant */
  SEVERITY_WARNING, /* decides otherwise than it reads */
};

struct finding {
  enum severity severity;
  const struct json_node *node;
  const char *text;
};

struct findings {
  struct finding *items;
  size_t count;
};

const char *severity_name (enum severity severity);

/* `options` are those that both were made with, resolved. The findings are in the arena, and are
 * good as long as the profile. */
void lint_profile (struct findings *out, const struct profile *profile,
                   const struct oci_seccomp_filter *filter, const struct options *options,
                   struct arena *arena);

/* The word out of `words` (NULL ends) that `word` looks like a slip of the pen of; NULL if it is
 * one of them, or like none. */
const char *similar_word (const char *word, const char *const *words);

#endif
