#include "context.h"

#include <errno.h>
#include <string.h>

#include "kernel.h"
#include "shelf.h"

enum { CONTEXT_MAGIC = 0x5ecc0a9f };

struct context *
context_of (scmp_filter_ctx handle)
{
  struct context *context = handle;

  return context && context->magic == CONTEXT_MAGIC && context->ledger.abi_count > 0 ? context
                                                                                     : NULL;
}

void
context_forget_program (struct context *context)
{
  arena_free (&context->filter.arena);
  arena_init (&context->filter.arena);
  context->compiled = false;
}

int
context_check_action (const struct context *context, uint32_t action)
{
  /* Older kernels cannot tell a listener from a thread that failed to synchronize. */
  if (action == SECCOMP_RET_USER_NOTIF && context->attributes[SCMP_FLTATR_CTL_TSYNC] &&
      !kernel_has (FEATURE_TSYNC_ESRCH))
    return -EINVAL;
  return kernel_takes_action (action) ? 0 : -EINVAL;
}

/* --- snapshots --- */

static void
snapshot_drop (struct context *context)
{
  struct snapshot *snapshot = context->snapshots;

  context->snapshots = snapshot->older;
  ledger_end (&snapshot->ledger);
  shelf_give (snapshot);
}

static void
drop_snapshots (struct context *context)
{
  while (context->snapshots)
    snapshot_drop (context);
}

int
seccomp_transaction_start (const scmp_filter_ctx ctx)
{
  struct context *context = context_of (ctx);
  struct snapshot *snapshot;

  if (!context)
    return -EINVAL;
  snapshot = shelf_new (sizeof *snapshot);
  if (!snapshot || !ledger_copy (&snapshot->ledger, &context->ledger)) {
    shelf_give (snapshot);
    return -ENOMEM;
  }
  snapshot->notifies = context->notifies;
  snapshot->older = context->snapshots;
  context->snapshots = snapshot;
  return 0;
}

int
seccomp_transaction_commit (const scmp_filter_ctx ctx)
{
  struct context *context = context_of (ctx);

  if (!context)
    return -EINVAL;
  if (context->snapshots)
    snapshot_drop (context);
  return 0;
}

void
seccomp_transaction_reject (const scmp_filter_ctx ctx)
{
  struct context *context = ctx;
  struct ledger rejected;

  /* What is rejected may be that the last ABI was removed. */
  if (!context || context->magic != CONTEXT_MAGIC || !context->snapshots)
    return;
  rejected = context->ledger;
  context->ledger = context->snapshots->ledger;
  context->notifies = context->snapshots->notifies;
  context->snapshots->ledger = rejected;
  snapshot_drop (context);
  context_forget_program (context);
}

/* --- contexts --- */

static void
set_defaults (struct context *context, uint32_t def_action)
{
  memset (context->attributes, 0, sizeof context->attributes);
  context->attributes[SCMP_FLTATR_ACT_DEFAULT] = def_action;
  context->attributes[SCMP_FLTATR_ACT_BADARCH] = SECCOMP_RET_KILL_THREAD;
  context->attributes[SCMP_FLTATR_CTL_NNP] = 1;
  context->attributes[SCMP_FLTATR_CTL_OPTIMIZE] = 1;
  context->notifies = def_action == SECCOMP_RET_USER_NOTIF;
}

scmp_filter_ctx
seccomp_init (uint32_t def_action)
{
  struct context *context;

  kernel_ask ();
  if (!kernel_takes_action (def_action))
    return NULL;
  context = shelf_new (sizeof *context);
  if (!context)
    return NULL;
  context->magic = CONTEXT_MAGIC;
  arena_init (&context->filter.arena);
  if (seccomp_reset (context, def_action) < 0) {
    seccomp_release (context);
    return NULL;
  }
  return context;
}

int
seccomp_reset (scmp_filter_ctx ctx, uint32_t def_action)
{
  struct context *context = ctx;
  struct ledger ledger;

  if (!context) {
    kernel_reset ();
    return 0;
  }
  if (context->magic != CONTEXT_MAGIC || !kernel_takes_action (def_action))
    return -EINVAL;
  if (!ledger_start (&ledger, def_action)) {
    ledger_end (&ledger);
    return -ENOMEM;
  }
  drop_snapshots (context);
  ledger_end (&context->ledger);
  context->ledger = ledger;
  ledger_add_abi (&context->ledger, abi_native ());
  shelf_give (context->priorities);
  context->priorities = NULL;
  set_defaults (context, def_action);
  context_forget_program (context);
  return 0;
}

