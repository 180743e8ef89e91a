/* memfd PROGRAM ...: runs a program whose standard input and output are one memfd that contains "the host's". */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>

int main(int count, char** words) {
  const int fd = memfd_create("streams", 0);
  if (count < 2 || fd < 0 || write(fd, "the host's", 10) != 10) return 1;
  if (dup2(fd, 0) < 0 || dup2(fd, 1) < 0) return 1;
  execv(words[1], words + 1);
  return 1;
}
