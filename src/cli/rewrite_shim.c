#include "rewrite_parts.h"

#include <string.h>
#include <sys/stat.h>

#include "../install.h"
#include "../text.h"
#include "process.h"

static bool
is_path (const char *text, const char *path)
{
  size_t length = strlen (text);

  while (length > 1 && text[length - 1] == '/')
    length--;
  return length == strlen (path) && !strncmp (text, path, length);
}

/* Where the mounts go: nothing is left in the root file system if /dev is a tmpfs. The last
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
bind_text (struct rewriting *rewriting, const char *directory, const char *name, const char *source,
           const char *option)
{
  CHANGE (rewriting, "mounts: %s on %s/%s, read-only", source, directory, name);
  return arena_printf (rewriting->arena,
                       "{\"destination\":\"%s/%s\",\"type\":\"bind\",\"source\":%s,"
                       "\"options\":[\"bind\",\"ro\",\"nosuid\",\"nodev\"%s]}",
                       directory, name, string_text (rewriting, source), option);
}

/* The directory is a mount as well: a plain one could be renamed by the container's root, and
 * another shim be put in its place, for `exec` to run. */
static const char *
directory_text (struct rewriting *rewriting, const char *directory)
{
  CHANGE (rewriting, "mounts: tmpfs on %s", directory);
  return arena_printf (rewriting->arena,
                       "{\"destination\":\"%s\",\"type\":\"tmpfs\",\"source\":\"tmpfs\","
                       "\"options\":[\"nosuid\",\"nodev\",\"noexec\",\"mode=755\",\"size=4k\"]}",
                       directory);
}

/* The place must not be a link of the image's: the container could lead that elsewhere, to a shim
 * of its own, for `exec` to run. What is mounted on a plain directory cannot be moved. */
static int
check_place (struct rewriting *rewriting, const char *directory)
{
  const struct json_node *root = json_member (rewriting->document->root, "root");
  const struct json_node *path = json_member (root, "path");
  int length = 1 + (int) strcspn (directory + 1, "/"); /* of /dev, what follows is of its tmpfs */
  struct stat status;

  if (!path || path->type != JSON_STRING)
    return OCI_SECCOMP_OK;
  const char *place = arena_printf (rewriting->arena, "%s/%s%.*s",
                                    *path->text == '/' ? "" : rewriting->rewrite->bundle,
                                    path->text, length, directory);

  if (lstat (place, &status) || !S_ISLNK (status.st_mode))
    return OCI_SECCOMP_OK;
  return REFUSE (rewriting, path,
                 "%.*s is a link in it: the container could lead it to another shim", length,
                 directory);
}

/* JSON has no other paths, and a runtime would look for one that is not there. */
static int
check_path (struct rewriting *rewriting, const char *path)
{
  bool ascii;

  if (text_check_utf8 (path, strlen (path), &ascii) == strlen (path))
    return OCI_SECCOMP_OK;
  return fail (rewriting->err, OCI_SECCOMP_BAD_ARGUMENT,
               "%s: a path that is no UTF-8 cannot be written to config.json", path);
}

static void
add_mounts (struct rewriting *rewriting, const char *directory, const struct json_node *mounts)
{
  const struct json_node *root = rewriting->document->root;
  const char *items[] = {
      directory_text (rewriting, directory),
      bind_text (rewriting, directory, "init", rewriting->rewrite->shim, ""),
      bind_text (rewriting, directory, "program", rewriting->rewrite->program_path, ",\"noexec\""),
  };
  const char *array = arena_printf (rewriting->arena, "[%s,%s,%s]", items[0], items[1], items[2]);

  if (mounts)
    splice_add_last (&rewriting->splices, mounts, items, sizeof items / sizeof items[0]);
  else if (json_member_or_null (root, "mounts"))
    splice_replace (&rewriting->splices, json_member_or_null (root, "mounts"), array);
  else
    splice_add_member (&rewriting->splices, root, "mounts", array);
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

const struct json_node *
rewrite_shim_argument (const struct json_node *root)
{
  const struct json_node *args = json_member (json_member (root, "process"), "args");

  return args && args->type == JSON_ARRAY && args->first && rewrite_is_shim (args->first)
             ? args->first
             : NULL;
}

static int
check_process (struct rewriting *rewriting, const struct json_node **args)
{
  const struct json_node *root = rewriting->document->root, *process, *first;
  bool no_new_privileges;
  int code;

  if ((code = rewrite_member (rewriting, root, "process", JSON_OBJECT, &process)) ||
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
  if ((code = rewrite_member (rewriting, process, "args", JSON_ARRAY, args)))
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

int
rewrite_set_shim (struct rewriting *rewriting)
{
  const struct json_node *root = rewriting->document->root, *args = NULL, *mounts;
  const char *directory;
  int code;

  if ((code = check_path (rewriting, rewriting->rewrite->shim)) ||
      (code = check_path (rewriting, rewriting->rewrite->program_path)) ||
      (code = check_notify (rewriting)) || (code = check_process (rewriting, &args)) ||
      (code = rewrite_member (rewriting, root, "mounts", JSON_ARRAY, &mounts)))
    return code;
  directory = shim_directory (mounts);
  if ((code = check_place (rewriting, directory)))
    return code;
  add_arguments (rewriting, directory, args);
  splice_remove_member (&rewriting->splices, rewriting->profile->profile.section);
  CHANGE (rewriting, "linux: take out seccomp, which the runtime would install as well");
  add_mounts (rewriting, directory, mounts);
  return rewrite_remove_annotation (rewriting);
}
