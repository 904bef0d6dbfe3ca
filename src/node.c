#include "node.h"

#include <string.h>

#include <linux/filter.h>

enum { NODES_PER_BLOCK = 128, FIRST_BUCKETS = 512 };

void
graph_init (struct graph *graph, uint32_t node_cost, struct arena *arena)
{
  *graph = (struct graph){.arena = arena,
                          .buckets = ARENA_ARRAY (arena, struct node *, FIRST_BUCKETS),
                          .bucket_count = FIRST_BUCKETS,
                          .effort = {.time = 64 << 20, .space = 128 << 10},
                          .node_cost = node_cost};
}

static struct node *
node_at (const struct graph *graph, uint32_t id)
{
  return &graph->blocks[id / NODES_PER_BLOCK][id % NODES_PER_BLOCK];
}

static struct node **
find_bucket (const struct graph *graph, uint16_t code, uint32_t k, const struct node *yes,
             const struct node *no)
{
  uint64_t hash = ((uint64_t) code << 32 | k) * UINT64_C (0x9e3779b97f4a7c15) +
                  (uintptr_t) yes * UINT64_C (0xbf58476d1ce4e5b9) +
                  (uintptr_t) no * UINT64_C (0x94d049bb133111eb);

  return &graph->buckets[hash >> 32 & (graph->bucket_count - 1)];
}

static void
graph_double (struct graph *graph)
{
  graph->bucket_count *= 2;
  graph->buckets = ARENA_ARRAY (graph->arena, struct node *, graph->bucket_count);
  for (uint32_t id = 0; id < graph->count; id++) {
    struct node *node = node_at (graph, id);
    struct node **bucket = find_bucket (graph, node->code, node->k, node->yes, node->no);

    node->bucket_next = *bucket;
    *bucket = node;
  }
}

static struct node *
node_new (struct graph *graph)
{
  uint32_t block_count = graph->count / NODES_PER_BLOCK;

  if (graph->count % NODES_PER_BLOCK == 0)
    *ARENA_PUSH (graph->arena, graph->blocks, block_count) =
        arena_take (graph->arena, NODES_PER_BLOCK * sizeof (struct node));
  return node_at (graph, graph->count);
}

static const struct node *
node_make (struct graph *graph, uint16_t code, uint32_t k, const struct node *yes,
           const struct node *no)
{
  struct node **bucket = find_bucket (graph, code, k, yes, no), *node;

  for (node = *bucket; node; node = node->bucket_next)
    if (node->code == code && node->k == k && node->yes == yes && node->no == no)
      return node;
  node = node_new (graph);
  *node = (struct node){code, k, yes, no, 0, graph->count++, *bucket};
  *bucket = node;
  if (graph->count == graph->bucket_count)
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
  node_at (graph, node->id)->weight += weight;
}

/* Successors have smaller ids, so one pass from the root down finds all that is reached. It ends
 * where none of those is left that lead on: what returns is among the oldest. */
uint32_t
graph_size (const struct graph *graph, const struct node *root, struct arena *scratch)
{
  bool *reached = ARENA_ARRAY (scratch, bool, (size_t) root->id + 1);
  uint32_t size = 1, open = root->yes != NULL;

  reached[root->id] = true;
  for (uint32_t id = root->id; open > 0; id--) {
    const struct node *node = node_at (graph, id), *next[] = {node->yes, node->no};

    if (!reached[id] || !node->yes)
      continue;
    open--;
    for (int i = 0; i < 2; i++) {
      if (!next[i] || reached[next[i]->id])
        continue;
      reached[next[i]->id] = true;
      size++;
      open += next[i]->yes != NULL;
    }
  }
  return size;
}
