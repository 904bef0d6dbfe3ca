#include "execute.h"

#include <string.h>

#include "verdict.h"
#include "word.h"

/* Registers by number: M[0] to M[15], then A and X. */
enum { REGISTER_A = BPF_MEMWORDS, REGISTER_X, REGISTER_COUNT };

enum {
  MAX_STEPS = 1 << 16,        /* over all instructions */
  MAX_STEPS_AT_ONE = 1 << 10, /* of one instruction */
  WORD_BUCKETS = 1 << 10,
};

/* What the registers hold, as indexes of words. One that is never read again holds word 0, which is
 * none, so that ways that differ only in it are one. */
struct registers {
  uint32_t words[REGISTER_COUNT];
};

/* One instruction in one state of the registers: where it goes on, and what is decided from there
 * on. Step 0 is none: a step with yes 0 has its result already. */
struct step {
  struct registers registers;
  diagram condition;
  uint32_t yes, no;
  diagram result;
  uint32_t next; /* the same instruction in another state */
};

struct word_entry {
  struct word word;
  uint32_t next;
};

struct execution {
  struct diagrams *diagrams;
  const struct program *program;
  bool big_endian;
  uint32_t *live;  /* by instruction: bits of the registers that are read before they are written */
  uint32_t *first; /* by instruction: its steps */
  struct step *steps;
  size_t step_count;
  struct word_entry *words;
  size_t word_count;
  uint32_t word_buckets[WORD_BUCKETS];
  bool too_many;
};

/* --- which registers matter ----------------------------------------------------------------- */

#define BIT(number) (UINT32_C (1) << (number))

static uint32_t
registers_read (const struct sock_filter *insn)
{
  uint32_t a = BIT (REGISTER_A), x = BIT (REGISTER_X);

  switch (BPF_CLASS (insn->code)) {
  case BPF_LD:
  case BPF_LDX:
    return BPF_MODE (insn->code) == BPF_MEM ? BIT (insn->k) : 0;
  case BPF_ST:
    return a;
  case BPF_STX:
    return x;
  case BPF_JMP:
    if (BPF_OP (insn->code) == BPF_JA)
      return 0;
    return BPF_SRC (insn->code) == BPF_X ? a | x : a;
  case BPF_ALU:
    return BPF_OP (insn->code) != BPF_NEG && BPF_SRC (insn->code) == BPF_X ? a | x : a;
  case BPF_RET:
    return BPF_RVAL (insn->code) == BPF_A ? a : 0;
  default:
    return BPF_MISCOP (insn->code) == BPF_TAX ? a : x;
  }
}

static uint32_t
registers_written (const struct sock_filter *insn)
{
  switch (BPF_CLASS (insn->code)) {
  case BPF_LD:
  case BPF_ALU:
    return BIT (REGISTER_A);
  case BPF_LDX:
    return BIT (REGISTER_X);
  case BPF_ST:
  case BPF_STX:
    return BIT (insn->k);
  case BPF_MISC:
    return BPF_MISCOP (insn->code) == BPF_TAX ? BIT (REGISTER_X) : BIT (REGISTER_A);
  default:
    return 0;
  }
}

static uint32_t
live_after (const struct execution *execution, size_t pc)
{
  const struct sock_filter *insn = &execution->program->instructions[pc];

  if (BPF_CLASS (insn->code) == BPF_RET)
    return 0;
  if (BPF_CLASS (insn->code) != BPF_JMP)
    return execution->live[pc + 1];
  if (BPF_OP (insn->code) == BPF_JA)
    return execution->live[pc + 1 + insn->k];
  return execution->live[pc + 1 + insn->jt] | execution->live[pc + 1 + insn->jf];
}

static void
find_live (struct execution *execution)
{
  for (size_t pc = execution->program->length; pc-- > 0;) {
    const struct sock_filter *insn = &execution->program->instructions[pc];

    execution->live[pc] =
        (live_after (execution, pc) & ~registers_written (insn)) | registers_read (insn);
  }
}

/* --- words and steps ------------------------------------------------------------------------ */

static uint32_t
word_intern (struct execution *execution, const struct word *word)
{
  struct word_entry *entry;
  uint32_t *bucket, hash = 0;

  for (unsigned i = 0; i < 32; i++)
    hash = (hash ^ word->bits[i]) * 0x9e3779b1u;
  bucket = &execution->word_buckets[hash >> 16 & (WORD_BUCKETS - 1)];
  for (uint32_t i = *bucket; i; i = execution->words[i].next)
    if (!memcmp (&execution->words[i].word, word, sizeof *word))
      return i;
  entry = ARENA_PUSH (execution->diagrams->arena, execution->words, execution->word_count);
  *entry = (struct word_entry){*word, *bucket};
  *bucket = (uint32_t) execution->word_count - 1;
  return *bucket;
}

