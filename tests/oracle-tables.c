/* The oracle's own knowledge of ABIs, and of names and numbers. */
#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/audit.h>

#ifndef EM_LOONGARCH
#  define EM_LOONGARCH 258
#endif
#define TOKEN_LOONGARCH64 (EM_LOONGARCH | __AUDIT_ARCH_64BIT | __AUDIT_ARCH_LE)

/* The 23 architectures of the OCI runtime specification. */
const struct oracle_abi oracle_abis[ORACLE_ABIS] = {
    {"x86", "SCMP_ARCH_X86", "386", AUDIT_ARCH_I386, 32, false, 0, "x86", true},
    {"x86_64", "SCMP_ARCH_X86_64", "amd64", AUDIT_ARCH_X86_64, 64, false, 0, "x86_64", false},
    {"x32", "SCMP_ARCH_X32", "x32", AUDIT_ARCH_X86_64, 32, false, ORACLE_BIT_30, "x32", false},
    {"arm", "SCMP_ARCH_ARM", "arm", AUDIT_ARCH_ARM, 32, false, 0, "arm", false},
    {"aarch64", "SCMP_ARCH_AARCH64", "arm64", AUDIT_ARCH_AARCH64, 64, false, 0, "aarch64", false},
    {"loongarch64", "SCMP_ARCH_LOONGARCH64", "loong64", TOKEN_LOONGARCH64, 64, false, 0,
     "loongarch64", false},
    {"m68k", "SCMP_ARCH_M68K", "m68k", EM_68K, 32, true, 0, "m68k", true},
    {"mips", "SCMP_ARCH_MIPS", "mips", AUDIT_ARCH_MIPS, 32, true, 4000, "mips", true},
    {"mipsel", "SCMP_ARCH_MIPSEL", "mipsle", AUDIT_ARCH_MIPSEL, 32, false, 4000, "mips", true},
    {"mips64", "SCMP_ARCH_MIPS64", "mips64", AUDIT_ARCH_MIPS64, 64, true, 5000, "mips64", false},
    {"mipsel64", "SCMP_ARCH_MIPSEL64", "mips64le", AUDIT_ARCH_MIPSEL64, 64, false, 5000, "mips64",
     false},
    {"mips64n32", "SCMP_ARCH_MIPS64N32", "mips64p32", AUDIT_ARCH_MIPS64N32, 32, true, 6000,
     "mips64n32", false},
    {"mipsel64n32", "SCMP_ARCH_MIPSEL64N32", "mips64p32le", AUDIT_ARCH_MIPSEL64N32, 32, false, 6000,
     "mips64n32", false},
    {"parisc", "SCMP_ARCH_PARISC", "parisc", AUDIT_ARCH_PARISC, 32, true, 0, "parisc", false},
    {"parisc64", "SCMP_ARCH_PARISC64", "parisc64", AUDIT_ARCH_PARISC64, 64, true, 0, "parisc64",
     false},
    {"ppc", "SCMP_ARCH_PPC", "ppc", AUDIT_ARCH_PPC, 32, true, 0, "ppc", true},
    {"ppc64", "SCMP_ARCH_PPC64", "ppc64", AUDIT_ARCH_PPC64, 64, true, 0, "ppc64", true},
    {"ppc64le", "SCMP_ARCH_PPC64LE", "ppc64le", AUDIT_ARCH_PPC64LE, 64, false, 0, "ppc64", true},
    {"riscv64", "SCMP_ARCH_RISCV64", "riscv64", AUDIT_ARCH_RISCV64, 64, false, 0, "riscv64", false},
    {"s390", "SCMP_ARCH_S390", "s390", AUDIT_ARCH_S390, 32, true, 0, "s390", true},
    {"s390x", "SCMP_ARCH_S390X", "s390x", AUDIT_ARCH_S390X, 64, true, 0, "s390x", true},
    {"sh", "SCMP_ARCH_SH", "sh", AUDIT_ARCH_SHEL, 32, false, 0, "sh", true},
    {"sheb", "SCMP_ARCH_SHEB", "sheb", AUDIT_ARCH_SH, 32, true, 0, "sh", true},
};

const struct oracle_abi *
oracle_abi_find (const char *name)
{
  for (size_t i = 0; i < ORACLE_ABIS; i++)
    if (!strcmp (oracle_abis[i].name, name) || !strcmp (oracle_abis[i].spec_name, name))
      return &oracle_abis[i];
  return NULL;
}

