// Makes a hostcall's call of Linux: the one that its row in lib/abi/table.ts names.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "linux.h"

enum { slots = 10, root = 3 };
enum { oflag_creat = 1, oflag_directory = 2, oflag_excl = 4, oflag_trunc = 8 };
enum { fdflag_append = 1, fdflag_dsync = 2, fdflag_nonblock = 4, fdflag_sync = 16 };
enum { set_atim = 1, atim_now = 2, set_mtim = 4, mtim_now = 8 };

static int fds[slots];
static char room[1 << 17];

void open_root(void) {
  for (int i = 0; i < slots; i++) fds[i] = -1;
  fds[root] = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int fd_at(const struct step* step, int place) {
  int64_t slot = step->number[place];
  return slot >= 0 && slot < slots ? fds[slot] : -1;
}

static int open_flags(int64_t oflags, int64_t access, int64_t fdflags) {
  static const int ways[] = {O_RDONLY, O_RDONLY, O_WRONLY, O_RDWR};
  int flags = ways[access] | O_CLOEXEC | O_NOCTTY;
  flags |= oflags & oflag_creat ? O_CREAT : 0;
  flags |= oflags & oflag_directory ? O_DIRECTORY : 0;
  flags |= oflags & oflag_excl ? O_EXCL : 0;
  flags |= oflags & oflag_trunc ? O_TRUNC : 0;
  flags |= fdflags & fdflag_append ? O_APPEND : 0;
  flags |= fdflags & fdflag_nonblock ? O_NONBLOCK : 0;
  flags |= fdflags & fdflag_dsync ? O_DSYNC : 0;
  flags |= fdflags & fdflag_sync ? O_SYNC : 0;
  return flags;
}

// path_open: directory, follow, path, oflags, access, fdflags, the slot that takes it.
static void open_path(const struct step* step) {
  const int64_t* n = step->number;
  int flags = open_flags(n[3], n[4], n[5]) | (n[1] ? 0 : O_NOFOLLOW);
  // Before Linux 6.4 such a call made a file: https://git.kernel.org/torvalds/c/43b450632676
  int fd = -1;
  errno = EINVAL;
  if ((n[3] & 3) != 3) fd = openat(fd_at(step, 0), step->text[2], flags, 0666);
  if (fd < 0) {
    refused();
    return;
  }
  int* slot = &fds[n[6]];
  if (*slot >= 0) close(*slot);
  *slot = fd;
  struct stat found;
  fstat(fd, &found);
  printf("0 %d", filetype(found.st_mode));
}

static void renumber(const struct step* step) {
  int* from = &fds[step->number[0]];
  int* into = &fds[step->number[1]];
  if (*from < 0 || *into < 0) {
    errno = EBADF;
    refused();
    return;
  }
  if (from != into) {
    close(*into);
    *into = *from;
    *from = -1;
  }
  putchar('0');
}

static void fdstat(int fd) {
  struct stat found;
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fstat(fd, &found) < 0) {
    refused();
    return;
  }
  int fdflags = (flags & O_APPEND ? fdflag_append : 0) | (flags & O_NONBLOCK ? fdflag_nonblock : 0);
  fdflags |= (flags & O_SYNC) == O_SYNC ? fdflag_sync : flags & O_DSYNC ? fdflag_dsync : 0;
  printf("0 type %d flags %d", filetype(found.st_mode), fdflags);
}

static int set_times(int dir, const char* path, int follow, const struct step* step, int place) {
  int64_t flags = step->number[place + 2];
  if ((flags & 3) == 3 || (flags & 12) == 12) {
    errno = EINVAL;
    return -1;
  }
  struct timespec times[2];
  for (int i = 0; i < 2; i++) {
    uint64_t time = (uint64_t)step->number[place + i];
    int64_t of = flags >> (2 * i);
    times[i].tv_sec = (time_t)(time / 1000000000u);
    times[i].tv_nsec = of & set_atim   ? (long)(time % 1000000000u)
                       : of & atim_now ? UTIME_NOW
                                       : UTIME_OMIT;
  }
  return path == NULL ? futimens(dir, times)
                      : utimensat(dir, path, times, follow ? 0 : AT_SYMLINK_NOFOLLOW);
}

static void transferred(ssize_t length, int reads) {
  if (length < 0)
    refused();
  else if (reads)
    printf("0 %zd %08x", length, hash(room, (size_t)length));
  else
    printf("0 %zd", length);
}

static void offset(off_t at) {
  if (at < 0)
    refused();
  else
    printf("0 %lld", (long long)at);
}

