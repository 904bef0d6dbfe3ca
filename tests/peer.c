#include "peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/elf-em.h>
#include <seccomp.h>

enum { TIME_LIMIT = 10 /* seconds; a profile takes milliseconds */ };

/* --- the rules, as runc adds them --- */

static const enum scmp_compare operators[] = {
    [ORACLE_NE] = SCMP_CMP_NE,
    [ORACLE_LT] = SCMP_CMP_LT,
    [ORACLE_LE] = SCMP_CMP_LE,
    [ORACLE_EQ] = SCMP_CMP_EQ,
    [ORACLE_GE] = SCMP_CMP_GE,
    [ORACLE_GT] = SCMP_CMP_GT,
    [ORACLE_MASKED] = SCMP_CMP_MASKED_EQ,
};

static struct scmp_arg_cmp
comparison (const struct oracle_condition *condition)
{
  return (struct scmp_arg_cmp){condition->index, operators[condition->op], condition->value,
                               condition->value_two};
}

static int
add_rule (scmp_filter_ctx context, const struct oracle_rule *rule, const char *name)
{
  const int number = seccomp_syscall_resolve_name (name);
  struct scmp_arg_cmp comparisons[64];
  unsigned seen = 0;
  int code = 0;
  bool split = false;

  if (number == __NR_SCMP_ERROR || rule->condition_count > 64)
    return 0;
  for (size_t i = 0; i < rule->condition_count; i++) {
    comparisons[i] = comparison (&rule->conditions[i]);
    split = split || seen & 1u << comparisons[i].arg;
    seen |= 1u << comparisons[i].arg;
  }
  if (!split)
    return seccomp_rule_add_array (context, rule->verdict, number, (unsigned) rule->condition_count,
                                   comparisons);
  for (size_t i = 0; i < rule->condition_count && !code; i++)
    code = seccomp_rule_add_array (context, rule->verdict, number, 1, &comparisons[i]);
  return code;
}

static int
add_abis (scmp_filter_ctx context, const struct oracle *oracle)
{
  int code = 0;

  /* The machine that the tests run on is in from the start; the native ABI meant is another. */
  if (seccomp_arch_resolve_name (oracle->abis[0]->name) != seccomp_arch_native ()) {
    seccomp_arch_remove (context, SCMP_ARCH_NATIVE);
    code = seccomp_arch_add (context, seccomp_arch_resolve_name (oracle->abis[0]->name));
  }
  for (size_t i = 1; i < oracle->abi_count && !code; i++)
    code = seccomp_arch_add (context, seccomp_arch_resolve_name (oracle->abis[i]->name));
  return code;
}

int
peer_export (const struct oracle *oracle, enum peer_form form, int out)
{
  scmp_filter_ctx context = seccomp_init (oracle->default_verdict);
  int code;

  if (!context)
    return -EINVAL;
  code = seccomp_attr_set (context, SCMP_FLTATR_ACT_BADARCH, oracle->machine.bad_arch);
  if (!code)
    code = seccomp_attr_set (context, SCMP_FLTATR_CTL_OPTIMIZE, form);
  if (!code)
    code = add_abis (context, oracle);
  for (size_t i = 0; i < oracle->rule_count && !code; i++)
    for (size_t j = 0; j < oracle->rules[i].name_count && !code; j++)
      if (oracle->rules[i].verdict != oracle->default_verdict)
        code = add_rule (context, &oracle->rules[i], oracle->rules[i].names[j]);
  if (!code)
    code = seccomp_export_bpf (context, out);
  seccomp_release (context);
  return code;
}

/* --- in the parent: its program --- */

static bool
is_verdict_of (const struct oracle *oracle, uint32_t value)
{
  if (value == oracle->default_verdict || value == oracle->machine.bad_arch)
    return true;
  for (size_t i = 0; i < oracle->rule_count; i++)
    if (value == oracle->rules[i].verdict)
      return true;
  return false;
}

/* A program for the other byte order is written in that order. In long ones libseccomp swaps the
 * values of some returns once too often; what makes no sense as a verdict is swapped back. */
