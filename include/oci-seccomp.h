/* oci-seccomp: from the seccomp section of an OCI config.json, or a Docker/Podman profile, to a
 * kernel seccomp filter, without libseccomp.
 *
 *   profile (what the user wrote)  --compile-->  filter (what the kernel takes)  --install
 *
 * What always holds:
 * - A function that can fail returns OCI_SECCOMP_OK (0) or one of enum oci_seccomp_code, and then
 *   has filled the caller's error, allocated nothing and left every out-parameter NULL.
 * - Everything a function gives out through an out-parameter is the caller's to free with the
 *   matching _free; every `const char *` given out belongs to the object it was asked of.
 * - The library never prints, exits or aborts, and is thread-safe as long as one object is not
 *   changed by two threads at once. It keeps no state, but up to half a megabyte of memory that was
 *   freed, for the next call to use, and is never unloaded.
 * - Verdicts are the kernel's SECCOMP_RET_* values of <linux/seccomp.h>, action and data in one.
 */
#ifndef OCI_SECCOMP_H
#define OCI_SECCOMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

enum oci_seccomp_code {
  OCI_SECCOMP_OK = 0,
  OCI_SECCOMP_NO_SECCOMP,        /* a config.json with no linux.seccomp: nothing to compile */
  OCI_SECCOMP_BAD_JSON,          /* not JSON, or not strict: duplicate keys, NUL, too deep */
  OCI_SECCOMP_INVALID_PROFILE,   /* JSON, but against the spec */
  OCI_SECCOMP_UNKNOWN_ACTION,    /* not a SCMP_ACT_* of the spec */
  OCI_SECCOMP_UNKNOWN_OPERATOR,  /* not a SCMP_CMP_* of the spec */
  OCI_SECCOMP_UNKNOWN_FLAG,      /* not a SECCOMP_FILTER_FLAG_* of the spec */
  OCI_SECCOMP_UNKNOWN_ABI,       /* not a SCMP_ARCH_* of the spec, or of the other byte order */
  OCI_SECCOMP_UNKNOWN_SYSCALL,   /* a name no ABI knows, where that is asked to be an error */
  OCI_SECCOMP_DUPLICATE_RULE,    /* the same rule added twice by hand */
  OCI_SECCOMP_CONFLICTING_RULES, /* the same conditions, different actions */
  OCI_SECCOMP_TOO_LARGE,         /* over a limit of the kernel or of this library */
  OCI_SECCOMP_NOT_PERMITTED,     /* EACCES: neither no_new_privs nor CAP_SYS_ADMIN */
  OCI_SECCOMP_NOT_SUPPORTED,     /* this kernel lacks what is asked for */
  OCI_SECCOMP_REFUSED,           /* the kernel refused for another reason: sys_errno */
  OCI_SECCOMP_NO_MEMORY,         /* out of memory */
  OCI_SECCOMP_RULES_UNKNOWN,     /* the filter was read from raw BPF: it has no rules */
  OCI_SECCOMP_BAD_PROGRAM,       /* bytes that the kernel would not accept as a filter */
  OCI_SECCOMP_BAD_ARGUMENT,      /* a NULL, an index out of range, an unknown word in options */
};

/* Owned by the caller, needs no freeing, works when memory is gone. message is one line, no
 * newline at the end; for bad input `FILE:LINE:COLUMN: JSON.PATH: what was wrong`. */
struct oci_seccomp_error {
  int code;      /* enum oci_seccomp_code */
  int sys_errno; /* the errno behind it, or 0 */
  char message[1024];
};

/* What a code is called, in the words above: "invalid profile". Never NULL. */
const char *oci_seccomp_code_name (int code);

enum oci_seccomp_newer {
  OCI_SECCOMP_NEWER_ENOSYS = 0, /* numbers above all the profile names: ENOSYS, as runc decides */
  OCI_SECCOMP_NEWER_DEFAULT,    /* the default action, as crun decides */
};

enum oci_seccomp_unknown {
  OCI_SECCOMP_UNKNOWN_WARN = 0, /* a name that no ABI knows: skip it, call warn */
  OCI_SECCOMP_UNKNOWN_IGNORE,
  OCI_SECCOMP_UNKNOWN_ERROR,
};

