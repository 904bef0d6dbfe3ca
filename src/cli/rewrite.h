/* A config.json with its filter in it, so that a runtime installs ours in place of its own.
 *
 * In: the bytes of a config.json. Out: the same bytes but for what the way in needs. What always
 * holds: the program is proved to be the profile's; whatever a container's author may have planted
 * where ours goes is overwritten, or taken out where the config asks for no filter; a config that
 * runtimes could read in another way than we do is refused. */
#ifndef REWRITE_H
#define REWRITE_H

#include "../json.h"
#include "cli.h"

/* crun's: base64 of a program, taken in place of the rules of linux.seccomp. */
#define REWRITE_ANNOTATION "run.oci.seccomp_bpf_data"

/* The end of the shim's path in a container. */
#define REWRITE_SHIM_NAME "/.oci-seccomp/init"

struct rewrite {
  const struct oci_seccomp_options *options;
  const char *shim;         /* the static helper; NULL: by the annotation */
  const char *program_path; /* where the caller will put the program for the shim */
  const char *bundle;       /* what root.path is relative to; for the shim */
};

struct rewritten {
  const char *text;
  size_t length;
  struct oci_seccomp_filter *filter; /* NULL: the config asks for none. The caller's to free */
  const char **changes;              /* what was done, a line each */
  size_t change_count;
};

/* The arena's guard must be set; text and changes are in it. */
int rewrite_config (struct rewritten *out, const struct rewrite *rewrite,
                    const struct input *config, struct arena *arena, struct oci_seccomp_error *err);

/* Whether process.args[0] is the shim. */
bool rewrite_is_shim (const struct json_node *first_argument);

/* process.args[0] of a config.json, if it is the shim; else NULL. */
const struct json_node *rewrite_shim_argument (const struct json_node *root);

#endif
