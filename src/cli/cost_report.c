#include "cost_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cost.h"
#include "syscalls.h"

/* --- why calls run the filter each time --- */

/* Which arguments a program may look at, as bits; and one bit for the instruction pointer. */
enum { LOADS_POINTER = 1 << 6 };

/* Calls that run the filter each time for one reason on the same ABIs. */
struct group {
  enum cost_reason reason;
  uint32_t verdict; /* of COST_DENIED */
  uint32_t loads;   /* of COST_ARGUMENTS */
  size_t at;        /* of COST_INSTRUCTION */
  uint32_t abis;
  const char **names;
  size_t name_count;
};

struct groups {
  struct group *items;
  size_t count;
};

static uint32_t
loads_of_words (uint32_t words)
{
  uint32_t loads = words >> 2 & 3 ? LOADS_POINTER : 0;

  for (unsigned i = 0; i < 6; i++)
    if (words >> (4 + 2 * i) & 3)
      loads |= 1u << i;
  return loads;
}

static struct group
group_of_answer (const struct cost_answer *answer)
{
  struct group group = {.reason = answer->reason};

  if (answer->reason == COST_DENIED)
    group.verdict = answer->verdict;
  if (answer->reason == COST_ARGUMENTS)
    group.loads = loads_of_words (answer->loads);
  if (answer->reason == COST_INSTRUCTION)
    group.at = answer->at;
  return group;
}

/* Orders groups by what a reader looks for first: what could be changed, then what is denied. */
static int
compare_groups (const void *left, const void *right)
{
  const struct group *a = left, *b = right;
  int reach_a = __builtin_popcount (a->abis), reach_b = __builtin_popcount (b->abis);

  if (a->reason != b->reason)
    return a->reason > b->reason ? -1 : 1;
  if (a->verdict != b->verdict)
    return a->verdict < b->verdict ? -1 : 1;
  if (a->loads != b->loads)
    return a->loads < b->loads ? -1 : 1;
  if (a->at != b->at)
    return a->at < b->at ? -1 : 1;
  if (reach_a != reach_b)
    return reach_b - reach_a;
  return a->abis < b->abis ? -1 : a->abis > b->abis;
}

static bool
same_reason (const struct group *a, const struct group *b)
{
  return a->reason == b->reason && a->verdict == b->verdict && a->loads == b->loads &&
         a->at == b->at;
}

static void
add_name (struct groups *groups, const struct group *reason, const char *name,
          struct arena *scratch)
{
  struct group *group = NULL;

  for (size_t i = 0; i < groups->count && !group; i++)
    if (same_reason (&groups->items[i], reason) && groups->items[i].abis == reason->abis)
      group = &groups->items[i];
  if (!group) {
    group = ARENA_PUSH (scratch, groups->items, groups->count);
    *group = *reason;
  }
  *ARENA_PUSH (scratch, group->names, group->name_count) = name;
}

/* One call on all ABIs that it has and that the kernel keeps a bitmap for. */
static void
add_call (struct groups *groups, const struct oci_seccomp_filter *filter, int row,
          struct arena *scratch)
{
  struct group reasons[ABI_COUNT];
  uint32_t left = 0;

  for (size_t i = 0; i < filter->rules_count; i++) {
    enum abi abi = filter->rules[i].abi;
    struct cost_answer answer;
    uint32_t number;

    if (!syscall_number (row, abi, &number))
      continue;
    cost_answer (&answer, &filter->program, filter->native, abi, number);
    if (answer.reason == COST_BITMAP || answer.reason == COST_NO_BITMAP)
      continue;
    reasons[abi] = group_of_answer (&answer);
    left |= ABI_BIT (abi);
  }
  for (int i = 0; i < ABI_COUNT; i++) {
    if (!(left & ABI_BIT (i)))
      continue;
    struct group reason = reasons[i];

    for (int j = i; j < ABI_COUNT; j++)
      if ((left & ABI_BIT (j)) && same_reason (&reasons[j], &reasons[i]))
        reason.abis |= ABI_BIT (j);
    left &= ~reason.abis;
    add_name (groups, &reason, syscall_name (row), scratch);
  }
}

