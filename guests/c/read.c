// The guest that reads a file from its beginning to its end, in pieces of one size.
//
//   read FILE SIZE [TIMES]
//
// Prints how many reads there were and a sum over their first bytes, all times together.

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: read FILE SIZE [TIMES]\n");
    return 2;
  }
  size_t size = (size_t)atol(argv[2]);
  unsigned char *buffer = malloc(size);
  int file = open(argv[1], O_RDONLY);
  if (buffer == NULL || file < 0) {
    perror(argv[1]);
    return 1;
  }
  long reads = 0;
  unsigned sum = 0;
  for (int times = argc > 3 ? atoi(argv[3]) : 1; times > 0; times--) {
    lseek(file, 0, SEEK_SET);
    ssize_t length;
    for (; (length = read(file, buffer, size)) > 0; reads++) sum += buffer[0];
    if (length < 0) {
      perror("read");
      return 1;
    }
  }
  printf("%ld reads, sum %u\n", reads, sum);
  return 0;
}
