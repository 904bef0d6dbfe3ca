#include "listing.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "disassemble.h"
#include "syscalls.h"

/* Text that grows at its end. */
struct page {
  char *text;
  size_t length, room;
  struct arena *arena;
};

static void print (struct page *page, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));

static void
print (struct page *page, const char *format, ...)
{
  size_t length;
  va_list args;
  char *grown;

  va_start (args, format);
  length = (size_t) vsnprintf (NULL, 0, format, args);
  va_end (args);
  if (page->room - page->length <= length) {
    page->room = 2 * (page->room + length + 1);
    grown = arena_alloc (page->arena, page->room);
    memcpy (grown, page->text, page->length + 1);
    page->text = grown;
  }
  va_start (args, format);
  vsnprintf (page->text + page->length, length + 1, format, args);
  va_end (args);
  page->length += length;
}

static const char *
operator_text (enum op op)
{
  static const char *const texts[] = {
      [OPERATOR_NE] = "!=", [OPERATOR_LT] = "<", [OPERATOR_LE] = "<=",        [OPERATOR_EQ] = "==",
      [OPERATOR_GE] = ">=", [OPERATOR_GT] = ">", [OPERATOR_MASKED_EQ] = "==",
  };

  return texts[op];
}

static void
print_test (struct page *page, const struct test *test)
{
  if (test->op == OPERATOR_MASKED_EQ)
    print (page, "(a%d & 0x%" PRIx64 ")", test->index, test->mask);
  else
    print (page, "a%d", test->index);
  print (page, " %s 0x%" PRIx64, operator_text (test->op), test->value);
}

static void
print_rule (struct page *page, const struct rule *rule)
{
  char verdict[VERDICT_TEXT];

  print (page, "    ");
  for (int i = 0; i < rule->test_count; i++) {
    print (page, i ? " && " : "if ");
    print_test (page, &rule->tests[i]);
  }
  print (page, "%s%s\n", rule->test_count ? ": " : "", verdict_text (rule->verdict, verdict));
}

static void
print_rules (struct page *page, const struct rules *rules)
{
  char verdict[VERDICT_TEXT];

  print (page, "%s:\n", abi_table[rules->abi].name);
  for (size_t i = 0; i < rules->call_count; i++) {
    const struct call *call = &rules->calls[i];

    if (call->row == SYSCALL_UNKNOWN)
      print (page, "  %" PRId32 ":\n", (int32_t) call->number);
    else
      print (page, "  %s (%" PRIu32 "):\n", syscall_name (call->row), call->number);
    for (size_t r = 0; r < call->rule_count; r++)
      print_rule (page, &call->rules[r]);
  }
  print (page, "  else: %s\n", verdict_text (rules->default_verdict, verdict));
}

static void
print_program (struct page *page, const struct context *context)
{
  const struct program *program = &context->filter.program;
  /* All ABIs of a context have one byte order. */
  const struct line *lines = disassemble (program, context->ledger.abis[0], page->arena);

  print (page, "program:\n");
  for (size_t i = 0; i < program->length; i++)
    print (page, "  %4zu: %s%s%s\n", i, lines[i].text, lines[i].comment ? "  ; " : "",
           lines[i].comment ? lines[i].comment : "");
}

const char *
context_listing (const struct context *context, struct arena *arena)
{
  const struct rules *rules = context_rules (context, arena, arena);
  struct page page = {.text = arena_strndup (arena, "", 0), .room = 1, .arena = arena};
  char verdict[VERDICT_TEXT];

  print (&page, "# made by oci-seccomp's libseccomp.so.2\n");
  for (size_t i = 0; i < context->ledger.abi_count; i++)
    print_rules (&page, &rules[i]);
  print (&page, "other ABIs: %s\n",
         verdict_text (context->attributes[SCMP_FLTATR_ACT_BADARCH], verdict));
  print_program (&page, context);
  return page.text;
}
