#include "program.h"

#include <string.h>

/* --- the kernel's checks --- */

static bool
reads_memory (uint16_t code)
{
  return code == (BPF_LD | BPF_MEM) || code == (BPF_LDX | BPF_MEM);
}

static bool
writes_memory (uint16_t code)
{
  return code == BPF_ST || code == BPF_STX;
}

/* What is wrong with one instruction taken by itself; NULL if nothing. `left` instructions follow.
 */
static const char *
instruction_fault (const struct sock_filter *insn, size_t left)
{
  switch (insn->code) {
  case BPF_LD | BPF_W | BPF_ABS:
    return insn->k < sizeof (struct seccomp_data) && insn->k % 4 == 0
               ? NULL
               : "loads outside of struct seccomp_data, or unaligned";
  case BPF_JMP | BPF_JEQ | BPF_K:
  case BPF_JMP | BPF_JEQ | BPF_X:
  case BPF_JMP | BPF_JGT | BPF_K:
  case BPF_JMP | BPF_JGT | BPF_X:
  case BPF_JMP | BPF_JGE | BPF_K:
  case BPF_JMP | BPF_JGE | BPF_X:
  case BPF_JMP | BPF_JSET | BPF_K:
  case BPF_JMP | BPF_JSET | BPF_X:
    return insn->jt < left && insn->jf < left ? NULL : "jumps past the end";
  case BPF_JMP | BPF_JA:
    return insn->k < left ? NULL : "jumps past the end";
  case BPF_ALU | BPF_DIV | BPF_K:
    return insn->k != 0 ? NULL : "divides by zero";
  case BPF_ALU | BPF_LSH | BPF_K:
  case BPF_ALU | BPF_RSH | BPF_K:
    return insn->k < 32 ? NULL : "shifts by 32 bits or more";
  case BPF_LD | BPF_MEM:
  case BPF_LDX | BPF_MEM:
  case BPF_ST:
  case BPF_STX:
    return insn->k < BPF_MEMWORDS ? NULL : "uses a memory word past M[15]";
  case BPF_LD | BPF_W | BPF_LEN:
  case BPF_LDX | BPF_W | BPF_LEN:
  case BPF_LD | BPF_IMM:
  case BPF_LDX | BPF_IMM:
  case BPF_MISC | BPF_TAX:
  case BPF_MISC | BPF_TXA:
  case BPF_ALU | BPF_ADD | BPF_K:
  case BPF_ALU | BPF_ADD | BPF_X:
  case BPF_ALU | BPF_SUB | BPF_K:
  case BPF_ALU | BPF_SUB | BPF_X:
  case BPF_ALU | BPF_MUL | BPF_K:
  case BPF_ALU | BPF_MUL | BPF_X:
  case BPF_ALU | BPF_DIV | BPF_X:
  case BPF_ALU | BPF_AND | BPF_K:
  case BPF_ALU | BPF_AND | BPF_X:
  case BPF_ALU | BPF_OR | BPF_K:
  case BPF_ALU | BPF_OR | BPF_X:
  case BPF_ALU | BPF_XOR | BPF_K:
  case BPF_ALU | BPF_XOR | BPF_X:
  case BPF_ALU | BPF_LSH | BPF_X:
  case BPF_ALU | BPF_RSH | BPF_X:
  case BPF_ALU | BPF_NEG:
  case BPF_RET | BPF_K:
  case BPF_RET | BPF_A:
    return NULL;
  default:
    return "seccomp does not allow this code";
  }
}

/* Finds a read of a memory word that some path has not written. valid[pc]: the words written on
 * every path to pc. */
