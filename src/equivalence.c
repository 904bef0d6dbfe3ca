#include "equivalence.h"

#include <inttypes.h>
#include <string.h>

#include "execute.h"
#include "meaning.h"
#include "syscalls.h"
#include "verdict.h"

/* NULL, or why there is no diagram. */
static const char *
side_diagram (struct diagrams *diagrams, const struct side *side, diagram *out)
{
  if (side->program)
    return program_diagram (diagrams, side->program, side->big_endian, out);
  *out = profile_diagram (diagrams, side->profile, side->options);
  return diagrams->exceeded ? "what it means takes too large a diagram" : NULL;
}

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

/* A diagram that the interpreter contradicts would be our mistake: better no answer than that. */
static bool
side_confirms (const struct side *side, const struct seccomp_data *call, uint32_t verdict)
{
  return !side->program ||
         verdict_effect (program_run (side->program, call, side->big_endian, NULL)) == verdict;
}

static void
refute (struct equivalence *out, const struct side *sides[2], diagram where)
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

void
equivalence_check (struct equivalence *out, const struct side *one, const struct side *other,
                   struct arena *arena)
{
  const struct side *sides[2] = {one, other};
  struct diagrams *diagrams = &out->diagrams;
  diagram undefined = DIAGRAM_FALSE, where;

  memset (out, 0, sizeof *out);
  diagrams_init (diagrams, arena);
  for (int i = 0; i < 2; i++) {
    const char *reason = side_diagram (diagrams, sides[i], &out->sides[i]);

    if (reason) {
      unknown (out, arena_printf (arena, "the %s %s: %s", i ? "second" : "first",
                                  sides[i]->program ? "program" : "profile", reason));
      return;
    }
    undefined = diagram_or (diagrams, undefined,
                            diagram_where (diagrams, out->sides[i], VERDICT_UNDEFINED));
  }
  where = diagram_choose (diagrams, undefined, DIAGRAM_FALSE,
                          diagram_differ (diagrams, out->sides[0], out->sides[1]));
  if (diagrams->exceeded)
    unknown (out, "comparing them takes too large a diagram");
  else if (where != DIAGRAM_FALSE)
    refute (out, sides, where);
  else if (undefined != DIAGRAM_FALSE)
    unknown (out, "they shift by 32 bits or more, and processors differ in what that does");
}
