/* A bundle on disk, made ready for a runtime, and made as it was. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <config.h>

#include "exec.h"
#include "replace.h"
#include "rewrite.h"
#include "undo.h"

/* The shim's program, beside config.json. */
#define PROGRAM_SUFFIX ".oci-seccomp-program"

struct bundle {
  struct machine machine;
  struct arena arena;
  struct oci_seccomp_error err;
  const char *directory;
  const char *config_name; /* or NULL: config.json in the directory */
  const char *shim;        /* path of the static helper, or NULL */
  const char *process;     /* of `exec`, or NULL */
  bool revert, dry_run, exec;
  char config_directory[PATH_MAX], config_path[PATH_MAX], program_path[PATH_MAX];
  struct input config;  /* as it is on disk */
  struct likeness like; /* its owner and access */
  struct undo undo;
};

/* --- reading --------------------------------------------------------------------------------- */

/* Absolute, for messages, mounts and other processes; but a link stays one. */
static bool
make_paths (struct bundle *bundle)
{
  char copy[PATH_MAX], *directory = bundle->config_directory;
  const char *given = bundle->config_name, *name = given ? strrchr (given, '/') : NULL;
  int length;

  snprintf (copy, sizeof copy, "%s", given ? given : "");
  if (!realpath (given ? dirname (copy) : bundle->directory, directory)) {
    complain (0, "%s: cannot open: %s", given ? given : bundle->directory, strerror (errno));
    return false;
  }
  name = name ? name + 1 : given;
  length =
      snprintf (bundle->config_path, PATH_MAX, "%s/%s", directory, name ? name : "config.json");
  if (length >= PATH_MAX - (int) sizeof PROGRAM_SUFFIX) {
    complain (0, "%s: %s", bundle->directory, strerror (ENAMETOOLONG));
    return false;
  }
  snprintf (bundle->program_path, PATH_MAX, "%.*s%s", length, bundle->config_path, PROGRAM_SUFFIX);
  return true;
}

static bool
read_bundle (struct bundle *bundle)
{
  if (stat (bundle->config_path, &bundle->like.status)) {
    complain (0, "%s: cannot open: %s", bundle->config_path, strerror (errno));
    return false;
  }
  bundle->like.path = bundle->config_path;
  if (!S_ISREG (bundle->like.status.st_mode)) {
    complain (0, "%s: is no regular file", bundle->config_path);
    return false;
  }
  return read_input (&bundle->config, bundle->config_path) &&
         undo_read (&bundle->undo, &bundle->config);
}