static const struct sock_filter *
uninitialised_read (const struct program *program)
{
  uint16_t valid[PROGRAM_MAX_LENGTH];
  uint16_t now = 0;

  memset (valid, 0xff, program->length * sizeof *valid);
  for (size_t pc = 0; pc < program->length; pc++) {
    const struct sock_filter *insn = &program->instructions[pc];

    now &= valid[pc];
    if (writes_memory (insn->code)) {
      now |= (uint16_t) (1 << insn->k);
    } else if (reads_memory (insn->code)) {
      if (!(now & (1 << insn->k)))
        return insn;
    } else if (insn->code == (BPF_JMP | BPF_JA)) {
      valid[pc + 1 + insn->k] &= now;
      now = 0xffff;
    } else if (BPF_CLASS (insn->code) == BPF_JMP) {
      valid[pc + 1 + insn->jt] &= now;
      valid[pc + 1 + insn->jf] &= now;
      now = 0xffff;
    }
  }
  return NULL;
}

static int
fail_instruction (struct oci_seccomp_error *err, const struct program *program,
                  const struct sock_filter *insn, const char *fault)
{
  return fail (err, OCI_SECCOMP_BAD_PROGRAM, "instruction %zu (code 0x%x, k 0x%x): %s",
               (size_t) (insn - program->instructions), insn->code, insn->k, fault);
}

int
program_check (const struct program *program, struct oci_seccomp_error *err)
{
  const struct sock_filter *insn;
  bool reads = false;

  if (program->length == 0)
    return fail (err, OCI_SECCOMP_BAD_PROGRAM, "a program of no instructions");
  if (program->length > PROGRAM_MAX_LENGTH)
    return fail (err, OCI_SECCOMP_TOO_LARGE,
                 "too large: %zu instructions, and the kernel takes at most %d", program->length,
                 PROGRAM_MAX_LENGTH);
  for (size_t pc = 0; pc < program->length; pc++) {
    const char *fault;

    insn = &program->instructions[pc];
    fault = instruction_fault (insn, program->length - pc - 1);
    if (fault)
      return fail_instruction (err, program, insn, fault);
    reads |= reads_memory (insn->code);
  }
  insn = &program->instructions[program->length - 1];
  if (BPF_CLASS (insn->code) != BPF_RET)
    return fail_instruction (err, program, insn, "the last instruction is not a return");
  insn = reads ? uninitialised_read (program) : NULL;
  if (insn)
    return fail_instruction (err, program, insn, "reads a memory word that may not be written");
  return OCI_SECCOMP_OK;
}

/* --- bytes --- */

static bool
machine_is_big_endian (void)
{
  return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
}

static struct sock_filter
swap_instruction (struct sock_filter insn)
{
  insn.code = __builtin_bswap16 (insn.code);
  insn.k = __builtin_bswap32 (insn.k);
  return insn;
}

static void
swap_instructions (struct sock_filter *instructions, size_t length)
{
  for (size_t i = 0; i < length; i++)
    instructions[i] = swap_instruction (instructions[i]);
}

int
program_from_bytes (struct program *out, const void *bytes, size_t length, bool big_endian,
                    struct arena *arena, struct oci_seccomp_error *err)
{
  const size_t size = sizeof (struct sock_filter);

  if (length == 0 || length % size)
    return fail (err, OCI_SECCOMP_BAD_PROGRAM,
                 "%zu bytes are no program; want a multiple of %zu, the size of an instruction",
                 length, size);
  if (length / size > PROGRAM_MAX_LENGTH)
    return fail (err, OCI_SECCOMP_TOO_LARGE,
                 "too large: %zu instructions, and the kernel takes at most %d", length / size,
                 PROGRAM_MAX_LENGTH);
  out->instructions = arena_copy (arena, bytes, length);
  out->length = length / size;
  if (big_endian != machine_is_big_endian ())
    swap_instructions (out->instructions, out->length);
  return OCI_SECCOMP_OK;
}

unsigned char *
program_to_bytes (const struct program *program, bool big_endian, struct arena *arena)
{
  struct sock_filter *copy =
      arena_copy (arena, program->instructions, program->length * sizeof *copy);

  if (big_endian != machine_is_big_endian ())
    swap_instructions (copy, program->length);
  return (unsigned char *) copy;
}

/* --- running --- */

struct registers {
  uint32_t a, x, memory[BPF_MEMWORDS];
};

