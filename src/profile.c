#include "profile.h"

#include <stdlib.h>
#include <string.h>

#include "reader.h"

/* --- the OCI section ----------------------------------------------------------------------- */

static int
read_rule (struct reader *reader, const struct json_node *node)
{
  static const struct verdict_keys keys = {"action", "errnoRet", NULL};
  struct profile_rule rule = {.node = node};
  const struct json_node *names;
  int code = reader_expect (reader, node, JSON_OBJECT, NULL);

  if (code)
    return code;
  names = json_member (node, "names");
  if (!names)
    return json_fail_missing (reader->err, &reader->profile->document, node, "names",
                              "an array of names of system calls");
  code = reader_expect (reader, names, JSON_ARRAY, NULL);
  if (code == 0)
    code = read_names (reader, names, &rule);
  if (code == 0)
    code = read_verdict (reader, node, &keys, &rule.verdict);
  if (code == 0)
    code = read_conditions (reader, node, &rule);
  return code ? code : reader_keep_rule (reader, &rule);
}

int
read_section (struct reader *reader, const struct json_node *section)
{
  static const struct verdict_keys keys = {"defaultAction", "defaultErrnoRet", NULL};
  const struct json_node *architectures, *syscalls;
  int code = read_top (reader, section, &keys);

  if (code == 0)
    code = reader_optional (reader, section, "architectures", JSON_ARRAY, &architectures);
  if (code == 0)
    code = read_abis (reader, architectures);
  if (code == 0)
    code = reader_optional (reader, section, "syscalls", JSON_ARRAY, &syscalls);
  if (code || !syscalls)
    return code;
  for (const struct json_node *node = syscalls->first; node; node = node->next) {
    code = read_rule (reader, node);
    if (code)
      return code;
  }
  return 0;
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

/* What only Docker's and Podman's profiles have. */
static bool
is_docker (const struct json_node *root)
{
  static const char *const top[] = {"archMap", "defaultErrno", NULL};
  static const char *const rule[] = {"name", "includes", "excludes", "errno", "comment", NULL};
  const struct json_node *syscalls = json_member (root, "syscalls");

  if (has_key_of (root, top))
    return true;
  for (const struct json_node *node = syscalls ? syscalls->first : NULL; node; node = node->next)
    if (has_key_of (node, rule))
      return true;
  return false;
}

static bool
is_section (const struct json_node *root)
{
  static const char *const keys[] = {"defaultAction", "syscalls", "architectures", NULL};

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
  if (is_docker (root))
    return read_docker (reader, root);
  if (is_section (root))
    return read_section (reader, root);
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