/* Linux 5.11 is the first that does, for any ABI. */
static bool
kernel_keeps_bitmaps (const struct options *options)
{
  return options->kernel_major > 5 || (options->kernel_major == 5 && options->kernel_minor >= 11);
}

static struct groups
find_groups (const struct oci_seccomp_filter *filter, const struct options *options,
             struct arena *scratch)
{
  struct groups groups = {0};

  for (int row = 0; row < syscall_count () && kernel_keeps_bitmaps (options); row++)
    add_call (&groups, filter, row, scratch);
  if (groups.count > 1)
    qsort (groups.items, groups.count, sizeof *groups.items, compare_groups);
  return groups;
}

static const char *
reason_text (const struct group *group, struct arena *scratch)
{
  char verdict[VERDICT_TEXT];
  const char *text = "looks at";

  if (group->reason == COST_DENIED)
    return arena_printf (scratch, "%s", verdict_text (group->verdict, verdict));
  if (group->reason == COST_INSTRUCTION)
    return arena_printf (scratch, "the kernel does not follow instruction %zu", group->at);
  for (unsigned i = 0; i < 6; i++)
    if (group->loads & 1u << i)
      text = arena_printf (scratch, "%s args[%u]", text, i);
  return group->loads & LOADS_POINTER ? arena_printf (scratch, "%s instruction_pointer", text)
                                      : text;
}

/* --- figures of one ABI --- */

struct figures {
  enum abi abi;
  struct cost_steps steps;
  bool bitmap;
  size_t answered, calls; /* of those that the ABI has: answered from the bitmap, and all */
};

static struct figures
find_figures (const struct oci_seccomp_filter *filter, enum abi abi, const struct options *options)
{
  struct figures figures = {.abi = abi};
  const int16_t *rows = syscall_rows_by_number (abi, &figures.calls);

  figures.bitmap = kernel_keeps_bitmaps (options) && cost_has_bitmap (filter->native, abi);
  cost_steps (&figures.steps, &filter->program, abi);
  if (options->weights)
    figures.steps.weighted =
        cost_weighted (&filter->program, abi, options->weights, options->weight_count);
  for (size_t i = 0; i < figures.calls && figures.bitmap; i++) {
    struct cost_answer answer;
    uint32_t number;

    if (!syscall_number (rows[i], abi, &number))
      continue;
    cost_answer (&answer, &filter->program, filter->native, abi, number);
    figures.answered += answer.reason == COST_BITMAP;
  }
  return figures;
}

/* --- for people --- */

enum { LINE_WIDTH = 96, NAMES_INDENT = 4 };

static void
print_names (const struct group *group)
{
  int column = 0;

  for (size_t i = 0; i < group->name_count; i++) {
    int length = (int) strlen (group->names[i]);

    if (column == 0 || column + 1 + length > LINE_WIDTH)
      column =
          printf ("%s%*s%s", column ? "\n" : "", NAMES_INDENT, "", group->names[i]) - (column != 0);
    else
      column += printf (" %s", group->names[i]);
  }
  puts ("");
}

static void
print_abis (uint32_t abis)
{
  const char *separator = "";

  for (int i = 0; i < ABI_COUNT; i++)
    if (abis & ABI_BIT (i)) {
      printf ("%s%s", separator, abi_table[i].name);
      separator = ", ";
    }
}

static void
print_figures (const struct oci_seccomp_filter *filter, const struct options *options)
{
  printf ("  %-12s %8s %7s %9s %5s  %s\n", "steps a call", "numbers", "mean", "weighted", "most",
          "answered by the kernel's bitmap");
  for (size_t i = 0; i < filter->rules_count; i++) {
    struct figures figures = find_figures (filter, filter->rules[i].abi, options);

    printf ("  %-12s   0..%u %7.2f %9.2f %5u  ", abi_table[figures.abi].name,
            cost_numbers (figures.abi) - 1, figures.steps.mean, figures.steps.weighted,
            figures.steps.most);
    if (figures.bitmap)
      printf ("%zu of %zu calls\n", figures.answered, figures.calls);
    else
      puts (kernel_keeps_bitmaps (options) ? "none: the kernel keeps none for this ABI"
                                           : "none: kernels before 5.11 keep none");
  }
}

