#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "installed.h"
#include "json.h"
#include "syscalls.h"

/* --- diagnostics --- */

static bool in_syslog;

void
complain_in_syslog (void)
{
  openlog ("oci-seccomp", LOG_PID, LOG_DAEMON);
  in_syslog = true;
}

int
complain (int status, const char *format, ...)
{
  va_list args;

  fputs ("oci-seccomp: ", stderr);
  va_start (args, format);
  vfprintf (stderr, format, args);
  va_end (args);
  fputc ('\n', stderr);
  if (in_syslog) {
    va_start (args, format);
    vsyslog (strncmp (format, "warning: ", 9) ? LOG_ERR : LOG_WARNING, format, args);
    va_end (args);
  }
  return status;
}

int
complain_of (int status, const struct oci_seccomp_error *err)
{
  return complain (status, "%s", err->message);
}

int
complain_usage (int status, const struct verb *verb, const char *format, ...)
{
  va_list args;

  fputs ("oci-seccomp: ", stderr);
  va_start (args, format);
  vfprintf (stderr, format, args);
  va_end (args);
  fprintf (stderr, "; usage: oci-seccomp %s %s\n", verb->name, verb->usage);
  if (in_syslog) {
    va_start (args, format);
    vsyslog (LOG_ERR, format, args);
    va_end (args);
  }
  return status;
}

int
finish_output (FILE *stream, const char *name)
{
  bool failed = ferror (stream) != 0;

  errno = 0;
  if (fclose (stream) != 0) {
    failed = true;
    if (errno)
      return complain (STATUS_FAILED, "%s: cannot write: %s", name, strerror (errno));
  }
  /* What an earlier write failed of is forgotten by now. */
  return failed ? complain (STATUS_FAILED, "%s: cannot write all of it", name) : STATUS_OK;
}

static const char machine_help[] =
    "  --native ABI             the machine's native ABI; default: this machine's\n"
    "  --kernel VERSION         its kernel, for minKernel; default: the running one\n"
    "  --cap CAP                bounding set, for includes/excludes: names (repeated, or a comma\n"
    "                           list), `none` or `all`; default: config.json's, else the engines'\n"
    "  --newer enosys|default   numbers newer than the profile: ENOSYS (default), or its default\n"
    "  --bad-arch ACTION        for ABIs not compiled in; default: KILL_THREAD\n"
    "  --unknown-syscalls warn|ignore|error\n"
    "                           names that no ABI knows; default: warn\n"
    "  --strict                 refuse conditions that can be walked around through socketcall, "
    "ipc\n"
    "  --weights FILE|uniform   lines `NAME COUNT`: calls that the program is to be quick for\n"
    "  --quiet                  no warnings\n";

void
print_help (const struct verb *verb)
{
  printf ("usage: oci-seccomp %s %s\n\n%s.\n\n%s", verb->name, verb->usage, verb->summary,
          verb->help);
  if (verb->reads_profile)
    printf ("\nThe machine that the program is for:\n%s", machine_help);
}

/* --- options for the machine --- */

static void
print_warning (void *data, const char *message)
{
  (void) data;
  complain (0, "warning: %s", message);
}

void
machine_init (struct machine *machine, const struct verb *verb, int failure_status)
{
  memset (machine, 0, sizeof *machine);
  machine->library.warn = print_warning;
  machine->verb = verb;
  machine->failure_status = failure_status;
}

void
machine_free (struct machine *machine)
{
  for (size_t i = 0; i < machine->library.capability_count; i++)
    free ((char *) machine->capabilities[i]);
  free_weights (machine);
  free (machine->capabilities);
  machine->capabilities = NULL;
  machine->library.capability_count = 0;
}

static bool
machine_add_capability (struct machine *machine, const char *name, size_t length)
{
  size_t count = machine->library.capability_count;
  const char **grown = realloc (machine->capabilities, (count + 1) * sizeof *grown);
  char *copy;

  if (!grown)
    return false;
  machine->library.capabilities = machine->capabilities = grown;
  copy = strndup (name, length);
  if (!copy)
    return false;
  grown[count] = copy;
  machine->library.capability_count = count + 1;
  return true;
}