static void
swap_instruction (const struct oracle *oracle, struct sock_filter *instruction)
{
  instruction->code = __builtin_bswap16 (instruction->code);
  instruction->k = __builtin_bswap32 (instruction->k);
  if (instruction->code == (BPF_RET | BPF_K) && !is_verdict_of (oracle, instruction->k))
    instruction->k = __builtin_bswap32 (instruction->k);
}

static bool
read_program (struct peer *out, int fd)
{
  const bool host_is_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
  const off_t size = lseek (fd, 0, SEEK_END);

  if (size <= 0)
    return false;
  out->length = (size_t) size / sizeof *out->instructions;
  out->instructions = malloc ((size_t) size);
  if (pread (fd, out->instructions, (size_t) size, 0) != size)
    return false;
  for (size_t i = 0; out->oracle->abis[0]->big_endian != host_is_big && i < out->length; i++)
    swap_instruction (out->oracle, &out->instructions[i]);
  return true;
}

/* --- runc's ENOSYS rule --- */

/* The largest number by libseccomp's list; by ours where its list is too old to have the call.
 * Small negative numbers are its way to say "multiplexed", which is no number. */
static uint32_t
largest_number (const struct oracle *oracle, const struct oracle_abi *abi)
{
  const uint32_t token = seccomp_arch_resolve_name (abi->name);
  int64_t last = 0;

  for (size_t i = 0; i < oracle->rule_count; i++)
    for (size_t j = 0; j < oracle->rules[i].name_count; j++) {
      const char *name = oracle->rules[i].names[j];
      int64_t number = seccomp_syscall_resolve_name_arch (token, name);

      if (number == __NR_SCMP_ERROR || number < -1000)
        number = oracle_syscall_number (oracle_syscall_find (name), abi);
      if (number > last)
        last = number;
    }
  return (uint32_t) last;
}

/* x86_64 and x32 share a token; bit 30 of the number tells them apart. */
static bool
has_bits_of (const struct oracle_abi *abi, const struct seccomp_data *call)
{
  const bool bit_30 = (uint32_t) call->nr & ORACLE_BIT_30;

  return abi->token != oracle_abi_find ("x86_64")->token || !strcmp (abi->name, "x32") == bit_30;
}

static bool
is_newer (const struct peer *peer, const struct seccomp_data *call)
{
  const struct oracle *oracle = peer->oracle;
  const uint32_t action = oracle->default_verdict & SECCOMP_RET_ACTION_FULL;
  const uint32_t number = (uint32_t) call->nr;

  if (oracle->machine.newer_default || action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG ||
      action == SECCOMP_RET_TRACE)
    return false;
  for (size_t i = 0; i < oracle->abi_count; i++) {
    const struct oracle_abi *abi = oracle->abis[i];

    if (abi->token != call->arch || !has_bits_of (abi, call) || !peer->last[i])
      continue;
    return number > peer->last[i] || (number == 0 && !strncmp (abi->name, "s390", 4));
  }
  return false;
}

/* --- what others call --- */

enum peer_result
peer_compile_form (struct peer *out, const struct oracle *oracle, enum peer_form form)
{
  const int fd = memfd_create ("peer", MFD_CLOEXEC);
  enum peer_result result = PEER_UNABLE;
  int status = 0;
  pid_t child;

  *out = (struct peer){.oracle = oracle};
  for (size_t i = 0; i < oracle->abi_count; i++) {
    if (!seccomp_arch_resolve_name (oracle->abis[i]->name)) {
      close (fd);
      return PEER_UNABLE;
    }
    out->last[i] = largest_number (oracle, oracle->abis[i]);
  }
  child = fork ();
  if (child == 0) {
    alarm (TIME_LIMIT);
    _exit (-peer_export (oracle, form, fd));
  }
  waitpid (child, &status, 0);
  if (child < 0 || WIFSIGNALED (status))
    result = WIFSIGNALED (status) && WTERMSIG (status) == SIGALRM ? PEER_HUNG : PEER_UNABLE;
  else if (WEXITSTATUS (status) == EEXIST)
    result = PEER_CONFLICT;
  else if (WEXITSTATUS (status) == 0 && read_program (out, fd))
    result = PEER_DONE;
  close (fd);
  return result;
}

