// The guest that writes lines of 64 bytes to a file, each as it is finished: a log.
//
//   lines FILE COUNT
//
// Prints how many bytes it wrote.

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: lines FILE COUNT\n");
    return 2;
  }
  FILE *file = fopen(argv[1], "w");
  if (file == NULL || setvbuf(file, NULL, _IOLBF, 4096) != 0) {
    perror(argv[1]);
    return 1;
  }
  long bytes = 0;
  for (long count = atol(argv[2]); count > 0; count--) bytes += fprintf(file, "%063ld\n", count);
  if (fclose(file) != 0) {
    perror(argv[1]);
    return 1;
  }
  printf("%ld bytes\n", bytes);
  return 0;
}