/* `none` alone leaves an empty list, which is not the same as no list. */
static bool
machine_add_capabilities (struct machine *machine, const char *list)
{
  static const char *const empty[1];

  if (!machine->library.capabilities)
    machine->library.capabilities = empty;
  if (!strcmp (list, "none"))
    return true;
  if (!strcmp (list, "all")) {
    for (const struct name *row = capability_names; row->name; row++)
      if (!machine_add_capability (machine, row->name, strlen (row->name)))
        return false;
    return true;
  }
  for (const char *word = list;; word++) {
    size_t length = strcspn (word, ",");

    if (!machine_add_capability (machine, word, length))
      return false;
    word += length;
    if (!*word)
      return true;
  }
}

static bool
machine_set_word (struct machine *machine, int option, const char *word)
{
  static const char *const newer[] = {"enosys", "default", NULL};
  static const char *const unknown[] = {"warn", "ignore", "error", NULL};
  const char *const *words = option == OPTION_NEWER ? newer : unknown;

  for (int i = 0; words[i]; i++)
    if (!strcmp (words[i], word)) {
      if (option == OPTION_NEWER)
        machine->library.newer = (enum oci_seccomp_newer) i;
      else
        machine->library.unknown_syscalls = (enum oci_seccomp_unknown) i;
      return true;
    }
  return false;
}

int
machine_option (struct machine *machine, int option, const char *argument, char **argv)
{
  const struct verb *verb = machine->verb;
  int failure = machine->failure_status;

  switch (option) {
  case OPTION_NATIVE:
    machine->library.native_abi = argument;
    return -1;
  case OPTION_KERNEL:
    machine->library.kernel = argument;
    return -1;
  case OPTION_CAP:
    return machine_add_capabilities (machine, argument) ? -1 : complain (failure, "out of memory");
  case OPTION_NEWER:
    if (machine_set_word (machine, option, argument))
      return -1;
    return complain_usage (failure, verb, "--newer \"%s\": want enosys or default", argument);
  case OPTION_UNKNOWN_SYSCALLS:
    if (machine_set_word (machine, option, argument))
      return -1;
    return complain_usage (failure, verb, "--unknown-syscalls \"%s\": want warn, ignore or error",
                           argument);
  case OPTION_BAD_ARCH:
    machine->library.bad_arch = argument;
    return -1;
  case OPTION_WEIGHTS:
    return read_weights (machine, argument) ? -1 : failure;
  case OPTION_STRICT:
    machine->library.strict = true;
    return -1;
  case OPTION_QUIET:
    machine->library.warn = NULL;
    return -1;
  case OPTION_HELP:
    print_help (verb);
    return finish_output (stdout, "stdout");
  case ':':
    return complain_usage (failure, verb, "%s wants a value", argv[optind - 1]);
  default:
    if (optopt >= '0' && optopt <= '9')
      return complain_usage (failure, verb, "%s looks like an option; put -- before it",
                             argv[optind - 1]);
    if (optopt && optopt < MACHINE_OPTION_FIRST)
      return complain_usage (failure, verb, "unknown option -%c", optopt);
    return complain_usage (failure, verb, "unknown option %s", argv[optind - 1]);
  }
}

/* --- input --- */

static bool
read_all (struct input *out, FILE *stream)
{
  size_t room = 0;

  for (;;) {
    if (room - out->length < 2) {
      char *grown = realloc (out->bytes, room = room ? room * 2 : 64 * 1024);

      if (!grown)
        return false;
      out->bytes = grown;
    }
    size_t got = fread (out->bytes + out->length, 1, room - out->length - 1, stream);

    out->length += got;
    out->bytes[out->length] = '\0';
    /* One byte over the limit is enough for json_parse to refuse it with the figure. */
    if (got == 0 || out->length > JSON_MAX_BYTES)
      return !ferror (stream);
  }
}

bool
read_input (struct input *out, const char *path)
{
  bool is_stdin = !strcmp (path, "-");
  FILE *stream = is_stdin ? stdin : fopen (path, "rbe");
  bool good;

  memset (out, 0, sizeof *out);
  out->name = is_stdin ? "<stdin>" : path;
  if (!stream) {
    complain (0, "%s: cannot open: %s", path, strerror (errno));
    return false;
  }
  errno = 0;
  good = read_all (out, stream);
  if (!good) {
    complain (0, "%s: cannot read: %s", out->name, strerror (errno));
    free_input (out);
  }
  if (!is_stdin)
    fclose (stream);
  return good;
}

void
free_input (struct input *input)
{
  free (input->bytes);
  input->bytes = NULL;
}

struct oci_seccomp_profile *
parse_profile (struct machine *machine, const struct input *input)
{
  struct oci_seccomp_profile *profile;
  struct oci_seccomp_error err;

  machine->library.file_name = input->name;
  if (oci_seccomp_profile_parse (&profile, input->bytes, input->length, &machine->library, &err))
    complain_of (0, &err);
  return profile;
}

