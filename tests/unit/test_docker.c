#include "parse.h"

#define INVALID OCI_SECCOMP_INVALID_PROFILE

/* A Docker profile with this at its top; with one rule; with one good rule and more in it. */
#define TOP(text) "{\"defaultAction\":\"SCMP_ACT_ERRNO\"," text "}"
#define RULE(text) TOP ("\"archMap\":[],\"syscalls\":[{" text "}]")
#define READ(text) RULE ("\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"," text)

/* --- bad input ----------------------------------------------------------------------------- */

static void
test_bad_names (void **state)
{
  static const struct bad_row rows[] = {
      {RULE ("\"name\":\"read\",\"names\":[\"write\"],\"action\":\"SCMP_ACT_ALLOW\""), INVALID,
       "f.json:1:68: syscalls[0].name: stands beside names; want only one of the two"},
      {RULE ("\"action\":\"SCMP_ACT_ALLOW\""), INVALID,
       "f.json:1:60: syscalls[0].names: is missing; want an array of names of system calls"},
      {RULE ("\"name\":\"\",\"action\":\"SCMP_ACT_ALLOW\""), INVALID,
       "f.json:1:60: syscalls[0].names: is missing; want an array of names of system calls"},
      {RULE ("\"names\":[],\"action\":\"SCMP_ACT_ALLOW\""), INVALID,
       "f.json:1:69: syscalls[0].names: is empty; want at least one name of a system call"},
      {RULE ("\"name\":7,\"action\":\"SCMP_ACT_ALLOW\""), INVALID,
       "f.json:1:68: syscalls[0].name: is a number; want a string"},
      {RULE ("\"names\":\"read\",\"action\":\"SCMP_ACT_ALLOW\""), INVALID,
       "f.json:1:69: syscalls[0].names: is a string; want an array"},
      {RULE ("\"names\":[\"\"],\"action\":\"SCMP_ACT_ALLOW\""), INVALID,
       "f.json:1:70: syscalls[0].names[0]: is empty; want the name of a system call"},
      {TOP ("\"archMap\":[],\"syscalls\":[null]"), INVALID,
       "f.json:1:60: syscalls[0]: is null; want an object"},
      {TOP ("\"archMap\":[],\"syscalls\":7"), INVALID,
       "f.json:1:59: syscalls: is a number; want an array"},
      {"{\"archMap\":[]}", INVALID,
       "f.json:1:1: defaultAction: is missing; want one of SCMP_ACT_ALLOW, SCMP_ACT_ERRNO, "
       "SCMP_ACT_LOG, SCMP_ACT_TRACE, SCMP_ACT_NOTIFY, SCMP_ACT_TRAP, SCMP_ACT_KILL_THREAD, "
       "SCMP_ACT_KILL, SCMP_ACT_KILL_PROCESS"},
      {TOP ("\"archMap\":[],\"flags\":[\"LOG\"]"), OCI_SECCOMP_UNKNOWN_FLAG,
       "f.json:1:57: flags[0]: unknown flag \"LOG\"; want one of SECCOMP_FILTER_FLAG_TSYNC, "
       "SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_SPEC_ALLOW, "
       "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"},
      {TOP ("\"archMap\":[],\"listenerMetadata\":\"x\""), INVALID,
       "f.json:1:67: listenerMetadata: needs a listenerPath, which is missing"},
  };

  (void) state;
  expect_bad (rows, sizeof rows / sizeof *rows);
}

