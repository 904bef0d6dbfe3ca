/* What the verbs of the command share: options for the machine, input, diagnostics.
 *
 * stdout is data, stderr is diagnostics: one line each, `oci-seccomp: ...`. A verb is a function
 * of a file of its own; it gets its own name as argv[0], returns the exit status, and answers
 * --help itself by its struct verb. */
#ifndef CLI_H
#define CLI_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "filter.h"

struct verb {
  const char *name;
  int (*run) (const struct verb *verb, int argc, char **argv);
  const char *usage;   /* "CONFIG [-- CMD ARG...]" */
  const char *summary; /* one line, for the list of verbs */
  const char *help;    /* the verb's own options, a line each; the machine's are added */
  bool reads_profile;  /* takes the machine options */
};

extern const struct verb verbs[]; /* ends with a NULL name */

int run_apply (const struct verb *verb, int argc, char **argv);
int run_compile (const struct verb *verb, int argc, char **argv);
int run_translate (const struct verb *verb, int argc, char **argv);
int run_simulate (const struct verb *verb, int argc, char **argv);
int run_disassemble (const struct verb *verb, int argc, char **argv);
int run_check (const struct verb *verb, int argc, char **argv);
int run_list (const struct verb *verb, int argc, char **argv);
int run_bundle (const struct verb *verb, int argc, char **argv);
int run_dump (const struct verb *verb, int argc, char **argv);
int run_hook (const struct verb *verb, int argc, char **argv);
int run_init (const struct verb *verb, int argc, char **argv);
int run_verify (const struct verb *verb, int argc, char **argv);
int run_diff (const struct verb *verb, int argc, char **argv);

enum {
  STATUS_OK = 0,
  STATUS_FAILED = 1,
  STATUS_TROUBLE = 2, /* of verify and diff, where 1 is an answer */
};

/* --- diagnostics ---------------------------------------------------------------------------- */

