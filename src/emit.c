#include "emit.h"

#include <string.h>

#include <linux/filter.h>

/* Conditional jumps have 8 bits for their distance. */
enum { REACH = 255 };

struct emitter {
  struct sock_filter *instructions;
  uint32_t next;   /* where the instruction written last is: the program so far begins there */
  uint32_t *place; /* by node id: where it, or a jump to it or copy of it, is; 0 for nowhere yet */
  const uint32_t *heights; /* by node id: the most steps from there on; or NULL */
};

static void
put (struct emitter *e, uint16_t code, uint32_t k, uint32_t yes, uint32_t no)
{
  e->instructions[--e->next] = (struct sock_filter){code, (uint8_t) yes, (uint8_t) no, k};
}

/* How many instructions a jump from the next one to be written skips. */
static uint32_t
distance (const struct emitter *e, const struct node *target)
{
  return e->place[target->id] - e->next;
}

static bool
in_reach (const struct emitter *e, const struct node *test)
{
  return distance (e, test->yes) <= REACH && distance (e, test->no) <= REACH;
}

/* Makes what a node does available right here: as a copy where one instruction can be that, else as
 * a jump. From now on this is where jumps to the node go. */
static void
put_again (struct emitter *e, const struct node *node)
{
  if (BPF_CLASS (node->code) == BPF_RET)
    put (e, node->code, node->k, 0, 0);
  else if (BPF_CLASS (node->code) == BPF_JMP && in_reach (e, node))
    put (e, node->code, node->k, distance (e, node->yes), distance (e, node->no));
  else
    put (e, BPF_JMP | BPF_JA, distance (e, node), 0, 0);
  e->place[node->id] = e->next;
}

/* Bringing one branch into reach moves the other one away: both are looked at again. */
static void
put_test (struct emitter *e, const struct node *test)
{
  while (!in_reach (e, test))
    put_again (e, distance (e, test->yes) > REACH ? test->yes : test->no);
  put (e, test->code, test->k, distance (e, test->yes), distance (e, test->no));
}

static void emit_node (struct emitter *e, const struct node *node);

/* The branch that is emitted last stands right behind the test: where the processor reads on, one
 * that is taken much more often is best. Else it is that of the lower numbers: so the kernel, whose
 * own compiler tries until all its jumps fit, was measured to take the profiles of Docker and
 * Podman in less time. Where heights are known it is the lower one: the other branch is then near
 * as well. */
static void
emit_branches (struct emitter *e, const struct node *test)
{
  const struct node *yes = test->yes, *no = test->no;
  const bool yes_is_last =
      e->heights ? e->heights[yes->id] < e->heights[no->id] : yes->weight > no->weight * 2;

  emit_node (e, yes_is_last ? no : yes);
  emit_node (e, yes_is_last ? yes : no);
}

static void
emit_node (struct emitter *e, const struct node *node)
{
  if (e->place[node->id])
    return;
  switch (BPF_CLASS (node->code)) {
  case BPF_RET:
    put (e, node->code, node->k, 0, 0);
    break;
  case BPF_JMP:
    emit_branches (e, node);
    put_test (e, node);
    break;
  default: /* BPF_LD, BPF_ALU: what comes next has to stand right behind */
    emit_node (e, node->yes);
    if (distance (e, node->yes) != 0)
      put_again (e, node->yes);
    put (e, node->code, node->k, 0, 0);
    break;
  }
  e->place[node->id] = e->next;
}

static uint32_t
find_height (uint32_t *heights, const struct node *node)
{
  uint32_t *height = &heights[node->id];

  if (*height == 0) {
    uint32_t yes = node->yes ? find_height (heights, node->yes) : 0;
    uint32_t no = node->no ? find_height (heights, node->no) : 0;

    *height = 1 + (yes > no ? yes : no);
  }
  return *height;
}

/* The whole program, in place of one that may be there. Returns how long it is. */
static uint32_t
emit_all (struct emitter *e, const struct graph *graph, const struct node *root, uint32_t room,
          const uint32_t *heights)
{
  e->next = room;
  e->heights = heights;
  memset (e->place, 0, graph->count * sizeof *e->place);
  emit_node (e, root);
  return room - e->next;
}

/* The shorter of two ways to lay a program out, where jumps may be too long for the first one. That
 * is made once more if the other is no shorter: to keep both would take more room. */
static uint32_t
emit_shorter (struct emitter *e, const struct graph *graph, const struct node *root, uint32_t room,
              struct arena *scratch)
{
  uint32_t length = emit_all (e, graph, root, room, NULL), *heights;

  if (length <= REACH)
    return length;
  heights = ARENA_ARRAY (scratch, uint32_t, graph->count);
  find_height (heights, root);
  if (emit_all (e, graph, root, room, heights) >= length)
    emit_all (e, graph, root, room, NULL);
  return room - e->next;
}

static int
fail_too_large (struct program *out, uint32_t length, struct oci_seccomp_error *err)
{
  out->length = length;
  return fail (err, OCI_SECCOMP_TOO_LARGE,
               "too large: the program would have %u instructions or more, and the kernel takes at "
               "most %d",
               length, PROGRAM_MAX_LENGTH);
}

int
emit (struct program *out, const struct graph *graph, const struct node *root, struct arena *keep,
      struct arena *scratch, struct oci_seccomp_error *err)
{
  enum { FEW = 1024 }; /* these need not be counted, so little room do they take */
  uint32_t nodes = graph->count, room, length;
  struct emitter e;

  if (nodes > FEW)
    nodes = graph_size (graph, root, scratch);
  if (nodes > PROGRAM_MAX_LENGTH)
    return fail_too_large (out, nodes, err);
  /* A node is itself and, where it is far from its two branches, one instruction for each. */
  room = 3 * nodes + 1;
  e = (struct emitter){.instructions = arena_take (scratch, room * sizeof *e.instructions),
                       .place = arena_take (scratch, graph->count * sizeof *e.place)};
  length = emit_shorter (&e, graph, root, room, scratch);
  if (length > PROGRAM_MAX_LENGTH)
    return fail_too_large (out, length, err);
  out->length = length;
  out->instructions = arena_copy (keep, e.instructions + e.next, length * sizeof *e.instructions);
  return program_check (out, err);
}
