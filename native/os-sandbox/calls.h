// System calls of the process in the OS sandbox, each with its reason. The filter refuses every
// call that is not listed here.
#pragma once
#include <sys/syscall.h>

namespace wasi_common::os_sandbox {

#if defined(__x86_64__)
constexpr unsigned architecture = 0xc000003e;
#elif defined(__aarch64__)
constexpr unsigned architecture = 0xc00000b7;
#else
// The call numbers of this architecture are unknown, so no filter is installed.
constexpr unsigned architecture = 0;
#endif

// Calls from this number on get ENOSYS, as from a kernel that is older than they are. Newer calls
// below it have the same number on every architecture.
constexpr unsigned not_looked_at = 463;

// Calls that reach this process only, or files that Landlock checks.
constexpr unsigned allowed[] = {
    // Memory of this process: the heaps of V8 and libc, compiled code, and its protection.
    SYS_brk,
    SYS_munmap,
    SYS_mprotect,
    SYS_mremap,
    SYS_madvise,
    SYS_pkey_alloc,
    SYS_pkey_free,
    SYS_pkey_mprotect,
    453 /* map_shadow_stack */,
    462 /* mseal */,
    // Threads: libc starts and ends them, and makes them wait for each other. `clone` is below.
    SYS_futex,
    SYS_set_robust_list,
    SYS_set_tid_address,
    SYS_rseq,
    SYS_gettid,
    SYS_sched_yield,
    SYS_getcpu,
#if defined(__x86_64__)
    SYS_arch_prctl,
#endif
    SYS_exit,
    SYS_exit_group,
    // Signals to itself: Node sets handlers at its start, and V8 for WebAssembly traps. `kill` is
    // below.
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sigaltstack,
    SYS_restart_syscall,
    // Queries about itself and the machine: process.pid, memory limits of V8, node:os.
    SYS_getpid,
    SYS_getppid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_getrusage,
    SYS_uname,
    SYS_sysinfo,
    SYS_getcwd,
    // Time and randomness, if the vDSO does not serve them. `clock_gettime` is below.
    SYS_nanosleep,
    SYS_gettimeofday,
#if defined(__x86_64__)
    SYS_time,
#endif
    SYS_getrandom,
    // libuv's event loop.
    SYS_epoll_create1,
    SYS_epoll_ctl,
    SYS_epoll_pwait,
    441 /* epoll_pwait2 */,
    SYS_eventfd2,
    SYS_pipe2,
    SYS_ppoll,
#if defined(__x86_64__)
    SYS_epoll_wait,
    SYS_poll,
#endif
    // Paths, which Landlock checks; and their attributes, which it does not.
    SYS_openat,
    437 /* openat2 */,
    SYS_mkdirat,
    SYS_unlinkat,
    SYS_renameat,
    SYS_renameat2,
    SYS_linkat,
    SYS_symlinkat,
    SYS_readlinkat,
    SYS_newfstatat,
    SYS_statx,
    SYS_faccessat,
    439 /* faccessat2 */,
#if defined(__x86_64__)
    SYS_open,
    SYS_mkdir,
    SYS_rmdir,
    SYS_unlink,
    SYS_rename,
    SYS_link,
    SYS_symlink,
    SYS_readlink,
    SYS_stat,
    SYS_lstat,
    SYS_access,
#endif
    // Open files. Reading and writing are below.
    SYS_close,
    SYS_fstat,
    SYS_getdents64,
    SYS_fsync,
    SYS_fdatasync,
    SYS_fadvise64,
    // Sockets passed as standard streams: the addon accepts and shuts down, and libuv queries their
    // addresses.
    SYS_accept4,
    SYS_shutdown,
    SYS_getsockname,
    SYS_getpeername,
};

// The standard streams are one-way by number, because no allowed call duplicates a descriptor.
// Otherwise descriptor 1 could read a terminal, a socket or a host's log opened for reading and
// writing, and 0 could write it. Landlock refuses to reopen files and terminals by /proc/self/fd.
// It has no rules for pipes, so lib/run/process/relay.ts replaces them with sockets.
constexpr unsigned reads[] = {SYS_read, SYS_readv, SYS_pread64, SYS_preadv, SYS_recvfrom, SYS_recvmsg};
constexpr unsigned writes[] = {SYS_write, SYS_writev};
// Calls that would truncate or overwrite an append-only log.
constexpr unsigned of_own_files[] = {SYS_pwrite64, SYS_pwritev, SYS_ftruncate, SYS_fallocate};

// Signals to this process only: process.kill(process.pid) and abort(3). Signalling pid 0 would
// reach its whole process group (kill(2)).
constexpr unsigned of_itself[] = {SYS_kill, SYS_tgkill};

// Clocks of the system and of this process. A negative number is a clock of another process.
constexpr unsigned clocks[] = {SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep};
constexpr unsigned first_odd_clock = 12;

// libc queries these for its own threads, by thread identifiers that no filter knows. The filter
// returns 0, which is true of every thread here. The only policy is the default one, whose priority
// is 0: the hard limit of RLIMIT_RTPRIO is 0, and root has lost CAP_SYS_NICE.
constexpr unsigned of_default_policy[] = {SYS_sched_getscheduler, SYS_sched_getparam};

// The only ioctls allowed: those that Node and the addon use on terminals and pipes. Others can
// inject input into the user's terminal (TIOCSTI), disable Ctrl-C, or change flags, keys and copies
// of read-only files, which Landlock does not restrict. FIONBIO is below.
constexpr unsigned ioctls[] = {
    0x5401 /* TCGETS */,   0x802c542a /* TCGETS2 */, 0x5413 /* TIOCGWINSZ */, 0x80045430 /* TIOCGPTN */,
    0x541b /* FIONREAD */, 0x5450 /* FIONCLEX */,    0x5451 /* FIOCLEX */,
};

// The only fcntl commands allowed. F_DUPFD would duplicate a standard stream. Locks, leases
// (F_SETLEASE) and F_NOTIFY block other users of the same file. F_SETOWN and F_SETSIG send signals;
// F_SETPIPE_SZ takes memory that the kernel counts per user. F_SETFL is below.
constexpr unsigned descriptor_flags[] = {1 /* F_GETFD */, 2 /* F_SETFD */, 3 /* F_GETFL */};

// The only membarrier commands allowed, for musl's loader: without them it signals all threads, and
// waits forever. Other commands reach other processes.
constexpr unsigned barriers[] = {8 /* PRIVATE_EXPEDITED */, 16 /* REGISTER_PRIVATE_EXPEDITED */};

// The only prctl operations allowed: names of threads and of memory. Others disable the
// parent-death signal, or install more filters.
constexpr unsigned names[] = {15 /* PR_SET_NAME */, 16 /* PR_GET_NAME */, 0x53564d41 /* PR_SET_VMA */};

// The only socket options allowed, all of SOL_SOCKET: the kind of socket that a standard stream is.
// SO_PEERPIDFD would return a descriptor of another process.
constexpr unsigned socket_options[] = {3 /* SO_TYPE */, 4 /* SO_ERROR */, 30 /* SO_ACCEPTCONN */, 38 /* SO_PROTOCOL */,
                                       39 /* SO_DOMAIN */};

// The flags by which glibc and musl start a thread. It must share descriptors, because each
// separate descriptor table has its own limit.
constexpr unsigned thread_flags[] = {0x3d0f00, 0x7d0f00};

}  // namespace wasi_common::os_sandbox
