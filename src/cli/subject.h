/* What verify and diff compare: a CONFIG or a PROGRAM, read and ready for the proof. */
#ifndef SUBJECT_H
#define SUBJECT_H

#include "../equivalence.h"
#include "cli.h"

struct subject {
  const char *name;
  struct oci_seccomp_profile *profile; /* or NULL */
  struct oci_seccomp_filter *filter;   /* or NULL */
  struct options options;
  struct side side;
};

/* Complains and returns false. A profile that no filter can be made of for another reason than its
 * size is an error, though nothing is compared with that filter. */
bool subject_open (struct subject *subject, struct machine *machine, const char *path);
void subject_close (struct subject *subject);

#endif
