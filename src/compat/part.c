/* The rules of a context for one ABI: see context.h. */
#include <errno.h>
#include <string.h>

#include "context.h"
#include "number.h"
#include "shelf.h"
#include "syscalls.h"

static void
ignore_warning (void *data, const char *message)
{
  (void) data;
  (void) message;
}

/* Of these, drafts read what concerns single rules only. */
static const struct options part_options = {.newer = OCI_SECCOMP_NEWER_DEFAULT,
                                            .warn = ignore_warning};

static bool
part_start (struct part *part)
{
  if (ARENA_GUARD (&part->profile.arena))
    return false;
  part->draft = draft_new (&part->profile, part->abi, &part_options, &part->profile.arena);
  return true;
}

struct part *
part_new (enum abi abi, uint32_t default_verdict)
{
  struct part *part = shelf_new (sizeof *part);

  if (!part)
    return NULL;
  part->abi = abi;
  part->profile.default_verdict = default_verdict;
  arena_init (&part->profile.arena);
  if (!part_start (part)) {
    part_free (part);
    return NULL;
  }
  return part;
}

void
part_free (struct part *part)
{
  arena_free (&part->profile.arena);
  shelf_give (part);
}

/* --- which call a rule is for --- */

enum which {
  CALL_NAMED,   /* a row of the system-call table */
  CALL_NUMBER,  /* a number that the table lacks */
  CALL_NOWHERE, /* an error */
};

/* Numbers are those of the native ABI; other ABIs are reached through the call's name. -1 is the
 * same everywhere: what a tracer leaves to skip a call. */
static enum which
find_call (int *row, int number, enum abi abi)
{
  *row = number == NR_SCMP_ERROR ? SYSCALL_UNKNOWN : row_of_number (number, abi_native ());
  if (*row != SYSCALL_UNKNOWN)
    return CALL_NAMED;
  return number == NR_SCMP_ERROR || abi == abi_native () ? CALL_NUMBER : CALL_NOWHERE;
}

static bool
is_reached_through_multiplexer (int row, enum abi abi)
{
  uint32_t call;

  return abi_table[abi].socketcall >= 0 && syscall_multiplexer (row, &call) != MULTIPLEXER_NONE;
}

/* What the caller of an _exact function does not get: conditions that would not be on the same
 * arguments, and rules for calls that are not there. */
static int
check_exact (int row, int number, enum abi abi, size_t count)
{
  if (row == SYSCALL_UNKNOWN)
    return number < NR_SCMP_ERROR ? -EDOM : 0;
  if (is_reached_through_multiplexer (row, abi))
    return count ? -EINVAL : 0;
  return number_of_row (row, abi) < 0 ? -EDOM : 0;
}

/* --- adding --- */

static struct profile_rule *
rule_new (struct profile *profile, uint32_t action, int row, int number,
          const struct condition *conditions, size_t count)
{
  struct arena *arena = &profile->arena;
  struct profile_name *name = ARENA_NEW (arena, struct profile_name);
  struct profile_rule *rule;

  *name = (struct profile_name){
      .text = row == SYSCALL_UNKNOWN ? "a number" : syscall_name (row),
      .syscall = row,
      .numbered = row == SYSCALL_UNKNOWN,
      .number = (uint32_t) number,
  };
  rule = ARENA_PUSH (arena, profile->rules, profile->rule_count);
  *rule = (struct profile_rule){.names = name, .name_count = 1, .verdict = action};
  if (count)
    rule->conditions = arena_copy (arena, conditions, count * sizeof *conditions);
  rule->condition_count = count;
  return rule;
}

int
part_add_rule (struct part *part, uint32_t action, int number, bool exact,
               const struct condition *conditions, size_t count)
{
  int row, code;

  if (find_call (&row, number, part->abi) == CALL_NOWHERE)
    return -EFAULT;
  code = exact ? check_exact (row, number, part->abi, count) : 0;
  if (code)
    return code;
  if (ARENA_GUARD (&part->profile.arena))
    return -ENOMEM;
  if (draft_add (part->draft, rule_new (&part->profile, action, row, number, conditions, count),
                 NULL))
    return -EEXIST;
  return 0;
}

/* --- copies --- */

/* Rules that are together in one part never contradict each other. */
static bool
part_fill (struct part *part, const struct part *from)
{
  if (ARENA_GUARD (&part->profile.arena))
    return false;
  for (size_t i = 0; i < from->held; i++) {
    const struct profile_rule *rule = &from->profile.rules[i];

    draft_add (part->draft,
               rule_new (&part->profile, rule->verdict, rule->names->syscall,
                         (int) rule->names->number, rule->conditions, rule->condition_count),
               NULL);
  }
  part->held = from->held;
  return true;
}

/* A part with what holds in another one. */
static struct part *
part_copy (const struct part *from)
{
  struct part *part = part_new (from->abi, from->profile.default_verdict);

  if (part && !part_fill (part, from)) {
    part_free (part);
    return NULL;
  }
  return part;
}

int
part_mend (struct part **part)
{
  struct part *mended;

  if ((*part)->profile.rule_count == (*part)->held)
    return 0;
  mended = part_copy (*part);
  if (!mended)
    return -ENOMEM;
  part_free (*part);
  *part = mended;
  return 0;
}

bool
parts_copy (struct parts *out, const struct parts *parts)
{
  *out = (struct parts){.count = 0};
  for (size_t i = 0; i < parts->count; i++) {
    out->items[i] = part_copy (parts->items[i]);
    if (!out->items[i]) {
      parts_free (out);
      return false;
    }
    out->count++;
  }
  return true;
}

void
parts_free (struct parts *parts)
{
  for (size_t i = 0; i < parts->count; i++)
    part_free (parts->items[i]);
  parts->count = 0;
}
