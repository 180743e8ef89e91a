// The guest that walks a tree as programs do: lists each folder, asks for the attributes of each
// name, opens each file.
//
//   walk FOLDER [TIMES]
//
// Prints how many files and folders it met and how many bytes the files have, all times together.

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static long files, folders;
static long long bytes;

static void fail(const char *path) {
  perror(path);
  exit(1);
}

static void walk(const char *folder) {
  char path[1024];
  DIR *directory = opendir(folder);
  if (directory == NULL) fail(folder);
  folders++;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    struct stat s;
    if (stat(path, &s) != 0) fail(path);
    if (S_ISDIR(s.st_mode)) {
      walk(path);
      continue;
    }
    int file = open(path, O_RDONLY);
    if (file < 0 || close(file) != 0) fail(path);
    files++;
    bytes += s.st_size;
  }
  closedir(directory);
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: walk FOLDER [TIMES]\n");
    return 2;
  }
  for (int times = argc > 2 ? atoi(argv[2]) : 1; times > 0; times--) walk(argv[1]);
  printf("%ld files, %ld folders, %lld bytes\n", files, folders, bytes);
  return 0;
}