void
seccomp_release (scmp_filter_ctx ctx)
{
  struct context *context = ctx;

  if (!context || context->magic != CONTEXT_MAGIC)
    return;
  drop_snapshots (context);
  ledger_end (&context->ledger);
  arena_free (&context->filter.arena);
  shelf_give (context->priorities);
  context->magic = 0;
  shelf_give (context);
}

/* --- merging --- */

static bool
attributes_agree (const struct context *a, const struct context *b)
{
  static const enum scmp_filter_attr those[] = {SCMP_FLTATR_ACT_DEFAULT, SCMP_FLTATR_CTL_NNP,
                                                SCMP_FLTATR_CTL_TSYNC};

  for (size_t i = 0; i < sizeof those / sizeof those[0]; i++)
    if (a->attributes[those[i]] != b->attributes[those[i]])
      return false;
  return true;
}

static bool
is_big_endian (const struct context *context)
{
  return abi_table[context->ledger.abis[0]].big_endian;
}

/* They are hints: those of one will do. */
static void
merge_priorities (struct context *to, struct context *from)
{
  if (to->priorities)
    return;
  to->priorities = from->priorities;
  from->priorities = NULL;
}

int
seccomp_merge (scmp_filter_ctx ctx_dst, scmp_filter_ctx ctx_src)
{
  struct context *to = context_of (ctx_dst), *from = context_of (ctx_src);

  if (!to || !from || !attributes_agree (to, from))
    return -EINVAL;
  if (is_big_endian (to) != is_big_endian (from))
    return -EDOM;
  for (size_t i = 0; i < from->ledger.abi_count; i++)
    if (ledger_has_abi (&to->ledger, from->ledger.abis[i]))
      return -EEXIST;
  if (!ledger_merge (&to->ledger, &from->ledger))
    return -ENOMEM;
  to->notifies |= from->notifies;
  merge_priorities (to, from);
  context_forget_program (to);
  seccomp_release (from);
  return 0;
}

/* --- architectures --- */

bool
token_to_abi (uint32_t token, enum abi *abi)
{
  if (token == SCMP_ARCH_X32)
    *abi = ABI_X32;
  else if (token == SCMP_ARCH_NATIVE)
    *abi = abi_native ();
  else
    return abi_from_token (token, abi);
  return true;
}

uint32_t
abi_to_token (enum abi abi)
{
  return abi == ABI_X32 ? (uint32_t) SCMP_ARCH_X32 : abi_table[abi].token;
}

int
seccomp_arch_exist (const scmp_filter_ctx ctx, uint32_t arch_token)
{
  const struct context *context = ctx;
  enum abi abi;

  if (!context || context->magic != CONTEXT_MAGIC || !token_to_abi (arch_token, &abi))
    return -EINVAL;
  return ledger_has_abi (&context->ledger, abi) ? 0 : -EEXIST;
}

int
seccomp_arch_add (scmp_filter_ctx ctx, uint32_t arch_token)
{
  struct context *context = ctx;
  enum abi abi;

  if (!context || context->magic != CONTEXT_MAGIC || !token_to_abi (arch_token, &abi))
    return -EINVAL;
  if (ledger_has_abi (&context->ledger, abi))
    return -EEXIST;
  if (context->ledger.abi_count > 0 && is_big_endian (context) != abi_table[abi].big_endian)
    return -EDOM;
  ledger_add_abi (&context->ledger, abi);
  context_forget_program (context);
  return 0;
}

int
seccomp_arch_remove (scmp_filter_ctx ctx, uint32_t arch_token)
{
  struct context *context = ctx;
  enum abi abi;

  if (!context || context->magic != CONTEXT_MAGIC || !token_to_abi (arch_token, &abi))
    return -EINVAL;
  if (!ledger_has_abi (&context->ledger, abi))
    return -EEXIST;
  ledger_remove_abi (&context->ledger, abi);
  context_forget_program (context);
  return 0;
}

/* --- rules --- */

int
context_add_rule (struct context *context, uint32_t action, int number, bool exact,
                  const struct condition *conditions, size_t count)
{
  int code = ledger_add_rule (&context->ledger, action, number, exact, conditions, count);

  if (code)
    return code;
  context->notifies |= action == SECCOMP_RET_USER_NOTIF;
  context_forget_program (context);
  return 0;
}
