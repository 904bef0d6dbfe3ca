/* Interprets the files of tests/cases: profiles, options, and what must come of them. Each call is
 * asked of our program and of the naive oracle, so the cases test both.
 *
 * A file is a list of directives, a line each; `#` begins a comment.
 *
 *   case TITLE                  what the next lines are about; forgets profile and options
 *   profile { ... }             the profile, on one line; or
 *   profile                     on the lines up to one that says only `end`
 *   options --WORD VALUE ...    as the command takes them; replaces those before
 *   ABI CALL ARG... -> VERDICT  the verdict of one call; CALL is a name or a number, ABI also a
 *                               token as 0x-number; arguments not given are 0
 *   error CODE: MESSAGE         it is refused so; a MESSAGE that ends in `...` is a beginning
 *   warning TEXT                one warning has this text in it
 *   warnings N                  there are so many
 *   length <= N                 instructions
 *   flags N                     what oci_seccomp_profile_flags says; `flags absent` if not given
 *   describe TEXT               the one line of oci_seccomp_filter_describe
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compare.h"

enum { WORDS = 40, LINE = 4096, PROFILE = 64 * 1024, FILES = 100, CAPABILITIES = 40 };

/* One `case` of a file, and how far it has come. */
struct run {
  const char *path;
  unsigned line, failures, checks;
  char title[200];
  char json[PROFILE];
  char option_text[LINE];
  char *option_words[WORDS];
  const char *capabilities[CAPABILITIES];
  struct oci_seccomp_options options;
  struct oracle_machine machine;
  bool compiled;
  struct oci_seccomp_profile *profile;
  struct oci_seccomp_filter *filter;
  struct oci_seccomp_error error;
  struct oracle *oracle;
  char warnings[PROFILE]; /* each ends with a newline */
};

static void __attribute__ ((format (printf, 2, 3)))
complain (struct run *run, const char *format, ...)
{
  va_list arguments;

  run->failures++;
  fprintf (stderr, "%s:%u: (%s) ", run->path, run->line, run->title);
  va_start (arguments, format);
  vfprintf (stderr, format, arguments);
  va_end (arguments);
  fprintf (stderr, "\n");
}

static size_t
split (char *text, char **words)
{
  size_t count = 0;
  char *word;

  while ((word = strsep (&text, " \t\n")))
    if (*word && count < WORDS - 1)
      words[count++] = word;
  words[count] = NULL;
  return count;
}

/* --- compiling --- */

static void
forget_result (struct run *run)
{
  oci_seccomp_filter_free (run->filter);
  oci_seccomp_profile_free (run->profile);
  if (run->oracle)
    oracle_free (run->oracle);
  run->filter = NULL;
  run->profile = NULL;
  run->oracle = NULL;
  run->warnings[0] = '\0';
  run->compiled = false;
}

static void
note_warning (void *data, const char *message)
{
  struct run *run = data;
  const size_t used = strlen (run->warnings);

  snprintf (run->warnings + used, sizeof run->warnings - used, "%s\n", message);
}

static void
set_defaults (struct run *run)
{
  run->options = (struct oci_seccomp_options){.native_abi = "x86_64", .kernel = "6.1"};
  run->options.warn = note_warning;
  run->options.warn_data = run;
  run->machine = oracle_machine ("x86_64");
}

static void
set_capabilities (struct run *run, char *list)
{
  char *name;

  run->options.capabilities = run->machine.capabilities = run->capabilities;
  while ((name = strsep (&list, ",")))
    if (strcmp (name, "none") && run->options.capability_count < CAPABILITIES)
      run->capabilities[run->options.capability_count++] = name;
  run->machine.capability_count = run->options.capability_count;
}

/* Takes an option and its value; false if it is unknown. */
static bool
set_option (struct run *run, const char *option, char *value)
{
  if (!strcmp (option, "--native")) {
    run->options.native_abi = value;
    run->machine.native = value;
  } else if (!strcmp (option, "--newer")) {
    run->machine.newer_default = !strcmp (value, "default");
    run->options.newer =
        run->machine.newer_default ? OCI_SECCOMP_NEWER_DEFAULT : OCI_SECCOMP_NEWER_ENOSYS;
  } else if (!strcmp (option, "--bad-arch")) {
    run->options.bad_arch = value;
    oracle_verdict_read (strncmp (value, "SCMP_ACT_", 9) ? value : value + 9,
                         &run->machine.bad_arch);
  } else if (!strcmp (option, "--kernel")) {
    run->options.kernel = value;
    sscanf (value, "%u.%u", &run->machine.kernel_major, &run->machine.kernel_minor);
  } else if (!strcmp (option, "--cap")) {
    set_capabilities (run, value);
  } else if (!strcmp (option, "--unknown-syscalls")) {
    run->options.unknown_syscalls = !strcmp (value, "error")    ? OCI_SECCOMP_UNKNOWN_ERROR
                                    : !strcmp (value, "ignore") ? OCI_SECCOMP_UNKNOWN_IGNORE
                                                                : OCI_SECCOMP_UNKNOWN_WARN;
  } else
    return false;
  return true;
}

