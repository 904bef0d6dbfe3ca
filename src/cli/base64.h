/* A program as text: base64 of its bytes in the byte order of the machine that it is for, as crun's
 * annotation takes it. */
#ifndef BASE64_H
#define BASE64_H

#include "filter.h"

/* In the arena, without a newline. */
const char *base64_program (const struct oci_seccomp_filter *filter, struct arena *arena);

#endif
