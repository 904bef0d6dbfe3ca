/* What the two ways to rewrite a config.json share: the annotation (rewrite.c) and the shim
 * (rewrite_shim.c). */
#ifndef REWRITE_PARTS_H
#define REWRITE_PARTS_H

#include "../splice.h"
#include "rewrite.h"

struct rewriting {
  const struct rewrite *rewrite;
  struct rewritten *out;
  const struct json_document *document;
  struct oci_seccomp_profile *profile; /* NULL: the config asks for no filter */
  struct splices splices;
  struct arena *arena;
  struct oci_seccomp_error *err;
};

#define REFUSE(rewriting, node, ...)                                                     \
  json_fail ((rewriting)->err, OCI_SECCOMP_INVALID_PROFILE, (rewriting)->document, node, \
             __VA_ARGS__)

#define CHANGE(rewriting, ...)                                                                   \
  (*ARENA_PUSH ((rewriting)->arena, (rewriting)->out->changes, (rewriting)->out->change_count) = \
       arena_printf ((rewriting)->arena, __VA_ARGS__))

/* A member that, if it is there, must have the type. */
int rewrite_member (const struct rewriting *rewriting, const struct json_node *object,
                    const char *key, enum json_type type, const struct json_node **member);

/* crun takes the annotation also where there is no linux.seccomp, and a filter that answers setuid
 * or capset with success is a way to keep privileges. */
int rewrite_remove_annotation (struct rewriting *rewriting);

int rewrite_set_shim (struct rewriting *rewriting);

#endif
