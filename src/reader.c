#include "reader.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "syscalls.h"

int
reader_fail (struct reader *reader, const struct json_node *node, const char *format, ...)
{
  char text[512];
  va_list args;

  va_start (args, format);
  vsnprintf (text, sizeof text, format, args);
  va_end (args);
  return json_fail (reader->err, OCI_SECCOMP_INVALID_PROFILE, &reader->profile->document, node,
                    "%s", text);
}

/* A word that is in none of our tables. `want` says what is. */
static int
fail_unknown (struct reader *reader, int code, const struct json_node *node, const char *what,
              const char *want)
{
  char quoted[JSON_QUOTE_TEXT];

  return json_fail (reader->err, code, &reader->profile->document, node, "unknown %s %s; want %s",
                    what, json_quote (node->text, quoted), want);
}

void
reader_warn (struct reader *reader, const struct json_node *node, const char *format, ...)
{
  struct profile *profile = reader->profile;
  char text[512];
  va_list args;

  va_start (args, format);
  vsnprintf (text, sizeof text, format, args);
  va_end (args);
  *ARENA_PUSH (&profile->arena, reader->warnings, reader->warning_count) =
      json_message (&profile->arena, &profile->document, node, "%s", text);
}

int
reader_expect (struct reader *reader, const struct json_node *node, enum json_type type,
               const char *want)
{
  return json_expect (&reader->profile->document, node, type, want, reader->err);
}

int
reader_optional (struct reader *reader, const struct json_node *object, const char *key,
                 enum json_type type, const struct json_node **member)
{
  *member = json_member (object, key);
  return *member ? reader_expect (reader, *member, type, NULL) : 0;
}

int
reader_expect_text (struct reader *reader, const struct json_node **member)
{
  int code = *member ? reader_expect (reader, *member, JSON_STRING, NULL) : 0;

  if (code == 0 && *member && (*member)->length == 0)
    *member = NULL;
  return code;
}

static int
read_text (struct reader *reader, const struct json_node *object, const char *key,
           const struct json_node **member)
{
  *member = json_member (object, key);
  return reader_expect_text (reader, member);
}

static int
read_unsigned (struct reader *reader, const struct json_node *node, uint64_t max, uint64_t *value)
{
  int code = reader_expect (reader, node, JSON_NUMBER, "an unsigned integer");

  if (code)
    return code;
  if (!json_unsigned (node, max, value))
    return reader_fail (reader, node, "is %.32s; want an integer from 0 to %" PRIu64, node->text,
                        max);
  return 0;
}

/* --- verdicts ------------------------------------------------------------------------------ */

/* "EPERM" or "1", as Podman has it. */
static int
read_errno_word (struct reader *reader, const struct json_node *node, uint32_t max, uint32_t *data)
{
  char want[64];

  if (errno_from_text (node->text, max, data))
    return 0;
  snprintf (want, sizeof want, "a name like EPERM or a number from 0 to %" PRIu32, max);
  return fail_unknown (reader, OCI_SECCOMP_INVALID_PROFILE, node, "errno", want);
}

static int
fail_takes_none (struct reader *reader, const struct json_node *node, uint32_t action)
{
  return reader_fail (reader, node, "%s takes no %s; only SCMP_ACT_ERRNO and SCMP_ACT_TRACE do",
                      action_name (action), node->key);
}

/* Both members are checked, and the word beats the number. */
static int
read_verdict_data (struct reader *reader, const struct json_node *number,
                   const struct json_node *word, uint32_t action, uint32_t *data)
{
  uint64_t value = DEFAULT_ERRNO;
  uint32_t max = SECCOMP_RET_DATA;
  bool takes = action_takes_data (action, &max);
  int code = reader_expect_text (reader, &word);

  if (number && code == 0)
    code = read_unsigned (reader, number, max, &value);
  if (code)
    return code;
  if (!takes && (number || word))
    return fail_takes_none (reader, number ? number : word, action);
  *data = takes ? (uint32_t) value : 0;
  return word ? read_errno_word (reader, word, max, data) : 0;
}

int
read_verdict (struct reader *reader, const struct json_node *object, const char *key,
              const struct verdict_members *members, uint32_t *verdict)
{
  const struct json_node *node = members->action;
  uint32_t action, data;
  char want[NAMES_TEXT];
  int code;

  if (!node)
    return json_fail_missing (reader->err, &reader->profile->document, object, key,
                              names_text (action_names, want));
  if (node->type != JSON_STRING)
    return reader_expect (reader, node, JSON_STRING, names_text (action_names, want));
  if (!action_from_name (node->text, SPELLING_SPEC, &action))
    return fail_unknown (reader, OCI_SECCOMP_UNKNOWN_ACTION, node, "action",
                         names_text (action_names, want));
  code = read_verdict_data (reader, members->number, members->word, action, &data);
  if (code)
    return code;
  *verdict = action | data;
  return 0;
}

