#include <string.h>

#include "equivalence.h"
#include "lint_parts.h"
#include "syscalls.h"

/* How much an action lets pass: less the further it is down the list. */
static unsigned
strictness (uint32_t verdict)
{
  static const uint32_t order[] = {
      SECCOMP_RET_ALLOW, SECCOMP_RET_LOG,  SECCOMP_RET_TRACE,       SECCOMP_RET_USER_NOTIF,
      SECCOMP_RET_ERRNO, SECCOMP_RET_TRAP, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_PROCESS};
  unsigned rank = 0;

  while (rank < sizeof order / sizeof order[0] - 1 &&
         order[rank] != (verdict & SECCOMP_RET_ACTION_FULL))
    rank++;
  return rank;
}

static bool
lets_pass (uint32_t verdict)
{
  uint32_t action = verdict & SECCOMP_RET_ACTION_FULL;

  return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

static const struct call *
find_call (const struct rules *rules, int row)
{
  for (size_t i = 0; i < rules->call_count; i++)
    if (rules->calls[i].row == row)
      return &rules->calls[i];
  return NULL;
}

/* --- multiplexed calls: point 7 of the contract --- */

/* How a multiplexed call looks to the program: which one it is, then addresses. */
static struct seccomp_data
multiplexed_call (enum abi abi, enum multiplexer multiplexer, uint32_t which)
{
  const struct abi_row *row = &abi_table[abi];
  struct seccomp_data call = {.arch = row->token};
  int32_t number = multiplexer == MULTIPLEXER_SOCKETCALL ? row->socketcall : row->ipc;

  call.nr = number + (int) row->number_base;
  call.args[0] = which;
  for (unsigned i = 1; i < 6; i++)
    call.args[i] = 0x7ff00000 + 0x100 * i;
  return call;
}

/* The strictest verdict that a call may have when it is made directly. */
static uint32_t
strictest_direct (const struct rules *rules, const struct profile_rule *rule, int row)
{
  const struct call *call = find_call (rules, row);
  uint32_t strictest = rules->default_verdict;

  if (!call)
    return strictness (rule->verdict) > strictness (strictest) ? rule->verdict : strictest;
  if (call->rules[0].test_count == 0)
    return call->rules[0].verdict;
  for (size_t i = 0; i < call->rule_count; i++)
    if (strictness (call->rules[i].verdict) > strictness (strictest))
      strictest = call->rules[i].verdict;
  return strictest;
}

/* What comes of the ABIs where a multiplexer loses the conditions: those where it lets pass what
 * they were to stop, by the verdict there, and the others. */
static void
report_multiplexed (struct lint *lint, const struct profile_name *name, const char *multiplexer,
                    uint32_t abis, uint32_t verdict, bool passes)
{
  const char *says = lint_verdict (lint, verdict);

  if (passes)
    lint_add (lint, SEVERITY_WARNING, name->node,
              "the conditions on %s can be walked around on %s: %s hides the arguments, and is %s",
              name->text, lint_abis (lint, abis), multiplexer, says);
  else
    lint_add (lint, SEVERITY_NOTE, name->node,
              "the conditions on %s are lost on %s: %s hides the arguments, and is %s", name->text,
              lint_abis (lint, abis), multiplexer, says);
}

static void
check_multiplexed (struct lint *lint, const struct profile_rule *rule,
                   const struct profile_name *name)
{
  uint32_t which, done = 0;
  enum multiplexer multiplexer = syscall_multiplexer (name->syscall, &which);
  const char *text = multiplexer == MULTIPLEXER_SOCKETCALL ? "socketcall" : "ipc";
  uint32_t verdicts[ABI_COUNT], having = 0, passing = 0;

  for (size_t i = 0; i < lint->filter->rules_count; i++) {
    const struct rules *rules = &lint->filter->rules[i];
    const struct abi_row *row = &abi_table[rules->abi];
    struct seccomp_data call = multiplexed_call (rules->abi, multiplexer, which);

    if ((multiplexer == MULTIPLEXER_SOCKETCALL ? row->socketcall : row->ipc) < 0)
      continue;
    having |= ABI_BIT (rules->abi);
    verdicts[rules->abi] = lint_run (lint, &call);
    if (strictness (verdicts[rules->abi]) <
        strictness (strictest_direct (rules, rule, name->syscall)))
      passing |= ABI_BIT (rules->abi);
  }
  for (int i = 0; i < ABI_COUNT; i++) {
    uint32_t same = 0;

    for (int j = i; j < ABI_COUNT && (having & ~done & ABI_BIT (i)); j++)
      if ((having & ~done & ABI_BIT (j)) && verdicts[j] == verdicts[i] &&
          !(passing & ABI_BIT (j)) == !(passing & ABI_BIT (i)))
        same |= ABI_BIT (j);
    if (same)
      report_multiplexed (lint, name, text, same, verdicts[i], passing & ABI_BIT (i));
    done |= same;
  }
}

/* --- bits that the kernel ignores --- */

/* Arguments that the kernel takes for 32-bit integers, on every ABI: bits 32 and up are not looked
 * at (SYSCALL_DEFINEn in kernel/exec_domain.c, net/socket.c, fs/ioctl.c, kernel/sys.c). Only some
 * that profiles are known to look at. */
static bool
is_int (const char *name, unsigned index)
{
  static const struct {
    const char *name;
    unsigned indexes; /* bits */
  } calls[] = {
      {"ioctl", 1 << 0 | 1 << 1},
      {"personality", 1 << 0},
      {"prctl", 1 << 0},
      {"socket", 1 << 0 | 1 << 1 | 1 << 2},
  };

  for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
    if (!strcmp (calls[i].name, name))
      return calls[i].indexes >> index & 1;
  return false;
}

/* Some value for which a test holds; the next best where there is none. */
static uint64_t
value_for (const struct test *test)
{
  switch (test->op) {
  case OPERATOR_NE:
    return test->value ^ 1;
  case OPERATOR_LT:
    return test->value - 1;
  case OPERATOR_GT:
    return test->value + 1;
  default:
    return test->value;
  }
}

static bool
report_high_bits (struct lint *lint, const struct rule *rule, unsigned index,
                  const struct seccomp_data *call)
{
  const char *low = equivalence_call_text (call, lint->arena);
  uint32_t low_verdict = lint_run (lint, call), high_verdict;
  struct seccomp_data high = *call;

  high.args[index] |= UINT64_C (1) << 32;
  high_verdict = lint_run (lint, &high);
  if (!lets_pass (high_verdict) || lets_pass (low_verdict))
    return false;
  lint_add (lint, SEVERITY_NOTE, rule->name->node,
            "the kernel takes 32 bits of argument %u of %s, the rule 64: `%s` is %s, but `%s`, the "
            "same to the kernel, is %s",
            index, rule->name->text, low, lint_verdict (lint, low_verdict),
            equivalence_call_text (&high, lint->arena), lint_verdict (lint, high_verdict));
  return true;
}

/* Tries the value that one test of a rule names and its neighbours, with the other tests met. */
static bool
check_high_bits (struct lint *lint, enum abi abi, const struct call *call, const struct rule *rule,
                 unsigned index)
{
  struct seccomp_data data = {.nr = (int) call->number, .arch = abi_table[abi].token};
  uint64_t value = 0;

  for (unsigned i = 0; i < rule->test_count; i++) {
    data.args[rule->tests[i].index] = value_for (&rule->tests[i]);
    if (rule->tests[i].index == index)
      value = rule->tests[i].value;
  }
  for (uint64_t near = value - 1; near != value + 2; near++) {
    data.args[index] = near;
    if (near <= UINT32_MAX && report_high_bits (lint, rule, index, &data))
      return true;
  }
  return false;
}

static void
check_ints (struct lint *lint, const struct rules *rules)
{
  for (size_t c = 0; c < rules->call_count; c++) {
    const struct call *call = &rules->calls[c];
    const char *name = syscall_name (call->row);
    unsigned done = 0; /* arguments, as bits: one finding each is enough */

    for (size_t r = 0; r < call->rule_count; r++)
      for (unsigned t = 0; t < call->rules[r].test_count; t++) {
        unsigned index = call->rules[r].tests[t].index;

        if (is_int (name, index) && !(done & 1u << index) &&
            check_high_bits (lint, rules->abi, call, &call->rules[r], index))
          done |= 1u << index;
      }
  }
}

/* --- the whole --- */

void
lint_bypasses (struct lint *lint)
{
  const struct profile *profile = lint->profile;
  uint32_t which;

  for (size_t i = 0; i < profile->rule_count; i++) {
    const struct profile_rule *rule = &profile->rules[i];

    if (rule->verdict == profile->default_verdict || rule->condition_count == 0)
      continue;
    for (size_t n = 0; n < rule->name_count; n++)
      if (rule->names[n].syscall != SYSCALL_UNKNOWN &&
          syscall_multiplexer (rule->names[n].syscall, &which) != MULTIPLEXER_NONE)
        check_multiplexed (lint, rule, &rule->names[n]);
  }
  /* One ABI with 64-bit arguments stands for all: no kernel runs two. */
  for (size_t i = 0; i < lint->filter->rules_count; i++)
    if (abi_table[lint->filter->rules[i].abi].wide) {
      check_ints (lint, &lint->filter->rules[i]);
      return;
    }
}
