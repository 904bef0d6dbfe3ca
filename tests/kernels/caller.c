/* On the machine: makes calls under a filter and compares what came of them. Needs libc alone, so
 * that it can be built for each ABI of a kernel.
 *
 *   caller decide CALLS PROGRAM   the decisions of a filter
 *   caller enforce CALLS PROGRAM  what comes of one call for each verdict
 *   caller shown CALLS            what the kernel shows of calls to filters
 *   caller accept PROGRAM         does the kernel take the program as it is?
 *   caller same FILE FILE         are two files the same?
 *
 * Out: "filters F calls N mismatches M" last, and before it the first mismatches; exit status 0 if
 * M is 0.
 *
 * A call that is let through would do what it does, and one that kills would end the test. So
 * `decide` exchanges the verdicts in the program, and nothing else of it: each becomes an errno of
 * its own, and no call is ever carried out. */
#include "calls.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

enum {
  PROGRAM_MAX = 4096,
  SHOWN = 5,     /* mismatches that are told in full */
  TRACES = 1000, /* numbers of TRACE that are told apart */
  LAST_ERRNO = 4095,
  NOT_MADE = -1,    /* a result: the call was not reached */
  CAME_BACK = -2,   /* a result: the call returned a value other than 0 */
  SLICE_BITS = 12,  /* what one errno can tell of a word */
  TIME_LIMIT = 120, /* seconds */
};

static struct call *calls;
static uint32_t call_count, token, argument_bits, installed;
static struct sock_filter program[PROGRAM_MAX];
static unsigned short program_length;

/* What a child has to tell: it is under a filter that lets it make no call. */
static struct shared {
  int refused; /* errno of seccomp(2) */
  uint32_t trap_arch, trap_number;
  int trap_errno;
  int32_t results[];
} * shared;

static void
die (const char *what)
{
  perror (what);
  exit (1);
}

/* --- files ----------------------------------------------------------------------------------- */

static unsigned char *
read_file (const char *path, size_t *size)
{
  FILE *file = fopen (path, "re");
  unsigned char *bytes;

  if (!file || fseek (file, 0, SEEK_END))
    die (path);
  *size = (size_t) ftell (file);
  rewind (file);
  bytes = malloc (*size + 1);
  if (!bytes || fread (bytes, 1, *size, file) != *size)
    die (path);
  fclose (file);
  return bytes;
}

static uint64_t
take (const unsigned char **at, int bytes)
{
  uint64_t value = 0;

  while (bytes--)
    value = value << 8 | *(*at)++;
  return value;
}

static void
read_calls (const char *path)
{
  size_t size;
  const unsigned char *at = read_file (path, &size);

  if (size < CALLS_HEAD_SIZE || take (&at, 4) != CALLS_MAGIC)
    die (path);
  token = (uint32_t) take (&at, 4);
  argument_bits = (uint32_t) take (&at, 4);
  call_count = (uint32_t) take (&at, 4);
  calls = calloc (call_count + 1, sizeof *calls);
  if (!calls || size != CALLS_HEAD_SIZE + (size_t) call_count * CALL_SIZE)
    die (path);
  for (struct call *call = calls; call < calls + call_count; call++) {
    call->number = (uint32_t) take (&at, 4);
    call->shown = (uint32_t) take (&at, 4);
    for (int i = 0; i < 6; i++)
      call->args[i] = take (&at, 8);
    call->verdict = (uint32_t) take (&at, 4);
  }
}

static void
read_program (const char *path)
{
  size_t size;
  unsigned char *bytes = read_file (path, &size);

  if (size > sizeof program || size % sizeof *program)
    die (path);
  memcpy (program, bytes, size);
  program_length = (unsigned short) (size / sizeof *program);
}

/* --- one call -------------------------------------------------------------------------------- */

#if defined(__mips__) && _MIPS_SIM == _ABIN32

/* Registers have 64 bits, but libc's syscall takes 32: what of the rest goes in, no filter of this
 * ABI may look at. */
static long
make_call (const struct call *call)
{
  register long long number __asm__("$2") = (int) call->number;
  register uint64_t a0 __asm__("$4") = call->args[0];
  register uint64_t a1 __asm__("$5") = call->args[1];
  register uint64_t a2 __asm__("$6") = call->args[2];
  register uint64_t a3 __asm__("$7") = call->args[3];
  register uint64_t a4 __asm__("$8") = call->args[4];
  register uint64_t a5 __asm__("$9") = call->args[5];

  __asm__ volatile("syscall"
                   : "+r"(number), "+r"(a3)
                   : "r"(a0), "r"(a1), "r"(a2), "r"(a4), "r"(a5)
                   : "$1", "$3", "$10", "$11", "$12", "$13", "$14", "$15", "$24", "$25", "hi", "lo",
                     "memory");
  if (!a3)
    return (long) number;
  errno = (int) number;
  return -1;
}

