/* What `process` of a config.json asks for, and how this process becomes it.
 *
 * In: the document. Out: a struct process, in the caller's arena. What always holds: process_read
 * and process_check find every mistake that can be found, and change nothing; only when both are
 * through may the functions that change this process be called, in the order in which they stand
 * here. */
#ifndef PROCESS_H
#define PROCESS_H

#include <sys/types.h>

#include "capabilities.h"
#include "json.h"

struct process_limit {
  const char *name; /* "RLIMIT_NOFILE" */
  int resource;
  uint64_t soft, hard;
};

struct process {
  char **args; /* these two end with NULL */
  char **env;
  const char *cwd; /* absolute */
  bool in_cwd;     /* process_prepare was let in */
  uid_t uid;
  gid_t gid;
  gid_t *groups; /* the only supplementary ones */
  size_t group_count;
  mode_t umask; /* 0022 where the section has none, as the runtimes have it */
  struct capabilities capabilities;
  struct process_limit *limits;
  size_t limit_count;
  bool no_new_privileges;
  bool oom_score_adj_given;
  int oom_score_adj;
};

/* The section, without looking at this machine. INVALID_PROFILE, with file, position and path. */
int process_read (struct process *out, const struct json_document *document, struct arena *arena,
                  const struct oci_seccomp_options *options, struct oci_seccomp_error *err);

/* Its noNewPrivileges alone, for a command that is not the section's. */
int process_read_no_new_privileges (bool *out, const struct json_document *document,
                                    struct oci_seccomp_error *err);

/* Against this process: leaves out the capabilities that it cannot grant, with one warning, as the
 * spec wants. NOT_PERMITTED where it cannot drop what it must. */
int process_check (struct process *process, const struct oci_seccomp_options *options,
                   struct oci_seccomp_error *err);

/* Everything that comes before the loss of privileges: descriptors from 3 up are closed on exec,
 * OOM score, limits, umask, working directory, no_new_privs. */
int process_prepare (struct process *process, const struct oci_seccomp_options *options,
                     struct oci_seccomp_error *err);

/* User, groups and capabilities. */
int process_drop_privileges (struct process *process, struct oci_seccomp_error *err);

int process_set_no_new_privileges (struct oci_seccomp_error *err);

/* The file to execute for a command: itself where it has a slash, else found in PATH of `env`;
 * relative ones from where we are. NULL if there is none; *status is then 127, or 126 where there
 * is one that is not executable. */
const char *process_find (const char *command, char *const *env, struct arena *arena, int *status);

#endif
