// Runs a program on a new controlling terminal: types a line at once, prints the program's output,
// and at its end `isig=N echo=N`.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

int main(int count, char** words) {
  const int user = posix_openpt(O_RDWR | O_NOCTTY);
  if (count < 2 || user < 0 || grantpt(user) != 0 || unlockpt(user) != 0) return 70;
  const int side = open(ptsname(user), O_RDWR | O_NOCTTY);
  const pid_t child = fork();
  if (child == 0) {
    setsid();
    ioctl(side, TIOCSCTTY, 0);
    for (int fd = 0; fd < 3; fd++) dup2(side, fd);
    close(side);
    close(user);
    execvp(words[1], words + 1);
    _exit(71);
  }
  // Stays open, so that the settings survive until the end.
  if (write(user, "typed\n", 6) != 6) return 72;
  char text[4096];
  int status = 0;
  fcntl(user, F_SETFL, O_NONBLOCK);
  for (int ended = 0;;) {
    const ssize_t size = read(user, text, sizeof(text));
    if (size > 0) fwrite(text, 1, (size_t)size, stdout);
    if (size <= 0 && ended) break;
    ended = waitpid(child, &status, WNOHANG) == child || ended;
    usleep(1000);
  }
  struct termios settings;
  tcgetattr(side, &settings);
  printf("isig=%d echo=%d\n", (settings.c_lflag & ISIG) != 0, (settings.c_lflag & ECHO) != 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
