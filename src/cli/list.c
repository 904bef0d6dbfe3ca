#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "syscalls.h"

static void
list_abis (void)
{
  for (int i = 0; i < ABI_COUNT; i++) {
    const struct abi_row *row = &abi_table[i];

    printf ("%s\t%s\t0x%08" PRIx32 "\t%d\t%s\n", row->name, row->spec_name, row->token,
            row->wide ? 64 : 32, row->big_endian ? "big" : "little");
  }
}

static void
list_syscalls_of (enum abi abi, bool with_abi)
{
  size_t count;
  const int16_t *rows = syscall_rows_by_number (abi, &count);

  for (size_t i = 0; i < count; i++) {
    uint32_t number = 0;

    syscall_number (rows[i], abi, &number);
    if (with_abi)
      printf ("%s\t", abi_table[abi].name);
    printf ("%" PRIu32 "\t%s\n", number, syscall_name (rows[i]));
  }
}

static int
list_syscalls (const char *word, const struct verb *verb)
{
  bool all = word && strcmp (word, "all") == 0;
  enum abi abi = abi_native ();

  if (word && !all && !abi_from_name (word, SPELLING_SHORT_TOO, &abi))
    return complain_usage (STATUS_FAILED, verb,
                           "unknown ABI \"%s\"; `oci-seccomp list abis` names them", word);
  if (all)
    for (int i = 0; i < ABI_COUNT; i++)
      list_syscalls_of (i, true);
  else
    list_syscalls_of (abi, false);
  return STATUS_OK;
}

static void
list_actions (void)
{
  for (const struct name *action = action_names; action->name; action++)
    printf ("%s\t0x%08" PRIx32 "\n", action->name, action->value);
}

static void
list_operators (void)
{
  static const char *const meanings[] = {
      [OPERATOR_NE] = "arg != value",
      [OPERATOR_LT] = "arg < value",
      [OPERATOR_LE] = "arg <= value",
      [OPERATOR_EQ] = "arg == value",
      [OPERATOR_GE] = "arg >= value",
      [OPERATOR_GT] = "arg > value",
      [OPERATOR_MASKED_EQ] = "(arg & value) == (valueTwo & value)",
  };

  for (const struct name *op = operator_names; op->name; op++)
    printf ("%s\t%s\n", op->name, meanings[op->value]);
}

static void
list_flags (void)
{
  for (const struct name *flag = flag_names; flag->name; flag++)
    printf ("%s\t0x%" PRIx32 "\n", flag->name, flag->value);
}

static const struct {
  const char *name;
  void (*print) (void); /* NULL: the system calls, which need an ABI */
} lists[] = {
    {"abis", list_abis},           {"syscalls", NULL},    {"actions", list_actions},
    {"operators", list_operators}, {"flags", list_flags},
};

static int
list_print (const char *name, const char *abi, const struct verb *verb)
{
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
    if (strcmp (name, lists[i].name) != 0)
      continue;
    if (!lists[i].print)
      return list_syscalls (abi, verb);
    if (abi)
      return complain_usage (STATUS_FAILED, verb, "--abi goes with syscalls, not with %s", name);
    lists[i].print ();
    return STATUS_OK;
  }
  return complain_usage (STATUS_FAILED, verb, "unknown list \"%s\"", name);
}

int
run_list (const struct verb *verb, int argc, char **argv)
{
  enum { OPTION_ABI = 'a' };
  static const struct option options[] = {
      {"abi", required_argument, NULL, OPTION_ABI},
      {"help", no_argument, NULL, OPTION_HELP},
      {NULL, 0, NULL, 0},
  };
  struct machine machine;
  const char *abi = NULL;
  int option, status = -1;

  machine_init (&machine, verb, STATUS_FAILED);
  while (status < 0 && (option = getopt_long (argc, argv, ":", options, NULL)) != -1) {
    if (option == OPTION_ABI)
      abi = optarg;
    else
      status = machine_option (&machine, option, optarg, argv);
  }
  machine_free (&machine);
  if (status >= 0)
    return status;
  if (optind != argc - 1)
    return complain_usage (STATUS_FAILED, verb,
                           optind == argc ? "list what?" : "one list at a time");
  status = list_print (argv[optind], abi, verb);
  return status == STATUS_OK ? finish_output (stdout, "stdout") : status;
}