static void
test_bad_errnos (void **state)
{
  static const struct bad_row rows[] = {
      {TOP ("\"defaultErrno\":\"ENOPE\""), INVALID,
       "f.json:1:50: defaultErrno: unknown errno \"ENOPE\"; want a name like EPERM or a number "
       "from 0 to 4095"},
      {TOP ("\"defaultErrno\":38"), INVALID,
       "f.json:1:50: defaultErrno: is a number; want a string"},
      {TOP ("\"defaultErrnoRet\":1,\"defaultErrno\":[]"), INVALID,
       "f.json:1:70: defaultErrno: is an array; want a string"},
      {TOP ("\"defaultErrno\":\"ENOSYS\",\"defaultErrnoRet\":-1"), INVALID,
       "f.json:1:77: defaultErrnoRet: is -1; want an integer from 0 to 4095"},
      {"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"defaultErrno\":\"ENOSYS\"}", INVALID,
       "f.json:1:50: defaultErrno: SCMP_ACT_ALLOW takes no defaultErrno; only SCMP_ACT_ERRNO and "
       "SCMP_ACT_TRACE do"},
      {READ ("\"errno\":\"EPERM\""), INVALID,
       "f.json:1:112: syscalls[0].errno: SCMP_ACT_ALLOW takes no errno; only SCMP_ACT_ERRNO and "
       "SCMP_ACT_TRACE do"},
      {READ ("\"errnoRet\":1,\"errno\":\"EPERM\""), INVALID,
       "f.json:1:115: syscalls[0].errnoRet: SCMP_ACT_ALLOW takes no errnoRet; only SCMP_ACT_ERRNO "
       "and SCMP_ACT_TRACE do"},
      {RULE ("\"name\":\"read\",\"action\":\"SCMP_ACT_ERRNO\",\"errno\":\"4096\""), INVALID,
       "f.json:1:109: syscalls[0].errno: unknown errno \"4096\"; want a name like EPERM or a "
       "number from 0 to 4095"},
      {RULE ("\"name\":\"read\",\"action\":\"SCMP_ACT_TRACE\",\"errno\":\"65536\""), INVALID,
       "f.json:1:109: syscalls[0].errno: unknown errno \"65536\"; want a name like EPERM or a "
       "number from 0 to 65535"},
  };

  (void) state;
  expect_bad (rows, sizeof rows / sizeof *rows);
}

#define BAD_KERNEL(text)                                                \
  {                                                                     \
    READ ("\"includes\":{\"minKernel\":\"" text "\"}"), INVALID,        \
        "f.json:1:128: syscalls[0].includes.minKernel: is \"" text      \
        "\"; want a kernel version like \"4.8\": two numbers up to 255" \
  }

static void
test_bad_filters (void **state)
{
  static const struct bad_row rows[] = {
      {READ ("\"includes\":[]"), INVALID,
       "f.json:1:115: syscalls[0].includes: is an array; want an object"},
      {READ ("\"excludes\":\"CAP_BPF\""), INVALID,
       "f.json:1:115: syscalls[0].excludes: is a string; want an object"},
      {READ ("\"includes\":{\"caps\":\"CAP_BPF\"}"), INVALID,
       "f.json:1:123: syscalls[0].includes.caps: is a string; want an array"},
      {READ ("\"includes\":{\"caps\":[null]}"), INVALID,
       "f.json:1:124: syscalls[0].includes.caps[0]: is null; want a string"},
      {READ ("\"excludes\":{\"arches\":{}}"), INVALID,
       "f.json:1:125: syscalls[0].excludes.arches: is an object; want an array"},
      {READ ("\"excludes\":{\"arches\":[1]}"), INVALID,
       "f.json:1:126: syscalls[0].excludes.arches[0]: is a number; want a string"},
      {READ ("\"includes\":{\"minKernel\":4.8}"), INVALID,
       "f.json:1:128: syscalls[0].includes.minKernel: is a number; want a string"},
      BAD_KERNEL ("4"),
      BAD_KERNEL ("4."),
      BAD_KERNEL (".8"),
      BAD_KERNEL ("4.8.0"),
      BAD_KERNEL ("4.8-rc1"),
      BAD_KERNEL ("v4.8"),
      BAD_KERNEL (" 4.8"),
      BAD_KERNEL ("4.256"),
      BAD_KERNEL ("256.0"),
      BAD_KERNEL ("0.0"),
      BAD_KERNEL ("4.0x8"),
      BAD_KERNEL ("+4.8"),
      BAD_KERNEL ("0004.8"),
      /* Dropped rules are checked as well. */
      {READ ("\"includes\":{\"caps\":[\"CAP_BPF\"]},\"args\":[{}]"), INVALID,
       "f.json:1:144: syscalls[0].args[0].index: is missing; want an unsigned integer"},
      {READ ("\"includes\":{\"caps\":[\"CAP_BPF\"]},\"excludes\":{\"minKernel\":\"x\"}"), INVALID,
       "f.json:1:160: syscalls[0].excludes.minKernel: is \"x\"; want a kernel version like "
       "\"4.8\": two numbers up to 255"},
  };

  (void) state;
  expect_bad (rows, sizeof rows / sizeof *rows);
}

