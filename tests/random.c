#include "random.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- numbers: splitmix64, which is good enough and ten lines --- */

struct random
random_start (uint64_t seed)
{
  return (struct random){seed};
}

uint64_t
random_next (struct random *random)
{
  uint64_t bits = random->state += UINT64_C (0x9e3779b97f4a7c15);

  bits = (bits ^ (bits >> 30)) * UINT64_C (0xbf58476d1ce4e5b9);
  bits = (bits ^ (bits >> 27)) * UINT64_C (0x94d049bb133111eb);
  return bits ^ (bits >> 31);
}

unsigned
random_below (struct random *random, unsigned limit)
{
  return (unsigned) (random_next (random) % limit);
}

bool
random_chance (struct random *random, unsigned one_in)
{
  return random_below (random, one_in) == 0;
}

/* --- text --- */

static void __attribute__ ((format (printf, 2, 3)))
say (struct random_profile *out, const char *format, ...)
{
  const size_t used = strlen (out->json);
  va_list arguments;

  va_start (arguments, format);
  if (vsnprintf (out->json + used, sizeof out->json - used, format, arguments) >=
      (int) (sizeof out->json - used))
    abort (); /* the room is too small for what this file can make */
  va_end (arguments);
}

/* --- choices --- */

#define PICK(random, array) ((array)[random_below ((random), sizeof (array) / sizeof *(array))])

/* Machines and what their profiles list; the first ones are the most used, so they come often. */
static const struct machine {
  const char *native;
  const char *listed; /* as in JSON */
} machines[] = {
    {"x86_64", "\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\""},
    {"x86_64", "\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\""},
    {"x86_64", "\"SCMP_ARCH_X86\""},
    {"x86_64", "\"SCMP_ARCH_X32\""},
    {"x86_64", ""},
    {"aarch64", "\"SCMP_ARCH_ARM\""},
    {"s390x", "\"SCMP_ARCH_S390\""},
    {"s390x", ""},
    {"x86_64", "\"SCMP_ARCH_X86\",\"SCMP_ARCH_AARCH64\",\"SCMP_ARCH_RISCV64\""},
    {"x86", ""},
    {"x86", "\"SCMP_ARCH_X86_64\""},
    {"x32", ""},
    {"x32", "\"SCMP_ARCH_X86_64\""},
    {"arm", ""},
    {"s390", "\"SCMP_ARCH_S390X\""},
    {"ppc64", "\"SCMP_ARCH_PPC\""},
    {"ppc64le", ""},
    {"ppc", ""},
    {"mips64", "\"SCMP_ARCH_MIPS\",\"SCMP_ARCH_MIPS64N32\""},
    {"mipsel64", "\"SCMP_ARCH_MIPSEL\",\"SCMP_ARCH_MIPSEL64N32\""},
    {"mips", ""},
    {"mipsel64n32", ""},
    {"mips64n32", ""},
    {"mipsel", ""},
    {"parisc64", "\"SCMP_ARCH_PARISC\""},
    {"parisc", ""},
    {"riscv64", ""},
    {"loongarch64", ""},
    {"m68k", ""},
    {"sh", ""},
    {"sheb", ""},
};

enum { COMMON_MACHINES = 8 };

/* Multiplexed ones, ones that some ABIs lack, the first numbers, private ones of arm; and one that
 * nobody knows. */
static const char *const favourites[] = {"socket",
                                         "bind",
                                         "accept",
                                         "sendmsg",
                                         "semop",
                                         "shmdt",
                                         "recvmmsg",
                                         "personality",
                                         "clone",
                                         "read",
                                         "write",
                                         "openat",
                                         "open",
                                         "restart_syscall",
                                         "io_setup",
                                         "exit",
                                         "getuid",
                                         "mmap",
                                         "mmap2",
                                         "ioctl",
                                         "fcntl64",
                                         "set_tls",
                                         "keyctl",
                                         "prctl",
                                         "clone3",
                                         "shmget",
                                         "connect",
                                         "s390_pci_mmio_read",
                                         "nobody_has_this_call",
                                         "socketcall",
                                         "ipc"};

struct action {
  const char *name;
  bool takes_data;
};

static const struct action actions[] = {
    {"SCMP_ACT_ALLOW", false}, {"SCMP_ACT_ERRNO", true},        {"SCMP_ACT_ERRNO", true},
    {"SCMP_ACT_TRACE", true},  {"SCMP_ACT_LOG", false},         {"SCMP_ACT_TRAP", false},
    {"SCMP_ACT_KILL", false},  {"SCMP_ACT_KILL_THREAD", false}, {"SCMP_ACT_KILL_PROCESS", false},
    {"SCMP_ACT_NOTIFY", false}};

