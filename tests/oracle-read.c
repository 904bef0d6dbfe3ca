/* JSON to the oracle's profile, by yajl_tree; Docker's own conditions on whole rules are decided
 * here. */
#include "oracle.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_tree.h>

void oracle_read (struct oracle *oracle, const char *json);

static void __attribute__ ((format (printf, 2, 3)))
wrong (struct oracle *oracle, const char *format, ...)
{
  va_list arguments;

  if (oracle->is_error)
    return;
  oracle->is_error = true;
  va_start (arguments, format);
  vsnprintf (oracle->why, sizeof oracle->why, format, arguments);
  va_end (arguments);
}

/* --- JSON --- */

/* NULL if absent or null. */
static yajl_val
member (yajl_val object, const char *key)
{
  if (!YAJL_IS_OBJECT (object))
    return NULL;
  for (size_t i = 0; i < object->u.object.len; i++)
    if (!strcmp (object->u.object.keys[i], key))
      return YAJL_IS_NULL (object->u.object.values[i]) ? NULL : object->u.object.values[i];
  return NULL;
}

static size_t
length (yajl_val array)
{
  return YAJL_IS_ARRAY (array) ? array->u.array.len : 0;
}

static const char *
text (yajl_val value)
{
  return YAJL_IS_STRING (value) ? value->u.string : "";
}

static uint64_t
number (struct oracle *oracle, yajl_val object, const char *key, uint64_t absent)
{
  yajl_val value = member (object, key);
  const char *digits;

  if (!value)
    return absent;
  digits = YAJL_IS_NUMBER (value) ? value->u.number.r : "-";
  errno = 0;
  if (digits[strspn (digits, "0123456789")] || (strtoull (digits, NULL, 10), errno))
    wrong (oracle, "%s: no number of 64 bits", key);
  return strtoull (digits, NULL, 10);
}

static bool
lists (yajl_val array, const char *word)
{
  for (size_t i = 0; i < length (array); i++)
    if (!strcmp (text (array->u.array.values[i]), word))
      return true;
  return false;
}

/* --- words --- */

static const struct word {
  const char *text;
  uint32_t value;
} actions[] =
    {
        {"KILL_THREAD", SECCOMP_RET_KILL_THREAD},
        {"KILL", SECCOMP_RET_KILL_THREAD},
        {"KILL_PROCESS", SECCOMP_RET_KILL_PROCESS},
        {"TRAP", SECCOMP_RET_TRAP},
        {"ERRNO", SECCOMP_RET_ERRNO},
        {"TRACE", SECCOMP_RET_TRACE},
        {"NOTIFY", SECCOMP_RET_USER_NOTIF},
        {"LOG", SECCOMP_RET_LOG},
        {"ALLOW", SECCOMP_RET_ALLOW},
},
  operators[] = {
      {"SCMP_CMP_NE", ORACLE_NE},
      {"SCMP_CMP_LT", ORACLE_LT},
      {"SCMP_CMP_LE", ORACLE_LE},
      {"SCMP_CMP_EQ", ORACLE_EQ},
      {"SCMP_CMP_GE", ORACLE_GE},
      {"SCMP_CMP_GT", ORACLE_GT},
      {"SCMP_CMP_MASKED_EQ", ORACLE_MASKED},
};

enum {
  ACTIONS = sizeof actions / sizeof *actions,
  OPERATORS = sizeof operators / sizeof *operators
};

const char *
oracle_verdict_text (uint32_t verdict, char *buffer, size_t size)
{
  const uint32_t action = verdict & SECCOMP_RET_ACTION_FULL;

  snprintf (buffer, size, "0x%x", verdict);
  for (size_t i = 0; i < ACTIONS; i++)
    if (actions[i].value == action) {
      if (action == SECCOMP_RET_ERRNO || action == SECCOMP_RET_TRACE)
        snprintf (buffer, size, "%s(%u)", actions[i].text, verdict & SECCOMP_RET_DATA);
      else if (verdict == action)
        snprintf (buffer, size, "%s", actions[i].text);
      break;
    }
  return buffer;
}

bool
oracle_verdict_read (const char *word, uint32_t *verdict)
{
  const size_t name = strcspn (word, "(");

  for (size_t i = 0; i < ACTIONS; i++)
    if (strlen (actions[i].text) == name && !strncmp (actions[i].text, word, name)) {
      *verdict = actions[i].value;
      if (word[name] == '(')
        *verdict |= (uint32_t) strtoul (word + name + 1, NULL, 10);
      return true;
    }
  return false;
}

