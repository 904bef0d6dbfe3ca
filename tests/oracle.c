/* One call, decided by the contract's ten points, in their order where that is possible. */
#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- one condition --- */

/* Point 3: where arguments are 32 bits wide, everything is cut to 32 bits. */
static uint64_t
cut (const struct oracle_abi *abi, uint64_t value)
{
  return abi->bits == 32 ? value & 0xffffffff : value;
}

static bool
holds (const struct oracle_abi *abi, const struct oracle_condition *condition, uint64_t argument)
{
  uint64_t value = cut (abi, condition->value), two = cut (abi, condition->value_two);

  argument = cut (abi, argument);
  switch (condition->op) {
  case ORACLE_NE:
    return argument != value;
  case ORACLE_LT:
    return argument < value;
  case ORACLE_LE:
    return argument <= value;
  case ORACLE_EQ:
    return argument == value;
  case ORACLE_GE:
    return argument >= value;
  case ORACLE_GT:
    return argument > value;
  case ORACLE_MASKED:
    return (argument & value) == (two & value);
  }
  return false;
}

static bool
matches (const struct oracle_entry *entry, const struct seccomp_data *call)
{
  for (size_t i = 0; i < entry->condition_count; i++)
    if (!holds (entry->abi, &entry->conditions[i], call->args[entry->conditions[i].index]))
      return false;
  return true;
}

/* --- which of two rules comes first (point 5) --- */

static int
rank (enum oracle_op op)
{
  switch (op) {
  case ORACLE_EQ:
  case ORACLE_NE:
  case ORACLE_MASKED:
    return 0;
  case ORACLE_LT:
  case ORACLE_LE:
    return 1;
  default:
    return 2;
  }
}

/* The value that a condition compares with: masked ones masked. */
static uint64_t
compared_value (const struct oracle_abi *abi, const struct oracle_condition *condition)
{
  if (condition->op == ORACLE_MASKED)
    return cut (abi, condition->value & condition->value_two);
  return cut (abi, condition->value);
}

/* Negative: a comes first; 0: neither does. */
static int
order_conditions (const struct oracle_abi *abi, const struct oracle_condition *a,
                  const struct oracle_condition *b)
{
  uint64_t value_a = compared_value (abi, a), value_b = compared_value (abi, b);

  if (a->index != b->index) /* the higher argument first */
    return a->index > b->index ? -1 : 1;
  if (rank (a->op) != rank (b->op))
    return rank (a->op) - rank (b->op);
  if (value_a == value_b)
    return 0;
  if (rank (a->op) == 1) /* LT and LE: ascending */
    return value_a < value_b ? -1 : 1;
  return value_a > value_b ? -1 : 1;
}

static int
order_entries (const struct oracle_entry *a, const struct oracle_entry *b)
{
  for (size_t i = 0; i < a->condition_count && i < b->condition_count; i++) {
    int order = order_conditions (a->abi, &a->conditions[i], &b->conditions[i]);

    if (order)
      return order;
  }
  return (int) a->condition_count - (int) b->condition_count; /* the prefix first */
}

/* --- contradictions (point 6) --- */

static bool
same_condition (const struct oracle_abi *abi, const struct oracle_condition *a,
                const struct oracle_condition *b)
{
  return a->index == b->index && a->op == b->op &&
         (a->op != ORACLE_MASKED || cut (abi, a->value) == cut (abi, b->value)) &&
         compared_value (abi, a) == compared_value (abi, b);
}

/* Are all conditions of `shorter` the first ones of `longer`? */
static bool
begins_with (const struct oracle_entry *longer, const struct oracle_entry *shorter)
{
  if (shorter->condition_count > longer->condition_count)
    return false;
  for (size_t i = 0; i < shorter->condition_count; i++)
    if (!same_condition (longer->abi, &longer->conditions[i], &shorter->conditions[i]))
      return false;
  return true;
}

static bool
same_call (const struct oracle_entry *a, const struct oracle_entry *b)
{
  return a->abi == b->abi && a->number == b->number;
}

/* Does a rule contradict one before it? The same conditions, or fewer of them, and another action.
 * One that stands after an unconditional rule is never looked at (point 4), and one that repeats
 * another says nothing new: so it is with libseccomp, too. */
static const struct oracle_entry *
contradicted (const struct oracle *oracle, size_t index)
{
  const struct oracle_entry *entry = &oracle->entries[index], *found = NULL;

  if (entry->verdict == oracle->default_verdict || entry->condition_count == 0)
    return NULL;
  for (size_t i = 0; i < index; i++) {
    const struct oracle_entry *before = &oracle->entries[i];

    if (!same_call (entry, before) || before->verdict == oracle->default_verdict)
      continue;
    if (before->condition_count == 0)
      return NULL;
    if (before->verdict == entry->verdict && begins_with (before, entry) &&
        begins_with (entry, before))
      return found;
    if (before->verdict != entry->verdict && begins_with (before, entry))
      found = before;
  }
  return found;
}

