/* A main for the fuzz targets where there is no libFuzzer.
 *
 * In: files and directories of inputs; -max_total_time=SECONDS and -seed=NUMBER as libFuzzer takes
 * them, its other options are passed over. It runs the target on each input, then on random
 * mutations of them until the time is over. The input that is running is kept in ./fuzz-input, so
 * that after a crash it is there to be looked at. */
#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <fcntl.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

enum { MAX_INPUTS = 4096, MAX_SIZE = 64 * 1024 };

struct input {
  uint8_t *bytes;
  size_t size;
};

static struct input inputs[MAX_INPUTS];
static size_t input_count;
static uint64_t random_state = 1;
static unsigned long runs;
static int current_input;

/* xorshift64: good enough here, and the same everywhere. */
static uint64_t
random_below (uint64_t bound)
{
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return bound ? random_state % bound : 0;
}

/* The target gets a copy of exactly that size, so that a sanitizer sees a read past its end. */
static void
run_one (const uint8_t *bytes, size_t size)
{
  uint8_t *copy = malloc (size ? size : 1);

  if (!copy || ftruncate (current_input, 0) || pwrite (current_input, bytes, size, 0) < 0)
    exit (2);
  memcpy (copy, bytes, size);
  LLVMFuzzerTestOneInput (copy, size);
  free (copy);
  runs++;
}

static void
add_file (const char *path)
{
  FILE *stream;
  uint8_t *bytes;

  if (input_count == MAX_INPUTS)
    return;
  stream = fopen (path, "rb");
  bytes = malloc (MAX_SIZE);
  if (!stream || !bytes) {
    fprintf (stderr, "%s: cannot read\n", path);
    exit (2);
  }
  inputs[input_count].bytes = bytes;
  inputs[input_count++].size = fread (bytes, 1, MAX_SIZE, stream);
  fclose (stream);
}

static void
add_path (const char *path)
{
  struct dirent **entries;
  struct stat info;
  int count;

  if (stat (path, &info) != 0 || !S_ISDIR (info.st_mode)) {
    add_file (path);
    return;
  }
  count = scandir (path, &entries, NULL, alphasort);
  for (int i = 0; i < count; i++) {
    char name[4096];

    snprintf (name, sizeof name, "%s/%s", path, entries[i]->d_name);
    if (entries[i]->d_name[0] != '.')
      add_path (name);
    free (entries[i]);
  }
  if (count >= 0)
    free (entries);
}

/* Replaces `removed` bytes at a random place by `size` others. */
static size_t
replace (uint8_t *bytes, size_t length, size_t removed, const uint8_t *added, size_t size)
{
  size_t at = random_below (length + 1);

  if (removed > length - at)
    removed = length - at;
  if (size > MAX_SIZE - (length - removed))
    return length;
  memmove (bytes + at + size, bytes + at + removed, length - at - removed);
  memcpy (bytes + at, added, size);
  return length - removed + size;
}

static size_t
mutate (uint8_t *bytes, size_t length)
{
  static const char *const words[] = {"\"",      "{",  "}",          "[",    "]",
                                      ":",       ",",  "null",       "-1",   "1.0",
                                      "\\u0000", "\n", "4294967296", "true", "18446744073709551615",
                                      "\xff"};
  const struct input *other = &inputs[random_below (input_count)];
  size_t from = random_below (other->size), size = random_below (other->size - from + 1);
  const char *word = words[random_below (sizeof words / sizeof *words)];

  switch (random_below (5)) {
  case 0:
    if (length)
      bytes[random_below (length)] ^= (uint8_t) (1u << random_below (8));
    return length;
  case 1:
    if (length)
      bytes[random_below (length)] = (uint8_t) random_below (256);
    return length;
  case 2:
    return replace (bytes, length, random_below (16), bytes, 0);
  case 3:
    return replace (bytes, length, random_below (4), (const uint8_t *) word, strlen (word));
  default:
    return replace (bytes, length, random_below (size + 1), other->bytes + from, size);
  }
}

int
main (int argc, char **argv)
{
  static uint8_t bytes[MAX_SIZE];
  long seconds = 0;
  time_t end;

  for (int i = 1; i < argc; i++)
    if (!strncmp (argv[i], "-max_total_time=", 16))
      seconds = strtol (argv[i] + 16, NULL, 10);
    else if (!strncmp (argv[i], "-seed=", 6))
      random_state = strtoull (argv[i] + 6, NULL, 10) | 1;
    else if (argv[i][0] != '-')
      add_path (argv[i]);
  if (input_count == 0) {
    inputs[0].bytes = bytes;
    input_count = 1;
  }
  current_input = open ("fuzz-input", O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (current_input < 0) {
    perror ("fuzz-input");
    return 2;
  }
  for (size_t i = 0; i < input_count; i++)
    run_one (inputs[i].bytes, inputs[i].size);
  end = time (NULL) + seconds;
  while (time (NULL) < end) {
    const struct input *input = &inputs[random_below (input_count)];
    size_t length = input->size;

    memcpy (bytes, input->bytes, length);
    for (uint64_t left = 1 + random_below (8); left > 0; left--)
      length = mutate (bytes, length);
    run_one (bytes, length);
  }
  printf ("%lu runs of %zu inputs and their mutations\n", runs, input_count);
  unlink ("fuzz-input");
  return 0;
}
