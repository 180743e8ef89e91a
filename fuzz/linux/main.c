// Makes the calls of a drawn program of Linux itself, in a folder as its root: `linux FOLDER [ro] <
// PROGRAM`, an answer a line.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "linux.h"

static char* decode(char* hex) {
  char* bytes = hex;
  for (; hex[0] != '\0' && hex[1] != '\0'; hex += 2) {
    char digits[3] = {hex[0], hex[1], '\0'};
    *bytes++ = (char)strtoul(digits, NULL, 16);
  }
  char* end = bytes;
  *end = '\0';
  return end;
}

static struct step parse(char* line) {
  struct step step = {.name = strtok(line, " \n")};
  char* word;
  for (int i = 0; i < most_arguments && (word = strtok(NULL, " \n")) != NULL; i++) {
    if (word[0] == 'x') {
      decode(word + 1);
      step.text[i] = word + 1;
    } else {
      // Both halves of 64 bits: a size of a guest has no sign, an offset to seek by has one.
      step.number[i] =
          word[0] == '-' ? (int64_t)strtoll(word, NULL, 10) : (int64_t)strtoull(word, NULL, 10);
    }
  }
  return step;
}

// The tree that a program begins with.
static int build(const struct step* step) {
  const char* path = step->text[0];
  if (strcmp(step->name, "dir") == 0) return mkdir(path, 0777);
  if (strcmp(step->name, "link") == 0) return symlink(step->text[1], path);
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return -1;
  char text[70000];
  memset(text, (int)step->number[2], sizeof text);
  ssize_t written = write(fd, text, (size_t)step->number[1]);
  close(fd);
  return written == step->number[1] ? 0 : -1;
}

int main(int count, char** arguments) {
  if (count < 2) return 2;
  int read_only = count > 2;
  enter(arguments[1], read_only);
  static char line[1 << 16];
  int built = 0;
  while (fgets(line, sizeof line, stdin) != NULL) {
    struct step step = parse(line);
    if (!built && strcmp(step.name, "go") != 0) {
      if (build(&step) < 0) {
        perror(step.text[0]);
        return 2;
      }
    } else if (!built) {
      built = 1;
      if (read_only) forbid_writing();
      open_root();
    } else {
      play(&step);
      putchar('\n');
    }
  }
  return 0;
}
