// A shared library that attacks the machine as it is loaded, by calls that JavaScript cannot make.
// It prints `CALL ERRNO` for each, or OK on success.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

static void say(const char* name, long result) {
  char line[128];
  const char* code = result >= 0 ? "OK" : strerrorname_np(errno);
  const int size = snprintf(line, sizeof(line), "%s %s\n", name, code == NULL ? "?" : code);
  if (write(1, line, (size_t)size) < 0) abort();
}

// Runs `what` in a child process, if the sandbox allows one, because success would end this
// process.
static long apart(long (*what)(void)) {
  const pid_t child = fork();
  if (child < 0) return what();
  if (child == 0) {
    const long result = what();
    _exit(result < 0 ? errno : 0);
  }
  int status = 0;
  if (waitpid(child, &status, 0) < 0) return -1;
  errno = WEXITSTATUS(status);
  return errno == 0 ? 0 : -1;
}

static char* const words[] = {"sh", "--version", NULL};
static char* const shell[] = {"sh", "-c", ":", NULL};
static char* const none[] = {NULL};
static long execute(void) { return execve("/bin/sh", shell, none); }
// Tries every descriptor that the launcher may have used, to execute the allowed program a second
// time.
static long execute_descriptor(void) {
  const char* const path = getenv("PROGRAM");
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  static int opened[1100];
  int count = 0;
  for (int fd = 3; fd < 1100; fd++) {
    int program = open(path, O_PATH);
    if (program < 0) break;
    if (fd != program && fcntl(fd, F_GETFD) < 0 && dup2(program, fd) == fd) {
      close(program);
      program = fd;
    }
    // Fills the descriptor table up if dup2(2) is refused, by opening the program again and again.
    opened[count++] = program;
    syscall(SYS_execveat, program, "", words, none, AT_EMPTY_PATH);
    syscall(SYS_execveat, program, path, words, none, AT_EMPTY_PATH);
  }
  while (count > 0) close(opened[--count]);
  return syscall(SYS_execveat, 1024, "", words, none, AT_EMPTY_PATH);
}
static long execute_memory(void) {
  const int fd = memfd_create("program", 0);
  if (fd < 0) return -1;
  if (write(fd, "#!/bin/sh\n", 10) != 10) return -1;
  return syscall(SYS_execveat, fd, "", shell, none, AT_EMPTY_PATH);
}
static long new_user(void) { return unshare(CLONE_NEWUSER); }
static long new_mounts(void) { return unshare(CLONE_NEWNS); }
static long attach(void) { return ptrace(PTRACE_SEIZE, atoi(getenv("HOST")), 0, 0); }
static long another(void) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  // Waiting for a child is another right.
  if (child > 0) waitpid(child, NULL, 0);
  return child;
}
static long memory_by_name(void) {
  const int memory = shmget(IPC_PRIVATE, 4096, 0600);
  return memory < 0 ? -1 : shmctl(memory, IPC_RMID, NULL);
}
static long node_of_a_device(void) {
  char path[4096];
  snprintf(path, sizeof(path), "%s/fifo", getenv("BOX"));
  return mknod(path, S_IFIFO | 0600, 0);
}
static long leave_session(void) { return setsid(); }
static long outlive(void) { return prctl(PR_SET_PDEATHSIG, 0); }
static long other_memory(void) {
  char byte;
  const struct iovec here = {&byte, 1};
  // An unmapped address fails with EFAULT in a process that may read the other's memory.
  const struct iovec there = {NULL, 1};
  const long result = process_vm_readv(atoi(getenv("HOST")), &here, 1, &there, 1, 0);
  return result < 0 && errno == EFAULT ? 0 : result;
}
static long handle(void) {
  struct {
    struct file_handle handle;
    unsigned char room[128];
  } name = {.handle = {.handle_bytes = 128}};
  int mount;
  return name_to_handle_at(AT_FDCWD, "/etc", &name.handle, &mount, 0);
}
static long ring(void) {
  char parameters[256] = {0};
  return syscall(425, 1, parameters);
}
static long limit_host(void) {
  struct rlimit limit;
  return prlimit(atoi(getenv("HOST")), RLIMIT_NOFILE, NULL, &limit);
}
// Without a terminal an allowed call fails with ENOTTY.
static long type_for_user(void) {
  char key = 'x';
  const long result = ioctl(0, 0x5412 /* TIOCSTI */, &key);
  return result < 0 && (errno == ENOTTY || errno == EIO) ? 0 : result;
}
static long signals_of_files(void) {
  int ends[2];
  if (pipe(ends) < 0) return -1;
  return fcntl(ends[0], F_SETOWN, atoi(getenv("HOST")));
}
static long signals_to_a_group(void) {
  int ends[2];
  // A terminal sends these signals to its whole foreground process group, the host's included,
  // without F_SETOWN.
  if (pipe(ends) < 0) return -1;
  return fcntl(ends[0], F_SETFL, O_ASYNC);
}
static long signals_to_a_group_by_ioctl(void) {
  int ends[2];
  if (pipe(ends) < 0) return -1;
  return ioctl(ends[0], FIOASYNC, &(int){1});
}
// Setting inode flags takes only a descriptor opened for reading.
static long mark(void) {
  char path[4096];
  snprintf(path, sizeof(path), "%s/../read-only/f", getenv("BOX"));
  const int file = open(path, O_RDONLY);
  int flags = 0;
  if (file < 0 || ioctl(file, FS_IOC_GETFLAGS, &flags) < 0) return -1;
  flags |= FS_NODUMP_FL;
  return ioctl(file, FS_IOC_SETFLAGS, &flags);
}
static long extend(void) { return syscall(SYS_setxattr, "/proc/self/cwd", "user.x", "x", 1, 0) < 0 && errno == EPERM ? -1 : 0; }

