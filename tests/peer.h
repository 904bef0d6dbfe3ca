/* The second oracle: libseccomp, fed as runc feeds it, with runc's ENOSYS rule in front.
 *
 * In: an oracle, for its profile alone. Out: libseccomp's program, run by an interpreter of our
 * own. What always holds: libseccomp runs in a child with a time limit, as some rules make it loop
 * for ever. It is right about a part of the profiles only; whoever asks has to know which. */
#ifndef PEER_H
#define PEER_H

#include <linux/filter.h>

#include "oracle.h"

enum peer_result {
  PEER_DONE,
  PEER_CONFLICT, /* EEXIST: two rules contradict each other */
  PEER_UNABLE,   /* it does not know the ABI, or refuses the profile for a limit of its own */
  PEER_HUNG,
  PEER_ABSENT, /* this build of the tests has no libseccomp */
};

/* How it looks for a number, by its own numbers: crun takes the first, runc the second where there
 * are more than 32 rules. */
enum peer_form { PEER_LINEAR = 1, PEER_TREE = 2 };

struct peer {
  const struct oracle *oracle;
  struct sock_filter *instructions; /* in this machine's byte order */
  size_t length;
  uint32_t last[ORACLE_ABIS]; /* of each of oracle's ABIs, by libseccomp's own numbers */
};

enum peer_result peer_compile (struct peer *out, const struct oracle *oracle);
enum peer_result peer_compile_form (struct peer *out, const struct oracle *oracle,
                                    enum peer_form form);
void peer_free (struct peer *peer);

/* The same in this process, without a time limit: for measuring what has been seen to end. 0, or a
 * negative errno. */
int peer_export (const struct oracle *oracle, enum peer_form form, int out);

/* "2.5.4", or "none" */
const char *peer_version (void);

/* Do both lists of system calls mean the same by this number? libseccomp's is the older one. */
bool peer_knows (const struct peer *peer, const struct seccomp_data *call);

uint32_t peer_decide (const struct peer *peer, const struct seccomp_data *call);

#endif
