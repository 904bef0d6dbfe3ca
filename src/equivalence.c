#include "equivalence.h"

#include <inttypes.h>
#include <string.h>

#include "execute.h"
#include "meaning.h"
#include "order.h"
#include "sample.h"
#include "syscalls.h"
#include "verdict.h"

/* Diagrams of real profiles stay within the first; past the last nothing is followed. */
static const struct limits {
  uint32_t nodes, steps;
} all_limits[] = {{1 << 15, 1 << 18}, {1 << 18, 1 << 21}, {DIAGRAM_MAX_NODES, DIAGRAM_MAX_STEPS}};

static enum abi
side_native (const struct side *side)
{
  return side->profile ? side->options->native : abi_native ();
}

/* --- the witness ---------------------------------------------------------------------------- */

static bool
witness_on_abi (const struct diagrams *diagrams, diagram condition, enum abi abi,
                struct seccomp_data *out)
{
  struct seccomp_data call = {.arch = abi_table[abi].token};
  size_t count;
  const int16_t *rows = syscall_rows_by_number (abi, &count);
  diagram numbers = diagram_follow (diagrams, condition, &call, LEVEL_NUMBER);

  for (size_t i = 0; i < count && numbers != DIAGRAM_FALSE; i++) {
    uint32_t number;

    syscall_number (rows[i], abi, &number);
    call.nr = (int) number;
    if (diagram_example (diagrams, diagram_follow (diagrams, numbers, &call, LEVEL_ARGUMENTS),
                         &call)) {
      *out = call;
      return true;
    }
  }
  return false;
}

/* A number that no call has, but on an ABI. */
static bool
witness_of_token (const struct diagrams *diagrams, diagram condition, enum abi abi,
                  struct seccomp_data *out)
{
  memset (out, 0, sizeof *out);
  out->arch = abi_table[abi].token;
  return diagram_example (diagrams, diagram_follow (diagrams, condition, out, LEVEL_NUMBER), out);
}

bool
equivalence_witness (const struct diagrams *diagrams, diagram condition, enum abi prefer,
                     struct seccomp_data *out)
{
  if (witness_on_abi (diagrams, condition, prefer, out))
    return true;
  for (enum abi abi = 0; abi < ABI_COUNT; abi++)
    if (witness_on_abi (diagrams, condition, abi, out))
      return true;
  if (witness_of_token (diagrams, condition, prefer, out))
    return true;
  for (enum abi abi = 0; abi < ABI_COUNT; abi++)
    if (witness_of_token (diagrams, condition, abi, out))
      return true;
  memset (out, 0, sizeof *out);
  return diagram_example (diagrams, condition, out);
}

const char *
equivalence_call_text (const struct seccomp_data *call, struct arena *arena)
{
  uint32_t number = (uint32_t) call->nr;
  const char *text;
  enum abi abi;
  unsigned count = 6;
  int row = SYSCALL_UNKNOWN;

  if (abi_from_token (call->arch, &abi)) {
    if (abi == ABI_X86_64 && number & X32_BIT && number != UINT32_MAX)
      abi = ABI_X32;
    row = syscall_from_number (number, abi);
    text = abi_table[abi].name;
  } else {
    text = arena_printf (arena, "arch 0x%" PRIx32, call->arch);
  }
  if (row != SYSCALL_UNKNOWN)
    text = arena_printf (arena, "%s %s", text, syscall_name (row));
  else
    text = arena_printf (arena, "%s %" PRIu32, text, number);
  while (count && call->args[count - 1] == 0)
    count--;
  for (unsigned i = 0; i < count; i++)
    text = arena_printf (arena, "%s 0x%" PRIx64, text, (uint64_t) call->args[i]);
  if (call->instruction_pointer)
    text = arena_printf (arena, "%s, called from address 0x%" PRIx64, text,
                         (uint64_t) call->instruction_pointer);
  return text;
}

/* --- the comparison -------------------------------------------------------------------------- */

static void
unknown (struct equivalence *out, const char *reason)
{
  out->result = EQUIVALENCE_UNKNOWN;
  out->reason = reason;
}

/* "futex"; "number 1234" */
static const char *
number_text (const struct meaning_number *number, struct arena *arena)
{
  int row = syscall_from_number (number->clauses->number, number->abi);

  return row == SYSCALL_UNKNOWN ? arena_printf (arena, "number %" PRIu32, number->clauses->number)
                                : syscall_name (row);
}

/* A diagram that the interpreter contradicts would be our mistake: better no answer than that. */
static bool
side_confirms (const struct side *side, const struct seccomp_data *call, uint32_t verdict)
{
  return !side->program ||
         verdict_effect (program_run (side->program, call, side->big_endian, NULL)) == verdict;
}

static void
refute (struct equivalence *out, const struct side *const sides[2], diagram where)
{
  enum abi prefer = side_native (sides[0]->profile ? sides[0] : sides[1]);

  equivalence_witness (&out->diagrams, where, prefer, &out->witness);
  for (int i = 0; i < 2; i++) {
    out->verdicts[i] = diagram_value (&out->diagrams, out->sides[i], &out->witness);
    if (!side_confirms (sides[i], &out->witness, out->verdicts[i])) {
      unknown (out, "the interpreter contradicts the proof: please report this");
      return;
    }
  }
  out->result = EQUIVALENCE_DIFFERENT;
}

