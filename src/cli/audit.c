#include "audit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../equivalence.h"
#include "readback.h"
#include "rewrite.h"
#include "undo.h"

enum { POLL_MILLISECONDS = 5, STOP_TRIES = 3 };

/* --- what the config asks for ---------------------------------------------------------------- */

static bool
is_mounted (const struct json_node *root, const char *path)
{
  const struct json_node *mounts = json_member (root, "mounts");

  for (const struct json_node *mount = mounts ? mounts->first : NULL; mount; mount = mount->next) {
    const struct json_node *destination = json_member (mount, "destination");

    if (destination && destination->type == JSON_STRING && !strcmp (destination->text, path))
      return true;
  }
  return false;
}

/* The shim as the config has it, or NULL: what an image brings is none, whatever it is called.
 * `named` tells whether the command is at least called so. */
static int
read_shim (struct audit *audit, const struct input *config, bool *named)
{
  struct json_document document;
  const struct json_node *shim;
  int code = json_parse (&document, config->name, config->bytes, config->length, audit->arena,
                         &audit->err);

  if (code)
    return code;
  shim = rewrite_shim_argument (document.root);
  *named = shim != NULL;
  audit->shim = shim && is_mounted (document.root, shim->text)
                    ? arena_printf (audit->arena, "%s", shim->text)
                    : NULL;
  return OCI_SECCOMP_OK;
}

/* NO_SECCOMP if it asks for nothing. */
static int
parse_config (struct audit *audit, const struct input *config, const struct input *original,
              struct oci_seccomp_profile **profile)
{
  struct oci_seccomp_options options = audit->machine->library;
  bool named;
  int code = read_shim (audit, config, &named);

  if (code)
    return code;
  options.file_name = config->name;
  options.warn = NULL;
  code =
      oci_seccomp_profile_parse (profile, original->bytes, original->length, &options, &audit->err);
  /* A config that goes through the shim has its section taken out, and only what it was made of
   * tells what it asked for. */
  if (code == OCI_SECCOMP_NO_SECCOMP && named)
    return fail (&audit->err, OCI_SECCOMP_INVALID_PROFILE,
                 "%s: goes through the shim, and what it was before is not known", config->name);
  return code;
}

static int
read_config (struct audit *audit, struct oci_seccomp_profile **profile)
{
  const char *path = arena_printf (audit->arena, "%s/config.json", audit->state->bundle);
  struct input config;
  struct undo undo;
  int code = OCI_SECCOMP_INVALID_PROFILE;

  *profile = NULL;
  fail (&audit->err, code, "%s: cannot be read", path);
  if (!read_input (&config, path))
    return code;
  if (undo_read (&undo, &config)) {
    code = parse_config (audit, &config, undo_original (&undo, &config), profile);
    undo_free (&undo);
  }
  free_input (&config);
  return code;
}

/* --- what the process has -------------------------------------------------------------------- */

/* Whether that is what a path of the container's names. */
static bool
is_file_of_container (const struct audit *audit, const struct stat *file, const char *path)
{
  const char *outside =
      arena_printf (audit->arena, "/proc/%d/root%s", (int) audit->state->pid, path);
  struct stat named;

  return stat (outside, &named) == 0 && named.st_dev == file->st_dev &&
         named.st_ino == file->st_ino;
}

/* Until the container's own program runs, the runtime or the shim may still be about to install the
 * filter. What the container could have brought itself is neither: not by the end of its name, and
 * not because it is no file any more. */
static bool
is_starting (const struct audit *audit)
{
  char path[64], target[PATH_MAX];
  struct stat file;
  ssize_t length;

  snprintf (path, sizeof path, "/proc/%d/exe", (int) audit->state->pid);
  length = readlink (path, target, sizeof target - 1);
  if (length < 0 || stat (path, &file))
    return false;
  target[length] = '\0';
  if (audit->shim && is_file_of_container (audit, &file, audit->shim))
    return true;
  return !is_file_of_container (audit, &file, target) &&
         runtime_is_run_by (audit->runtime, audit->state->pid);
}

static void
decide (const struct audit *audit, const struct program *program, const struct profile *profile,
        enum oci_seccomp_newer newer, struct equivalence *result)
{
  struct oci_seccomp_options wanted = audit->machine->library;
  struct options options;
  struct side asked = {.name = "the config", .profile = profile, .options = &options};
  struct side found = {.name = "the filter", .program = program};
  struct oci_seccomp_error err;

  wanted.newer = newer;
  wanted.warn = NULL;
  if (options_resolve (&options, &wanted, &err)) {
    *result = (struct equivalence){.result = EQUIVALENCE_UNKNOWN,
                                   .reason = arena_printf (audit->arena, "%s", err.message)};
    return;
  }
  found.big_endian = abi_table[options.native].big_endian;
  equivalence_check (result, &asked, &found, audit->arena);
}

/* Why a program is not what the config asks for; NULL if it is. */
static const char *
find_fault (const struct audit *audit, const struct readback *filters, size_t index,
            const struct profile *profile)
{
  const struct program *program = &filters->programs[index];
  bool logged = profile->flags_given && (profile->flags & SECCOMP_FILTER_FLAG_LOG);
  struct equivalence result;
  char wanted[VERDICT_TEXT], found[VERDICT_TEXT];

  if (logged != filters->logged[index])
    return logged ? "it lacks SECCOMP_FILTER_FLAG_LOG" : "it has SECCOMP_FILTER_FLAG_LOG";
  if (!audit->newer_given) {
    decide (audit, program, profile, OCI_SECCOMP_NEWER_DEFAULT, &result);
    if (result.result == EQUIVALENCE_EQUAL)
      return NULL;
  }
  decide (audit, program, profile, audit->machine->library.newer, &result);
  if (result.result == EQUIVALENCE_EQUAL)
    return NULL;
  if (result.result == EQUIVALENCE_UNKNOWN)
    return result.reason;
  return arena_printf (audit->arena, "to %s the config says %s, and the filter %s",
                       equivalence_call_text (&result.witness, audit->arena),
                       verdict_text (result.verdicts[0], wanted),
                       verdict_text (result.verdicts[1], found));
}