/* --- what stands at the top ---------------------------------------------------------------- */

int
read_abi (struct reader *reader, const struct json_node *node, enum abi *abi)
{
  static const char want[] = "a SCMP_ARCH_* of the OCI spec, like SCMP_ARCH_X86_64";
  int code = reader_expect (reader, node, JSON_STRING, want);

  if (code)
    return code;
  if (!abi_from_name (node->text, SPELLING_SPEC, abi))
    return fail_unknown (reader, OCI_SECCOMP_UNKNOWN_ABI, node, "architecture", want);
  return 0;
}

static const char *
byte_order_name (bool big_endian)
{
  return big_endian ? "big-endian" : "little-endian";
}

/* The kernel of one byte order runs nothing of the other. */
static int
check_byte_order (struct reader *reader, const struct json_node *node, enum abi abi)
{
  const struct abi_row *row = &abi_table[abi], *native = &abi_table[reader->options->native];

  if (row->big_endian == native->big_endian)
    return 0;
  return json_fail (reader->err, OCI_SECCOMP_UNKNOWN_ABI, &reader->profile->document, node,
                    "%s is %s; want a %s one, as the native ABI is %s", row->spec_name,
                    byte_order_name (row->big_endian), byte_order_name (native->big_endian),
                    native->name);
}

int
read_abis (struct reader *reader, const struct json_node *array)
{
  if (!array)
    return 0;
  for (const struct json_node *node = array->first; node; node = node->next) {
    enum abi abi;
    int code = read_abi (reader, node, &abi);

    if (code == 0)
      code = check_byte_order (reader, node, abi);
    if (code)
      return code;
    reader->profile->abis |= ABI_BIT (abi);
  }
  return 0;
}

static int
read_flags (struct reader *reader, const struct json_node *section)
{
  const struct json_node *array;
  char want[NAMES_TEXT];
  int code = reader_optional (reader, section, "flags", JSON_ARRAY, &array);

  if (code || !array)
    return code;
  reader->profile->flags_given = true;
  names_text (flag_names, want);
  for (const struct json_node *node = array->first; node; node = node->next) {
    uint32_t flag;

    code = reader_expect (reader, node, JSON_STRING, want);
    if (code)
      return code;
    if (!flag_from_name (node->text, &flag))
      return fail_unknown (reader, OCI_SECCOMP_UNKNOWN_FLAG, node, "flag", want);
    reader->profile->flags |= flag;
  }
  return 0;
}

static int
read_listener (struct reader *reader, const struct json_node *section)
{
  const struct json_node *path, *metadata;
  int code = read_text (reader, section, "listenerPath", &path);

  if (code == 0)
    code = read_text (reader, section, "listenerMetadata", &metadata);
  if (code)
    return code;
  if (metadata && !path)
    return reader_fail (reader, metadata, "needs a listenerPath, which is missing");
  reader->profile->listener_path = path ? path->text : NULL;
  reader->profile->listener_metadata = metadata ? metadata->text : NULL;
  return 0;
}

int
read_top (struct reader *reader, const struct json_node *section, const struct json_node *word)
{
  const char *key = "defaultAction";
  const struct verdict_members members = {json_member (section, key),
                                          json_member (section, "defaultErrnoRet"), word};
  int code = read_verdict (reader, section, key, &members, &reader->profile->default_verdict);

  if (code == 0)
    code = read_flags (reader, section);
  if (code == 0)
    code = read_listener (reader, section);
  return code;
}

/* --- the parts of a rule ------------------------------------------------------------------- */

int
read_name (struct reader *reader, const struct json_node *node, struct profile_name *name)
{
  if (node->type != JSON_STRING)
    return reader_expect (reader, node, JSON_STRING, "the name of a system call");
  if (node->length == 0)
    return reader_fail (reader, node, "is empty; want the name of a system call");
  *name = (struct profile_name){
      .text = node->text,
      .syscall = syscall_from_name (node->text, node->length),
      .node = node,
  };
  if (name->syscall == SYSCALL_UNKNOWN)
    reader->names_unknown = true;
  return 0;
}

