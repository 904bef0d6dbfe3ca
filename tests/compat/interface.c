/* A program of the kind that links libseccomp: built with its header, against the original, to be
 * run with ours. What is of 2.6 alone is looked up by name. Prints TAP.
 *
 * What is loaded stays: so all of that happens in children, which say by their status what went
 * wrong, as the line of the first check that failed. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>

/* Headers of 2.5 lack it. */
#define CTL_WAITKILL ((enum scmp_filter_attr) 10)

static int (*transaction_start) (scmp_filter_ctx);
static int (*transaction_commit) (scmp_filter_ctx);
static void (*transaction_reject) (scmp_filter_ctx);
static int (*precompute) (scmp_filter_ctx);
static int (*export_mem) (scmp_filter_ctx, void *, size_t *);

static int
find_functions (void)
{
  *(void **) &transaction_start = dlsym (RTLD_DEFAULT, "seccomp_transaction_start");
  *(void **) &transaction_commit = dlsym (RTLD_DEFAULT, "seccomp_transaction_commit");
  *(void **) &transaction_reject = dlsym (RTLD_DEFAULT, "seccomp_transaction_reject");
  *(void **) &precompute = dlsym (RTLD_DEFAULT, "seccomp_precompute");
  *(void **) &export_mem = dlsym (RTLD_DEFAULT, "seccomp_export_bpf_mem");
  return transaction_start && transaction_commit && transaction_reject && precompute && export_mem;
}

/* Statuses of children have 8 bits. */
static int failed_line;

#define CHECK(condition)      \
  do {                        \
    if (!(condition)) {       \
      failed_line = __LINE__; \
      return;                 \
    }                         \
  } while (0)

/* --- programs, to compare --- */

struct bytes {
  size_t length;
  unsigned char data[64 * 1024];
};

static void
get_program (struct bytes *out, scmp_filter_ctx ctx)
{
  out->length = sizeof out->data;
  if (export_mem (ctx, out->data, &out->length) != 0)
    out->length = 0;
}

static int
has_program (scmp_filter_ctx ctx, const struct bytes *wanted)
{
  static struct bytes now;

  get_program (&now, ctx);
  return wanted->length > 0 && now.length == wanted->length &&
         memcmp (now.data, wanted->data, now.length) == 0;
}

static struct bytes before, between;

static scmp_filter_ctx
new_context (void)
{
  scmp_filter_ctx ctx = seccomp_init (SCMP_ACT_ALLOW);

  seccomp_rule_add (ctx, SCMP_ACT_ERRNO (77), SCMP_SYS (getppid), 0);
  return ctx;
}

/* --- without the kernel --- */

static void
test_version (void)
{
  const struct scmp_version *version = seccomp_version ();

  CHECK (version->major == 2 && version->minor == 6 && version->micro >= 10000);
  CHECK (seccomp_version () == version);
}

static void
test_transactions (void)
{
  scmp_filter_ctx ctx = new_context ();

  get_program (&before, ctx);
  CHECK (transaction_start (NULL) == -EINVAL && transaction_commit (NULL) == -EINVAL);
  CHECK (transaction_commit (ctx) == 0);
  transaction_reject (ctx);
  transaction_reject (NULL);
  CHECK (has_program (ctx, &before));

  CHECK (transaction_start (ctx) == 0);
  CHECK (seccomp_rule_add (ctx, SCMP_ACT_KILL, SCMP_SYS (getpid), 0) == 0);
  CHECK (!has_program (ctx, &before));
  get_program (&between, ctx);
  CHECK (transaction_start (ctx) == 0);
  CHECK (seccomp_rule_add (ctx, SCMP_ACT_TRAP, SCMP_SYS (read), 1, SCMP_A0 (SCMP_CMP_EQ, 1)) == 0);
  CHECK (seccomp_rule_add (ctx, SCMP_ACT_KILL, SCMP_SYS (read), 1, SCMP_A0 (SCMP_CMP_EQ, 1)) ==
         -EEXIST);
  CHECK (seccomp_arch_add (ctx, SCMP_ARCH_X86) == 0);
  transaction_reject (ctx);
  CHECK (has_program (ctx, &between));
  CHECK (seccomp_arch_exist (ctx, SCMP_ARCH_X86) == -EEXIST);
  CHECK (transaction_commit (ctx) == 0);
  CHECK (has_program (ctx, &between));
  seccomp_release (ctx);
}