#else

static long
make_call (const struct call *call)
{
  const uint64_t *args = call->args;

  return syscall ((long) (int) call->number, (long) args[0], (long) args[1], (long) args[2],
                  (long) args[3], (long) args[4], (long) args[5]);
}

#endif

/* --- all of them, under a filter ------------------------------------------------------------- */

static int
install (void)
{
  struct sock_fprog fprog = {program_length, program};

  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
      syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &fprog))
    return errno;
  return 0;
}

/* It cannot even exit. */
static _Noreturn void
be_child (void)
{
  shared->refused = install ();
  for (uint32_t i = 0; i < call_count && !shared->refused; i++) {
    long result = make_call (&calls[i]);

    shared->results[i] = result == 0 ? 0 : result == -1 ? errno : CAME_BACK;
  }
  for (;;)
    __builtin_trap ();
}

static int
wait_for (pid_t child)
{
  int status;

  for (int i = 0; i < TIME_LIMIT * 100; i++) {
    if (waitpid (child, &status, WNOHANG) == child)
      return status;
    usleep (10000);
  }
  kill (child, SIGKILL);
  waitpid (child, &status, 0);
  return status;
}

/* The results are in `shared` then. */
static bool
make_calls (void)
{
  pid_t child;

  shared->refused = EINPROGRESS;
  for (uint32_t i = 0; i < call_count; i++)
    shared->results[i] = NOT_MADE;
  child = fork ();
  if (child == 0)
    be_child ();
  int status = wait_for (child);

  if (shared->refused)
    printf ("# the kernel refused the program: %s\n", strerror (shared->refused));
  else if (!WIFSIGNALED (status) || (WTERMSIG (status) != SIGILL && WTERMSIG (status) != SIGTRAP))
    printf ("# the child ended with wait status 0x%x\n", (unsigned) status);
  else {
    installed++;
    return true;
  }
  return false;
}

static void
share (void)
{
  shared = mmap (NULL, sizeof *shared + (call_count + 1) * sizeof *shared->results,
                 PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED)
    die ("mmap");
}

/* --- decide ---------------------------------------------------------------------------------- */

/* The other actions; TRACE, with its number, follows them. */
static const uint32_t actions[] = {SECCOMP_RET_ALLOW,       SECCOMP_RET_LOG,
                                   SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_PROCESS,
                                   SECCOMP_RET_TRAP,        SECCOMP_RET_USER_NOTIF};

enum { ACTIONS = sizeof actions / sizeof *actions };

/* The errno that stands for the first action. */
static int first_action;