static void
test_bad_architectures (void **state)
{
  static const struct bad_row rows[] = {
      {TOP ("\"archMap\":{}"), INVALID, "f.json:1:45: archMap: is an object; want an array"},
      {TOP ("\"archMap\":[null]"), INVALID, "f.json:1:46: archMap[0]: is null; want an object"},
      {TOP ("\"archMap\":[{}]"), INVALID,
       "f.json:1:46: archMap[0].architecture: is missing; want a SCMP_ARCH_*"},
      {TOP ("\"archMap\":[{\"architecture\":3}]"), INVALID,
       "f.json:1:62: archMap[0].architecture: is a number; want a string"},
      {TOP ("\"archMap\":[{\"architecture\":\"amd64\"}]"), OCI_SECCOMP_UNKNOWN_ABI,
       "f.json:1:62: archMap[0].architecture: unknown architecture \"amd64\"; want a SCMP_ARCH_* "
       "of the OCI spec, like SCMP_ARCH_X86_64"},
      {TOP ("\"archMap\":[{\"architecture\":\"SCMP_ARCH_S390X\",\"subArchitectures\":7}]"), INVALID,
       "f.json:1:99: archMap[0].subArchitectures: is a number; want an array"},
      {TOP ("\"archMap\":[{\"architecture\":\"SCMP_ARCH_S390X\",\"subArchitectures\":[\"s\"]}]"),
       OCI_SECCOMP_UNKNOWN_ABI,
       "f.json:1:100: archMap[0].subArchitectures[0]: unknown architecture \"s\"; want a "
       "SCMP_ARCH_* of the OCI spec, like SCMP_ARCH_X86_64"},
      {TOP ("\"archMap\":[{\"architecture\":\"SCMP_ARCH_X86_64\",\"subArchitectures\":["
            "\"SCMP_ARCH_S390\"]}]"),
       OCI_SECCOMP_UNKNOWN_ABI,
       "f.json:1:101: archMap[0].subArchitectures[0]: SCMP_ARCH_S390 is big-endian; want a "
       "little-endian one, as the native ABI is x86_64"},
      {TOP ("\"archMap\":[{\"architecture\":\"SCMP_ARCH_X86_64\"}],\"architectures\":["
            "\"SCMP_ARCH_X86\"]"),
       INVALID, "f.json:1:45: archMap: stands beside architectures; want only one of the two"},
      {TOP ("\"defaultErrno\":\"EPERM\",\"architectures\":7"), INVALID,
       "f.json:1:74: architectures: is a number; want an array"},
      {TOP ("\"defaultErrno\":\"EPERM\",\"architectures\":[\"SCMP_ARCH_PPC\"]"),
       OCI_SECCOMP_UNKNOWN_ABI,
       "f.json:1:75: architectures[0]: SCMP_ARCH_PPC is big-endian; want a little-endian one, as "
       "the native ABI is x86_64"},
  };

  (void) state;
  expect_bad (rows, sizeof rows / sizeof *rows);
}

/* --- what makes a profile Docker's ---------------------------------------------------------- */

