#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/syscall.h>

#include "syscalls.h"

static int
row_named (const char *name)
{
  int row = syscall_from_name (name, strlen (name));

  if (row == SYSCALL_UNKNOWN)
    fail_msg ("%s is unknown", name);
  return row;
}

static uint32_t
number_of (const char *name, enum abi abi)
{
  uint32_t number;

  if (!syscall_number (row_named (name), abi, &number))
    fail_msg ("%s lacks %s", abi_table[abi].name, name);
  return number;
}

static bool
abi_has (enum abi abi, const char *name)
{
  uint32_t number;

  return syscall_number (row_named (name), abi, &number);
}

static void
test_names_both_ways (void **state)
{
  (void) state;
  assert_true (syscall_count () > 500);
  for (int row = 0; row < syscall_count (); row++)
    assert_int_equal (row_named (syscall_name (row)), row);
}

static void
test_rows_are_sorted (void **state)
{
  (void) state;
  for (int row = 1; row < syscall_count (); row++)
    assert_true (strcmp (syscall_name (row - 1), syscall_name (row)) < 0);
}

static void
test_numbers_both_ways (void **state)
{
  (void) state;
  for (int abi = 0; abi < ABI_COUNT; abi++) {
    int count = 0;

    for (int row = 0; row < syscall_count (); row++) {
      uint32_t number;

      if (!syscall_number (row, abi, &number))
        continue;
      count++;
      assert_int_equal (syscall_from_number (number, abi), row);
    }
    assert_true (count > 300);
  }
}

static void
test_rows_by_number (void **state)
{
  (void) state;
  for (int abi = 0; abi < ABI_COUNT; abi++) {
    size_t count, present = 0;
    const int16_t *rows = syscall_rows_by_number (abi, &count);
    uint32_t number, before = 0;

    for (size_t i = 0; i < count; i++, before = number) {
      assert_true (syscall_number (rows[i], abi, &number));
      assert_true (i == 0 || number > before);
    }
    for (int row = 0; row < syscall_count (); row++)
      present += syscall_number (row, abi, &number);
    assert_int_equal (count, present);
  }
}

/* What the reverse finds has that number; what it does not find, no row has. */
static void
test_every_number (void **state)
{
  (void) state;
  for (int abi = 0; abi < ABI_COUNT; abi++) {
    int found = 0, count = 0;

    for (int row = 0; row < syscall_count (); row++) {
      uint32_t number;

      count += syscall_number (row, abi, &number) && number - abi_table[abi].number_base < 2000;
    }
    for (uint32_t i = 0; i < 2000; i++) {
      uint32_t number = abi_table[abi].number_base + i, again;
      int row = syscall_from_number (number, abi);

      if (row == SYSCALL_UNKNOWN)
        continue;
      found++;
      assert_true (syscall_number (row, abi, &again));
      assert_int_equal (again, number);
    }
    assert_int_equal (found, count);
  }
}

static void
test_numbers_of_nothing (void **state)
{
  (void) state;
  for (int abi = 0; abi < ABI_COUNT; abi++) {
    assert_int_equal (syscall_from_number (0xffffffff, abi), SYSCALL_UNKNOWN);
    assert_int_equal (syscall_from_number (0x80000000, abi), SYSCALL_UNKNOWN);
    assert_int_equal (syscall_from_number (abi_table[abi].number_base - 1, abi), SYSCALL_UNKNOWN);
    assert_int_equal (syscall_from_number (abi_table[abi].number_base + 1500, abi),
                      SYSCALL_UNKNOWN);
  }
  assert_int_equal (syscall_from_number (0, ABI_X32), SYSCALL_UNKNOWN);
  assert_int_equal (syscall_from_number (0x40000000, ABI_X86_64), SYSCALL_UNKNOWN);
  assert_int_equal (syscall_from_number (0x40000000, ABI_X86), SYSCALL_UNKNOWN);
  assert_int_equal (syscall_from_number (3, ABI_MIPS), SYSCALL_UNKNOWN);
}