/* The errno that stands for a verdict. */
static int
visible (uint32_t verdict)
{
  const int data = verdict & SECCOMP_RET_DATA;

  if ((verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO)
    return data < LAST_ERRNO ? data : LAST_ERRNO;
  for (int i = 0; i < ACTIONS; i++)
    if (verdict == actions[i])
      return first_action + i;
  if ((verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRACE)
    return first_action + ACTIONS + data % TRACES;
  printf ("# verdict 0x%x is none of ours\n", verdict);
  exit (1);
}

/* So that no errno of the program, or that is wanted, stands for an action as well. */
static void
choose_errnos (void)
{
  bool used[LAST_ERRNO + 1] = {0};
  int unused = 0;

  for (unsigned i = 0; i < program_length; i++)
    if (BPF_CLASS (program[i].code) == BPF_RET &&
        (program[i].k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO)
      used[visible (program[i].k)] = true;
  for (uint32_t i = 0; i < call_count; i++)
    if ((calls[i].verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO)
      used[visible (calls[i].verdict)] = true;
  for (first_action = LAST_ERRNO; first_action > 1 && unused < ACTIONS + TRACES; first_action--)
    unused = used[first_action] ? 0 : unused + 1;
  first_action++;
  if (unused < ACTIONS + TRACES) {
    printf ("# no errnos are left to stand for actions\n");
    exit (1);
  }
}

static void
make_visible (void)
{
  for (unsigned i = 0; i < program_length; i++)
    if (program[i].code == (BPF_RET | BPF_K))
      program[i].k = SECCOMP_RET_ERRNO | (unsigned) visible (program[i].k);
    else if (BPF_CLASS (program[i].code) == BPF_RET) {
      printf ("# instruction %u returns no constant\n", i);
      exit (1);
    }
}

static void
tell_call (const struct call *call)
{
  printf ("number 0x%x", call->number);
  for (int i = 0; i < 6; i++)
    printf (" 0x%llx", (unsigned long long) call->args[i]);
}

static int
report (uint32_t made, uint32_t mismatches)
{
  printf ("filters %u calls %u mismatches %u\n", installed, made, mismatches);
  return made == 0 || mismatches != 0;
}

static int
decide (void)
{
  uint32_t mismatches = 0;

  share ();
  choose_errnos ();
  make_visible ();
  if (!make_calls ())
    mismatches++;
  for (uint32_t i = 0; i < call_count; i++)
    if (shared->results[i] != visible (calls[i].verdict) && mismatches++ < SHOWN) {
      printf ("# mismatch: ");
      tell_call (&calls[i]);
      printf (": wanted 0x%x, which is errno %d here; got %d\n", calls[i].verdict,
              visible (calls[i].verdict), shared->results[i]);
    }
  return report (call_count, mismatches);
}

/* --- enforce --------------------------------------------------------------------------------- */

/* May make no call either. */
static void
on_trap (int signal, siginfo_t *info, void *context)
{
  (void) signal;
  (void) context;
  shared->trap_arch = info->si_arch;
  shared->trap_number = (uint32_t) info->si_syscall;
  shared->trap_errno = info->si_errno;
  for (;;)
    __builtin_trap ();
}

/* One call under the program as it is; what became of the child. */
static int
make_one_call (const struct call *call, pid_t *pid)
{
  const struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
  pid_t child;

  shared->refused = EINPROGRESS;
  shared->trap_arch = 0;
  shared->results[0] = NOT_MADE;
  child = *pid = fork ();
  if (child == 0) {
    long result;

    sigaction (SIGSYS, &action, NULL);
    shared->refused = install ();
    result = make_call (call);
    shared->results[0] = result == -1 ? errno : 0;
    for (;;)
      __builtin_trap ();
  }
  return wait_for (child);
}

/* Does the kernel's log tell of the call? It does of what kills and of LOG, a little later; but not
 * on MIPS, where it can audit no calls (CONFIG_AUDITSYSCALL). */
static bool
is_logged (const struct call *call, uint32_t action, pid_t child)
{
#ifdef __mips__
  (void) call, (void) action, (void) child;
  return true;
#else
  enum { READ_ALL = 3, TRIES = 300 };
  static char log[1 << 17];
  char who[40], what[60], code[20];

  snprintf (who, sizeof who, " pid=%d comm=", (int) child);
  snprintf (what, sizeof what, " arch=%x syscall=%u ", token, call->shown);
  snprintf (code, sizeof code, " code=0x%x", action);
  for (int i = 0; i < TRIES; i++) {
    int size = klogctl (READ_ALL, log, sizeof log - 1);

    log[size < 0 ? 0 : size] = '\0';
    for (char *rest = log, *line; (line = strsep (&rest, "\n"));)
      if (strstr (line, who) && strstr (line, what) && strstr (line, code))
        return true;
    usleep (10000);
  }
  printf ("# the kernel's log has no%s%s%s\n", who, what, code);
  return false;
#endif
}

/* Did the kernel do with the call what the verdict says? NOTIFY and TRACE find nobody to ask. */
static bool
is_enforced (const struct call *call, int status, pid_t child)
{
  const uint32_t action = call->verdict & SECCOMP_RET_ACTION_FULL;
  const int data = call->verdict & SECCOMP_RET_DATA, result = shared->results[0];

  if (shared->refused)
    return false;
  switch (action) {
  case SECCOMP_RET_TRAP:
    return result == NOT_MADE && shared->trap_arch == token && shared->trap_number == call->shown &&
           shared->trap_errno == data;
  case SECCOMP_RET_KILL_THREAD:
  case SECCOMP_RET_KILL_PROCESS:
    return result == NOT_MADE && WIFSIGNALED (status) && WTERMSIG (status) == SIGSYS &&
           shared->trap_arch == 0 && is_logged (call, action, child);
  case SECCOMP_RET_ERRNO:
    return result == data;
  case SECCOMP_RET_USER_NOTIF:
  case SECCOMP_RET_TRACE:
    return result == ENOSYS;
  case SECCOMP_RET_LOG:
    return result == 0 && is_logged (call, action, child);
  default:
    return result == 0;
  }
}

/* For calls that do no harm where they are let through. */
static int
enforce (void)
{
  uint32_t seen[64], count = 0, mismatches = 0;

  share ();
  for (uint32_t i = 0; i < call_count && count < sizeof seen / sizeof *seen; i++) {
    uint32_t j = 0;

    while (j < count && seen[j] != calls[i].verdict)
      j++;
    if (j < count)
      continue;
    seen[count++] = calls[i].verdict;
    pid_t child;
    int status = make_one_call (&calls[i], &child);

    installed++;
    if (is_enforced (&calls[i], status, child) || mismatches++ >= SHOWN)
      continue;
    printf ("# mismatch: ");
    tell_call (&calls[i]);
    printf (": verdict 0x%x; errno %d, wait status 0x%x\n", calls[i].verdict, shared->results[0],
            (unsigned) status);
  }
  return report (count, mismatches);
}

/* --- shown ----------------------------------------------------------------------------------- */

/* A program that answers each call with 12 bits of a word of its data. */
static void
read_out (uint32_t offset, unsigned shift)
{
  const struct sock_filter instructions[] = {
      BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offset),
      BPF_STMT (BPF_ALU | BPF_RSH | BPF_K, shift),
      BPF_STMT (BPF_ALU | BPF_AND | BPF_K, (1 << SLICE_BITS) - 1),
      BPF_STMT (BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO),
      BPF_STMT (BPF_RET | BPF_A, 0),
  };

  memcpy (program, instructions, sizeof instructions);
  program_length = sizeof instructions / sizeof *instructions;
}

/* What a word of the data of each call must be. */
static uint32_t
wanted_word (const struct call *call, uint32_t offset)
{
  struct seccomp_data data = {.nr = (int) call->shown, .arch = token};
  uint32_t word;

  memcpy (data.args, call->args, sizeof data.args);
  memcpy (&word, (const char *) &data + offset, sizeof word);
  return word;
}

/* Does the word at this offset lie in the upper half of an argument? */
static bool
is_high (uint32_t offset)
{
  const uint64_t one = 1;
  const bool big_endian = *(const unsigned char *) &one == 0;

  return (offset % 8 == 0) == big_endian;
}

/* Returns how many differ. */
static uint32_t
compare_word (uint32_t offset)
{
  uint32_t *words = calloc (call_count + 1, sizeof *words), mismatches = 0;

  for (unsigned shift = 0; shift < 32; shift += SLICE_BITS) {
    read_out (offset, shift);
    if (!make_calls ())
      mismatches++;
    for (uint32_t i = 0; i < call_count; i++)
      words[i] |= (uint32_t) shared->results[i] << shift;
  }
  for (uint32_t i = 0; i < call_count; i++)
    if (words[i] != wanted_word (&calls[i], offset) && mismatches++ < SHOWN) {
      printf ("# mismatch: ");
      tell_call (&calls[i]);
      printf (": the word at offset %u is 0x%x, wanted 0x%x\n", offset, words[i],
              wanted_word (&calls[i], offset));
    }
  free (words);
  return mismatches;
}

static int
show (void)
{
  uint32_t mismatches = 0, words = 0;

  share ();
  for (uint32_t offset = 0; offset < sizeof (struct seccomp_data); offset += 4) {
    const bool is_argument = offset >= offsetof (struct seccomp_data, args);

    /* The address of the instruction is nobody's, nor is what a narrow ABI has above 32 bits. */
    if ((offset >= offsetof (struct seccomp_data, instruction_pointer) && !is_argument) ||
        (is_argument && argument_bits == 32 && is_high (offset)))
      continue;
    mismatches += compare_word (offset);
    words++;
  }
  return report (3 * words * call_count, mismatches);
}

/* --- accept, same ---------------------------------------------------------------------------- */

static int
accept_program (void)
{
  call_count = 0;
  share ();
  const bool accepted = make_calls ();

  printf ("filters %u calls 0 mismatches %u\n", installed, !accepted);
  return !accepted;
}

static int
compare_files (const char *one, const char *other)
{
  size_t size, other_size;
  const unsigned char *bytes = read_file (one, &size),
                      *other_bytes = read_file (other, &other_size);
  const bool same = size && size == other_size && !memcmp (bytes, other_bytes, size);

  if (!same)
    printf ("# %s has %zu bytes, %s %zu\n", one, size, other, other_size);
  return !same;
}

int
main (int argc, char **argv)
{
  const char *mode = argc > 2 ? argv[1] : "";

  setvbuf (stdout, NULL, _IOFBF, 1 << 16);
  if (!strcmp (mode, "decide") && argc == 4) {
    read_calls (argv[2]);
    read_program (argv[3]);
    return decide ();
  }
  if (!strcmp (mode, "enforce") && argc == 4) {
    read_calls (argv[2]);
    read_program (argv[3]);
    return enforce ();
  }
  if (!strcmp (mode, "shown")) {
    read_calls (argv[2]);
    return show ();
  }
  if (!strcmp (mode, "accept")) {
    read_program (argv[2]);
    return accept_program ();
  }
  if (!strcmp (mode, "same") && argc == 4)
    return compare_files (argv[2], argv[3]);
  return 2;
}