bool
oracle_conflict (const struct oracle *oracle, char *why, size_t size)
{
  for (size_t i = 0; i < oracle->entry_count; i++) {
    const struct oracle_entry *before = contradicted (oracle, i);

    if (before) {
      snprintf (why, size, "%s number %lld: rules %zu and %zu of the entries", before->abi->name,
                (long long) before->number, (size_t) (before - oracle->entries), i);
      return true;
    }
  }
  return false;
}

/* --- one number of one ABI --- */

static uint32_t
decide_by_rules (const struct oracle *oracle, const struct oracle_abi *abi,
                 const struct seccomp_data *call)
{
  const struct oracle_entry *unconditional = NULL, *best = NULL;

  for (size_t i = 0; i < oracle->entry_count; i++) {
    const struct oracle_entry *entry = &oracle->entries[i];

    if (entry->abi != abi || entry->number != (int64_t) (uint32_t) call->nr)
      continue;
    if (entry->verdict == oracle->default_verdict) /* point 1: left out */
      continue;
    if (entry->condition_count == 0 && !unconditional) /* point 4: the first wins */
      unconditional = entry;
    if (entry->condition_count > 0 && matches (entry, call) &&
        (!best || order_entries (entry, best) < 0)) /* point 5; equal: the older stays */
      best = entry;
  }
  if (unconditional)
    return unconditional->verdict;
  return best ? best->verdict : oracle->default_verdict;
}

/* --- numbers newer than the profile (point 9) --- */

static uint32_t
largest_number (const struct oracle *oracle, const struct oracle_abi *abi)
{
  int64_t last = 0;

  for (size_t i = 0; i < oracle->rule_count; i++) /* all rules, also those that are left out */
    for (size_t j = 0; j < oracle->rules[i].name_count; j++) {
      const char *name = oracle->rules[i].names[j];
      int64_t number = oracle_syscall_number (oracle_syscall_find (name), abi), multiplexer;

      if (oracle_multiplexed (name, abi, &multiplexer)) /* for libseccomp it has no number here */
        continue;
      if (number > last)
        last = number;
    }
  return (uint32_t) last;
}

uint32_t
oracle_last (const struct oracle *oracle, const struct oracle_abi *abi)
{
  for (size_t i = 0; i < oracle->abi_count; i++)
    if (oracle->abis[i] == abi)
      return oracle->last[i];
  return 0;
}

static bool
has_abi (const struct oracle *oracle, const char *name)
{
  for (size_t i = 0; i < oracle->abi_count; i++)
    if (!strcmp (oracle->abis[i]->name, name))
      return true;
  return false;
}

/* Which ABI's numbers a call is compared with: by its token; x32's by bit 30. NULL: none. */
static const struct oracle_abi *
abi_of_newer (const struct oracle *oracle, const struct seccomp_data *call)
{
  const struct oracle_abi *x86_64 = oracle_abi_find ("x86_64");

  if (call->arch == x86_64->token) {
    const char *name = (uint32_t) call->nr & ORACLE_BIT_30 ? "x32" : "x86_64";

    return has_abi (oracle, name) ? oracle_abi_find (name) : NULL;
  }
  for (size_t i = 0; i < oracle->abi_count; i++)
    if (oracle->abis[i]->token == call->arch)
      return oracle->abis[i];
  return NULL;
}

/* MIPS and PA-RISC number errnos in their own way. */
static uint32_t
enosys (const struct oracle_abi *abi)
{
  if (!strncmp (abi->name, "mips", 4))
    return 89;
  return strncmp (abi->name, "parisc", 6) ? 38 : 251;
}

static bool
is_newer (const struct oracle *oracle, const struct seccomp_data *call)
{
  const uint32_t action = oracle->default_verdict & SECCOMP_RET_ACTION_FULL;
  const struct oracle_abi *abi = abi_of_newer (oracle, call);
  uint32_t last = abi ? oracle_last (oracle, abi) : 0;

  if (oracle->machine.newer_default || action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG ||
      action == SECCOMP_RET_TRACE)
    return false;
  if (last == 0) /* the profile names no number of this ABI, or none but 0 */
    return false;
  if (call->nr == 0 && (!strcmp (abi->name, "s390") || !strcmp (abi->name, "s390x")))
    return true; /* there 0 means that the number did not fit */
  return (uint32_t) call->nr > last;
}

/* --- one call --- */

/* Point 8 and the table of section 3: NULL where no ABI of the program has such a call. */
static const struct oracle_abi *
abi_of_call (const struct oracle *oracle, const struct seccomp_data *call)
{
  const struct oracle_abi *x86_64 = oracle_abi_find ("x86_64"), *x32 = oracle_abi_find ("x32");
  const uint32_t number = (uint32_t) call->nr;

  if (call->arch == x86_64->token) {
    if (number == 0xffffffff) /* a tracer's "skip this call": the default of whatever there is */
      return has_abi (oracle, "x86_64") ? x86_64 : has_abi (oracle, "x32") ? x32 : NULL;
    if (number >= ORACLE_BIT_30)
      return has_abi (oracle, "x32") ? x32 : NULL;
    return has_abi (oracle, "x86_64") ? x86_64 : NULL;
  }
  for (size_t i = 0; i < oracle->abi_count; i++)
    if (oracle->abis[i]->token == call->arch)
      return oracle->abis[i];
  return NULL;
}

