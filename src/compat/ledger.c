#include "ledger.h"

#include <errno.h>
#include <string.h>

#include "libseccomp.h"
#include "number.h"
#include "shelf.h"
#include "syscalls.h"

struct entry {
  struct entry *next;
  struct condition *conditions;
  uint32_t action;
  uint32_t abis; /* a set */
  int32_t number;
  int16_t row; /* of the system-call table, or SYSCALL_UNKNOWN for a number that it lacks */
  uint8_t condition_count;
};

/* Finds rules that contradict each other, in drafts of those topics alone for which there are
 * different actions: most filters have none. It may be dropped at any time. */
struct checker {
  struct arena arena;
  struct profile profile;          /* its default verdict alone */
  struct draft *drafts[ABI_COUNT]; /* by ABI */
  bool *known;                     /* by topic: its rules are in the drafts */
};

/* No rule has this action: what is different from it, and from the default. */
enum { VERDICTS_DIFFER = 0x7fffffff };

static void
ignore_warning (void *data, const char *message)
{
  (void) data;
  (void) message;
}

static const struct options rule_options = {.newer = OCI_SECCOMP_NEWER_DEFAULT,
                                            .warn = ignore_warning};

/* --- topics: rules on different ones never meet --- */

static size_t
topic_count (void)
{
  return (size_t) syscall_count () + 1;
}

/* The call; the multiplexer for all calls that some ABI makes through it; and one topic for all
 * numbers that the table lacks. */
static size_t
topic_of (int row)
{
  uint32_t call;

  if (row == SYSCALL_UNKNOWN)
    return topic_count () - 1;
  switch (syscall_multiplexer (row, &call)) {
  case MULTIPLEXER_SOCKETCALL:
    return (size_t) syscall_from_name ("socketcall", 10);
  case MULTIPLEXER_IPC:
    return (size_t) syscall_from_name ("ipc", 3);
  default:
    return (size_t) row;
  }
}

/* The default stands for no rule at all: none has it. */
static void
note_verdict (struct ledger *ledger, const struct entry *entry)
{
  uint32_t *verdict = &ledger->verdicts[topic_of (entry->row)];

  if (*verdict == ledger->default_verdict)
    *verdict = entry->action;
  else if (*verdict != entry->action)
    *verdict = VERDICTS_DIFFER;
}

/* Rules with one action never contradict each other. */
static bool
may_contradict (const struct ledger *ledger, const struct entry *entry)
{
  uint32_t verdict = ledger->verdicts[topic_of (entry->row)];

  return verdict != ledger->default_verdict && verdict != entry->action;
}

/* --- entries --- */

static void
list_add (struct entry_list *list, struct entry *entry)
{
  if (list->last)
    list->last->next = entry;
  else
    list->first = entry;
  list->last = entry;
  list->count++;
}

static struct entry *
entry_copy (const struct entry *from, struct arena *arena)
{
  struct entry *entry = arena_copy (arena, from, sizeof *from);

  if (entry->condition_count)
    entry->conditions =
        arena_copy (arena, from->conditions, from->condition_count * sizeof *from->conditions);
  entry->next = NULL;
  return entry;
}

/* What the compiler takes for an entry: a rule, still without names, and its name. */
static struct profile_rule
entry_rule (const struct entry *entry, struct profile_name *names)
{
  return (struct profile_rule){
      .names = names,
      .verdict = entry->action,
      .conditions = entry->conditions,
      .condition_count = entry->condition_count,
  };
}

static struct profile_name
entry_name (const struct entry *entry)
{
  const bool numbered = entry->row == SYSCALL_UNKNOWN;

  return (struct profile_name){
      .text = numbered ? "a number" : syscall_name (entry->row),
      .syscall = entry->row,
      .numbered = numbered,
      .number = (uint32_t) entry->number,
  };
}

/* --- ledgers --- */

static bool
make_verdicts (struct ledger *ledger)
{
  if (ARENA_GUARD (&ledger->arena))
    return false;
  ledger->verdicts = ARENA_ARRAY (&ledger->arena, uint32_t, topic_count ());
  for (size_t topic = 0; topic < topic_count (); topic++)
    ledger->verdicts[topic] = ledger->default_verdict;
  return true;
}

bool
ledger_start (struct ledger *ledger, uint32_t default_verdict)
{
  *ledger = (struct ledger){.default_verdict = default_verdict};
  arena_init (&ledger->arena);
  return make_verdicts (ledger);
}

static void
drop_checker (struct ledger *ledger)
{
  if (!ledger->checker)
    return;
  arena_free (&ledger->checker->arena);
  shelf_give (ledger->checker);
  ledger->checker = NULL;
}

void
ledger_end (struct ledger *ledger)
{
  drop_checker (ledger);
  arena_free (&ledger->arena);
  ledger->entries = (struct entry_list){NULL, NULL, 0};
  ledger->abi_count = 0;
}

/* Copies what another ledger has, with what is done where memory is gone left to do: nothing of it
 * is here then. */