/* Calls that a multiplexer reaches, with its argument 0: linux/net.h and linux/ipc.h. */
static const struct multiplexed {
  const char *name, *multiplexer;
  unsigned selector;
} multiplexed[] = {
    {"socket", "socketcall", 1},
    {"bind", "socketcall", 2},
    {"connect", "socketcall", 3},
    {"listen", "socketcall", 4},
    {"accept", "socketcall", 5},
    {"getsockname", "socketcall", 6},
    {"getpeername", "socketcall", 7},
    {"socketpair", "socketcall", 8},
    {"send", "socketcall", 9},
    {"recv", "socketcall", 10},
    {"sendto", "socketcall", 11},
    {"recvfrom", "socketcall", 12},
    {"shutdown", "socketcall", 13},
    {"setsockopt", "socketcall", 14},
    {"getsockopt", "socketcall", 15},
    {"sendmsg", "socketcall", 16},
    {"recvmsg", "socketcall", 17},
    {"accept4", "socketcall", 18},
    {"recvmmsg", "socketcall", 19},
    {"sendmmsg", "socketcall", 20},
    {"semop", "ipc", 1},
    {"semget", "ipc", 2},
    {"semctl", "ipc", 3},
    {"semtimedop", "ipc", 4},
    {"msgsnd", "ipc", 11},
    {"msgrcv", "ipc", 12},
    {"msgget", "ipc", 13},
    {"msgctl", "ipc", 14},
    {"shmat", "ipc", 21},
    {"shmdt", "ipc", 22},
    {"shmget", "ipc", 23},
    {"shmctl", "ipc", 24},
};

unsigned
oracle_multiplexed (const char *name, const struct oracle_abi *abi, int64_t *number)
{
  for (size_t i = 0; abi->multiplexes && i < sizeof multiplexed / sizeof *multiplexed; i++)
    if (!strcmp (multiplexed[i].name, name)) {
      *number = oracle_syscall_number (oracle_syscall_find (multiplexed[i].multiplexer), abi);
      return multiplexed[i].selector;
    }
  return 0;
}

/* --- the list of system calls --- */

struct row {
  char name[40];
  int32_t numbers[ORACLE_ABIS]; /* in the order of oracle_abis, without the base; -1: absent */
};

static struct row rows[1000];
static int row_count = -1;

static void
give_up (const char *path, const char *why)
{
  fprintf (stderr, "%s: %s\n", path, why);
  exit (99); /* automake's hard error: the test itself is broken */
}

static void
read_row (struct row *row, char *line, const int *columns, const char *path)
{
  char *cells[ORACLE_ABIS + 10] = {0}, *rest = line, *cell;
  int count = 0;

  while ((cell = strsep (&rest, " \t\n")))
    if (*cell && count < ORACLE_ABIS + 10)
      cells[count++] = cell;
  snprintf (row->name, sizeof row->name, "%s", cells[0]);
  for (int abi = 0; abi < ORACLE_ABIS; abi++) {
    if (columns[abi] >= count)
      give_up (path, "a row is too short");
    cell = cells[columns[abi]];
    row->numbers[abi] = !strcmp (cell, "-") ? -1 : atoi (cell);
  }
}

/* The heading names each column; ABIs of two byte orders share one. */
static void
read_heading (char *line, int *columns, const char *path)
{
  char *rest = line, *cell;
  int column = 0;

  for (int abi = 0; abi < ORACLE_ABIS; abi++)
    columns[abi] = -1;
  while ((cell = strsep (&rest, " \t\n"))) {
    for (int abi = 0; *cell && abi < ORACLE_ABIS; abi++)
      if (!strcmp (oracle_abis[abi].column, cell))
        columns[abi] = column;
    if (*cell)
      column++;
  }
  for (int abi = 0; abi < ORACLE_ABIS; abi++)
    if (columns[abi] < 1)
      give_up (path, oracle_abis[abi].column);
}

static void
read_list (void)
{
  const char *srcdir = getenv ("srcdir");
  int columns[ORACLE_ABIS];
  bool headed = false;
  char path[4096], line[4096];
  FILE *file;

  snprintf (path, sizeof path, "%s/src/syscalls.tbl", srcdir ? srcdir : ".");
  file = fopen (path, "re");
  if (!file)
    give_up (path, "cannot be read");
  row_count = 0;
  while (fgets (line, sizeof line, file)) {
    if (strspn (line, " \t\n") == strlen (line) || line[0] == '#')
      continue;
    if (!headed)
      read_heading (line, columns, path);
    else if (row_count == (int) (sizeof rows / sizeof *rows))
      give_up (path, "has more rows than expected");
    else
      read_row (&rows[row_count++], line, columns, path);
    headed = true;
  }
  fclose (file);
}

int
oracle_syscalls (void)
{
  if (row_count < 0)
    read_list ();
  return row_count;
}

const char *
oracle_syscall_name (int row)
{
  return rows[row].name;
}

int
oracle_syscall_find (const char *name)
{
  for (int row = 0; row < oracle_syscalls (); row++)
    if (!strcmp (rows[row].name, name))
      return row;
  return -1;
}

int64_t
oracle_syscall_number (int row, const struct oracle_abi *abi)
{
  int32_t number = row < 0 ? -1 : rows[row].numbers[abi - oracle_abis];

  return number < 0 ? -1 : (int64_t) number + abi->base;
}
