#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <linux/audit.h>
#include <linux/seccomp.h>

#include "abi.h"

static enum abi
abi_named (const char *word)
{
  enum abi abi;

  assert_true (abi_from_name (word, SPELLING_SHORT_TOO, &abi));
  return abi;
}

static void
test_spec_names (void **state)
{
  static const char *const spec[] = {
      "SCMP_ARCH_X86",     "SCMP_ARCH_X86_64",   "SCMP_ARCH_X32",         "SCMP_ARCH_ARM",
      "SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS",     "SCMP_ARCH_MIPS64",      "SCMP_ARCH_MIPS64N32",
      "SCMP_ARCH_MIPSEL",  "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC",
      "SCMP_ARCH_PPC64",   "SCMP_ARCH_PPC64LE",  "SCMP_ARCH_S390",        "SCMP_ARCH_S390X",
      "SCMP_ARCH_PARISC",  "SCMP_ARCH_PARISC64", "SCMP_ARCH_RISCV64",     "SCMP_ARCH_M68K",
      "SCMP_ARCH_SH",      "SCMP_ARCH_SHEB",     "SCMP_ARCH_LOONGARCH64",
  };

  (void) state;
  assert_int_equal (sizeof spec / sizeof *spec, ABI_COUNT);
  for (int i = 0; i < ABI_COUNT; i++) {
    enum abi abi;

    assert_true (abi_from_name (spec[i], SPELLING_SPEC, &abi));
    assert_string_equal (abi_table[abi].spec_name, spec[i]);
    assert_int_equal (abi_named (spec[i]), abi);
  }
}

static void
test_short_names (void **state)
{
  (void) state;
  for (int i = 0; i < ABI_COUNT; i++) {
    const struct abi_row *row = &abi_table[i];
    enum abi abi;

    assert_false (abi_from_name (row->name, SPELLING_SPEC, &abi));
    assert_int_equal (abi_named (row->name), i);
    assert_int_equal (abi_named (row->spec_name + strlen ("SCMP_ARCH_")), i);
    assert_int_equal (strcasecmp (row->name, row->spec_name + strlen ("SCMP_ARCH_")), 0);
  }
}

static void
test_wrong_names (void **state)
{
  static const char *const words[] = {
      "",       "SCMP_ARCH_",        "scmp_arch_x86_64", "SCMP_ARCH_x86_64", "SCMP_ARCH_X86_6",
      "X86_6",  "SCMP_ARCH_X86_64 ", "SCMP_ARCH_NATIVE", "SCMP_ARCH_ALPHA",  "x86_64 ",
      "x86-64", "SCMP_ARCH_AMD64",
  };
  enum abi abi;

  (void) state;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    assert_false (abi_from_name (words[i], SPELLING_SPEC, &abi));
    assert_false (abi_from_name (words[i], SPELLING_SHORT_TOO, &abi));
  }
}

static bool
is_any_name (const char *word, int except)
{
  for (int i = 0; i < ABI_COUNT; i++)
    if (i != except && strcmp (abi_table[i].name, word) == 0)
      return true;
  return false;
}

/* A profile's `arches` may hold either kind of name, so no word may mean two ABIs. */
static void
test_go_names (void **state)
{
  (void) state;
  assert_string_equal (abi_table[ABI_X86_64].go_name, "amd64");
  assert_string_equal (abi_table[ABI_X86].go_name, "386");
  assert_string_equal (abi_table[ABI_AARCH64].go_name, "arm64");
  assert_string_equal (abi_table[ABI_LOONGARCH64].go_name, "loong64");
  assert_string_equal (abi_table[ABI_MIPSEL64].go_name, "mips64le");
  for (int i = 0; i < ABI_COUNT; i++) {
    if (!abi_table[i].go_name)
      continue;
    assert_false (is_any_name (abi_table[i].go_name, i));
    for (int j = 0; j < i; j++)
      assert_true (!abi_table[j].go_name ||
                   strcmp (abi_table[i].go_name, abi_table[j].go_name) != 0);
  }
}

