#include "report.h"

#include <math.h>
#include <string.h>

/* Writes members and elements; the comma in front of each but the first is seen to here. */
struct json {
  FILE *out;
  int depth;
  bool first;
};

static void
begin_item (struct json *json, const char *key)
{
  fprintf (json->out, "%s\n%*s", json->first ? "" : ",", 2 * json->depth, "");
  json->first = false;
  if (key)
    fprintf (json->out, "\"%s\": ", key);
}

static void
open_group (struct json *json, const char *key, char bracket)
{
  if (json->depth)
    begin_item (json, key);
  fputc (bracket, json->out);
  json->depth++;
  json->first = true;
}

static void
close_group (struct json *json, char bracket)
{
  json->depth--;
  fprintf (json->out, "\n%*s%c", 2 * json->depth, "", bracket);
  json->first = false;
}

static void
put_number (struct json *json, const char *key, double value)
{
  begin_item (json, key);
  if (isfinite (value))
    fprintf (json->out, "%.10g", value);
  else
    fputs ("null", json->out);
}

static void
put_text (struct json *json, const char *key, const char *text, size_t length)
{
  begin_item (json, key);
  fputc ('"', json->out);
  for (size_t i = 0; i < length; i++) {
    if (text[i] == '"' || text[i] == '\\')
      fputc ('\\', json->out);
    if ((unsigned char) text[i] >= ' ')
      fputc (text[i], json->out);
  }
  fputc ('"', json->out);
}

static void
put_string (struct json *json, const char *key, const char *text)
{
  put_text (json, key, text, strlen (text));
}

static void
put_spread (struct json *json, const char *key, const struct spread *spread)
{
  if (isnan (spread->median)) {
    put_number (json, key, NAN);
    return;
  }
  open_group (json, key, '{');
  put_number (json, "min", spread->min);
  put_number (json, "p25", spread->p25);
  put_number (json, "median", spread->median);
  put_number (json, "p75", spread->p75);
  close_group (json, '}');
}

static void
put_kinds (struct json *json, const char *key, const struct spread *spreads)
{
  open_group (json, key, '{');
  for (enum call_kind kind = CACHED; kind < CALL_KINDS; kind++)
    put_spread (json, call_kind_names[kind], &spreads[kind]);
  close_group (json, '}');
}

static void
put_figures (struct json *json, const struct figures *figures, const struct abi_set *set)
{
  put_number (json, "length", (double) figures->length);
  put_number (json, "worst_path", figures->worst);
  open_group (json, "steps", '{');
  for (size_t i = 0; i < set->count; i++) {
    open_group (json, abi_table[set->abis[i]].name, '{');
    put_number (json, "mean", figures->steps[i].mean);
    put_number (json, "weighted", figures->steps[i].weighted);
    put_number (json, "most", figures->steps[i].most);
    close_group (json, '}');
  }
  close_group (json, '}');
  put_number (json, "unconditional_allows", figures->allowed);
  put_number (json, "cached", figures->cached);
}

/* Ours beside one of the others: below 1 is better. */
static void
put_ratios (struct json *json, const struct result *ours, const struct result *theirs)
{
  open_group (json, "ours_to_this", '{');
  put_number (json, "length", (double) ours->figures.length / (double) theirs->figures.length);
  put_number (json, "compile", ours->compile.median / theirs->compile.median);
  put_number (json, "first_compile", ours->first.median / theirs->first.median);
  put_number (json, "install", ours->install.median / theirs->install.median);
  put_number (json, "memory", ours->memory / theirs->memory);
  close_group (json, '}');
}

