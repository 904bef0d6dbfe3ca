#include "cli.h"

#include <string.h>
#include <unistd.h>

#include "../init.h"

/* What it becomes must not meet our options: all after the first word is the shim's. */
int
run_init (const struct verb *verb, int argc, char **argv)
{
  if (argc == 2 && !strcmp (argv[1], "--help")) {
    print_help (verb);
    return finish_output (stdout, "stdout");
  }
  return init_become (argc, argv, environ);
}