struct oci_seccomp_profile *
read_profile (struct machine *machine, const char *path)
{
  struct oci_seccomp_profile *profile;
  struct input input;

  if (!read_input (&input, path))
    return NULL;
  profile = parse_profile (machine, &input);
  free_input (&input);
  return profile;
}

/* JSON never has a NUL; the first instruction of any program has one in its code's high byte. */
bool
input_is_program (const struct input *input)
{
  return memchr (input->bytes, '\0', input->length < 8 ? input->length : 8) != NULL;
}

static struct oci_seccomp_filter *
load_program (const struct machine *machine, const struct input *input)
{
  struct oci_seccomp_filter *filter;
  struct oci_seccomp_error err;

  if (filter_from_bytes (&filter, input->bytes, input->length, &machine->library, &err))
    complain (0, "%s: %s", input->name, err.message);
  return filter;
}

bool
read_either (struct machine *machine, const char *path, struct oci_seccomp_profile **profile,
             struct oci_seccomp_filter **filter)
{
  struct input input;

  *profile = NULL;
  *filter = NULL;
  if (installed_is_named (path))
    return (*filter = installed_filter (path)) != NULL;
  if (!read_input (&input, path))
    return false;
  if (input_is_program (&input))
    *filter = load_program (machine, &input);
  else
    *profile = parse_profile (machine, &input);
  free_input (&input);
  return *profile || *filter;
}

struct oci_seccomp_filter *
read_filter (struct machine *machine, const char *path)
{
  struct oci_seccomp_profile *profile;
  struct oci_seccomp_filter *filter;
  struct oci_seccomp_error err;

  if (!read_either (machine, path, &profile, &filter) || filter)
    return filter;
  if (oci_seccomp_compile (&filter, profile, &machine->library, &err))
    complain_of (0, &err);
  oci_seccomp_profile_free (profile);
  return filter;
}

bool
parse_u64 (const char *text, uint64_t *value)
{
  bool negative = *text == '-';
  int base = 10;
  char *end;

  text += negative;
  if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    base = 16;
    text += 2;
  }
  /* strtoull would take blanks and signs of its own. */
  if (!(base == 16 ? strspn (text, "0123456789abcdefABCDEF") : strspn (text, "0123456789")))
    return false;
  errno = 0;
  *value = strtoull (text, &end, base);
  if (*end || errno)
    return false;
  if (negative)
    *value = -*value;
  return true;
}

static int
parse_syscall (uint32_t *number, enum abi abi, const char *text, struct oci_seccomp_error *err)
{
  uint64_t value;
  int row = syscall_from_name (text, strlen (text));

  if (row != SYSCALL_UNKNOWN) {
    if (syscall_number (row, abi, number))
      return OCI_SECCOMP_OK;
    return fail (err, OCI_SECCOMP_UNKNOWN_SYSCALL, "%s has no system call \"%s\"",
                 abi_table[abi].name, text);
  }
  if (!parse_u64 (text, &value) || (value > UINT32_MAX && value < (uint64_t) INT32_MIN))
    return fail (err, OCI_SECCOMP_UNKNOWN_SYSCALL,
                 "unknown system call \"%s\"; want a name or a number up to 4294967295", text);
  *number = (uint32_t) value;
  return OCI_SECCOMP_OK;
}

int
parse_call (struct seccomp_data *out, enum abi abi, char *const *words, size_t count,
            struct oci_seccomp_error *err)
{
  const size_t most = sizeof out->args / sizeof out->args[0];
  uint32_t number;
  int code;

  memset (out, 0, sizeof *out);
  if (count == 0 || count > 1 + most)
    return fail (err, OCI_SECCOMP_BAD_ARGUMENT, "want SYSCALL and at most %zu arguments", most);
  code = parse_syscall (&number, abi, words[0], err);
  if (code)
    return code;
  out->nr = (int) number;
  out->arch = abi_table[abi].token;
  for (size_t i = 1; i < count; i++) {
    uint64_t value;

    if (!parse_u64 (words[i], &value))
      return fail (err, OCI_SECCOMP_BAD_ARGUMENT,
                   "argument \"%s\" is no number; want decimal or 0x-hex, at most 64 bits",
                   words[i]);
    out->args[i - 1] = value;
  }
  return OCI_SECCOMP_OK;
}
