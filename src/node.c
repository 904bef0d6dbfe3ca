#include "node.h"

#include <string.h>

#include <linux/filter.h>

enum { FIRST_ROOM = 1024 };

void
graph_init (struct graph *graph, uint32_t node_cost, struct arena *arena)
{
  *graph = (struct graph){.arena = arena,
                          .nodes = ARENA_ARRAY (arena, struct node *, FIRST_ROOM),
                          .buckets = ARENA_ARRAY (arena, struct node *, FIRST_ROOM),
                          .room = FIRST_ROOM,
                          .effort = {.time = 64 << 20, .space = 128 << 10},
                          .node_cost = node_cost};
}

static struct node **
find_bucket (const struct graph *graph, uint16_t code, uint32_t k, const struct node *yes,
             const struct node *no)
{
  uint64_t hash = ((uint64_t) code << 32 | k) * UINT64_C (0x9e3779b97f4a7c15) +
                  (uintptr_t) yes * UINT64_C (0xbf58476d1ce4e5b9) +
                  (uintptr_t) no * UINT64_C (0x94d049bb133111eb);

  return &graph->buckets[hash >> 32 & (graph->room - 1)];
}

static void
graph_double (struct graph *graph)
{
  struct node *const *nodes = graph->nodes;

  graph->room *= 2;
  graph->nodes = ARENA_ARRAY (graph->arena, struct node *, graph->room);
  graph->buckets = ARENA_ARRAY (graph->arena, struct node *, graph->room);
  memcpy (graph->nodes, nodes, graph->count * sizeof *nodes);
  for (uint32_t id = 0; id < graph->count; id++) {
    struct node *node = nodes[id];
    struct node **bucket = find_bucket (graph, node->code, node->k, node->yes, node->no);

    node->bucket_next = *bucket;
    *bucket = node;
  }
}

static const struct node *
node_make (struct graph *graph, uint16_t code, uint32_t k, const struct node *yes,
           const struct node *no)
{
  struct node **bucket = find_bucket (graph, code, k, yes, no), *node;

  for (node = *bucket; node; node = node->bucket_next)
    if (node->code == code && node->k == k && node->yes == yes && node->no == no)
      return node;
  node = ARENA_NEW (graph->arena, struct node);
  *node = (struct node){code, k, yes, no, 0, graph->count, *bucket};
  *bucket = node;
  graph->nodes[graph->count++] = node;
  if (graph->count == graph->room)
    graph_double (graph);
  return node;
}

bool
node_reads_accumulator (const struct node *node)
{
  return BPF_CLASS (node->code) == BPF_JMP || BPF_CLASS (node->code) == BPF_ALU;
}

const struct node *
node_return (struct graph *graph, uint32_t verdict)
{
  return node_make (graph, BPF_RET | BPF_K, verdict, NULL, NULL);
}

const struct node *
node_load (struct graph *graph, uint32_t offset, const struct node *next)
{
  if (!node_reads_accumulator (next))
    return next;
  return node_make (graph, BPF_LD | BPF_W | BPF_ABS, offset, next, NULL);
}

const struct node *
node_alu (struct graph *graph, uint16_t op, uint32_t k, const struct node *next)
{
  if (!node_reads_accumulator (next))
    return next;
  return node_make (graph, (uint16_t) (BPF_ALU | op | BPF_K), k, next, NULL);
}

const struct node *
node_test (struct graph *graph, uint16_t op, uint32_t k, const struct node *yes,
           const struct node *no)
{
  if (yes == no)
    return yes;
  return node_make (graph, (uint16_t) (BPF_JMP | op | BPF_K), k, yes, no);
}

void
node_add_weight (struct graph *graph, const struct node *node, uint64_t weight)
{
  graph->nodes[node->id]->weight += weight;
}

/* Successors have smaller ids, so one pass from the root down finds all that is reached. */
uint32_t
graph_size (const struct graph *graph, const struct node *root, struct arena *scratch)
{
  bool *reached = ARENA_ARRAY (scratch, bool, (size_t) root->id + 1);
  uint32_t size = 0;

  reached[root->id] = true;
  for (uint32_t id = root->id + 1; id > 0; id--) {
    const struct node *node = graph->nodes[id - 1];

    if (!reached[node->id])
      continue;
    size++;
    if (node->yes)
      reached[node->yes->id] = true;
    if (node->no)
      reached[node->no->id] = true;
  }
  return size;
}
