// Asks the kernel for paths that lead out of the directory they start from, which a guest may not
// follow.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "linux.h"

// https://man7.org/linux/man-pages/man2/openat2.2.html
struct how {
  uint64_t flags;
  uint64_t mode;
  uint64_t resolve;
};
enum { resolve_beneath = 0x08, nr_openat2 = 437 };

// The error of a look at a path, or 0. `follow` is 0 for calls that take the last name as it is: a
// slash behind it leads through no link.
static int look(int dir, const char* path, int follow, uint64_t resolve) {
  char* bare = strdup(path);
  if (follow == 0)
    for (size_t length = strlen(bare); length > 1 && bare[length - 1] == '/';)
      bare[--length] = '\0';
  struct how how = {.flags = O_PATH | O_CLOEXEC | (follow == 1 ? 0 : O_NOFOLLOW),
                    .resolve = resolve};
  long fd = syscall(nr_openat2, dir, bare, &how, sizeof how);
  int error = errno;
  free(bare);
  if (fd < 0 && error == ENOSYS) {
    fputs("openat2: this kernel has none", stderr);
    exit(3);
  }
  if (fd < 0) return error;
  close((int)fd);
  return 0;
}

// A path that leads out is walked twice, and its links are counted on: more than 20 are then too
// many.
static int escapes(int dir, const char* path, int follow) {
  int error = look(dir, path, follow, resolve_beneath);
  return error == EXDEV || (error == ELOOP && look(dir, path, follow, 0) != ELOOP);
}

// Follows: 1 through a link in the last place, 2 through one with a slash behind it, 0 never.
int leads_out(const struct step* step) {
  const int64_t* n = step->number;
  char* const* text = step->text;
  int dir = fd_at(step, 0);
  if (is(step, "path_open")) return escapes(dir, text[2], n[1] && (n[3] & 5) != 5 ? 1 : 2);
  if (is(step, "path_filestat_get") || is(step, "path_filestat_set_times"))
    return escapes(dir, text[2], n[1] ? 1 : 2);
  if (is(step, "path_readlink")) return escapes(dir, text[1], 2);
  if (is(step, "path_link"))
    return escapes(dir, text[2], n[1] ? 1 : 2) || escapes(fd_at(step, 3), text[4], 0);
  if (is(step, "path_rename"))
    return escapes(dir, text[1], 0) || escapes(fd_at(step, 2), text[3], 0);
  if (is(step, "path_symlink")) return text[0][0] == '/' || escapes(fd_at(step, 1), text[2], 0);
  return escapes(dir, text[1], 0);
}
