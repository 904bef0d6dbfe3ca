#include "rewrite_parts.h"

#include <ctype.h>
#include <string.h>

#include "base64.h"

/* --- what is read alike by all --------------------------------------------------------------- */

/* A key as Go's decoder folds it: letters by either case, and two characters beyond ASCII that
 * Unicode gives an ASCII lower case. */
static bool
key_folds_to (const char *key, const char *name)
{
  for (; *key && *name; name++) {
    size_t length = 1;
    char letter = (char) tolower ((unsigned char) *key);

    if (!strncmp (key, "\xc5\xbf", 2)) { /* long s */
      letter = 's';
      length = 2;
    } else if (!strncmp (key, "\xe2\x84\xaa", 3)) { /* Kelvin sign */
      letter = 'k';
      length = 3;
    }
    if (letter != tolower ((unsigned char) *name))
      return false;
    key += length;
  }
  return !*key && !*name;
}

/* runc would take "Linux" for "linux"; crun, and we, would not. */
static int
check_keys (const struct rewriting *rewriting, const struct json_node *object,
            const char *const *names)
{
  if (!object || object->type != JSON_OBJECT)
    return OCI_SECCOMP_OK;
  for (const struct json_node *node = object->first; node; node = node->next)
    for (const char *const *name = names; *name; name++)
      if (strcmp (node->key, *name) && key_folds_to (node->key, *name))
        return REFUSE (rewriting, node,
                       "some runtimes take this key for \"%s\" and others don't; spell it so, or "
                       "take it out",
                       *name);
  return OCI_SECCOMP_OK;
}

static int
check_spelling (const struct rewriting *rewriting)
{
  static const char *const root_keys[] = {"linux", "annotations", "process", "mounts", NULL};
  static const char *const linux_keys[] = {"seccomp", NULL};
  static const char *const process_keys[] = {"args", "noNewPrivileges", NULL};
  const struct json_node *root = rewriting->document->root;
  int code;

  if ((code = check_keys (rewriting, root, root_keys)) ||
      (code = check_keys (rewriting, json_member (root, "linux"), linux_keys)))
    return code;
  return check_keys (rewriting, json_member (root, "process"), process_keys);
}

int
rewrite_member (const struct rewriting *rewriting, const struct json_node *object, const char *key,
                enum json_type type, const struct json_node **member)
{
  *member = json_member (object, key);
  if (!*member)
    return OCI_SECCOMP_OK;
  return json_expect (rewriting->document, *member, type, NULL, rewriting->err);
}

/* --- the annotation -------------------------------------------------------------------------- */

static int
set_annotation (struct rewriting *rewriting)
{
  const struct json_node *root = rewriting->document->root, *annotations, *planted;
  const char *value = arena_printf (rewriting->arena, "\"%s\"",
                                    base64_program (rewriting->out->filter, rewriting->arena));
  const char *object = arena_printf (rewriting->arena, "{\"" REWRITE_ANNOTATION "\":%s}", value);
  int code = rewrite_member (rewriting, root, "annotations", JSON_OBJECT, &annotations);

  if (code)
    return code;
  planted = json_member_or_null (annotations, REWRITE_ANNOTATION);
  if (planted)
    splice_replace (&rewriting->splices, planted, value);
  else if (annotations)
    splice_add_member (&rewriting->splices, annotations, REWRITE_ANNOTATION, value);
  else if (json_member_or_null (root, "annotations"))
    splice_replace (&rewriting->splices, json_member_or_null (root, "annotations"), object);
  else
    splice_add_member (&rewriting->splices, root, "annotations", object);
  CHANGE (rewriting, "annotations: set %s%s: %s", REWRITE_ANNOTATION,
          planted ? ", in place of the one that is there" : "",
          oci_seccomp_filter_describe (rewriting->out->filter));
  return OCI_SECCOMP_OK;
}

int
rewrite_remove_annotation (struct rewriting *rewriting)
{
  const struct json_node *annotations, *planted;
  int code = rewrite_member (rewriting, rewriting->document->root, "annotations", JSON_OBJECT,
                             &annotations);

  if (code)
    return code;
  planted = json_member_or_null (annotations, REWRITE_ANNOTATION);
  if (planted) {
    splice_remove_member (&rewriting->splices, planted);
    CHANGE (rewriting, "annotations: take out %s", REWRITE_ANNOTATION);
  }
  return OCI_SECCOMP_OK;
}

/* --- both ------------------------------------------------------------------------------------ */

/* The profile must be the one that the runtime would take: linux.seccomp of a config.json. */
static int
check_section (const struct rewriting *rewriting)
{
  const struct json_node *root = rewriting->document->root;

  if (rewriting->profile->profile.section == json_member (json_member (root, "linux"), "seccomp"))
    return OCI_SECCOMP_OK;
  return REFUSE (rewriting, root, "is no config.json; want one, with its linux.seccomp");
}

/* Compiled and proved. What is wrong with the whole names no place in the file, so it gets the
 * file's name. */
static int
compile (struct rewriting *rewriting)
{
  struct oci_seccomp_options options = *rewriting->rewrite->options;
  const char *name = rewriting->document->file_name;
  struct oci_seccomp_error err;
  int code;

  options.verify = true;
  code = oci_seccomp_compile (&rewriting->out->filter, rewriting->profile, &options, &err);
  if (!code)
    return code;
  if (!strncmp (err.message, name, strlen (name)))
    *rewriting->err = err;
  else
    fail_errno (rewriting->err, code, err.sys_errno, "%s: %s", name, err.message);
  return code;
}

static int
rewrite_with_filter (struct rewriting *rewriting)
{
  int code;

  if ((code = check_spelling (rewriting)) || (code = check_section (rewriting)) ||
      (code = compile (rewriting)))
    return code;
  return rewriting->rewrite->shim ? rewrite_set_shim (rewriting) : set_annotation (rewriting);
}

static int
rewrite_without_filter (struct rewriting *rewriting, const struct input *config)
{
  struct json_document *document = ARENA_NEW (rewriting->arena, struct json_document);
  const struct json_node *shim;
  int code = json_parse (document, config->name, config->bytes, config->length, rewriting->arena,
                         rewriting->err);

  rewriting->document = document;
  if (code || (code = check_spelling (rewriting)))
    return code;
  /* Its section was taken out, which is not the same as none. */
  if ((shim = rewrite_shim_argument (document->root)))
    return REFUSE (rewriting, shim,
                   "goes through a shim already, and what the config was before is not known");
  return rewrite_remove_annotation (rewriting);
}

int
rewrite_config (struct rewritten *out, const struct rewrite *rewrite, const struct input *config,
                struct arena *arena, struct oci_seccomp_error *err)
{
  struct rewriting rewriting = {.rewrite = rewrite, .out = out, .arena = arena, .err = err};
  struct oci_seccomp_options options = *rewrite->options;
  int code;

  memset (out, 0, sizeof *out);
  splices_init (&rewriting.splices, config->bytes, config->length, arena);
  options.file_name = config->name;
  code =
      oci_seccomp_profile_parse (&rewriting.profile, config->bytes, config->length, &options, err);
  if (code == OCI_SECCOMP_OK) {
    rewriting.document = &rewriting.profile->profile.document;
    code = rewrite_with_filter (&rewriting);
  } else if (code == OCI_SECCOMP_NO_SECCOMP) {
    code = rewrite_without_filter (&rewriting, config);
  }
  if (!code)
    out->text = splices_apply (&rewriting.splices, &out->length);
  oci_seccomp_profile_free (rewriting.profile);
  return code;
}
