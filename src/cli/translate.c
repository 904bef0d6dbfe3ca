#include "cli.h"

struct request {
  const char *path;
  const char *output; /* NULL: stdout */
  bool verbose;
};

/* -1 to go on, else the status to return. */
static int
read_options (struct machine *machine, struct request *request, int argc, char **argv)
{
  static const struct option options[] = {
      {"verbose", no_argument, NULL, 'v'},
      {"output", required_argument, NULL, 'o'},
      MACHINE_OPTIONS,
      {NULL, 0, NULL, 0},
  };
  int option;

  while ((option = getopt_long (argc, argv, ":vo:", options, NULL)) != -1) {
    int status = -1;

    if (option == 'v')
      request->verbose = true;
    else if (option == 'o')
      request->output = optarg;
    else
      status = machine_option (machine, option, optarg, argv);
    if (status >= 0)
      return status;
  }
  if (argc - optind != 1)
    return complain_usage (STATUS_FAILED, machine->verb,
                           argc == optind ? "no PROFILE" : "more than one PROFILE");
  request->path = argv[optind];
  return -1;
}

static void
print_choices (const struct profile *profile, struct arena *arena)
{
  for (size_t i = 0; i < profile->choice_count; i++) {
    const struct profile_choice *choice = &profile->choices[i];

    complain (0, "%s",
              json_message (arena, &profile->document, choice->node, "%s: %s",
                            choice->kept ? "kept" : "dropped", choice->why));
  }
}

/* The output is opened last, so that a failure before leaves an old file as it was. */
static int
write_text (const struct request *request, const char *text, size_t length)
{
  struct output output;

  if (!output_open (&output, request->output))
    return STATUS_FAILED;
  fwrite (text, 1, length, output.stream);
  return output_close (&output);
}

static int
translate (const struct request *request, const struct profile *profile)
{
  struct arena arena;
  const char *text;
  size_t length;
  int status;

  arena_init (&arena);
  if (ARENA_GUARD (&arena)) {
    arena_free (&arena);
    return complain (STATUS_FAILED, "out of memory");
  }
  if (request->verbose)
    print_choices (profile, &arena);
  text = profile_to_json (profile, "  ", &arena, &length);
  status = write_text (request, text, length);
  arena_free (&arena);
  return status;
}

int
run_translate (const struct verb *verb, int argc, char **argv)
{
  struct request request = {NULL, NULL, false};
  struct oci_seccomp_profile *profile;
  struct machine machine;
  int status;

  machine_init (&machine, verb, STATUS_FAILED);
  status = read_options (&machine, &request, argc, argv);
  if (status < 0) {
    status = STATUS_FAILED;
    profile = read_profile (&machine, request.path);
    if (profile)
      status = translate (&request, &profile->profile);
    oci_seccomp_profile_free (profile);
  }
  machine_free (&machine);
  return status;
}
