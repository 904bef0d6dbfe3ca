#include "process.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "names.h"

/* --- members of known type ------------------------------------------------------------------- */

/* What every reader needs beside the node it reads. */
struct reading {
  const struct json_document *document;
  struct arena *arena;
  const struct oci_seccomp_options *options;
  struct oci_seccomp_error *err;
};

#define BAD(reading, node, ...) \
  json_fail ((reading)->err, OCI_SECCOMP_INVALID_PROFILE, (reading)->document, node, __VA_ARGS__)

/* *member is NULL where it is absent. */
static int
read_member (const struct reading *reading, const struct json_node *object, const char *key,
             enum json_type type, const struct json_node **member)
{
  *member = json_member (object, key);
  return *member ? json_expect (reading->document, *member, type, NULL, reading->err) : 0;
}

static int
read_unsigned (const struct reading *reading, const struct json_node *node, uint64_t max,
               uint64_t *value)
{
  int code = json_expect (reading->document, node, JSON_NUMBER, "an integer", reading->err);

  if (code)
    return code;
  if (!json_unsigned (node, max, value))
    return BAD (reading, node, "is %.32s; want an integer from 0 to %llu", node->text,
                (unsigned long long) max);
  return OCI_SECCOMP_OK;
}

static int
read_required_unsigned (const struct reading *reading, const struct json_node *object,
                        const char *key, uint64_t max, uint64_t *value)
{
  const struct json_node *node = json_member (object, key);

  if (!node)
    return json_fail_missing (reading->err, reading->document, object, key, "an integer");
  return read_unsigned (reading, node, max, value);
}

/* An absent array is an empty one. The result ends with NULL. */
static int
read_strings (const struct reading *reading, const struct json_node *object, const char *key,
              char ***strings)
{
  const struct json_node *array;
  int code = read_member (reading, object, key, JSON_ARRAY, &array);

  if (code)
    return code;
  *strings = ARENA_ARRAY (reading->arena, char *, (array ? array->count : 0) + 1);
  for (const struct json_node *item = array ? array->first : NULL; item; item = item->next) {
    if ((code = json_expect (reading->document, item, JSON_STRING, NULL, reading->err)))
      return code;
    (*strings)[item->index] = arena_strndup (reading->arena, item->text, item->length);
  }
  return OCI_SECCOMP_OK;
}

/* --- the section's members ------------------------------------------------------------------- */

static int
read_args (struct process *out, const struct reading *reading, const struct json_node *section)
{
  int code = read_strings (reading, section, "args", &out->args);

  if (code)
    return code;
  const struct json_node *args = json_member (section, "args");

  if (!args)
    return json_fail_missing (reading->err, reading->document, section, "args",
                              "the command to execute");
  if (!out->args[0] || !*out->args[0])
    return BAD (reading, args, "has no command; want the command to execute");
  return OCI_SECCOMP_OK;
}

static size_t
variable_name_length (const char *variable)
{
  return strcspn (variable, "=");
}

static bool
same_variable (const char *one, const char *other)
{
  size_t length = variable_name_length (one);

  return length == variable_name_length (other) && !strncmp (one, other, length);
}

/* Where a name comes twice the later value stands, as in the runtimes. */
static void
drop_overridden (char **env)
{
  char **kept = env;

  for (char **variable = env; *variable; variable++) {
    char **later = variable + 1;

    while (*later && !same_variable (*variable, *later))
      later++;
    if (!*later)
      *kept++ = *variable;
  }
  *kept = NULL;
}

/* The runtimes set HOME from the container's /etc/passwd; where that does not know the user, "/".
 * fgetpwent reads just that file: no name service is asked. */
static const char *
home_of (uid_t uid, struct arena *arena)
{
  FILE *stream = fopen ("/etc/passwd", "re");
  const char *home = "/";
  struct passwd *entry;

  if (!stream)
    return home;
  while ((entry = fgetpwent (stream)))
    if (entry->pw_uid == uid && *entry->pw_dir) {
      home = arena_printf (arena, "%s", entry->pw_dir);
      break;
    }
  fclose (stream);
  return home;
}

static void
add_home (struct process *out, struct arena *arena)
{
  char *home = arena_printf (arena, "HOME=%s", home_of (out->uid, arena));
  size_t count = 0;

  for (; out->env[count]; count++)
    if (same_variable (out->env[count], home)) {
      if (!strcmp (out->env[count], "HOME="))
        out->env[count] = home;
      return;
    }
  char **grown = ARENA_ARRAY (arena, char *, count + 2);

  memcpy (grown, out->env, count * sizeof *grown);
  grown[count] = home;
  out->env = grown;
}

