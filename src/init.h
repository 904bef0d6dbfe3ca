/* The last thing before a container's program: puts a program on itself and becomes that one.
 *
 * In: arguments `[--flags N] PROGRAM -- CMD [ARG...]`; PROGRAM is a file as `compile --format raw`
 * writes it. Out: CMD, under the filter, with nothing else changed: no descriptor, variable, signal
 * or mount. What always holds: without the filter CMD does not run. It needs no libc in the root
 * file system, no /proc and no memory: a static binary of it alone (oci-seccomp-init) is mounted
 * into containers. */
#ifndef INIT_H
#define INIT_H

/* argv[0] is skipped. Returns only on a failure, and has then said why: 125 before CMD, 126 CMD
 * cannot be run, 127 it is not found. */
int init_become (int argc, char **argv, char **envp);

#endif