static void
take_options (struct run *run, const char *text)
{
  size_t count;

  forget_result (run);
  set_defaults (run);
  snprintf (run->option_text, sizeof run->option_text, "%s", text);
  count = split (run->option_text, run->option_words);
  for (size_t i = 0; i < count; i++)
    if (!strcmp (run->option_words[i], "--strict"))
      run->options.strict = true;
    else if (i + 1 == count || !set_option (run, run->option_words[i], run->option_words[i + 1]))
      complain (run, "%s: unknown option", run->option_words[i]);
    else
      i++;
}

static void
compile (struct run *run)
{
  char why[200];

  if (run->compiled)
    return;
  run->compiled = true;
  run->error = (struct oci_seccomp_error){0};
  if (oci_seccomp_profile_parse (&run->profile, run->json, strlen (run->json), &run->options,
                                 &run->error) == OCI_SECCOMP_OK)
    oci_seccomp_compile (&run->filter, run->profile, &run->options, &run->error);
  run->oracle = oracle_new (run->json, &run->machine);
  if (run->filter && (run->oracle->is_error || oracle_conflict (run->oracle, why, sizeof why)))
    complain (run, "compiles, but the oracle says it is wrong: %s",
              run->oracle->is_error ? run->oracle->why : why);
  if (!run->filter && run->error.code == OCI_SECCOMP_CONFLICTING_RULES &&
      !oracle_conflict (run->oracle, why, sizeof why))
    complain (run, "a conflict that the oracle does not see: %s", run->error.message);
}

/* --- expectations --- */

static bool
read_number (const char *text, uint64_t *number)
{
  char *end;

  *number = *text == '-' ? (uint64_t) strtoll (text, &end, 0) : strtoull (text, &end, 0);
  return *text && !*end;
}

static bool
read_call (struct run *run, char **words, size_t count, struct seccomp_data *call)
{
  const struct oracle_abi *abi = oracle_abi_find (words[0]);
  uint64_t token, number;

  if (count < 2 || count > 8)
    return false;
  if (!abi && !read_number (words[0], &token))
    return false;
  call->arch = abi ? abi->token : (uint32_t) token;
  if (!read_number (words[1], &number)) {
    const int64_t named =
        abi ? oracle_syscall_number (oracle_syscall_find (words[1]), abi) : (int64_t) -1;

    if (named < 0) {
      complain (run, "%s has no %s", words[0], words[1]);
      return true;
    }
    number = (uint64_t) named;
  }
  call->nr = (int) (uint32_t) number;
  for (size_t i = 2; i < count; i++)
    if (!read_number (words[i], &number))
      return false;
    else
      call->args[i - 2] = number;
  return true;
}

/* ABI CALL ARG... -> VERDICT */
static void
expect_verdict (struct run *run, char *line, const char *wanted)
{
  struct seccomp_data call = {0};
  char *words[WORDS], text[32];
  uint32_t expected, actual, oracle;

  if (!read_call (run, words, split (line, words), &call) ||
      !oracle_verdict_read (wanted, &expected)) {
    complain (run, "not understood");
    return;
  }
  compile (run);
  if (!run->filter) {
    complain (run, "does not compile: %s", run->error.message);
    return;
  }
  actual = oci_seccomp_filter_evaluate (run->filter, &call);
  if (actual != expected)
    complain (run, "expected %s, got %s", wanted, oracle_verdict_text (actual, text, sizeof text));
  oracle = oracle_decide (run->oracle, &call);
  if (oracle != expected)
    complain (run, "expected %s, the oracle says %s", wanted,
              oracle_verdict_text (oracle, text, sizeof text));
}

/* CODE: MESSAGE */
static void
expect_error (struct run *run, const char *wanted)
{
  char actual[1200];
  size_t length = strlen (wanted);

  compile (run);
  if (run->filter) {
    complain (run, "compiles, but should be refused");
    return;
  }
  snprintf (actual, sizeof actual, "%s: %s", oci_seccomp_code_name (run->error.code),
            run->error.message);
  if (length > 3 && !strcmp (wanted + length - 3, "..."))
    length -= 3;
  else if (strlen (actual) > length)
    length = strlen (actual);
  if (strncmp (actual, wanted, length))
    complain (run, "another error:\nerror %s", actual);
}

static void
expect_warnings (struct run *run, const char *wanted)
{
  unsigned count = 0;

  compile (run);
  for (const char *at = run->warnings; (at = strchr (at, '\n')); at++)
    count++;
  if (count != strtoul (wanted, NULL, 10))
    complain (run, "%u warnings:\n%s", count, run->warnings);
}

