/* A context to its program, and where that goes: a file, memory, a listing. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "context.h"
#include "listing.h"
#include "shelf.h"
#include "syscalls.h"

static void
ignore_warning (void *data, const char *message)
{
  (void) data;
  (void) message;
}

/* --- priorities --- */

/* What one step of priority counts beside measured frequencies, in calls per million: the least
 * priority above 0 weighs as much as an often used call. */
enum { PRIORITY_WEIGHT = 10000 };

static void
take_priorities (struct options *options, const uint8_t *priorities, struct arena *scratch)
{
  struct oci_seccomp_weight *weights;

  if (!priorities)
    return;
  weights = ARENA_ARRAY (scratch, struct oci_seccomp_weight, (size_t) syscall_count ());
  for (int row = 0; row < syscall_count (); row++) {
    weights[row].syscall = syscall_name (row);
    weights[row].count = syscall_frequencies ()[row] + (uint64_t) priorities[row] * PRIORITY_WEIGHT;
  }
  options->weights = weights;
  options->weight_count = (size_t) syscall_count ();
}

/* --- compiling --- */

/* Rules for -1 are for those who say that they mean it, to the end. */
static void
drop_skipped (struct rules *rules, const struct context *context)
{
  if (!context->attributes[SCMP_FLTATR_API_TSKIP] && rules->call_count > 0 &&
      rules->calls[rules->call_count - 1].number == UINT32_MAX)
    rules->call_count--;
}

struct rules *
context_rules (const struct context *context, struct arena *keep, struct arena *scratch)
{
  struct rules *rules = ledger_rules (&context->ledger, keep, scratch);

  for (size_t i = 0; rules && i < context->ledger.abi_count; i++)
    drop_skipped (&rules[i], context);
  return rules;
}

/* Memory that was in use is there at once, while new memory comes page by page: so what building
 * the rules has needed is given back before the program takes more. */
static int
compile (struct context *context, struct arena *scratch, struct arena *building)
{
  struct options options = {
      .native = abi_native (),
      .newer = OCI_SECCOMP_NEWER_DEFAULT,
      .bad_arch = context->attributes[SCMP_FLTATR_ACT_BADARCH],
      .plain = true,
      .warn = ignore_warning,
  };
  struct oci_seccomp_filter *filter = &context->filter;
  int code;

  filter->native = options.native;
  filter->rules = context_rules (context, scratch, building);
  arena_free (building);
  if (!filter->rules)
    return OCI_SECCOMP_CONFLICTING_RULES;
  filter->rules_count = context->ledger.abi_count;
  take_priorities (&options, context->priorities, scratch);
  code = filter_make_program (filter, &options, scratch, NULL);
  filter->rules_count = 0;
  filter->rules = NULL;
  if (!code)
    context->bytes = program_to_bytes (
        &filter->program, abi_table[context->ledger.abis[0]].big_endian, &filter->arena);
  return code;
}

static int
errno_of_code (int code)
{
  switch (code) {
  case OCI_SECCOMP_OK:
    return 0;
  case OCI_SECCOMP_NO_MEMORY:
    return -ENOMEM;
  case OCI_SECCOMP_TOO_LARGE:
    return -ECANCELED; /* the limit is the kernel's */
  default:
    return -EFAULT;
  }
}

int
context_compile (struct context *context)
{
  struct arena scratch, building;
  int code;

  if (context->compiled)
    return 0;
  arena_init (&scratch);
  arena_init (&building);
  if (ARENA_GUARD (&scratch) || ARENA_GUARD (&building) || ARENA_GUARD (&context->filter.arena))
    code = OCI_SECCOMP_NO_MEMORY;
  else
    code = compile (context, &scratch, &building);
  arena_free (&scratch);
  arena_free (&building);
  if (!code && !shelf_reserve ())
    code = OCI_SECCOMP_NO_MEMORY;
  if (code)
    context_forget_program (context);
  else
    context->compiled = true;
  return errno_of_code (code);
}

int
seccomp_precompute (const scmp_filter_ctx ctx)
{
  struct context *context = context_of (ctx);

  return context ? context_compile (context) : -EINVAL;
}

/* --- exporting --- */

static int
write_all (int fd, const char *bytes, size_t length)
{
  while (length > 0) {
    ssize_t written = write (fd, bytes, length);

    if (written < 0 && errno != EINTR)
      return -errno;
    if (written > 0) {
      bytes += written;
      length -= (size_t) written;
    }
  }
  return 0;
}

/* What the system answers is the caller's to see only on demand. */
static int
export_bytes (const struct context *context, int fd, const void *bytes, size_t length)
{
  int code = write_all (fd, bytes, length);

  return code && !context->attributes[SCMP_FLTATR_API_SYSRAWRC] ? -ECANCELED : code;
}

static size_t
program_size (const struct context *context)
{
  return context->filter.program.length * sizeof context->filter.program.instructions[0];
}

int
seccomp_export_bpf (const scmp_filter_ctx ctx, int fd)
{
  struct context *context = context_of (ctx);
  int code = context ? context_compile (context) : -EINVAL;

  return code ? code : export_bytes (context, fd, context->bytes, program_size (context));
}

int
seccomp_export_bpf_mem (const scmp_filter_ctx ctx, void *buf, size_t *len)
{
  struct context *context = context_of (ctx);
  int code = context && len ? context_compile (context) : -EINVAL;
  size_t room;

  if (code)
    return code;
  room = *len;
  *len = program_size (context);
  if (buf && room < *len)
    return -ERANGE;
  if (buf)
    memcpy (buf, context->bytes, *len);
  return 0;
}

int
seccomp_export_pfc (const scmp_filter_ctx ctx, int fd)
{
  struct context *context = context_of (ctx);
  int code = context ? context_compile (context) : -EINVAL;
  struct arena scratch;
  const char *text;

  if (code)
    return code;
  arena_init (&scratch);
  if (ARENA_GUARD (&scratch)) {
    code = -ENOMEM;
  } else {
    text = context_listing (context, &scratch);
    code = export_bytes (context, fd, text, strlen (text));
  }
  arena_free (&scratch);
  return code;
}
