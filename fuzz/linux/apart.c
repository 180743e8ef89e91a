// Confines the interpreter to a folder: a chroot of root's, or a user namespace of its own; a bind
// mount that can turn read-only.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "linux.h"

// The exit code by which the fuzzer knows that Linux cannot be asked here.
enum { cannot = 3 };

static void need(int result, const char* what) {
  if (result >= 0) return;
  fprintf(stderr, "%s: %s", what, strerror(errno));
  exit(cannot);
}

static void write_file(const char* path, const char* text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  need(fd, path);
  need((int)write(fd, text, strlen(text)), path);
  close(fd);
}

// Becomes root of a user namespace: https://man7.org/linux/man-pages/man7/user_namespaces.7.html
static void become_root(void) {
  char users[64];
  char groups[64];
  snprintf(users, sizeof users, "0 %u 1", geteuid());
  snprintf(groups, sizeof groups, "0 %u 1", getegid());
  need(unshare(CLONE_NEWUSER), "unshare a user namespace");
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/uid_map", users);
  write_file("/proc/self/gid_map", groups);
}

void enter(const char* folder, int read_only) {
  umask(022);
  if (geteuid() != 0) become_root();
  if (read_only) {
    need(unshare(CLONE_NEWNS), "unshare a mount namespace");
    need(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "make mounts private");
    need(mount(folder, folder, NULL, MS_BIND, NULL), "bind mount");
  }
  need(chroot(folder), "chroot");
  need(chdir("/"), "chdir");
}

// A user namespace cannot drop the flags that a mount came with.
void forbid_writing(void) {
  struct statvfs now;
  need(statvfs("/", &now), "statvfs");
  unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY;
  flags |= now.f_flag & ST_NOSUID ? MS_NOSUID : 0;
  flags |= now.f_flag & ST_NODEV ? MS_NODEV : 0;
  flags |= now.f_flag & ST_NOEXEC ? MS_NOEXEC : 0;
  flags |= now.f_flag & ST_NOATIME ? MS_NOATIME : 0;
  flags |= now.f_flag & ST_RELATIME ? MS_RELATIME : 0;
  need(mount(NULL, "/", NULL, flags, NULL), "remount read-only");
}
