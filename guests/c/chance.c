// The guest that shows what differs between two runs of a program: time, random bytes, the order of
// a directory, inodes.
//
//   chance FOLDER
//
// Prints the time of day, how long a sleep of a minute took, a random number, and each name in
// FOLDER with its inode and time of modification, in the order of the listing.

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: chance FOLDER\n");
    return 2;
  }
  char day[32];
  time_t now = time(NULL);
  strftime(day, sizeof day, "%Y-%m-%d %H:%M:%S", gmtime(&now));
  printf("now %s\n", day);

  struct timespec before, after, minute = {.tv_sec = 60};
  clock_gettime(CLOCK_MONOTONIC, &before);
  nanosleep(&minute, NULL);
  clock_gettime(CLOCK_MONOTONIC, &after);
  printf("slept %ld seconds\n", (long)(after.tv_sec - before.tv_sec));

  unsigned number;
  if (getentropy(&number, sizeof number) != 0) return 1;
  printf("drew %u\n", number);

  DIR *folder = opendir(argv[1]);
  if (folder == NULL || chdir(argv[1]) != 0) {
    perror(argv[1]);
    return 1;
  }
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    struct stat s;
    if (entry->d_name[0] == '.' || stat(entry->d_name, &s) != 0) continue;
    printf("%s: inode %llu, modified %lld\n", entry->d_name, (unsigned long long)s.st_ino,
           (long long)s.st_mtim.tv_sec);
  }
  closedir(folder);
  return 0;
}
