#include "profile.h"

#include <stdlib.h>
#include <string.h>

#include "reader.h"

/* --- rules --------------------------------------------------------------------------------- */

/* The old form has one name as a string. */
static int
read_rule_names (struct reader *reader, const struct json_node *node, const struct json_node *name,
                 const struct json_node *names, struct profile_rule *rule)
{
  int code = reader_expect_text (reader, &name);

  if (code == 0 && names)
    code = reader_expect (reader, names, JSON_ARRAY, NULL);
  if (code)
    return code;
  if (name && names && names->count)
    return reader_fail (reader, name, "stands beside names; want only one of the two");
  if (!name && !names)
    return json_fail_missing (reader->err, &reader->profile->document, node, "names",
                              "an array of names of system calls");
  if (!name)
    return read_names (reader, names, rule);
  rule->names = ARENA_NEW (&reader->profile->arena, struct profile_name);
  rule->name_count = 1;
  return read_name (reader, name, rule->names);
}

/* All of a rule is checked before its filters may drop it: a mistake in it would else show up on
 * some machines only. */
static int
read_rule (struct reader *reader, const struct json_node *node, size_t known)
{
  static const char *const keys[RULE_MEMBERS] = {
      [RULE_NAMES] = "names",       [RULE_ACTION] = "action",     [RULE_ERRNO_RET] = "errnoRet",
      [RULE_ARGS] = "args",         [RULE_NAME] = "name",         [RULE_ERRNO] = "errno",
      [RULE_EXCLUDES] = "excludes", [RULE_INCLUDES] = "includes",
  };
  const struct json_node *members[RULE_MEMBERS] = {NULL};
  struct verdict_members verdict;
  struct profile_rule rule = {.node = node};
  bool kept = true;
  int code = reader_expect (reader, node, JSON_OBJECT, NULL);

  if (code)
    return code;
  json_members (node, keys, known, members);
  verdict =
      (struct verdict_members){members[RULE_ACTION], members[RULE_ERRNO_RET], members[RULE_ERRNO]};
  code = read_rule_names (reader, node, members[RULE_NAME], members[RULE_NAMES], &rule);
  if (code == 0)
    code = read_verdict (reader, node, keys[RULE_ACTION], &verdict, &rule.verdict);
  if (code == 0)
    code = read_conditions (reader, members[RULE_ARGS], &rule);
  if (code == 0 && (members[RULE_EXCLUDES] || members[RULE_INCLUDES]))
    code = read_filters (reader, node, members[RULE_EXCLUDES], members[RULE_INCLUDES], &kept);
  return code || !kept ? code : reader_keep_rule (reader, &rule);
}

int
read_rules (struct reader *reader, const struct json_node *section, size_t known)
{
  const struct json_node *array;
  int code = reader_optional (reader, section, "syscalls", JSON_ARRAY, &array);

  if (code || !array)
    return code;
  for (const struct json_node *node = array->first; node; node = node->next) {
    code = read_rule (reader, node, known);
    if (code)
      return code;
  }
  return 0;
}

int
read_section (struct reader *reader, const struct json_node *section)
{
  const struct json_node *architectures;
  int code = read_top (reader, section, NULL);

  if (code == 0)
    code = reader_optional (reader, section, "architectures", JSON_ARRAY, &architectures);
  if (code == 0)
    code = read_abis (reader, architectures);
  return code ? code : read_rules (reader, section, RULE_SECTION_MEMBERS);
}

/* --- kinds --------------------------------------------------------------------------------- */

/* Whether an object has one of these keys; a list of keys ends with NULL. */
static bool
has_key_of (const struct json_node *object, const char *const *keys)
{
  for (; *keys; keys++)
    if (json_member_or_null (object, *keys))
      return true;
  return false;
}

static bool
is_config (const struct json_node *root)
{
  static const char *const keys[] = {"ociVersion", "process", "root", "linux",
                                     "mounts",     "hooks",   NULL};

  return has_key_of (root, keys) && !json_member_or_null (root, "defaultAction");
}