/* The errnos that fixtures name. */
static uint32_t
errno_of (struct oracle *oracle, const char *word)
{
  static const struct word errnos[] = {{"EPERM", 1},   {"ENOENT", 2},  {"EACCES", 13},
                                       {"EINVAL", 22}, {"ENOSYS", 38}, {"EAFNOSUPPORT", 97}};

  if (*word && !word[strspn (word, "0123456789")])
    return (uint32_t) strtoul (word, NULL, 10);
  for (size_t i = 0; i < sizeof errnos / sizeof *errnos; i++)
    if (!strcmp (errnos[i].text, word))
      return errnos[i].value;
  wrong (oracle, "%s: an errno that the oracle does not know", word);
  return 0;
}

/* --- the profile --- */

/* An action with its data. Podman's symbolic errno goes before the number. */
static uint32_t
read_verdict (struct oracle *oracle, yajl_val object, const char *action_key,
              const char *number_key, const char *symbol_key)
{
  const char *action = text (member (object, action_key));
  yajl_val symbol = member (object, symbol_key);
  uint32_t verdict = 0;

  if (strncmp (action, "SCMP_ACT_", 9) || strchr (action, '(') ||
      !oracle_verdict_read (action + 9, &verdict))
    wrong (oracle, "%s: unknown action", action);
  if (verdict != SECCOMP_RET_ERRNO && verdict != SECCOMP_RET_TRACE)
    return verdict;
  if (symbol && *text (symbol))
    return verdict | (errno_of (oracle, text (symbol)) & SECCOMP_RET_DATA);
  return verdict | (number (oracle, object, number_key, EPERM) & SECCOMP_RET_DATA);
}

static bool
has_capability (const struct oracle *oracle, const char *name)
{
  static const char *const engines_default[] = {
      "CAP_CHOWN",   "CAP_DAC_OVERRIDE", "CAP_FSETID",      "CAP_FOWNER",          "CAP_MKNOD",
      "CAP_NET_RAW", "CAP_SETGID",       "CAP_SETUID",      "CAP_SETFCAP",         "CAP_SETPCAP",
      "CAP_KILL",    "CAP_SYS_CHROOT",   "CAP_AUDIT_WRITE", "CAP_NET_BIND_SERVICE"};
  const struct oracle_machine *machine = &oracle->machine;
  const char *const *set = machine->capabilities ? machine->capabilities : engines_default;
  const size_t count = machine->capabilities ? machine->capability_count : 14;

  for (size_t i = 0; i < count; i++)
    if (!strcmp (set[i], name))
      return true;
  return false;
}

/* Any of the three that a Docker rule's includes or excludes may ask: does the machine have it? */
static bool
is_here (const struct oracle *oracle, yajl_val arches)
{
  const struct oracle_abi *native = oracle->abis[0];

  return lists (arches, native->spec_name) || lists (arches, native->go_name) ||
         lists (arches, native->name);
}

static bool
is_kernel_at_least (struct oracle *oracle, const char *version)
{
  unsigned major = 0, minor = 0;

  if (sscanf (version, "%u.%u", &major, &minor) != 2)
    wrong (oracle, "minKernel %s", version);
  return oracle->machine.kernel_major > major ||
         (oracle->machine.kernel_major == major && oracle->machine.kernel_minor >= minor);
}

/* Section 6: excludes.caps drops the rule if any is granted, includes.caps needs them all. */
static bool
is_kept (struct oracle *oracle, yajl_val rule)
{
  yajl_val excludes = member (rule, "excludes"), includes = member (rule, "includes");
  yajl_val caps = member (excludes, "caps");

  if (is_here (oracle, member (excludes, "arches")))
    return false;
  for (size_t i = 0; i < length (caps); i++)
    if (has_capability (oracle, text (caps->u.array.values[i])))
      return false;
  if (*text (member (excludes, "minKernel")) &&
      is_kernel_at_least (oracle, text (member (excludes, "minKernel"))))
    return false;
  if (length (member (includes, "arches")) && !is_here (oracle, member (includes, "arches")))
    return false;
  caps = member (includes, "caps");
  for (size_t i = 0; i < length (caps); i++)
    if (!has_capability (oracle, text (caps->u.array.values[i])))
      return false;
  return !*text (member (includes, "minKernel")) ||
         is_kernel_at_least (oracle, text (member (includes, "minKernel")));
}

