/* What a run found, for a person and for a program.
 *
 * In: a bench. Out: a table on stdout, a JSON file. What always holds: nothing that was not
 * measured looks as if it was: "-" in the table, null in the file, and a note that says why. */
#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

#include "result.h"

struct target {
  const char *what;
  const char *unit; /* behind the figure; "" for a bare number */
  bool at_least;    /* else at most */
  double limit;
  double (*figure) (const struct bench *bench); /* NAN: not measured */
  bool of_any_profile;                          /* else of Docker's default one */
};

extern const struct target targets[];
extern const size_t target_count;

/* OTHER: measured of another profile than the target is for. */
enum target_state { TARGET_MET, TARGET_MISSED, TARGET_UNKNOWN, TARGET_OTHER };
enum target_state target_check (const struct target *target, const struct bench *bench,
                                double *figure);
extern const char *const target_state_names[];

void report_text (FILE *out, const struct bench *bench);
void report_json (FILE *out, const struct bench *bench);

#endif
