#include "condition.h"

#include "cube.h"
#include "program.h"
#include "state.h"
#include "syscalls.h"
#include "tree.h"

/* How it works. Deciding a state (state.h) picks one word, cuts its values where some test's
 * outcome changes, and for each piece goes on with what the tests have become. States that have
 * become equal are decided once, so that the result is a graph, not a tree. That is short for what
 * people write; for rules made to make it explode, a budget ends it, and the rules are tested one
 * after the other instead. */

/* A state that has been decided, to be found again. */
struct memo {
  struct memo *next;
  uint64_t hash;
  struct state state;
  const struct node *node;
};

enum { MEMO_BUCKETS = 32 };

struct lowering {
  struct graph *graph;
  bool big_endian;
  struct state next; /* to be decided: it gives way to the next one once it is kept */
  struct memo *memo[MEMO_BUCKETS];
  struct arena *scratch;
};

/* --- deciding: NULL once the effort is spent --- */

static const struct node *decide (struct lowering *l, const struct state *state);

static const struct node *
decide_next (struct lowering *l, const struct state *state, const struct knowledge *known,
             int loaded)
{
  return state_know (&l->next, state, known, loaded, &l->graph->effort) ? decide (l, &l->next)
                                                                        : NULL;
}

/* A masked test is no range of values: it is asked by itself, before those. */
static const struct node *
decide_masked (struct lowering *l, const struct state *state, int word, const struct residual *test)
{
  struct cube cube = {(uint32_t) test->mask, (uint32_t) test->value};
  struct knowledge known = {.index = test->index,
                            .high = word_is_high (state, word),
                            .masked = test,
                            .masked_holds = true};
  bool keeps = cube_keeps_word (&cube) && (cube.mask == UINT32_MAX || !l->graph->plain);
  int loaded = keeps ? word : NO_WORD;
  const struct node *yes = decide_next (l, state, &known, loaded), *no;

  known.masked_holds = false;
  no = yes ? decide_next (l, state, &known, loaded) : NULL;
  return no ? cube_test (l->graph, &cube, yes, no) : NULL;
}

/* What a value of the last word leads to. */
static const struct node *
decide_last (struct lowering *l, const struct state *state, uint32_t value)
{
  uint32_t verdict;

  return state_verdict (&verdict, state, value, &l->graph->effort) ? node_return (l->graph, verdict)
                                                                   : NULL;
}

static const struct node *
decide_values (struct lowering *l, const struct state *state, int word)
{
  struct knowledge known = {.index = (uint32_t) word / 2, .high = word_is_high (state, word)};
  const bool last = state_ends_with (state, word);
  size_t cut_count;
  const uint32_t *cuts = state_find_cuts (state, word, &cut_count, l->scratch);
  struct interval_list intervals = {0};
  const struct node *node;

  for (size_t i = 0; i < cut_count; i++) {
    known.value = cuts[i];
    node = last ? decide_last (l, state, cuts[i]) : decide_next (l, state, &known, NO_WORD);
    if (!node)
      return NULL;
    interval_append (&intervals, cuts[i], node, WEIGHT_OF_CALL, l->scratch);
  }
  node = cubes_build (l->graph, intervals.items, intervals.count);
  return node ? node : tree_build (l->graph, intervals.items, intervals.count, l->scratch);
}

static const struct node *
load_word (const struct lowering *l, const struct state *state, int word, const struct node *next)
{
  bool high = word_is_high (state, word);

  return node_load (l->graph, abi_argument_offset (l->big_endian, (unsigned) word / 2, high), next);
}

static const struct node *
decide_kept (struct lowering *l, const struct state *state)
{
  int word = state_first_word (state);
  const struct residual *masked = state_find_masked (state, word);
  const struct node *node =
      masked ? decide_masked (l, state, word, masked) : decide_values (l, state, word);

  return node && state->loaded != word ? load_word (l, state, word, node) : node;
}

static const struct node *
decide (struct lowering *l, const struct state *state)
{
  struct memo **bucket, *memo;
  uint64_t hash;

  if (state->count == 0)
    return node_return (l->graph, state->otherwise);
  hash = state_hash (state);
  bucket = &l->memo[hash % MEMO_BUCKETS];
  for (memo = *bucket; memo; memo = memo->next)
    if (memo->hash == hash && state_equal (&memo->state, state))
      return memo->node;
  memo = ARENA_NEW (l->scratch, struct memo);
  memo->hash = hash;
  memo->state = *state;
  state_keep (&memo->state, l->scratch);
  memo->node = decide_kept (l, &memo->state);
  if (memo->node) {
    memo->next = *bucket;
    *bucket = memo;
  }
  return memo->node;
}

static const struct node *
lower (struct graph *graph, const struct call *call, const struct abi_row *abi, bool high_first,
       uint32_t otherwise, struct arena *scratch)
{
  struct lowering l = {.graph = graph, .big_endian = abi->big_endian, .scratch = scratch};

  return state_begin (&l.next, call, abi->wide, high_first, otherwise, &graph->effort, scratch)
             ? decide (&l, &l.next)
             : NULL;
}

