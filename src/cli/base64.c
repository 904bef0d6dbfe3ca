#include "base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static char *
put_three (char *text, const unsigned char *bytes, size_t left)
{
  uint32_t three = (uint32_t) bytes[0] << 16;

  three |= left > 1 ? (uint32_t) bytes[1] << 8 : 0;
  three |= left > 2 ? (uint32_t) bytes[2] : 0;
  *text++ = digits[three >> 18];
  *text++ = digits[three >> 12 & 63];
  *text++ = left > 1 ? digits[three >> 6 & 63] : '=';
  *text++ = left > 2 ? digits[three & 63] : '=';
  return text;
}

const char *
base64_program (const struct oci_seccomp_filter *filter, struct arena *arena)
{
  size_t length = filter->program.length * sizeof *filter->program.instructions;
  const unsigned char *bytes =
      program_to_bytes (&filter->program, abi_table[filter->native].big_endian, arena);
  char *text = arena_alloc (arena, (length + 2) / 3 * 4 + 1);
  char *next = text;

  for (size_t i = 0; i < length; i += 3)
    next = put_three (next, bytes + i, length - i);
  return text;
}
