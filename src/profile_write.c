#include "profile.h"

static void
write_text (struct json_writer *writer, const char *key, const char *text)
{
  json_write_string (writer, key);
  json_write_string (writer, text);
}

static void
write_number (struct json_writer *writer, const char *key, uint64_t number)
{
  json_write_string (writer, key);
  json_write_unsigned (writer, number);
}

/* An action that takes an errno always gets it, EPERM too: then nobody need know the default. */
static void
write_verdict (struct json_writer *writer, const char *action_key, const char *errno_key,
               uint32_t verdict)
{
  uint32_t max;

  write_text (writer, action_key, action_name (verdict));
  if (action_takes_data (verdict, &max))
    write_number (writer, errno_key, verdict & SECCOMP_RET_DATA);
}

static void
write_architectures (struct json_writer *writer, uint32_t abis)
{
  if (!abis)
    return;
  json_write_string (writer, "architectures");
  json_write_array (writer);
  for (int abi = 0; abi < ABI_COUNT; abi++)
    if (abis & ABI_BIT (abi))
      json_write_string (writer, abi_table[abi].spec_name);
  json_write_array_end (writer);
}

static void
write_flags (struct json_writer *writer, uint32_t flags)
{
  json_write_string (writer, "flags");
  json_write_array (writer);
  for (const struct name *row = flag_names; row->name; row++)
    if (flags & row->value)
      json_write_string (writer, row->name);
  json_write_array_end (writer);
}

static void
write_condition (struct json_writer *writer, const struct condition *condition)
{
  json_write_object (writer);
  write_number (writer, "index", condition->index);
  write_number (writer, "value", condition->value);
  if (condition->op == OPERATOR_MASKED_EQ)
    write_number (writer, "valueTwo", condition->value_two);
  write_text (writer, "op", operator_name (condition->op));
  json_write_object_end (writer);
}

static void
write_rule (struct json_writer *writer, const struct profile_rule *rule)
{
  json_write_object (writer);
  json_write_string (writer, "names");
  json_write_array (writer);
  for (size_t i = 0; i < rule->name_count; i++)
    json_write_string (writer, rule->names[i].text);
  json_write_array_end (writer);
  write_verdict (writer, "action", "errnoRet", rule->verdict);
  if (rule->condition_count) {
    json_write_string (writer, "args");
    json_write_array (writer);
    for (size_t i = 0; i < rule->condition_count; i++)
      write_condition (writer, &rule->conditions[i]);
    json_write_array_end (writer);
  }
  json_write_object_end (writer);
}

const char *
profile_to_json (const struct profile *profile, const char *indent, struct arena *arena,
                 size_t *length)
{
  struct json_writer *writer = json_writer_new (arena, indent);

  json_write_object (writer);
  write_verdict (writer, "defaultAction", "defaultErrnoRet", profile->default_verdict);
  write_architectures (writer, profile->abis);
  if (profile->flags_given)
    write_flags (writer, profile->flags);
  if (profile->listener_path)
    write_text (writer, "listenerPath", profile->listener_path);
  if (profile->listener_metadata)
    write_text (writer, "listenerMetadata", profile->listener_metadata);
  json_write_string (writer, "syscalls");
  json_write_array (writer);
  for (size_t i = 0; i < profile->rule_count; i++)
    write_rule (writer, &profile->rules[i]);
  json_write_array_end (writer);
  json_write_object_end (writer);
  return json_writer_text (writer, length);
}
