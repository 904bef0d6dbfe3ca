#include "disassemble.h"

#include <inttypes.h>

#include "annotate.h"

/* How the operand of an instruction is written. */
enum operand {
  OPERAND_NONE,
  OPERAND_K,
  OPERAND_X,
  OPERAND_A,
  OPERAND_ABSOLUTE,
  OPERAND_INDEXED,
  OPERAND_HEADER_LENGTH,
  OPERAND_LENGTH,
  OPERAND_MEMORY,
  OPERAND_TARGET,
  OPERAND_K_TARGETS,
  OPERAND_X_TARGETS
};

#define BOTH_SOURCES(class, op, name, with_k, with_x) \
  {BPF_##class | BPF_##op | BPF_K, name, with_k},     \
  {                                                   \
    BPF_##class | BPF_##op | BPF_X, name, with_x      \
  }
#define ARITHMETIC(op, name) BOTH_SOURCES (ALU, op, name, OPERAND_K, OPERAND_X)
#define TEST(op, name) BOTH_SOURCES (JMP, op, name, OPERAND_K_TARGETS, OPERAND_X_TARGETS)

/* All of classic BPF, not only what seccomp takes of it. */
static const struct mnemonic {
  uint16_t code;
  const char *name;
  enum operand operand;
} mnemonics[] = {
    {BPF_LD | BPF_W | BPF_ABS, "ld", OPERAND_ABSOLUTE},
    {BPF_LD | BPF_H | BPF_ABS, "ldh", OPERAND_ABSOLUTE},
    {BPF_LD | BPF_B | BPF_ABS, "ldb", OPERAND_ABSOLUTE},
    {BPF_LD | BPF_W | BPF_IND, "ld", OPERAND_INDEXED},
    {BPF_LD | BPF_H | BPF_IND, "ldh", OPERAND_INDEXED},
    {BPF_LD | BPF_B | BPF_IND, "ldb", OPERAND_INDEXED},
    {BPF_LD | BPF_W | BPF_LEN, "ld", OPERAND_LENGTH},
    {BPF_LD | BPF_IMM, "ld", OPERAND_K},
    {BPF_LD | BPF_MEM, "ld", OPERAND_MEMORY},
    {BPF_LDX | BPF_W | BPF_LEN, "ldx", OPERAND_LENGTH},
    {BPF_LDX | BPF_IMM, "ldx", OPERAND_K},
    {BPF_LDX | BPF_MEM, "ldx", OPERAND_MEMORY},
    {BPF_LDX | BPF_B | BPF_MSH, "ldx", OPERAND_HEADER_LENGTH},
    {BPF_ST, "st", OPERAND_MEMORY},
    {BPF_STX, "stx", OPERAND_MEMORY},
    ARITHMETIC (ADD, "add"),
    ARITHMETIC (SUB, "sub"),
    ARITHMETIC (MUL, "mul"),
    ARITHMETIC (DIV, "div"),
    ARITHMETIC (MOD, "mod"),
    ARITHMETIC (AND, "and"),
    ARITHMETIC (OR, "or"),
    ARITHMETIC (XOR, "xor"),
    ARITHMETIC (LSH, "lsh"),
    ARITHMETIC (RSH, "rsh"),
    {BPF_ALU | BPF_NEG, "neg", OPERAND_NONE},
    {BPF_JMP | BPF_JA, "jmp", OPERAND_TARGET},
    TEST (JEQ, "jeq"),
    TEST (JGT, "jgt"),
    TEST (JGE, "jge"),
    TEST (JSET, "jset"),
    {BPF_RET | BPF_K, "ret", OPERAND_K},
    {BPF_RET | BPF_A, "ret", OPERAND_A},
    {BPF_RET | BPF_X, "ret", OPERAND_X},
    {BPF_MISC | BPF_TAX, "tax", OPERAND_NONE},
    {BPF_MISC | BPF_TXA, "txa", OPERAND_NONE},
};

static const struct mnemonic *
find_mnemonic (uint16_t code)
{
  for (size_t i = 0; i < sizeof mnemonics / sizeof mnemonics[0]; i++)
    if (mnemonics[i].code == code)
      return &mnemonics[i];
  return NULL;
}

static const char *
operand_text (const struct line *line, const struct sock_filter *insn, enum operand operand,
              struct arena *arena)
{
  const char *constant = constant_text (insn->k, arena);

  switch (operand) {
  case OPERAND_K:
    return arena_printf (arena, " #%s", constant);
  case OPERAND_X:
    return " x";
  case OPERAND_A:
    return " a";
  case OPERAND_ABSOLUTE:
    return arena_printf (arena, " [%s]", constant);
  case OPERAND_INDEXED:
    return arena_printf (arena, " [x + %s]", constant);
  case OPERAND_HEADER_LENGTH:
    return arena_printf (arena, " 4*([%s]&0xf)", constant);
  case OPERAND_LENGTH:
    return " #len";
  case OPERAND_MEMORY:
    return arena_printf (arena, " M[%s]", constant);
  case OPERAND_TARGET:
    return arena_printf (arena, " %" PRIu64, line->targets[0]);
  case OPERAND_K_TARGETS:
    return arena_printf (arena, " #%s, %" PRIu64 ", %" PRIu64, constant, line->targets[0],
                         line->targets[1]);
  case OPERAND_X_TARGETS:
    return arena_printf (arena, " x, %" PRIu64 ", %" PRIu64, line->targets[0], line->targets[1]);
  default:
    return "";
  }
}

static void
set_targets (struct line *line, const struct sock_filter *insn, enum operand operand, uint64_t next)
{
  if (operand == OPERAND_TARGET) {
    line->target_count = 1;
    line->targets[0] = next + insn->k;
  }
  if (operand == OPERAND_K_TARGETS || operand == OPERAND_X_TARGETS) {
    line->target_count = 2;
    line->targets[0] = next + insn->jt;
    line->targets[1] = next + insn->jf;
  }
}

struct line *
disassemble (const struct program *program, enum abi native, struct arena *arena)
{
  struct line *lines = ARENA_ARRAY (arena, struct line, program->length);
  const struct annotations *annotations = annotations_new (program, native, arena);

  for (size_t pc = 0; pc < program->length; pc++) {
    const struct sock_filter *insn = &program->instructions[pc];
    const struct mnemonic *mnemonic = find_mnemonic (insn->code);
    struct line *line = &lines[pc];

    line->comment = annotation (annotations, pc);
    line->ends = mnemonic && BPF_CLASS (insn->code) == BPF_RET;
    if (mnemonic) {
      set_targets (line, insn, mnemonic->operand, pc + 1);
      line->text = arena_printf (arena, "%s%s", mnemonic->name,
                                 operand_text (line, insn, mnemonic->operand, arena));
    } else {
      line->text =
          arena_printf (arena, "{ 0x%x, %u, %u, 0x%x }", insn->code, insn->jt, insn->jf, insn->k);
    }
  }
  return lines;
}