static void
test_numbers_known_by_heart (void **state)
{
  static const struct {
    const char *name;
    enum abi abi;
    uint32_t number;
  } facts[] = {
      {"read", ABI_X86_64, 0},
      {"openat", ABI_X86_64, 257},
      {"clone3", ABI_X86_64, 435},
      {"read", ABI_X86, 3},
      {"socketcall", ABI_X86, 102},
      {"mmap2", ABI_X86, 192},
      {"read", ABI_X32, 0x40000000},
      {"openat", ABI_X32, 0x40000000 + 257},
      {"writev", ABI_X32, 0x40000000 + 516},
      {"execve", ABI_X32, 0x40000000 + 520},
      {"read", ABI_AARCH64, 63},
      {"openat", ABI_AARCH64, 56},
      {"newfstatat", ABI_AARCH64, 79},
      {"read", ABI_RISCV64, 63},
      {"riscv_flush_icache", ABI_RISCV64, 259},
      {"read", ABI_LOONGARCH64, 63},
      {"read", ABI_ARM, 3},
      {"set_tls", ABI_ARM, 0xf0005},
      {"cacheflush", ABI_ARM, 0xf0002},
      {"read", ABI_S390X, 3},
      {"newfstatat", ABI_S390X, 293},
      {"fstatat64", ABI_S390, 293},
      {"read", ABI_PPC64LE, 3},
      {"read", ABI_PPC64, 3},
      {"read", ABI_MIPS, 4003},
      {"read", ABI_MIPSEL, 4003},
      {"read", ABI_MIPS64, 5000},
      {"read", ABI_MIPSEL64, 5000},
      {"read", ABI_MIPS64N32, 6000},
      {"read", ABI_MIPSEL64N32, 6000},
      {"syscall", ABI_MIPS, 4000},
      {"read", ABI_PARISC64, 3},
      {"read", ABI_M68K, 3},
      {"read", ABI_SHEB, 3},
  };

  (void) state;
  for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
    assert_int_equal (number_of (facts[i].name, facts[i].abi), facts[i].number);
  assert_false (abi_has (ABI_AARCH64, "open"));
  assert_false (abi_has (ABI_X86_64, "socketcall"));
  assert_false (abi_has (ABI_X86, "accept"));
  assert_true (abi_has (ABI_X86, "accept4"));
}

/* The headers that this test was built with, for the native ABI. */
static void
test_numbers_of_the_header (void **state)
{
#define CALL(name)    \
  {                   \
#    name, SYS_##name \
  }
  static const struct {
    const char *name;
    uint32_t number;
  } header[] = {
      CALL (read),
      CALL (write),
      CALL (close),
      CALL (ioctl),
      CALL (fcntl),
      CALL (openat),
      CALL (execve),
      CALL (execveat),
      CALL (exit),
      CALL (exit_group),
      CALL (kill),
      CALL (tgkill),
      CALL (clone),
      CALL (getpid),
      CALL (gettid),
      CALL (ptrace),
      CALL (prctl),
      CALL (seccomp),
      CALL (bpf),
      CALL (unshare),
      CALL (setns),
      CALL (mount),
      CALL (umount2),
      CALL (reboot),
      CALL (init_module),
      CALL (keyctl),
      CALL (perf_event_open),
      CALL (personality),
      CALL (brk),
      CALL (mprotect),
      CALL (munmap),
      CALL (futex),
      CALL (getrandom),
      CALL (pidfd_open),
      CALL (io_uring_setup),
      CALL (statx),
      CALL (sendmsg),
      CALL (recvmsg),
      CALL (bind),
      CALL (connect),
  };

  (void) state;
  for (size_t i = 0; i < sizeof header / sizeof *header; i++)
    assert_int_equal (number_of (header[i].name, abi_native ()), header[i].number);
}

