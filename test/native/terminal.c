// Holds a pseudoterminal, and reads from it as a terminal emulator that is stopped, slow, or
// neither:
//
//   terminal HOW serve            prints the name of the terminal and a line feed, then the bytes
//                                 written to it, until its own input ends
//   terminal HOW FDS PROGRAM ...  runs a program whose descriptors, the digits of FDS, are the
//                                 terminal. Prints its exit code (-1 after 20 seconds, when it is
//                                 killed), its milliseconds, and the number of bytes read.
//
// HOW is `full` (reads nothing), `stop` (types Ctrl-S, and reads), `slow` (1 KiB every 50 ms) or
// `fast`. The last two are raw. `master` is `full`, and the program's descriptor 3 is the master
// side. `alias` is `fast`, and the program has the terminal as /dev/tty, which leads to another one
// by then.
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static long milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void fail(const char* what) {
  perror(what);
  exit(69);
}

static int is(const char* how, const char* which) { return strcmp(how, which) == 0; }

static int reads(const char* how) { return !is(how, "full") && !is(how, "master"); }

static long taken = 0;
// Reads the bytes available. False at the end.
static int take(int master, const char* how, int copy) {
  char bytes[65536];
  if (!reads(how)) {
    usleep(20000);
    return 1;
  }
  struct pollfd entry = {master, POLLIN, 0};
  if (poll(&entry, 1, 20) <= 0) return 1;
  const int slow = is(how, "slow");
  if (slow) usleep(50000);
  const ssize_t size = read(master, bytes, slow ? 1024 : sizeof(bytes));
  if (size > 0) taken += size;
  if (size > 0 && copy && write(1, bytes, (size_t)size) != size) return 0;
  return size > 0;
}

static int serve(int master, const char* name, const char* how) {
  printf("%s\n", name);
  fflush(stdout);
  for (;;) {
    struct pollfd entry = {0, POLLIN, 0};
    if (poll(&entry, 1, 0) != 0) return 0;
    if (!take(master, how, 1)) return 0;
  }
}

static void control(int terminal) {
  setsid();
#ifdef TIOCSCTTY
  ioctl(terminal, TIOCSCTTY, 0);
#endif
}

static int make(char* name, size_t room) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master == -1 || grantpt(master) != 0 || unlockpt(master) != 0 || ptsname(master) == NULL) fail("posix_openpt");
  snprintf(name, room, "%s", ptsname(master));
  return master;
}

// Keeps /dev/tty open on `slave` in a process whose controlling terminal is another one.
static int alias(int slave) {
  control(slave);
  const int same = open("/dev/tty", O_RDWR | O_NOCTTY);
  char name[64];
  make(name, sizeof(name));
  const pid_t child = fork();
  if (child == -1) fail("fork");
  if (child == 0) {
    const int other = open(name, O_RDWR | O_NOCTTY);
    control(other);
    return same;
  }
  int status = 0;
  waitpid(child, &status, 0);
  exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

static int run(int master, const char* name, const char* how, const char* fds, char** program) {
  const pid_t child = fork();
  if (child == -1) fail("fork");
  if (child == 0) {
    int slave = open(name, O_RDWR | O_NOCTTY);
    if (slave == -1) fail("open");
    if (is(how, "alias")) slave = alias(slave);
    else control(slave);
    // dup2(3) of a descriptor to itself does nothing, so it would stay close-on-exec.
    if (is(how, "master") && (dup2(master, 3) == -1 || fcntl(3, F_SETFD, 0) == -1)) fail("dup2");
    for (; *fds != '\0'; ++fds)
      if (dup2(slave, *fds - '0') == -1) fail("dup2");
    if (slave > 3) close(slave);
    execvp(program[0], program);
    fail(program[0]);
  }
  const long start = milliseconds();
  int status = 0;
  pid_t ended = 0;
  while (ended == 0 && milliseconds() - start < 20000) {
    take(master, how, 0);
    ended = waitpid(child, &status, WNOHANG);
  }
  const long time = milliseconds() - start;
  if (ended == 0) kill(child, SIGKILL);
  for (struct pollfd rest = {master, POLLIN, 0}; reads(how) && poll(&rest, 1, 100) > 0 && take(master, how, 0);) continue;
  printf("%d %ld %ld\n", ended == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1, time, taken);
  return 0;
}

int main(int argc, char** argv) {
  if (argc < 3) return 64;
  const char* how = argv[1];
  char name[64];
  const int master = make(name, sizeof(name));
  fcntl(master, F_SETFD, FD_CLOEXEC);
  // Stays open, so that the terminal does not hang up before the program has it.
  const int slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (slave == -1) fail(name);
  if (is(how, "slow") || is(how, "fast") || is(how, "alias")) {
    struct termios settings;
    tcgetattr(slave, &settings);
    cfmakeraw(&settings);
    tcsetattr(slave, TCSANOW, &settings);
  }
  if (is(how, "stop") && write(master, "\x13", 1) != 1) fail("write");
  if (is(argv[2], "serve")) return serve(master, name, how);
  return run(master, name, how, argv[2], argv + 3);
}
