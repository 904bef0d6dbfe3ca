#include "cli.h"

#include <string.h>

const struct verb verbs[] = {
    {"apply", run_apply, "CONFIG [-- CMD [ARG...]]", "install the filter on itself and become CMD",
     "  Without CMD: become `process` of the config.json. Exit status: the command's; 125 when\n"
     "  apply failed before it, 126 when it could not be run, 127 when it was not found.\n"
     "  --id ID                  container id in the state sent to a listener\n",
     true},
    {"compile", run_compile, "CONFIG [-o FILE] [--format raw|base64|c|json]",
     "write the program that the kernel takes",
     "  -o, --output FILE        write to FILE instead of stdout\n"
     "  --format FORMAT          raw (default): array of struct sock_filter in the target's byte\n"
     "                           order; base64: the same for crun's annotation; c; json\n"
     "  --verify                 prove that the program is the profile's, or fail\n",
     true},
    {"translate", run_translate, "PROFILE [-v] [-o FILE]",
     "Docker/Podman profile to OCI linux.seccomp JSON",
     "  -v, --verbose            say why each conditional rule was kept or dropped\n"
     "  -o, --output FILE        write to FILE instead of stdout\n",
     true},
    {"simulate", run_simulate,
     "CONFIG|PROGRAM SYSCALL [ARG...] [--abi ABI] | CONFIG|PROGRAM --batch",
     "the verdict for one call, or for many",
     "  --abi ABI                the ABI of the call; default: the native one\n"
     "  --batch                  lines `ABI SYSCALL [ARG...]` on stdin, one verdict a line\n",
     true},
    {"verify", run_verify, "CONFIG PROGRAM|pid:N",
     "prove that a program decides every call as a profile says",
     "  Exit status: 0 proved; 1 refuted, and a call is told that shows it; 2 neither, or "
     "trouble.\n",
     true},
    {"diff", run_diff, "A B [--format text|json]",
     "which calls two profiles or programs decide differently",
     "  A and B are each a CONFIG, a PROGRAM, or pid:N, a process under a filter. Exit status: 0\n"
     "  the same for every call, which is proved; 1 different; 2 neither is certain, or trouble.\n"
     "  --format FORMAT          text (default) or json\n",
     true},
    {"check", run_check, "CONFIG... [--cost] [--format text|json]",
     "what is wrong, ambiguous, redundant or to be walked around",
     "  One line a finding. Exit status: 0 valid; 1 invalid, or under --strict with warnings.\n"
     "  --cost                   also what the filter costs, and which calls run it each time\n"
     "  --format FORMAT          text (default) or json\n",
     true},
    {"disassemble", run_disassemble, "CONFIG|PROGRAM [--format text|dot|json]",
     "the program in words",
     "  --format FORMAT          text (default): one instruction a line, as bpf_asm has it, but\n"
     "                           with the lines that jumps lead to; dot: for graphviz; json\n",
     true},
    {"bundle", run_bundle,
     "DIR [--shim[=FILE]] [--revert] [--dry-run] [--exec[=PROCESS]] [--config FILE]",
     "put the filter into a bundle's config.json, for a runtime to install",
     "  Without --shim: as the annotation that crun takes. A failure leaves config.json as it "
     "was.\n"
     "  --shim[=FILE]            for any runtime, where noNewPrivileges is true: mount a static\n"
     "                           helper that installs the filter and then becomes the program\n"
     "  --revert                 make config.json what it was before, to the byte\n"
     "  --dry-run                only say what would be done\n"
     "  --exec[=PROCESS]         a process.json for the runtime's exec: through the shim too, if\n"
     "                           the bundle goes through it; without a file, print the words that\n"
     "                           a command needs before it\n"
     "  --config FILE            instead of DIR/config.json\n",
     true},
    {"dump", run_dump, "PID[/INDEX] [-o FILE] [--format raw|base64|c|json] [--list]",
     "the program that is installed on a running process",
     "  INDEX is for a process with several filters: 0 is the newest. Needs CAP_SYS_ADMIN.\n"
     "  -o, --output FILE        write to FILE instead of stdout\n"
     "  --format FORMAT          as of compile; default: raw\n"
     "  --list                   instead: a line for each filter\n",
     false},
    {"hook", run_hook, "precreate|poststart",
     "what container engines and runtimes run by themselves",
     "  precreate                config.json on stdin, the same with the filter on stdout: for\n"
     "                           Podman over crun\n"
     "  poststart                a container's state on stdin: kills the container unless it has\n"
     "                           the filter that its config asks for\n"
     "  Failures go to the system's log as well.\n",
     true},
    {"init", run_init, "[--flags N] PROGRAM -- CMD [ARG...]",
     "install a program on itself and become CMD, inside a container",
     "  Containers get it as the static oci-seccomp-init: see bundle --shim. Exit status: CMD's;\n"
     "  125 when the filter was not installed, 126 when CMD could not be run, 127 when it was not\n"
     "  found.\n"
     "  --flags N                SECCOMP_FILTER_FLAG_* bits\n",
     false},
    {"list", run_list, "abis|syscalls|actions|operators|flags [--abi ABI|all]",
     "the words that profiles are made of",
     "  --abi ABI|all            whose system calls; default: this machine's\n", false},
    {NULL, NULL, NULL, NULL, NULL, false},
};

static void
print_usage (FILE *stream)
{
  fputs ("usage: oci-seccomp VERB [ARG...]\n\n", stream);
  for (const struct verb *verb = verbs; verb->name; verb++)
    fprintf (stream, "  %-10s %s\n", verb->name, verb->summary);
  fputs ("\n`oci-seccomp VERB --help` tells more; `oci-seccomp --version` the release.\n", stream);
}

/* `apply` must not be mistaken for the command it runs, also where its name is misspelt. */
static int
unknown_verb (const char *name)
{
  return complain (STATUS_FAILED, "unknown verb \"%s\"; `oci-seccomp --help` lists them", name);
}

int
main (int argc, char **argv)
{
  if (argc < 2) {
    print_usage (stderr);
    return STATUS_FAILED;
  }
  if (!strcmp (argv[1], "--help") || !strcmp (argv[1], "-h") || !strcmp (argv[1], "help")) {
    print_usage (stdout);
    return finish_output (stdout, "stdout");
  }
  if (!strcmp (argv[1], "--version")) {
    printf ("oci-seccomp %s, system calls as of %s\n", oci_seccomp_version (),
            oci_seccomp_tables_date ());
    return finish_output (stdout, "stdout");
  }
  for (const struct verb *verb = verbs; verb->name; verb++)
    if (!strcmp (verb->name, argv[1]))
      return verb->run (verb, argc - 1, argv + 1);
  return unknown_verb (argv[1]);
}
