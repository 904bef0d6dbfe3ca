/* The graph that becomes a program: one node an instruction, equal nodes only once.
 *
 * In: instructions in terms of the nodes they lead to. Out: the one node that does this. What
 * always holds: nodes never change what they do once made, successors are older than what leads to
 * them (so there are no cycles), no test has the same node on both branches, and no load stands
 * before a node that does not look at the accumulator. */
#ifndef NODE_H
#define NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"

struct node {
  uint16_t code; /* BPF_LD|BPF_W|BPF_ABS, BPF_ALU|..., BPF_JMP|..., BPF_RET|BPF_K */
  uint32_t k;
  const struct node *yes, *no; /* a test's branches; else yes is what comes next, or NULL */
  uint64_t
      weight;  /* how often it is reached, where a tree said so; only the layout depends on it */
  uint32_t id; /* counts up from 0 as nodes are made */
  struct node *bucket_next;
};

/* What may still be spent on finding a better form of conditions than the plain one: tests looked
 * at, a fraction of a second in all; and tests kept, some megabytes. */
struct effort {
  size_t time, space;
};

/* More nodes than any program of 4096 instructions comes from: the point to give up at. */
enum { GRAPH_MAX = 16 * 4096 };

struct graph {
  struct arena *arena;
  struct node **blocks;  /* the nodes, by id */
  struct node **buckets; /* to find equal ones */
  uint32_t bucket_count; /* a power of two */
  uint32_t count;        /* of nodes */
  struct effort effort;
  struct lowered *lowered; /* rules that have a node already (condition.c) */
  uint32_t node_cost; /* what trees should pay for a node, in hundredths of a step of all calls */
  bool plain; /* no BPF_JSET and BPF_SUB: for tools that read what libseccomp writes, no more */
};

/* For quick programs, of several ABIs and of one; and for programs that are short at any price. The
 * first two were chosen by trying, on container engines' profiles. */
enum { NODE_COST_LOW = 3, NODE_COST_ALONE = 7, NODE_COST_HIGH = 100000 };

void graph_init (struct graph *graph, uint32_t node_cost, struct arena *arena);

/* Ends the program with a verdict. */
const struct node *node_return (struct graph *graph, uint32_t verdict);

/* Loads a word of struct seccomp_data, then goes on. */
const struct node *node_load (struct graph *graph, uint32_t offset, const struct node *next);

/* accumulator op k, then on: op is BPF_AND or BPF_SUB. */
const struct node *node_alu (struct graph *graph, uint16_t op, uint32_t k, const struct node *next);

/* Compares the accumulator: op is BPF_JEQ, BPF_JGE, BPF_JGT or BPF_JSET. */
const struct node *node_test (struct graph *graph, uint16_t op, uint32_t k, const struct node *yes,
                              const struct node *no);

/* Adds to how often a node is reached. */
void node_add_weight (struct graph *graph, const struct node *node, uint64_t weight);

/* How many nodes a root leads to, itself included: each is one instruction at least. */
uint32_t graph_size (const struct graph *graph, const struct node *root, struct arena *scratch);

/* Whether it looks at the accumulator that it is reached with. */
bool node_reads_accumulator (const struct node *node);

#endif
