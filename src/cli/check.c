#include <string.h>

#include "cli.h"
#include "cost_report.h"
#include "lint.h"

struct request {
  bool cost, json, strict, quiet;
  char **paths;
  int path_count;
  struct json_writer *writer; /* of json */
};

/* What has been read of one CONFIG. */
struct subject {
  const char *name;
  const struct oci_seccomp_profile *profile;
  const struct oci_seccomp_filter *filter;
  const struct options *options;
};

/* --- output --- */

static void
print_findings (const struct subject *subject, const struct findings *findings,
                struct arena *scratch)
{
  for (size_t i = 0; i < findings->count; i++) {
    const struct finding *finding = &findings->items[i];

    puts (json_message (scratch, &subject->profile->profile.document, finding->node, "%s: %s",
                        severity_name (finding->severity), finding->text));
  }
}

static void
write_finding (struct json_writer *writer, const struct finding *finding)
{
  char path[512];

  json_write_object (writer);
  json_write_string (writer, "severity");
  json_write_string (writer, severity_name (finding->severity));
  json_write_string (writer, "line");
  json_write_unsigned (writer, finding->node->line);
  json_write_string (writer, "column");
  json_write_unsigned (writer, finding->node->column);
  json_write_string (writer, "path");
  json_write_string (writer, json_path (finding->node, path, sizeof path));
  json_write_string (writer, "text");
  json_write_string (writer, finding->text);
  json_write_object_end (writer);
}

static void
write_findings (struct json_writer *writer, const struct findings *findings)
{
  json_write_string (writer, "findings");
  json_write_array (writer);
  for (size_t i = 0; i < findings->count; i++)
    write_finding (writer, &findings->items[i]);
  json_write_array_end (writer);
}

static void
write_subject (const struct request *request, const struct subject *subject,
               const struct findings *findings, struct arena *scratch)
{
  struct json_writer *writer = request->writer;

  json_write_object (writer);
  json_write_string (writer, "file");
  json_write_string (writer, subject->name);
  write_findings (writer, findings);
  if (request->cost) {
    json_write_string (writer, "cost");
    write_cost_json (writer, subject->filter, subject->options, scratch);
  }
  json_write_object_end (writer);
}

static void
write_invalid (struct json_writer *writer, const char *name, const struct oci_seccomp_error *err)
{
  json_write_object (writer);
  json_write_string (writer, "file");
  json_write_string (writer, name);
  json_write_string (writer, "error");
  json_write_string (writer, err->message);
  json_write_object_end (writer);
}

/* --- one CONFIG --- */

static int
report (const struct request *request, const struct subject *subject, struct arena *scratch)
{
  struct findings findings;
  int status = STATUS_OK;

  lint_profile (&findings, &subject->profile->profile, subject->filter, subject->options, scratch);
  for (size_t i = 0; i < findings.count; i++)
    if (findings.items[i].severity == SEVERITY_WARNING && request->strict)
      status = STATUS_FAILED;
  if (request->quiet)
    findings.count = 0;
  if (request->json) {
    write_subject (request, subject, &findings, scratch);
    return status;
  }
  print_findings (subject, &findings, scratch);
  if (request->cost) {
    printf ("%s:\n", subject->name);
    print_cost (subject->filter, subject->options, scratch);
  }
  return status;
}

static int
check_input (const struct request *request, struct machine *machine, const struct input *input,
             struct arena *scratch)
{
  struct oci_seccomp_profile *profile = NULL;
  struct oci_seccomp_filter *filter = NULL;
  struct oci_seccomp_error err;
  struct options options;
  int status = STATUS_FAILED, code;

  machine->library.file_name = input->name;
  code = options_resolve (&options, &machine->library, &err);
  if (code == 0)
    code =
        oci_seccomp_profile_parse (&profile, input->bytes, input->length, &machine->library, &err);
  if (code == 0)
    code = oci_seccomp_compile (&filter, profile, &machine->library, &err);
  if (code == 0) {
    struct subject subject = {input->name, profile, filter, &options};

    status = report (request, &subject, scratch);
  } else {
    complain_of (STATUS_FAILED, &err);
    if (request->json)
      write_invalid (request->writer, input->name, &err);
  }
  oci_seccomp_filter_free (filter);
  oci_seccomp_profile_free (profile);
  return status;
}

static int
check_path (const struct request *request, struct machine *machine, const char *path,
            struct arena *scratch)
{
  struct input input;
  int status;

  if (!read_input (&input, path))
    return STATUS_FAILED;
  if (input_is_program (&input))
    status = complain (STATUS_FAILED, "%s: is a program; check wants a CONFIG", input.name);
  else
    status = check_input (request, machine, &input, scratch);
  free_input (&input);
  return status;
}

/* --- the verb --- */

/* -1 to go on, else the status to return. */
static int
read_options (struct machine *machine, struct request *request, int argc, char **argv)
{
  static const struct option options[] = {
      {"cost", no_argument, NULL, 'c'},
      {"format", required_argument, NULL, 'f'},
      MACHINE_OPTIONS,
      {NULL, 0, NULL, 0},
  };
  int option;

  while ((option = getopt_long (argc, argv, ":", options, NULL)) != -1) {
    int status = -1;

    if (option == 'c')
      request->cost = true;
    else if (option == 'f' && (!strcmp (optarg, "text") || !strcmp (optarg, "json")))
      request->json = *optarg == 'j';
    else if (option == 'f')
      return complain_usage (STATUS_FAILED, machine->verb, "unknown format \"%s\"", optarg);
    else
      status = machine_option (machine, option, optarg, argv);
    if (status >= 0)
      return status;
  }
  if (optind == argc)
    return complain_usage (STATUS_FAILED, machine->verb, "no CONFIG");
  request->paths = argv + optind;
  request->path_count = argc - optind;
  return -1;
}

/* What the library would warn of are findings here, and what it would refuse under --strict. */
static void
take_over (struct request *request, struct machine *machine)
{
  request->quiet = !machine->library.warn;
  request->strict = machine->library.strict;
  machine->library.warn = NULL;
  machine->library.strict = false;
}

static int
check_paths (struct request *request, struct machine *machine, struct arena *scratch)
{
  int status = STATUS_OK;

  if (request->json) {
    request->writer = json_writer_new (scratch, "  ");
    json_write_array (request->writer);
  }
  for (int i = 0; i < request->path_count; i++)
    status |= check_path (request, machine, request->paths[i], scratch);
  if (request->json) {
    json_write_array_end (request->writer);
    fputs (json_writer_text (request->writer, NULL), stdout);
  }
  return finish_output (stdout, "stdout") ? STATUS_FAILED : status;
}

static int
check_all (struct request *request, struct machine *machine)
{
  struct arena scratch;
  int status;

  arena_init (&scratch);
  if (ARENA_GUARD (&scratch))
    status = complain (STATUS_FAILED, "out of memory");
  else
    status = check_paths (request, machine, &scratch);
  arena_free (&scratch);
  return status;
}

int
run_check (const struct verb *verb, int argc, char **argv)
{
  struct request request = {0};
  struct machine machine;
  int status;

  machine_init (&machine, verb, STATUS_FAILED);
  status = read_options (&machine, &request, argc, argv);
  if (status < 0) {
    take_over (&request, &machine);
    status = check_all (&request, &machine);
  }
  machine_free (&machine);
  return status;
}
