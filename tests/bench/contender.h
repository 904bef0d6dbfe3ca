/* One profile for one set of ABIs, as each contender compiles it: ours, and libseccomp's two forms.
 *
 * In: a profile as JSON. Out: the programs. What always holds: all read the same bytes and mean the
 * same machine, Linux 6.1 with the capabilities that engines grant; and where one has no program,
 * it says why. */
#ifndef CONTENDER_H
#define CONTENDER_H

#include "cost.h"
#include "filter.h"
#include "peer.h"

enum contender { OURS, LINEAR, TREE, CONTENDERS };

/* "oci-seccomp", "libseccomp, linear", ... */
extern const char *const contender_names[CONTENDERS];

/* The native ABI first. */
struct abi_set {
  enum abi abis[ABI_COUNT];
  size_t count;
};

/* The sets that machines are used with. */
enum { ABI_SETS = 24 };
extern const struct abi_set abi_sets[ABI_SETS];

/* "x86_64+x86+x32" */
const char *abi_set_name (const struct abi_set *set, char *buffer, size_t size);

struct lineup {
  char *json;
  struct abi_set set;
  struct oracle *oracle; /* what libseccomp's adapter reads */
  struct oci_seccomp_filter *filter;
  struct peer peers[CONTENDERS];       /* none for OURS */
  struct program programs[CONTENDERS]; /* length 0: none */
  const char *why_not[CONTENDERS];     /* NULL where there is a program */
};

/* `set` NULL: this machine's ABIs, as the profile has them. The profile's own list of ABIs does not
 * count where there is a set. `verify`: ours is proved. Returns 0, or why ours has no program; even
 * then the lineup is to be freed. */
int lineup_make (struct lineup *out, const char *json, const struct abi_set *set, bool verify,
                 struct oci_seccomp_error *error);
void lineup_free (struct lineup *lineup);

/* What is the same in every run. */
struct figures {
  size_t length;
  unsigned worst;                     /* path */
  struct cost_steps steps[ABI_COUNT]; /* of each ABI of the set */
  /* Numbers that the profile allows whatever the arguments are, on ABIs for which the kernel keeps
   * a bitmap; and how many of them the kernel would answer from it. */
  unsigned allowed, cached;
};

/* Of one that has a program. */
void lineup_figures (const struct lineup *lineup, enum contender who, struct figures *out);

/* Ours: JSON to program, once more. */
int lineup_compile (const struct lineup *lineup, bool verify, enum oci_seccomp_newer newer,
                    struct oci_seccomp_filter **out, struct oci_seccomp_error *error);

/* The whole of a file, with a NUL behind it; NULL if it cannot be read. */
char *file_text (const char *path);

#endif