/* The shorter of two forms; the first if they are equally long. NULL: there is none. */
static const struct node *
shorter (const struct graph *graph, const struct node *a, const struct node *b,
         struct arena *scratch)
{
  if (!a || !b || a == b)
    return a ? a : b;
  return graph_size (graph, b, scratch) < graph_size (graph, a, scratch) ? b : a;
}

static int
fail_too_large (const struct call *call, const struct abi_row *abi, bool together,
                struct oci_seccomp_error *err)
{
  const char *name = call->row < 0 ? "system call" : syscall_name (call->row);

  if (together)
    return fail (err, OCI_SECCOMP_TOO_LARGE,
                 "too large: the conditional rules up to those for %s (%u) of %s are together more "
                 "than the %d instructions can hold that the kernel takes",
                 name, call->number, abi->name, PROGRAM_MAX_LENGTH);
  return fail (err, OCI_SECCOMP_TOO_LARGE,
               "too large: the %zu conditional rules for %s (%u) of %s are more than the %d "
               "instructions can hold that the kernel takes",
               call->rule_count, name, call->number, abi->name, PROGRAM_MAX_LENGTH);
}

/* Whether no form is shorter than the one that starts with the high words: the rules are a set of
 * 32-bit values of one argument, so the high word is asked once, while other forms ask for it with
 * each of the values. So much for most rules that people write. (Other forms also cut the low word
 * where a test like `> 0xffffffff` begins; once in many thousands that weighs a tree so that it is
 * a node shorter.) */
static bool
high_first_is_shortest (const struct call *call)
{
  const struct rule *first = &call->rules[0];

  for (size_t i = 0; i < call->rule_count; i++) {
    const struct rule *rule = &call->rules[i];

    if (rule->test_count != 1 || rule->verdict != first->verdict ||
        rule->tests->index != first->tests->index || rule->tests->value > UINT32_MAX ||
        (rule->tests->op == OPERATOR_MASKED_EQ && call->rule_count > 1))
      return false;
  }
  return true;
}

/* The shortest of the forms that start with the high and with the low word of each argument, and of
 * the plain one: where many rules test several arguments each, what is decided once in the plain
 * form may be decided over and over in the others. */
static int
lower_call (const struct node **out, struct graph *graph, const struct call *call,
            const struct abi_row *abi, uint32_t otherwise, struct arena *scratch,
            struct oci_seccomp_error *err)
{
  const uint32_t before = graph->count;
  bool found;

  *out = lower (graph, call, abi, true, otherwise, scratch);
  found = *out && high_first_is_shortest (call);
  if (*out && abi->wide && !found)
    *out = shorter (graph, *out, lower (graph, call, abi, false, otherwise, scratch), scratch);
  if (call->rule_count <= PROGRAM_MAX_LENGTH && !found)
    *out = shorter (graph, *out, chain_build (graph, call, abi, otherwise), scratch);
  if (*out && graph->count <= GRAPH_MAX)
    return OCI_SECCOMP_OK;
  return fail_too_large (call, abi, *out && before > graph->count / 2, err);
}

/* Rules that have been lowered, to be found again: many calls have the same, and so have ABIs. */
struct lowered {
  struct lowered *next;
  uint64_t hash;
  const struct call *call;
  bool wide;
  uint32_t otherwise;
  const struct node *node;
};

static uint64_t
call_hash (const struct call *call)
{
  const uint64_t odd = UINT64_C (0x9e3779b97f4a7c15);
  uint64_t hash = call->rule_count;

  for (size_t i = 0; i < call->rule_count; i++) {
    const struct rule *rule = &call->rules[i];

    hash = (hash ^ rule->verdict) * odd;
    for (int t = 0; t < rule->test_count; t++)
      hash = (hash ^ hash >> 29 ^ rule->tests[t].value ^ rule->tests[t].index) * odd;
  }
  return hash;
}

static bool
call_equal (const struct call *a, const struct call *b)
{
  if (a->rule_count != b->rule_count)
    return false;
  for (size_t i = 0; i < a->rule_count; i++) {
    const struct rule *left = &a->rules[i], *right = &b->rules[i];

    if (left->verdict != right->verdict || left->test_count != right->test_count)
      return false;
    for (int t = 0; t < left->test_count; t++)
      if (!test_equal (&left->tests[t], &right->tests[t]))
        return false;
  }
  return true;
}

int
condition_build (const struct node **out, struct graph *graph, const struct call *call,
                 const struct abi_row *abi, uint32_t otherwise, struct arena *scratch,
                 struct oci_seccomp_error *err)
{
  uint64_t hash;
  int code;

  if (call->rules[0].test_count == 0) {
    *out = node_return (graph, call->rules[0].verdict);
    return OCI_SECCOMP_OK;
  }
  hash = call_hash (call);
  for (struct lowered *same = graph->lowered; same; same = same->next)
    if (same->hash == hash && same->wide == abi->wide && same->otherwise == otherwise &&
        call_equal (same->call, call)) {
      *out = same->node;
      return OCI_SECCOMP_OK;
    }
  code = lower_call (out, graph, call, abi, otherwise, scratch, err);
  if (code == OCI_SECCOMP_OK) {
    struct lowered *lowered = ARENA_NEW (scratch, struct lowered);

    *lowered = (struct lowered){graph->lowered, hash, call, abi->wide, otherwise, *out};
    graph->lowered = lowered;
  }
  return code;
}
