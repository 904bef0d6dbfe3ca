/* A filter: a program with what it was built from. What a caller holds and installs. */
#ifndef FILTER_H
#define FILTER_H

#include "profile.h"
#include "program.h"
#include "rules.h"

struct oci_seccomp_profile {
  struct profile profile;
};

struct oci_seccomp_filter {
  struct arena arena;
  struct program program;
  enum abi native;     /* decides the byte order of the program's argument offsets */
  bool rules_known;    /* false: read from raw BPF */
  struct rules *rules; /* one for each ABI compiled in, native first, then as in abi.list */
  size_t rules_count;
  const char *description;
};

/* From a filter's rules to its program. TOO_LARGE, with figures, if none is short enough for the
 * kernel. */
int filter_make_program (struct oci_seccomp_filter *filter, const struct options *options,
                         struct arena *scratch, struct oci_seccomp_error *err);

/* Makes its description, once the rest is there. */
void filter_describe (struct oci_seccomp_filter *filter, struct arena *scratch);

/* oci_seccomp_filter_from_bpf for bytes in the byte order of options' native ABI, as they come from
 * a file made for that machine. */
int filter_from_bytes (struct oci_seccomp_filter **out, const void *bytes, size_t length,
                       const struct oci_seccomp_options *options, struct oci_seccomp_error *err);

#endif
