/* libseccomp's interface where memory ends: every allocation of every step is made to fail once.
 * Then the step says -ENOMEM (or gives no context), the context is as it was, and the same step
 * goes well when it is tried again. Prints TAP. */
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <seccomp.h>

extern void *__libc_malloc (size_t size);
extern void *__libc_calloc (size_t count, size_t size);
extern void *__libc_realloc (void *old, size_t size);

/* How many allocations go well before one fails; negative: all. */
static int left = -1;
static int failed;

static unsigned asked;

static int
fails_now (void)
{
  asked++;
  if (left < 0 || left-- > 0)
    return 0;
  failed = 1;
  left = -1;
  errno = ENOMEM;
  return 1;
}

/* Else they would not stand before libc's. */
#pragma GCC visibility push(default)

void *
malloc (size_t size)
{
  return fails_now () ? NULL : __libc_malloc (size);
}

void *
calloc (size_t count, size_t size)
{
  return fails_now () ? NULL : __libc_calloc (count, size);
}

void *
realloc (void *old, size_t size)
{
  return fails_now () ? NULL : __libc_realloc (old, size);
}

void *
mmap (void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
  if (fails_now ())
    return MAP_FAILED;
  return (void *) syscall (SYS_mmap, at, size, protection, flags, fd, offset);
}

#pragma GCC visibility pop

static int (*transaction_start) (scmp_filter_ctx);
static int (*export_mem) (scmp_filter_ctx, void *, size_t *);

struct bytes {
  size_t length;
  unsigned char data[32 * 1024];
};

static void
get_program (struct bytes *out, scmp_filter_ctx ctx)
{
  memset (out, 0, sizeof *out);
  out->length = sizeof out->data;
  if (export_mem (ctx, out->data, &out->length) != 0)
    out->length = 0;
}

/* --- the steps --- */

/* So many that memory for them is taken more than once. */
static int
add_many_rules (scmp_filter_ctx ctx)
{
  int code = 0;

  for (unsigned i = 0; i < 5000 && !code; i++)
    code = seccomp_rule_add (ctx, SCMP_ACT_ERRNO (7), SCMP_SYS (personality), 1,
                             SCMP_A0 (SCMP_CMP_EQ, i));
  return code;
}

/* Such as might contradict each other. */
static int
add_different_rules (scmp_filter_ctx ctx)
{
  int code = 0;

  for (unsigned i = 0; i < 300 && !code; i++)
    code = seccomp_rule_add (ctx, SCMP_ACT_ERRNO (i), SCMP_SYS (personality), 1,
                             SCMP_A0 (SCMP_CMP_EQ, i));
  return code;
}

static int
merge (scmp_filter_ctx ctx)
{
  scmp_filter_ctx other = seccomp_init (SCMP_ACT_ALLOW);
  int code = other ? 0 : -ENOMEM;

  if (!code)
    code = seccomp_arch_add (other, SCMP_ARCH_X86);
  if (!code)
    code = seccomp_arch_remove (other, SCMP_ARCH_NATIVE);
  if (!code)
    code = add_many_rules (other);
  if (!code)
    code = seccomp_merge (ctx, other);
  if (code)
    seccomp_release (other);
  return code;
}

static int
start_transaction (scmp_filter_ctx ctx)
{
  return transaction_start (ctx);
}

static int
set_priority (scmp_filter_ctx ctx)
{
  return seccomp_syscall_priority (ctx, SCMP_SYS (read), 9);
}

static int
reset (scmp_filter_ctx ctx)
{
  return seccomp_reset (ctx, SCMP_ACT_ALLOW);
}

static int
export_program (scmp_filter_ctx ctx)
{
  size_t length = 0;

  seccomp_attr_set (ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_TRAP);
  return export_mem (ctx, NULL, &length);
}

static int
allocate_notifications (scmp_filter_ctx ctx)
{
  struct seccomp_notif *request = NULL;
  struct seccomp_notif_resp *response = NULL;
  int code = seccomp_notify_alloc (&request, &response);

  (void) ctx;
  if (code == 0)
    seccomp_notify_free (request, response);
  return code;
}

static int
resolve (scmp_filter_ctx ctx)
{
  char *name = seccomp_syscall_resolve_num_arch (SCMP_ARCH_NATIVE, 0);

  (void) ctx;
  free (name);
  return name ? 0 : -ENOMEM;
}

static int
make_context (scmp_filter_ctx ctx)
{
  scmp_filter_ctx other = seccomp_init (SCMP_ACT_KILL);

  (void) ctx;
  seccomp_release (other);
  return other ? 0 : -ENOMEM;
}

