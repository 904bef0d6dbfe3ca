/* Words of the spec and the kernel's values for them: actions, operators, flags, errnos,
 * capabilities. The tables that parsing uses are the ones that `list` prints.
 *
 * In: a word. Out: its value, or false. What always holds: exact match, case-sensitive. The spec's
 * spelling ("SCMP_ACT_ERRNO") is taken everywhere; the short one ("ERRNO") only where `spelling`
 * says so: on the command line and in the C API, never in a profile. */
#ifndef NAMES_H
#define NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum spelling { SPELLING_SPEC, SPELLING_SHORT_TOO };

/* SCMP_CMP_* */
enum op {
  OPERATOR_NE,
  OPERATOR_LT,
  OPERATOR_LE,
  OPERATOR_EQ,
  OPERATOR_GE,
  OPERATOR_GT,
  OPERATOR_MASKED_EQ
};

struct name {
  const char *name; /* the spec's spelling */
  uint32_t value;
};

/* Each ends with a NULL name. Actions: SECCOMP_RET_* with data 0 (SCMP_ACT_KILL and
 * SCMP_ACT_KILL_THREAD are the same). Flags: SECCOMP_FILTER_FLAG_*. Operators: enum op.
 * Errnos: the generic Linux numbers ("EPERM" 1), as Podman's profiles name them. Capabilities:
 * CAP_* numbers. Where two words have one value, the first is the one to write. */
extern const struct name action_names[], operator_names[], flag_names[], errno_names[],
    capability_names[];

bool name_find (const struct name *table, const char *prefix, const char *word,
                enum spelling spelling, uint32_t *value);

bool action_from_name (const char *word, enum spelling spelling, uint32_t *action);
bool operator_from_name (const char *word, enum spelling spelling, enum op *op);
bool flag_from_name (const char *word, uint32_t *flag);
bool errno_from_name (const char *word, uint32_t *number);
bool capability_from_name (const char *word, uint32_t *capability);

/* An errno's name, or a decimal number up to max. */
bool errno_from_text (const char *text, uint32_t max, uint32_t *number);

const char *operator_name (enum op op);     /* "SCMP_CMP_EQ" */
const char *action_name (uint32_t verdict); /* "SCMP_ACT_ERRNO", by its action bits; or NULL */

/* "one of SCMP_CMP_NE, SCMP_CMP_LT, ...": a table's words, for a message; cut if it is one of the
 * long tables. Returns buffer. */
enum { NAMES_TEXT = 256 };
const char *names_text (const struct name *table, char buffer[NAMES_TEXT]);

/* The data of such an action that no errnoRet is given for: EPERM. */
enum { DEFAULT_ERRNO = 1 };

/* Whether an action takes errnoRet (ERRNO, TRACE), and up to what. */
bool action_takes_data (uint32_t action, uint32_t *max);

/* "ERRNO(38)", "ALLOW", "TRACE(7)", as every verb prints it; an action no kernel knows as
 * "KILL_PROCESS" is what the kernel does with it. `buffer` of VERDICT_TEXT bytes; returns it. */
enum { VERDICT_TEXT = 32 };
const char *verdict_text (uint32_t verdict, char *buffer);

/* The reverse, for options and the C API: "ERRNO(38)", "SCMP_ACT_ALLOW", "ERRNO" (errno EPERM),
 * "ERRNO(ENOSYS)". */
bool verdict_from_text (const char *text, uint32_t *verdict);

#endif