static void stat_said(int result, const struct stat* found) {
  if (result < 0) {
    refused();
    return;
  }
  fputs("0 ", stdout);
  print_stat(found);
}

static void said(int result) {
  if (result < 0)
    refused();
  else
    putchar('0');
}

static int posix(int error) {
  errno = error;
  return error == 0 ? 0 : -1;
}

static void on_descriptor(const struct step* step) {
  const int64_t* n = step->number;
  int fd = fd_at(step, 0);
  struct stat found;
  if (is(step, "fd_close")) {
    said(close(fd));
    fds[n[0]] = -1;
  } else if (is(step, "fd_renumber")) {
    renumber(step);
  } else if (is(step, "fd_read")) {
    transferred(read(fd, room, (size_t)n[1]), 1);
  } else if (is(step, "fd_pread")) {
    transferred(pread(fd, room, (size_t)n[1], n[2]), 1);
  } else if (is(step, "fd_write") || is(step, "fd_pwrite")) {
    memset(room, (int)(65 + n[1] % 26), (size_t)n[1]);
    transferred(
        is(step, "fd_write") ? write(fd, room, (size_t)n[1]) : pwrite(fd, room, (size_t)n[1], n[2]),
        0);
  } else if (is(step, "fd_seek")) {
    static const int whences[] = {SEEK_SET, SEEK_CUR, SEEK_END};
    offset(lseek(fd, n[1], whences[n[2]]));
  } else if (is(step, "fd_tell")) {
    offset(lseek(fd, 0, SEEK_CUR));
  } else if (is(step, "fd_filestat_set_size")) {
    said(ftruncate(fd, n[1]));
  } else if (is(step, "fd_allocate")) {
    said(fallocate(fd, 0, n[1], n[2]));
  } else if (is(step, "fd_advise")) {
    static const int advices[] = {0, 2, 1, 3, 4, 5};
    said(posix(posix_fadvise(fd, n[1], n[2], advices[n[3]])));
  } else if (is(step, "fd_filestat_get")) {
    int result = fstat(fd, &found);
    stat_said(result, &found);
  } else if (is(step, "fd_filestat_set_times")) {
    said(set_times(fd, NULL, 0, step, 1));
  } else if (is(step, "fd_fdstat_get")) {
    fdstat(fd);
  } else if (is(step, "fd_fdstat_set_flags")) {
    said(fcntl(fd, F_SETFL, open_flags(0, 0, n[1])));
  } else if (is(step, "fd_sync")) {
    said(fsync(fd));
  } else if (is(step, "fd_datasync")) {
    said(fdatasync(fd));
  } else if (is(step, "fd_readdir")) {
    print_listing(fd);
  } else {
    fprintf(stderr, "no such call: %s\n", step->name);
    exit(2);
  }
}

static void on_path(const struct step* step) {
  const int64_t* n = step->number;
  char* const* text = step->text;
  int dir = fd_at(step, 0);
  struct stat found;
  if (is(step, "path_open")) {
    open_path(step);
  } else if (is(step, "path_create_directory")) {
    said(mkdirat(dir, text[1], 0777));
  } else if (is(step, "path_remove_directory")) {
    said(unlinkat(dir, text[1], AT_REMOVEDIR));
  } else if (is(step, "path_unlink_file")) {
    said(unlinkat(dir, text[1], 0));
  } else if (is(step, "path_rename")) {
    said(renameat(dir, text[1], fd_at(step, 2), text[3]));
  } else if (is(step, "path_link")) {
    said(linkat(dir, text[2], fd_at(step, 3), text[4], n[1] ? AT_SYMLINK_FOLLOW : 0));
  } else if (is(step, "path_symlink")) {
    said(symlinkat(text[0], fd_at(step, 1), text[2]));
  } else if (is(step, "path_readlink")) {
    transferred(readlinkat(dir, text[1], room, (size_t)n[2]), 1);
  } else if (is(step, "path_filestat_get")) {
    int result = fstatat(dir, text[2], &found, n[1] ? 0 : AT_SYMLINK_NOFOLLOW);
    stat_said(result, &found);
  } else if (is(step, "path_filestat_set_times")) {
    said(set_times(dir, text[2], (int)n[1], step, 3));
  } else {
    fprintf(stderr, "no such call: %s\n", step->name);
    exit(2);
  }
}

void play(const struct step* step) {
  if (is(step, "tree")) {
    print_tree(fds[root], "");
    return;
  }
  if (strncmp(step->name, "path_", 5) != 0) {
    on_descriptor(step);
    return;
  }
  int out = leads_out(step);
  on_path(step);
  if (out) fputs(" escapes", stdout);
}