static uint32_t
word_intern_constant (struct execution *execution, uint32_t value)
{
  struct word word;

  word_constant (&word, value);
  return word_intern (execution, &word);
}

static uint32_t
step_add (struct execution *execution)
{
  struct step *step =
      ARENA_PUSH (execution->diagrams->arena, execution->steps, execution->step_count);

  memset (step, 0, sizeof *step);
  return (uint32_t) execution->step_count - 1;
}

/* The step for an instruction in a state, new or known. */
static uint32_t
step_to (struct execution *execution, size_t pc, const struct registers *registers)
{
  struct registers state = *registers;
  uint32_t index, others = 0;

  for (unsigned i = 0; i < REGISTER_COUNT; i++)
    if (!(execution->live[pc] & BIT (i)))
      state.words[i] = 0;
  for (index = execution->first[pc]; index; index = execution->steps[index].next, others++)
    if (!memcmp (&execution->steps[index].registers, &state, sizeof state))
      return index;
  if (others >= MAX_STEPS_AT_ONE || execution->step_count >= MAX_STEPS) {
    execution->too_many = true;
    return 0;
  }
  index = step_add (execution);
  execution->steps[index].registers = state;
  execution->steps[index].next = execution->first[pc];
  execution->first[pc] = index;
  return index;
}

/* A step that decides without an instruction: division by zero, an undefined shift. */
static uint32_t
step_end (struct execution *execution, uint32_t verdict)
{
  uint32_t index = step_add (execution);

  execution->steps[index].result = diagram_leaf (execution->diagrams, verdict);
  return index;
}

static void
step_goes (struct execution *execution, uint32_t index, diagram condition, uint32_t yes,
           uint32_t no)
{
  execution->steps[index].condition = condition;
  execution->steps[index].yes = yes;
  execution->steps[index].no = no;
}

/* --- instructions --------------------------------------------------------------------------- */

unsigned
program_field_level (uint32_t offset, bool big_endian)
{
  bool second_half = offset % 8 != 0, high = second_half != big_endian;

  if (offset == offsetof (struct seccomp_data, nr))
    return LEVEL_NUMBER;
  if (offset == offsetof (struct seccomp_data, arch))
    return LEVEL_ARCH;
  if (offset < offsetof (struct seccomp_data, args))
    return LEVEL_POINTER + (high ? 0 : 32);
  return LEVEL_ARGUMENT ((offset - offsetof (struct seccomp_data, args)) / 8) + (high ? 0 : 32);
}

static uint32_t
loaded_word (struct execution *execution, const struct sock_filter *insn,
             const struct registers *registers)
{
  struct word word;

  switch (BPF_MODE (insn->code)) {
  case BPF_MEM:
    return registers->words[insn->k];
  case BPF_IMM:
    return word_intern_constant (execution, insn->k);
  case BPF_LEN:
    return word_intern_constant (execution, sizeof (struct seccomp_data));
  default:
    word_field (execution->diagrams, &word, program_field_level (insn->k, execution->big_endian));
    return word_intern (execution, &word);
  }
}

static struct word
operand (const struct execution *execution, const struct sock_filter *insn,
         const struct registers *registers)
{
  struct word word;

  if (BPF_SRC (insn->code) == BPF_X)
    return execution->words[registers->words[REGISTER_X]].word;
  word_constant (&word, insn->k);
  return word;
}

/* The kernel ends a filter that divides by a zero in X with the value 0; processors differ in what
 * a shift by more than 31 does. */
static void
step_arithmetic (struct execution *execution, size_t pc, uint32_t index)
{
  const struct sock_filter *insn = &execution->program->instructions[pc];
  struct registers registers = execution->steps[index].registers;
  struct word result = execution->words[registers.words[REGISTER_A]].word;
  unsigned code = BPF_OP (insn->code);
  diagram ends = DIAGRAM_FALSE;
  uint32_t end = 0, next;
  struct word zero;

  word_constant (&zero, 0);
  if (code == BPF_NEG) {
    word_operate (execution->diagrams, &result, BPF_SUB, &zero, &result);
  } else {
    struct word other = operand (execution, insn, &registers);

    if (code == BPF_DIV)
      ends = word_test (execution->diagrams, BPF_JEQ, &other, &zero);
    else if (code == BPF_LSH || code == BPF_RSH)
      ends = word_over_31 (execution->diagrams, &other);
    if (ends != DIAGRAM_FALSE)
      end = step_end (execution, code == BPF_DIV ? SECCOMP_RET_KILL_THREAD : VERDICT_UNDEFINED);
    word_operate (execution->diagrams, &result, code, &result, &other);
  }
  registers.words[REGISTER_A] = word_intern (execution, &result);
  next = step_to (execution, pc + 1, &registers);
  step_goes (execution, index, ends, end ? end : next, next);
}

