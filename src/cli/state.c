#include "state.h"

#include <string.h>

static int
read_text (const char **text, const struct json_document *document, const char *key,
           struct oci_seccomp_error *err)
{
  const struct json_node *node = json_member (document->root, key);
  int code;

  if (!node)
    return json_fail_missing (err, document, document->root, key, "a string");
  if ((code = json_expect (document, node, JSON_STRING, NULL, err)))
    return code;
  *text = node->text;
  return OCI_SECCOMP_OK;
}

static int
read_pid (pid_t *pid, const struct json_document *document, struct oci_seccomp_error *err)
{
  const struct json_node *status = json_member (document->root, "status");
  const struct json_node *node = json_member (document->root, "pid");
  uint64_t value = 0;

  if (node && !json_unsigned (node, INT32_MAX, &value))
    return json_fail (err, OCI_SECCOMP_INVALID_PROFILE, document, node, "is no process id");
  if (status && status->type == JSON_STRING && !strcmp (status->text, "stopped"))
    value = 0;
  else if (value == 0)
    return json_fail_missing (err, document, document->root, "pid",
                              "the container's process, as it is not stopped");
  *pid = (pid_t) value;
  return OCI_SECCOMP_OK;
}

int
state_read (struct state *out, const struct input *input, struct arena *arena,
            struct oci_seccomp_error *err)
{
  struct json_document document;
  int code = json_parse (&document, input->name, input->bytes, input->length, arena, err);

  *out = (struct state){.id = "?"};
  if (code ||
      (code =
           json_expect (&document, document.root, JSON_OBJECT, "the state of a container", err)) ||
      (code = read_pid (&out->pid, &document, err)) ||
      (code = read_text (&out->id, &document, "id", err)))
    return code;
  return read_text (&out->bundle, &document, "bundle", err);
}
