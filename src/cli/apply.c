#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confirm.h"
#include "install.h"
#include "listener.h"
#include "process.h"

/* As env(1), nice(1) and the engines have it. */
enum { STATUS_NOT_APPLIED = 125, STATUS_NOT_EXECUTABLE = 126, STATUS_NOT_FOUND = 127 };

struct apply {
  struct machine machine;
  struct arena arena;
  const char *path; /* of CONFIG */
  const char *id;
  char **command; /* after --, or NULL: become the config's process */
  struct oci_seccomp_profile *profile;
  struct oci_seccomp_filter *filter;
  const struct json_document *config; /* NULL where CONFIG is no config.json */
  struct process process;
  unsigned flags;
  struct listener listener;
  const char *file; /* to execute */
};

static bool
listens (const struct apply *apply)
{
  return (apply->flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0;
}

/* --- options --------------------------------------------------------------------------------- */

/* What comes after the first "--" is the command's; getopt does not see it. */
static int
count_own_arguments (int argc, char **argv)
{
  int count = 1;

  while (count < argc && strcmp (argv[count], "--"))
    count++;
  return count;
}

static int
parse_options (struct apply *apply, int argc, char **argv)
{
  enum { OPTION_ID = 'i' };
  static const struct option options[] = {
      MACHINE_OPTIONS, {"id", required_argument, NULL, OPTION_ID}, {NULL, 0, NULL, 0}};
  int option;

  optind = 1;
  while ((option = getopt_long (argc, argv, ":", options, NULL)) != -1)
    if (option == OPTION_ID) {
      apply->id = optarg;
    } else {
      int status = machine_option (&apply->machine, option, optarg, argv);

      if (status >= 0)
        return status;
    }
  return -1;
}

/* -1 to go on, else the status to end with. */
static int
read_arguments (struct apply *apply, const struct verb *verb, int argc, char **argv)
{
  int own = count_own_arguments (argc, argv);
  char **command = own < argc ? argv + own + 1 : NULL;

  /* getopt's arguments end with NULL, as main's do. */
  if (command)
    argv[own] = NULL;
  int status = parse_options (apply, own, argv);

  if (status >= 0)
    return status;
  if (optind >= own)
    return complain_usage (STATUS_NOT_APPLIED, verb, "no CONFIG given");
  if (own - optind > 1)
    return complain_usage (STATUS_NOT_APPLIED, verb, "unexpected \"%s\"; a command goes after --",
                           argv[optind + 1]);
  if (command && !*command)
    return complain_usage (STATUS_NOT_APPLIED, verb, "no command after --");
  apply->path = argv[optind];
  apply->command = command;
  return -1;
}

/* --- everything that can be found wrong before anything is changed --------------------------- */

/* A descriptor of ours must never get the number of a closed stdin, stdout or stderr. */
static bool
open_standard_streams (void)
{
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl (fd, F_GETFD) < 0 && open ("/dev/null", O_RDWR) != fd)
      return false;
  return true;
}

/* The command must not read the configuration again. */
static bool
leave_stdin (void)
{
  int fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);

  return fd >= 0 && dup2 (fd, STDIN_FILENO) == STDIN_FILENO && close (fd) == 0;
}

static int
read_filter_of (struct apply *apply, struct oci_seccomp_error *err)
{
  const struct profile *profile = &apply->profile->profile;
  int code = oci_seccomp_compile (&apply->filter, apply->profile, &apply->machine.library, err);

  if (profile->section && profile->section != profile->document.root)
    apply->config = &profile->document;
  return code;
}