static void
step_jump (struct execution *execution, size_t pc, uint32_t index)
{
  const struct sock_filter *insn = &execution->program->instructions[pc];
  struct registers registers = execution->steps[index].registers;
  uint32_t yes = 0, no = 0;
  struct word other;
  diagram condition;

  if (BPF_OP (insn->code) == BPF_JA) {
    yes = step_to (execution, pc + 1 + insn->k, &registers);
    step_goes (execution, index, DIAGRAM_TRUE, yes, yes);
    return;
  }
  other = operand (execution, insn, &registers);
  condition = word_test (execution->diagrams, BPF_OP (insn->code),
                         &execution->words[registers.words[REGISTER_A]].word, &other);
  if (condition != DIAGRAM_FALSE)
    yes = step_to (execution, pc + 1 + insn->jt, &registers);
  if (condition != DIAGRAM_TRUE)
    no = step_to (execution, pc + 1 + insn->jf, &registers);
  step_goes (execution, index, condition, yes ? yes : no, no ? no : yes);
}

static void
step_return (struct execution *execution, size_t pc, uint32_t index)
{
  const struct sock_filter *insn = &execution->program->instructions[pc];
  struct step *step = &execution->steps[index];

  if (BPF_RVAL (insn->code) == BPF_A)
    step->result = word_verdict (execution->diagrams,
                                 &execution->words[step->registers.words[REGISTER_A]].word);
  else
    step->result = diagram_leaf (execution->diagrams, verdict_effect (insn->k));
}

static void
step_move (struct execution *execution, size_t pc, uint32_t index)
{
  const struct sock_filter *insn = &execution->program->instructions[pc];
  struct registers registers = execution->steps[index].registers;
  uint32_t *words = registers.words, next;

  switch (BPF_CLASS (insn->code)) {
  case BPF_LD:
    words[REGISTER_A] = loaded_word (execution, insn, &registers);
    break;
  case BPF_LDX:
    words[REGISTER_X] = loaded_word (execution, insn, &registers);
    break;
  case BPF_ST:
    words[insn->k] = words[REGISTER_A];
    break;
  case BPF_STX:
    words[insn->k] = words[REGISTER_X];
    break;
  default:
    if (BPF_MISCOP (insn->code) == BPF_TAX)
      words[REGISTER_X] = words[REGISTER_A];
    else
      words[REGISTER_A] = words[REGISTER_X];
  }
  next = step_to (execution, pc + 1, &registers);
  step_goes (execution, index, DIAGRAM_TRUE, next, next);
}

static void
step_run (struct execution *execution, size_t pc, uint32_t index)
{
  switch (BPF_CLASS (execution->program->instructions[pc].code)) {
  case BPF_ALU:
    step_arithmetic (execution, pc, index);
    break;
  case BPF_JMP:
    step_jump (execution, pc, index);
    break;
  case BPF_RET:
    step_return (execution, pc, index);
    break;
  default:
    step_move (execution, pc, index);
  }
}

/* --- the whole ------------------------------------------------------------------------------ */

/* All jumps go forward: one pass from the first instruction finds every state in which each can be
 * reached, and one pass back from the last decides them. */
static void
find_steps (struct execution *execution)
{
  struct registers start = {{0}};

  step_add (execution);
  ARENA_PUSH (execution->diagrams->arena, execution->words, execution->word_count);
  start.words[REGISTER_A] = start.words[REGISTER_X] = word_intern_constant (execution, 0);
  step_to (execution, 0, &start);
  for (size_t pc = 0; pc < execution->program->length; pc++)
    for (uint32_t i = execution->first[pc]; i; i = execution->steps[i].next) {
      if (execution->too_many || execution->diagrams->exceeded)
        return;
      step_run (execution, pc, i);
    }
}

static void
decide_steps (struct execution *execution)
{
  for (size_t pc = execution->program->length; pc-- > 0;)
    for (uint32_t i = execution->first[pc]; i; i = execution->steps[i].next) {
      struct step *step = &execution->steps[i];

      if (step->yes)
        step->result =
            diagram_choose (execution->diagrams, step->condition,
                            execution->steps[step->yes].result, execution->steps[step->no].result);
    }
}

const char *
program_diagram (struct diagrams *diagrams, const struct program *program, bool big_endian,
                 diagram *out)
{
  struct execution *execution = ARENA_NEW (diagrams->arena, struct execution);

  execution->diagrams = diagrams;
  execution->program = program;
  execution->big_endian = big_endian;
  execution->live = ARENA_ARRAY (diagrams->arena, uint32_t, program->length);
  execution->first = ARENA_ARRAY (diagrams->arena, uint32_t, program->length);
  find_live (execution);
  find_steps (execution);
  if (execution->too_many)
    return "its registers take too many states";
  decide_steps (execution);
  if (diagrams->exceeded)
    return "what it computes takes too large a diagram";
  *out = execution->steps[execution->first[0]].result;
  return NULL;
}
