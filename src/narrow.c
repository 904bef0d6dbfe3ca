#include "narrow.h"

#include <inttypes.h>

#include "syscalls.h"

/* Where some name of a rule is a call with 32-bit arguments, as text: "x86, x32"; NULL if nowhere.
 */
static const char *
narrow_abis (const struct profile_rule *rule, const enum abi *abis, size_t count,
             struct arena *scratch)
{
  const char *text = NULL;

  for (size_t i = 0; i < count; i++)
    for (size_t n = 0; n < rule->name_count && !abi_table[abis[i]].wide; n++) {
      uint32_t number;

      if (rule->names[n].syscall == SYSCALL_UNKNOWN ||
          !syscall_number (rule->names[n].syscall, abis[i], &number))
        continue;
      text = arena_printf (scratch, "%s%s%s", text ? text : "", text ? ", " : "",
                           abi_table[abis[i]].name);
      break;
    }
  return text;
}

static void
warn_of_cut (const struct profile *profile, const struct profile_rule *rule,
             const struct condition *condition, const char *abis, const struct options *options,
             struct arena *scratch)
{
  const char *text =
      arena_printf (scratch, "%s: arguments have 32 bits on %s: 0x%" PRIx64 " is cut to 0x%" PRIx32,
                    rule->names[0].text, abis, condition->value, (uint32_t) condition->value);

  if (rule->node)
    text = json_message (scratch, &profile->document, rule->node, "%s", text);
  options->warn (options->warn_data, text);
}

void
narrow_warn (const struct profile *profile, const enum abi *abis, size_t count,
             const struct options *options, struct arena *scratch)
{
  for (size_t i = 0; i < profile->rule_count; i++) {
    const struct profile_rule *rule = &profile->rules[i];

    for (size_t c = 0; c < rule->condition_count; c++) {
      const char *narrow;

      if (rule->conditions[c].value >> 32 == 0 || rule->verdict == profile->default_verdict)
        continue;
      narrow = narrow_abis (rule, abis, count, scratch);
      if (narrow)
        warn_of_cut (profile, rule, &rule->conditions[c], narrow, options, scratch);
    }
  }
}