static void
read_condition (struct oracle *oracle, yajl_val object, struct oracle_condition *condition)
{
  const char *op = text (member (object, "op"));
  bool known = false;

  for (size_t i = 0; i < OPERATORS; i++)
    if (!strcmp (operators[i].text, op)) {
      condition->op = operators[i].value;
      known = true;
    }
  if (!known)
    wrong (oracle, "%s: unknown operator", op);
  condition->index = (unsigned) number (oracle, object, "index", 0);
  condition->value = number (oracle, object, "value", 0);
  condition->value_two = number (oracle, object, "valueTwo", 0);
  if (number (oracle, object, "index", 0) > 5)
    wrong (oracle, "index over 5");
}

static void
read_rule (struct oracle *oracle, yajl_val object, struct oracle_rule *rule)
{
  yajl_val names = member (object, "names"), name = member (object, "name");
  yajl_val args = member (object, "args");

  rule->verdict =
      read_verdict (oracle, object, "action", "errnoRet", oracle->is_config ? "" : "errno");
  rule->names = calloc (length (names) + 1, sizeof *rule->names);
  rule->conditions = calloc (length (args) + 1, sizeof *rule->conditions);
  if (!oracle->is_config && YAJL_IS_STRING (name) && *text (name))
    rule->names[rule->name_count++] = strdup (text (name));
  for (size_t i = 0; i < length (names); i++)
    rule->names[rule->name_count++] = strdup (text (names->u.array.values[i]));
  for (size_t i = 0; i < length (args); i++)
    read_condition (oracle, args->u.array.values[i], &rule->conditions[rule->condition_count++]);
}

/* Point 8: the native ABI is in; a list only adds to it. */
static void
add_abi (struct oracle *oracle, const char *name)
{
  const struct oracle_abi *abi = oracle_abi_find (name);

  if (!abi || abi->big_endian != oracle_abi_find (oracle->machine.native)->big_endian) {
    wrong (oracle, "%s: unknown, or of the other byte order", name);
    return;
  }
  for (size_t i = 0; i < oracle->abi_count; i++)
    if (oracle->abis[i] == abi)
      return;
  oracle->abis[oracle->abi_count++] = abi;
}

/* Docker's archMap: the first entry for this machine, with the ABIs below it. */
static void
read_arch_map (struct oracle *oracle, yajl_val map)
{
  for (size_t i = 0; i < length (map); i++) {
    yajl_val entry = map->u.array.values[i], below = member (entry, "subArchitectures");

    if (strcmp (text (member (entry, "architecture")), oracle->abis[0]->spec_name))
      continue;
    for (size_t j = 0; j < length (below); j++)
      add_abi (oracle, text (below->u.array.values[j]));
    return;
  }
}

static void
read_section (struct oracle *oracle, yajl_val section)
{
  yajl_val listed = member (section, "architectures"), rules = member (section, "syscalls");

  add_abi (oracle, oracle->machine.native);
  for (size_t i = 0; i < length (listed); i++)
    add_abi (oracle, text (listed->u.array.values[i]));
  if (!oracle->is_config)
    read_arch_map (oracle, member (section, "archMap"));
  oracle->default_verdict = read_verdict (oracle, section, "defaultAction", "defaultErrnoRet",
                                          oracle->is_config ? "" : "defaultErrno");
  oracle->rules = calloc (length (rules) + 1, sizeof *oracle->rules);
  for (size_t i = 0; i < length (rules); i++)
    if (oracle->is_config || is_kept (oracle, rules->u.array.values[i]))
      read_rule (oracle, rules->u.array.values[i], &oracle->rules[oracle->rule_count++]);
}

void
oracle_read (struct oracle *oracle, const char *json)
{
  char why[100] = "";
  yajl_val root = yajl_tree_parse (json, why, sizeof why);
  yajl_val linux_part = member (root, "defaultAction") ? NULL : member (root, "linux");
  yajl_val section = linux_part ? member (linux_part, "seccomp") : root;

  oracle->is_config = linux_part != NULL;
  if (!YAJL_IS_OBJECT (section))
    wrong (oracle, "no profile: %s", why);
  else
    read_section (oracle, section);
  yajl_tree_free (root);
}

struct oracle_machine
oracle_machine (const char *native)
{
  return (struct oracle_machine){
      .native = native, .kernel_major = 6, .kernel_minor = 1, .bad_arch = SECCOMP_RET_KILL_THREAD};
}
