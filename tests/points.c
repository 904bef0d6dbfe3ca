#include "points.h"

#include <stdlib.h>
#include <string.h>

static void
add_call (struct points *points, uint32_t token, uint32_t number, const uint64_t *args)
{
  struct seccomp_data *call;

  if ((points->count & (points->count - 1)) == 0) /* grows at powers of two */
    points->calls =
        realloc (points->calls, (points->count ? 2 * points->count : 1) * sizeof *points->calls);
  call = &points->calls[points->count++];
  memset (call, 0, sizeof *call);
  call->arch = token;
  call->nr = (int) number;
  call->instruction_pointer = UINT64_C (0x123456789abcdef0);
  if (args)
    memcpy (call->args, args, sizeof call->args);
}

/* --- numbers --- */

/* One number as it is, and with the bits that make it x32's or nobody's. */
static void
add_number (struct points *points, uint32_t token, uint32_t number)
{
  static const uint64_t garbage[6] = {5, UINT64_MAX, 1, UINT64_C (0x100000005), 7, 2};

  add_call (points, token, number, NULL);
  add_call (points, token, number, garbage);
  if (token != oracle_abi_find ("x86_64")->token)
    return;
  for (uint32_t bits = 1; bits < 4; bits++)
    add_call (points, token, number ^ bits << 30, NULL);
}

/* Numbers that no profile needs to name to have a meaning. */
static void
add_odd_numbers (struct points *points, uint32_t token)
{
  static const uint32_t odd[] = {0,          1,          599,        600,        3999,
                                 4000,       4600,       5000,       5600,       6000,
                                 6600,       0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000,
                                 0xbfffffff, 0xc0000000, 0xfffffffe, 0xffffffff};

  for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
    add_call (points, token, odd[i], NULL);
}

void
points_add_numbers (struct points *points, const struct oracle *oracle, uint32_t last)
{
  for (size_t i = 0; i < oracle->abi_count; i++) {
    add_odd_numbers (points, oracle->abis[i]->token);
    for (uint32_t number = 0; number <= last; number++)
      add_number (points, oracle->abis[i]->token, number + oracle->abis[i]->base);
  }
}

/* --- values of one argument --- */

enum { VALUES_MAX = 400 };

struct values {
  uint64_t list[VALUES_MAX];
  unsigned count;
};

static void
add_value (struct values *values, uint64_t value)
{
  for (unsigned i = 0; i < values->count; i++)
    if (values->list[i] == value)
      return;
  if (values->count < VALUES_MAX)
    values->list[values->count++] = value;
}

/* A value, its neighbours in each word, and the same low word below another high word. */
static void
add_value_and_neighbours (struct values *values, uint64_t value)
{
  static const uint64_t steps[] = {0, 1, -UINT64_C (1), UINT64_C (1) << 32, -(UINT64_C (1) << 32)};

  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
    add_value (values, value + steps[i]);
  add_value (values, value ^ UINT64_C (1) << 63);
  add_value (values, value & 0xffffffff);
  add_value (values, value & ~UINT64_C (0xffffffff));
  add_value (values, value << 32 | value >> 32);
}

static void
add_condition (struct values *values, const struct oracle_condition *condition)
{
  const uint64_t mask = condition->value, datum = condition->value_two & condition->value;

  if (condition->op != ORACLE_MASKED) {
    add_value_and_neighbours (values, condition->value);
    return;
  }
  add_value (values, datum);
  add_value (values, datum | ~mask);
  add_value (values, ~datum);
  add_value (values, datum ^ UINT64_C (1) << 32);
  for (int bit = 0; bit < 64; bit += 1) /* the lowest bit of each run, and the one below it */
    if (mask >> bit & 1 && (bit == 0 || !(mask >> (bit - 1) & 1))) {
      add_value (values, datum ^ UINT64_C (1) << bit);
      if (bit > 0)
        add_value (values, datum ^ UINT64_C (1) << (bit - 1));
    }
  for (int bit = 63; bit >= 0; bit--) /* the highest */
    if (mask >> bit & 1) {
      add_value (values, datum ^ UINT64_C (1) << bit);
      break;
    }
}

/* --- all values of all arguments --- */

/* The values that the rules of one number name, for each argument; one that is not looked at has
 * one value that would be noticed. */
