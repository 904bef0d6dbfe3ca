#include "node.h"

#include <string.h>

#include <linux/filter.h>

enum { FIRST_BUCKETS = 1024 };

void
graph_init (struct graph *graph, uint32_t node_cost, struct arena *arena)
{
  graph->arena = arena;
  graph->buckets = ARENA_ARRAY (arena, struct node *, FIRST_BUCKETS);
  graph->bucket_mask = FIRST_BUCKETS - 1;
  graph->nodes = NULL;
  graph->count = 0;
  graph->node_cost = node_cost;
  graph->plain = false;
  graph->effort = (struct effort){.time = 64 << 20, .space = 128 << 10};
  graph->lowered = NULL;
}

static uint32_t
node_hash (uint16_t code, uint32_t k, const struct node *yes, const struct node *no)
{
  uint64_t hash = code;

  hash = (hash ^ k) * UINT64_C (0x9e3779b97f4a7c15);
  hash = (hash ^ (yes ? yes->id + 1 : 0)) * UINT64_C (0x9e3779b97f4a7c15);
  hash = (hash ^ (no ? no->id + 1 : 0)) * UINT64_C (0x9e3779b97f4a7c15);
  return (uint32_t) (hash >> 32);
}

static void
graph_double (struct graph *graph)
{
  uint32_t old_count = graph->bucket_mask + 1, mask = old_count * 2 - 1;
  struct node **buckets = ARENA_ARRAY (graph->arena, struct node *, (size_t) old_count * 2);

  for (uint32_t i = 0; i < old_count; i++)
    for (struct node *node = graph->buckets[i], *next; node; node = next) {
      uint32_t place = node_hash (node->code, node->k, node->yes, node->no) & mask;

      next = node->bucket_next;
      node->bucket_next = buckets[place];
      buckets[place] = node;
    }
  graph->buckets = buckets;
  graph->bucket_mask = mask;
}

static const struct node *
node_make (struct graph *graph, uint16_t code, uint32_t k, const struct node *yes,
           const struct node *no)
{
  uint32_t hash = node_hash (code, k, yes, no);
  struct node *node;

  for (node = graph->buckets[hash & graph->bucket_mask]; node; node = node->bucket_next)
    if (node->code == code && node->k == k && node->yes == yes && node->no == no)
      return node;
  if (graph->count > graph->bucket_mask)
    graph_double (graph);
  node = ARENA_NEW (graph->arena, struct node);
  graph->nodes = arena_grow (graph->arena, graph->nodes, graph->count, sizeof *graph->nodes);
  graph->nodes[graph->count] = node;
  *node =
      (struct node){code, k, yes, no, 0, graph->count++, graph->buckets[hash & graph->bucket_mask]};
  graph->buckets[hash & graph->bucket_mask] = node;
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
