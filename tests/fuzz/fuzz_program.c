/* Bytes to a raw program, and one call through it. The first bytes are the call; what the program
 * check lets through must come to an end within the memory it is given. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "oci-seccomp.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct oci_seccomp_filter *filter = NULL;
  struct oci_seccomp_error error = {0};
  struct seccomp_data call = {0};
  const size_t head = size < sizeof call ? size : sizeof call;
  size_t count;
  int code;

  memcpy (&call, data, head);
  code = oci_seccomp_filter_from_bpf (&filter, data + head, size - head, &error);
  if (code == OCI_SECCOMP_OK) {
    oci_seccomp_filter_instructions (filter, &count);
    if (count * sizeof (struct sock_filter) != size - head)
      abort ();
    oci_seccomp_filter_evaluate (filter, &call);
    if (oci_seccomp_filter_rule_count (filter, &count, &error) != OCI_SECCOMP_RULES_UNKNOWN)
      abort ();
  } else if (filter || error.code != code || !*error.message) {
    abort ();
  }
  oci_seccomp_filter_free (filter);
  return 0;
}