static void
test_nested_transactions (void)
{
  scmp_filter_ctx ctx = new_context ();

  get_program (&before, ctx);
  CHECK (transaction_start (ctx) == 0);
  CHECK (transaction_start (ctx) == 0);
  CHECK (seccomp_rule_add (ctx, SCMP_ACT_KILL, SCMP_SYS (getpid), 0) == 0);
  CHECK (transaction_commit (ctx) == 0);
  CHECK (!has_program (ctx, &before));
  transaction_reject (ctx);
  CHECK (has_program (ctx, &before));

  CHECK (transaction_start (ctx) == 0);
  CHECK (seccomp_arch_remove (ctx, SCMP_ARCH_NATIVE) == 0);
  CHECK (seccomp_load (ctx) == -EINVAL);
  transaction_reject (ctx);
  CHECK (has_program (ctx, &before));
  CHECK (transaction_start (ctx) == 0);
  seccomp_release (ctx);
}

/* On x86 the second rule contradicts the first in the multiplexer: on no ABI it may stay. */
static void
test_failed_rule_leaves_nothing (void)
{
  scmp_filter_ctx ctx = new_context ();

  CHECK (seccomp_arch_add (ctx, SCMP_ARCH_X86) == 0);
  CHECK (seccomp_rule_add (ctx, SCMP_ACT_ERRNO (1), SCMP_SYS (socket), 1,
                           SCMP_A0 (SCMP_CMP_EQ, 1)) == 0);
  get_program (&before, ctx);
  CHECK (seccomp_rule_add (ctx, SCMP_ACT_ERRNO (2), SCMP_SYS (socket), 1,
                           SCMP_A0 (SCMP_CMP_EQ, 2)) == -EEXIST);
  CHECK (has_program (ctx, &before));
  CHECK (seccomp_rule_add (ctx, SCMP_ACT_ERRNO (2), 99999, 0) == -EFAULT);
  CHECK (has_program (ctx, &before));
  CHECK (seccomp_arch_exist (ctx, SCMP_ARCH_X86) == 0);
  seccomp_release (ctx);
}

static void
test_memory_export (void)
{
  scmp_filter_ctx ctx = new_context ();
  unsigned char small[8] = {1, 2, 3, 4, 5, 6, 7, 8}, kept[8];
  size_t length = sizeof small, needed = 0;

  memcpy (kept, small, sizeof kept);
  CHECK (export_mem (NULL, small, &length) == -EINVAL);
  CHECK (export_mem (ctx, small, NULL) == -EINVAL);
  CHECK (export_mem (ctx, NULL, NULL) == -EINVAL);
  CHECK (export_mem (ctx, NULL, &needed) == 0 && needed > sizeof small);
  CHECK (export_mem (ctx, small, &length) == -ERANGE && length == needed);
  CHECK (memcmp (small, kept, sizeof kept) == 0);
  get_program (&before, ctx);
  CHECK (before.length == needed);
  CHECK (precompute (NULL) == -EINVAL && precompute (ctx) == 0 && precompute (ctx) == 0);
  CHECK (has_program (ctx, &before));
  seccomp_release (ctx);
}

static void
test_later_changes_count (void)
{
  scmp_filter_ctx ctx = new_context ();

  CHECK (precompute (ctx) == 0);
  get_program (&before, ctx);
  CHECK (seccomp_rule_add (ctx, SCMP_ACT_KILL, SCMP_SYS (getpid), 0) == 0);
  CHECK (!has_program (ctx, &before));
  get_program (&before, ctx);
  CHECK (seccomp_attr_set (ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_TRAP) == 0);
  CHECK (!has_program (ctx, &before));
  CHECK (seccomp_attr_set (ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL) == 0);
  CHECK (has_program (ctx, &before));
  CHECK (seccomp_reset (ctx, SCMP_ACT_ALLOW) == 0);
  CHECK (!has_program (ctx, &before));
  seccomp_release (ctx);
}