static void
test_told_by_content (void **state)
{
  static const char *const members[] = {"\"includes\":{\"caps\":[\"CAP_BPF\"]}",
                                        "\"excludes\":{\"caps\":[\"CAP_CHOWN\"]}"};

  (void) state;
  for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
    char json[256];

    snprintf (json, sizeof json,
              TOP ("\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"},"
                   "{\"names\":[\"write\"],\"action\":\"SCMP_ACT_ALLOW\",%s}]"),
              members[i]);
    parse_good (json);
    assert_int_equal (profile.rule_count, 1);
    assert_int_equal (profile.choice_count, 1);
  }
  parse_good (TOP ("\"syscalls\":[{\"name\":\"read\",\"action\":\"SCMP_ACT_ALLOW\"}]"));
  assert_string_equal (profile.rules[0].names[0].text, "read");
  parse_good (TOP ("\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ERRNO\",\"errno\":"
                   "\"ENOSYS\"}]"));
  assert_int_equal (profile.rules[0].verdict, SECCOMP_RET_ERRNO | 38);
  parse_good (TOP ("\"defaultErrno\":\"ENOSYS\""));
  assert_int_equal (profile.default_verdict, SECCOMP_RET_ERRNO | 38);
  parse_good (TOP ("\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\","
                   "\"comment\":\"\",\"name\":\"\"}]"));
  assert_int_equal (profile.rule_count, 1);
}

static void
test_names (void **state)
{
  (void) state;
  parse_good (RULE ("\"name\":\"read\",\"names\":[],\"action\":\"SCMP_ACT_LOG\",\"args\":null"));
  assert_int_equal (profile.rules[0].name_count, 1);
  assert_int_equal (profile.rules[0].names[0].syscall, syscall_from_name ("read", 4));
  assert_string_equal (profile.rules[0].names[0].node->key, "name");
  parse_good (RULE ("\"name\":\"read\",\"names\":null,\"action\":\"SCMP_ACT_LOG\",\"args\":[{"
                    "\"index\":1,\"value\":2,\"valueTwo\":0,\"op\":\"SCMP_CMP_LE\"}]"));
  assert_int_equal (profile.rules[0].condition_count, 1);
  parse_good (RULE ("\"name\":\"\",\"names\":[\"read\",\"write\"],\"action\":\"SCMP_ACT_LOG\""));
  assert_int_equal (profile.rules[0].name_count, 2);
}

static void
test_errnos (void **state)
{
  static const struct {
    const char *text;
    uint32_t verdict;
  } rows[] = {
      {"\"action\":\"SCMP_ACT_ERRNO\"", SECCOMP_RET_ERRNO | 1},
      {"\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":5", SECCOMP_RET_ERRNO | 5},
      {"\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":5,\"errno\":\"\"", SECCOMP_RET_ERRNO | 5},
      {"\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":5,\"errno\":null", SECCOMP_RET_ERRNO | 5},
      {"\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":5,\"errno\":\"EINVAL\"", SECCOMP_RET_ERRNO | 22},
      {"\"action\":\"SCMP_ACT_ERRNO\",\"errno\":\"0\"", SECCOMP_RET_ERRNO},
      {"\"action\":\"SCMP_ACT_ERRNO\",\"errno\":\"4095\"", SECCOMP_RET_ERRNO | 4095},
      {"\"action\":\"SCMP_ACT_TRACE\",\"errno\":\"65535\"", SECCOMP_RET_TRACE | 65535},
      {"\"action\":\"SCMP_ACT_TRAP\",\"errno\":\"\",\"errnoRet\":null", SECCOMP_RET_TRAP},
  };

  (void) state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char json[256];

    snprintf (json, sizeof json, RULE ("\"name\":\"read\",%s"), rows[i].text);
    parse_good (json);
    assert_int_equal (profile.rules[0].verdict, rows[i].verdict);
  }
  parse_good (TOP ("\"defaultErrnoRet\":1,\"defaultErrno\":\"38\""));
  assert_int_equal (profile.default_verdict, SECCOMP_RET_ERRNO | 38);
}