enum peer_result
peer_compile (struct peer *out, const struct oracle *oracle)
{
  return peer_compile_form (out, oracle, PEER_LINEAR);
}

const char *
peer_version (void)
{
  static char text[40];
  const struct scmp_version *version = seccomp_version ();

  snprintf (text, sizeof text, "%u.%u.%u", version->major, version->minor, version->micro);
  return text;
}

void
peer_free (struct peer *peer)
{
  free (peer->instructions);
  peer->instructions = NULL;
}

static const struct oracle_abi *
abi_of (const struct oracle *oracle, const struct seccomp_data *call)
{
  for (size_t i = 0; i < oracle->abi_count; i++)
    if (oracle->abis[i]->token == call->arch && has_bits_of (oracle->abis[i], call))
      return oracle->abis[i];
  return NULL;
}

static const char *
own_name (const struct oracle_abi *abi, const struct seccomp_data *call)
{
  for (int row = 0; row < oracle_syscalls (); row++)
    if (oracle_syscall_number (row, abi) == (int64_t) (uint32_t) call->nr)
      return oracle_syscall_name (row);
  return "";
}

bool
peer_knows (const struct peer *peer, const struct seccomp_data *call)
{
  const struct oracle_abi *abi = abi_of (peer->oracle, call);
  char *name;
  bool same;

  if (!abi)
    return true;
  name = seccomp_syscall_resolve_num_arch (seccomp_arch_resolve_name (abi->name), call->nr);
  same = !strcmp (name ? name : "", own_name (abi, call));
  free (name);
  return same;
}

/* What seccomp_data has at an offset, for a program of either byte order. */
static uint32_t
load (const struct seccomp_data *call, uint32_t offset, bool big_endian)
{
  const unsigned word = (offset - 16) / 4;
  const uint64_t argument = offset >= 16 ? call->args[word / 2] : call->instruction_pointer;

  if (offset == 0)
    return (uint32_t) call->nr;
  if (offset == 4)
    return call->arch;
  return (uint32_t) (word % 2 == (big_endian ? 0 : 1) ? argument >> 32 : argument);
}

/* runc's is that of the C library it was built with. */
static uint32_t
enosys (uint32_t token)
{
  switch (token & 0xffff) {
  case EM_MIPS:
    return 89;
  case EM_PARISC:
    return 251;
  default:
    return 38;
  }
}

uint32_t
peer_decide (const struct peer *peer, const struct seccomp_data *call)
{
  uint32_t a = 0;

  if (is_newer (peer, call))
    return SECCOMP_RET_ERRNO | enosys (call->arch);
  for (size_t at = 0; at < peer->length; at++) {
    const struct sock_filter *in = &peer->instructions[at];
    bool taken = false;

    switch (in->code) {
    case BPF_LD | BPF_W | BPF_ABS:
      a = load (call, in->k, peer->oracle->abis[0]->big_endian);
      continue;
    case BPF_ALU | BPF_AND | BPF_K:
      a &= in->k;
      continue;
    case BPF_JMP | BPF_JA:
      at += in->k;
      continue;
    case BPF_RET | BPF_K:
      return in->k;
    case BPF_JMP | BPF_JEQ | BPF_K:
      taken = a == in->k;
      break;
    case BPF_JMP | BPF_JGT | BPF_K:
      taken = a > in->k;
      break;
    case BPF_JMP | BPF_JGE | BPF_K:
      taken = a >= in->k;
      break;
    default: /* libseccomp makes no other */
      fprintf (stderr, "peer: instruction %zu has code 0x%x\n", at, in->code);
      abort ();
    }
    at += taken ? in->jt : in->jf;
  }
  abort (); /* a program ends with a return */
}