static void
test_unknown_names (void **state)
{
  static const char *const names[] = {
      "",
      "rea",
      "readd",
      "READ",
      "Read",
      " read",
      "read ",
      "sys_read",
      "__NR_read",
      "socketcal",
      "socketcalls",
      "no_such_call",
      "sched_rr_get_interval_time64x",
      "\xc3\xa9",
  };
  char *prefixed;
  size_t length = 100000;

  (void) state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    assert_int_equal (syscall_from_name (names[i], strlen (names[i])), SYSCALL_UNKNOWN);
  assert_int_equal (syscall_from_name ("read\0", 5), SYSCALL_UNKNOWN);
  assert_int_equal (syscall_from_name ("readv", 4), row_named ("read"));
  prefixed = calloc (length, 1);
  assert_non_null (prefixed);
  memcpy (prefixed, "read", 4);
  assert_int_equal (syscall_from_name (prefixed, length), SYSCALL_UNKNOWN);
  free (prefixed);
}

/* Every name, cut short and made longer, is either no call or the call of that very name. Each is
 * in memory of its own, behind which nothing may be read. */
static void
test_near_names (void **state)
{
  (void) state;
  for (int row = 0; row < syscall_count (); row++) {
    char name[64];
    int length = snprintf (name, sizeof name, "%s2", syscall_name (row));

    for (int i = 0; i <= length; i++) {
      char *alone = malloc ((size_t) i + !i);
      int found;

      assert_non_null (alone);
      memcpy (alone, name, (size_t) i);
      found = syscall_from_name (alone, (size_t) i);
      free (alone);

      if (found != SYSCALL_UNKNOWN) {
        assert_int_equal (strlen (syscall_name (found)), i);
        assert_memory_equal (syscall_name (found), name, i);
      }
    }
  }
}

/* Every name with one character changed, wherever it stands, is no call either, or that one. */
static void
test_changed_names (void **state)
{
  (void) state;
  for (int row = 0; row < syscall_count (); row++) {
    char name[64];
    size_t length = strlen (syscall_name (row));

    for (size_t i = 0; i < length; i++)
      for (int character = 1; character < 256; character++) {
        int found;

        memcpy (name, syscall_name (row), length + 1);
        name[i] = (char) character;
        found = syscall_from_name (name, length);
        if (found != SYSCALL_UNKNOWN && strcmp (syscall_name (found), name) != 0)
          fail_msg ("%s is taken for %s", name, syscall_name (found));
      }
  }
}

static void
test_multiplexed_calls (void **state)
{
  static const struct {
    const char *name;
    enum multiplexer multiplexer;
    uint32_t call;
  } calls[] = {
      {"socket", MULTIPLEXER_SOCKETCALL, 1},
      {"bind", MULTIPLEXER_SOCKETCALL, 2},
      {"connect", MULTIPLEXER_SOCKETCALL, 3},
      {"listen", MULTIPLEXER_SOCKETCALL, 4},
      {"accept", MULTIPLEXER_SOCKETCALL, 5},
      {"getsockname", MULTIPLEXER_SOCKETCALL, 6},
      {"getpeername", MULTIPLEXER_SOCKETCALL, 7},
      {"socketpair", MULTIPLEXER_SOCKETCALL, 8},
      {"send", MULTIPLEXER_SOCKETCALL, 9},
      {"recv", MULTIPLEXER_SOCKETCALL, 10},
      {"sendto", MULTIPLEXER_SOCKETCALL, 11},
      {"recvfrom", MULTIPLEXER_SOCKETCALL, 12},
      {"shutdown", MULTIPLEXER_SOCKETCALL, 13},
      {"setsockopt", MULTIPLEXER_SOCKETCALL, 14},
      {"getsockopt", MULTIPLEXER_SOCKETCALL, 15},
      {"sendmsg", MULTIPLEXER_SOCKETCALL, 16},
      {"recvmsg", MULTIPLEXER_SOCKETCALL, 17},
      {"accept4", MULTIPLEXER_SOCKETCALL, 18},
      {"recvmmsg", MULTIPLEXER_SOCKETCALL, 19},
      {"sendmmsg", MULTIPLEXER_SOCKETCALL, 20},
      {"semop", MULTIPLEXER_IPC, 1},
      {"semget", MULTIPLEXER_IPC, 2},
      {"semctl", MULTIPLEXER_IPC, 3},
      {"semtimedop", MULTIPLEXER_IPC, 4},
      {"msgsnd", MULTIPLEXER_IPC, 11},
      {"msgrcv", MULTIPLEXER_IPC, 12},
      {"msgget", MULTIPLEXER_IPC, 13},
      {"msgctl", MULTIPLEXER_IPC, 14},
      {"shmat", MULTIPLEXER_IPC, 21},
      {"shmdt", MULTIPLEXER_IPC, 22},
      {"shmget", MULTIPLEXER_IPC, 23},
      {"shmctl", MULTIPLEXER_IPC, 24},
  };
  size_t multiplexed = 0;

  (void) state;
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    uint32_t call;

    assert_int_equal (syscall_multiplexer (row_named (calls[i].name), &call), calls[i].multiplexer);
    assert_int_equal (call, calls[i].call);
  }
  for (int row = 0; row < syscall_count (); row++) {
    uint32_t call;

    multiplexed += syscall_multiplexer (row, &call) != MULTIPLEXER_NONE;
  }
  assert_int_equal (multiplexed, sizeof calls / sizeof *calls);
}