/* The same instructions do the same, whatever it is. */
static bool
same_program (const struct side *one, const struct side *other)
{
  return one->program && other->program && one->big_endian == other->big_endian &&
         one->program->length == other->program->length &&
         !memcmp (one->program->instructions, other->program->instructions,
                  one->program->length * sizeof *one->program->instructions);
}

/* NULL, or why there is no diagram. */
static const char *
side_diagram (struct diagrams *diagrams, const struct side *side, diagram *out)
{
  struct meaning meaning;

  if (side->program)
    return program_diagram (diagrams, side->program, side->big_endian, out);
  meaning_read (&meaning, diagrams, side->profile, side->options);
  *out = meaning.result;
  if (!diagrams->exceeded)
    return NULL;
  if (!meaning.too_large.count)
    return "its rules take too large a diagram";
  return arena_printf (
      diagrams->arena, "its rules for %s on %s ask for too many bits in too many ways",
      number_text (&meaning.too_large, diagrams->arena), abi_table[meaning.too_large.abi].name);
}

static const char *
side_name (const struct side *const sides[2], int i)
{
  if (sides[i]->name)
    return sides[i]->name;
  return i ? "the second" : "the first";
}

/* By diagrams with the order and the limits that are set: UNKNOWN if they do not suffice. */
static void
compare (struct equivalence *out, const struct side *const sides[2])
{
  struct diagrams *diagrams = &out->diagrams;
  diagram undefined = DIAGRAM_FALSE, where;

  for (int i = 0; i < 2; i++) {
    const char *reason = side_diagram (diagrams, sides[i], &out->sides[i]);

    if (reason) {
      unknown (out, arena_printf (diagrams->arena, "%s: %s", side_name (sides, i), reason));
      return;
    }
    undefined = diagram_or (diagrams, undefined,
                            diagram_where (diagrams, out->sides[i], VERDICT_UNDEFINED));
  }
  where = diagram_choose (diagrams, undefined, DIAGRAM_FALSE,
                          diagram_differ (diagrams, out->sides[0], out->sides[1]));
  out->followed = !diagrams->exceeded;
  if (diagrams->exceeded)
    unknown (out,
             arena_printf (diagrams->arena, "%s and %s: to compare them takes too large a diagram",
                           side_name (sides, 0), side_name (sides, 1)));
  else if (where != DIAGRAM_FALSE)
    refute (out, sides, where);
  else if (undefined != DIAGRAM_FALSE)
    unknown (out, "they shift by 32 bits or more, and processors differ in what that does");
  else
    out->result = EQUIVALENCE_EQUAL;
}

/* From what profiles ask for together; from programs only where there is no profile. */
static const struct diagram_order *
order_of_sides (const struct side *const sides[2], struct arena *arena)
{
  bool any_profile = sides[0]->profile || sides[1]->profile;
  struct order_sets sets = {.arena = arena};

  for (int i = 0; i < 2; i++)
    if (sides[i]->profile)
      order_sets_of_profile (&sets, sides[i]->profile, sides[i]->options);
    else if (!any_profile)
      order_sets_of_program (&sets, sides[i]->program, sides[i]->big_endian);
  return order_of_sets (&sets);
}

/* How large diagrams are depends on the order of the bits. Which is best is as hard to tell as to
 * try, so all are tried within narrow limits first. */
static void
compare_in_some_order (struct equivalence *out, const struct side *const sides[2])
{
  enum { ORDERS = 3 };
  struct diagrams *diagrams = &out->diagrams;
  const struct diagram_order *orders[ORDERS] = {diagrams->order};
  const char *reason = NULL; /* in the usual order: others are less apt to tell */

  for (size_t i = 0; i < sizeof all_limits / sizeof *all_limits; i++)
    for (int j = 0; j < ORDERS; j++) {
      if (j && !orders[j])
        orders[j] =
            j == 1 ? order_of_sides (sides, diagrams->arena) : order_interleaved (diagrams->arena);
      if (j && !memcmp (orders[j], orders[0], sizeof *orders[0]))
        continue;
      diagrams_restart (diagrams, orders[j], all_limits[i].nodes, all_limits[i].steps);
      compare (out, sides);
      if (!diagrams->exceeded)
        return;
      if (j == 0)
        reason = out->reason;
    }
  out->reason = reason;
}

static void
sample (struct equivalence *out, const struct side *const sides[2])
{
  struct arena *arena = out->diagrams.arena;
  unsigned tried;

  if (sample_refute (sides, arena, &out->witness, out->verdicts, &tried))
    out->result = EQUIVALENCE_DIFFERENT;
  else if (tried)
    out->reason =
        arena_printf (arena, "%s; %u calls that were tried are decided alike", out->reason, tried);
}

void
equivalence_check (struct equivalence *out, const struct side *one, const struct side *other,
                   struct arena *arena)
{
  const struct side *const sides[2] = {one, other};

  memset (out, 0, sizeof *out);
  out->result = EQUIVALENCE_EQUAL;
  if (same_program (one, other))
    return;
  diagrams_init (&out->diagrams, arena);
  compare_in_some_order (out, sides);
  if (out->result == EQUIVALENCE_UNKNOWN && !out->followed)
    sample (out, sides);
}