/* --- architectures ------------------------------------------------------------------------- */

static void
test_arch_map (void **state)
{
  static const char json[] =
      TOP ("\"architectures\":[],\"archMap\":["
           "{\"architecture\":\"SCMP_ARCH_X86_64\",\"subArchitectures\":[\"SCMP_ARCH_X86\"]},"
           "{\"architecture\":\"SCMP_ARCH_S390X\",\"subArchitectures\":[\"SCMP_ARCH_S390\"]},"
           "{\"architecture\":\"SCMP_ARCH_X86_64\",\"subArchitectures\":[\"SCMP_ARCH_X32\"]},"
           "{\"architecture\":\"SCMP_ARCH_RISCV64\",\"subArchitectures\":null}]");
  struct oci_seccomp_options options = parse_options ();

  (void) state;
  parse_good (json);
  assert_int_equal (profile.abis, ABI_BIT (ABI_X86_64) | ABI_BIT (ABI_X86));
  options.native_abi = "s390x";
  assert_int_equal (parse_with (json, &options), 0);
  assert_int_equal (profile.abis, ABI_BIT (ABI_S390X) | ABI_BIT (ABI_S390));
  options.native_abi = "riscv64";
  assert_int_equal (parse_with (json, &options), 0);
  assert_int_equal (profile.abis, ABI_BIT (ABI_RISCV64));
  options.native_abi = "s390";
  assert_int_equal (parse_with (json, &options), 0);
  assert_int_equal (profile.abis, 0);
  parse_good (TOP ("\"archMap\":[],\"architectures\":[\"SCMP_ARCH_X32\"]"));
  assert_int_equal (profile.abis, ABI_BIT (ABI_X32));
}

/* --- filters ------------------------------------------------------------------------------- */

static const char *const sys_admin[] = {"CAP_SYS_ADMIN", "CAP_CHOWN"};

/* What a rule's filters decide on x86_64, Linux 6.1, and why. `caps`: 0 the engines' default, 1
 * CAP_SYS_ADMIN and CAP_CHOWN, 2 none. */