struct step {
  const char *name;
  int (*run) (scmp_filter_ctx ctx);
  int changes_in_parts; /* what went well before stays */
};

static const struct step steps[] = {
    {"a context", make_context, 0},
    {"many rules", add_many_rules, 1},
    {"different rules", add_different_rules, 1},
    {"a merge", merge, 0},
    {"a transaction", start_transaction, 0},
    {"a priority", set_priority, 0},
    {"a program", export_program, 1},
    {"reset", reset, 0},
    {"notifications", allocate_notifications, 0},
    {"a name", resolve, 0},
};

static scmp_filter_ctx
new_context (void)
{
  scmp_filter_ctx ctx = seccomp_init (SCMP_ACT_ALLOW);

  seccomp_arch_add (ctx, SCMP_ARCH_X32);
  seccomp_rule_add (ctx, SCMP_ACT_ERRNO (9), SCMP_SYS (getppid), 0);
  seccomp_rule_add (ctx, SCMP_ACT_ERRNO (9), SCMP_SYS (read), 1, SCMP_A0 (SCMP_CMP_EQ, 1));
  return ctx;
}

/* What contexts give back is kept for later ones. These take it, and leave a step to ask libc:
 * until one had to ask for each of the three pieces that it has. */
static scmp_filter_ctx hoard[64 * 1024];
static size_t hoarded;

static void
take_all_that_is_kept (void)
{
  unsigned before;

  do {
    before = asked;
    hoard[hoarded] = seccomp_init (SCMP_ACT_KILL);
    seccomp_syscall_priority (hoard[hoarded++], SCMP_SYS (read), 1);
  } while (asked - before < 3 && hoarded < sizeof hoard / sizeof hoard[0]);
}

static void
give_it_back (void)
{
  while (hoarded > 0)
    seccomp_release (hoard[--hoarded]);
}

/* Returns what went wrong, or NULL; *done when no allocation was left to fail. */
static const char *
try_step (const struct step *step, int nth, int *done)
{
  static struct bytes before, after;
  scmp_filter_ctx ctx = new_context ();
  const char *wrong = NULL;
  int code;

  get_program (&before, ctx);
  take_all_that_is_kept ();
  failed = 0;
  left = nth;
  code = step->run (ctx);
  left = -1;
  *done = !failed;
  if (code != (failed ? -ENOMEM : 0))
    wrong = "the code";
  get_program (&after, ctx);
  if (failed && !step->changes_in_parts && memcmp (&before, &after, sizeof before) != 0)
    wrong = "the context has changed";
  if (failed && step->run (ctx) != 0)
    wrong = "it fails again";
  seccomp_release (ctx);
  give_it_back ();
  return wrong;
}

/* Whoever had many contexts once does not keep their pieces for ever: each later one would look at
 * all of them. */
static const char *
try_many_contexts (void)
{
  enum { MANY = 2000 };
  unsigned before;

  while (hoarded < MANY)
    hoard[hoarded++] = seccomp_init (SCMP_ACT_KILL);
  give_it_back ();
  before = asked;
  while (hoarded < MANY)
    hoard[hoarded++] = seccomp_init (SCMP_ACT_KILL);
  give_it_back ();
  return asked - before > 3 * MANY / 2 ? NULL : "all is kept";
}

static void
report (const char *before, const char *name, const char *wrong)
{
  static int number;

  printf ("%sok %d - %s%s\n", wrong ? "not " : "", ++number, before, name);
  if (wrong)
    printf ("# %s\n", wrong);
}

int
main (void)
{
  const char *kept;
  int failures = 0;

  *(void **) &transaction_start = dlsym (RTLD_DEFAULT, "seccomp_transaction_start");
  *(void **) &export_mem = dlsym (RTLD_DEFAULT, "seccomp_export_bpf_mem");
  if (!transaction_start || !export_mem) {
    puts ("Bail out! this is not libseccomp 2.6's interface");
    return 1;
  }
  /* stdio takes its memory before. */
  printf ("1..%zu\n", sizeof steps / sizeof steps[0] + 1);
  kept = try_many_contexts ();
  report ("the memory of ", "many contexts", kept);
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    const char *wrong = NULL;
    int nth, done = 0;

    for (nth = 0; !done && !wrong; nth++)
      wrong = try_step (&steps[i], nth, &done);
    /* A step that takes no memory tests nothing. */
    if (!wrong && nth < 2)
      wrong = "nothing failed";
    report ("memory ends in: ", steps[i].name, wrong);
    if (wrong)
      printf ("# allocation %d\n", nth - 1);
    failures += wrong != NULL;
  }
  return failures != 0 || kept;
}