static bool
take_entries (struct ledger *ledger, const struct ledger *other)
{
  struct entry_list copies = {NULL, NULL, 0};

  if (ARENA_GUARD (&ledger->arena))
    return false;
  for (const struct entry *entry = other->entries.first; entry; entry = entry->next)
    list_add (&copies, entry_copy (entry, &ledger->arena));
  for (const struct entry *entry = copies.first; entry; entry = entry->next)
    note_verdict (ledger, entry);
  if (copies.first) {
    list_add (&ledger->entries, copies.first);
    ledger->entries.last = copies.last;
    ledger->entries.count += copies.count - 1;
  }
  return true;
}

bool
ledger_merge (struct ledger *ledger, const struct ledger *other)
{
  if (!take_entries (ledger, other))
    return false;
  for (size_t i = 0; i < other->abi_count; i++)
    ledger_add_abi (ledger, other->abis[i]);
  return true;
}

bool
ledger_copy (struct ledger *out, const struct ledger *ledger)
{
  if (ledger_start (out, ledger->default_verdict) && ledger_merge (out, ledger))
    return true;
  ledger_end (out);
  return false;
}

/* --- ABIs --- */

bool
ledger_has_abi (const struct ledger *ledger, enum abi abi)
{
  for (size_t i = 0; i < ledger->abi_count; i++)
    if (ledger->abis[i] == abi)
      return true;
  return false;
}

static uint32_t
abis_of (const struct ledger *ledger)
{
  uint32_t abis = 0;

  for (size_t i = 0; i < ledger->abi_count; i++)
    abis |= ABI_BIT (ledger->abis[i]);
  return abis;
}

void
ledger_add_abi (struct ledger *ledger, enum abi abi)
{
  drop_checker (ledger);
  ledger->abis[ledger->abi_count++] = abi;
}

void
ledger_remove_abi (struct ledger *ledger, enum abi abi)
{
  size_t kept = 0;

  drop_checker (ledger);
  for (size_t i = 0; i < ledger->abi_count; i++)
    if (ledger->abis[i] != abi)
      ledger->abis[kept++] = ledger->abis[i];
  ledger->abi_count = kept;
  for (struct entry *entry = ledger->entries.first; entry; entry = entry->next)
    entry->abis &= ~ABI_BIT (abi);
}

/* --- which call a rule is for --- */

static bool
is_reached_through_multiplexer (int row, enum abi abi)
{
  uint32_t call;

  return abi_table[abi].socketcall >= 0 && syscall_multiplexer (row, &call) != MULTIPLEXER_NONE;
}

/* What the caller of an _exact function does not get: conditions that would not be on the same
 * arguments, and rules for calls that are not there. */
static int
check_exact (const struct entry *entry, enum abi abi)
{
  if (entry->row == SYSCALL_UNKNOWN)
    return entry->number < NR_SCMP_ERROR ? -EDOM : 0;
  if (is_reached_through_multiplexer (entry->row, abi))
    return entry->condition_count ? -EINVAL : 0;
  return number_of_row (entry->row, abi) < 0 ? -EDOM : 0;
}

/* Numbers are those of the native ABI; other ABIs are reached through the call's name. -1 is the
 * same everywhere: what a tracer leaves to skip a call. */
static int
check_call (const struct ledger *ledger, const struct entry *entry, bool exact)
{
  for (size_t i = 0; i < ledger->abi_count; i++) {
    enum abi abi = ledger->abis[i];
    int code = exact ? check_exact (entry, abi) : 0;

    if (entry->row == SYSCALL_UNKNOWN && entry->number != NR_SCMP_ERROR && abi != abi_native ())
      return -EFAULT;
    if (code)
      return code;
  }
  return 0;
}

/* --- contradictions --- */

static bool
make_drafts (struct checker *checker, const struct ledger *ledger)
{
  if (ARENA_GUARD (&checker->arena))
    return false;
  checker->profile.default_verdict = ledger->default_verdict;
  checker->known = ARENA_ARRAY (&checker->arena, bool, topic_count ());
  for (size_t i = 0; i < ledger->abi_count; i++)
    checker->drafts[ledger->abis[i]] =
        draft_new (&checker->profile, ledger->abis[i], &rule_options, &checker->arena);
  return true;
}

static bool
need_checker (struct ledger *ledger)
{
  if (ledger->checker)
    return true;
  ledger->checker = shelf_new (sizeof *ledger->checker);
  if (!ledger->checker)
    return false;
  arena_init (&ledger->checker->arena);
  return make_drafts (ledger->checker, ledger);
}

/* Whether a rule contradicts one that is in the drafts; else it is there, too. */
static bool
contradicts (struct checker *checker, const struct ledger *ledger, const struct entry *entry)
{
  struct profile_rule *rule = ARENA_NEW (&checker->arena, struct profile_rule);

  entry = entry_copy (entry, &checker->arena);
  *rule = entry_rule (entry, ARENA_NEW (&checker->arena, struct profile_name));
  rule->names[rule->name_count++] = entry_name (entry);
  for (size_t i = 0; i < ledger->abi_count; i++) {
    enum abi abi = ledger->abis[i];

    if ((entry->abis & ABI_BIT (abi)) && draft_add (checker->drafts[abi], rule, NULL))
      return true;
  }
  return false;
}

