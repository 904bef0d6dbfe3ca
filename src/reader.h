/* What reading an OCI section and a Docker profile have in common: one function for each piece that
 * both formats write the same way.
 *
 * In: nodes. Out: values, checked. What always holds: a failure names the node that is wrong, and
 * nothing of a rule is in the profile before all of it was read. */
#ifndef READER_H
#define READER_H

#include "profile.h"

struct reader {
  struct profile *profile; /* what is filled; its arena serves all */
  const struct options *options;
  struct oci_seccomp_error *err;
  bool names_unknown;               /* whether a name that was read is one that no ABI knows */
  const struct json_node **unknown; /* names that no ABI knows, of the rules that were kept */
  size_t unknown_count;
  const char **warnings; /* all others */
  size_t warning_count;
};

/* The members of a rule, the commonest first; a section's has those before RULE_SECTION_MEMBERS. */
enum {
  RULE_NAMES,
  RULE_ACTION,
  RULE_ERRNO_RET,
  RULE_ARGS,
  RULE_SECTION_MEMBERS,
  RULE_NAME = RULE_SECTION_MEMBERS,
  RULE_ERRNO,
  RULE_EXCLUDES,
  RULE_INCLUDES,
  RULE_MEMBERS
};

/* The members that make a verdict, each NULL if it is absent: `action` with `number` (errnoRet)
 * and, in Docker profiles alone, the errno as a word. */
struct verdict_members {
  const struct json_node *action, *number, *word;
};

/* INVALID_PROFILE at a node. */
int reader_fail (struct reader *reader, const struct json_node *node, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

/* A warning, which the caller gets once all is read. */
void reader_warn (struct reader *reader, const struct json_node *node, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

/* Is node of the type? `want` as of json_expect. */
int reader_expect (struct reader *reader, const struct json_node *node, enum json_type type,
                   const char *want);

/* *member: the member of that type, or NULL if it is absent. */
int reader_optional (struct reader *reader, const struct json_node *object, const char *key,
                     enum json_type type, const struct json_node **member);

/* A string member or NULL: NULL if it is empty, which is how Go's engines write an absent one. */
int reader_expect_text (struct reader *reader, const struct json_node **member);

/* `key` is that of the object's action. */
int read_verdict (struct reader *reader, const struct json_node *object, const char *key,
                  const struct verdict_members *members, uint32_t *verdict);

/* One SCMP_ARCH_* word. */
int read_abi (struct reader *reader, const struct json_node *node, enum abi *abi);

/* An array of them, or NULL for none, added to the profile's; each of the native byte order. */
int read_abis (struct reader *reader, const struct json_node *array);

/* A rule's parts: an array of names, and args, which may be NULL. */
int read_names (struct reader *reader, const struct json_node *array, struct profile_rule *rule);
int read_name (struct reader *reader, const struct json_node *node, struct profile_name *name);
int read_conditions (struct reader *reader, const struct json_node *array,
                     struct profile_rule *rule);

/* "excludes" and "includes" of a Docker rule, each of which may be NULL: whether they keep it. */
int read_filters (struct reader *reader, const struct json_node *rule,
                  const struct json_node *excludes, const struct json_node *includes, bool *kept);

/* Puts a rule into the profile. UNKNOWN_SYSCALL if options ask for that. */
int reader_keep_rule (struct reader *reader, const struct profile_rule *rule);

/* The rules of a section, of which the first `known` members count. */
int read_rules (struct reader *reader, const struct json_node *section, size_t known);

/* The rest of a section, the rules apart: what both formats have at their top. `word` is the
 * default's errno as a word, or NULL. */
int read_top (struct reader *reader, const struct json_node *section, const struct json_node *word);

/* The whole of either format. */
int read_section (struct reader *reader, const struct json_node *section);
int read_docker (struct reader *reader, const struct json_node *root);

#endif