static void
collect_values (struct values values[6], const struct oracle *oracle, const struct oracle_abi *abi,
                int64_t number)
{
  static const uint64_t borders[] = {0, UINT64_MAX, 0xffffffff, UINT64_C (1) << 32};

  for (unsigned i = 0; i < 6; i++)
    values[i].count = 0;
  for (size_t i = 0; i < oracle->entry_count; i++) {
    const struct oracle_entry *entry = &oracle->entries[i];

    for (size_t j = 0; entry->abi == abi && entry->number == number && j < entry->condition_count;
         j++)
      add_condition (&values[entry->conditions[j].index], &entry->conditions[j]);
  }
  for (unsigned i = 0; i < 6; i++) {
    for (size_t j = 0; values[i].count && j < sizeof borders / sizeof *borders; j++)
      add_value (&values[i], borders[j]);
    if (!values[i].count)
      add_value (&values[i], UINT64_C (0x5a5a5a5a00000001) * (i + 1));
  }
}

static uint64_t
product (const struct values values[6])
{
  uint64_t product = 1;

  for (unsigned i = 0; i < 6; i++)
    product *= values[i].count; /* 400^6 fits */
  return product;
}

static void
add_all (struct points *points, const struct oracle_abi *abi, uint32_t number,
         const struct values values[6])
{
  for (uint64_t which = 0, all = product (values); which < all; which++) {
    uint64_t args[6], rest = which;

    for (unsigned i = 0; i < 6; i++) {
      args[i] = values[i].list[rest % values[i].count];
      rest /= values[i].count;
    }
    add_call (points, abi->token, number, args);
  }
}

static uint64_t
pick (struct random *random, const struct values *values)
{
  return values->list[random_below (random, values->count)];
}

/* A value near one that meets the condition, so that rules with many conditions are met at all. */
static uint64_t
pick_near (struct random *random, const struct oracle_condition *condition)
{
  uint64_t value = condition->value;

  if (condition->op == ORACLE_MASKED)
    value = (condition->value & condition->value_two) | (random_next (random) & ~condition->value);
  else if (condition->op == ORACLE_LT || condition->op == ORACLE_NE)
    value -= 1;
  else if (condition->op == ORACLE_GT)
    value += 1;
  return value;
}

static const struct oracle_entry *
pick_entry (struct random *random, const struct oracle *oracle, const struct oracle_abi *abi,
            int64_t number)
{
  const struct oracle_entry *picked = NULL;
  unsigned seen = 0;

  for (size_t i = 0; i < oracle->entry_count; i++)
    if (oracle->entries[i].abi == abi && oracle->entries[i].number == number &&
        random_chance (random, ++seen))
      picked = &oracle->entries[i];
  return picked;
}

/* Half of them anywhere, half where one rule holds but for one argument at most. */
static void
add_some (struct points *points, const struct oracle *oracle, const struct oracle_abi *abi,
          uint32_t number, const struct values values[6], struct random *random, size_t budget)
{
  for (size_t i = 0; i < budget; i++) {
    const struct oracle_entry *entry = i % 2 ? pick_entry (random, oracle, abi, number) : NULL;
    uint64_t args[6];
    unsigned index;

    for (index = 0; index < 6; index++)
      args[index] = pick (random, &values[index]);
    for (size_t j = 0; entry && j < entry->condition_count; j++)
      args[entry->conditions[j].index] = pick_near (random, &entry->conditions[j]);
    index = random_below (random, 6);
    if (entry && random_chance (random, 2))
      args[index] = pick (random, &values[index]);
    add_call (points, abi->token, number, args);
  }
}

void
points_add_borders (struct points *points, const struct oracle *oracle, struct random *random,
                    size_t budget)
{
  for (size_t i = 0; i < ORACLE_ABIS; i++) /* also the tokens that the program does not know */
    add_odd_numbers (points, oracle_abis[i].token);
  add_odd_numbers (points, 0);
  for (size_t i = 0; i < oracle->abi_count; i++) {
    add_number (points, oracle->abis[i]->token, oracle->last[i]);
    add_number (points, oracle->abis[i]->token, oracle->last[i] + 1);
  }
  for (size_t i = 0; i < oracle->entry_count; i++) {
    const struct oracle_entry *entry = &oracle->entries[i];
    struct values values[6];
    bool seen = entry->number < 0;

    for (size_t j = 0; j < i && !seen; j++)
      seen = oracle->entries[j].abi == entry->abi && oracle->entries[j].number == entry->number;
    if (seen)
      continue;
    for (uint32_t step = 0; step < 3; step++)
      add_number (points, entry->abi->token, (uint32_t) entry->number + step - 1);
    collect_values (values, oracle, entry->abi, entry->number);
    if (product (values) <= budget)
      add_all (points, entry->abi, (uint32_t) entry->number, values);
    else
      add_some (points, oracle, entry->abi, (uint32_t) entry->number, values, random, budget);
  }
}

void
points_free (struct points *points)
{
  free (points->calls);
  points->calls = NULL;
  points->count = 0;
}