static const struct {
  const char *filters;
  int caps;
  bool kept;
  const char *why; /* NULL: the rule is unconditional */
} filter_rows[] = {
    {"\"includes\":{},\"excludes\":{}", 0, true, NULL},
    {"\"includes\":null,\"excludes\":null", 0, true, NULL},
    {"\"includes\":{\"caps\":[],\"arches\":[],\"minKernel\":null},\"excludes\":{\"caps\":null,"
     "\"arches\":[]}",
     0, true, NULL},
    /* arches */
    {"\"includes\":{\"arches\":[\"arm64\",\"amd64\"]}", 0, true,
     "includes.arches: amd64 is native"},
    {"\"includes\":{\"arches\":[\"x86_64\"]}", 0, true, "includes.arches: x86_64 is native"},
    {"\"includes\":{\"arches\":[\"SCMP_ARCH_X86_64\"]}", 0, true,
     "includes.arches: SCMP_ARCH_X86_64 is native"},
    {"\"includes\":{\"arches\":[\"AMD64\",\"X86_64\",\"x86\",\"x32\",\"\"]}", 0, false,
     "includes.arches: native x86_64 not listed"},
    {"\"excludes\":{\"arches\":[\"s390\",\"amd64\"]}", 0, false,
     "excludes.arches: amd64 is native"},
    {"\"excludes\":{\"arches\":[\"s390\",\"s390x\"]}", 0, true,
     "excludes.arches: native x86_64 not listed"},
    /* caps */
    {"\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}", 0, false,
     "includes.caps: CAP_SYS_ADMIN not in the bounding set"},
    {"\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}", 1, true,
     "includes.caps: CAP_SYS_ADMIN in the bounding set"},
    {"\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\",\"CAP_CHOWN\"]}", 1, true,
     "includes.caps: CAP_SYS_ADMIN, CAP_CHOWN in the bounding set"},
    {"\"includes\":{\"caps\":[\"CAP_CHOWN\",\"CAP_BPF\",\"CAP_SYSLOG\"]}", 1, false,
     "includes.caps: CAP_BPF not in the bounding set"},
    {"\"includes\":{\"caps\":[\"CAP_CHOWN\"]}", 2, false,
     "includes.caps: CAP_CHOWN not in the bounding set"},
    {"\"excludes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}", 0, true,
     "excludes.caps: CAP_SYS_ADMIN not in the bounding set"},
    {"\"excludes\":{\"caps\":[\"CAP_BPF\",\"CAP_SYS_ADMIN\"]}", 1, false,
     "excludes.caps: CAP_SYS_ADMIN in the bounding set"},
    {"\"excludes\":{\"caps\":[\"CAP_BPF\",\"CAP_SYSLOG\"]}", 1, true,
     "excludes.caps: CAP_BPF, CAP_SYSLOG not in the bounding set"},
    {"\"excludes\":{\"caps\":[\"CAP_CHOWN\"]}", 2, true,
     "excludes.caps: CAP_CHOWN not in the bounding set"},
    {"\"includes\":{\"caps\":[\"CAP_FLY\"]}", 1, false,
     "includes.caps: \"CAP_FLY\" not in the bounding set"},
    {"\"excludes\":{\"caps\":[\"cap_chown\"]}", 1, true,
     "excludes.caps: \"cap_chown\" not in the bounding set"},
    /* minKernel */
    {"\"includes\":{\"minKernel\":\"6.1\"}", 0, true,
     "includes.minKernel: kernel 6.1 is not older than 6.1"},
    {"\"includes\":{\"minKernel\":\"6.2\"}", 0, false,
     "includes.minKernel: kernel 6.1 is older than 6.2"},
    {"\"includes\":{\"minKernel\":\"5.19\"}", 0, true,
     "includes.minKernel: kernel 6.1 is not older than 5.19"},
    {"\"includes\":{\"minKernel\":\"7.0\"}", 0, false,
     "includes.minKernel: kernel 6.1 is older than 7.0"},
    {"\"includes\":{\"minKernel\":\"0.1\"}", 0, true,
     "includes.minKernel: kernel 6.1 is not older than 0.1"},
    {"\"includes\":{\"minKernel\":\"255.255\"}", 0, false,
     "includes.minKernel: kernel 6.1 is older than 255.255"},
    {"\"includes\":{\"minKernel\":\"\"}", 0, true,
     "includes.minKernel: kernel 6.1 is not older than 0.0"},
    {"\"excludes\":{\"minKernel\":\"6.1\"}", 0, false,
     "excludes.minKernel: kernel 6.1 is not older than 6.1"},
    {"\"excludes\":{\"minKernel\":\"6.2\"}", 0, true,
     "excludes.minKernel: kernel 6.1 is older than 6.2"},
    {"\"excludes\":{\"minKernel\":\"\"}", 0, false,
     "excludes.minKernel: kernel 6.1 is not older than 0.0"},
    /* Together: excludes first, arches before caps before minKernel, and all must let it stay. */
    {"\"includes\":{\"minKernel\":\"9.9\",\"caps\":[\"CAP_BPF\"],\"arches\":[\"arm\"]},"
     "\"excludes\":{\"minKernel\":\"1.1\",\"caps\":[\"CAP_CHOWN\"],\"arches\":[\"amd64\"]}",
     0, false, "excludes.arches: amd64 is native"},
    {"\"includes\":{\"minKernel\":\"9.9\",\"caps\":[\"CAP_BPF\"],\"arches\":[\"arm\"]},"
     "\"excludes\":{\"minKernel\":\"1.1\",\"caps\":[\"CAP_CHOWN\"],\"arches\":[\"arm\"]}",
     0, false, "excludes.caps: CAP_CHOWN in the bounding set"},
    {"\"includes\":{\"minKernel\":\"9.9\",\"caps\":[\"CAP_BPF\"],\"arches\":[\"arm\"]},"
     "\"excludes\":{\"minKernel\":\"7.0\",\"caps\":[\"CAP_BPF\"]}",
     0, false, "includes.arches: native x86_64 not listed"},
    {"\"includes\":{\"minKernel\":\"4.8\",\"caps\":[\"CAP_CHOWN\"],\"arches\":[\"amd64\"]},"
     "\"excludes\":{\"minKernel\":\"7.0\",\"caps\":[\"CAP_BPF\"],\"arches\":[\"arm\"]}",
     0, true,
     "excludes.arches: native x86_64 not listed; excludes.caps: CAP_BPF not in the bounding set; "
     "excludes.minKernel: kernel 6.1 is older than 7.0; includes.arches: amd64 is native; "
     "includes.caps: CAP_CHOWN in the bounding set; includes.minKernel: kernel 6.1 is not older "
     "than 4.8"},
};

