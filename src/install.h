/* Program to kernel.
 *
 * In: a filter and SECCOMP_FILTER_FLAG_* bits. Out: the filter on the calling thread, or an error
 * that says why the kernel refused (oci_seccomp_install of the public header). What always holds:
 * no memory is taken, nothing is printed, only system calls and the caller's error are touched, so
 * all of it may run in a child after fork. */
#ifndef INSTALL_H
#define INSTALL_H

#include <stdbool.h>

/* Whether the running kernel knows one SECCOMP_FILTER_FLAG_* bit; asks it without any effect. */
bool install_flag_known (unsigned flag);

/* Whether a filter that is there already answers seccomp(2) in the kernel's place: the kernel takes
 * no program from address 0, whatever the flags, and only an earlier filter, with ERRNO(0), or its
 * agent says that it did. It would say so of any program. */
bool install_is_faked (unsigned flags);

#endif
