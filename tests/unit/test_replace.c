#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Of the command, which has no archive. */
#include "../../src/cli/replace.c"

/* After ours: it defines a macro fail. */
#include <cmocka.h>

static const char list[] = "system.posix_acl_access", default_list[] = "system.posix_acl_default";
static const char note[] = "user.oci-seccomp-test";
static char directory[] = "replace-XXXXXX";
static char path[64];
static struct oci_seccomp_error err;

/* As the kernel has it: a version, and entries of tag, rights and id in little endian. */
struct access_list {
  uint32_t version;
  struct {
    uint16_t tag, rights;
    uint32_t id;
  } entries[5];
};

/* The owner and user 1234 may write; the group may do nothing, though the mode says rw-rw----. */
static struct access_list
make_list (void)
{
  enum { OWNER = 1, USER = 2, GROUP = 4, MASK = 16, OTHER = 32 };
  struct access_list made = {htole32 (2), {{0}}};
  const uint16_t tags[] = {OWNER, USER, GROUP, MASK, OTHER}, rights[] = {6, 6, 0, 6, 0};

  for (int i = 0; i < 5; i++) {
    made.entries[i].tag = htole16 (tags[i]);
    made.entries[i].rights = htole16 (rights[i]);
    made.entries[i].id = htole32 (tags[i] == USER ? 1234 : UINT32_MAX);
  }
  return made;
}

static int
set_up (void **state)
{
  (void) state;
  strcpy (directory, "replace-XXXXXX");
  if (!mkdtemp (directory))
    return -1;
  snprintf (path, sizeof path, "%s/file", directory);
  FILE *file = fopen (path, "w");

  return file && fputs ("old", file) >= 0 && fclose (file) == 0 ? 0 : -1;
}

static int
tear_down (void **state)
{
  (void) state;
  return unlink (path) || rmdir (directory);
}

static void
replace (void)
{
  struct likeness like = {.path = path};
  char text[8] = "";
  FILE *file;

  assert_int_equal (stat (path, &like.status), 0);
  assert_int_equal (replace_file (path, "new", 3, &like, &err), OCI_SECCOMP_OK);
  file = fopen (path, "r");
  assert_non_null (file);
  assert_non_null (fgets (text, sizeof text, file));
  fclose (file);
  assert_string_equal (text, "new");
}

static void
the_mode_stays (void **state)
{
  struct stat status;

  (void) state;
  assert_int_equal (chmod (path, 0604), 0);
  replace ();
  assert_int_equal (stat (path, &status), 0);
  assert_int_equal (status.st_mode & 07777, 0604);
}

/* Where the file system has no such attributes, there is nothing to test. tests/run-tap takes the
 * line before for the reason. */
static void
give (const char *to, const char *name, const void *value, size_t size)
{
  if (setxattr (to, name, value, size, 0) == 0)
    return;
  print_message ("# no extended attributes of this kind here: %s\n", strerror (errno));
  skip ();
}

static void
attributes_stay (void **state)
{
  char value[8] = "";

  (void) state;
  give (path, note, "x", 1);
  replace ();
  assert_int_equal (getxattr (path, note, value, sizeof value), 1);
  assert_int_equal (value[0], 'x');
}

static void
an_access_list_stays (void **state)
{
  struct access_list made = make_list (), found;
  struct stat status;

  (void) state;
  give (path, list, &made, sizeof made);
  replace ();
  assert_int_equal (getxattr (path, list, &found, sizeof found), sizeof found);
  assert_memory_equal (&found, &made, sizeof made);
  assert_int_equal (stat (path, &status), 0);
  assert_int_equal (status.st_mode & 07777, 0660);
}

static void
a_list_of_the_directory_is_not_taken (void **state)
{
  struct access_list made = make_list ();

  (void) state;
  give (directory, default_list, &made, sizeof made);
  assert_int_equal (chmod (path, 0640), 0);
  replace ();
  assert_int_equal (getxattr (path, list, NULL, 0), -1);
  assert_int_equal (errno, ENODATA);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown (the_mode_stays, set_up, tear_down),
      cmocka_unit_test_setup_teardown (attributes_stay, set_up, tear_down),
      cmocka_unit_test_setup_teardown (an_access_list_stays, set_up, tear_down),
      cmocka_unit_test_setup_teardown (a_list_of_the_directory_is_not_taken, set_up, tear_down),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