static const char* in_read_only(void) {
  static char path[4096];
  snprintf(path, sizeof(path), "%s/../read-only/f", getenv("BOX"));
  return path;
}
static const char* outside(void) {
  static char path[4096];
  snprintf(path, sizeof(path), "%s/../outside/secret", getenv("BOX"));
  return path;
}
// Resources that the kernel counts per user, or for the whole machine.
static long copy(void) { return dup(2); }
static long copy_to(void) { return dup2(2, 60); }
static long copy_to_with_flags(void) { return dup3(2, 61, 0); }
static long copy_by_fcntl(void) { return fcntl(2, F_DUPFD, 0); }
static long copy_by_fcntl_cloexec(void) { return fcntl(2, F_DUPFD_CLOEXEC, 0); }
static long descriptors_of_its_own(void) { return unshare(CLONE_FILES); }
static long close_with_descriptors_of_its_own(void) { return syscall(436, 1u << 20, 1u << 20, 2 /* CLOSE_RANGE_UNSHARE */); }
static int end_thread(void* argument) {
  (void)argument;
  syscall(SYS_exit, 0);
  return 0;
}
static long thread_with_descriptors_of_its_own(void) {
  static char stack[65536];
  return clone(end_thread, stack + sizeof(stack), CLONE_VM | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, NULL);
}
static long events(void) {
  unsigned long context = 0;
  const long result = syscall(SYS_io_setup, 1, &context);
  if (result >= 0) syscall(SYS_io_destroy, context);
  return result;
}
static long message(void) { return syscall(SYS_sendmsg, 3, &(struct msghdr){0}, MSG_DONTWAIT); }
static long messages(void) { return sendmmsg(3, &(struct mmsghdr){{0}, 0}, 1, MSG_DONTWAIT); }
static long send_elsewhere(void) {
  const struct sockaddr nowhere = {AF_UNSPEC, {0}};
  const long result = sendto(3, "", 0, MSG_DONTWAIT, &nowhere, sizeof(nowhere));
  return result < 0 && errno == EISCONN ? 0 : result;
}
static long socket_option(void) { return setsockopt(3, SOL_SOCKET, SO_RCVLOWAT, &(int){1}, sizeof(int)); }
static long peer(void) {
  int fd = -1;
  socklen_t size = sizeof(fd);
  return getsockopt(3, SOL_SOCKET, 77 /* SO_PEERPIDFD */, &fd, &size);
}
static long timer(void) {
  int id = 0;
  return syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &id);
}
static long pipe_size(void) {
  int ends[2];
  return pipe2(ends, 0) < 0 ? -1 : fcntl(ends[0], F_SETPIPE_SZ, 8192);
}
static long watch_names(void) { return syscall(SYS_inotify_init1, 0); }
static long queue_signals(void) {
  const int signal_number = SIGRTMIN + 5;
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, signal_number);
  sigprocmask(SIG_BLOCK, &blocked, NULL);
  long result = 0;
  for (int i = 0; i < 1000 && result == 0; i++) result = syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), signal_number);
  const int error = errno;
  signal(signal_number, SIG_IGN);
  errno = error;
  return result;
}
static long lock_memory(void) { return mlock(&end_thread, 1); }
// Each pair of an epoll and a descriptor counts for the user, as long as the file is open
// (epoll(7)).
static long watch_descriptors(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  enum { half = 1200 };
  static int watched[half];
  static int polls[half];
  int count = 0;
  int error = 0;
  long pairs = 0;
  for (int i = 0; i < half; i++, count++) {
    watched[i] = eventfd(0, 0);
    const int poll = polls[i] = epoll_create1(0);
    error = errno;
    if (watched[i] < 0 || poll < 0) break;
    for (int j = 0; j <= i; j++) {
      struct epoll_event event = {.events = EPOLLIN};
      if (epoll_ctl(poll, EPOLL_CTL_ADD, watched[j], &event) == 0) pairs++;
    }
  }
  for (int i = 0; i <= count && i < half; i++) {
    close(watched[i]);
    close(polls[i]);
  }
  errno = error;
  return pairs > 1 << 18 ? 0 : -1;
}
// Locks a read-only file, which belongs to the host and must not make it wait.
static long lock_file(void) { return flock(open(in_read_only(), O_RDONLY), LOCK_EX | LOCK_NB); }
static long lock_by(int command) {
  struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
  const int file = open(in_read_only(), O_RDONLY);
  const long result = fcntl(file, command, &lock);
  close(file);
  return result;
}
static long lock_record(void) { return lock_by(F_SETLK); }
static long lock_record_of_description(void) { return lock_by(F_OFD_SETLK); }
static long lease(void) {
  const int file = open(in_read_only(), O_RDONLY);
  const long result = fcntl(file, F_SETLEASE, F_RDLCK);
  close(file);
  return result;
}
static long hear_of_folder(void) { return fcntl(open(getenv("BOX"), O_RDONLY), F_NOTIFY, DN_CREATE); }
// Attributes and times of files outside.
static long read_attribute(void) {
  const long result = getxattr(outside(), "user.secret", NULL, 0);
  return result < 0 && (errno == ENODATA || errno == EOPNOTSUPP) ? 0 : result;
}
static long list_attributes(void) { return listxattr(outside(), NULL, 0); }
static long list_attributes_of_opened(void) { return flistxattr(open(in_read_only(), O_RDONLY), NULL, 0); }
static long touch(void) { return utimensat(AT_FDCWD, outside(), NULL, 0); }
static long touch_standard_stream(void) { return futimens(1, NULL) < 0 && errno == EPERM ? -1 : 0; }
#if defined(__x86_64__)
static long touch_as_of_old(void) { return syscall(SYS_utimes, outside(), NULL); }
#endif
// Identities, filters, and queries about other processes.
static long same_user(void) { return setresuid((uid_t)-1, (uid_t)-1, (uid_t)-1); }
static long same_group(void) { return setgid(getgid()); }
static long filter(void) { return syscall(SYS_seccomp, 2 /* SECCOMP_GET_ACTION_AVAIL */, 0, &(unsigned){0x7fff0000}); }
static long ask_filter(void) { return prctl(PR_GET_SECCOMP); }
static long rules(void) { return syscall(444 /* landlock_create_ruleset */, NULL, 0, 1); }
static pid_t host(void) { return atoi(getenv("HOST")); }
static long priority(void) { return syscall(SYS_getpriority, PRIO_PROCESS, host()); }
static long processors(void) { return syscall(SYS_sched_getaffinity, host(), sizeof(unsigned long) * 16, (unsigned long[16]){0}); }
static long clock_of_host(void) { return syscall(SYS_clock_gettime, (~host() << 3) | 2, &(struct timespec){0, 0}); }
static long robust_list(void) {
  void* head;
  size_t size;
  return syscall(SYS_get_robust_list, host(), &head, &size);
}
static long capabilities(void) {
  struct {
    unsigned version;
    int pid;
  } header = {0x20080522, host()};
  return syscall(SYS_capget, &header, (unsigned[6]){0});
}

