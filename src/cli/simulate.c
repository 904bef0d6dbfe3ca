#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { ARGUMENTS_MAX = 6 };

struct request {
  const char *path; /* of a config or a program */
  const char *abi;  /* NULL: the native one */
  bool batch;
  char **call; /* SYSCALL [ARG...] */
  int call_count;
};

/* -1 to go on, else the status to return. */
static int
read_options (struct machine *machine, struct request *request, int argc, char **argv)
{
  static const struct option options[] = {
      {"abi", required_argument, NULL, 'a'},
      {"batch", no_argument, NULL, 'b'},
      MACHINE_OPTIONS,
      {NULL, 0, NULL, 0},
  };
  int option;

  while ((option = getopt_long (argc, argv, ":", options, NULL)) != -1) {
    int status = -1;

    if (option == 'a')
      request->abi = optarg;
    else if (option == 'b')
      request->batch = true;
    else
      status = machine_option (machine, option, optarg, argv);
    if (status >= 0)
      return status;
  }
  if (optind == argc)
    return complain_usage (STATUS_FAILED, machine->verb, "no CONFIG or PROGRAM");
  request->path = argv[optind];
  request->call = argv + optind + 1;
  request->call_count = argc - optind - 1;
  if (request->batch && request->call_count)
    return complain_usage (STATUS_FAILED, machine->verb, "--batch takes its calls from stdin");
  if (request->batch && !strcmp (request->path, "-"))
    return complain_usage (STATUS_FAILED, machine->verb, "--batch needs stdin for the calls");
  if (!request->batch && !request->call_count)
    return complain_usage (STATUS_FAILED, machine->verb, "no SYSCALL");
  if (request->call_count > 1 + ARGUMENTS_MAX)
    return complain_usage (STATUS_FAILED, machine->verb, "a system call has at most %d arguments",
                           ARGUMENTS_MAX);
  return -1;
}

static void
print_verdict (const struct oci_seccomp_filter *filter, const struct seccomp_data *data)
{
  char text[VERDICT_TEXT];

  puts (verdict_text (oci_seccomp_filter_evaluate (filter, data), text));
}

static int
simulate_one (const struct request *request, const struct oci_seccomp_filter *filter)
{
  enum abi abi = filter->native;
  struct oci_seccomp_error err;
  struct seccomp_data data;

  if (request->abi && !abi_from_name (request->abi, SPELLING_SHORT_TOO, &abi))
    return complain (STATUS_FAILED, "unknown ABI \"%s\"; `oci-seccomp list abis` tells them",
                     request->abi);
  if (parse_call (&data, abi, request->call, (size_t) request->call_count, &err))
    return complain_of (STATUS_FAILED, &err);
  print_verdict (filter, &data);
  return finish_output (stdout, "stdout");
}

/* Takes the end off a line that tells of an address, as verify and diff do of few calls. */
static int
take_address (char *line, uint64_t *address, struct oci_seccomp_error *err)
{
  static const char before[] = ", called from address ";
  char *at = strstr (line, before);

  *address = 0;
  if (!at)
    return OCI_SECCOMP_OK;
  *at = '\0';
  at += strlen (before);
  at[strcspn (at, " \t\r\n")] = '\0';
  if (!parse_u64 (at, address))
    return fail (err, OCI_SECCOMP_BAD_ARGUMENT, "address \"%s\" is no number", at);
  return OCI_SECCOMP_OK;
}

/* A call on an ABI that has no name: `arch TOKEN NUMBER [ARG...]`. */
static int
parse_nameless (struct seccomp_data *data, char *const *words, size_t count,
                struct oci_seccomp_error *err)
{
  uint64_t token, number;
  int code;

  if (count < 3 || !parse_u64 (words[1], &token) || token > UINT32_MAX ||
      !parse_u64 (words[2], &number))
    return fail (err, OCI_SECCOMP_BAD_ARGUMENT,
                 "after arch, want two numbers, of 32 bits: the "
                 "AUDIT_ARCH value, and that of the system call");
  code = parse_call (data, ABI_X86_64, words + 2, count - 2, err);
  data->arch = (uint32_t) token;
  return code;
}

static int
parse_line (struct seccomp_data *data, char *const *words, size_t count,
            struct oci_seccomp_error *err)
{
  enum abi abi;

  if (!strcmp (words[0], "arch"))
    return parse_nameless (data, words, count, err);
  if (!abi_from_name (words[0], SPELLING_SHORT_TOO, &abi))
    return fail (err, OCI_SECCOMP_UNKNOWN_ABI, "unknown ABI \"%s\"", words[0]);
  return parse_call (data, abi, words + 1, count - 1, err);
}

/* A line of a batch: ABI SYSCALL [ARG...]. Empty lines and # comments give no verdict. */
static int
simulate_line (const struct oci_seccomp_filter *filter, char *line, size_t length,
               struct oci_seccomp_error *err)
{
  char *words[3 + ARGUMENTS_MAX + 1], *rest = line;
  const size_t most = sizeof words / sizeof words[0];
  struct seccomp_data data;
  size_t count = 0;
  uint64_t address;
  int code;

  if (strlen (line) != length)
    return fail (err, OCI_SECCOMP_BAD_ARGUMENT, "a NUL in the line");
  code = take_address (line, &address, err);
  if (code)
    return code;
  while (count < most && (words[count] = strtok_r (rest, " \t\r\n", &rest)))
    count++;
  if (count == 0 || words[0][0] == '#')
    return OCI_SECCOMP_OK;
  code = parse_line (&data, words, count, err);
  data.instruction_pointer = address;
  if (code == OCI_SECCOMP_OK)
    print_verdict (filter, &data);
  return code;
}

static int
simulate_batch (const struct oci_seccomp_filter *filter)
{
  struct oci_seccomp_error err;
  char *line = NULL;
  size_t room = 0;
  ssize_t length;
  int status = STATUS_OK;

  for (unsigned long number = 1;
       status == STATUS_OK && (length = getline (&line, &room, stdin)) >= 0; number++)
    if (simulate_line (filter, line, (size_t) length, &err))
      status = complain (STATUS_FAILED, "<stdin>:%lu: %s", number, err.message);
  if (status == STATUS_OK && ferror (stdin))
    status = complain (STATUS_FAILED, "<stdin>: cannot read");
  free (line);
  return finish_output (stdout, "stdout") ? STATUS_FAILED : status;
}

int
run_simulate (const struct verb *verb, int argc, char **argv)
{
  struct request request = {0};
  struct oci_seccomp_filter *filter;
  struct machine machine;
  int status;

  machine_init (&machine, verb, STATUS_FAILED);
  status = read_options (&machine, &request, argc, argv);
  if (status < 0) {
    filter = read_filter (&machine, request.path);
    if (!filter)
      status = STATUS_FAILED;
    else
      status = request.batch ? simulate_batch (filter) : simulate_one (&request, filter);
    oci_seccomp_filter_free (filter);
  }
  machine_free (&machine);
  return status;
}
