// A shared library that makes every system call as it is loaded, from the loading thread. It prints
// `NAME ERRNO` for each, or its number if it has no name here.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAMED(name) {#name, SYS_##name},
static const struct {
  const char* name;
  long number;
} named[] = {
#if defined(__x86_64__)
    NAMED(access) NAMED(arch_prctl) NAMED(epoll_wait) NAMED(link) NAMED(lstat) NAMED(mkdir) NAMED(open) NAMED(poll) NAMED(readlink)
    NAMED(rename) NAMED(rmdir) NAMED(stat) NAMED(symlink) NAMED(time) NAMED(unlink)
#endif
    NAMED(accept4) NAMED(brk) NAMED(clock_nanosleep) NAMED(clone) NAMED(close) NAMED(epoll_create1) NAMED(epoll_ctl)
    NAMED(epoll_pwait) NAMED(eventfd2) NAMED(execveat) NAMED(exit) NAMED(exit_group) NAMED(faccessat) NAMED(fadvise64) NAMED(fallocate)
    NAMED(fcntl) NAMED(fdatasync) NAMED(fstat) NAMED(fsync) NAMED(ftruncate) NAMED(futex) NAMED(getcpu) NAMED(getcwd)
    NAMED(getdents64) NAMED(getegid) NAMED(geteuid) NAMED(getgid) NAMED(getpeername) NAMED(getpid) NAMED(getppid)
    NAMED(getrandom) NAMED(getrusage) NAMED(getsockname) NAMED(gettid) NAMED(gettimeofday) NAMED(getuid) NAMED(ioctl) NAMED(linkat)
    NAMED(lseek) NAMED(madvise) NAMED(mkdirat) NAMED(mmap) NAMED(mprotect) NAMED(mremap) NAMED(munmap) NAMED(nanosleep)
    NAMED(newfstatat) NAMED(openat) NAMED(pipe2) NAMED(pkey_alloc) NAMED(pkey_free) NAMED(pkey_mprotect) NAMED(ppoll) NAMED(pread64)
    NAMED(preadv) NAMED(pwrite64) NAMED(pwritev) NAMED(read) NAMED(readlinkat) NAMED(readv) NAMED(recvfrom) NAMED(recvmsg)
    NAMED(renameat) NAMED(renameat2) NAMED(restart_syscall) NAMED(rseq) NAMED(rt_sigaction) NAMED(rt_sigprocmask)
    NAMED(rt_sigreturn) NAMED(sched_getaffinity) NAMED(sched_getparam) NAMED(sched_getscheduler) NAMED(sched_yield)
    NAMED(set_robust_list) NAMED(set_tid_address) NAMED(shutdown) NAMED(sigaltstack) NAMED(statx) NAMED(symlinkat) NAMED(sysinfo)
    NAMED(uname) NAMED(unlinkat) NAMED(write) NAMED(writev)
    {"clone3", 435}, {"openat2", 437}, {"faccessat2", 439}, {"epoll_pwait2", 441}, {"map_shadow_stack", 453}, {"mseal", 462},
};
enum { count = sizeof(named) / sizeof(*named) };

static const char* name_of(long number) {
  static char text[32];
  for (int i = 0; i < count; i++)
    if (named[i].number == number) return named[i].name;
  snprintf(text, sizeof(text), "%ld", number);
  return text;
}
static int is_one_of(const char* name, const char* const* names) {
  for (; *names != NULL; names++)
    if (strcmp(name, *names) == 0) return 1;
  return 0;
}

// Calls that end the thread, or return to a signal frame that does not exist. No filter sees the
// last two, of x86-64: the kernel lets them pass, and raises SIGILL for a caller that is no uprobe.
// @see https://man7.org/linux/man-pages/man2/seccomp.2.html
static const char* const ends[] = {"exit", "exit_group", "rt_sigreturn", "335", "336", NULL};
// Calls that this process would not survive, or that wait forever, with arguments that make sense.
// The filter allows all of them.
static const char* const own[] = {"brk", "mprotect", "munmap", "mremap", "mmap", "madvise", "pkey_alloc", "pkey_free", "pkey_mprotect", "mseal", "map_shadow_stack",
    "rseq", "set_robust_list", "set_tid_address", "rt_sigprocmask", "rt_sigaction", "sigaltstack", "arch_prctl", "futex", "getrandom", "getrandom",
    "close", "read", "readv", "poll", "ppoll", "epoll_wait", "epoll_pwait", "epoll_pwait2", "nanosleep", "clock_nanosleep", "accept4",
    "recvfrom", "recvmsg", "shutdown", "write", "writev", NULL};

static void say(FILE* to, const char* name, long result) {
  const char* code = result < 0 ? strerrorname_np(errno) : "OK";
  fprintf(to, "%s %s\n", name, code == NULL ? "?" : code);
}

static void sweep(long from, long to, FILE* said) {
  for (long number = from; number <= to; number++) {
    const char* const name = name_of(number);
    if (is_one_of(name, ends)) continue;
    // Invalid numbers, addresses and sizes: an allowed call fails with their error.
    errno = 0;
    const long result = syscall(number, -1L, -1L, -1L, -1L, -1L, -1L);
    say(said, name, result);
  }
}

// Plausible arguments: files and folders outside, the standard streams, and the host.
static void plausible(void) {
  static char inside[65536];
  char outside[4096];
  char second[4096];
  const long one = (long)outside;
  const long two = (long)second;
  const long room = (long)inside;
  const long host = atoi(getenv("HOST"));
  const long sets[][6] = {
      {one, two, room, 4096, 0, 0},   {two, one, 0, 0, 0, 0},        {one, 0, 0, 0, 0, 0},           {one, 0666, 0, 0, 0, 0},
      {AT_FDCWD, one, AT_FDCWD, two}, {AT_FDCWD, two, 0, 0, 0, 0},   {AT_FDCWD, one, room, 4096, 0}, {AT_FDCWD, one, 0777, 0, 0, 0},
      {AT_FDCWD, one, O_RDWR | O_TRUNC, 0, 0, 0},
      {0, room, 100, 0, 0, 0},        {1, room, 100, 0, 0, 0},       {1, 0, 0, 0, 0, 0},             {2, 1, 0, 0, 0, 0},
      {host, 9, 0, 0, 0, 0},          {host, host, 9, 0, 0, 0},      {host, room, 1, room, 1, 0},    {0, host, 9, 0, 0, 0},
      {0, host, 0, room, 0, 0},       {0, 0, 0, 0, 0, 0},            {1, 1, 1, 1, 1, 1},
  };
  for (long number = 0; number < 700; number++) {
    const char* const name = name_of(number);
    if (is_one_of(name, ends) || is_one_of(name, own)) continue;
    for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
      // Some calls write to these addresses.
      snprintf(outside, sizeof(outside), "%s/../outside/secret", getenv("BOX"));
      snprintf(second, sizeof(second), "%s/../outside/empty", getenv("BOX"));
      const long* const a = sets[i];
      syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    }
  }
}

__attribute__((constructor)) static void all(void) {
  char path[4096];
  snprintf(path, sizeof(path), "%s/swept", getenv("BOX"));
  FILE* const said = fopen(path, "w");
  if (said == NULL) abort();
  sweep(0, 700, said);
#if defined(__x86_64__)
  sweep(0x40000000, 0x40000000 + 700, said);
#endif
  fclose(said);
  plausible();
}
