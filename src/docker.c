#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/capability.h>

#include "reader.h"

#define CAPABILITY_BIT(capability) (UINT64_C (1) << (capability))

/* What container engines leave in the bounding set of a container that asks for nothing. */
static const uint64_t engine_capabilities =
    CAPABILITY_BIT (CAP_CHOWN) | CAPABILITY_BIT (CAP_DAC_OVERRIDE) | CAPABILITY_BIT (CAP_FSETID) |
    CAPABILITY_BIT (CAP_FOWNER) | CAPABILITY_BIT (CAP_MKNOD) | CAPABILITY_BIT (CAP_NET_RAW) |
    CAPABILITY_BIT (CAP_SETGID) | CAPABILITY_BIT (CAP_SETUID) | CAPABILITY_BIT (CAP_SETFCAP) |
    CAPABILITY_BIT (CAP_SETPCAP) | CAPABILITY_BIT (CAP_NET_BIND_SERVICE) |
    CAPABILITY_BIT (CAP_SYS_CHROOT) | CAPABILITY_BIT (CAP_KILL) | CAPABILITY_BIT (CAP_AUDIT_WRITE);

/* "includes" or "excludes" of a rule. An empty list asks for nothing, so it is as good as absent.
 */
struct filter {
  const char *name;
  bool excludes;
  const struct json_node *arches, *caps, *kernel;
  unsigned major, minor; /* of kernel */
};

/* --- reading a filter ---------------------------------------------------------------------- */

static int
read_words (struct reader *reader, const struct json_node *object, const char *key,
            const struct json_node **array)
{
  int code = reader_optional (reader, object, key, JSON_ARRAY, array);

  if (code || !*array)
    return code;
  for (const struct json_node *node = (*array)->first; node; node = node->next) {
    code = reader_expect (reader, node, JSON_STRING, NULL);
    if (code)
      return code;
  }
  if ((*array)->count == 0)
    *array = NULL;
  return 0;
}

/* One to three digits that make at most 255, as in moby; returns what follows them, or NULL. */
static const char *
read_version_part (const char *text, unsigned *part)
{
  size_t digits = strspn (text, "0123456789");

  *part = (unsigned) strtoul (text, NULL, 10);
  return digits >= 1 && digits <= 3 && *part <= 255 ? text + digits : NULL;
}

/* "" is every kernel, as in moby. */
static int
read_kernel (struct reader *reader, struct filter *filter)
{
  const char *text = filter->kernel->text, *rest = text;
  char quoted[JSON_QUOTE_TEXT];

  if (!*text)
    return 0;
  rest = read_version_part (rest, &filter->major);
  if (rest && *rest == '.')
    rest = read_version_part (rest + 1, &filter->minor);
  else
    rest = NULL;
  if (rest && !*rest && (filter->major || filter->minor))
    return 0;
  return reader_fail (reader, filter->kernel,
                      "is %s; want a kernel version like \"4.8\": two numbers up to 255",
                      json_quote (text, quoted));
}

/* A word that nothing can equal: engines take it, and so it decides. */
static void
warn_of_words (struct reader *reader, const struct filter *filter)
{
  char quoted[JSON_QUOTE_TEXT];
  uint32_t capability;

  for (const struct json_node *node = filter->caps ? filter->caps->first : NULL; node;
       node = node->next)
    if (!capability_from_name (node->text, &capability))
      reader_warn (reader, node, "unknown capability %s; taken as one that nobody has",
                   json_quote (node->text, quoted));
}

static int
read_filter (struct reader *reader, const struct json_node *object, struct filter *filter)
{
  int code = object ? reader_expect (reader, object, JSON_OBJECT, NULL) : 0;

  if (code || !object)
    return code;
  code = read_words (reader, object, "arches", &filter->arches);
  if (code == 0)
    code = read_words (reader, object, "caps", &filter->caps);
  if (code == 0)
    code = reader_optional (reader, object, "minKernel", JSON_STRING, &filter->kernel);
  if (code == 0 && filter->kernel)
    code = read_kernel (reader, filter);
  if (code == 0)
    warn_of_words (reader, filter);
  return code;
}

/* --- what a filter decides ------------------------------------------------------------------
 *
 * Each function tells whether one list of a filter lets the rule stay, and why. */

static bool
is_native_name (const struct options *options, const char *word)
{
  const struct abi_row *row = &abi_table[options->native];

  return strcmp (word, row->name) == 0 || strcmp (word, row->spec_name) == 0 ||
         (row->go_name && strcmp (word, row->go_name) == 0);
}

static bool
arches_keep (struct reader *reader, const struct filter *filter, const char **why)
{
  struct arena *arena = &reader->profile->arena;
  const struct json_node *node = filter->arches->first;

  while (node && !is_native_name (reader->options, node->text))
    node = node->next;
  if (node)
    *why = arena_printf (arena, "%s.arches: %s is native", filter->name, node->text);
  else
    *why = arena_printf (arena, "%s.arches: native %s not listed", filter->name,
                         abi_table[reader->options->native].name);
  return filter->excludes ? !node : node != NULL;
}

static bool
is_held (const struct options *options, const char *word)
{
  uint64_t held = options->capabilities_given ? options->capabilities : engine_capabilities;
  uint32_t capability;

  return capability_from_name (word, &capability) && (held & CAPABILITY_BIT (capability));
}

/* The words of a list for a message, cut if there are many. */
enum { WORDS_TEXT = 256 };

