/* The bytes of a JSON text, apart from its grammar: encoding, positions, escapes.
 *
 * In: bytes. Out: offsets, lines and columns. What always holds: nothing here reads past the length
 * it is given, or allocates. */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The offset of the first byte that is no UTF-8 (overlong forms, surrogates and values over
 * U+10FFFF are none), or the length. *ascii: whether all bytes before it are below 0x80. */
size_t text_check_utf8 (const char *text, size_t length, bool *ascii);

/* Counts lines and columns at offsets that never go back, so that each byte is looked at once. */
struct text_lines {
  const char *text;
  size_t length;
  bool ascii;     /* then bytes are characters */
  uint32_t line;  /* from 1 */
  size_t end;     /* where its newline is; the length if it has none */
  size_t counted; /* up to here, a column is the offset minus `origin` plus 1 */
  size_t origin;
};

struct text_lines text_lines_begin (const char *text, size_t length, bool ascii);

/* To an offset past `counted`, where no newline is. */
void text_lines_advance (struct text_lines *lines, size_t offset);

/* Line and column, from 1, of an offset; counts from the start. Columns count characters. */
void text_position (const char *text, size_t offset, uint32_t *line, uint32_t *column);

/* Looks through the escapes of a JSON string whose contents are [begin, end), and whose form a
 * parser has approved, for those that stand for no character. NULL if there is none, else what is
 * wrong; *at is where. */
const char *text_check_escapes (const char *text, size_t begin, size_t end, size_t *at);

#endif
