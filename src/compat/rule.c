/* seccomp_rule_add and its kin, and the attributes: what callers give, checked and taken into a
 * context. */
#include <errno.h>
#include <stdarg.h>

#include "context.h"
#include "kernel.h"
#include "number.h"
#include "shelf.h"
#include "syscalls.h"

enum { ARGUMENTS = 6 };

static bool
operator_from_compare (enum scmp_compare compare, enum op *op)
{
  static const enum op operators[] = {
      [SCMP_CMP_NE] = OPERATOR_NE,
      [SCMP_CMP_LT] = OPERATOR_LT,
      [SCMP_CMP_LE] = OPERATOR_LE,
      [SCMP_CMP_EQ] = OPERATOR_EQ,
      [SCMP_CMP_GE] = OPERATOR_GE,
      [SCMP_CMP_GT] = OPERATOR_GT,
      [SCMP_CMP_MASKED_EQ] = OPERATOR_MASKED_EQ,
  };

  if (compare < SCMP_CMP_NE || compare > SCMP_CMP_MASKED_EQ)
    return false;
  *op = operators[compare];
  return true;
}

static bool
take_conditions (struct condition *out, const struct scmp_arg_cmp *from, size_t count)
{
  unsigned seen = 0;

  for (size_t i = 0; i < count; i++) {
    if (from[i].arg >= ARGUMENTS || (seen & (1u << from[i].arg)))
      return false;
    seen |= 1u << from[i].arg;
    if (!operator_from_compare (from[i].op, &out[i].op))
      return false;
    out[i].index = (uint8_t) from[i].arg;
    out[i].value = from[i].datum_a;
    out[i].value_two = from[i].datum_b;
  }
  return true;
}

/* -1 is a number only for those who say that they mean it; what follows it stands for no call. */
static bool
is_number (const struct context *context, int number)
{
  if (number == NR_SCMP_ERROR)
    return context->attributes[SCMP_FLTATR_API_TSKIP];
  return number >= 0 || number < NR_SCMP_RESERVED;
}

static int
add_rule (scmp_filter_ctx ctx, uint32_t action, int number, bool exact, unsigned count,
          const struct scmp_arg_cmp *comparisons)
{
  struct context *context = context_of (ctx);
  struct condition conditions[ARGUMENTS];

  if (count > ARGUMENTS || (count && !comparisons) || !context || !is_number (context, number))
    return -EINVAL;
  if (context_check_action (context, action))
    return -EINVAL;
  if (action == context->attributes[SCMP_FLTATR_ACT_DEFAULT])
    return -EACCES;
  if (exact && context->ledger.abi_count > 1)
    return -EOPNOTSUPP;
  if (!take_conditions (conditions, comparisons, count))
    return -EINVAL;
  return context_add_rule (context, action, number, exact, conditions, count);
}

int
seccomp_rule_add_array (scmp_filter_ctx ctx, uint32_t action, int syscall, unsigned int arg_cnt,
                        const struct scmp_arg_cmp *arg_array)
{
  return add_rule (ctx, action, syscall, false, arg_cnt, arg_array);
}

int
seccomp_rule_add_exact_array (scmp_filter_ctx ctx, uint32_t action, int syscall,
                              unsigned int arg_cnt, const struct scmp_arg_cmp *arg_array)
{
  return add_rule (ctx, action, syscall, true, arg_cnt, arg_array);
}

static void
take_arguments (struct scmp_arg_cmp *out, unsigned count, va_list arguments)
{
  for (unsigned i = 0; i < count; i++)
    out[i] = va_arg (arguments, struct scmp_arg_cmp);
}

int
seccomp_rule_add (scmp_filter_ctx ctx, uint32_t action, int syscall, unsigned int arg_cnt, ...)
{
  struct scmp_arg_cmp comparisons[ARGUMENTS];
  va_list arguments;

  if (arg_cnt > ARGUMENTS)
    return -EINVAL;
  va_start (arguments, arg_cnt);
  take_arguments (comparisons, arg_cnt, arguments);
  va_end (arguments);
  return add_rule (ctx, action, syscall, false, arg_cnt, comparisons);
}

