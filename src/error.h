/* How a stage fails: `return fail (err, CODE, "linux.seccomp: ...")`.
 *
 * In: a code of oci-seccomp.h and one line of text. Out: the same code, never 0. What always holds:
 * the first failure stands; whoever gets a code other than 0 returns it as it is. */
#ifndef ERROR_H
#define ERROR_H

#include "oci-seccomp.h"

int fail (struct oci_seccomp_error *err, int code, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

/* The same with an errno behind it; its text is not added to the message. */
int fail_errno (struct oci_seccomp_error *err, int code, int sys_errno, const char *format, ...)
    __attribute__ ((format (printf, 4, 5)));

/* NO_MEMORY, with the one message for it; needs no memory itself. */
int fail_memory (struct oci_seccomp_error *err);

#endif