static void
put_contender (struct json *json, const struct outcome *outcome, enum contender who)
{
  const struct result *result = &outcome->results[who];

  open_group (json, contender_names[who], '{');
  if (outcome->lineup.why_not[who]) {
    put_string (json, "absent", outcome->lineup.why_not[who]);
    close_group (json, '}');
    return;
  }
  put_figures (json, &result->figures, &outcome->lineup.set);
  put_spread (json, "compile_ns", &result->compile);
  put_spread (json, "first_compile_ns", &result->first);
  if (who == OURS)
    put_spread (json, "compile_and_prove_ns", &result->verified);
  put_number (json, "peak_memory_bytes", result->memory);
  put_spread (json, "install_ns", &result->install);
  put_kinds (json, "call_ns_over_no_filter", result->over_none);
  put_kinds (json, "call_ns_over_one_instruction", result->over_one);
  if (who != OURS)
    put_ratios (json, &outcome->results[OURS], result);
  close_group (json, '}');
}

static void
put_outcome (struct json *json, const struct outcome *outcome)
{
  char set[400];

  open_group (json, NULL, '{');
  put_string (json, "profile", outcome->name);
  put_string (json, "abis", abi_set_name (&outcome->lineup.set, set, sizeof set));
  open_group (json, "calls", '{');
  for (enum call_kind kind = CACHED; kind < CALL_KINDS; kind++)
    if (outcome->probes[kind].number >= 0)
      put_string (json, call_kind_names[kind], outcome->probes[kind].name);
  close_group (json, '}');
  open_group (json, "contenders", '{');
  for (enum contender who = OURS; who < CONTENDERS; who++)
    put_contender (json, outcome, who);
  close_group (json, '}');
  open_group (json, "one_instruction", '{');
  put_spread (json, "install_ns", &outcome->one_install);
  put_kinds (json, "call_ns_over_no_filter", outcome->one_over_none);
  close_group (json, '}');
  put_kinds (json, "call_ns_with_no_filter", outcome->none);
  close_group (json, '}');
}

static void
put_lengths (struct json *json, const struct bench *bench)
{
  open_group (json, "lengths", '[');
  for (size_t i = 0; i < bench->length_count; i++) {
    const struct lengths *row = &bench->lengths[i];
    char set[400];

    open_group (json, NULL, '{');
    put_string (json, "profile", row->name);
    put_string (json, "abis", abi_set_name (row->set, set, sizeof set));
    for (enum contender who = OURS; who < CONTENDERS; who++)
      put_number (json, contender_names[who], row->of[who] ? (double) row->of[who] : NAN);
    put_number (json, "ours_alike", row->alike ? (double) row->alike : NAN);
    close_group (json, '}');
  }
  close_group (json, ']');
}

static void
put_targets (struct json *json, const struct bench *bench)
{
  put_string (json, "targets_are_for", "docker-default.json");
  put_string (json, "figures_are_of", bench->docker->name);
  open_group (json, "targets", '[');
  for (size_t i = 0; i < target_count; i++) {
    double figure;
    enum target_state state = target_check (&targets[i], bench, &figure);

    open_group (json, NULL, '{');
    put_string (json, "what", targets[i].what);
    put_number (json, targets[i].at_least ? "at_least" : "at_most", targets[i].limit);
    put_number (json, "figure", figure);
    put_string (json, "state", target_state_names[state]);
    close_group (json, '}');
  }
  close_group (json, ']');
}

void
report_json (FILE *out, const struct bench *bench)
{
  struct json json = {.out = out, .first = true};

  open_group (&json, NULL, '{');
  put_number (&json, "repetitions", bench->repetitions);
  open_group (&json, "notes", '[');
  for (const char *line = bench->notes, *end; (end = strchr (line, '\n')) != NULL; line = end + 1)
    put_text (&json, NULL, line, (size_t) (end - line));
  close_group (&json, ']');
  open_group (&json, "profiles", '[');
  for (size_t i = 0; i < bench->outcome_count; i++)
    put_outcome (&json, &bench->outcomes[i]);
  close_group (&json, ']');
  put_lengths (&json, bench);
  put_targets (&json, bench);
  close_group (&json, '}');
  fputc ('\n', out);
}