#if defined(__x86_64__)
// Makes a call as a 32-bit program does.
static long foreign(long call) {
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(call), "b"(0), "c"(0), "d"(0) : "r8", "r9", "r10", "r11", "memory");
  if (result >= 0) return result;
  errno = (int)-result;
  return -1;
}
// The same calls under their x32 numbers.
static long x32(void) { return syscall(0x40000000 | SYS_getpid) < 0 && errno == ENOSYS ? -1 : 0; }
#else
static long foreign(long call) { return call < 0; }
#endif

__attribute__((constructor)) static void attack(void) {
  // A refused one kills the process, so it is the only call made.
  if (getenv("FOREIGN") != NULL) return say("foreign", foreign(atol(getenv("FOREIGN"))));
  say("execve", apart(execute));
  say("execveat", apart(execute_descriptor));
  say("execveat of memory", apart(execute_memory));
  say("fork", another());
  say("setsid", apart(leave_session));
  say("unshare of users", apart(new_user));
  say("unshare of mounts", apart(new_mounts));
  say("ptrace", apart(attach));
  say("prctl PDEATHSIG", apart(outlive));
  say("process_vm_readv", other_memory());
  say("pidfd_open", syscall(434, host(), 0));
  say("tgkill", syscall(SYS_tgkill, host(), host(), 0));
  say("tkill", syscall(SYS_tkill, host(), 0));
  say("prlimit64", limit_host());
  say("setpriority", setpriority(PRIO_PROCESS, (id_t)host(), getpriority(PRIO_PROCESS, (id_t)host())));
  say("sched_setaffinity", syscall(SYS_sched_setaffinity, host(), 8, &(unsigned long){~0UL}));
  say("name_to_handle_at", handle());
  say("io_uring_setup", ring());
  say("shmget", memory_by_name());
  say("keyctl", syscall(SYS_keyctl, 0, -3, 0));
  say("memfd_create", memfd_create("m", 0));
  say("socketpair", syscall(SYS_socketpair, 1, 1, 0, (int[2]){0}));
  say("TIOCSTI", type_for_user());
  say("F_SETOWN", signals_of_files());
  say("O_ASYNC", signals_to_a_group());
  say("FIOASYNC", signals_to_a_group_by_ioctl());
  say("FS_IOC_SETFLAGS", mark());
  say("setxattr", extend());
  say("personality", syscall(SYS_personality, 0xffffffffUL));
  say("mknod", node_of_a_device());
  say("dup", apart(copy));
  say("dup2", apart(copy_to));
  say("dup3", apart(copy_to_with_flags));
  say("F_DUPFD", apart(copy_by_fcntl));
  say("F_DUPFD_CLOEXEC", apart(copy_by_fcntl_cloexec));
  say("unshare of descriptors", apart(descriptors_of_its_own));
  say("CLOSE_RANGE_UNSHARE", close_with_descriptors_of_its_own());
  say("clone without CLONE_FILES", thread_with_descriptors_of_its_own());
  say("io_setup", events());
  say("sendmsg", message());
  say("sendmmsg", messages());
  say("sendto an address", send_elsewhere());
  say("setsockopt", socket_option());
  say("SO_PEERPIDFD", peer());
  say("timer_create", timer());
  say("F_SETPIPE_SZ", pipe_size());
  say("inotify_init1", watch_names());
  say("signals that wait", apart(queue_signals));
  say("mlock", lock_memory());
  say("watches of epoll", apart(watch_descriptors));
  say("flock", apart(lock_file));
  say("F_SETLK", lock_record());
  say("F_OFD_SETLK", lock_record_of_description());
  say("F_SETLEASE", lease());
  say("F_NOTIFY", apart(hear_of_folder));
  say("getxattr", read_attribute());
  say("listxattr", list_attributes());
  say("flistxattr", list_attributes_of_opened());
  say("truncate", truncate(outside(), 3));
  say("utimensat", touch());
  say("futimens of standard output", touch_standard_stream());
  say("setresuid", same_user());
  say("setgid", same_group());
  say("seccomp", filter());
  say("PR_GET_SECCOMP", ask_filter());
  say("landlock_create_ruleset", rules());
  say("getpriority", priority());
  say("sched_getaffinity", processors());
  say("clock of the host", clock_of_host());
  say("get_robust_list", robust_list());
  // Interrupts the processors of all processes that registered for it (membarrier(2)).
  say("membarrier", syscall(SYS_membarrier, 2 /* MEMBARRIER_CMD_GLOBAL_EXPEDITED */, 0, 0));
  say("capget", capabilities());
  say("getpgid", syscall(SYS_getpgid, host()));
  say("getsid", syscall(SYS_getsid, host()));
  say("ioprio_get", syscall(SYS_ioprio_get, 1, host()));
#if defined(__x86_64__)
  say("utimes", touch_as_of_old());
  say("x32", x32());
#endif
}
