#include "exec.h"

#include <errno.h>
#include <string.h>

#include "../json.h"
#include "../splice.h"
#include "process.h"
#include "replace.h"
#include "rewrite.h"

/* What `bundle --shim` puts before the container's own args. */
enum { WORDS = 5 };

/* process.args, or NULL. */
static const struct json_node *
args_of (const struct json_node *process)
{
  const struct json_node *args = json_member (process, "args");

  return args && args->type == JSON_ARRAY && args->first ? args : NULL;
}

/* The words as they are in config.json; false if its args don't begin as `bundle --shim` has it. */
static bool
find_words (const struct json_node *words[WORDS], const struct json_node *args)
{
  const struct json_node *node = args->first;

  for (size_t i = 0; i < WORDS; i++, node = node->next) {
    if (!node || node->type != JSON_STRING)
      return false;
    words[i] = node;
  }
  return !strcmp (words[WORDS - 1]->text, "--");
}

/* Without no_new_privs the kernel would refuse the shim its filter; say so before. */
static int
check_process (const struct json_document *process, struct oci_seccomp_error *err)
{
  const struct json_node *nnp = json_member (process->root, "noNewPrivileges");

  if (!args_of (process->root))
    return json_fail_missing (err, process, process->root, "args", "the command to execute");
  if (nnp && nnp->type == JSON_BOOLEAN && nnp->boolean)
    return OCI_SECCOMP_OK;
  return json_fail (err, OCI_SECCOMP_INVALID_PROFILE, process, process->root,
                    "noNewPrivileges is not true, and the container goes through the shim");
}

/* Whether they stand there already, each byte as an earlier run has put it. A first word that looks
 * like the shim does not tell: whoever chooses the command could have chosen that, too. */
static bool
has_words (const struct input *input, const struct json_node *args, const char *const *words)
{
  const struct json_node *node = args->first;

  for (size_t i = 0; i < WORDS; i++, node = node->next)
    if (!node || node->end - node->begin != strlen (words[i]) ||
        memcmp (input->bytes + node->begin, words[i], node->end - node->begin) != 0)
      return false;
  return true;
}

static int
rewrite_process (const char *path, const struct input *input, const char *const *words,
                 bool dry_run, struct arena *arena, struct oci_seccomp_error *err)
{
  struct json_document process;
  struct splices splices;
  struct likeness like = {.path = path};
  const char *text;
  size_t length;
  int code = json_parse (&process, input->name, input->bytes, input->length, arena, err);

  if (code || (code = check_process (&process, err)))
    return code;
  if (has_words (input, args_of (process.root), words))
    return OCI_SECCOMP_OK;
  if (dry_run) {
    printf ("%s: args: through %s\n", path, words[0]);
    return OCI_SECCOMP_OK;
  }
  if (stat (path, &like.status))
    return fail_errno (err, OCI_SECCOMP_REFUSED, errno, "%s: %s", path, strerror (errno));
  splices_init (&splices, input->bytes, input->length, arena);
  splice_add_first (&splices, args_of (process.root), words, WORDS);
  text = splices_apply (&splices, &length);
  return replace_file (path, text, length, &like, err);
}

static int
read_and_rewrite (const char *path, const char *const *words, bool dry_run, struct arena *arena)
{
  struct oci_seccomp_error err;
  struct input input;
  int code;

  if (!read_input (&input, path))
    return STATUS_FAILED;
  code = rewrite_process (path, &input, words, dry_run, arena, &err);
  free_input (&input);
  return code ? complain_of (STATUS_FAILED, &err) : finish_output (stdout, "stdout");
}

int
exec_through_shim (const struct input *config, const char *process_path, bool dry_run,
                   struct arena *arena)
{
  struct json_document document;
  struct oci_seccomp_error err;
  const struct json_node *args, *words[WORDS];
  const char *texts[WORDS];

  if (json_parse (&document, config->name, config->bytes, config->length, arena, &err))
    return complain_of (STATUS_FAILED, &err);
  args = args_of (json_member (document.root, "process"));
  if (!args || !rewrite_is_shim (args->first))
    return STATUS_OK;
  if (!find_words (words, args))
    return complain (STATUS_FAILED, "%s: process.args go through a shim that is not ours",
                     config->name);
  for (size_t i = 0; i < WORDS; i++)
    texts[i] =
        arena_strndup (arena, config->bytes + words[i]->begin, words[i]->end - words[i]->begin);
  if (process_path)
    return read_and_rewrite (process_path, texts, dry_run, arena);
  for (size_t i = 0; i < WORDS; i++)
    printf ("%s\n", words[i]->text);
  return finish_output (stdout, "stdout");
}
