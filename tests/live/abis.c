/* The other ABIs of an x86_64 kernel: i386 calls from a 64-bit program, x32's numbers, and numbers
 * that belong to no ABI. */
#include "live.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#ifdef __x86_64__

enum { X86_GETPPID = 64, X86_SOCKETCALL = 102, X86_SOCKET = 359, X86_GETPID = 20 };
enum { X64_GETPPID = 110, X64_BIT_30 = 0x40000000 };

#  define LISTED(arch, rules)                                                    \
    "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_" arch \
    "\"],\"syscalls\":[" rules "]}"
#  define DENY_GETPPID "{\"names\":[\"getppid\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":7}"

/* --- i386 ------------------------------------------------------------------------------------ */

static long
call_x86 (long number, unsigned long a0, unsigned long a1, unsigned long a2)
{
  long result;

  __asm__ volatile("int $0x80"
                   : "=a"(result)
                   : "a"(number), "b"(a0), "c"(a1), "d"(a2)
                   : "memory", "r8", "r9", "r10", "r11");
  return (int) result;
}

static void
test_x86_exists (void)
{
  CHECK (call_x86 (X86_GETPID, 0, 0, 0) == getpid ());
}

/* A program without the x86 ABI kills, whatever its default. */
static void
test_x86_unlisted (void)
{
  live_install (LISTED ("X86_64", DENY_GETPPID), 0);
  call_x86 (X86_GETPID, 0, 0, 0);
}

/* By the number of the other ABI: 64 is semget on x86_64, 110 is iopl on x86. */
static void
test_x86_listed (void)
{
  live_install (LISTED ("X86", DENY_GETPPID), 0);
  CHECK (call_x86 (X86_GETPPID, 0, 0, 0) == -7);
  CHECK (live_call (X64_GETPPID, 0, 0, 0, 0, 0, 0) == -7);
  CHECK (call_x86 (X86_GETPID, 0, 0, 0) == getpid ());
  CHECK (live_call (X86_GETPPID, 1, 0, 0, 0, 0, 0) != -7);
}

/* Values and masks are cut to the ABI's 32 bits; x86_64 compares all of them. */
static void
test_x86_narrow (void)
{
  live_install (LISTED ("X86", "{\"names\":[\"getppid\"],\"action\":\"SCMP_ACT_ERRNO\","
                               "\"errnoRet\":7,\"args\":[{\"index\":0,\"value\":4294967301,"
                               "\"op\":\"SCMP_CMP_EQ\"}]}"),
                0);
  CHECK (call_x86 (X86_GETPPID, 5, 0, 0) == -7);
  CHECK (call_x86 (X86_GETPPID, 6, 0, 0) > 0);
  CHECK (live_call (X64_GETPPID, 5, 0, 0, 0, 0, 0) > 0);
  CHECK (live_call (X64_GETPPID, UINT64_C (0x100000005), 0, 0, 0, 0, 0) == -7);
}