#define OCI_SECCOMP_WEIGHT_MAX (UINT64_C (1) << 40)

/* How often a system call is made, in any unit that all of a list share. */
struct oci_seccomp_weight {
  const char *syscall; /* a name that some ABI knows */
  uint64_t count;      /* at most OCI_SECCOMP_WEIGHT_MAX */
};

/* How to read and compile: all zero is the default. The same options go to parse and compile.
 * Nothing here is kept after the call. */
struct oci_seccomp_options {
  const char *file_name;  /* for messages; NULL: "-" */
  const char *native_abi; /* "x86_64", "SCMP_ARCH_S390X", ...; NULL: this machine's */
  const char *kernel;     /* "6.1", for Docker's minKernel; NULL: the running kernel's */
  /* The bounding set, for Docker's includes/excludes: names like "CAP_SYS_ADMIN". NULL: that of
   * config.json, else the fourteen that container engines grant by default. */
  const char *const *capabilities;
  size_t capability_count;
  enum oci_seccomp_newer newer;
  const char *bad_arch; /* action for ABIs that are not compiled in; NULL: SCMP_ACT_KILL_THREAD */
  enum oci_seccomp_unknown unknown_syscalls;
  bool strict; /* a condition that a multiplexed call loses is an error, not a warning */
  bool verify; /* prove the program equal to the profile, or fail: see oci_seccomp_compile */
  /* What calls the program is to be quick for; its decisions don't depend on it. NULL: those that
   * common programs were measured to make. weight_count 0 and not NULL: all alike. */
  const struct oci_seccomp_weight *weights;
  size_t weight_count;
  void (*warn) (void *data, const char *message); /* one line each, as in an error; may be NULL */
  void *warn_data;
};

struct oci_seccomp_profile;
struct oci_seccomp_filter;

/* Whether the running kernel has seccomp(2) with filters (SECCOMP_GET_ACTION_AVAIL answers). */
bool oci_seccomp_supported (void);

/* The ABI this library was built for: "x86_64". */
const char *oci_seccomp_native_abi (void);

/* "0.1.0", and the day the system-call tables are current to: "2026-05-19". */
const char *oci_seccomp_version (void);
const char *oci_seccomp_tables_date (void);

/* --- profiles ---------------------------------------------------------------------------- */

/* Reads a whole OCI config.json, a bare linux.seccomp object, or a Docker/Podman seccomp.json, told
 * apart by content. json need not end in NUL and is not kept. */
int oci_seccomp_profile_parse (struct oci_seccomp_profile **out, const char *json, size_t length,
                               const struct oci_seccomp_options *options,
                               struct oci_seccomp_error *error);

/* A profile by hand. default_action: "SCMP_ACT_ERRNO" or "ERRNO", or with its data "ERRNO(38)",
 * "TRACE(7)"; without it, errno is EPERM. */
int oci_seccomp_profile_new (struct oci_seccomp_profile **out, const char *default_action,
                             struct oci_seccomp_error *error);

/* One comparison of one argument, as in the spec: index 0 to 5; op "SCMP_CMP_EQ" or "EQ";
 * MASKED_EQ is (argument & value) == (value_two & value). */
struct oci_seccomp_condition {
  unsigned index;
  const char *op;
  uint64_t value;
  uint64_t value_two;
};

/* Adds a rule: action as above; syscall a name known on some ABI. Conditions hold together, unless
 * an index occurs twice: then each becomes a rule of its own. DUPLICATE_RULE if the very same rule
 * is there already; CONFLICTING_RULES if it is with another action. On an error nothing is added.
 */
int oci_seccomp_profile_add_rule (struct oci_seccomp_profile *profile, const char *action,
                                  const char *syscall,
                                  const struct oci_seccomp_condition *conditions,
                                  size_t condition_count, struct oci_seccomp_error *error);

/* Adds an ABI besides the native one: "x86", "SCMP_ARCH_X32". Twice is once. */
int oci_seccomp_profile_add_abi (struct oci_seccomp_profile *profile, const char *abi,
                                 struct oci_seccomp_error *error);

/* Ready-made: only the named calls are allowed, all others default_action (NULL: KILL_PROCESS). */
int oci_seccomp_profile_allow_list (struct oci_seccomp_profile **out, const char *const *syscalls,
                                    size_t count, const char *default_action,
                                    struct oci_seccomp_error *error);