int
read_names (struct reader *reader, const struct json_node *array, struct profile_rule *rule)
{
  struct profile_name *name;

  if (array->count == 0)
    return reader_fail (reader, array, "is empty; want at least one name of a system call");
  name = arena_take (&reader->profile->arena, array->count * sizeof *name);
  rule->names = name;
  rule->name_count = array->count;
  for (const struct json_node *node = array->first; node; node = node->next) {
    int code = read_name (reader, node, name++);

    if (code)
      return code;
  }
  return 0;
}

enum { CONDITION_INDEX, CONDITION_OP, CONDITION_VALUE, CONDITION_VALUE_TWO, CONDITION_MEMBERS };

static const char *const condition_keys[CONDITION_MEMBERS] = {"index", "op", "value", "valueTwo"};

static int
read_operator (struct reader *reader, const struct json_node *object,
               const struct json_node *const *members, enum op *op)
{
  const struct json_node *node = members[CONDITION_OP];
  char want[NAMES_TEXT];

  if (!node)
    return json_fail_missing (reader->err, &reader->profile->document, object,
                              condition_keys[CONDITION_OP], names_text (operator_names, want));
  if (node->type != JSON_STRING)
    return reader_expect (reader, node, JSON_STRING, names_text (operator_names, want));
  if (!operator_from_name (node->text, SPELLING_SPEC, op))
    return fail_unknown (reader, OCI_SECCOMP_UNKNOWN_OPERATOR, node, "operator",
                         names_text (operator_names, want));
  return 0;
}

static int
read_required_unsigned (struct reader *reader, const struct json_node *object,
                        const struct json_node *const *members, int which, uint64_t max,
                        uint64_t *value)
{
  if (!members[which])
    return json_fail_missing (reader->err, &reader->profile->document, object,
                              condition_keys[which], "an unsigned integer");
  return read_unsigned (reader, members[which], max, value);
}

static int
read_condition (struct reader *reader, const struct json_node *node, struct condition *condition)
{
  const struct json_node *members[CONDITION_MEMBERS] = {NULL};
  uint64_t index = 0;
  int code = reader_expect (reader, node, JSON_OBJECT, NULL);

  if (code)
    return code;
  json_members (node, condition_keys, CONDITION_MEMBERS, members);
  code = read_required_unsigned (reader, node, members, CONDITION_INDEX, 5, &index);
  if (code == 0)
    code = read_operator (reader, node, members, &condition->op);
  if (code == 0)
    code = read_required_unsigned (reader, node, members, CONDITION_VALUE, UINT64_MAX,
                                   &condition->value);
  if (code == 0 && members[CONDITION_VALUE_TWO])
    code = read_unsigned (reader, members[CONDITION_VALUE_TWO], UINT64_MAX, &condition->value_two);
  condition->index = (uint8_t) index;
  return code;
}

int
read_conditions (struct reader *reader, const struct json_node *array, struct profile_rule *rule)
{
  int code = array ? reader_expect (reader, array, JSON_ARRAY, NULL) : 0;

  if (code || !array)
    return code;
  rule->conditions = ARENA_ARRAY (&reader->profile->arena, struct condition, array->count);
  for (const struct json_node *child = array->first; child; child = child->next) {
    code = read_condition (reader, child, &rule->conditions[rule->condition_count++]);
    if (code)
      return code;
  }
  return 0;
}

/* --- rules --------------------------------------------------------------------------------- */

static int
keep_unknown (struct reader *reader, const struct json_node *node)
{
  if (reader->options->unknown_syscalls == OCI_SECCOMP_UNKNOWN_ERROR)
    return fail_unknown (reader, OCI_SECCOMP_UNKNOWN_SYSCALL, node, "system call",
                         "a name that some ABI knows");
  if (reader->options->unknown_syscalls == OCI_SECCOMP_UNKNOWN_WARN)
    *ARENA_PUSH (&reader->profile->arena, reader->unknown, reader->unknown_count) = node;
  return 0;
}

static int
keep_unknown_names (struct reader *reader, const struct profile_rule *rule)
{
  for (size_t i = 0; i < rule->name_count; i++) {
    const struct profile_name *name = &rule->names[i];
    int code = name->syscall == SYSCALL_UNKNOWN ? keep_unknown (reader, name->node) : 0;

    if (code)
      return code;
  }
  return 0;
}

int
reader_keep_rule (struct reader *reader, const struct profile_rule *rule)
{
  struct profile *profile = reader->profile;

  *ARENA_PUSH (&profile->arena, profile->rules, profile->rule_count) = *rule;
  return reader->names_unknown ? keep_unknown_names (reader, rule) : 0;
}
