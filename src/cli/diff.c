#include <inttypes.h>
#include <string.h>

#include "../json.h"
#include "../syscalls.h"
#include "groups.h"
#include "subject.h"

enum { LINE_WIDTH = 80, INDENT = 4, LISTED_RANGES = 8 };

/* --- text ----------------------------------------------------------------------------------- */

/* At the text's spaces, in lines of LINE_WIDTH, all but perhaps the first indented. */
static void
print_paragraph (int indent, const char *text)
{
  int column = printf ("%*s", indent, "");
  bool first = true;

  while (*text) {
    int length = (int) strcspn (text, " ");

    if (!first && column + 1 + length > LINE_WIDTH)
      column = printf ("\n%*s", INDENT, "") - 1;
    else if (!first)
      column += printf (" ");
    column += printf ("%.*s", length, text);
    text += text[length] ? length + 1 : length;
    first = false;
  }
  printf ("\n");
}

static const char *
listed (const char *text, const char *more, struct arena *arena)
{
  return text ? arena_printf (arena, "%s, %s", text, more) : more;
}

/* Large numbers in hexadecimal: those of x32 have bit 30. */
static const char *
number_text (uint32_t number, struct arena *arena)
{
  return arena_printf (arena, number > 0xffff ? "0x%" PRIx32 : "%" PRIu32, number);
}

static const char *
members_text (const struct group *group, struct arena *arena)
{
  size_t count = group->range_count < LISTED_RANGES ? group->range_count : LISTED_RANGES;
  uint64_t left = 0;
  const char *text = NULL;

  if (count < group->range_count)
    left = ranges_size (group->ranges + count, group->range_count - count);
  for (size_t i = 0; i < group->row_count; i++)
    text = listed (text, syscall_name (group->rows[i]), arena);
  for (size_t i = 0; i < count; i++) {
    const struct number_range *range = &group->ranges[i];
    const char *one = number_text (range->first, arena);

    if (range->last != range->first)
      one = arena_printf (arena, "%s-%s", one, number_text (range->last, arena));
    text = listed (text, one, arena);
  }
  return left ? arena_printf (arena, "%s and %" PRIu64 " more", text, left) : text;
}

static const char *
count_text (const struct group *group, struct arena *arena)
{
  uint64_t count =
      group->row_count ? group->row_count : ranges_size (group->ranges, group->range_count);

  if (group->every)
    return "every system call";
  return arena_printf (arena, "%" PRIu64 " %s%s%s", count,
                       group->row_count ? "system call" : "number", count == 1 ? "" : "s",
                       group->row_count ? "" : " without a name");
}

static void
print_group (const struct group *group, struct arena *arena)
{
  char before[VERDICT_TEXT], after[VERDICT_TEXT];

  print_paragraph (0, arena_printf (arena, "%s: %s -> %s: %s", group_abis_text (group, arena),
                                    verdict_text (group->verdicts[0], before),
                                    verdict_text (group->verdicts[1], after),
                                    count_text (group, arena)));
  if (!group->every)
    print_paragraph (INDENT, members_text (group, arena));
  if (!group->where)
    print_paragraph (INDENT, "for some arguments");
  else if (*group->where)
    print_paragraph (INDENT, arena_printf (arena, "where %s", group->where));
  print_paragraph (INDENT, arena_printf (arena, "for example: %s",
                                         equivalence_call_text (&group->witness, arena)));
}

static void
print_text (const struct groups *groups, const struct equivalence *result, bool complete,
            struct arena *arena)
{
  for (size_t i = 0; i < groups->count; i++)
    print_group (&groups->items[i], arena);
  if (!result->followed)
    print_paragraph (0, arena_printf (arena, "... and perhaps more: %s", result->reason));
  else if (!complete)
    printf ("... and more, too many to list\n");
}

/* --- JSON ----------------------------------------------------------------------------------- */

static void
write_key_text (struct json_writer *writer, const char *key, const char *text)
{
  json_write_string (writer, key);
  json_write_string (writer, text);
}

static void
write_witness (struct json_writer *writer, const struct group *group, struct arena *arena)
{
  const struct seccomp_data *call = &group->witness;

  json_write_string (writer, "witness");
  json_write_object (writer);
  write_key_text (writer, "call", equivalence_call_text (call, arena));
  json_write_string (writer, "arch");
  json_write_unsigned (writer, call->arch);
  json_write_string (writer, "number");
  json_write_unsigned (writer, (uint32_t) call->nr);
  json_write_string (writer, "args");
  json_write_array (writer);
  for (unsigned i = 0; i < 6; i++)
    json_write_unsigned (writer, call->args[i]);
  json_write_array_end (writer);
  json_write_string (writer, "instructionPointer");
  json_write_unsigned (writer, call->instruction_pointer);
  json_write_object_end (writer);
}

static void
write_ranges (struct json_writer *writer, const char *key, const struct number_range *ranges,
              size_t count)
{
  json_write_string (writer, key);
  json_write_array (writer);
  for (size_t i = 0; i < count; i++) {
    json_write_array (writer);
    json_write_unsigned (writer, ranges[i].first);
    json_write_unsigned (writer, ranges[i].last);
    json_write_array_end (writer);
  }
  json_write_array_end (writer);
}

