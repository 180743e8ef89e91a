// Renames as fast as it can until it is told to end by SIGTERM; then prints how often it did.
//
//   attacker exchange A B [C D ...]   A and B change places in one step, then C and D, and so on round
//   attacker move A B                 A becomes B, then B becomes A
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile sig_atomic_t ended;
static void end(int number) { ended = number; }

static int rename_as(const char* from, const char* to, unsigned flags) {
  return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

// Now hardly at all and now long, so that attacker and guest cannot fall into step.
static void wait_a_little(void) {
  static unsigned random = 1;
  random = random * 1664525u + 1013904223u;
  const unsigned rounds = 1u << (random >> 28) << 1;
  for (volatile unsigned i = random >> 8 & (rounds - 1); i > 0; --i) continue;
}

int main(int count, char** words) {
  const unsigned exchange = 2;  // RENAME_EXCHANGE
  long done = 0;
  if (count < 4 || count % 2 != 0) return 2;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  signal(SIGTERM, end);
  puts("ready");
  fflush(stdout);
  const int moves = strcmp(words[1], "move") == 0;
  while (!ended) {
    for (int i = 2; i < count; i += 2) {
      const int error = rename_as(words[i], words[i + 1], moves ? 0 : exchange);
      wait_a_little();
      if (error == 0) ++done;
      if (moves && rename_as(words[i + 1], words[i], 0) == 0) ++done;
      if (moves) wait_a_little();
    }
  }
  printf("%ld\n", done);
  return 0;
}
