// Prints results as fuzz/linux/guest.ts does: errnos by WASI's names, contents by a hash, times
// near the present as `now`.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "linux.h"

// A table of its own: one shared with the addon would hide a wrong row.
#define ROW(name) {E##name, #name}
static const struct {
  int error;
  const char* name;
} errnos[] = {
    ROW(ACCES), ROW(BADF),           ROW(BUSY),     ROW(EXIST),    ROW(FBIG),  ROW(INVAL),
    ROW(IO),    ROW(ISDIR),          ROW(LOOP),     ROW(MFILE),    ROW(MLINK), ROW(NODEV),
    ROW(NOENT), ROW(NOSPC),          ROW(NOSYS),    ROW(NOTDIR),   ROW(NXIO),  ROW(NAMETOOLONG),
    ROW(PERM),  ROW(ROFS),           ROW(NOTEMPTY), ROW(OVERFLOW), ROW(SPIPE), ROW(STALE),
    ROW(XDEV),  {ENOTSUP, "NOTSUP"}, ROW(TXTBSY),   ROW(NOTTY),    ROW(NFILE), ROW(NOMEM),
};

const char* errno_name(int error) {
  static char other[32];
  for (size_t i = 0; i < sizeof errnos / sizeof *errnos; i++)
    if (errnos[i].error == error) return errnos[i].name;
  snprintf(other, sizeof other, "errno-%d", error);
  return other;
}

int refused(void) {
  fputs(errno_name(errno), stdout);
  return 0;
}

// FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/
uint32_t hash(const void* bytes, size_t length) {
  const unsigned char* at = bytes;
  uint32_t sum = 2166136261u;
  for (size_t i = 0; i < length; i++) sum = (sum ^ at[i]) * 16777619u;
  return sum;
}

int filetype(mode_t mode) { return S_ISDIR(mode) ? 3 : S_ISREG(mode) ? 4 : S_ISLNK(mode) ? 7 : 0; }

static void print_time(const char* label, struct timespec time) {
  uint64_t nanoseconds = (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
  if (nanoseconds > 1500000000000000000u && nanoseconds < 3000000000000000000u)
    printf(" %s now", label);
  else
    printf(" %s %llu", label, (unsigned long long)nanoseconds);
}

void print_stat(const struct stat* found) {
  printf("type %d", filetype(found->st_mode));
  // The links and the size of a directory are its file system's own affair.
  if (!S_ISDIR(found->st_mode))
    printf(" x%llu %lld bytes", (unsigned long long)found->st_nlink, (long long)found->st_size);
  // The access time of a link shows how far a path was followed: also by leads_out().
  if (!S_ISLNK(found->st_mode)) print_time("atim", found->st_atim);
  print_time("mtim", found->st_mtim);
}

static int by_name(const void* one, const void* other) {
  return strcmp(*(char* const*)one, *(char* const*)other);
}

// Names in order, each with its filetype behind it; NULL and errno where the directory cannot be
// listed.
static char** list(int fd, size_t* count) {
  char** names = malloc(sizeof *names);
  *count = 0;
  int again = dup(fd);
  DIR* dir = again < 0 ? NULL : fdopendir(again);
  if (dir == NULL) {
    if (again >= 0) close(again);
    return NULL;
  }
  rewinddir(dir);
  errno = 0;
  for (struct dirent* entry; (entry = readdir(dir)) != NULL;) {
    int type = entry->d_type == DT_DIR   ? 3
               : entry->d_type == DT_REG ? 4
               : entry->d_type == DT_LNK ? 7
                                         : 0;
    names = realloc(names, (*count + 1) * sizeof *names);
    if (asprintf(&names[(*count)++], "%s:%d", entry->d_name, type) < 0) abort();
  }
  int error = errno;
  closedir(dir);
  errno = error;
  if (error != 0) return NULL;
  qsort(names, *count, sizeof *names, by_name);
  return names;
}

static void print_text(const char* text) {
  for (const unsigned char* at = (const unsigned char*)text; *at != '\0'; at++)
    printf(*at > ' ' && *at < 127 && *at != '%' ? "%c" : "%%%02x", *at);
}

void print_listing(int fd) {
  size_t count;
  char** names = list(fd, &count);
  if (names == NULL) {
    refused();
    return;
  }
  putchar('0');
  for (size_t i = 0; i < count; i++) {
    putchar(' ');
    print_text(names[i]);
    free(names[i]);
  }
  free(names);
}

static void print_content(int dir, const char* name, mode_t mode) {
  char bytes[4096];
  ssize_t length = -1;
  if (S_ISLNK(mode)) length = readlinkat(dir, name, bytes, sizeof bytes);
  int fd = S_ISREG(mode) ? openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
  if (fd >= 0) {
    length = pread(fd, bytes, sizeof bytes, 0);
    close(fd);
  }
  if (length >= 0) printf(" %08x", hash(bytes, (size_t)length));
}

void print_tree(int dir, const char* below) {
  size_t count;
  char** names = list(dir, &count);
  if (names == NULL) {
    fputs(" | ", stdout);
    print_text(below);
    putchar(' ');
    refused();
    return;
  }
  for (size_t i = 0; i < count; i++) {
    char* name = names[i];
    *strrchr(name, ':') = '\0';
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
    struct stat found;
    if (fstatat(dir, name, &found, AT_SYMLINK_NOFOLLOW) < 0) continue;
    fputs(" | ", stdout);
    print_text(below);
    putchar('/');
    print_text(name);
    putchar(' ');
    print_stat(&found);
    print_content(dir, name, found.st_mode);
    if (!S_ISDIR(found.st_mode)) continue;
    int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    char* path;
    if (asprintf(&path, "%s/%s", below, name) < 0) abort();
    print_tree(fd, path);
    close(fd);
    free(path);
  }
  for (size_t i = 0; i < count; i++) free(names[i]);
  free(names);
}
