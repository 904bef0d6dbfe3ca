#include "contender.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const contender_names[CONTENDERS] = {
    [OURS] = "oci-seccomp",
    [LINEAR] = "libseccomp, linear",
    [TREE] = "libseccomp, tree",
};

const struct abi_set abi_sets[ABI_SETS] = {
    {{ABI_X86_64}, 1},
    {{ABI_X86_64, ABI_X86}, 2},
    {{ABI_X86_64, ABI_X32}, 2},
    {{ABI_X86_64, ABI_X86, ABI_X32}, 3},
    {{ABI_X86}, 1},
    {{ABI_AARCH64}, 1},
    {{ABI_AARCH64, ABI_ARM}, 2},
    {{ABI_ARM}, 1},
    {{ABI_RISCV64}, 1},
    {{ABI_LOONGARCH64}, 1},
    {{ABI_S390X}, 1},
    {{ABI_S390X, ABI_S390}, 2},
    {{ABI_PPC64LE}, 1},
    {{ABI_PPC64}, 1},
    {{ABI_PPC64, ABI_PPC}, 2},
    {{ABI_MIPS64}, 1},
    {{ABI_MIPS64, ABI_MIPS, ABI_MIPS64N32}, 3},
    {{ABI_MIPSEL64}, 1},
    {{ABI_MIPSEL64, ABI_MIPSEL, ABI_MIPSEL64N32}, 3},
    {{ABI_MIPS}, 1},
    {{ABI_MIPSEL}, 1},
    {{ABI_PARISC64, ABI_PARISC}, 2},
    {{ABI_M68K}, 1},
    {{ABI_SH}, 1},
};

const char *
abi_set_name (const struct abi_set *set, char *buffer, size_t size)
{
  size_t used = 0;

  for (size_t i = 0; i < set->count && used < size; i++)
    used += (size_t) snprintf (buffer + used, size - used, "%s%s", i ? "+" : "",
                               abi_table[set->abis[i]].name);
  return buffer;
}

char *
file_text (const char *path)
{
  FILE *file = fopen (path, "re");
  char *text = NULL;
  size_t room = 0;

  if (!file)
    return NULL;
  if (getdelim (&text, &room, '\0', file) < 0) {
    free (text);
    text = NULL;
  }
  fclose (file);
  return text;
}

/* --- ours --- */

static struct oci_seccomp_options
options_for (const struct lineup *lineup, bool verify)
{
  return (struct oci_seccomp_options){.native_abi = abi_table[lineup->set.abis[0]].name,
                                      .kernel = "6.1",
                                      .unknown_syscalls = OCI_SECCOMP_UNKNOWN_IGNORE,
                                      .verify = verify};
}

int
lineup_compile (const struct lineup *lineup, bool verify, enum oci_seccomp_newer newer,
                struct oci_seccomp_filter **out, struct oci_seccomp_error *error)
{
  struct oci_seccomp_options options = options_for (lineup, verify);
  struct oci_seccomp_profile *profile;
  int code;

  options.newer = newer;
  *out = NULL;
  code = oci_seccomp_profile_parse (&profile, lineup->json, strlen (lineup->json), &options, error);
  if (code)
    return code;
  code = oci_seccomp_compile (out, profile, &options, error);
  oci_seccomp_profile_free (profile);
  return code;
}

/* --- which ABIs --- */

/* On one line, as engines write it. */
static char *
profile_text (const struct profile *profile)
{
  struct arena arena;
  char *volatile text = NULL;
  size_t length;

  arena_init (&arena);
  if (!ARENA_GUARD (&arena))
    text = strdup (profile_to_json (profile, NULL, &arena, &length));
  arena_free (&arena);
  return text;
}

/* The linux.seccomp that an engine makes of the profile for the native ABI of the set, with all
 * ABIs of the set, or with the profile's own. */
static int
take_profile (struct lineup *lineup, const char *json, bool own_abis,
              struct oci_seccomp_error *error)
{
  static const char key[] = "\"architectures\"";
  struct oci_seccomp_options options = options_for (lineup, false);
  struct oci_seccomp_profile *profile;
  char *text = strdup (json), *list = strstr (text, key);
  int code;