static void
expect_flags (struct run *run, const char *wanted)
{
  bool given = true;
  unsigned flags;

  compile (run);
  if (!run->profile) {
    complain (run, "does not parse: %s", run->error.message);
    return;
  }
  flags = oci_seccomp_profile_flags (run->profile, &given);
  if (!strcmp (wanted, "absent") ? given || flags != SECCOMP_FILTER_FLAG_SPEC_ALLOW
                                 : !given || flags != strtoul (wanted, NULL, 0))
    complain (run, "flags are 0x%x, %s", flags, given ? "given" : "absent");
}

static void
expect_length (struct run *run, const char *wanted)
{
  size_t length = 0;

  compile (run);
  if (run->filter)
    oci_seccomp_filter_instructions (run->filter, &length);
  if (!length || length > strtoul (wanted, NULL, 10))
    complain (run, "%zu instructions %s", length, run->filter ? "" : run->error.message);
}

static void
expect_description (struct run *run, const char *wanted)
{
  compile (run);
  if (!run->filter || strcmp (oci_seccomp_filter_describe (run->filter), wanted))
    complain (run, "described as: %s",
              run->filter ? oci_seccomp_filter_describe (run->filter) : run->error.message);
}

/* --- a file --- */

static void
begin_case (struct run *run, const char *title)
{
  forget_result (run);
  set_defaults (run);
  run->json[0] = '\0';
  snprintf (run->title, sizeof run->title, "%s", title);
}

static void
take_profile (struct run *run, const char *text, FILE *file)
{
  char line[LINE];

  forget_result (run);
  snprintf (run->json, sizeof run->json, "%s", text);
  if (*text)
    return;
  while (fgets (line, sizeof line, file) && strcmp (line, "end\n")) {
    run->line++;
    if (strlen (run->json) + strlen (line) < sizeof run->json)
      strcat (run->json, line);
  }
  run->line++;
}

/* What comes after a word at the beginning of a line; NULL if the line begins otherwise. */
static const char *
after (const char *line, const char *word)
{
  const size_t length = strlen (word);

  if (strncmp (line, word, length) || (line[length] && line[length] != ' '))
    return NULL;
  return line + length + strspn (line + length, " ");
}

static void
take_line (struct run *run, char *line, FILE *file)
{
  char *arrow = strstr (line, " -> ");
  const char *rest;

  if ((rest = after (line, "case")))
    begin_case (run, rest);
  else if ((rest = after (line, "profile")))
    take_profile (run, rest, file);
  else if ((rest = after (line, "options")))
    take_options (run, rest);
  else {
    run->checks++;
    if ((rest = after (line, "error")))
      expect_error (run, rest);
    else if ((rest = after (line, "warnings")))
      expect_warnings (run, rest);
    else if ((rest = after (line, "warning"))) {
      compile (run);
      if (!strstr (run->warnings, rest))
        complain (run, "no such warning among:\n%s", run->warnings);
    } else if ((rest = after (line, "length <=")))
      expect_length (run, rest);
    else if ((rest = after (line, "flags")))
      expect_flags (run, rest);
    else if ((rest = after (line, "describe")))
      expect_description (run, rest);
    else if (arrow) {
      *arrow = '\0';
      expect_verdict (run, line, arrow + 4);
    } else
      complain (run, "not understood: %s", line);
  }
}

static void
run_file (void **state)
{
  struct run *run = calloc (1, sizeof *run);
  unsigned failures, checks;
  char line[LINE];
  FILE *file;

  run->path = *state;
  file = fopen (run->path, "re");
  assert_non_null (file);
  begin_case (run, "");
  while (fgets (line, sizeof line, file)) {
    run->line++;
    line[strcspn (line, "\n")] = '\0';
    if (*line && *line != '#')
      take_line (run, line, file);
  }
  fclose (file);
  forget_result (run);
  print_message ("# %s: %u checks\n", run->path, run->checks);
  failures = run->failures;
  checks = run->checks;
  free (run);
  assert_int_equal (failures, 0);
  assert_int_not_equal (checks, 0);
}

int
main (void)
{
  const char *srcdir = getenv ("srcdir");
  struct CMUnitTest tests[FILES] = {0};
  char pattern[4096];
  glob_t found;
  int failed;

  snprintf (pattern, sizeof pattern, "%s/tests/cases/*.case", srcdir ? srcdir : ".");
  if (glob (pattern, 0, NULL, &found) || found.gl_pathc > FILES) {
    fprintf (stderr, "%s: no files, or too many\n", pattern);
    return 99;
  }
  for (size_t i = 0; i < found.gl_pathc; i++)
    tests[i] = (struct CMUnitTest){.name = strrchr (found.gl_pathv[i], '/') + 1,
                                   .test_func = run_file,
                                   .initial_state = found.gl_pathv[i]};
  failed = _cmocka_run_group_tests ("cases", tests, found.gl_pathc, NULL, NULL);
  globfree (&found);
  return failed;
}
