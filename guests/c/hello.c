// The guest that shows what a guest is given: its arguments, its environment and its standard
// input.
//
//   hello [EXIT-CODE [WORD...]]
//
// Prints each argument and each variable, copies standard input to standard output as it came
// (bytes, not text), says on standard error how many bytes that were, and exits with EXIT-CODE.

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

// write(2) may take less than it was offered; a guest that ignores this loses data on pipes.
static int write_all(int fd, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t written = write(fd, bytes, length);
    if (written < 0) return -1;
    bytes += written;
    length -= (size_t)written;
  }
  return 0;
}

int main(int argc, char **argv) {
  for (int i = 0; i < argc; i++) printf("arg %d %s\n", i, argv[i]);
  for (char **entry = environ; *entry != NULL; entry++) printf("env %s\n", *entry);
  // The copy below goes around stdio, so what stdio holds back has to go first.
  fflush(stdout);

  static char buffer[4096];
  size_t total = 0;
  ssize_t length;
  while ((length = read(STDIN_FILENO, buffer, sizeof buffer)) > 0) {
    if (write_all(STDOUT_FILENO, buffer, (size_t)length) < 0) return 70;
    total += (size_t)length;
  }
  fprintf(stderr, "stdin %zu bytes\n", total);
  return argc > 1 ? atoi(argv[1]) : 0;
}