/* Nothing is made in between that could take its memory. */
static void
test_released_context (void)
{
  scmp_filter_ctx ctx = new_context ();
  uint32_t value;
  size_t length = 0;

  seccomp_release (ctx);
  seccomp_release (ctx);
  CHECK (seccomp_reset (ctx, SCMP_ACT_KILL) == -EINVAL);
  CHECK (seccomp_rule_add (ctx, SCMP_ACT_KILL, SCMP_SYS (read), 0) == -EINVAL);
  CHECK (seccomp_arch_add (ctx, SCMP_ARCH_ARM) == -EINVAL);
  CHECK (seccomp_arch_exist (ctx, SCMP_ARCH_NATIVE) == -EINVAL);
  CHECK (seccomp_arch_remove (ctx, SCMP_ARCH_NATIVE) == -EINVAL);
  CHECK (seccomp_attr_get (ctx, SCMP_FLTATR_CTL_NNP, &value) == -EINVAL);
  CHECK (seccomp_attr_set (ctx, SCMP_FLTATR_CTL_NNP, 0) == -EINVAL);
  CHECK (seccomp_merge (ctx, ctx) == -EINVAL);
  CHECK (seccomp_load (ctx) == -EINVAL && precompute (ctx) == -EINVAL);
  CHECK (export_mem (ctx, NULL, &length) == -EINVAL);
  CHECK (seccomp_export_bpf (ctx, -1) == -EINVAL && seccomp_export_pfc (ctx, -1) == -EINVAL);
  CHECK (transaction_start (ctx) == -EINVAL && transaction_commit (ctx) == -EINVAL);
  transaction_reject (ctx);
  CHECK (seccomp_notify_fd (ctx) == -EINVAL);
}

static void
test_merged_context (void)
{
  scmp_filter_ctx ctx = new_context (), other = seccomp_init (SCMP_ACT_ALLOW);

  CHECK (seccomp_merge (ctx, ctx) == -EEXIST);
  CHECK (seccomp_arch_remove (other, SCMP_ARCH_NATIVE) == 0);
  CHECK (seccomp_arch_add (other, SCMP_ARCH_X86) == 0);
  CHECK (transaction_start (ctx) == 0 && transaction_start (other) == 0);
  get_program (&before, ctx);
  CHECK (seccomp_merge (ctx, other) == 0);
  CHECK (seccomp_merge (ctx, other) == -EINVAL);
  CHECK (seccomp_arch_exist (ctx, SCMP_ARCH_X86) == 0 && !has_program (ctx, &before));
  transaction_reject (ctx);
  CHECK (seccomp_arch_exist (ctx, SCMP_ARCH_X86) == -EEXIST && has_program (ctx, &before));
  seccomp_release (ctx);
}

static void
test_attribute_of_2_6 (void)
{
  scmp_filter_ctx ctx = new_context ();
  uint32_t value = 7;

  CHECK (seccomp_attr_get (ctx, CTL_WAITKILL, &value) == 0 && value == 0);
  CHECK (seccomp_attr_set (ctx, CTL_WAITKILL, 5) == 0);
  CHECK (seccomp_attr_get (ctx, CTL_WAITKILL, &value) == 0 && value == 1);
  seccomp_release (ctx);
}

static void
test_listing (void)
{
  scmp_filter_ctx ctx = new_context ();
  char text[4096] = "";
  int ends[2];

  CHECK (pipe (ends) == 0);
  CHECK (seccomp_export_pfc (ctx, ends[1]) == 0);
  close (ends[1]);
  CHECK (read (ends[0], text, sizeof text - 1) > 0);
  close (ends[0]);
  CHECK (strstr (text, "getppid") && strstr (text, "ERRNO(77)") && strstr (text, "program:"));
  seccomp_release (ctx);
}

/* --- threads --- */

enum { THREADS = 8, ROUNDS = 20 };

static int on_kernel = 1;

