/* Calls, and what comes of them, as text: one line each. */
#ifndef CALLS_H
#define CALLS_H

#define COUNT(array) (sizeof (array) / sizeof (array)[0])
#define SHOW(call) show (#call, call)

void show (const char *what, int result);

/* Every failure that the man pages document. */
void show_errors (void);

#endif