static void
test_filters (void **state)
{
  (void) state;
  for (size_t i = 0; i < sizeof filter_rows / sizeof *filter_rows; i++) {
    struct oci_seccomp_options options = parse_options ();
    char json[512];

    if (filter_rows[i].caps)
      options.capabilities = sys_admin;
    options.capability_count = filter_rows[i].caps == 1 ? 2 : 0;
    snprintf (json, sizeof json, READ ("%s"), filter_rows[i].filters);
    if (parse_with (json, &options))
      fail_msg ("%s: %s", json, parse_error.message);
    if (profile.rule_count != filter_rows[i].kept)
      fail_msg ("%s", json);
    assert_int_equal (profile.choice_count, filter_rows[i].why ? 1 : 0);
    if (!filter_rows[i].why)
      continue;
    assert_string_equal (profile.choices[0].why, filter_rows[i].why);
    assert_int_equal (profile.choices[0].kept, filter_rows[i].kept);
    assert_string_equal (profile.choices[0].node->parent->key, "syscalls");
  }
}

/* The fourteen, and no other. */
static void
test_default_capabilities (void **state)
{
  static const char held[] =
      " CAP_CHOWN CAP_DAC_OVERRIDE CAP_FSETID CAP_FOWNER CAP_MKNOD CAP_NET_RAW CAP_SETGID "
      "CAP_SETUID CAP_SETFCAP CAP_SETPCAP CAP_NET_BIND_SERVICE CAP_SYS_CHROOT CAP_KILL "
      "CAP_AUDIT_WRITE ";
  size_t count = 0;

  (void) state;
  for (const struct name *row = capability_names; row->name; row++) {
    char json[256], word[64];

    snprintf (json, sizeof json, READ ("\"includes\":{\"caps\":[\"%s\"]}"), row->name);
    snprintf (word, sizeof word, " %s ", row->name);
    parse_good (json);
    assert_int_equal (profile.rule_count, strstr (held, word) != NULL);
    count += profile.rule_count;
  }
  assert_int_equal (count, 14);
}

static void
test_many_words (void **state)
{
  char json[4096], *end = stpcpy (json, "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{"
                                        "\"name\":\"read\",\"action\":\"SCMP_ACT_LOG\","
                                        "\"excludes\":{\"caps\":[");

  (void) state;
  for (int i = 0; i < 100; i++)
    end += sprintf (end, "%s\"CAP_SYS_ADMIN\"", i ? "," : "");
  strcpy (end, "]}}]}");
  parse_good (json);
  assert_true (strlen (profile.choices[0].why) < 300);
  assert_non_null (
      strstr (profile.choices[0].why, "CAP_SYS_ADMIN, CAP_SYS_ADMIN, ... not in the bounding set"));
}

