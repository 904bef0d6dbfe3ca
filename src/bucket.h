/* The rules for one call of one ABI, as they gather.
 *
 * In: rules, one after another as they were written. Out: those that decide, in the order in which
 * they do. What always holds: an unconditional rule is alone; after bucket_check no two rules have
 * the same conditions, and none comes too late to be told apart (points 4 to 6 of the contract). */
#ifndef BUCKET_H
#define BUCKET_H

#include "rules.h"

struct bucket {
  const struct rule *unconditional; /* or NULL; it is alone */
  struct rule *rules;               /* those with conditions */
  uint32_t count;
  uint32_t key; /* what its call is known by */
};

/* Buckets in ascending order of their keys. One that is all zero is empty. */
struct bucket_list {
  struct bucket *items;
  size_t count;
};

/* Where a bucket is, for memory and for messages. */
struct bucket_place {
  const struct profile *profile;
  enum abi abi;
  struct arena *keep, *scratch;
  struct oci_seccomp_error *err;
};

/* The bucket with a key, an empty one if there was none. It stays in its place until the next call.
 */
struct bucket *bucket_of (struct bucket_list *list, uint32_t key, struct arena *scratch);

/* Adds a rule: of a conditional one a copy, while an unconditional one is taken as it is and must
 * live as long. Conflicts among conditional rules wait for bucket_check, which sorts, and so is
 * quick for many. */
int bucket_add (struct bucket *bucket, const struct rule *rule, const struct bucket_place *place);

/* Whether all conditional rules say the same, so that none of them conflict. */
bool bucket_agrees (const struct bucket *bucket);

/* Sorts conditional rules, leaves one of each kind, the oldest, and fails with CONFLICTING_RULES
 * where two of them conflict. */
int bucket_check (struct bucket *bucket, const struct bucket_place *place);

/* Adds a rule and finds a conflict right away; then the bucket is as it was. Not to be mixed with
 * the two above. */
int bucket_insert (struct bucket *bucket, const struct rule *rule,
                   const struct bucket_place *place);

/* Sorts by precedence (point 5). */
void bucket_order (struct bucket *bucket);

#endif
