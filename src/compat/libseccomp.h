/* The public interface of libseccomp 2.6, as far as a compiled program knows it: the names, values
 * and layouts that are in its binary. What each function does, libseccomp's man pages say.
 *
 * What always holds: functions return 0 or a negative errno of those pages, never anything else. */
#ifndef LIBSECCOMP_H
#define LIBSECCOMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/seccomp.h>

typedef void *scmp_filter_ctx;

struct scmp_version {
  unsigned int major, minor, micro;
};

enum scmp_filter_attr {
  SCMP_FLTATR_ACT_DEFAULT = 1,
  SCMP_FLTATR_ACT_BADARCH,
  SCMP_FLTATR_CTL_NNP,
  SCMP_FLTATR_CTL_TSYNC,
  SCMP_FLTATR_API_TSKIP,
  SCMP_FLTATR_CTL_LOG,
  SCMP_FLTATR_CTL_SSB,
  SCMP_FLTATR_CTL_OPTIMIZE,
  SCMP_FLTATR_API_SYSRAWRC,
  SCMP_FLTATR_CTL_WAITKILL,
};

enum scmp_compare {
  SCMP_CMP_NE = 1,
  SCMP_CMP_LT,
  SCMP_CMP_LE,
  SCMP_CMP_EQ,
  SCMP_CMP_GE,
  SCMP_CMP_GT,
  SCMP_CMP_MASKED_EQ,
};

struct scmp_arg_cmp {
  unsigned int arg;
  enum scmp_compare op;
  uint64_t datum_a; /* MASKED_EQ: the mask */
  uint64_t datum_b; /* MASKED_EQ: the datum */
};

enum {
  SCMP_ARCH_NATIVE = 0,
  SCMP_ARCH_X32 = 0x4000003e, /* no token of the kernel: it has x86_64's */
  NR_SCMP_ERROR = -1,
  NR_SCMP_RESERVED = -99, /* the last of the numbers that stand for no call */
};

#pragma GCC visibility push(default)

const struct scmp_version *seccomp_version (void);
unsigned int seccomp_api_get (void);
int seccomp_api_set (unsigned int level);

scmp_filter_ctx seccomp_init (uint32_t def_action);
int seccomp_reset (scmp_filter_ctx ctx, uint32_t def_action);
void seccomp_release (scmp_filter_ctx ctx);
int seccomp_merge (scmp_filter_ctx ctx_dst, scmp_filter_ctx ctx_src);
int seccomp_transaction_start (const scmp_filter_ctx ctx);
int seccomp_transaction_commit (const scmp_filter_ctx ctx);
void seccomp_transaction_reject (const scmp_filter_ctx ctx);

uint32_t seccomp_arch_resolve_name (const char *arch_name);
uint32_t seccomp_arch_native (void);
int seccomp_arch_exist (const scmp_filter_ctx ctx, uint32_t arch_token);
int seccomp_arch_add (scmp_filter_ctx ctx, uint32_t arch_token);
int seccomp_arch_remove (scmp_filter_ctx ctx, uint32_t arch_token);

int seccomp_attr_get (const scmp_filter_ctx ctx, enum scmp_filter_attr attr, uint32_t *value);
int seccomp_attr_set (scmp_filter_ctx ctx, enum scmp_filter_attr attr, uint32_t value);

char *seccomp_syscall_resolve_num_arch (uint32_t arch_token, int num);
int seccomp_syscall_resolve_name_arch (uint32_t arch_token, const char *name);
int seccomp_syscall_resolve_name_rewrite (uint32_t arch_token, const char *name);
int seccomp_syscall_resolve_name (const char *name);
int seccomp_syscall_priority (scmp_filter_ctx ctx, int syscall, uint8_t priority);

int seccomp_rule_add (scmp_filter_ctx ctx, uint32_t action, int syscall, unsigned int arg_cnt, ...);
int seccomp_rule_add_array (scmp_filter_ctx ctx, uint32_t action, int syscall, unsigned int arg_cnt,
                            const struct scmp_arg_cmp *arg_array);
int seccomp_rule_add_exact (scmp_filter_ctx ctx, uint32_t action, int syscall, unsigned int arg_cnt,
                            ...);
int seccomp_rule_add_exact_array (scmp_filter_ctx ctx, uint32_t action, int syscall,
                                  unsigned int arg_cnt, const struct scmp_arg_cmp *arg_array);

int seccomp_load (const scmp_filter_ctx ctx);
int seccomp_precompute (const scmp_filter_ctx ctx);
int seccomp_export_bpf (const scmp_filter_ctx ctx, int fd);
int seccomp_export_bpf_mem (const scmp_filter_ctx ctx, void *buf, size_t *len);
int seccomp_export_pfc (const scmp_filter_ctx ctx, int fd);

int seccomp_notify_alloc (struct seccomp_notif **req, struct seccomp_notif_resp **resp);
void seccomp_notify_free (struct seccomp_notif *req, struct seccomp_notif_resp *resp);
int seccomp_notify_receive (int fd, struct seccomp_notif *req);
int seccomp_notify_respond (int fd, struct seccomp_notif_resp *resp);
int seccomp_notify_id_valid (int fd, uint64_t id);
int seccomp_notify_fd (const scmp_filter_ctx ctx);

#pragma GCC visibility pop

#endif