  /* A key that means nothing: what it lists may be of the other byte order. */
  if (list && !own_abis)
    list[1] = '_';
  code = oci_seccomp_profile_parse (&profile, text, strlen (text), &options, error);
  free (text);
  if (code)
    return code;
  if (!own_abis) {
    profile->profile.abis = 0;
    for (size_t i = 0; i < lineup->set.count; i++)
      profile->profile.abis |= ABI_BIT (lineup->set.abis[i]);
  }
  lineup->json = profile_text (&profile->profile);
  oci_seccomp_profile_free (profile);
  return lineup->json ? OCI_SECCOMP_OK : fail_memory (error);
}

/* The ABIs of the compiled filter are those of the profile. */
static void
take_abis (struct abi_set *set, const struct oci_seccomp_filter *filter)
{
  set->count = 0;
  for (size_t i = 0; i < filter->rules_count; i++)
    set->abis[set->count++] = filter->rules[i].abi;
}

/* --- libseccomp --- */

static const char *const peer_reasons[] = {
    [PEER_DONE] = NULL,
    [PEER_CONFLICT] = "it calls two rules a conflict",
    [PEER_UNABLE] = "it knows not the ABI, or refuses the profile",
    [PEER_HUNG] = "it did not end within its time limit",
    [PEER_ABSENT] = "this build has no libseccomp",
};

static void
make_peer (struct lineup *lineup, enum contender who)
{
  struct peer *peer = &lineup->peers[who];
  enum peer_result result =
      peer_compile_form (peer, lineup->oracle, who == TREE ? PEER_TREE : PEER_LINEAR);

  lineup->why_not[who] = peer_reasons[result];
  lineup->programs[who] = (struct program){peer->instructions, peer->length};
}

/* --- both --- */

int
lineup_make (struct lineup *out, const char *json, const struct abi_set *set, bool verify,
             struct oci_seccomp_error *error)
{
  struct oracle_machine machine;
  int code;

  *out = (struct lineup){.set = {{abi_native ()}, 1}};
  if (set)
    out->set = *set;
  code = take_profile (out, json, set == NULL, error);
  if (!code)
    code = lineup_compile (out, verify, OCI_SECCOMP_NEWER_ENOSYS, &out->filter, error);
  if (code)
    return code;
  take_abis (&out->set, out->filter);
  out->programs[OURS] = out->filter->program;
  machine = oracle_machine (abi_table[out->set.abis[0]].name);
  out->oracle = oracle_new (out->json, &machine);
  make_peer (out, LINEAR);
  make_peer (out, TREE);
  return OCI_SECCOMP_OK;
}

void
lineup_free (struct lineup *lineup)
{
  for (enum contender who = OURS; who < CONTENDERS; who++)
    peer_free (&lineup->peers[who]);
  if (lineup->oracle)
    oracle_free (lineup->oracle);
  oci_seccomp_filter_free (lineup->filter);
  free (lineup->json);
}

/* --- figures --- */

static bool
is_always_allowed (const struct rules *rules, uint32_t number)
{
  if (rules->newer_enosys && number > rules->last)
    return false;
  for (size_t i = 0; i < rules->call_count; i++)
    if (rules->calls[i].number == number)
      return rules->calls[i].rules[0].test_count == 0 &&
             rules->calls[i].rules[0].verdict == SECCOMP_RET_ALLOW;
  return rules->default_verdict == SECCOMP_RET_ALLOW;
}

static void
count_cached (const struct lineup *lineup, enum contender who, size_t index, struct figures *out)
{
  const struct rules *rules = &lineup->filter->rules[index];
  enum abi native = lineup->set.abis[0];
  struct cost_answer answer;

  if (!cost_has_bitmap (native, rules->abi))
    return;
  for (uint32_t number = 0; number < cost_numbers (rules->abi); number++) {
    if (!is_always_allowed (rules, number))
      continue;
    cost_answer (&answer, &lineup->programs[who], native, rules->abi, number);
    out->allowed++;
    out->cached += answer.reason == COST_BITMAP;
  }
}

void
lineup_figures (const struct lineup *lineup, enum contender who, struct figures *out)
{
  const struct program *program = &lineup->programs[who];

  *out = (struct figures){.length = program->length, .worst = cost_worst_path (program)};
  for (size_t i = 0; i < lineup->set.count; i++) {
    cost_steps (&out->steps[i], program, lineup->set.abis[i]);
    count_cached (lineup, who, i, out);
  }
}