/* Whether any call at all could be notified. */
static bool
notifies (const struct program *program)
{
  for (size_t i = 0; i < program->length; i++)
    if (program->instructions[i].code == (BPF_RET | BPF_K) &&
        (program->instructions[i].k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF)
      return true;
  return false;
}

static int
choose_flags (struct apply *apply, struct oci_seccomp_error *err)
{
  const char *path = oci_seccomp_profile_listener_path (apply->profile);
  bool given;

  apply->flags = oci_seccomp_profile_flags (apply->profile, &given);
  if (!given && !install_flag_known (SECCOMP_FILTER_FLAG_SPEC_ALLOW))
    apply->flags &= ~(unsigned) SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  if (!notifies (&apply->filter->program))
    return OCI_SECCOMP_OK;
  if (!path || !*path)
    return fail (err, OCI_SECCOMP_INVALID_PROFILE,
                 "%s: the profile has SCMP_ACT_NOTIFY but no listenerPath: nobody would answer",
                 apply->machine.library.file_name);
  apply->flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
  apply->listener.path = path;
  return OCI_SECCOMP_OK;
}

static int
plan_process (struct apply *apply, struct oci_seccomp_error *err)
{
  const struct oci_seccomp_options *options = &apply->machine.library;
  struct process *process = &apply->process;
  int code;

  if (!apply->command && !apply->config)
    return fail (err, OCI_SECCOMP_INVALID_PROFILE,
                 "%s: a profile has no process to become; give a command after --",
                 options->file_name);
  if (!apply->command) {
    code = process_read (process, apply->config, &apply->arena, options, err);
    return code ? code : process_check (process, options, err);
  }
  process->args = apply->command;
  process->env = environ;
  code = apply->config
             ? process_read_no_new_privileges (&process->no_new_privileges, apply->config, err)
             : OCI_SECCOMP_OK;
  /* The only way to install a filter without the capability. */
  if (!capability_effective (CAP_SYS_ADMIN))
    process->no_new_privileges = true;
  return code;
}

/* Has a value that asks for something. */
static bool
says_something (const struct json_node *node)
{
  switch (node->type) {
  case JSON_NULL:
    return false;
  case JSON_BOOLEAN:
    return node->boolean;
  case JSON_STRING:
    return node->length > 0;
  case JSON_ARRAY:
  case JSON_OBJECT:
    return node->count > 0;
  default:
    return true;
  }
}

/* Adds the members of an object that are not in the list of those applied. */
static const char *
add_unapplied (const char *names, const struct json_node *object, const char *const *applied,
               struct arena *arena)
{
  char path[256];

  for (const struct json_node *node = object ? object->first : NULL; node; node = node->next) {
    const char *const *known = applied;

    while (*known && strcmp (*known, node->key))
      known++;
    if (!*known && says_something (node))
      names = arena_printf (arena, "%s%s%s", names, *names ? ", " : "",
                            json_path (node, path, sizeof path));
  }
  return names;
}

static void
name_unapplied (struct apply *apply)
{
  static const char *const root[] = {"ociVersion", "process", "linux", "annotations", NULL};
  static const char *const linux_section[] = {"seccomp", NULL};
  static const char *const process[] = {"args",         "env",         "cwd",
                                        "user",         "rlimits",     "noNewPrivileges",
                                        "capabilities", "oomScoreAdj", NULL};
  static const char *const with_command[] = {"noNewPrivileges", NULL};
  static const char *const user[] = {"uid", "gid", "umask", "additionalGids", NULL};
  const struct oci_seccomp_options *options = &apply->machine.library;

  if (!apply->config || !options->warn)
    return;
  const struct json_node *config = apply->config->root;
  const struct json_node *section = json_member (config, "process");
  const char *names = add_unapplied ("", config, root, &apply->arena);

  if (apply->command) {
    if (*add_unapplied ("", section, with_command, &apply->arena))
      names = arena_printf (&apply->arena, "process%s%s", *names ? ", " : "", names);
  } else {
    names = add_unapplied (names, section, process, &apply->arena);
    names = add_unapplied (names, json_member (section, "user"), user, &apply->arena);
  }
  names = add_unapplied (names, json_member (config, "linux"), linux_section, &apply->arena);
  if (*names)
    options->warn (options->warn_data,
                   arena_printf (&apply->arena, "%s: not applied: %s", options->file_name, names));
}

/* Where config.json is; for stdin, where we are. */
static const char *
bundle_of (const char *path, struct arena *arena)
{
  char real[PATH_MAX];
  char *copy = arena_printf (arena, "%s", path);
  const char *directory = strcmp (path, "-") ? dirname (copy) : ".";

  return realpath (directory, real) ? arena_printf (arena, "%s", real) : directory;
}

static int
connect_listener (struct apply *apply, struct oci_seccomp_error *err)
{
  struct listener_state state = {
      .config = apply->config ? apply->config->root : NULL,
      .id =
          apply->id ? apply->id : arena_printf (&apply->arena, "oci-seccomp-%ld", (long) getpid ()),
      .bundle = bundle_of (apply->path, &apply->arena),
      .metadata = oci_seccomp_profile_listener_metadata (apply->profile),
  };
  struct listener *listener = &apply->listener;

  if (!listens (apply))
    return OCI_SECCOMP_OK;
  listener->message = listener_message (&state, &apply->arena, &listener->length);
  return listener_connect (listener, err);
}

static int
plan (struct apply *apply, struct oci_seccomp_error *err)
{
  int code;

  if ((code = read_filter_of (apply, err)) || (code = choose_flags (apply, err)) ||
      (code = plan_process (apply, err)))
    return code;
  name_unapplied (apply);
  return connect_listener (apply, err);
}

/* --- and then the changes -------------------------------------------------------------------- */

static int
install (struct apply *apply, struct oci_seccomp_error *err)
{
  int descriptor;
  int code = oci_seccomp_install (apply->filter, apply->flags, &descriptor, err);

  if (code)
    return code;
  /* No system call before listener_send has returned: nobody could answer a notified one. If it
   * failed, exit_group may be as dead as all others; then the helper ends this. */
  if (listens (apply) && !listener_send (&apply->listener, descriptor))
    for (;;)
      syscall (SYS_exit_group, STATUS_NOT_APPLIED);
  return OCI_SECCOMP_OK;
}

/* Under a filter that denies more than execve there would be no way to tell, nor to end well. */
static int
check_execve (const struct apply *apply)
{
  const struct seccomp_data call = {
      .nr = SYS_execve,
      .arch = abi_table[abi_native ()].token,
      .args = {(uintptr_t) apply->file, (uintptr_t) apply->process.args,
               (uintptr_t) apply->process.env},
  };
  char text[VERDICT_TEXT];

  /* What was made for another machine will not be installed at all. */
  if (apply->filter->native != abi_native ())
    return 0;
  uint32_t verdict = oci_seccomp_filter_evaluate (apply->filter, &call);

  switch (verdict & SECCOMP_RET_ACTION_FULL) {
  case SECCOMP_RET_ALLOW:
  case SECCOMP_RET_LOG:
  case SECCOMP_RET_TRACE:
  case SECCOMP_RET_USER_NOTIF:
    return 0;
  default:
    return complain (STATUS_NOT_EXECUTABLE, "%s: cannot be run: the profile says %s to execve",
                     apply->process.args[0], verdict_text (verdict, text));
  }
}

/* Before the filter is on: then it need allow no more than execve. */
static int
find_command (struct apply *apply)
{
  const char *name = apply->process.args[0];
  int status;

  apply->file = process_find (name, apply->process.env, &apply->arena, &status);
  if (status == STATUS_NOT_FOUND)
    return complain (status, "%s: command not found", name);
  if (status)
    return complain (status, "%s: not an executable file", name);
  return check_execve (apply);
}

/* Where runc installs: with no_new_privs last of all; else before privileges are dropped, as it
 * takes CAP_SYS_ADMIN. Returns 0 or the status to end with. */
static int
become_section (struct apply *apply, struct oci_seccomp_error *err)
{
  struct process *process = &apply->process;
  bool late = process->no_new_privileges;
  struct confirmation confirmation;
  int status;

  if (process_prepare (process, &apply->machine.library, err))
    return complain_of (STATUS_NOT_APPLIED, err);
  confirmation_prepare (&confirmation, process, &apply->arena);
  if (!late && (status = find_command (apply)))
    return status;
  if (!late && install (apply, err))
    return complain_of (STATUS_NOT_APPLIED, err);
  if (process_drop_privileges (process, err) || confirmation_check (&confirmation, process, err))
    return complain (STATUS_NOT_APPLIED, "%s%s", err->message,
                     late ? "" : "; the filter, which is on already, may be why");
  if (late && (status = find_command (apply)))
    return status;
  return late && install (apply, err) ? complain_of (STATUS_NOT_APPLIED, err) : 0;
}

static int
become_command (struct apply *apply, struct oci_seccomp_error *err)
{
  int status = find_command (apply);

  if (status)
    return status;
  if ((apply->process.no_new_privileges && process_set_no_new_privileges (err)) ||
      install (apply, err))
    return complain_of (STATUS_NOT_APPLIED, err);
  return 0;
}

static int
execute (const struct apply *apply)
{
  if (execve (apply->file, apply->process.args, apply->process.env) == 0)
    return complain (STATUS_NOT_EXECUTABLE,
                     "%s: not executed: not the kernel answered execve, but a filter or its agent",
                     apply->file);
  switch (errno) {
  case ENOENT:
    return complain (STATUS_NOT_FOUND, "%s: it, or its interpreter, is not found", apply->file);
  case E2BIG:
  case ENOEXEC:
    return complain (STATUS_NOT_EXECUTABLE, "%s: %s", apply->file, strerror (errno));
  default:
    return complain (STATUS_NOT_EXECUTABLE, "%s: cannot execute: %s; the filter may deny execve",
                     apply->file, strerror (errno));
  }
}

static int
run (struct apply *apply)
{
  struct oci_seccomp_error err;
  int status;

  if (plan (apply, &err))
    return complain_of (STATUS_NOT_APPLIED, &err);
  if (!strcmp (apply->path, "-") && !leave_stdin ())
    return complain (STATUS_NOT_APPLIED, "/dev/null: cannot open: %s", strerror (errno));
  if (listens (apply) && listener_start (&apply->listener, &err))
    return complain_of (STATUS_NOT_APPLIED, &err);
  status = apply->command ? become_command (apply, &err) : become_section (apply, &err);
  if (!status)
    status = execute (apply);
  /* What has changed by now, the filter first of all, may not let main end in its own way. */
  _exit (status);
}

int
run_apply (const struct verb *verb, int argc, char **argv)
{
  static struct apply apply;
  volatile int status = STATUS_NOT_APPLIED;

  if (!open_standard_streams ())
    return complain (STATUS_NOT_APPLIED, "/dev/null: cannot open: %s", strerror (errno));
  machine_init (&apply.machine, verb, STATUS_NOT_APPLIED);
  arena_init (&apply.arena);
  int ended = read_arguments (&apply, verb, argc, argv);

  if (ended >= 0)
    status = ended;
  else if (ARENA_GUARD (&apply.arena))
    complain (0, "out of memory");
  else if ((apply.profile = read_profile (&apply.machine, apply.path)))
    status = run (&apply);
  oci_seccomp_filter_free (apply.filter);
  oci_seccomp_profile_free (apply.profile);
  arena_free (&apply.arena);
  machine_free (&apply.machine);
  return status;
}
