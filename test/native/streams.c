// A shared library that misuses the standard streams as it is loaded. It writes `CALL ERRNO` for
// each call to the file that SAID names, or OK on success.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

static FILE* said;
static void say(const char* name, long result) {
  const char* code = result >= 0 ? "OK" : strerrorname_np(errno);
  fprintf(said, "%s %s\n", name, code == NULL ? "?" : code);
}
static char room[64];
static struct iovec vector = {room, 1};

static long map(int fd, int protection) {
  void* const place = mmap(NULL, 4096, protection, MAP_SHARED, fd, 0);
  return place == MAP_FAILED ? -1 : munmap(place, 4096);
}
// Checks the flags in effect, because fcntl(2) may succeed without changing them.
static long set_flags(int fd, int flags) {
  const int before = fcntl(fd, F_GETFL);
  fcntl(fd, F_SETFL, flags);
  const int after = fcntl(fd, F_GETFL);
  errno = EPERM;
  return before == after ? -1 : 0;
}
static long set_nonblocking(int fd) {
  const int before = fcntl(fd, F_GETFL);
  ioctl(fd, FIONBIO, &(int){1});
  const int after = fcntl(fd, F_GETFL);
  errno = EPERM;
  return before == after ? -1 : 0;
}
// The filter cannot distinguish the new descriptor from one of another file. Landlock refuses its
// path.
static long open_again(int fd, int flags) {
  char path[32];
  snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
  const int again = open(path, flags | O_NOCTTY);
  return again < 0 ? -1 : close(again);
}

static void files(void) {
  for (int fd = 1; fd <= 2; fd++) {
    say("read", read(fd, room, 1));
    say("readv", readv(fd, &vector, 1));
    say("pread", pread(fd, room, 1, 0));
    say("preadv", preadv(fd, &vector, 1, 0));
    say("preadv2", syscall(SYS_preadv2, fd, &vector, 1, 0, 0, 0));
    say("mmap", map(fd, PROT_READ));
    say("lseek", lseek(fd, 0, SEEK_SET));
    say("pwrite", pwrite(fd, "X", 1, 0));
    say("pwritev", pwritev(fd, &vector, 1, 0));
    say("pwritev2", syscall(SYS_pwritev2, fd, &vector, 1, 0, 0, 0));
    // Writes at the offset of the description, despite O_APPEND.
    say("RWF_NOAPPEND", syscall(SYS_pwritev2, fd, &vector, 1, -1L, -1L, 0x20));
    say("copy_file_range", syscall(SYS_copy_file_range, fd, NULL, fd, NULL, 0, 0) < 0 && errno == EPERM ? -1 : 0);
    say("sendfile", syscall(SYS_sendfile, fd, 0, NULL, 1) < 0 && errno == EPERM ? -1 : 0);
    say("splice", syscall(SYS_splice, 0, NULL, fd, NULL, 1, 0) < 0 && errno == EPERM ? -1 : 0);
    say("fallocate", fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 4096));
    say("futimens", futimens(fd, NULL));
    say("open again to read", open_again(fd, O_RDONLY));
    say("open again to write over", open_again(fd, O_WRONLY));
    say("F_SETFL", set_flags(fd, 0));
    say("FIONBIO", set_nonblocking(fd));
    say("ftruncate", ftruncate(fd, 1));
  }
  say("write to input", write(0, "X", 1));
  say("writev to input", writev(0, &vector, 1));
  say("pwrite to input", pwrite(0, "X", 1, 0));
  say("pwritev2 to input", syscall(SYS_pwritev2, 0, &vector, 1, -1L, -1L, 0));
  say("mmap of input", map(0, PROT_READ | PROT_WRITE));
  say("futimens of input", futimens(0, NULL));
  say("open input again to write", open_again(0, O_WRONLY));
  say("F_SETFL of input", set_flags(0, O_APPEND));
  say("FIONBIO of input", set_nonblocking(0));
  say("ftruncate of input", ftruncate(0, 1));
}

// Requires a terminal at 1 and 2, and another file at 0.
static void terminal(void) {
  struct termios settings;
  signal(SIGTTOU, SIG_IGN);
  signal(SIGTTIN, SIG_IGN);
  say("tcgetattr", tcgetattr(1, &settings));
  settings.c_lflag &= ~(tcflag_t)(ISIG | ECHO);
  say("tcsetattr", tcsetattr(1, TCSANOW, &settings));
  say("tcsetattr by 2", tcsetattr(2, TCSADRAIN, &settings));
  say("TIOCSTI", ioctl(1, TIOCSTI, "x") < 0 && errno == EPERM ? -1 : 0);
  say("F_SETFL", set_flags(1, O_NONBLOCK));
  say("open again to read", open_again(1, O_RDONLY));
  const int terminal = open("/dev/tty", O_RDWR);
  say("open the terminal", terminal);
  close(terminal);
  // The typed input is already available.
  for (int fd = 1; fd <= 2; fd++) say("read", read(fd, room, sizeof(room)));
}

__attribute__((constructor)) static void all(void) {
  said = fopen(getenv("SAID"), "w");
  if (said == NULL) abort();
  if (isatty(1))
    terminal();
  else
    files();
  fclose(said);
}
