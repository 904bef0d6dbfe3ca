#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "disassemble.h"
#include "json.h"

struct format {
  const char *name;
  void (*write) (const struct program *program, const struct line *lines, struct arena *scratch);
};

struct request {
  const char *path; /* of a config or a program */
  const struct format *format;
};

/* --- formats --- */

static int
decimal_width (size_t number)
{
  int width = 1;

  while (number >= 10) {
    number /= 10;
    width++;
  }
  return width;
}

static void
write_text (const struct program *program, const struct line *lines, struct arena *scratch)
{
  int width = decimal_width (program->length - 1);

  (void) scratch;
  for (size_t pc = 0; pc < program->length; pc++) {
    const struct line *line = &lines[pc];

    if (line->comment)
      printf ("%*zu: %-28s ; %s\n", width, pc, line->text, line->comment);
    else
      printf ("%*zu: %s\n", width, pc, line->text);
  }
}

static void
write_edges (const struct line *line, size_t pc, size_t length)
{
  if (line->target_count == 2)
    printf ("  n%zu -> n%" PRIu64 " [label=\"yes\"];\n  n%zu -> n%" PRIu64
            " [label=\"no\", style=dashed];\n",
            pc, line->targets[0], pc, line->targets[1]);
  else if (line->target_count == 1)
    printf ("  n%zu -> n%" PRIu64 ";\n", pc, line->targets[0]);
  else if (!line->ends && pc + 1 < length)
    printf ("  n%zu -> n%zu;\n", pc, pc + 1);
}

/* Neither instructions nor names have anything in them that dot would need escaped. */
static void
write_dot (const struct program *program, const struct line *lines, struct arena *scratch)
{
  (void) scratch;
  puts ("digraph program {\n  node [shape=box, fontname=\"monospace\"];");
  for (size_t pc = 0; pc < program->length; pc++) {
    const struct line *line = &lines[pc];

    printf ("  n%zu [label=\"%zu: %s", pc, pc, line->text);
    if (line->comment)
      printf ("\\n%s", line->comment);
    puts (line->ends ? "\", style=rounded];" : "\"];");
    write_edges (line, pc, program->length);
  }
  puts ("}");
}

static void
write_member (struct json_writer *writer, const char *key, uint64_t value)
{
  json_write_string (writer, key);
  json_write_unsigned (writer, value);
}

static void
write_json_line (struct json_writer *writer, const struct sock_filter *insn,
                 const struct line *line)
{
  write_member (writer, "code", insn->code);
  write_member (writer, "jt", insn->jt);
  write_member (writer, "jf", insn->jf);
  write_member (writer, "k", insn->k);
  json_write_string (writer, "text");
  json_write_string (writer, line->text);
  if (line->target_count) {
    json_write_string (writer, "targets");
    json_write_array (writer);
    for (unsigned i = 0; i < line->target_count; i++)
      json_write_unsigned (writer, line->targets[i]);
    json_write_array_end (writer);
  }
  if (line->comment) {
    json_write_string (writer, "comment");
    json_write_string (writer, line->comment);
  }
}

static void
write_json (const struct program *program, const struct line *lines, struct arena *scratch)
{
  struct json_writer *writer = json_writer_new (scratch, "  ");

  json_write_array (writer);
  for (size_t pc = 0; pc < program->length; pc++) {
    json_write_object (writer);
    write_member (writer, "index", pc);
    write_json_line (writer, &program->instructions[pc], &lines[pc]);
    json_write_object_end (writer);
  }
  json_write_array_end (writer);
  fputs (json_writer_text (writer, NULL), stdout);
}

static const struct format formats[] = {
    {"text", write_text},
    {"dot", write_dot},
    {"json", write_json},
};

static const struct format *
find_format (const char *name)
{
  for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
    if (!strcmp (formats[i].name, name))
      return &formats[i];
  return NULL;
}

/* --- the verb --- */

/* -1 to go on, else the status to return. */
static int
read_options (struct machine *machine, struct request *request, int argc, char **argv)
{
  static const struct option options[] = {
      {"format", required_argument, NULL, 'f'},
      MACHINE_OPTIONS,
      {NULL, 0, NULL, 0},
  };
  int option;

  while ((option = getopt_long (argc, argv, ":", options, NULL)) != -1) {
    int status = -1;

    if (option == 'f') {
      request->format = find_format (optarg);
      if (!request->format)
        return complain_usage (STATUS_FAILED, machine->verb, "unknown format \"%s\"", optarg);
    } else {
      status = machine_option (machine, option, optarg, argv);
    }
    if (status >= 0)
      return status;
  }
  if (argc - optind != 1)
    return complain_usage (STATUS_FAILED, machine->verb,
                           argc == optind ? "no CONFIG or PROGRAM" : "more than one PROGRAM");
  request->path = argv[optind];
  return -1;
}

static int
show (const struct request *request, const struct program *program, enum abi native,
      struct arena *scratch)
{
  request->format->write (program, disassemble (program, native, scratch), scratch);
  return finish_output (stdout, "stdout");
}

/* What the kernel would refuse is shown too: whoever has such a program wants to see why. */
static int
show_program (const struct request *request, const struct input *input,
              const struct oci_seccomp_options *library, struct arena *scratch)
{
  struct options options;
  struct program program;
  struct oci_seccomp_error err;

  if (options_resolve (&options, library, &err))
    return complain_of (STATUS_FAILED, &err);
  if (program_from_bytes (&program, input->bytes, input->length,
                          abi_table[options.native].big_endian, scratch, &err))
    return complain (STATUS_FAILED, "%s: %s", input->name, err.message);
  if (show (request, &program, options.native, scratch))
    return STATUS_FAILED;
  if (program_check (&program, &err))
    return complain (STATUS_FAILED, "%s: %s", input->name, err.message);
  return STATUS_OK;
}

static int
show_config (const struct request *request, const struct input *input, struct machine *machine,
             struct arena *scratch)
{
  struct oci_seccomp_profile *profile = parse_profile (machine, input);
  struct oci_seccomp_filter *filter = NULL;
  struct oci_seccomp_error err;
  int status = STATUS_FAILED;

  if (profile && oci_seccomp_compile (&filter, profile, &machine->library, &err))
    complain_of (0, &err);
  if (filter)
    status = show (request, &filter->program, filter->native, scratch);
  oci_seccomp_filter_free (filter);
  oci_seccomp_profile_free (profile);
  return status;
}

static int
show_input (const struct request *request, const struct input *input, struct machine *machine)
{
  struct arena scratch;
  int status;

  arena_init (&scratch);
  if (ARENA_GUARD (&scratch))
    status = complain (STATUS_FAILED, "out of memory");
  else if (input_is_program (input))
    status = show_program (request, input, &machine->library, &scratch);
  else
    status = show_config (request, input, machine, &scratch);
  arena_free (&scratch);
  return status;
}

int
run_disassemble (const struct verb *verb, int argc, char **argv)
{
  struct request request = {.format = find_format ("text")};
  struct machine machine;
  struct input input;
  int status;

  machine_init (&machine, verb, STATUS_FAILED);
  status = read_options (&machine, &request, argc, argv);
  if (status < 0) {
    status = STATUS_FAILED;
    if (read_input (&input, request.path)) {
      status = show_input (&request, &input, &machine);
      free_input (&input);
    }
  }
  machine_free (&machine);
  return status;
}
