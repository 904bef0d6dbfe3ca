#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "syscalls.h"

static bool
add_weight (struct machine *machine, const char *name, uint64_t count)
{
  size_t used = machine->library.weight_count;
  struct oci_seccomp_weight *grown = realloc (machine->weights, (used + 1) * sizeof *grown);

  if (!grown)
    return false;
  machine->library.weights = machine->weights = grown;
  /* The table's own spelling outlives the file. */
  grown[used].syscall = syscall_name (syscall_from_name (name, strlen (name)));
  grown[used].count = count;
  machine->library.weight_count++;
  return true;
}

/* What is wrong with a line; NULL if nothing. Empty lines and # comments say nothing. */
static const char *
take_line (struct machine *machine, char *line)
{
  char *rest = line, *name = strtok_r (rest, " \t\r\n", &rest);
  char *count = strtok_r (rest, " \t\r\n", &rest);
  uint64_t value;

  if (!name || *name == '#')
    return NULL;
  if (syscall_from_name (name, strlen (name)) == SYSCALL_UNKNOWN)
    return "unknown system call; want NAME COUNT";
  if (!count || *count == '-' || !parse_u64 (count, &value) || value > OCI_SECCOMP_WEIGHT_MAX)
    return "want NAME COUNT, a number up to 2^40";
  if (strtok_r (rest, " \t\r\n", &rest))
    return "more than NAME COUNT";
  return add_weight (machine, name, value) ? NULL : "out of memory";
}

bool
read_weights (struct machine *machine, const char *path)
{
  static const struct oci_seccomp_weight uniform;
  char *line, *rest;
  struct input input;
  bool good = true;

  free_weights (machine);
  machine->library.weights = &uniform;
  if (!strcmp (path, "uniform"))
    return true;
  if (!read_input (&input, path))
    return false;
  rest = input.bytes;
  for (unsigned long number = 1; good && (line = strsep (&rest, "\n")); number++) {
    const char *fault = take_line (machine, line);

    if (fault)
      complain (0, "%s:%lu: %s", input.name, number, fault);
    good = !fault;
  }
  free_input (&input);
  return good;
}

void
free_weights (struct machine *machine)
{
  free (machine->weights);
  machine->weights = NULL;
  machine->library.weights = NULL;
  machine->library.weight_count = 0;
}