/* One line on stderr: "oci-seccomp: ..."; returns `status`, so that a verb can return it. */
int complain (int status, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

/* From now on, complain also writes to the system's log: for hooks, whose stderr few engines show.
 */
void complain_in_syslog (void);

/* The same for a failed call of the library. */
int complain_of (int status, const struct oci_seccomp_error *err);

/* For a wrong use of the verb: the reason, and its usage line. */
int complain_usage (int status, const struct verb *verb, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

void print_help (const struct verb *verb);

/* Flushes and closes what was written to `name`; complains of a full disk or a closed pipe, which
 * printf alone hides. Returns the exit status. */
int finish_output (FILE *stream, const char *name);

/* --- options for the machine ---------------------------------------------------------------- */

/* What every verb that reads a profile takes. Put MACHINE_OPTIONS into the verb's getopt_long
 * table, and hand every value from MACHINE_OPTION_FIRST up to machine_option. */
enum {
  MACHINE_OPTION_FIRST = 1000,
  OPTION_NATIVE = MACHINE_OPTION_FIRST,
  OPTION_KERNEL,
  OPTION_CAP,
  OPTION_NEWER,
  OPTION_BAD_ARCH,
  OPTION_UNKNOWN_SYSCALLS,
  OPTION_STRICT,
  OPTION_WEIGHTS,
  OPTION_QUIET,
  OPTION_HELP,
};

/* clang-format off */
#define MACHINE_OPTIONS                                                                            \
  {"native", required_argument, NULL, OPTION_NATIVE},                                              \
  {"kernel", required_argument, NULL, OPTION_KERNEL},                                              \
  {"cap", required_argument, NULL, OPTION_CAP},                                                    \
  {"newer", required_argument, NULL, OPTION_NEWER},                                                \
  {"bad-arch", required_argument, NULL, OPTION_BAD_ARCH},                                          \
  {"unknown-syscalls", required_argument, NULL, OPTION_UNKNOWN_SYSCALLS},                          \
  {"strict", no_argument, NULL, OPTION_STRICT},                                                    \
  {"weights", required_argument, NULL, OPTION_WEIGHTS},                                            \
  {"quiet", no_argument, NULL, OPTION_QUIET},                                                      \
  {"help", no_argument, NULL, OPTION_HELP}
/* clang-format on */

/* The options, and the memory behind them: machine_init sets the arena's guard nowhere; memory gone
 * here ends the command with the verb's failure status. */
struct machine {
  struct oci_seccomp_options library; /* what the public functions take; warns on stderr */
  const char **capabilities;
  struct oci_seccomp_weight *weights;
  const struct verb *verb;
  int failure_status; /* 1, or apply's 125 */
};

void machine_init (struct machine *machine, const struct verb *verb, int failure_status);
void machine_free (struct machine *machine);

/* Reads how often calls are made from a file of lines `NAME COUNT`, as `strace -c` or perf can be
 * cut to; or takes the word `uniform`. Complains and returns false. */
bool read_weights (struct machine *machine, const char *path);
void free_weights (struct machine *machine);

/* Takes one option of getopt_long. Returns -1 to go on; else the status to return (0 after --help,
 * failure_status after a complaint). `option` may also be '?' or ':'. */
int machine_option (struct machine *machine, int option, const char *argument, char **argv);

/* --- output --- */

/* Where a verb's data goes: stdout, or a file that appears whole or not at all, so that nobody
 * takes half of a program for a filter. */
struct output {
  FILE *stream;
  const char *name;
  char *temporary; /* renamed to name at the end; NULL: written in place */
};

/* path NULL: stdout. Complains and returns false. */
bool output_open (struct output *output, const char *path);

/* Puts the file in place, or complains; returns the exit status. */
int output_close (struct output *output);

/* How a program is written: raw, base64, c, json. NULL for another word. */
struct format;
const struct format *format_find (const char *name);

/* Whether bytes of that format may go there (path NULL: stdout); complains if not. */
bool format_goes_to (const struct machine *machine, const struct format *format, const char *path);

/* path NULL: stdout. Complains; returns the exit status. */
int write_filter (const char *path, const struct format *format,
                  const struct oci_seccomp_filter *filter);

/* --- input ---------------------------------------------------------------------------------- */

struct input {
  char *bytes; /* malloc'ed; one NUL after the last */
  size_t length;
  const char *name; /* "-" is named "<stdin>" */
};

/* A whole file, or stdin for "-"; complains and returns false. */
bool read_input (struct input *out, const char *path);
void free_input (struct input *input);

/* Raw BPF, not a CONFIG: told by the first bytes. */
bool input_is_program (const struct input *input);

/* Parses a profile that has been read; complains and returns NULL. The machine's file_name is set.
 */
struct oci_seccomp_profile *parse_profile (struct machine *machine, const struct input *input);

/* Both in one. */
struct oci_seccomp_profile *read_profile (struct machine *machine, const char *path);

/* Reads a CONFIG into *profile, or a PROGRAM (raw BPF, told apart by content) or the one of a
 * process ("pid:N", see installed.h) into *filter; the other is NULL. Complains and returns false.
 */
bool read_either (struct machine *machine, const char *path, struct oci_seccomp_profile **profile,
                  struct oci_seccomp_filter **filter);

/* Reads a CONFIG and compiles it, or reads a PROGRAM (raw BPF, told apart by content) in the byte
 * order of the native ABI; complains and returns NULL. */
struct oci_seccomp_filter *read_filter (struct machine *machine, const char *path);

/* One call as a user writes it: SYSCALL [ARG...]; SYSCALL is a name, or a number with the ABI's
 * bits. UNKNOWN_SYSCALL, BAD_ARGUMENT. */
int parse_call (struct seccomp_data *out, enum abi abi, char *const *words, size_t count,
                struct oci_seccomp_error *err);

/* Decimal or 0x-hex, up to 2^64-1; a '-' is taken as two's complement. False if it is none. */
bool parse_u64 (const char *text, uint64_t *value);

#endif
