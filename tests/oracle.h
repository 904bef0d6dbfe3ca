/* The naive oracle: what the meaning of profiles says about one call, straight from its text.
 *
 * In: a profile as JSON, a machine, one call. Out: the verdict that the contract wants. What always
 * holds: it shares no code and no table with the compiler. It reads JSON by yajl_tree, has ABIs of
 * its own, reads the list of system calls as text at run time, and looks for everything by going
 * through it from front to back, in whole 64-bit values. It judges valid profiles only: what is
 * invalid it need not notice, except where two rules contradict each other. */
#ifndef ORACLE_H
#define ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/seccomp.h>

enum {
  ORACLE_ABIS = 23,
  ORACLE_BIT_30 = 0x40000000, /* numbers of x32 have it */
};

struct oracle_abi {
  const char *name;      /* "x86_64" */
  const char *spec_name; /* "SCMP_ARCH_X86_64" */
  const char *go_name;   /* as Docker's "arches" may say: "amd64" */
  uint32_t token;        /* AUDIT_ARCH_* */
  int bits;              /* of an argument: 64 or 32 */
  bool big_endian;
  uint32_t base;      /* added to the listed number */
  const char *column; /* its heading in the list of system calls */
  bool multiplexes;   /* socket and System V IPC calls also go through one number each */
};

extern const struct oracle_abi oracle_abis[ORACLE_ABIS];

/* By either name; NULL if there is none. */
const struct oracle_abi *oracle_abi_find (const char *name);

/* The list of system calls: $srcdir/src/syscalls.tbl, read at the first use; ends the test program
 * where it cannot. Rows are in the file's order. */
int oracle_syscalls (void);
const char *oracle_syscall_name (int row);
int oracle_syscall_find (const char *name); /* -1 if no ABI knows it */

/* As seccomp_data.nr has it, or -1 if the ABI lacks the call. */
int64_t oracle_syscall_number (int row, const struct oracle_abi *abi);

/* Which argument 0 selects this call in socketcall or ipc, or 0; *number is the multiplexer's. */
unsigned oracle_multiplexed (const char *name, const struct oracle_abi *abi, int64_t *number);

enum oracle_op { ORACLE_NE, ORACLE_LT, ORACLE_LE, ORACLE_EQ, ORACLE_GE, ORACLE_GT, ORACLE_MASKED };

struct oracle_condition {
  unsigned index;
  enum oracle_op op;
  uint64_t value;     /* MASKED: the mask */
  uint64_t value_two; /* MASKED: what the masked argument is compared with, itself masked */
};

/* A rule as the profile has it, after Docker's own conditions on whole rules. */
struct oracle_rule {
  char **names;
  size_t name_count;
  uint32_t verdict;
  struct oracle_condition *conditions;
  size_t condition_count;
};

/* A rule for one number of one ABI: conditions hold together, ascending by index. */
struct oracle_entry {
  const struct oracle_abi *abi;
  int64_t number; /* negative: the ABI lacks the call, each call has a number of its own */
  uint32_t verdict;
  struct oracle_condition conditions[6];
  size_t condition_count;
};

struct oracle_machine {
  const char *native;
  unsigned kernel_major, kernel_minor;
  const char *const *capabilities; /* NULL: the profile's own, else the engines' fourteen */
  size_t capability_count;
  bool newer_default;
  uint32_t bad_arch;
};

struct oracle {
  struct oracle_machine machine;
  const struct oracle_abi *abis[ORACLE_ABIS]; /* native first, then as listed */
  size_t abi_count;
  uint32_t last[ORACLE_ABIS]; /* of each of abis: point 9 */
  uint32_t default_verdict;
  struct oracle_rule *rules;
  size_t rule_count;
  struct oracle_entry *entries; /* in the order of ABIs, rules, names */
  size_t entry_count;
  bool is_config; /* an OCI config.json: nothing of Docker's has a meaning in it */
  bool is_error;  /* the profile is wrong, in a way the oracle happened to notice */
  char why[200];
};

/* A machine with the defaults: kernel 6.1, calls newer than the profile get ENOSYS, and other ABIs
 * KILL_THREAD. */
struct oracle_machine oracle_machine (const char *native);

/* Never NULL; look at is_error. */
struct oracle *oracle_new (const char *json, const struct oracle_machine *machine);
void oracle_free (struct oracle *oracle);

/* Point 6: is there a pair of rules that contradict each other? Says which in `why`. */
bool oracle_conflict (const struct oracle *oracle, char *why, size_t size);

/* Point 9: the number above which all is newer than the profile; 0 if the ABI has no such number.
 */
uint32_t oracle_last (const struct oracle *oracle, const struct oracle_abi *abi);

uint32_t oracle_decide (const struct oracle *oracle, const struct seccomp_data *call);

/* "ERRNO(38)" and back. */
const char *oracle_verdict_text (uint32_t verdict, char *buffer, size_t size);
bool oracle_verdict_read (const char *text, uint32_t *verdict);

#endif