/* Of two profiles in one document, either could be the weaker one. */
static int
fail_two_profiles (struct reader *reader, const struct json_node *action)
{
  return json_fail (reader->err, OCI_SECCOMP_INVALID_PROFILE, &reader->profile->document, action,
                    "a profile of its own in an OCI config.json; want linux.seccomp.defaultAction");
}

/* Docker's and Podman's profiles may have all that a section has, and more. */
static bool
is_profile (const struct json_node *root)
{
  static const char *const keys[] = {"defaultAction", "syscalls",     "architectures",
                                     "archMap",       "defaultErrno", NULL};

  return has_key_of (root, keys);
}

/* No place in the document is wrong, so the message names none. */
static int
fail_no_section (struct reader *reader)
{
  return fail (reader->err, OCI_SECCOMP_NO_SECCOMP,
               "%s: this config.json has no linux.seccomp: it asks for no filter",
               reader->profile->document.file_name);
}

static int
read_config (struct reader *reader, const struct json_node *root)
{
  const struct json_node *container, *section;
  int code = reader_optional (reader, root, "linux", JSON_OBJECT, &container);

  if (code)
    return code;
  if (!container)
    return fail_no_section (reader);
  code = reader_optional (reader, container, "seccomp", JSON_OBJECT, &section);
  if (code)
    return code;
  if (!section)
    return fail_no_section (reader);
  reader->profile->section = section;
  return read_section (reader, section);
}

static int
read_any (struct reader *reader, const struct json_node *root)
{
  static const char want[] =
      "an OCI config.json, a linux.seccomp object or a Docker or Podman profile";
  int code = reader_expect (reader, root, JSON_OBJECT, want);

  if (code)
    return code;
  if (json_member (root, "defaultAction") && json_member (json_member (root, "linux"), "seccomp"))
    return fail_two_profiles (reader, json_member (root, "defaultAction"));
  if (is_config (root))
    return read_config (reader, root);
  if (is_profile (root))
    return read_docker (reader, root);
  return reader_fail (reader, root, "has neither defaultAction nor linux; want %s", want);
}

/* --- warnings ------------------------------------------------------------------------------ */

static int
compare_begins (const void *a, const void *b)
{
  const struct json_node *left = *(const struct json_node *const *) a;
  const struct json_node *right = *(const struct json_node *const *) b;

  return left->begin < right->begin ? -1 : left->begin > right->begin;
}

static int
compare_texts (const void *a, const void *b)
{
  const struct json_node *left = *(const struct json_node *const *) a;
  const struct json_node *right = *(const struct json_node *const *) b;
  int order = strcmp (left->text, right->text);

  return order ? order : compare_begins (a, b);
}

/* One warning a name, where it is first: sorted to find what is there twice, then back. */
static void
warn_of_unknown (struct reader *reader)
{
  const struct json_node **nodes = reader->unknown;
  size_t count = 0;

  if (reader->unknown_count == 0)
    return;
  qsort (nodes, reader->unknown_count, sizeof *nodes, compare_texts);
  for (size_t i = 0; i < reader->unknown_count; i++)
    if (count == 0 || strcmp (nodes[count - 1]->text, nodes[i]->text) != 0)
      nodes[count++] = nodes[i];
  qsort (nodes, count, sizeof *nodes, compare_begins);
  for (size_t i = 0; i < count; i++) {
    char quoted[JSON_QUOTE_TEXT];

    reader_warn (reader, nodes[i], "unknown system call %s; skipped",
                 json_quote (nodes[i]->text, quoted));
  }
}

int
profile_read (struct profile *profile, const char *json, size_t length,
              const struct options *options, struct oci_seccomp_error *err)
{
  struct reader reader = {.profile = profile, .options = options, .err = err};
  const char *file_name =
      arena_strndup (&profile->arena, options->file_name, strlen (options->file_name));
  int code = json_parse (&profile->document, file_name, json, length, &profile->arena, err);

  if (code)
    return code;
  profile->section = profile->document.root;
  code = read_any (&reader, profile->document.root);
  if (code)
    return code;
  warn_of_unknown (&reader);
  for (size_t i = 0; i < reader.warning_count; i++)
    options->warn (options->warn_data, reader.warnings[i]);
  return 0;
}