/* A filter cannot be taken off, and with more of them nothing is allowed that one forbids. */
static enum audit_result
prove (struct audit *audit, const struct readback *filters, const struct profile *profile)
{
  const char *fault = NULL;

  for (size_t i = 0; i < filters->count; i++)
    if (!(fault = find_fault (audit, filters, i, profile)))
      return AUDIT_PROVED;
  fail (&audit->err, OCI_SECCOMP_BAD_PROGRAM,
        "its process %d has %zu seccomp filter%s, and none is what its config asks for: %s",
        (int) audit->state->pid, filters->count, filters->count == 1 ? "" : "s", fault);
  return AUDIT_FAILED;
}

unsigned
audit_filters_of_runtime (void)
{
  struct readback_counts counts;
  struct oci_seccomp_error err;

  if (getppid () && !readback_count (&counts, getppid (), &err) && !counts.ended)
    return counts.filters;
  return readback_count (&counts, getpid (), &err) ? 0 : counts.filters;
}

static enum audit_result
count (struct audit *audit)
{
  struct readback_counts process;

  if (readback_count (&process, audit->state->pid, &audit->err))
    return AUDIT_FAILED;
  if (process.ended)
    return AUDIT_ENDED;
  if (process.leaderless) {
    fail (&audit->err, OCI_SECCOMP_REFUSED,
          "the first thread of its process %d has ended, so that it cannot be looked at",
          (int) audit->state->pid);
    return AUDIT_FAILED;
  }
  if (process.filters > audit->inherited)
    return AUDIT_COUNTED;
  fail (&audit->err, OCI_SECCOMP_BAD_PROGRAM, "its process %d has no seccomp filter of its own",
        (int) audit->state->pid);
  return is_starting (audit) ? AUDIT_STARTING : AUDIT_FAILED;
}

static enum audit_result
look (struct audit *audit, const struct tracee *tracee, const struct profile *profile)
{
  struct readback filters;
  enum audit_result result = count (audit);
  int code;

  if (result != AUDIT_COUNTED)
    return result;
  code = readback_filters (&filters, tracee, audit->arena, &audit->err);
  if (code == OCI_SECCOMP_NOT_PERMITTED)
    return AUDIT_COUNTED;
  return code ? AUDIT_FAILED : prove (audit, &filters, profile);
}

static enum audit_result
count_until_it_runs (struct audit *audit, int milliseconds)
{
  const struct timespec pause = {.tv_nsec = POLL_MILLISECONDS * 1000 * 1000};
  enum audit_result result;

  for (int i = 0;; i += POLL_MILLISECONDS) {
    result = count (audit);
    if (result != AUDIT_STARTING || (milliseconds >= 0 && i >= milliseconds))
      return result;
    nanosleep (&pause, NULL);
  }
}

/* Who traces it already, and so keeps us from it; 0: nobody. */
static pid_t
tracer_of (const struct audit *audit)
{
  struct readback_counts process;
  struct oci_seccomp_error err;

  return readback_count (&process, audit->state->pid, &err) ? 0 : process.tracer;
}

/* A tracer may come and go. */
static int
stop (struct tracee *tracee, struct audit *audit)
{
  int code = OCI_SECCOMP_NOT_PERMITTED;

  for (int i = 0; i < STOP_TRIES && code == OCI_SECCOMP_NOT_PERMITTED && !tracer_of (audit); i++)
    code = tracee_stop (tracee, audit->state->pid, TRACEE_IS_KILLED, &audit->err);
  return code;
}

/* The container may have done that itself: it is no reason to be content with less. */
static enum audit_result
count_unless_traced (struct audit *audit, int milliseconds)
{
  pid_t tracer = tracer_of (audit);

  if (!tracer)
    return count_until_it_runs (audit, milliseconds);
  fail (&audit->err, OCI_SECCOMP_REFUSED,
        "its process %d is traced by process %d, so that it cannot be looked at",
        (int) audit->state->pid, (int) tracer);
  return AUDIT_FAILED;
}

static enum audit_result
look_until_it_runs (struct audit *audit, const struct profile *profile, int milliseconds)
{
  struct tracee tracee;
  enum audit_result result;
  int code;

  while (!(code = stop (&tracee, audit))) {
    do
      result = look (audit, &tracee, profile);
    while (result == AUDIT_STARTING && tracee_await_exec (&tracee, milliseconds));
    if (result != AUDIT_STARTING)
      tracee_release (&tracee);
    if (result != AUDIT_STARTING || milliseconds >= 0)
      return result;
  }
  if (audit->err.sys_errno == ESRCH)
    return AUDIT_ENDED;
  if (code == OCI_SECCOMP_NOT_PERMITTED)
    return count_unless_traced (audit, milliseconds);
  return AUDIT_FAILED;
}

enum audit_result
audit_container (struct audit *audit, int milliseconds)
{
  struct oci_seccomp_profile *profile;
  enum audit_result result;
  int code;

  if (audit->state->pid == 0)
    return AUDIT_ENDED;
  code = read_config (audit, &profile);
  if (code == OCI_SECCOMP_NO_SECCOMP)
    return AUDIT_NO_NEED;
  if (code)
    return AUDIT_FAILED;
  result = look_until_it_runs (audit, &profile->profile, milliseconds);
  oci_seccomp_profile_free (profile);
  return result;
}