/* Two at a time would write an undo file that is not of the config beside it. */
static int
lock_bundle (const struct bundle *bundle)
{
  int fd = open (bundle->config_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  while (fd >= 0 && flock (fd, LOCK_EX))
    if (errno != EINTR) {
      int error = errno;

      close (fd);
      errno = error;
      fd = -1;
    }
  if (fd < 0)
    complain (0, "%s: cannot open: %s", bundle->config_directory, strerror (errno));
  return fd;
}

/* --- there ----------------------------------------------------------------------------------- */

static bool
shim_is_there (const struct bundle *bundle)
{
  struct stat status;

  if (stat (bundle->shim, &status))
    complain (0, "%s: cannot open: %s; it is the helper that --shim mounts", bundle->shim,
              strerror (errno));
  else if (!S_ISREG (status.st_mode) || access (bundle->shim, X_OK))
    complain (0, "%s: is no executable file; it is the helper that --shim mounts", bundle->shim);
  else
    return true;
  return false;
}

static int
write_program (struct bundle *bundle, const struct oci_seccomp_filter *filter)
{
  struct likeness readable = {.status = bundle->like.status};
  const unsigned char *bytes =
      program_to_bytes (&filter->program, abi_table[filter->native].big_endian, &bundle->arena);

  readable.status.st_mode = 0444;
  return replace_file (bundle->program_path, bytes, filter->program.length * sizeof (uint64_t),
                       &readable, &bundle->err);
}

static int
write_config (struct bundle *bundle, const struct input *config)
{
  return replace_file (bundle->config_path, config->bytes, config->length, &bundle->like,
                       &bundle->err);
}

/* config.json comes last: until then the runtime finds the old one, whole. Wherever this is cut
 * off, config.json is one of the two that the undo file has. */
static int
write_bundle (struct bundle *bundle, const struct input *original, const struct rewritten *made)
{
  struct input config = {(char *) made->text, made->length, bundle->config.name};
  bool shim = bundle->shim && made->filter;
  int code = shim ? write_program (bundle, made->filter) : OCI_SECCOMP_OK;

  if (code || input_same (&config, &bundle->config))
    return code;
  if (original != &bundle->config && (code = write_config (bundle, original)))
    return code;
  if ((code = undo_write (&bundle->undo, original, &config, &bundle->like, &bundle->arena,
                          &bundle->err)) ||
      (code = write_config (bundle, &config)))
    return code;
  if (!shim)
    unlink (bundle->program_path);
  return OCI_SECCOMP_OK;
}

static int
print_changes (const struct bundle *bundle, const struct rewritten *made)
{
  for (size_t i = 0; i < made->change_count; i++)
    printf ("%s: %s\n", bundle->config_path, made->changes[i]);
  return finish_output (stdout, "stdout");
}

static int
rewrite_bundle (struct bundle *bundle)
{
  const struct rewrite rewrite = {&bundle->machine.library, bundle->shim, bundle->program_path,
                                  bundle->directory};
  /* What was rewritten before is rewritten from what it was before that. */
  const struct input *original = undo_original (&bundle->undo, &bundle->config);
  struct rewritten made;
  int status = STATUS_OK;

  if (bundle->shim && !shim_is_there (bundle))
    return STATUS_FAILED;
  if (rewrite_config (&made, &rewrite, original, &bundle->arena, &bundle->err))
    status = complain_of (STATUS_FAILED, &bundle->err);
  else if (bundle->dry_run)
    status = print_changes (bundle, &made);
  else if (write_bundle (bundle, original, &made))
    status = complain_of (STATUS_FAILED, &bundle->err);
  oci_seccomp_filter_free (made.filter);
  return status;
}

/* --- and back -------------------------------------------------------------------------------- */

static int
revert_bundle (struct bundle *bundle)
{
  const struct input *config = &bundle->config, *original = &bundle->undo.original;
  bool reverted = input_same (config, original);

  if (!original->bytes)
    return complain (STATUS_FAILED, "%s: there is nothing to revert: no %s", bundle->config_path,
                     bundle->undo.path);
  if (!reverted && !input_same (config, &bundle->undo.made))
    return complain (STATUS_FAILED,
                     "%s: was changed since it was rewritten; what it was before is in %s",
                     bundle->config_path, bundle->undo.path);
  if (bundle->dry_run) {
    if (!reverted)
      printf ("%s: as it was before: %zu bytes\n", bundle->config_path, original->length);
    return finish_output (stdout, "stdout");
  }
  if (!reverted && write_config (bundle, original))
    return complain_of (STATUS_FAILED, &bundle->err);
  if ((unlink (bundle->undo.path) && errno != ENOENT) ||
      (unlink (bundle->program_path) && errno != ENOENT))
    return complain (STATUS_FAILED, "%s: cannot remove: %s", bundle->undo.path, strerror (errno));
  return STATUS_OK;
}

/* --- the verb -------------------------------------------------------------------------------- */

/* -1 to go on, else the status to return. */
static int
read_options (struct bundle *bundle, int argc, char **argv)
{
  static const struct option options[] = {
      {"config", required_argument, NULL, 'c'},
      {"dry-run", no_argument, NULL, 'n'},
      {"exec", optional_argument, NULL, 'e'},
      {"revert", no_argument, NULL, 'r'},
      {"shim", optional_argument, NULL, 's'},
      MACHINE_OPTIONS,
      {NULL, 0, NULL, 0},
  };
  int option;

  while ((option = getopt_long (argc, argv, ":", options, NULL)) != -1) {
    int status = -1;

    if (option == 'c')
      bundle->config_name = optarg;
    else if (option == 'n')
      bundle->dry_run = true;
    else if (option == 'r')
      bundle->revert = true;
    else if (option == 'e') {
      bundle->exec = true;
      bundle->process = optarg;
    } else if (option == 's')
      bundle->shim = optarg ? optarg : INIT_PATH;
    else
      status = machine_option (&bundle->machine, option, optarg, argv);
    if (status >= 0)
      return status;
  }
  if (argc - optind != 1)
    return complain_usage (STATUS_FAILED, bundle->machine.verb, "want one DIR, a bundle's");
  if (bundle->revert + bundle->exec + (bundle->shim != NULL) > 1)
    return complain_usage (STATUS_FAILED, bundle->machine.verb,
                           "want one of --shim, --revert and --exec");
  bundle->directory = argv[optind];
  return -1;
}

static int
run_locked (struct bundle *bundle)
{
  char shim[PATH_MAX];
  int lock = make_paths (bundle) ? lock_bundle (bundle) : -1, status;

  if (lock < 0)
    return STATUS_FAILED;
  /* A mount's source is absolute; if it is not there, that is said later. */
  if (bundle->shim && realpath (bundle->shim, shim))
    bundle->shim = shim;
  if (!read_bundle (bundle))
    status = STATUS_FAILED;
  else if (bundle->exec)
    status = exec_through_shim (&bundle->config, bundle->process, bundle->dry_run, &bundle->arena);
  else
    status = bundle->revert ? revert_bundle (bundle) : rewrite_bundle (bundle);
  free_input (&bundle->config);
  undo_free (&bundle->undo);
  close (lock);
  return status;
}

int
run_bundle (const struct verb *verb, int argc, char **argv)
{
  static struct bundle bundle;
  int status;

  machine_init (&bundle.machine, verb, STATUS_FAILED);
  arena_init (&bundle.arena);
  status = read_options (&bundle, argc, argv);
  if (status < 0) {
    if (ARENA_GUARD (&bundle.arena))
      status = complain (STATUS_FAILED, "out of memory");
    else
      status = run_locked (&bundle);
  }
  arena_free (&bundle.arena);
  machine_free (&bundle.machine);
  return status;
}
