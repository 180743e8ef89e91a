// A library that attacks the machine as it is loaded, by the calls that JavaScript cannot make: prints `CALL ERRNO` for each, OK if it succeeded.
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
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char* name, long result) {
  char line[128];
  const char* code = result >= 0 ? "OK" : strerrorname_np(errno);
  const int size = snprintf(line, sizeof(line), "%s %s\n", name, code == NULL ? "?" : code);
  if (write(1, line, (size_t)size) < 0) abort();
}

// What ends a process if it succeeds is done in another one, where there can be one.
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

static char* const words[] = {"sh", "-c", ":", NULL};
static char* const none[] = {NULL};
static long execute(void) { return execve("/bin/sh", words, none); }
// By every descriptor that the launcher may have had for it.
static long execute_descriptor(void) {
  for (int fd = 3; fd < 64; fd++) {
    const int program = open("/bin/sh", O_PATH);
    if (program < 0) return -1;
    if (fcntl(fd, F_GETFD) >= 0 && fd != program) continue;
    if (fd != program) dup2(program, fd);
    syscall(SYS_execveat, fd, "", words, none, AT_EMPTY_PATH);
    syscall(SYS_execveat, fd, "/bin/sh", words, none, AT_EMPTY_PATH);
    if (fd != program) close(fd);
    close(program);
  }
  return -1;
}
static long execute_memory(void) {
  const int fd = memfd_create("program", 0);
  if (fd < 0) return -1;
  if (write(fd, "#!/bin/sh\n", 10) != 10) return -1;
  return syscall(SYS_execveat, fd, "", words, none, AT_EMPTY_PATH);
}
static long new_user(void) { return unshare(CLONE_NEWUSER); }
static long new_mounts(void) { return unshare(CLONE_NEWNS); }
static long attach(void) { return ptrace(PTRACE_SEIZE, atoi(getenv("HOST")), 0, 0); }
static long another(void) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  return child < 0 ? -1 : waitpid(child, NULL, 0);
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
  // Where nothing lies the answer is EFAULT, for whoever may look.
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
// Without a terminal the call gets as far as to say so.
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
  // Of a terminal they go to whoever it listens to, the host with all of its group, without another word.
  if (pipe(ends) < 0) return -1;
  return fcntl(ends[0], F_SETFL, O_ASYNC);
}
static long signals_to_a_group_by_ioctl(void) {
  int ends[2];
  if (pipe(ends) < 0) return -1;
  return ioctl(ends[0], FIOASYNC, &(int){1});
}
// It takes a descriptor to read by, and no more.
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

#if defined(__x86_64__)
// getpid as a program of 32 bits makes it.
static long foreign(void) {
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "r8", "r9", "r10", "r11", "memory");
  if (result >= 0) return result;
  errno = (int)-result;
  return -1;
}
#else
static long foreign(void) { return 0; }
#endif

__attribute__((constructor)) static void attack(void) {
  // It ends the process where it is held, so that nothing else can be tried.
  if (getenv("FOREIGN") != NULL) return say("foreign", foreign());
  const pid_t host = atoi(getenv("HOST"));
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
  say("pidfd_open", syscall(434, host, 0));
  say("tgkill", syscall(SYS_tgkill, host, host, 0));
  say("tkill", syscall(SYS_tkill, host, 0));
  say("prlimit64", limit_host());
  say("setpriority", setpriority(PRIO_PROCESS, (id_t)host, getpriority(PRIO_PROCESS, (id_t)host)));
  say("sched_setaffinity", syscall(SYS_sched_setaffinity, host, 8, &(unsigned long){~0UL}));
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
}