static int
read_env (struct process *out, const struct reading *reading, const struct json_node *section)
{
  char quoted[JSON_QUOTE_TEXT];
  const struct json_node *array = json_member (section, "env");
  int code = read_strings (reading, section, "env", &out->env);

  if (code)
    return code;
  for (const struct json_node *item = array ? array->first : NULL; item; item = item->next) {
    size_t length = variable_name_length (item->text);

    if (length == 0 || item->text[length] != '=')
      return BAD (reading, item, "is %s; want NAME=VALUE", json_quote (item->text, quoted));
  }
  drop_overridden (out->env);
  add_home (out, reading->arena);
  return OCI_SECCOMP_OK;
}

static int
read_cwd (struct process *out, const struct reading *reading, const struct json_node *section)
{
  char quoted[JSON_QUOTE_TEXT];
  const struct json_node *node;
  int code = read_member (reading, section, "cwd", JSON_STRING, &node);

  if (code)
    return code;
  if (!node)
    return json_fail_missing (reading->err, reading->document, section, "cwd", "an absolute path");
  if (*node->text != '/')
    return BAD (reading, node, "is %s; want an absolute path", json_quote (node->text, quoted));
  out->cwd = arena_strndup (reading->arena, node->text, node->length);
  return OCI_SECCOMP_OK;
}

/* All ones means "leave it" to the system calls. */
#define MAX_ID (UINT32_MAX - 1)

static int
read_groups (struct process *out, const struct reading *reading, const struct json_node *user)
{
  const struct json_node *array;
  int code = read_member (reading, user, "additionalGids", JSON_ARRAY, &array);

  if (code || !array)
    return code;
  out->groups = ARENA_ARRAY (reading->arena, gid_t, array->count);
  for (const struct json_node *item = array->first; item; item = item->next) {
    uint64_t gid;

    if ((code = read_unsigned (reading, item, MAX_ID, &gid)))
      return code;
    out->groups[out->group_count++] = (gid_t) gid;
  }
  return OCI_SECCOMP_OK;
}

/* Without a user, root: what the runtimes' zero values come to. */
static int
read_user (struct process *out, const struct reading *reading, const struct json_node *section)
{
  const struct json_node *user, *mask;
  uint64_t uid, gid, value;
  int code;

  out->umask = 0022;
  if ((code = read_member (reading, section, "user", JSON_OBJECT, &user)) || !user)
    return code;
  if ((code = read_required_unsigned (reading, user, "uid", MAX_ID, &uid)) ||
      (code = read_required_unsigned (reading, user, "gid", MAX_ID, &gid)))
    return code;
  out->uid = (uid_t) uid;
  out->gid = (gid_t) gid;
  if ((mask = json_member (user, "umask"))) {
    if ((code = read_unsigned (reading, mask, 0777, &value)))
      return code;
    out->umask = (mode_t) value;
  }
  return read_groups (out, reading, user);
}

/* The spec: what no capability has as its name is to be warned of, and SHOULD NOT fail. Leaving it
 * out grants less, never more. */
static int
read_capability_set (uint64_t *set, const struct reading *reading, const struct json_node *object,
                     const char *key)
{
  char quoted[JSON_QUOTE_TEXT];
  const struct json_node *array;
  int code = read_member (reading, object, key, JSON_ARRAY, &array);

  if (code || !array)
    return code;
  for (const struct json_node *item = array->first; item; item = item->next) {
    uint32_t capability;

    if ((code = json_expect (reading->document, item, JSON_STRING, NULL, reading->err)))
      return code;
    if (capability_from_name (item->text, &capability))
      *set |= UINT64_C (1) << capability;
    else if (reading->options->warn)
      reading->options->warn (reading->options->warn_data,
                              json_message (reading->arena, reading->document, item,
                                            "no capability is called %s; left out",
                                            json_quote (item->text, quoted)));
  }
  return OCI_SECCOMP_OK;
}

/* Absent sets, or all of them, are empty: runc and crun drop everything then. */
static int
read_capabilities (struct process *out, const struct reading *reading,
                   const struct json_node *section)
{
  const struct json_node *object;
  int code = read_member (reading, section, "capabilities", JSON_OBJECT, &object);

  for (int i = 0; !code && i < CAPABILITIES_SETS; i++)
    code =
        read_capability_set (&out->capabilities.sets[i], reading, object, capability_set_names[i]);
  return code;
}

