#include <string.h>

#include "subject.h"

static bool
roles_are_right (const struct subject *config, const struct subject *program)
{
  if (!config->profile) {
    complain (0, "%s: a program; want a profile here (diff compares two programs)", config->name);
    return false;
  }
  if (!program->filter) {
    complain (0, "%s: a profile; want a program here, as compile writes it", program->name);
    return false;
  }
  return true;
}

static void
print_proof (const struct subject *config, const struct subject *program)
{
  uint32_t abis = config->side.profile->abis & ~ABI_BIT (config->options.native);

  printf ("proved: the %zu instructions of %s decide every call as %s says: on %s",
          program->side.program->length, program->name, config->name,
          abi_table[config->options.native].name);
  for (enum abi abi = 0; abi < ABI_COUNT; abi++)
    if (abis & ABI_BIT (abi))
      printf (", %s", abi_table[abi].name);
  printf (" and all other ABIs\n");
}

static void
print_refutation (const struct equivalence *result, const struct subject *config,
                  const struct subject *program, struct arena *arena)
{
  char asked[VERDICT_TEXT], made[VERDICT_TEXT];

  printf ("refuted: %s: %s says %s, %s does %s\n", equivalence_call_text (&result->witness, arena),
          config->name, verdict_text (result->verdicts[0], asked), program->name,
          verdict_text (result->verdicts[1], made));
}

static int
tell (const struct equivalence *result, const struct subject *config, const struct subject *program,
      struct arena *arena)
{
  if (result->result == EQUIVALENCE_UNKNOWN)
    return complain (STATUS_TROUBLE, "cannot tell: %s (simulate tells of single calls)",
                     result->reason);
  if (result->result == EQUIVALENCE_EQUAL)
    print_proof (config, program);
  else
    print_refutation (result, config, program, arena);
  if (finish_output (stdout, "stdout"))
    return STATUS_TROUBLE;
  return result->result == EQUIVALENCE_EQUAL ? STATUS_OK : STATUS_FAILED;
}

static int
verify (const struct subject *config, const struct subject *program)
{
  struct equivalence result;
  struct arena arena;
  int status;

  arena_init (&arena);
  if (ARENA_GUARD (&arena)) {
    status = complain (STATUS_TROUBLE, "out of memory");
  } else {
    equivalence_check (&result, &config->side, &program->side, &arena);
    status = tell (&result, config, program, &arena);
  }
  arena_free (&arena);
  return status;
}

static int
verify_paths (struct machine *machine, char *const *paths)
{
  struct subject config, program = {0};
  int status = STATUS_TROUBLE;

  if (subject_open (&config, machine, paths[0]) && subject_open (&program, machine, paths[1]) &&
      roles_are_right (&config, &program))
    status = verify (&config, &program);
  subject_close (&config);
  subject_close (&program);
  return status;
}

int
run_verify (const struct verb *verb, int argc, char **argv)
{
  static const struct option options[] = {MACHINE_OPTIONS, {NULL, 0, NULL, 0}};
  struct machine machine;
  int status = -1, option;

  machine_init (&machine, verb, STATUS_TROUBLE);
  while (status < 0 && (option = getopt_long (argc, argv, ":", options, NULL)) != -1)
    status = machine_option (&machine, option, optarg, argv);
  if (status < 0 && argc - optind != 2)
    status = complain_usage (STATUS_TROUBLE, verb, "want a CONFIG and a PROGRAM");
  if (status < 0 && !strcmp (argv[optind], "-") && !strcmp (argv[optind + 1], "-"))
    status = complain_usage (STATUS_TROUBLE, verb, "only one of the two can be stdin");
  if (status < 0)
    status = verify_paths (&machine, argv + optind);
  machine_free (&machine);
  return status;
}
