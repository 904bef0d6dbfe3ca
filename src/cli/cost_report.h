/* What a filter costs, for people and for programs.
 *
 * In: a filter that was compiled from a profile. Out: text on stdout, or a JSON object. What always
 * holds: the figures are those of cost.h; a call that runs the filter each time is named once for
 * each reason. */
#ifndef COST_REPORT_H
#define COST_REPORT_H

#include "filter.h"

/* `options`: those that the filter was made with; a user's own weights take the place of the
 * measured ones. */
void print_cost (const struct oci_seccomp_filter *filter, const struct options *options,
                 struct arena *scratch);

void write_cost_json (struct json_writer *writer, const struct oci_seccomp_filter *filter,
                      const struct options *options, struct arena *scratch);

#endif
