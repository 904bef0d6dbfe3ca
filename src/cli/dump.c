#include <string.h>

#include "installed.h"

struct request {
  const char *output; /* NULL: stdout */
  const struct format *format;
  bool list;
  pid_t pid;
  int index; /* -1: the only one */
};

/* -1 to go on, else the status to return. */
static int
read_options (struct machine *machine, struct request *request, int argc, char **argv)
{
  static const struct option options[] = {
      {"output", required_argument, NULL, 'o'},
      {"format", required_argument, NULL, 'f'},
      {"list", no_argument, NULL, 'l'},
      {"help", no_argument, NULL, OPTION_HELP},
      {NULL, 0, NULL, 0},
  };
  int option;

  while ((option = getopt_long (argc, argv, ":o:", options, NULL)) != -1) {
    if (option == 'o')
      request->output = optarg;
    else if (option == 'l')
      request->list = true;
    else if (option != 'f')
      return machine_option (machine, option, optarg, argv);
    else if (!(request->format = format_find (optarg)))
      return complain_usage (STATUS_FAILED, machine->verb, "unknown format \"%s\"", optarg);
  }
  if (argc - optind != 1)
    return complain_usage (STATUS_FAILED, machine->verb, argc == optind ? "no PID" : "one PID");
  if (!installed_parse (argv[optind], &request->pid, &request->index))
    return complain_usage (STATUS_FAILED, machine->verb, "\"%s\": want a PID, or PID/INDEX",
                           argv[optind]);
  return -1;
}

static int
list (const struct readback *filters)
{
  for (size_t i = 0; i < filters->count; i++)
    printf ("%zu: %zu instructions%s\n", i, filters->programs[i].length,
            filters->logged[i] ? ", SECCOMP_FILTER_FLAG_LOG" : "");
  return finish_output (stdout, "stdout");
}

static int
dump (const struct request *request, struct arena *arena)
{
  struct oci_seccomp_filter *filter;
  struct readback filters;
  int status = STATUS_FAILED;

  if (!installed_read (&filters, request->pid, arena))
    return STATUS_FAILED;
  if (request->list)
    return list (&filters);
  filter = installed_choose (&filters, request->pid, request->index);
  if (filter)
    status = write_filter (request->output, request->format, filter);
  oci_seccomp_filter_free (filter);
  return status;
}

int
run_dump (const struct verb *verb, int argc, char **argv)
{
  struct request request = {.format = format_find ("raw")};
  struct machine machine;
  struct arena arena;
  int status;

  machine_init (&machine, verb, STATUS_FAILED);
  status = read_options (&machine, &request, argc, argv);
  if (status < 0 && !request.list && !format_goes_to (&machine, request.format, request.output))
    status = STATUS_FAILED;
  if (status < 0) {
    arena_init (&arena);
    status =
        ARENA_GUARD (&arena) ? complain (STATUS_FAILED, "out of memory") : dump (&request, &arena);
    arena_free (&arena);
  }
  machine_free (&machine);
  return status;
}