void
print_cost (const struct oci_seccomp_filter *filter, const struct options *options,
            struct arena *scratch)
{
  struct groups groups = find_groups (filter, options, scratch);

  printf ("  %s, longest path %u\n", filter->description, cost_worst_path (&filter->program));
  print_figures (filter, options);
  puts ("  (instructions executed, arguments 0; mean over the numbers, weighted by how often calls "
        "occur)");
  if (groups.count)
    puts ("  calls that run the filter each time, and why:");
  for (size_t i = 0; i < groups.count; i++) {
    printf ("  %s on ", reason_text (&groups.items[i], scratch));
    print_abis (groups.items[i].abis);
    printf (": %zu\n", groups.items[i].name_count);
    print_names (&groups.items[i]);
  }
}

/* --- for programs --- */

static uint64_t
thousandths (double value)
{
  return (uint64_t) (value * 1000 + 0.5);
}

static void
write_figures (struct json_writer *writer, const struct figures *figures)
{
  json_write_object (writer);
  json_write_string (writer, "abi");
  json_write_string (writer, abi_table[figures->abi].name);
  json_write_string (writer, "numbers");
  json_write_unsigned (writer, cost_numbers (figures->abi));
  json_write_string (writer, "mean");
  json_write_decimal (writer, thousandths (figures->steps.mean));
  json_write_string (writer, "weighted");
  json_write_decimal (writer, thousandths (figures->steps.weighted));
  json_write_string (writer, "most");
  json_write_unsigned (writer, figures->steps.most);
  json_write_string (writer, "bitmap");
  json_write_boolean (writer, figures->bitmap);
  json_write_string (writer, "answered");
  json_write_unsigned (writer, figures->answered);
  json_write_string (writer, "calls");
  json_write_unsigned (writer, figures->calls);
  json_write_object_end (writer);
}

static void
write_group (struct json_writer *writer, const struct group *group, struct arena *scratch)
{
  json_write_object (writer);
  json_write_string (writer, "reason");
  json_write_string (writer, reason_text (group, scratch));
  json_write_string (writer, "abis");
  json_write_array (writer);
  for (int i = 0; i < ABI_COUNT; i++)
    if (group->abis & ABI_BIT (i))
      json_write_string (writer, abi_table[i].name);
  json_write_array_end (writer);
  json_write_string (writer, "syscalls");
  json_write_array (writer);
  for (size_t i = 0; i < group->name_count; i++)
    json_write_string (writer, group->names[i]);
  json_write_array_end (writer);
  json_write_object_end (writer);
}

void
write_cost_json (struct json_writer *writer, const struct oci_seccomp_filter *filter,
                 const struct options *options, struct arena *scratch)
{
  struct groups groups = find_groups (filter, options, scratch);

  json_write_object (writer);
  json_write_string (writer, "instructions");
  json_write_unsigned (writer, filter->program.length);
  json_write_string (writer, "longestPath");
  json_write_unsigned (writer, cost_worst_path (&filter->program));
  json_write_string (writer, "abis");
  json_write_array (writer);
  for (size_t i = 0; i < filter->rules_count; i++) {
    struct figures figures = find_figures (filter, filter->rules[i].abi, options);

    write_figures (writer, &figures);
  }
  json_write_array_end (writer);
  json_write_string (writer, "runEachTime");
  json_write_array (writer);
  for (size_t i = 0; i < groups.count; i++)
    write_group (writer, &groups.items[i], scratch);
  json_write_array_end (writer);
  json_write_object_end (writer);
}
