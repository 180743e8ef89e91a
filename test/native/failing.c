// Runs a program in which one system call always fails with a chosen errno. That imitates a seccomp
// filter older than the call, or a failing disk: failing <call> <errno> <program> <arguments>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
  const char* name;
  unsigned number;
} calls[] = {
    {"openat2", 437},  // the same on every architecture; older headers lack it
    {"landlock_create_ruleset", 444},
    {"landlock_add_rule", 445},
    {"prctl", SYS_prctl},
    {"fsync", SYS_fsync},
    {"pwritev2", SYS_pwritev2},
};

int main(int argc, char** argv) {
  if (argc < 4) return 64;
  unsigned number = 0;
  for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
    if (strcmp(calls[i].name, argv[1]) == 0) number = calls[i].number;
  if (number == 0) return 64;
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)atoi(argv[2])),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
  // Without PR_SET_NO_NEW_PRIVS only a process with CAP_SYS_ADMIN may install a filter
  // (seccomp(2)).
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    perror("prctl");
    return 69;
  }
  execvp(argv[3], argv + 3);
  perror(argv[3]);
  return 127;
}
