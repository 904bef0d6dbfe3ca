#include "filter.h"

#include <string.h>

#include "decision.h"
#include "emit.h"
#include "syscalls.h"

/* One try: rules to program, with so much regard to its length. `graph` is a new one. */
static int
make_program (struct oci_seccomp_filter *filter, const struct options *options, struct graph *graph,
              struct program *program, struct arena *scratch, struct oci_seccomp_error *err)
{
  const struct node *root;
  int code =
      decision_build (&root, graph, filter->rules, filter->rules_count, options, scratch, err);

  return code ? code : emit (program, graph, root, &filter->arena, scratch, err);
}

/* Quick programs are short, too, but for profiles of few and scattered numbers, and for those that
 * hardly fit into what the kernel takes: there, length is given more and more weight. The first two
 * tries may spend all the effort there is, the others what that leaves. Where none fits, the
 * shortest is told of. */
int
filter_make_program (struct oci_seccomp_filter *filter, const struct options *options,
                     struct arena *scratch, struct oci_seccomp_error *err)
{
  uint32_t low = filter->rules_count > 1 ? NODE_COST_LOW : NODE_COST_ALONE;
  size_t shortest = SIZE_MAX;
  struct oci_seccomp_error why = {0};
  struct effort left;

  filter->program.length = 0;
  for (uint32_t cost = low; cost <= NODE_COST_HIGH; cost *= 4) {
    struct program program = {0};
    struct oci_seccomp_error error;
    struct graph graph;
    int code;

    graph_init (&graph, cost, scratch);
    graph.plain = options->plain;
    if (cost > 4 * low)
      graph.effort = left;
    code = make_program (filter, options, &graph, &program, scratch, &error);
    left = graph.effort;
    if (code && (!why.code || (program.length && program.length < shortest))) {
      why = error;
      shortest = program.length ? program.length : SIZE_MAX;
    }
    if (!code && (!filter->program.length || program.length < filter->program.length))
      filter->program = program;
    if (graph.count > GRAPH_MAX)
      break;
    if (filter->program.length &&
        decision_is_short (filter->rules, filter->rules_count, filter->program.length))
      break;
  }
  return filter->program.length ? OCI_SECCOMP_OK : fail (err, why.code, "%s", why.message);
}

/* A name that several ABIs know is one system call. */
static size_t
count_syscalls (const struct oci_seccomp_filter *filter, struct arena *scratch)
{
  bool *seen = ARENA_ARRAY (scratch, bool, (size_t) syscall_count ());
  size_t count = 0;

  for (size_t i = 0; i < filter->rules_count; i++) {
    const struct rules *rules = &filter->rules[i];

    count += rules->call_count;
    for (const struct call *call = rules->calls; call < rules->calls + rules->call_count; call++) {
      count -= seen[call->row];
      seen[call->row] = true;
    }
  }
  return count;
}

/* "x86_64,x86,x32" */
static const char *
join_abis (const struct oci_seccomp_filter *filter, struct arena *scratch)
{
  size_t room = 1;
  char *list, *end;

  for (size_t i = 0; i < filter->rules_count; i++)
    room += strlen (abi_table[filter->rules[i].abi].name) + 1;
  list = end = arena_take (scratch, room);
  *end = '\0';
  for (size_t i = 0; i < filter->rules_count; i++)
    end = stpcpy (stpcpy (end, i ? "," : ""), abi_table[filter->rules[i].abi].name);
  return list;
}

void
filter_describe (struct oci_seccomp_filter *filter, struct arena *scratch)
{
  if (!filter->rules_known) {
    filter->description =
        arena_printf (&filter->arena, "raw BPF, %zu instructions", filter->program.length);
    return;
  }
  filter->description = arena_printf (&filter->arena, "%s %zu syscalls, %zu instructions",
                                      join_abis (filter, scratch), count_syscalls (filter, scratch),
                                      filter->program.length);
}