static const struct {
  const char *name;
  int resource;
} limit_names[] = {
    {"RLIMIT_AS", RLIMIT_AS},
    {"RLIMIT_CORE", RLIMIT_CORE},
    {"RLIMIT_CPU", RLIMIT_CPU},
    {"RLIMIT_DATA", RLIMIT_DATA},
    {"RLIMIT_FSIZE", RLIMIT_FSIZE},
    {"RLIMIT_LOCKS", RLIMIT_LOCKS},
    {"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
    {"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
    {"RLIMIT_NICE", RLIMIT_NICE},
    {"RLIMIT_NOFILE", RLIMIT_NOFILE},
    {"RLIMIT_NPROC", RLIMIT_NPROC},
    {"RLIMIT_RSS", RLIMIT_RSS},
    {"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
    {"RLIMIT_RTTIME", RLIMIT_RTTIME},
    {"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
    {"RLIMIT_STACK", RLIMIT_STACK},
};

static const char want_limit[] = "one like \"RLIMIT_NOFILE\"";

static int
read_limit_type (struct process_limit *limit, const struct reading *reading,
                 const struct json_node *object)
{
  char quoted[JSON_QUOTE_TEXT];
  const struct json_node *type;
  int code = read_member (reading, object, "type", JSON_STRING, &type);

  if (code)
    return code;
  if (!type)
    return json_fail_missing (reading->err, reading->document, object, "type", want_limit);
  for (size_t i = 0; i < sizeof limit_names / sizeof limit_names[0]; i++)
    if (!strcmp (limit_names[i].name, type->text)) {
      limit->name = limit_names[i].name;
      limit->resource = limit_names[i].resource;
      return OCI_SECCOMP_OK;
    }
  return BAD (reading, type, "unknown limit %s; want %s", json_quote (type->text, quoted),
              want_limit);
}

static int
read_limit (struct process *out, const struct reading *reading, const struct json_node *item)
{
  struct process_limit *limit = &out->limits[out->limit_count];
  int code;

  if ((code = json_expect (reading->document, item, JSON_OBJECT, NULL, reading->err)) ||
      (code = read_limit_type (limit, reading, item)) ||
      (code = read_required_unsigned (reading, item, "soft", UINT64_MAX, &limit->soft)) ||
      (code = read_required_unsigned (reading, item, "hard", UINT64_MAX, &limit->hard)))
    return code;
  if (limit->soft > limit->hard)
    return BAD (reading, item, "%s: soft %llu is over hard %llu", limit->name,
                (unsigned long long) limit->soft, (unsigned long long) limit->hard);
  for (size_t i = 0; i < out->limit_count; i++)
    if (out->limits[i].resource == limit->resource)
      return BAD (reading, item, "%s is there twice", limit->name);
  out->limit_count++;
  return OCI_SECCOMP_OK;
}

static int
read_limits (struct process *out, const struct reading *reading, const struct json_node *section)
{
  const struct json_node *array;
  int code = read_member (reading, section, "rlimits", JSON_ARRAY, &array);

  if (code || !array)
    return code;
  out->limits = ARENA_ARRAY (reading->arena, struct process_limit, array->count);
  for (const struct json_node *item = array->first; !code && item; item = item->next)
    code = read_limit (out, reading, item);
  return code;
}

static int
read_oom_score_adj (struct process *out, const struct reading *reading,
                    const struct json_node *section)
{
  const struct json_node *node = json_member (section, "oomScoreAdj");
  int64_t value;
  int code;

  if (!node)
    return OCI_SECCOMP_OK;
  if ((code = json_expect (reading->document, node, JSON_NUMBER, "an integer", reading->err)))
    return code;
  if (!json_signed (node, -1000, 1000, &value))
    return BAD (reading, node, "is %.32s; want an integer from -1000 to 1000", node->text);
  out->oom_score_adj_given = true;
  out->oom_score_adj = (int) value;
  return OCI_SECCOMP_OK;
}

static int
read_no_new_privileges (bool *out, const struct reading *reading, const struct json_node *section)
{
  const struct json_node *node;
  int code = read_member (reading, section, "noNewPrivileges", JSON_BOOLEAN, &node);

  *out = !code && node && node->boolean;
  return code;
}

/* --- the section ----------------------------------------------------------------------------- */

static int
read_section (const struct reading *reading, const struct json_node **section)
{
  return read_member (reading, reading->document->root, "process", JSON_OBJECT, section);
}

int
process_read (struct process *out, const struct json_document *document, struct arena *arena,
              const struct oci_seccomp_options *options, struct oci_seccomp_error *err)
{
  const struct reading reading = {document, arena, options, err};
  const struct json_node *section;
  int code;

  memset (out, 0, sizeof *out);
  if ((code = read_section (&reading, &section)))
    return code;
  if (!section)
    return json_fail_missing (err, document, document->root, "process",
                              "the process to become, or a command after --");
  if ((code = read_args (out, &reading, section)) || (code = read_user (out, &reading, section)) ||
      (code = read_env (out, &reading, section)) || (code = read_cwd (out, &reading, section)) ||
      (code = read_capabilities (out, &reading, section)) ||
      (code = read_limits (out, &reading, section)) ||
      (code = read_oom_score_adj (out, &reading, section)))
    return code;
  return read_no_new_privileges (&out->no_new_privileges, &reading, section);
}

int
process_read_no_new_privileges (bool *out, const struct json_document *document,
                                struct oci_seccomp_error *err)
{
  const struct reading reading = {document, NULL, NULL, err};
  const struct json_node *section;
  int code;

  *out = false;
  if ((code = read_section (&reading, &section)) || !section)
    return code;
  return read_no_new_privileges (out, &reading, section);
}