/* The errno is part of an action: two of them make two different rules. */
static void
say_action (struct random_profile *out, struct random *random, const char *action_key,
            const char *errno_key)
{
  static const unsigned data[] = {0, 1, 2, 38, 4094, 4095};
  const unsigned limit = out->kind == RANDOM_ANYTHING ? 6 : 5; /* libseccomp stops at 4094 */
  const struct action *action = &PICK (random, actions);

  say (out, "\"%s\":\"%s\"", action_key, action->name);
  if (action->takes_data && !random_chance (random, 3))
    say (out, ",\"%s\":%u", errno_key, data[random_below (random, limit)]);
}

/* Close to each other, so that rules overlap; else at the borders of 32 and 64 bits. */
static uint64_t
pick_value (struct random *random, enum random_kind kind)
{
  static const uint32_t low[] = {0,    1,          2,          3,          5,         6,
                                 7,    8,          15,         16,         0x35,      0xff,
                                 4096, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
  static const uint32_t high[] = {0, 0, 0, 1, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff};
  uint64_t value = random_chance (random, 10)  ? (uint32_t) random_next (random)
                   : random_chance (random, 2) ? random_below (random, 9)
                                               : PICK (random, low);

  if (kind == RANDOM_SINGLE || kind == RANDOM_LARGE)
    return value;
  return value | (uint64_t) PICK (random, high) << 32;
}

static uint64_t
pick_mask (struct random *random, enum random_kind kind)
{
  static const uint64_t masks[] = {1,          2,          3,        0xf,  0xf0,      0x35,
                                   0x7e020000, 0xffffffff, 1u << 31, 0xff, 0x80000001};
  uint64_t mask = PICK (random, masks);

  if (random_chance (random, 12)) /* always true: the condition is none */
    return 0;
  if (kind == RANDOM_SINGLE || kind == RANDOM_LARGE)
    return mask;
  if (random_chance (random, 3))
    mask |= PICK (random, masks) << 32;
  else if (random_chance (random, 4))
    mask <<= 32; /* nothing left of it on an ABI of 32 bits */
  return random_chance (random, 8) ? UINT64_MAX : mask;
}

static void
say_condition (struct random_profile *out, struct random *random, unsigned index)
{
  static const char *const any[] = {"NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"},
                           *const equal[] = {"EQ", "EQ", "MASKED_EQ"};
  const char *op = out->kind == RANDOM_EQUAL ? PICK (random, equal) : PICK (random, any);
  const bool masked = !strcmp (op, "MASKED_EQ");

  say (out, "{\"index\":%u,\"op\":\"SCMP_CMP_%s\",\"value\":%llu", index, op,
       (unsigned long long) (masked ? pick_mask (random, out->kind)
                                    : pick_value (random, out->kind)));
  if (masked || random_chance (random, 8)) /* the others must ignore it */
    say (out, ",\"valueTwo\":%llu", (unsigned long long) pick_value (random, out->kind));
  say (out, "}");
}

/* Mostly distinct indexes, which hold together; now and then one that occurs twice. */
static void
say_conditions (struct random_profile *out, struct random *random)
{
  unsigned count = random_chance (random, 5) ? 0 : 1 + random_below (random, 3);
  unsigned index = random_below (random, 6);

  if (out->kind == RANDOM_SINGLE && count > 1)
    count = 1;
  if (out->kind == RANDOM_ANYTHING && random_chance (random, 20))
    count = 5 + random_below (random, 4);
  if (count == 0 && random_chance (random, 2))
    return;
  if (count == 0 && random_chance (random, 2)) {
    say (out, ",\"args\":null");
    return;
  }
  say (out, ",\"args\":[");
  if (random_chance (random, 2)) /* rules of one call should often look at the same argument */
    index = 0;
  for (unsigned i = 0; i < count; i++) {
    if (i)
      say (out, ",");
    say_condition (out, random, index);
    index = (index + (random_chance (random, 12) ? 0 : 1 + random_below (random, 2))) % 6;
  }
  say (out, "]");
}

/* Calls with which libseccomp is no oracle: beside rules for what they multiplex it prunes what it
 * must not (D4), and the last two it takes for one another. */
static bool
is_for_anything_only (const char *name)
{
  return !strcmp (name, "socketcall") || !strcmp (name, "ipc") || !strcmp (name, "switch_endian") ||
         !strcmp (name, "sys_debug_setcontext");
}

static const char *
pick_name (struct random *random, enum random_kind kind)
{
  const char *name = PICK (random, favourites);

  if (random_chance (random, 4))
    name = oracle_syscall_name ((int) random_below (random, (unsigned) oracle_syscalls ()));
  return kind != RANDOM_ANYTHING && is_for_anything_only (name) ? "socket" : name;
}

/* Some rules for one name or two. */
static void
say_rules (struct random_profile *out, struct random *random)
{
  const unsigned count = 1 + random_below (random, 4);
  const char *name = pick_name (random, out->kind), *other = pick_name (random, out->kind);
  const bool two_names = random_chance (random, 6) && out->kind == RANDOM_ANYTHING;
  char action[sizeof ",\"action\":\"SCMP_ACT_KILL_PROCESS\",\"errnoRet\":4095"] = "";
  size_t begin;

  for (unsigned i = 0; i < count; i++) {
    say (out, ",{\"names\":[\"%s\"", name);
    if (two_names)
      say (out, ",\"%s\"", other);
    say (out, "]");
    if (*action && (out->kind != RANDOM_ANYTHING || !random_chance (random, 3))) {
      say (out, "%s", action);
    } else {
      begin = strlen (out->json);
      say (out, ",");
      say_action (out, random, "action", "errnoRet");
      snprintf (action, sizeof action, "%s", out->json + begin);
    }
    say_conditions (out, random);
    say (out, "}");
  }
}

/* Names already used: where libseccomp is asked as well, a call must keep one action. */
static bool
is_used (const struct random_profile *out, size_t before, const char *name)
{
  char quoted[80];
  const char *found;

  snprintf (quoted, sizeof quoted, "[\"%s\"]", name);
  found = strstr (out->json, quoted);
  return found && found < out->json + before;
}

/* One rule for many names: each of all that there are with the same chance. What is multiplexed is
 * conditional on some ABIs, so that a second rule for it would be a contradiction. */
static void
say_large_rule (struct random_profile *out, struct random *random, bool first)
{
  const struct oracle_abi *x86 = oracle_abi_find ("x86");
  const unsigned of_eight = 1 + random_below (random, 7);
  int64_t multiplexer;

  say (out, "{\"names\":[\"getpid\"");
  for (int row = 0; row < oracle_syscalls (); row++) {
    const char *name = oracle_syscall_name (row);

    if (random_below (random, 8) < of_eight && !is_for_anything_only (name) &&
        (first || !oracle_multiplexed (name, x86, &multiplexer)))
      say (out, ",\"%s\"", name);
  }
  say (out, "],");
  say_action (out, random, "action", "errnoRet");
  say (out, "}");
}

/* Where a name is in several rules, the first one of them counts. */
static void
say_large_rules (struct random_profile *out, struct random *random)
{
  static const char *const conditional[] = {"personality", "clone", "prctl", "ioctl"};
  const unsigned rules = 1 + random_below (random, 4);

  say (out, "\"syscalls\":[");
  for (unsigned i = random_below (random, 5); i-- > 0;) {
    say (out, "{\"names\":[\"%s\"],", conditional[i]);
    say_action (out, random, "action", "errnoRet");
    say (out, ",\"args\":[");
    say_condition (out, random, random_below (random, 6));
    say (out, "]},");
  }
  for (unsigned i = 0; i < rules; i++) {
    say_large_rule (out, random, i == 0);
    say (out, i + 1 < rules ? "," : "]");
  }
}

static void
say_syscalls (struct random_profile *out, struct random *random)
{
  const unsigned count = 1 + random_below (random, 5);

  if (out->kind == RANDOM_LARGE) {
    say_large_rules (out, random);
    return;
  }
  /* A call that every ABI has, unconditional and other than the default: without one libseccomp
   * forgets to load the number (D5). */
  say (out, "\"syscalls\":[{\"names\":[\"getpid\"],\"action\":\"SCMP_ACT_%s\"}",
       strstr (out->json, "SCMP_ACT_ALLOW") ? "TRAP" : "ALLOW");
  for (unsigned i = 0; i < count; i++) {
    const size_t begin = strlen (out->json);
    char name[64];

    say_rules (out, random);
    if (out->kind != RANDOM_ANYTHING &&
        (sscanf (out->json + begin, ",{\"names\":[\"%63[^\"]", name) != 1 ||
         is_used (out, begin, name)))
      out->json[begin] = '\0';
  }
  say (out, "]");
}

void
random_profile (struct random_profile *out, struct random *random, enum random_kind kind)
{
  const struct machine *machine = random_chance (random, 3)
                                      ? &PICK (random, machines)
                                      : &machines[random_below (random, COMMON_MACHINES)];

  out->kind = kind;
  out->native = machine->native;
  out->json[0] = '\0';
  out->newer_default = random_chance (random, 3);
  out->bad_arch = NULL;
  out->bad_arch_verdict = SECCOMP_RET_KILL_THREAD;
  if (random_chance (random, 6)) {
    out->bad_arch = "ERRNO(95)";
    out->bad_arch_verdict = SECCOMP_RET_ERRNO | 95;
  }
  say (out, "{");
  say_action (out, random, "defaultAction", "defaultErrnoRet");
  say (out, ",");
  if (*machine->listed || random_chance (random, 2))
    say (out, "\"architectures\":[%s],", machine->listed);
  say_syscalls (out, random);
  say (out, "}");
}
