/* A program to text: each instruction as the kernel's bpf_asm writes it, with the numbers of the
 * instructions that jumps lead to, and with what it means for system calls.
 *
 * In: any instructions, also such as program_check refuses. Out: a line of words for each. What
 * always holds: the same instructions and native ABI give the same words on every machine; what is
 * no instruction of classic BPF is shown as numbers. */
#ifndef DISASSEMBLE_H
#define DISASSEMBLE_H

#include "abi.h"
#include "program.h"

struct line {
  const char *text;      /* "jeq #59, 12, 40" */
  const char *comment;   /* "execve"; or NULL */
  unsigned target_count; /* 2: of a test; 1: of jmp; else 0, and the next line or none follows */
  uint64_t targets[2];   /* the line where the test holds, and where not; past the end if invalid */
  bool ends;             /* a return */
};

/* `native` says where the halves of arguments are, and whose calls come where the program does not
 * look at the token. The lines, one for each instruction, are in the arena. */
struct line *disassemble (const struct program *program, enum abi native, struct arena *arena);

#endif
