/* Memory that a context gives back and the next one takes again.
 *
 * In: sizes, and what was taken. Out: memory. What always holds: once this process has a filter,
 * nothing that was taken is given back: under a filter that denies munmap, that would be the
 * process's last call. Nor is it at the end of the process, which may have got one in other ways.
 * All threads may use it at once, and a child after fork. */
#ifndef SHELF_H
#define SHELF_H

#include <stdbool.h>
#include <stddef.h>

/* NULL if memory is gone. What is taken is not zeroed, what is new is. */
void *shelf_take (size_t size);
void *shelf_new (size_t size);
void shelf_give (void *memory); /* NULL will do */

/* This process has a filter: from here on, all is kept. */
void shelf_close (void);

/* Before there is a filter: sees to it that one more context with few rules finds all here. False:
 * memory is gone. */
bool shelf_reserve (void);

#endif