static void *
build_contexts (void *wanted)
{
  for (int i = 0; i < ROUNDS; i++) {
    struct bytes *now = malloc (sizeof *now);
    scmp_filter_ctx ctx = new_context ();
    int same;

    get_program (now, ctx);
    same = now->length == ((struct bytes *) wanted)->length &&
           memcmp (now->data, ((struct bytes *) wanted)->data, now->length) == 0;
    seccomp_release (ctx);
    free (now);
    if (!same || seccomp_api_get () < 1 || (on_kernel && seccomp_notify_alloc (NULL, NULL) != 0))
      return wanted;
  }
  return NULL;
}

static void
test_threads (void)
{
  pthread_t threads[THREADS];
  scmp_filter_ctx ctx = new_context ();
  int failures = 0;

  get_program (&before, ctx);
  seccomp_release (ctx);
  for (int i = 0; i < THREADS; i++)
    CHECK (pthread_create (&threads[i], NULL, build_contexts, &before) == 0);
  for (int i = 0; i < THREADS; i++) {
    void *result;

    pthread_join (threads[i], &result);
    failures += result != NULL;
  }
  CHECK (failures == 0);
}

/* --- with the kernel --- */

static int
status_is (const char *name, int wanted)
{
  FILE *file = fopen ("/proc/thread-self/status", "r");
  char line[256], key[64];
  int value, found = -1;

  while (file && fgets (line, sizeof line, file))
    if (sscanf (line, "%63[^:]: %d", key, &value) == 2 && strcmp (key, name) == 0)
      found = value;
  if (file)
    fclose (file);
  return found == wanted;
}

static int
getppid_fails (int wanted)
{
  errno = 0;
  return syscall (SYS_getppid) == -1 && errno == wanted;
}