/* What a dropped rule names is no concern of this machine. */
static void
test_warnings (void **state)
{
  struct oci_seccomp_options options = parse_options ();
  static const char json[] =
      TOP ("\"syscalls\":[{\"names\":[\"raed\"],\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{"
           "\"caps\":[\"CAP_BPF\"]}},\n"
           "{\"names\":[\"wrtie\"],\"action\":\"SCMP_ACT_ALLOW\",\"excludes\":{\"caps\":["
           "\"CAP_FLY\"]}}]");

  (void) state;
  parse_good (json);
  assert_string_equal (
      warnings,
      "f.json:2:66: syscalls[1].excludes.caps[0]: unknown capability \"CAP_FLY\"; taken as one "
      "that nobody has\n"
      "f.json:2:11: syscalls[1].names[0]: unknown system call \"wrtie\"; skipped\n");
  options.unknown_syscalls = OCI_SECCOMP_UNKNOWN_ERROR;
  assert_int_equal (parse_with (json, &options), OCI_SECCOMP_UNKNOWN_SYSCALL);
  assert_string_equal (parse_error.message,
                       "f.json:2:11: syscalls[1].names[0]: unknown system call \"wrtie\"; want a "
                       "name that some ABI knows");
}

/* --- a whole one --------------------------------------------------------------------------- */

static void
test_engine_profile (void **state)
{
  struct oci_seccomp_options options = parse_options ();
  char *json = load_fixture ("engine.json");
  const struct profile_rule *rule;

  (void) state;
  parse_good (json);
  assert_string_equal (warnings, "");
  assert_int_equal (profile.default_verdict, SECCOMP_RET_ERRNO | 1);
  assert_int_equal (profile.abis, ABI_BIT (ABI_X86_64) | ABI_BIT (ABI_X86) | ABI_BIT (ABI_X32));
  assert_true (profile.rules[0].name_count >= 350);
  assert_null (find_rule ("unshare", 0));
  assert_null (find_rule ("mount", 0));
  rule = find_rule ("clone", 0);
  assert_int_equal (rule->condition_count, 1);
  assert_int_equal (rule->conditions[0].index, 0);
  assert_true (rule->conditions[0].value == 0x7e020000);
  assert_null (find_rule ("clone", 1));
  assert_int_equal (find_rule ("clone3", 0)->verdict, SECCOMP_RET_ERRNO | 38);
  assert_non_null (find_rule ("chroot", 0));
  assert_non_null (find_rule ("ptrace", 0));

  options.capabilities = sys_admin;
  options.capability_count = 2;
  assert_int_equal (parse_with (json, &options), 0);
  assert_int_equal (find_rule ("clone", 0)->condition_count, 0);
  assert_null (find_rule ("clone", 1));
  assert_int_equal (find_rule ("clone3", 0)->verdict, SECCOMP_RET_ALLOW);
  assert_non_null (find_rule ("unshare", 0));
  assert_null (find_rule ("chroot", 0));

  options = parse_options ();
  options.native_abi = "s390x";
  options.kernel = "4.7";
  assert_int_equal (parse_with (json, &options), 0);
  assert_int_equal (profile.abis, ABI_BIT (ABI_S390X) | ABI_BIT (ABI_S390));
  assert_int_equal (find_rule ("clone", 0)->conditions[0].index, 1);
  assert_null (find_rule ("clone", 1));
  assert_non_null (find_rule ("s390_sthyi", 0));
  assert_null (find_rule ("arch_prctl", 0));
  assert_null (find_rule ("ptrace", 0));
  free (json);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      TEST (test_bad_names),       TEST (test_bad_errnos),
      TEST (test_bad_filters),     TEST (test_bad_architectures),
      TEST (test_told_by_content), TEST (test_names),
      TEST (test_errnos),          TEST (test_arch_map),
      TEST (test_filters),         TEST (test_default_capabilities),
      TEST (test_many_words),      TEST (test_warnings),
      TEST (test_engine_profile),
  };

  return cmocka_run_group_tests_name ("docker", tests, NULL, NULL);
}