int
seccomp_rule_add_exact (scmp_filter_ctx ctx, uint32_t action, int syscall, unsigned int arg_cnt,
                        ...)
{
  struct scmp_arg_cmp comparisons[ARGUMENTS];
  va_list arguments;

  if (arg_cnt > ARGUMENTS)
    return -EINVAL;
  va_start (arguments, arg_cnt);
  take_arguments (comparisons, arg_cnt, arguments);
  va_end (arguments);
  return add_rule (ctx, action, syscall, true, arg_cnt, comparisons);
}

/* --- priorities --- */

/* A number that some ABI of the context cannot have is an error, as with rules. */
int
seccomp_syscall_priority (scmp_filter_ctx ctx, int syscall, uint8_t priority)
{
  struct context *context = context_of (ctx);
  int row;

  if (!context || !is_number (context, syscall))
    return -EINVAL;
  row = row_of_number (syscall, abi_native ());
  if (row == SYSCALL_UNKNOWN) {
    for (size_t i = 0; i < context->ledger.abi_count && syscall != NR_SCMP_ERROR; i++)
      if (context->ledger.abis[i] != abi_native ())
        return -EFAULT;
    return 0;
  }
  if (!context->priorities)
    context->priorities = shelf_new ((size_t) syscall_count () * sizeof *context->priorities);
  if (!context->priorities)
    return -ENOMEM;
  context->priorities[row] = priority;
  context_forget_program (context);
  return 0;
}

/* --- attributes --- */

int
seccomp_attr_get (const scmp_filter_ctx ctx, enum scmp_filter_attr attr, uint32_t *value)
{
  const struct context *context = context_of (ctx);

  if (!context || !value || attr < SCMP_FLTATR_ACT_DEFAULT || attr > SCMP_FLTATR_CTL_WAITKILL)
    return -EINVAL;
  *value = context->attributes[attr];
  return 0;
}

/* 0, or why an attribute cannot have this value. */
static int
check_attribute (const struct context *context, enum scmp_filter_attr attr, uint32_t value)
{
  switch (attr) {
  case SCMP_FLTATR_ACT_DEFAULT:
    return -EACCES;
  case SCMP_FLTATR_ACT_BADARCH:
    return context_check_action (context, value);
  case SCMP_FLTATR_CTL_TSYNC:
    if (!kernel_has (FEATURE_TSYNC))
      return -EOPNOTSUPP;
    return value && context->notifies && !kernel_has (FEATURE_TSYNC_ESRCH) ? -EINVAL : 0;
  case SCMP_FLTATR_CTL_LOG:
    return kernel_has (FEATURE_LOG) ? 0 : -EOPNOTSUPP;
  case SCMP_FLTATR_CTL_SSB:
    return kernel_has (FEATURE_SPEC_ALLOW) ? 0 : -EOPNOTSUPP;
  case SCMP_FLTATR_CTL_OPTIMIZE:
    return value == 1 || value == 2 ? 0 : -EOPNOTSUPP;
  case SCMP_FLTATR_CTL_NNP:
  case SCMP_FLTATR_API_TSKIP:
  case SCMP_FLTATR_API_SYSRAWRC:
  case SCMP_FLTATR_CTL_WAITKILL:
    return 0;
  }
  return -EINVAL;
}

int
seccomp_attr_set (scmp_filter_ctx ctx, enum scmp_filter_attr attr, uint32_t value)
{
  struct context *context = context_of (ctx);
  int code = context ? check_attribute (context, attr, value) : -EINVAL;

  if (code)
    return code;
  if (attr == SCMP_FLTATR_ACT_BADARCH || attr == SCMP_FLTATR_CTL_OPTIMIZE)
    context->attributes[attr] = value;
  else
    context->attributes[attr] = value != 0;
  if (attr == SCMP_FLTATR_ACT_BADARCH || attr == SCMP_FLTATR_API_TSKIP)
    context_forget_program (context);
  return 0;
}
