/* A context as text for people: its rules for each ABI, in the order in which they decide, and the
 * program that they become.
 *
 * In: a context that is compiled. Out: lines of text. What always holds: the same context gives the
 * same text. */
#ifndef LISTING_H
#define LISTING_H

#include "context.h"

const char *context_listing (const struct context *context, struct arena *arena);

#endif
