// The guest that wants ever more memory: says how much it got, and exits with 1 when there was no
// more.
//
// Each MiB is written to, so that it is really there.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
  enum { MEBIBYTE = 1 << 20, MOST = 1024 };
  for (int i = 0; i < MOST; i++) {
    char *volatile bytes = malloc(MEBIBYTE);
    if (bytes == NULL) {
      printf("%d MiB\n", i);
      return 1;
    }
    memset(bytes, i, MEBIBYTE);
  }
  return 0;
}