uint32_t
oracle_decide (const struct oracle *oracle, const struct seccomp_data *call)
{
  const struct oracle_abi *abi = abi_of_call (oracle, call);

  if (is_newer (oracle, call)) /* asked first, as runc puts it before the rules */
    return SECCOMP_RET_ERRNO | enosys (abi_of_newer (oracle, call));
  if (!abi)
    return oracle->machine.bad_arch;
  return decide_by_rules (oracle, abi, call);
}

/* --- profile to entries (points 2, 3, 7 and 10) --- */

static void
add_entry (struct oracle *oracle, const struct oracle_entry *entry)
{
  oracle->entries = realloc (oracle->entries, (oracle->entry_count + 1) * sizeof *oracle->entries);
  oracle->entries[oracle->entry_count++] = *entry;
}

/* Adds a condition, unless it always holds: point 3, a mask of 0. */
static void
add_condition (struct oracle_entry *entry, const struct oracle_condition *condition)
{
  if (condition->op == ORACLE_MASKED && cut (entry->abi, condition->value) == 0)
    return;
  entry->conditions[entry->condition_count++] = *condition;
}

/* Point 7: rule 1, the multiplexer. Its argument 0 is ours, the other five stay as they are. */
static void
add_multiplexed (struct oracle *oracle, const struct oracle_entry *direct, int64_t number,
                 unsigned selector)
{
  struct oracle_condition select = {.index = 0, .op = ORACLE_EQ, .value = selector};
  struct oracle_entry entry = {direct->abi, number, direct->verdict, {{0}}, 0};

  add_condition (&entry, &select);
  for (size_t i = 0; i < direct->condition_count; i++)
    if (direct->conditions[i].index != 0)
      add_condition (&entry, &direct->conditions[i]);
  add_entry (oracle, &entry);
}

/* One rule for one name; its conditions hold together. */
static void
add_conjunction (struct oracle *oracle, const struct oracle_abi *abi, const char *name,
                 uint32_t verdict, const struct oracle_condition *conditions, size_t count)
{
  const int row = oracle_syscall_find (name);
  struct oracle_entry entry = {abi, oracle_syscall_number (row, abi), verdict, {{0}}, 0};
  int64_t multiplexer;
  unsigned selector;

  if (row < 0) /* point 10: no ABI knows it */
    return;
  for (unsigned index = 0; index < 6; index++)
    for (size_t i = 0; i < count; i++)
      if (conditions[i].index == index)
        add_condition (&entry, &conditions[i]);
  selector = oracle_multiplexed (name, abi, &multiplexer);
  if (selector)
    add_multiplexed (oracle, &entry, multiplexer, selector);
  if (entry.number < 0) /* so that contradictions are noticed where the call is absent, too */
    entry.number = -1 - row;
  add_entry (oracle, &entry);
}

static bool
repeats_an_index (const struct oracle_rule *rule)
{
  for (size_t i = 0; i < rule->condition_count; i++)
    for (size_t j = 0; j < i; j++)
      if (rule->conditions[i].index == rule->conditions[j].index)
        return true;
  return false;
}

/* Point 2: an index that occurs twice turns AND into OR. */
static void
add_rule (struct oracle *oracle, const struct oracle_abi *abi, const struct oracle_rule *rule)
{
  for (size_t name = 0; name < rule->name_count; name++) {
    if (!repeats_an_index (rule)) {
      add_conjunction (oracle, abi, rule->names[name], rule->verdict, rule->conditions,
                       rule->condition_count);
      continue;
    }
    for (size_t i = 0; i < rule->condition_count; i++)
      add_conjunction (oracle, abi, rule->names[name], rule->verdict, &rule->conditions[i], 1);
  }
}

void oracle_read (struct oracle *oracle, const char *json); /* oracle-read.c */

struct oracle *
oracle_new (const char *json, const struct oracle_machine *machine)
{
  struct oracle *oracle = calloc (1, sizeof *oracle);

  oracle->machine = *machine;
  oracle_read (oracle, json);
  for (size_t abi = 0; abi < oracle->abi_count && !oracle->is_error; abi++) {
    oracle->last[abi] = largest_number (oracle, oracle->abis[abi]);
    for (size_t i = 0; i < oracle->rule_count; i++)
      add_rule (oracle, oracle->abis[abi], &oracle->rules[i]);
  }
  return oracle;
}

void
oracle_free (struct oracle *oracle)
{
  for (size_t i = 0; i < oracle->rule_count; i++) {
    for (size_t j = 0; j < oracle->rules[i].name_count; j++)
      free (oracle->rules[i].names[j]);
    free (oracle->rules[i].names);
    free (oracle->rules[i].conditions);
  }
  free (oracle->rules);
  free (oracle->entries);
  free (oracle);
}
