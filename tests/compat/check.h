/* What the programs of this folder share that are built with libseccomp's header, against the
 * original, to be run with ours.
 *
 * In: tests. Out: TAP. What always holds: a test that is to run in a child leaves nothing behind,
 * not even a filter. What is of libseccomp 2.6 alone is looked up by name. */
#ifndef CHECK_H
#define CHECK_H

#include <stddef.h>

#include <seccomp.h>

/* Headers of 2.5 lack it. */
#define CTL_WAITKILL ((enum scmp_filter_attr) 10)

extern int (*transaction_start) (scmp_filter_ctx);
extern int (*transaction_commit) (scmp_filter_ctx);
extern void (*transaction_reject) (scmp_filter_ctx);
extern int (*precompute) (scmp_filter_ctx);
extern int (*export_mem) (scmp_filter_ctx, void *, size_t *);

/* The line of the first check that failed; 0: none did. Statuses of children have 8 bits only. */
extern int failed_line;

#define CHECK(condition)      \
  do {                        \
    if (!(condition)) {       \
      failed_line = __LINE__; \
      return;                 \
    }                         \
  } while (0)

struct test {
  const char *name;
  void (*run) (void);
};

/* The status to exit with. */
int run_tests (const struct test *tests, size_t count);
int run_tests_in_children (const struct test *tests, size_t count);

struct bytes {
  size_t length;
  unsigned char data[64 * 1024];
};

/* The length is 0 if there is no program. */
void get_program (struct bytes *out, scmp_filter_ctx ctx);
int has_program (scmp_filter_ctx ctx, const struct bytes *wanted);

/* All is allowed, and getppid fails with 77. */
scmp_filter_ctx new_context (void);

#endif
