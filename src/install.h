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

#endif