/* The word of struct seccomp_data at an offset, in the target's byte order. */
static uint32_t
load_word (const struct seccomp_data *data, uint32_t offset, bool big_endian)
{
  uint64_t value;

  if (offset == offsetof (struct seccomp_data, nr))
    return (uint32_t) data->nr;
  if (offset == offsetof (struct seccomp_data, arch))
    return data->arch;
  if (offset < offsetof (struct seccomp_data, args))
    value = data->instruction_pointer;
  else
    value = data->args[(offset - offsetof (struct seccomp_data, args)) / 8];
  bool second = offset % 8 != 0;

  return (uint32_t) (second != big_endian ? value >> 32 : value);
}

/* False where the kernel ends the program with 0: a division by an X of 0. Shift counts in X count
 * modulo 32, as the kernel's interpreter has it. */
static bool
run_alu (const struct sock_filter *insn, struct registers *r)
{
  uint32_t operand = BPF_SRC (insn->code) == BPF_X ? r->x : insn->k;

  switch (BPF_OP (insn->code)) {
  case BPF_ADD:
    r->a += operand;
    break;
  case BPF_SUB:
    r->a -= operand;
    break;
  case BPF_MUL:
    r->a *= operand;
    break;
  case BPF_DIV:
    if (operand == 0)
      return false;
    r->a /= operand;
    break;
  case BPF_AND:
    r->a &= operand;
    break;
  case BPF_OR:
    r->a |= operand;
    break;
  case BPF_XOR:
    r->a ^= operand;
    break;
  case BPF_LSH:
    r->a <<= operand & 31;
    break;
  case BPF_RSH:
    r->a >>= operand & 31;
    break;
  case BPF_NEG:
    r->a = -r->a;
    break;
  }
  return true;
}

static uint32_t
run_jump (const struct sock_filter *insn, const struct registers *r)
{
  uint32_t operand = BPF_SRC (insn->code) == BPF_X ? r->x : insn->k;
  bool taken;

  switch (BPF_OP (insn->code)) {
  case BPF_JA:
    return insn->k;
  case BPF_JEQ:
    taken = r->a == operand;
    break;
  case BPF_JGT:
    taken = r->a > operand;
    break;
  case BPF_JGE:
    taken = r->a >= operand;
    break;
  default: /* BPF_JSET; program_check let nothing else pass */
    taken = (r->a & operand) != 0;
    break;
  }
  return taken ? insn->jt : insn->jf;
}

static uint32_t
run_load (const struct sock_filter *insn, const struct registers *r,
          const struct seccomp_data *data, bool big_endian)
{
  switch (BPF_MODE (insn->code)) {
  case BPF_ABS:
    return load_word (data, insn->k, big_endian);
  case BPF_LEN:
    return sizeof *data;
  case BPF_MEM:
    return r->memory[insn->k];
  default: /* BPF_IMM */
    return insn->k;
  }
}

uint32_t
program_run (const struct program *program, const struct seccomp_data *data, bool big_endian,
             unsigned *steps)
{
  struct registers r = {0};
  const struct sock_filter *insn = program->instructions;
  unsigned executed;

  for (executed = 1;; executed++, insn++) {
    switch (BPF_CLASS (insn->code)) {
    case BPF_LD:
      r.a = run_load (insn, &r, data, big_endian);
      break;
    case BPF_LDX:
      r.x = run_load (insn, &r, data, big_endian);
      break;
    case BPF_ST:
      r.memory[insn->k] = r.a;
      break;
    case BPF_STX:
      r.memory[insn->k] = r.x;
      break;
    case BPF_ALU:
      if (run_alu (insn, &r))
        break;
      if (steps)
        *steps = executed;
      return 0;
    case BPF_JMP:
      insn += run_jump (insn, &r);
      break;
    case BPF_MISC:
      if (BPF_MISCOP (insn->code) == BPF_TAX)
        r.x = r.a;
      else
        r.a = r.x;
      break;
    case BPF_RET:
      if (steps)
        *steps = executed;
      return BPF_RVAL (insn->code) == BPF_A ? r.a : insn->k;
    }
  }
}