/* The ABI's row names the multiplexers' numbers; the table has them as any other call. */
static void
test_multiplexers_of_abis (void **state)
{
  (void) state;
  for (int abi = 0; abi < ABI_COUNT; abi++) {
    const struct abi_row *row = &abi_table[abi];

    assert_int_equal (row->socketcall >= 0, abi_has (abi, "socketcall"));
    assert_int_equal (row->ipc >= 0, abi_has (abi, "ipc"));
    if (row->socketcall < 0)
      continue;
    assert_int_equal (number_of ("socketcall", abi), row->number_base + (uint32_t) row->socketcall);
    assert_int_equal (number_of ("ipc", abi), row->number_base + (uint32_t) row->ipc);
  }
  assert_int_equal (number_of ("socketcall", ABI_MIPSEL), 4102);
  assert_int_equal (number_of ("ipc", ABI_S390X), 117);
}

static void
test_frequencies (void **state)
{
  uint64_t sum = 0;

  (void) state;
  for (int row = 0; row < syscall_count (); row++) {
    sum += syscall_frequencies ()[row];
    assert_true (syscall_frequencies ()[row] <= syscall_frequencies ()[row_named ("newfstatat")]);
  }
  assert_in_range (sum, 999000, 1001000);
  assert_int_equal (syscall_frequencies ()[row_named ("read")], 101333);
  assert_int_equal (syscall_frequencies ()[row_named ("reboot")], 0);
}

static void
test_date (void **state)
{
  int year, month, day, end = 0;

  (void) state;
  assert_int_equal (sscanf (syscalls_date, "%4d-%2d-%2d%n", &year, &month, &day, &end), 3);
  assert_int_equal (end, strlen (syscalls_date));
  assert_true (year >= 2026);
  assert_int_equal (syscalls_kernel[0], 'v');
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_names_both_ways),
      cmocka_unit_test (test_rows_are_sorted),
      cmocka_unit_test (test_numbers_both_ways),
      cmocka_unit_test (test_rows_by_number),
      cmocka_unit_test (test_every_number),
      cmocka_unit_test (test_numbers_of_nothing),
      cmocka_unit_test (test_numbers_known_by_heart),
      cmocka_unit_test (test_numbers_of_the_header),
      cmocka_unit_test (test_unknown_names),
      cmocka_unit_test (test_near_names),
      cmocka_unit_test (test_changed_names),
      cmocka_unit_test (test_multiplexed_calls),
      cmocka_unit_test (test_multiplexers_of_abis),
      cmocka_unit_test (test_frequencies),
      cmocka_unit_test (test_date),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
