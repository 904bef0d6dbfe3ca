#include "rewrite.h"

#include <ctype.h>
#include <string.h>

#include "../install.h"
#include "../splice.h"
#include "base64.h"
#include "process.h"

struct rewriting {
  const struct rewrite *rewrite;
  struct rewritten *out;
  const struct json_document *document;
  struct oci_seccomp_profile *profile; /* NULL: the config asks for no filter */
  struct splices splices;
  struct arena *arena;
  struct oci_seccomp_error *err;
};

#define REFUSE(rewriting, node, ...)                                                              \
  json_fail ((rewriting)->err, OCI_SECCOMP_INVALID_PROFILE, (rewriting)->document, node,          \
             __VA_ARGS__)

#define CHANGE(rewriting, ...)                                                                    \
  (*ARENA_PUSH ((rewriting)->arena, (rewriting)->out->changes, (rewriting)->out->change_count) =  \
       arena_printf ((rewriting)->arena, __VA_ARGS__))

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

/* A member that, if it is there, has the type. */
static int
typed_member (const struct rewriting *rewriting, const struct json_node *object, const char *key,
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
  const char *value =
      arena_printf (rewriting->arena, "\"%s\"",
                    base64_program (rewriting->out->filter, rewriting->arena));
  const char *object =
      arena_printf (rewriting->arena, "{\"" REWRITE_ANNOTATION "\":%s}", value);
  int code = typed_member (rewriting, root, "annotations", JSON_OBJECT, &annotations);

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

/* crun takes the annotation also where there is no linux.seccomp, and a filter that answers setuid
 * or capset with success is a way to keep privileges. */
static int
remove_annotation (struct rewriting *rewriting)
{
  const struct json_node *annotations, *planted;
  int code = typed_member (rewriting, rewriting->document->root, "annotations", JSON_OBJECT,
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

/* --- the shim -------------------------------------------------------------------------------- */

static bool
is_path (const char *text, const char *path)
{
  size_t length = strlen (text);

  while (length > 1 && text[length - 1] == '/')
    length--;
  return length == strlen (path) && !strncmp (text, path, length);
}

/* Where the two mounts go: nothing is left in the root file system if /dev is a tmpfs. The last
 * mount on a place is the one that counts. */
static const char *
shim_directory (const struct json_node *mounts)
{
  bool tmpfs = false;

  for (const struct json_node *mount = mounts ? mounts->first : NULL; mount; mount = mount->next) {
    const struct json_node *destination = json_member (mount, "destination");
    const struct json_node *type = json_member (mount, "type");

    if (destination && destination->type == JSON_STRING && is_path (destination->text, "/dev"))
      tmpfs = type && type->type == JSON_STRING && !strcmp (type->text, "tmpfs");
  }
  return tmpfs ? "/dev/.oci-seccomp" : "/.oci-seccomp";
}

static const char *
string_text (struct rewriting *rewriting, const char *text)
{
  struct json_writer *writer = json_writer_new (rewriting->arena, NULL);

  json_write_string (writer, text);
  return json_writer_text (writer, NULL);
}

static const char *
mount_text (struct rewriting *rewriting, const char *directory, const char *name,
            const char *source, const char *option)
{
  CHANGE (rewriting, "mounts: %s on %s/%s, read-only", source, directory, name);
  return arena_printf (
      rewriting->arena,
      "{\"destination\":\"%s/%s\",\"type\":\"bind\",\"source\":%s,"
      "\"options\":[\"bind\",\"ro\",\"nosuid\",\"nodev\"%s]}",
      directory, name, string_text (rewriting, source), option);
}

static int
add_mounts (struct rewriting *rewriting, const char *directory, const struct json_node *mounts)
{
  const struct json_node *root = rewriting->document->root;
  const char *items[] = {
      mount_text (rewriting, directory, "init", rewriting->rewrite->shim, ""),
      mount_text (rewriting, directory, "program", rewriting->rewrite->program_path,
                  ",\"noexec\""),
  };
  const char *array = arena_printf (rewriting->arena, "[%s,%s]", items[0], items[1]);

  if (mounts)
    splice_add_last (&rewriting->splices, mounts, items, 2);
  else if (json_member_or_null (root, "mounts"))
    splice_replace (&rewriting->splices, json_member_or_null (root, "mounts"), array);
  else
    splice_add_member (&rewriting->splices, root, "mounts", array);
  return OCI_SECCOMP_OK;
}

/* As apply: what the profile does not ask for is SPEC_ALLOW where the kernel has it. */
static unsigned
shim_flags (const struct oci_seccomp_profile *profile)
{
  bool given;
  unsigned flags = oci_seccomp_profile_flags (profile, &given);

  if (!given && !install_flag_known (SECCOMP_FILTER_FLAG_SPEC_ALLOW))
    flags &= ~(unsigned) SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  return flags;
}

static void
add_arguments (struct rewriting *rewriting, const char *directory, const struct json_node *args)
{
  struct arena *arena = rewriting->arena;
  const char *items[] = {
      arena_printf (arena, "\"%s/init\"", directory),
      "\"--flags\"",
      arena_printf (arena, "\"0x%x\"", shim_flags (rewriting->profile)),
      arena_printf (arena, "\"%s/program\"", directory),
      "\"--\"",
  };

  splice_add_first (&rewriting->splices, args, items, sizeof items / sizeof items[0]);
  CHANGE (rewriting, "process.args: through %s/init: %s", directory,
          oci_seccomp_filter_describe (rewriting->out->filter));
}

bool
rewrite_is_shim (const struct json_node *first_argument)
{
  size_t length = strlen (REWRITE_SHIM_NAME);

  return first_argument->type == JSON_STRING && first_argument->length >= length &&
         !strcmp (first_argument->text + first_argument->length - length, REWRITE_SHIM_NAME);
}

static int
check_process (struct rewriting *rewriting, const struct json_node **args)
{
  const struct json_node *root = rewriting->document->root, *process, *first;
  bool no_new_privileges;
  int code;

  if ((code = typed_member (rewriting, root, "process", JSON_OBJECT, &process)) ||
      (code = process_read_no_new_privileges (&no_new_privileges, rewriting->document,
                                              rewriting->err)))
    return code;
  if (!process)
    return json_fail_missing (rewriting->err, rewriting->document, root, "process",
                              "the process that the shim is to become");
  if (!no_new_privileges)
    return REFUSE (rewriting, process,
                   "noNewPrivileges is not true: when the shim runs, capabilities are dropped, and "
                   "then the kernel takes a filter only from a process with no_new_privs");
  if ((code = typed_member (rewriting, process, "args", JSON_ARRAY, args)))
    return code;
  if (!*args || !(*args)->first)
    return json_fail_missing (rewriting->err, rewriting->document, process, "args",
                              "the command that the shim is to become");
  first = (*args)->first;
  if ((code = json_expect (rewriting->document, first, JSON_STRING, NULL, rewriting->err)))
    return code;
  if (rewrite_is_shim (first))
    return REFUSE (rewriting, first, "goes through a shim already");
  return OCI_SECCOMP_OK;
}

static int
check_notify (struct rewriting *rewriting)
{
  const struct program *program = &rewriting->out->filter->program;

  for (size_t i = 0; i < program->length; i++)
    if (program->instructions[i].code == (BPF_RET | BPF_K) &&
        (program->instructions[i].k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF)
      return REFUSE (rewriting, rewriting->profile->profile.section,
                     "SCMP_ACT_NOTIFY: the shim, inside the container, cannot hand its listener to "
                     "listenerPath");
  return OCI_SECCOMP_OK;
}

static int
set_shim (struct rewriting *rewriting)
{
  const struct json_node *root = rewriting->document->root, *args = NULL, *mounts;
  const char *directory;
  int code;

  if ((code = check_notify (rewriting)) || (code = check_process (rewriting, &args)) ||
      (code = typed_member (rewriting, root, "mounts", JSON_ARRAY, &mounts)))
    return code;
  directory = shim_directory (mounts);
  add_arguments (rewriting, directory, args);
  splice_remove_member (&rewriting->splices, rewriting->profile->profile.section);
  CHANGE (rewriting, "linux: take out seccomp, which the runtime would install as well");
  code = add_mounts (rewriting, directory, mounts);
  return code ? code : remove_annotation (rewriting);
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
  return rewriting->rewrite->shim ? set_shim (rewriting) : set_annotation (rewriting);
}

static int
rewrite_without_filter (struct rewriting *rewriting, const struct input *config)
{
  struct json_document document;
  int code = json_parse (&document, config->name, config->bytes, config->length, rewriting->arena,
                         rewriting->err);

  rewriting->document = &document;
  if (!code)
    code = check_spelling (rewriting);
  return code ? code : remove_annotation (rewriting);
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
  code = oci_seccomp_profile_parse (&rewriting.profile, config->bytes, config->length, &options,
                                    err);
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