static int
check_contradictions (struct ledger *ledger, const struct entry *entry)
{
  size_t topic = topic_of (entry->row);
  struct checker *checker;

  if (!need_checker (ledger))
    return -ENOMEM;
  checker = ledger->checker;
  if (ARENA_GUARD (&checker->arena))
    return -ENOMEM;
  if (!checker->known[topic]) {
    for (const struct entry *old = ledger->entries.first; old; old = old->next)
      if (topic_of (old->row) == topic)
        contradicts (checker, ledger, old);
    checker->known[topic] = true;
  }
  return contradicts (checker, ledger, entry) ? -EEXIST : 0;
}

/* --- adding --- */

static int
append (struct ledger *ledger, const struct entry *entry)
{
  if (ARENA_GUARD (&ledger->arena))
    return -ENOMEM;
  list_add (&ledger->entries, entry_copy (entry, &ledger->arena));
  note_verdict (ledger, entry);
  return 0;
}

/* The ABIs answer in the order in which they were added. So where others lack a number, the native
 * one may have said before that it has such a rule already. */
static bool
is_native_first (const struct ledger *ledger, int code)
{
  return code == -EFAULT && ledger->abis[0] == abi_native ();
}

int
ledger_add_rule (struct ledger *ledger, uint32_t action, int number, bool exact,
                 const struct condition *conditions, size_t count)
{
  const struct entry entry = {
      .conditions = count ? (struct condition *) conditions : NULL,
      .action = action,
      .abis = abis_of (ledger),
      .number = number,
      .row = (int16_t) (number == NR_SCMP_ERROR ? SYSCALL_UNKNOWN
                                                : row_of_number (number, abi_native ())),
      .condition_count = (uint8_t) count,
  };
  int code = check_call (ledger, &entry, exact), contradiction = 0;

  if (code && !is_native_first (ledger, code))
    return code;
  if (may_contradict (ledger, &entry))
    contradiction = check_contradictions (ledger, &entry);
  if (contradiction)
    code = contradiction;
  if (!code)
    code = append (ledger, &entry);
  /* Some of a rule that is not in the ledger may be in its drafts. */
  if (code)
    drop_checker (ledger);
  return code;
}

/* --- rules --- */

/* The ABIs that have the same rules as this one. */
static uint32_t
abis_alike (const struct ledger *ledger, enum abi abi)
{
  uint32_t differ = 0;

  for (const struct entry *entry = ledger->entries.first; entry; entry = entry->next)
    differ |= entry->abis & ABI_BIT (abi) ? ~entry->abis : entry->abis;
  return abis_of (ledger) & ~differ;
}

/* As a profile has them: one rule for neighbours that differ in their calls alone. */
static void
take_rules (struct profile *profile, const struct ledger *ledger, enum abi abi, struct arena *arena)
{
  struct profile_name *names = ARENA_ARRAY (arena, struct profile_name, ledger->entries.count);
  struct profile_rule *rule = NULL;

  for (const struct entry *entry = ledger->entries.first; entry; entry = entry->next) {
    if (!(entry->abis & ABI_BIT (abi)))
      continue;
    if (!rule || rule->verdict != entry->action || rule->condition_count ||
        entry->condition_count) {
      rule = ARENA_PUSH (arena, profile->rules, profile->rule_count);
      *rule = entry_rule (entry, names);
    }
    rule->name_count++;
    *names++ = entry_name (entry);
  }
}

/* Builds those of an ABI and all that are like it, and returns these; 0 if they cannot be. */
static uint32_t
build_alike (struct rules *rules, const struct ledger *ledger, enum abi abi, struct arena *keep,
             struct arena *scratch)
{
  const uint32_t alike = abis_alike (ledger, abi);
  struct profile profile = {.default_verdict = ledger->default_verdict};
  struct rules built[ABI_COUNT];
  enum abi abis[ABI_COUNT];
  size_t count = 0;

  for (size_t i = 0; i < ledger->abi_count; i++)
    if (alike & ABI_BIT (ledger->abis[i]))
      abis[count++] = ledger->abis[i];
  take_rules (&profile, ledger, abi, keep);
  if (rules_build (built, &profile, abis, count, &rule_options, keep, scratch, NULL))
    return 0;
  count = 0;
  for (size_t i = 0; i < ledger->abi_count; i++)
    if (alike & ABI_BIT (ledger->abis[i]))
      rules[i] = built[count++];
  return alike;
}

struct rules *
ledger_rules (const struct ledger *ledger, struct arena *keep, struct arena *scratch)
{
  struct rules *rules = ARENA_ARRAY (keep, struct rules, ledger->abi_count);
  uint32_t done = 0;

  for (size_t i = 0; i < ledger->abi_count; i++) {
    uint32_t built;

    if (done & ABI_BIT (ledger->abis[i]))
      continue;
    built = build_alike (rules, ledger, ledger->abis[i], keep, scratch);
    if (!built)
      return NULL;
    done |= built;
  }
  return rules;
}
