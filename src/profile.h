/* Document to profile: what the user wrote, validated, in the spec's words.
 *
 * In: a document, or calls that build one by hand. Out: a profile in an arena of its own. What
 * always holds: every value is in its range; rules have at least one name; every rule is kept, in
 * order, also those that can decide nothing, so that later stages can tell of them. OCI and Docker
 * documents both become this; which one it was is forgotten. */
#ifndef PROFILE_H
#define PROFILE_H

#include "abi.h"
#include "arena.h"
#include "json.h"
#include "names.h"
#include "oci-seccomp.h"

struct condition {
  uint8_t index; /* 0 to 5 */
  enum op op;
  uint64_t value;     /* MASKED_EQ: the mask */
  uint64_t value_two; /* MASKED_EQ: the datum, not yet masked */
};

struct profile_name {
  const char *text;
  int syscall;                  /* row of the system-call table, or SYSCALL_UNKNOWN: skipped */
  bool numbered;                /* by hand, beside SYSCALL_UNKNOWN: not skipped, but `number` */
  uint32_t number;              /* of one ABI, as seccomp_data.nr has it */
  const struct json_node *node; /* NULL if by hand */
};

struct profile_rule {
  struct profile_name *names;
  size_t name_count;
  uint32_t verdict; /* SECCOMP_RET_* with its data */
  struct condition *conditions;
  size_t condition_count;       /* any number: an index may occur twice */
  const struct json_node *node; /* NULL if by hand */
};

/* Point 2: an index that occurs twice makes every condition a rule of its own. */
static inline bool
profile_rule_is_split (const struct profile_rule *rule)
{
  unsigned seen = 0;

  for (size_t i = 0; i < rule->condition_count; i++) {
    if (seen & (1u << rule->conditions[i].index))
      return true;
    seen |= 1u << rule->conditions[i].index;
  }
  return false;
}

/* A rule of a Docker document that its own conditions (arches, caps, minKernel) left out, or kept;
 * for `translate -v`. */
struct profile_choice {
  const struct json_node *node;
  bool kept;
  const char *why; /* "excludes.caps: CAP_SYS_ADMIN is in the bounding set" */
};

struct profile {
  struct arena arena;
  struct json_document document;   /* root NULL if by hand */
  const struct json_node *section; /* the linux.seccomp object, or the whole document */
  uint32_t default_verdict;
  uint32_t abis; /* the listed ones: bits of enum abi; the native one is not added here */
  bool flags_given;
  uint32_t flags;                                /* SECCOMP_FILTER_FLAG_* bits, where given */
  const char *listener_path, *listener_metadata; /* or NULL */
  struct profile_rule *rules;
  size_t rule_count;
  struct profile_choice *choices;
  size_t choice_count;
};

/* Options as the stages use them: words resolved, defaults filled in. */
struct options {
  const char *file_name;
  enum abi native;
  unsigned kernel_major, kernel_minor;
  bool capabilities_given;
  uint64_t capabilities; /* bits of CAP_* numbers */
  enum oci_seccomp_newer newer;
  uint32_t bad_arch; /* verdict */
  enum oci_seccomp_unknown unknown_syscalls;
  bool strict, verify;
  bool plain; /* only instructions that libseccomp's programs have, too */
  const struct oci_seccomp_weight *weights; /* as given */
  size_t weight_count;
  void (*warn) (void *data, const char *message); /* never NULL here */
  void *warn_data;
};

/* BAD_ARGUMENT for a word that is unknown; `from` may be NULL. */
int options_resolve (struct options *out, const struct oci_seccomp_options *from,
                     struct oci_seccomp_error *err);

/* Fills a profile whose arena is set up and guarded: reads the document, tells its kind by content,
 * and translates a Docker one for the ABI, capabilities and kernel of options. NO_SECCOMP for a
 * config.json without the section. Warnings come last, and only if all else is right. */
int profile_read (struct profile *profile, const char *json, size_t length,
                  const struct options *options, struct oci_seccomp_error *err);

/* Building by hand, with the public functions' meaning: UNKNOWN_SYSCALL, DUPLICATE_RULE,
 * CONFLICTING_RULES, BAD_ARGUMENT for an index over 5. */
int profile_add_rule (struct profile *profile, uint32_t verdict, const char *syscall,
                      const struct condition *conditions, size_t condition_count,
                      struct oci_seccomp_error *err);

/* The profile as the JSON of linux.seccomp, in profile's order; the text is in `arena`. `indent` is
 * as of json_writer_new. */
const char *profile_to_json (const struct profile *profile, const char *indent, struct arena *arena,
                             size_t *length);

#endif
