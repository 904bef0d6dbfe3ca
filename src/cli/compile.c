#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base64.h"
#include "cli.h"
#include "json.h"

struct request {
  const char *config;
  const char *output; /* NULL: stdout */
  const struct format *format;
};

struct format {
  const char *name;
  void (*write) (FILE *stream, const struct oci_seccomp_filter *filter, struct arena *scratch);
};

static void
write_raw (FILE *stream, const struct oci_seccomp_filter *filter, struct arena *scratch)
{
  const struct program *program = &filter->program;

  fwrite (program_to_bytes (program, abi_table[filter->native].big_endian, scratch),
          sizeof *program->instructions, program->length, stream);
}

static void
write_base64 (FILE *stream, const struct oci_seccomp_filter *filter, struct arena *scratch)
{
  fputs (base64_program (filter, scratch), stream);
  fputc ('\n', stream);
}

static void
write_c (FILE *stream, const struct oci_seccomp_filter *filter, struct arena *scratch)
{
  (void) scratch;
  fprintf (stream, "/* %s; native ABI %s. Made by oci-seccomp %s. */\n", filter->description,
           abi_table[filter->native].name, oci_seccomp_version ());
  fprintf (stream, "static const struct sock_filter seccomp_filter[] = {\n");
  for (size_t i = 0; i < filter->program.length; i++) {
    const struct sock_filter *insn = &filter->program.instructions[i];

    fprintf (stream, "  {0x%02x, %3u, %3u, 0x%08" PRIx32 "},\n", insn->code, insn->jt, insn->jf,
             insn->k);
  }
  fprintf (stream, "};\n");
}

static void
write_json (FILE *stream, const struct oci_seccomp_filter *filter, struct arena *scratch)
{
  struct json_writer *writer = json_writer_new (scratch, NULL);

  json_write_object (writer);
  json_write_string (writer, "native");
  json_write_string (writer, abi_table[filter->native].name);
  json_write_string (writer, "abis");
  json_write_array (writer);
  for (size_t i = 0; i < filter->rules_count; i++)
    json_write_string (writer, abi_table[filter->rules[i].abi].name);
  json_write_array_end (writer);
  json_write_string (writer, "instructions");
  json_write_array (writer);
  for (size_t i = 0; i < filter->program.length; i++) {
    const struct sock_filter *insn = &filter->program.instructions[i];

    json_write_object (writer);
    json_write_string (writer, "code");
    json_write_unsigned (writer, insn->code);
    json_write_string (writer, "jt");
    json_write_unsigned (writer, insn->jt);
    json_write_string (writer, "jf");
    json_write_unsigned (writer, insn->jf);
    json_write_string (writer, "k");
    json_write_unsigned (writer, insn->k);
    json_write_object_end (writer);
  }
  json_write_array_end (writer);
  json_write_object_end (writer);
  fputs (json_writer_text (writer, NULL), stream);
  fputc ('\n', stream);
}

static const struct format formats[] = {
    {"raw", write_raw},
    {"base64", write_base64},
    {"c", write_c},
    {"json", write_json},
};

const struct format *
format_find (const char *name)
{
  for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
    if (!strcmp (formats[i].name, name))
      return &formats[i];
  return NULL;
}

bool
format_goes_to (const struct machine *machine, const struct format *format, const char *path)
{
  if (format->write != write_raw || path || !isatty (STDOUT_FILENO))
    return true;
  complain_usage (0, machine->verb,
                  "raw bytes are not for a terminal; take -o FILE, a pipe or --format base64");
  return false;
}

int
write_filter (const char *path, const struct format *format,
              const struct oci_seccomp_filter *filter)
{
  struct output output;
  struct arena scratch;
  int status;

  if (!output_open (&output, path))
    return STATUS_FAILED;
  arena_init (&scratch);
  if (ARENA_GUARD (&scratch)) {
    /* What was written so far must not look like the whole: the stream is left in error. */
    fclose (output.stream);
    if (output.temporary)
      unlink (output.temporary);
    status = complain (STATUS_FAILED, "out of memory");
  } else {
    format->write (output.stream, filter, &scratch);
    status = output_close (&output);
  }
  arena_free (&scratch);
  return status;
}

/* -1 to go on, else the status to return. */
static int
read_options (struct machine *machine, struct request *request, int argc, char **argv)
{
  static const struct option options[] = {
      {"output", required_argument, NULL, 'o'},
      {"format", required_argument, NULL, 'f'},
      {"verify", no_argument, NULL, 'V'},
      MACHINE_OPTIONS,
      {NULL, 0, NULL, 0},
  };
  int option;

  while ((option = getopt_long (argc, argv, ":o:", options, NULL)) != -1) {
    int status = -1;

    if (option == 'o') {
      request->output = optarg;
    } else if (option == 'f') {
      request->format = format_find (optarg);
      if (!request->format)
        return complain_usage (STATUS_FAILED, machine->verb, "unknown format \"%s\"", optarg);
    } else if (option == 'V') {
      machine->library.verify = true;
    } else {
      status = machine_option (machine, option, optarg, argv);
    }
    if (status >= 0)
      return status;
  }
  if (argc - optind != 1)
    return complain_usage (STATUS_FAILED, machine->verb,
                           argc == optind ? "no CONFIG" : "more than one CONFIG");
  request->config = argv[optind];
  return -1;
}

static int
compile (struct machine *machine, const struct request *request)
{
  struct oci_seccomp_filter *filter = NULL;
  struct oci_seccomp_profile *profile;
  struct oci_seccomp_error err;
  int status = STATUS_FAILED;

  if (!format_goes_to (machine, request->format, request->output))
    return STATUS_FAILED;
  profile = read_profile (machine, request->config);
  if (!profile)
    return STATUS_FAILED;
  if (oci_seccomp_compile (&filter, profile, &machine->library, &err))
    complain_of (0, &err);
  else
    status = write_filter (request->output, request->format, filter);
  oci_seccomp_filter_free (filter);
  oci_seccomp_profile_free (profile);
  return status;
}

int
run_compile (const struct verb *verb, int argc, char **argv)
{
  struct request request = {.format = format_find ("raw")};
  struct machine machine;
  int status;

  machine_init (&machine, verb, STATUS_FAILED);
  status = read_options (&machine, &request, argc, argv);
  if (status < 0)
    status = compile (&machine, &request);
  machine_free (&machine);
  return status;
}