/* socketcall's own arguments: a pointer that an i386 call can express. */
static uint32_t *
socket_arguments (uint32_t family)
{
  uint32_t *arguments =
      mmap (NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

  CHECK (arguments != MAP_FAILED);
  arguments[0] = family;
  arguments[1] = 1;
  return arguments;
}

static void
test_x86_socketcall (void)
{
  uint32_t *arguments = socket_arguments (1);

  live_install (LISTED ("X86", "{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ERRNO\","
                               "\"errnoRet\":7}"),
                0);
  CHECK (call_x86 (X86_SOCKETCALL, 1, (unsigned long) arguments, 0) == -7);
  CHECK (call_x86 (X86_SOCKET, 1, 1, 0) == -7);
  /* socketpair (8) is another call. */
  CHECK (call_x86 (X86_SOCKETCALL, 8, (unsigned long) arguments, 0) != -7);
}

/* A condition on the first argument cannot be seen through socketcall: every socket is denied
 * there, as libseccomp has it. */
static void
test_x86_socketcall_condition (void)
{
  uint32_t *arguments = socket_arguments (2);

  live_install (LISTED ("X86", "{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ERRNO\","
                               "\"errnoRet\":7,\"args\":[{\"index\":0,\"value\":1,"
                               "\"op\":\"SCMP_CMP_EQ\"}]}"),
                0);
  CHECK (call_x86 (X86_SOCKETCALL, 1, (unsigned long) arguments, 0) == -7);
  CHECK (call_x86 (X86_SOCKET, 1, 1, 0) == -7);
  CHECK (call_x86 (X86_SOCKET, 2, 1, 0) != -7);
}

static bool
has_x86 (void)
{
  void (*before) (int) = signal (SIGSEGV, SIG_DFL);
  bool has = call_x86 (X86_GETPID, 0, 0, 0) == getpid ();

  signal (SIGSEGV, before);
  return has;
}

static void
run_x86 (void)
{
  if (!has_x86 ()) {
    live_skip ("i386 calls by int 0x80", "this kernel has no IA32 emulation");
    return;
  }
  live_run ("i386 calls reach the kernel by int 0x80", test_x86_exists);
  live_run_killed ("i386 calls are killed where x86 is not listed", test_x86_unlisted, SIGSYS);
  live_run ("i386 calls by their own numbers", test_x86_listed);
  live_run ("i386 arguments have 32 bits", test_x86_narrow);
  live_run ("socket through socketcall", test_x86_socketcall);
  live_run ("socket with a condition, through socketcall", test_x86_socketcall_condition);
}

/* --- x32 and numbers of no ABI --------------------------------------------------------------- */

static void
test_x32_unlisted (void)
{
  live_install (LISTED ("X86_64", DENY_GETPPID), 0);
  live_call (X64_BIT_30 | X64_GETPPID, 0, 0, 0, 0, 0, 0);
}

static void
test_x32_listed (void)
{
  live_install (LISTED ("X32", DENY_GETPPID), 0);
  CHECK (live_call (X64_BIT_30 | X64_GETPPID, 0, 0, 0, 0, 0, 0) == -7);
  CHECK (live_call (X64_GETPPID, 0, 0, 0, 0, 0, 0) == -7);
  CHECK (live_call (X64_BIT_30 | 39, 0, 0, 0, 0, 0, 0) != -7);
}

static void
test_x32_narrow (void)
{
  live_install (LISTED ("X32", "{\"names\":[\"getppid\"],\"action\":\"SCMP_ACT_ERRNO\","
                               "\"errnoRet\":7,\"args\":[{\"index\":0,\"value\":5,"
                               "\"op\":\"SCMP_CMP_EQ\"}]}"),
                0);
  CHECK (live_call (X64_BIT_30 | X64_GETPPID, UINT64_C (0x200000005), 0, 0, 0, 0, 0) == -7);
  CHECK (live_call (X64_GETPPID, UINT64_C (0x200000005), 0, 0, 0, 0, 0) > 0);
}

#  define ALLOW_LIST(arch)                                               \
    "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":13," arch \
    "\"syscalls\":[{\"names\":["                                         \
    "\"getppid\",\"write\",\"exit_group\"],\"action\":\"SCMP_ACT_ALLOW\"}]}"

/* -1 is no ABI's, and not newer than the profile: the default, but with x32, which it belongs to
 * by its bits. 2^31 up to bit 30 is newer. */
static void
test_no_number (void)
{
  live_install (ALLOW_LIST (""), 0);
  CHECK (live_call (-1, 0, 0, 0, 0, 0, 0) == -13);
  CHECK (live_call (0x80000000L, 0, 0, 0, 0, 0, 0) == -ENOSYS);
  CHECK (live_call (0xbfffffffL, 0, 0, 0, 0, 0, 0) == -ENOSYS);
  CHECK (live_call (X64_GETPPID, 0, 0, 0, 0, 0, 0) > 0);
}

static void
test_no_number_with_x32 (void)
{
  live_install (ALLOW_LIST ("\"architectures\":[\"SCMP_ARCH_X32\"],"), 0);
  CHECK (live_call (-1, 0, 0, 0, 0, 0, 0) == -ENOSYS);
  CHECK (live_call (X64_BIT_30 | 0xfffffff, 0, 0, 0, 0, 0, 0) == -ENOSYS);
  CHECK (live_call (X64_GETPPID, 0, 0, 0, 0, 0, 0) > 0);
}

static void
test_bit_30_killed (void)
{
  live_install (ALLOW_LIST (""), 0);
  live_call (0xc0000000L, 0, 0, 0, 0, 0, 0);
}

int
main (void)
{
  run_x86 ();
  live_run_killed ("x32's numbers are killed where x32 is not listed", test_x32_unlisted, SIGSYS);
  live_run ("x32's numbers where it is", test_x32_listed);
  live_run ("x32's arguments have 32 bits", test_x32_narrow);
  live_run ("the number -1, and numbers of bit 31", test_no_number);
  live_run ("the same with x32", test_no_number_with_x32);
  live_run_killed ("numbers of bits 30 and 31 are killed without x32", test_bit_30_killed, SIGSYS);
  return live_end ();
}

#else

int
main (void)
{
  live_skip ("the other ABIs of an x86_64 kernel", "this machine is none");
  return live_end ();
}

#endif
