#include "text.h"

#include <stdlib.h>
#include <string.h>

/* How many bytes the character at text has, whose first is not ASCII; 0 if it is none. */
static size_t
character_length (const unsigned char *text, size_t room)
{
  unsigned char low = 0x80, high = 0xbf;
  size_t length = text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;

  if (text[0] < 0xc2 || text[0] > 0xf4 || length > room)
    return 0;
  /* Only the second byte's range depends on the first (Unicode, table 3-7). */
  if (text[0] == 0xe0)
    low = 0xa0;
  else if (text[0] == 0xed)
    high = 0x9f;
  else if (text[0] == 0xf0)
    low = 0x90;
  else if (text[0] == 0xf4)
    high = 0x8f;
  if (text[1] < low || text[1] > high)
    return 0;
  for (size_t i = 2; i < length; i++)
    if ((text[i] & 0xc0) != 0x80)
      return 0;
  return length;
}

/* 16 bytes, one half or-ed to the other: a bit that a byte has stays in it. */
static uint64_t
bits_of_16 (const char *text)
{
  uint64_t one, other;

  memcpy (&one, text, sizeof one);
  memcpy (&other, text + sizeof one, sizeof other);
  return one | other;
}

enum { BLOCK = 64 };

static bool
is_ascii (const char text[BLOCK])
{
  uint64_t bits =
      bits_of_16 (text) | bits_of_16 (text + 16) | bits_of_16 (text + 32) | bits_of_16 (text + 48);

  return !(bits & UINT64_C (0x8080808080808080));
}

size_t
text_check_utf8 (const char *text, size_t length, bool *ascii)
{
  size_t at = 0;

  *ascii = true;
  while (at < length) {
    size_t end;

    while (length - at >= BLOCK && is_ascii (text + at))
      at += BLOCK;
    /* The rest, or a block that has other characters: one by one, before a block is tried again. */
    end = length - at < BLOCK ? length : at + BLOCK;
    while (at < end) {
      size_t step = 1;

      if ((unsigned char) text[at] >= 0x80) {
        *ascii = false;
        step = character_length ((const unsigned char *) text + at, length - at);
        if (!step)
          return at;
      }
      at += step;
    }
  }
  return length;
}

/* How many bytes of [begin, end) begin no character. */
static size_t
continuations (const char *text, size_t begin, size_t end)
{
  size_t count = 0;

  for (size_t i = begin; i < end; i++)
    count += ((unsigned char) text[i] & 0xc0) == 0x80;
  return count;
}

/* The line that begins at an offset. */
static void
line_enter (struct text_lines *lines, size_t begin)
{
  const char *newline = memchr (lines->text + begin, '\n', lines->length - begin);

  lines->line++;
  lines->end = newline ? (size_t) (newline - lines->text) : lines->length;
  lines->counted = lines->ascii ? lines->end : begin;
  lines->origin = begin;
}

struct text_lines
text_lines_begin (const char *text, size_t length, bool ascii)
{
  struct text_lines lines = {.text = text, .length = length, .ascii = ascii};

  line_enter (&lines, 0);
  return lines;
}

void
text_lines_advance (struct text_lines *lines, size_t offset)
{
  while (lines->end < offset)
    line_enter (lines, lines->end + 1);
  if (lines->counted < offset) {
    lines->origin += continuations (lines->text, lines->counted, offset);
    lines->counted = offset;
  }
}

void
text_position (const char *text, size_t offset, uint32_t *line, uint32_t *column)
{
  size_t line_begin = 0;

  *line = 1;
  for (size_t i = 0; i < offset; i++)
    if (text[i] == '\n') {
      ++*line;
      line_begin = i + 1;
    }
  *column = (uint32_t) (offset - line_begin - continuations (text, line_begin, offset) + 1);
}

static unsigned
hex4 (const char *digits)
{
  char text[5] = {digits[0], digits[1], digits[2], digits[3], '\0'};

  return (unsigned) strtoul (text, NULL, 16);
}

const char *
text_check_escapes (const char *text, size_t begin, size_t end, size_t *at)
{
  enum { ESCAPE_LENGTH = 6 }; /* \uXXXX */
  bool high = false;          /* the escape just before was the first half of a pair */

  for (size_t i = begin; i < end; i++) {
    bool escape = text[i] == '\\', unicode = escape && text[i + 1] == 'u';
    unsigned unit = unicode ? hex4 (text + i + 2) : 0;
    bool low = unit >= 0xdc00 && unit <= 0xdfff;

    *at = i;
    if (high != low) {
      *at = high ? i - ESCAPE_LENGTH : i;
      return "a string may have no unpaired surrogate escape";
    }
    if (unicode && unit == 0)
      return "a string may have no NUL (\\u0000)";
    high = unit >= 0xd800 && unit <= 0xdbff;
    i += unicode ? ESCAPE_LENGTH - 1 : escape;
  }
  *at = end - (high ? ESCAPE_LENGTH : 0);
  return high ? "a string may have no unpaired surrogate escape" : NULL;
}
