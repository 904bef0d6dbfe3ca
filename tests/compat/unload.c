/* unload OBJECT: loads the object and unloads it, many times, with a program made each time, as
 * those do that want libseccomp only now and then. Fails if the process has grown by it. Linked to
 * no libseccomp: what is linked is never unloaded. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <seccomp.h>

/* In pages; 0: it cannot be told. */
static long
size_now (void)
{
  FILE *file = fopen ("/proc/self/statm", "r");
  long pages = 0;

  if (!file || fscanf (file, "%ld", &pages) != 1)
    pages = 0;
  if (file)
    fclose (file);
  return pages;
}

/* Whether a program was made and written. */
static int
use (void *object, int out)
{
  scmp_filter_ctx (*init) (uint32_t);
  int (*add) (scmp_filter_ctx, uint32_t, int, unsigned, const struct scmp_arg_cmp *);
  int (*export) (scmp_filter_ctx, int);
  void (*release) (scmp_filter_ctx);
  scmp_filter_ctx ctx;
  int done = 1;

  *(void **) &init = dlsym (object, "seccomp_init");
  *(void **) &add = dlsym (object, "seccomp_rule_add_array");
  *(void **) &export = dlsym (object, "seccomp_export_bpf");
  *(void **) &release = dlsym (object, "seccomp_release");
  if (!init || !add || !export || !release || !(ctx = init (SCMP_ACT_ALLOW)))
    return 0;
  for (int number = 0; number < 200 && done; number++)
    done = add (ctx, SCMP_ACT_ERRNO (7), number, 0, NULL) == 0;
  done = done && export(ctx, out) == 0;
  release (ctx);
  return done;
}

int
main (int argc, char **argv)
{
  int out = open ("/dev/null", O_WRONLY);
  long before = 0;

  for (int i = 0; i < 50; i++) {
    void *object = argc == 2 ? dlopen (argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;

    if (!object || !use (object, out) || dlclose (object)) {
      fprintf (stderr, "time %d: the object is of no use\n", i);
      return 1;
    }
    /* The first time may leave something for the next ones. */
    if (i == 0)
      before = size_now ();
  }
  printf ("%s\n", before > 0 && size_now () - before < 64 ? "the same size" : "it grows");
  return 0;
}