static void
test_load (void)
{
  scmp_filter_ctx ctx = new_context ();

  CHECK (seccomp_attr_set (ctx, SCMP_FLTATR_CTL_LOG, 1) == 0);
  CHECK (seccomp_attr_set (ctx, SCMP_FLTATR_CTL_SSB, 1) == 0);
  CHECK (seccomp_attr_set (ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0);
  CHECK (status_is ("Seccomp", 0));
  CHECK (seccomp_load (ctx) == 0);
  CHECK (getppid_fails (77));
  CHECK (status_is ("NoNewPrivs", 1) && status_is ("Seccomp", 2));
  CHECK (seccomp_notify_fd (ctx) == -1);
  seccomp_release (ctx);
}

static void
test_load_without_privileges (void)
{
  scmp_filter_ctx ctx = new_context ();

  CHECK (seccomp_attr_set (ctx, SCMP_FLTATR_CTL_NNP, 0) == 0);
  if (getuid () == 0)
    CHECK (setgid (65534) == 0 && setuid (65534) == 0);
  CHECK (seccomp_load (ctx) == -ECANCELED);
  CHECK (seccomp_attr_set (ctx, SCMP_FLTATR_API_SYSRAWRC, 1) == 0);
  CHECK (seccomp_load (ctx) == -EACCES);
  CHECK (status_is ("NoNewPrivs", 0) && status_is ("Seccomp", 0));
  seccomp_release (ctx);
}

/* What another machine's kernel would take, this one's must not. */
static void
test_load_of_other_order (void)
{
  const uint16_t one = 1;
  uint32_t other = *(const uint8_t *) &one ? SCMP_ARCH_S390X : SCMP_ARCH_X86_64;
  scmp_filter_ctx ctx = seccomp_init (SCMP_ACT_ALLOW);

  CHECK (seccomp_arch_remove (ctx, SCMP_ARCH_NATIVE) == 0 && seccomp_arch_add (ctx, other) == 0);
  CHECK (seccomp_load (ctx) == -ECANCELED);
  CHECK (seccomp_attr_set (ctx, SCMP_FLTATR_API_SYSRAWRC, 1) == 0);
  CHECK (seccomp_load (ctx) == -EINVAL);
  CHECK (status_is ("Seccomp", 0));
  seccomp_release (ctx);
}

/* As far as level 1 goes, there is prctl(2) alone. */
static void
test_load_by_prctl (void)
{
  struct sock_filter no_seccomp[] = {
      BPF_STMT (BPF_LD | BPF_W | BPF_ABS, 0),
      BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 1),
      BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {4, no_seccomp};
  scmp_filter_ctx ctx;

  CHECK (seccomp_api_set (1) == 0 && seccomp_api_get () == 1);
  CHECK (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  CHECK (prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
  ctx = new_context ();
  CHECK (seccomp_load (ctx) == 0);
  CHECK (getppid_fails (77));
  seccomp_release (ctx);
}

/* Whatever else it called would be killed. */
static void
test_load_after_precompute (void)
{
  struct sock_filter only[] = {
      BPF_STMT (BPF_LD | BPF_W | BPF_ABS, 0),
      BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 3, 0),
      BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 2, 0),
      BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
      BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {6, only};
  scmp_filter_ctx ctx = new_context ();

  CHECK (precompute (ctx) == 0);
  CHECK (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  CHECK (prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
  CHECK (seccomp_load (ctx) == 0);
}

/* Under a filter of this kind, memory can neither be had from the kernel nor given back. */
static void
allow_little (scmp_filter_ctx ctx)
{
  static const int calls[] = {SCMP_SYS (write), SCMP_SYS (close), SCMP_SYS (exit_group),
                              SCMP_SYS (prctl), SCMP_SYS (seccomp)};

  for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
    seccomp_rule_add (ctx, SCMP_ACT_ALLOW, calls[i], 0);
  for (unsigned i = 0; i < 300; i++)
    seccomp_rule_add (ctx, SCMP_ACT_ALLOW, SCMP_SYS (read), 2, SCMP_A0 (SCMP_CMP_EQ, 7 * i),
                      SCMP_A1 (SCMP_CMP_LT, i * i));
}

static void
test_release_under_filter (void)
{
  scmp_filter_ctx ctx = seccomp_init (SCMP_ACT_KILL_PROCESS), other = new_context ();

  seccomp_arch_add (ctx, SCMP_ARCH_X86);
  allow_little (ctx);
  CHECK (seccomp_load (ctx) == 0);
  seccomp_release (ctx);
  seccomp_release (other);
  /* And once more, with what is left. */
  ctx = seccomp_init (SCMP_ACT_KILL_PROCESS);
  allow_little (ctx);
  CHECK (seccomp_load (ctx) == 0);
  seccomp_release (ctx);
}

/* --- under a filter that says that all went well, and does nothing --- */

static int
fake (int call, unsigned first)
{
  struct sock_filter faking[] = {
      BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
      BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, (unsigned) call, 0, 3),
      BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, args)),
      BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, first, 0, 1),
      BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
      BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {6, faking};

  return prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void
fails_closed (void)
{
  scmp_filter_ctx ctx = new_context ();

  CHECK (seccomp_load (ctx) == -ECANCELED);
  CHECK (seccomp_attr_set (ctx, SCMP_FLTATR_API_SYSRAWRC, 1) == 0);
  CHECK (seccomp_load (ctx) == -EPERM);
  CHECK (!getppid_fails (77));
  seccomp_release (ctx);
}

static void
test_faked_no_new_privileges (void)
{
  if (getuid () != 0)
    return;
  CHECK (seccomp_api_get () > 0 && fake (SYS_prctl, PR_SET_NO_NEW_PRIVS) == 0);
  fails_closed ();
}

static void
test_faked_seccomp (void)
{
  CHECK (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  CHECK (seccomp_api_get () > 1 && fake (SYS_seccomp, SECCOMP_SET_MODE_FILTER) == 0);
  fails_closed ();
}

static void
test_faked_prctl (void)
{
  CHECK (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  CHECK (seccomp_api_set (1) == 0 && fake (SYS_prctl, PR_SET_SECCOMP) == 0);
  fails_closed ();
}

static int go[2], answer[2];

static void *
ask_for_parent (void *mode)
{
  char byte;

  /* A filter of its own: this thread cannot take over another's. */
  if (mode) {
    struct sock_filter allow = BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {1, &allow};

    prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
  }
  byte = 0;
  if (write (answer[1], &byte, 1) != 1 || read (go[0], &byte, 1) != 1)
    return NULL;
  byte = (char) getppid_fails (77);
  return write (answer[1], &byte, 1) == 1 ? mode : NULL;
}

static char
synchronized (scmp_filter_ctx ctx, void *mode, int *loaded)
{
  pthread_t thread;
  char byte = -1;

  if (pipe (go) || pipe (answer) || pthread_create (&thread, NULL, ask_for_parent, mode))
    return -1;
  if (read (answer[0], &byte, 1) != 1)
    return -1;
  *loaded = seccomp_load (ctx);
  if (write (go[1], &byte, 1) != 1 || read (answer[0], &byte, 1) != 1)
    return -1;
  pthread_join (thread, NULL);
  return byte;
}

static void
test_tsync (void)
{
  scmp_filter_ctx ctx = new_context ();
  int loaded;

  CHECK (seccomp_attr_set (ctx, SCMP_FLTATR_CTL_TSYNC, 1) == 0);
  CHECK (synchronized (ctx, NULL, &loaded) == 1);
  CHECK (loaded == 0);
  seccomp_release (ctx);
}

static void
test_tsync_fails (void)
{
  scmp_filter_ctx ctx = new_context ();
  int loaded;

  CHECK (seccomp_attr_set (ctx, SCMP_FLTATR_CTL_TSYNC, 1) == 0);
  CHECK (synchronized (ctx, ctx, &loaded) == 0);
  CHECK (loaded == -ESRCH);
  seccomp_release (ctx);
}

/* --- notifications --- */

/* One call of a child's is received and answered; returns the child's status. */
static int
serve (int fd, int error, int64_t value, uint32_t flags, pid_t child)
{
  struct seccomp_notif *request;
  struct seccomp_notif_resp *response;
  int status;

  if (seccomp_notify_alloc (&request, &response) || seccomp_notify_receive (fd, request))
    return -1;
  response->id = request->id;
  response->error = error;
  response->val = value;
  response->flags = flags;
  if (request->data.nr != SYS_getppid || request->pid != (uint32_t) child ||
      seccomp_notify_id_valid (fd, request->id) != 0 || seccomp_notify_respond (fd, response) != 0)
    return -2;
  waitpid (child, &status, 0);
  if (seccomp_notify_id_valid (fd, request->id) != -ENOENT)
    return -3;
  seccomp_notify_free (request, response);
  return WEXITSTATUS (status);
}

static pid_t
child_asks (void)
{
  pid_t child = fork ();

  if (child == 0) {
    long result = syscall (SYS_getppid);

    _exit (result == -1 ? errno : result == 1234 ? 200 : 201);
  }
  return child;
}

static void
test_notify (void)
{
  scmp_filter_ctx ctx = seccomp_init (SCMP_ACT_ALLOW), other;
  int fd;

  CHECK (seccomp_rule_add (ctx, SCMP_ACT_NOTIFY, SCMP_SYS (getppid), 0) == 0);
  CHECK (seccomp_attr_set (ctx, CTL_WAITKILL, 1) == 0);
  CHECK (seccomp_notify_fd (ctx) == -1);
  CHECK (seccomp_load (ctx) == 0);
  fd = seccomp_notify_fd (ctx);
  CHECK (fd >= 0 && (fcntl (fd, F_GETFD) & FD_CLOEXEC));
  CHECK (serve (fd, -77, 0, 0, child_asks ()) == 77);
  CHECK (serve (fd, 0, 1234, 0, child_asks ()) == 200);
  CHECK (serve (fd, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE, child_asks ()) == 201);

  /* The listener is the process's: contexts have none of their own. */
  other = seccomp_init (SCMP_ACT_ALLOW);
  CHECK (seccomp_notify_fd (other) == fd);
  seccomp_release (ctx);
  CHECK (fcntl (fd, F_GETFD) >= 0);
  CHECK (seccomp_reset (NULL, 0) == 0);
  CHECK (seccomp_notify_fd (other) == -1 && fcntl (fd, F_GETFD) == -1);
  seccomp_release (other);
}

static void
test_notify_with_tsync (void)
{
  scmp_filter_ctx ctx = seccomp_init (SCMP_ACT_ALLOW);

  if (seccomp_api_get () < 6)
    return;
  CHECK (seccomp_attr_set (ctx, SCMP_FLTATR_CTL_TSYNC, 1) == 0);
  CHECK (seccomp_rule_add (ctx, SCMP_ACT_NOTIFY, SCMP_SYS (getppid), 0) == 0);
  CHECK (seccomp_load (ctx) == 0);
  CHECK (serve (seccomp_notify_fd (ctx), -5, 0, 0, child_asks ()) == 5);
  seccomp_release (ctx);
}

/* --- all --- */

struct test {
  const char *name;
  void (*run) (void);
  int in_child;
};

static const struct test tests[] = {
    {"the version is 2.6's, and says whose it is", test_version, 0},
    {"transactions", test_transactions, 0},
    {"transactions in transactions", test_nested_transactions, 0},
    {"a rule that fails on one ABI is on none", test_failed_rule_leaves_nothing, 0},
    {"a program in memory", test_memory_export, 0},
    {"what changes after a program was made", test_later_changes_count, 0},
    {"a context that was released", test_released_context, 0},
    {"a context that was merged", test_merged_context, 0},
    {"the attribute of 2.6", test_attribute_of_2_6, 0},
    {"the listing names calls and verdicts", test_listing, 0},
    {"contexts in many threads", test_threads, 0},
    {"load", test_load, 1},
    {"load without privileges", test_load_without_privileges, 1},
    {"load of another byte order", test_load_of_other_order, 1},
    {"load by prctl", test_load_by_prctl, 1},
    {"load after precompute calls nothing else", test_load_after_precompute, 1},
    {"under a filter that denies memory", test_release_under_filter, 1},
    {"no_new_privs that is not set", test_faked_no_new_privileges, 1},
    {"a filter that is not there", test_faked_seccomp, 1},
    {"a filter that is not there, by prctl", test_faked_prctl, 1},
    {"load for all threads", test_tsync, 1},
    {"load for all threads, where one cannot", test_tsync_fails, 1},
    {"notifications", test_notify, 1},
    {"notifications, and all threads", test_notify_with_tsync, 1},
};

/* Returns the line that failed, or 0; -1 where the child was killed. */
static int
run (const struct test *test)
{
  int status, ends[2], line = -1;
  pid_t child;

  failed_line = 0;
  if (!test->in_child) {
    test->run ();
    return failed_line;
  }
  fflush (stdout);
  if (pipe (ends))
    return -1;
  child = fork ();
  if (child == 0) {
    alarm (60);
    test->run ();
    /* Where not even write is allowed, the status has to do. */
    if (failed_line && write (ends[1], &failed_line, sizeof failed_line) != sizeof failed_line)
      _exit (2);
    _exit (failed_line != 0);
  }
  close (ends[1]);
  if (read (ends[0], &line, sizeof line) != sizeof line)
    line = -1;
  close (ends[0]);
  waitpid (child, &status, 0);
  return WIFEXITED (status) && WEXITSTATUS (status) == 0 ? 0 : line;
}

/* With an argument: only what makes no call that checkers of memory don't know. */
int
main (int argc, char **argv)
{
  int failures = 0;

  (void) argv;
  on_kernel = argc == 1;
  if (!find_functions ()) {
    puts ("Bail out! this is not libseccomp 2.6's interface");
    return 1;
  }
  printf ("1..%zu\n", sizeof tests / sizeof tests[0]);
  for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
    int line;

    if (!on_kernel && tests[i].in_child) {
      printf ("ok %zu - %s # SKIP not on the kernel\n", i + 1, tests[i].name);
      continue;
    }
    line = run (&tests[i]);
    printf ("%sok %zu - %s\n", line ? "not " : "", i + 1, tests[i].name);
    if (line)
      printf ("# line %d failed\n", line);
    failures += line != 0;
  }
  return failures != 0;
}