/* Ready-made: all calls are allowed, the named ones get action (NULL: ERRNO(EPERM)). */
int oci_seccomp_profile_deny_list (struct oci_seccomp_profile **out, const char *const *syscalls,
                                   size_t count, const char *action,
                                   struct oci_seccomp_error *error);

/* What of the profile goes to the kernel or the caller, not into the program. flags: the
 * SECCOMP_FILTER_FLAG_* bits the profile asks for; SPEC_ALLOW if it has no "flags", and then
 * *given (may be NULL) is false. Paths are NULL if absent. */
unsigned oci_seccomp_profile_flags (const struct oci_seccomp_profile *profile, bool *given);
const char *oci_seccomp_profile_listener_path (const struct oci_seccomp_profile *profile);
const char *oci_seccomp_profile_listener_metadata (const struct oci_seccomp_profile *profile);

void oci_seccomp_profile_free (struct oci_seccomp_profile *profile);

/* --- filters ----------------------------------------------------------------------------- */

/* Compiles for the native ABI and those the profile lists. The filter keeps nothing of the profile
 * or the options. The instructions are in this machine's byte order, offsets of arguments in the
 * target's. Deterministic. */
int oci_seccomp_compile (struct oci_seccomp_filter **out, const struct oci_seccomp_profile *profile,
                         const struct oci_seccomp_options *options,
                         struct oci_seccomp_error *error);

/* A filter from a raw array of struct sock_filter in this machine's byte order, as
 * `oci-seccomp compile --format raw` writes it. BAD_PROGRAM if the kernel would not take it. */
int oci_seccomp_filter_from_bpf (struct oci_seccomp_filter **out, const void *bytes, size_t length,
                                 struct oci_seccomp_error *error);

/* The program, as seccomp(2) takes it; *count (at most BPF_MAXINSNS) instructions. */
const struct sock_filter *oci_seccomp_filter_instructions (const struct oci_seccomp_filter *filter,
                                                           size_t *count);

/* One rule of a filter, as compiled: for one ABI and one number. */
struct oci_seccomp_rule {
  const char *abi;     /* "x86_64" */
  const char *syscall; /* "socket"; "socketcall" where multiplexed */
  uint32_t number;     /* as seccomp_data.nr has it: with x32's bit, MIPS' offset */
  uint32_t verdict;
  struct oci_seccomp_condition conditions[6];
  size_t condition_count;
};

/* How many rules; then rule number index, in the order of ABI, number and precedence. RULES_UNKNOWN
 * for a filter from raw BPF. */
int oci_seccomp_filter_rule_count (const struct oci_seccomp_filter *filter, size_t *count,
                                   struct oci_seccomp_error *error);
int oci_seccomp_filter_rule (const struct oci_seccomp_filter *filter, size_t index,
                             struct oci_seccomp_rule *rule, struct oci_seccomp_error *error);

/* One line: "x86_64,x86,x32 412 syscalls, 97 instructions". */
const char *oci_seccomp_filter_describe (const struct oci_seccomp_filter *filter);

/* The verdict of the program for one call, decided as the kernel would. data->args are values, on
 * any byte order. */
uint32_t oci_seccomp_filter_evaluate (const struct oci_seccomp_filter *filter,
                                      const struct seccomp_data *data);

/* Installs the filter on the calling thread by seccomp(2), irrevocably; flags are
 * SECCOMP_FILTER_FLAG_* bits, passed exactly. With SECCOMP_FILTER_FLAG_NEW_LISTENER, *listener is
 * the descriptor. Allocates nothing, prints nothing, async-signal-safe: meant for the child after
 * fork. Sets no no_new_privs: see prctl(2). NOT_PERMITTED (EACCES), NOT_SUPPORTED (ENOSYS, an
 * unknown flag), REFUSED (EINVAL, ENOMEM: filters stacked too deep, EBUSY: a second listener,
 * 524: BPF JIT memory), each explained in error. Never retries with less. */
int oci_seccomp_install (const struct oci_seccomp_filter *filter, unsigned flags, int *listener,
                         struct oci_seccomp_error *error);

void oci_seccomp_filter_free (struct oci_seccomp_filter *filter);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