static void
write_members (struct json_writer *writer, const struct group *group)
{
  json_write_string (writer, "syscalls");
  json_write_array (writer);
  for (size_t i = 0; i < group->row_count; i++)
    json_write_string (writer, syscall_name (group->rows[i]));
  json_write_array_end (writer);
  write_ranges (writer, "numbers", group->ranges, group->range_count);
}

static void
write_group (struct json_writer *writer, const struct group *group, struct arena *arena)
{
  char text[VERDICT_TEXT];

  json_write_object (writer);
  json_write_string (writer, "abis");
  json_write_array (writer);
  for (enum abi abi = 0; abi < ABI_COUNT; abi++)
    if (group->abis & ABI_BIT (abi))
      json_write_string (writer, abi_table[abi].name);
  json_write_array_end (writer);
  write_ranges (writer, "otherArches", group->tokens, group->token_count);
  json_write_string (writer, "every");
  json_write_boolean (writer, group->every);
  write_key_text (writer, "before", verdict_text (group->verdicts[0], text));
  write_key_text (writer, "after", verdict_text (group->verdicts[1], text));
  json_write_string (writer, "conditional");
  json_write_boolean (writer, !group->where || *group->where);
  json_write_string (writer, "condition");
  if (group->where)
    json_write_string (writer, group->where);
  else
    json_write_null (writer);
  write_members (writer, group);
  write_witness (writer, group, arena);
  json_write_object_end (writer);
}

static void
print_json (const struct groups *groups, bool same, bool complete, struct arena *arena)
{
  struct json_writer *writer = json_writer_new (arena, "  ");

  json_write_object (writer);
  json_write_string (writer, "same");
  json_write_boolean (writer, same);
  json_write_string (writer, "complete");
  json_write_boolean (writer, complete);
  json_write_string (writer, "differences");
  json_write_array (writer);
  for (size_t i = 0; i < groups->count; i++)
    write_group (writer, &groups->items[i], arena);
  json_write_array_end (writer);
  json_write_object_end (writer);
  fputs (json_writer_text (writer, NULL), stdout);
}

/* --- the verb ------------------------------------------------------------------------------- */

static int
compare_in (struct arena *arena, const struct subject subjects[2], bool json)
{
  struct differences differences = {.complete = true};
  struct groups groups = {0};
  struct equivalence result;
  bool same;

  equivalence_check (&result, &subjects[0].side, &subjects[1].side, arena);
  if (result.result == EQUIVALENCE_UNKNOWN)
    return complain (STATUS_TROUBLE, "cannot tell: %s (simulate tells of single calls)",
                     result.reason);
  same = result.result == EQUIVALENCE_EQUAL;
  if (!same) {
    differences_find (&differences, &result);
    groups_make (&groups, &differences, &result.diagrams);
  }
  if (json)
    print_json (&groups, same, differences.complete, arena);
  else if (same)
    printf ("the same: %s and %s decide every call alike\n", subjects[0].name, subjects[1].name);
  else
    print_text (&groups, &result, differences.complete, arena);
  if (finish_output (stdout, "stdout"))
    return STATUS_TROUBLE;
  return same ? STATUS_OK : STATUS_FAILED;
}

static int
compare (const struct subject subjects[2], bool json)
{
  struct arena arena;
  int status;

  arena_init (&arena);
  if (ARENA_GUARD (&arena))
    status = complain (STATUS_TROUBLE, "out of memory");
  else
    status = compare_in (&arena, subjects, json);
  arena_free (&arena);
  return status;
}

static int
compare_paths (struct machine *machine, char *const *paths, bool json)
{
  struct subject subjects[2] = {0};
  int status = STATUS_TROUBLE;

  if (subject_open (&subjects[0], machine, paths[0]) &&
      subject_open (&subjects[1], machine, paths[1]))
    status = compare (subjects, json);
  subject_close (&subjects[0]);
  subject_close (&subjects[1]);
  return status;
}

/* -1 to go on, else the status to return. */
static int
read_options (struct machine *machine, bool *json, int argc, char **argv)
{
  static const struct option options[] = {
      {"format", required_argument, NULL, 'f'}, MACHINE_OPTIONS, {NULL, 0, NULL, 0}};
  int option;

  while ((option = getopt_long (argc, argv, ":", options, NULL)) != -1) {
    int status = -1;

    if (option != 'f')
      status = machine_option (machine, option, optarg, argv);
    else if (!strcmp (optarg, "json") || !strcmp (optarg, "text"))
      *json = !strcmp (optarg, "json");
    else
      return complain_usage (STATUS_TROUBLE, machine->verb, "unknown format \"%s\"", optarg);
    if (status >= 0)
      return status;
  }
  if (argc - optind != 2)
    return complain_usage (STATUS_TROUBLE, machine->verb, "want two, each a CONFIG or a PROGRAM");
  if (!strcmp (argv[optind], "-") && !strcmp (argv[optind + 1], "-"))
    return complain_usage (STATUS_TROUBLE, machine->verb, "only one of the two can be stdin");
  return -1;
}

int
run_diff (const struct verb *verb, int argc, char **argv)
{
  struct machine machine;
  bool json = false;
  int status;

  machine_init (&machine, verb, STATUS_TROUBLE);
  status = read_options (&machine, &json, argc, argv);
  if (status < 0)
    status = compare_paths (&machine, argv + optind, json);
  machine_free (&machine);
  return status;
}
