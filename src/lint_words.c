#include <string.h>

#include "lint_parts.h"
#include "syscalls.h"

/* --- slips of the pen --- */

enum { WORD_MAX = 40, SLIPS_MAX = 2 };

static unsigned
least (unsigned a, unsigned b)
{
  return a < b ? a : b;
}

static char
lower (char c)
{
  return c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : c;
}

static bool
is_letter (char c)
{
  return lower (c) >= 'a' && lower (c) <= 'z';
}

static bool
same_letter (char a, char b)
{
  return lower (a) == lower (b);
}

/* How many letters are missing, too many, wrong or in the wrong order; case counts nothing. Row i
 * of the table is for the first i letters of one word, column j for those of the other. */
static unsigned
count_slips (const char *one, const char *other)
{
  unsigned table[3][WORD_MAX + 1];
  size_t length = strlen (one), width = strlen (other);

  if (length > WORD_MAX || width > WORD_MAX || length > width + SLIPS_MAX ||
      width > length + SLIPS_MAX)
    return SLIPS_MAX + 1;
  for (size_t j = 0; j <= width; j++)
    table[0][j] = (unsigned) j;
  for (size_t i = 1; i <= length; i++) {
    unsigned *row = table[i % 3], *above = table[(i + 2) % 3], *two_above = table[(i + 1) % 3];

    row[0] = (unsigned) i;
    for (size_t j = 1; j <= width; j++) {
      row[j] = least (least (above[j], row[j - 1]) + 1,
                      above[j - 1] + !same_letter (one[i - 1], other[j - 1]));
      if (i > 1 && j > 1 && same_letter (one[i - 1], other[j - 2]) &&
          same_letter (one[i - 2], other[j - 1]))
        row[j] = least (row[j], two_above[j - 2] + 1);
    }
  }
  return table[length % 3][width];
}

/* In a short word two slips leave nothing to know it by. */
static unsigned
slips_allowed (size_t length)
{
  return length < 3 ? 0 : length < 5 ? 1 : SLIPS_MAX;
}

const char *
similar_word (const char *word, const char *const *words)
{
  const char *best = NULL;
  unsigned fewest = slips_allowed (strlen (word)) + 1;

  for (; *words; words++) {
    unsigned slips = count_slips (word, *words);

    if (!strcmp (word, *words))
      return NULL;
    if (slips < fewest) {
      fewest = slips;
      best = *words;
    }
  }
  return best;
}

/* --- keys --- */

static const char *const top_keys[] = {
    "defaultAction", "defaultErrnoRet", "defaultErrno",     "architectures", "archMap",
    "flags",         "listenerPath",    "listenerMetadata", "syscalls",      NULL};
static const char *const rule_keys[] = {"names", "name",     "action",   "errnoRet", "errno",
                                        "args",  "includes", "excludes", NULL};
static const char *const condition_keys[] = {"index", "value", "valueTwo", "op", NULL};
static const char *const choice_keys[] = {"arches", "caps", "minKernel", NULL};
static const char *const map_keys[] = {"architecture", "subArchitectures", NULL};

/* Whoever comments a profile does it by unknown keys; those look like nothing that is known, or
 * begin with what no known key begins with. */
static void
check_keys (struct lint *lint, const struct json_node *object, const char *const *keys)
{
  if (!object || object->type != JSON_OBJECT)
    return;
  for (const struct json_node *node = object->first; node; node = node->next) {
    const char *meant = is_letter (*node->key) ? similar_word (node->key, keys) : NULL;

    if (meant)
      lint_add (lint, SEVERITY_WARNING, node,
                "unknown key, ignored; did you mean %s? (keys are case-sensitive)", meant);
  }
}

static const struct json_node *
first_child (const struct json_node *object, const char *key)
{
  const struct json_node *node = json_member (object, key);

  return node ? node->first : NULL;
}

/* --- names and capabilities --- */

static void
check_name (struct lint *lint, const struct json_node *node, const char *const *names)
{
  char quoted[JSON_QUOTE_TEXT];
  const char *meant;

  if (!node || node->type != JSON_STRING || !node->length ||
      syscall_from_name (node->text, node->length) != SYSCALL_UNKNOWN)
    return;
  meant = similar_word (node->text, names);
  json_quote (node->text, quoted);
  if (meant)
    lint_add (lint, SEVERITY_WARNING, node, "unknown system call %s, skipped; did you mean %s?",
              quoted, meant);
  else
    lint_add (lint, SEVERITY_WARNING, node, "unknown system call %s, skipped", quoted);
}

static const char *const *
all_names (struct arena *arena)
{
  size_t count = (size_t) syscall_count ();
  const char **names = ARENA_ARRAY (arena, const char *, count + 1);

  for (size_t i = 0; i < count; i++)
    names[i] = syscall_name ((int) i);
  return names;
}

static void
check_capabilities (struct lint *lint, const struct json_node *choice)
{
  char quoted[JSON_QUOTE_TEXT];
  uint32_t capability;

  for (const struct json_node *node = first_child (choice, "caps"); node; node = node->next)
    if (node->type == JSON_STRING && !capability_from_name (node->text, &capability))
      lint_add (lint, SEVERITY_WARNING, node, "unknown capability %s; taken as one that nobody has",
                json_quote (node->text, quoted));
}

/* Also of rules that a Docker profile has for other machines or capabilities: a wrong word is as
 * wrong there. */
static void
check_rule (struct lint *lint, const struct json_node *rule, const char *const *names)
{
  static const char *const choices[] = {"includes", "excludes"};

  check_keys (lint, rule, rule_keys);
  for (const struct json_node *node = first_child (rule, "args"); node; node = node->next)
    check_keys (lint, node, condition_keys);
  for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
    check_keys (lint, json_member (rule, choices[i]), choice_keys);
    check_capabilities (lint, json_member (rule, choices[i]));
  }
  if (lint->options->unknown_syscalls == OCI_SECCOMP_UNKNOWN_IGNORE)
    return;
  check_name (lint, json_member (rule, "name"), names);
  for (const struct json_node *node = first_child (rule, "names"); node; node = node->next)
    check_name (lint, node, names);
}

void
lint_words (struct lint *lint)
{
  const struct json_node *section = lint->profile->section;
  const char *const *names = all_names (lint->arena);

  check_keys (lint, section, top_keys);
  for (const struct json_node *node = first_child (section, "archMap"); node; node = node->next)
    check_keys (lint, node, map_keys);
  for (const struct json_node *node = first_child (section, "syscalls"); node; node = node->next)
    check_rule (lint, node, names);
}