static const char *
words_text (const struct json_node *array, char buffer[WORDS_TEXT])
{
  size_t used = 0;

  for (const struct json_node *node = array->first; node; node = node->next) {
    char quoted[JSON_QUOTE_TEXT];
    uint32_t capability;
    bool known = capability_from_name (node->text, &capability);
    const char *shown = known ? node->text : json_quote (node->text, quoted);
    size_t room = WORDS_TEXT - used;

    if (strlen (shown) + sizeof ", , ..." > room) {
      snprintf (buffer + used, room, ", ...");
      break;
    }
    used += (size_t) snprintf (buffer + used, room, "%s%s", used ? ", " : "", shown);
  }
  return buffer;
}

/* One that is held drops an excluding rule, one that is not an including rule. */
static bool
caps_keep (struct reader *reader, const struct filter *filter, const char **why)
{
  struct arena *arena = &reader->profile->arena;
  const struct json_node *node = filter->caps->first;
  char words[WORDS_TEXT], quoted[JSON_QUOTE_TEXT];
  uint32_t capability;

  while (node && is_held (reader->options, node->text) != filter->excludes)
    node = node->next;
  if (!node)
    words_text (filter->caps, words);
  else
    snprintf (words, sizeof words, "%s",
              capability_from_name (node->text, &capability) ? node->text
                                                             : json_quote (node->text, quoted));
  *why = arena_printf (arena, "%s.caps: %s %sin the bounding set", filter->name, words,
                       filter->excludes == !node ? "not " : "");
  return !node;
}

static bool
kernel_keep (struct reader *reader, const struct filter *filter, const char **why)
{
  const struct options *options = reader->options;
  bool reached = options->kernel_major > filter->major ||
                 (options->kernel_major == filter->major && options->kernel_minor >= filter->minor);

  *why = arena_printf (&reader->profile->arena, "%s.minKernel: kernel %u.%u is %s than %u.%u",
                       filter->name, options->kernel_major, options->kernel_minor,
                       reached ? "not older" : "older", filter->major, filter->minor);
  return reached != filter->excludes;
}

/* *why: what drops the rule; or else all that could have, put together. */
static bool
filter_keep (struct reader *reader, const struct filter *filter, const char **why)
{
  static bool (*const parts[]) (struct reader *, const struct filter *,
                                const char **) = {arches_keep, caps_keep, kernel_keep};
  const struct json_node *const asked[] = {filter->arches, filter->caps, filter->kernel};

  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    const char *reason;

    if (!asked[i])
      continue;
    if (!parts[i](reader, filter, &reason)) {
      *why = reason;
      return false;
    }
    *why = *why ? arena_printf (&reader->profile->arena, "%s; %s", *why, reason) : reason;
  }
  return true;
}

int
read_filters (struct reader *reader, const struct json_node *rule, const struct json_node *excludes,
              const struct json_node *includes, bool *kept)
{
  struct profile *profile = reader->profile;
  struct filter out = {.name = "excludes", .excludes = true}, in = {.name = "includes"};
  const char *why = NULL;
  int code = read_filter (reader, excludes, &out);

  if (code == 0)
    code = read_filter (reader, includes, &in);
  if (code)
    return code;
  *kept = filter_keep (reader, &out, &why) && filter_keep (reader, &in, &why);
  if (why)
    *ARENA_PUSH (&profile->arena, profile->choices, profile->choice_count) =
        (struct profile_choice){rule, *kept, why};
  return 0;
}

/* --- architectures ------------------------------------------------------------------------- */

/* Of an entry that is for another machine only the words can be wrong. */
static int
check_abis (struct reader *reader, const struct json_node *array)
{
  for (const struct json_node *node = array->first; node; node = node->next) {
    enum abi abi;
    int code = read_abi (reader, node, &abi);

    if (code)
      return code;
  }
  return 0;
}

/* One entry of archMap. The first that is for the native ABI is taken; all are checked. */
static int
read_arch_map_entry (struct reader *reader, const struct json_node *node, bool *taken)
{
  const struct json_node *architecture, *others;
  enum abi abi;
  int code = reader_expect (reader, node, JSON_OBJECT, NULL);

  if (code == 0)
    code = reader_optional (reader, node, "architecture", JSON_STRING, &architecture);
  if (code == 0 && !architecture)
    return json_fail_missing (reader->err, &reader->profile->document, node, "architecture",
                              "a SCMP_ARCH_*");
  if (code == 0)
    code = read_abi (reader, architecture, &abi);
  if (code == 0)
    code = reader_optional (reader, node, "subArchitectures", JSON_ARRAY, &others);
  if (code == 0 && others)
    code = check_abis (reader, others);
  if (code || *taken || abi != reader->options->native)
    return code;
  *taken = true;
  reader->profile->abis |= ABI_BIT (abi);
  return read_abis (reader, others);
}

static int
read_architectures (struct reader *reader, const struct json_node *root)
{
  const struct json_node *architectures, *map;
  bool taken = false;
  int code = reader_optional (reader, root, "architectures", JSON_ARRAY, &architectures);

  if (code == 0)
    code = reader_optional (reader, root, "archMap", JSON_ARRAY, &map);
  if (code)
    return code;
  if (architectures && map && architectures->count && map->count)
    return reader_fail (reader, map, "stands beside architectures; want only one of the two");
  code = read_abis (reader, architectures);
  if (code || !map)
    return code;
  for (const struct json_node *node = map->first; node; node = node->next) {
    code = read_arch_map_entry (reader, node, &taken);
    if (code)
      return code;
  }
  return 0;
}

int
read_docker (struct reader *reader, const struct json_node *root)
{
  int code = read_top (reader, root, json_member (root, "defaultErrno"));

  if (code == 0)
    code = read_architectures (reader, root);
  return code ? code : read_rules (reader, root, RULE_MEMBERS);
}