static void
test_tokens_of_the_header (void **state)
{
  static const struct {
    enum abi abi;
    uint32_t token;
  } header[] = {
      {ABI_X86_64, AUDIT_ARCH_X86_64},
      {ABI_X32, AUDIT_ARCH_X86_64},
      {ABI_X86, AUDIT_ARCH_I386},
      {ABI_AARCH64, AUDIT_ARCH_AARCH64},
      {ABI_ARM, AUDIT_ARCH_ARM},
      {ABI_S390X, AUDIT_ARCH_S390X},
      {ABI_S390, AUDIT_ARCH_S390},
      {ABI_PPC64LE, AUDIT_ARCH_PPC64LE},
      {ABI_PPC64, AUDIT_ARCH_PPC64},
      {ABI_PPC, AUDIT_ARCH_PPC},
      {ABI_MIPS, AUDIT_ARCH_MIPS},
      {ABI_MIPSEL, AUDIT_ARCH_MIPSEL},
      {ABI_MIPS64, AUDIT_ARCH_MIPS64},
      {ABI_MIPSEL64, AUDIT_ARCH_MIPSEL64},
      {ABI_MIPS64N32, AUDIT_ARCH_MIPS64N32},
      {ABI_MIPSEL64N32, AUDIT_ARCH_MIPSEL64N32},
      {ABI_PARISC, AUDIT_ARCH_PARISC},
      {ABI_PARISC64, AUDIT_ARCH_PARISC64},
      {ABI_M68K, AUDIT_ARCH_M68K},
      {ABI_SH, AUDIT_ARCH_SHEL},
      {ABI_SHEB, AUDIT_ARCH_SH},
#ifdef AUDIT_ARCH_RISCV64
      {ABI_RISCV64, AUDIT_ARCH_RISCV64},
#endif
#ifdef AUDIT_ARCH_LOONGARCH64
      {ABI_LOONGARCH64, AUDIT_ARCH_LOONGARCH64},
#endif
  };

  (void) state;
  for (size_t i = 0; i < sizeof header / sizeof *header; i++)
    assert_int_equal (abi_table[header[i].abi].token, header[i].token);
}

/* The token's own bits say width and byte order; x32 and n32 have 32-bit arguments on a 64-bit
 * machine. */
static void
test_tokens_agree_with_the_row (void **state)
{
  (void) state;
  for (int i = 0; i < ABI_COUNT; i++) {
    const struct abi_row *row = &abi_table[i];
    bool is_narrow_on_64 = i == ABI_X32 || i == ABI_MIPS64N32 || i == ABI_MIPSEL64N32;

    assert_int_equal ((row->token & 0x80000000) != 0, row->wide || is_narrow_on_64);
    assert_int_equal ((row->token & 0x40000000) == 0, row->big_endian);
    assert_int_equal ((row->token & 0x20000000) != 0, i == ABI_MIPS64N32 || i == ABI_MIPSEL64N32);
    assert_false (row->wide && is_narrow_on_64);
  }
}

static void
test_from_token (void **state)
{
  enum abi abi;

  (void) state;
  for (int i = 0; i < ABI_COUNT; i++) {
    assert_true (abi_from_token (abi_table[i].token, &abi));
    assert_int_equal (abi, i == ABI_X32 ? ABI_X86_64 : i);
  }
  assert_false (abi_from_token (0, &abi));
  assert_false (abi_from_token (0xffffffff, &abi));
  assert_false (abi_from_token (0xc0009026, &abi));
}

static void
test_number_bases (void **state)
{
  (void) state;
  assert_int_equal (abi_table[ABI_X32].number_base, 0x40000000);
  assert_int_equal (abi_table[ABI_MIPS].number_base, 4000);
  assert_int_equal (abi_table[ABI_MIPSEL64].number_base, 5000);
  assert_int_equal (abi_table[ABI_MIPSEL64N32].number_base, 6000);
  assert_int_equal (abi_table[ABI_X86_64].number_base, 0);
  assert_int_equal (abi_table[ABI_ARM].number_base, 0);
}

static void
test_argument_offsets (void **state)
{
  const uint32_t first = offsetof (struct seccomp_data, args);

  (void) state;
  for (unsigned i = 0; i < 6; i++) {
    assert_int_equal (abi_argument_offset (false, i, false), first + 8 * i);
    assert_int_equal (abi_argument_offset (false, i, true), first + 8 * i + 4);
    assert_int_equal (abi_argument_offset (true, i, false), first + 8 * i + 4);
    assert_int_equal (abi_argument_offset (true, i, true), first + 8 * i);
  }
}

/* This machine, by what its own compiler and memory say. */
static void
test_native (void **state)
{
  const struct abi_row *row = &abi_table[abi_native ()];
  const uint64_t one = 1;
  uint32_t low;

  (void) state;
  memcpy (&low,
          (const char *) &one + abi_argument_offset (row->big_endian, 0, false) -
              offsetof (struct seccomp_data, args),
          sizeof low);
  assert_int_equal (low, 1);
  assert_int_equal (row->wide, sizeof (void *) == 8);
#ifdef __x86_64__
  assert_int_equal (row->token, AUDIT_ARCH_X86_64);
#elif defined(__i386__)
  assert_int_equal (row->token, AUDIT_ARCH_I386);
#elif defined(__aarch64__)
  assert_int_equal (row->token, AUDIT_ARCH_AARCH64);
#elif defined(__s390x__)
  assert_int_equal (row->token, AUDIT_ARCH_S390X);
#endif
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_spec_names),
      cmocka_unit_test (test_short_names),
      cmocka_unit_test (test_wrong_names),
      cmocka_unit_test (test_go_names),
      cmocka_unit_test (test_tokens_of_the_header),
      cmocka_unit_test (test_tokens_agree_with_the_row),
      cmocka_unit_test (test_from_token),
      cmocka_unit_test (test_number_bases),
      cmocka_unit_test (test_argument_offsets),
      cmocka_unit_test (test_native),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
