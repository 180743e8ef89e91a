// Lists the system calls of the process behind the OS sandbox, each with its reason. Every call that is not named here is
// refused.
#pragma once
#include <sys/syscall.h>

namespace wasi_common::os_sandbox {

#if defined(__x86_64__)
constexpr unsigned architecture = 0xc000003e;
#elif defined(__aarch64__)
constexpr unsigned architecture = 0xc00000b7;
#else
// The numbers of this architecture are not known here: there is no filter then.
constexpr unsigned architecture = 0;
#endif

// Calls from this number on get ENOSYS, as from a kernel that is older than they are. Up to here the newer ones have the same
// number on every architecture.
constexpr unsigned not_looked_at = 463;

// Calls that reach this process alone, or files that Landlock judges.
constexpr unsigned allowed[] = {
    // Memory of this process: the heaps of V8 and libc, code that is compiled, and its protection.
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
    // Threads: libc starts and ends them, and lets them wait for each other. `clone` is below.
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
    // Signals to itself: Node sets handlers at its start, V8 for traps of WebAssembly. `kill` is below.
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sigaltstack,
    SYS_restart_syscall,
    // Questions about itself and the machine: process.pid, memory limits of V8, node:os.
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
    // Time and randomness; where the vDSO does not answer them. `clock_gettime` is below.
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
    // Paths, which Landlock judges; and their attributes, which it does not.
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
    // Files that are open. Reading and writing is below.
    SYS_close,
    SYS_fstat,
    SYS_getdents64,
    SYS_fsync,
    SYS_fdatasync,
    SYS_fadvise64,
    // Sockets that were given as standard streams: the addon accepts and shuts down, libuv asks where they lead.
    SYS_accept4,
    SYS_shutdown,
    SYS_getsockname,
    SYS_getpeername,
};

// The standard streams are one-way by their numbers, since no call here duplicates a descriptor. A terminal, a socket or a host's
// log that was opened to read and write could be read by descriptor 1, or written by 0. To open one again by /proc/self/fd is for
// Landlock to refuse, which does so for files and terminals, but has no rules for pipes: lib/run/process/relay.ts makes sockets
// of these.
constexpr unsigned reads[] = {SYS_read, SYS_readv, SYS_pread64, SYS_preadv, SYS_recvfrom, SYS_recvmsg};
constexpr unsigned writes[] = {SYS_write, SYS_writev};
// By these a log that is only appended to would be cut, or written over.
constexpr unsigned of_own_files[] = {SYS_pwrite64, SYS_pwritev, SYS_ftruncate, SYS_fallocate};

// Signals to this process alone: process.kill(process.pid) and abort(3). A signal to 0 would be one to all of its group.
constexpr unsigned of_itself[] = {SYS_kill, SYS_tgkill};

// Clocks of the system and of this process. A negative number is a clock of another process.
constexpr unsigned clocks[] = {SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep};
constexpr unsigned first_odd_clock = 12;

// libc asks for these of its own threads, by their identifiers, which no filter knows. In place of the kernel the filter answers
// what is true of every thread here: it has no policy but the default one, whose priority is 0. The hard limit of RLIMIT_RTPRIO
// is 0, and root has lost CAP_SYS_NICE.
constexpr unsigned of_default_policy[] = {SYS_sched_getscheduler, SYS_sched_getparam};

// ioctl by these only: what Node and the addon ask of terminals and pipes. By others what is typed into the user's terminal can
// be made up, Ctrl-C be switched off, and files that may only be read get other flags, keys and copies, of which Landlock knows
// nothing. FIONBIO is below.
constexpr unsigned ioctls[] = {
    0x5401 /* TCGETS */,   0x802c542a /* TCGETS2 */, 0x5413 /* TIOCGWINSZ */, 0x80045430 /* TIOCGPTN */,
    0x541b /* FIONREAD */, 0x5450 /* FIONCLEX */,    0x5451 /* FIOCLEX */,
};

// fcntl by these only. F_DUPFD would make a second descriptor of a standard stream; locks, leases (F_SETLEASE) and F_NOTIFY hold
// up others who open the same file; F_SETOWN and F_SETSIG send signals; F_SETPIPE_SZ takes memory that is counted by user.
// F_SETFL is below.
constexpr unsigned descriptor_flags[] = {1 /* F_GETFD */, 2 /* F_SETFD */, 3 /* F_GETFL */};

// membarrier by these only, for musl's loader: where it fails that signals all threads, and waits for ever. Others reach other
// processes.
constexpr unsigned barriers[] = {8 /* PRIVATE_EXPEDITED */, 16 /* REGISTER_PRIVATE_EXPEDITED */};

// prctl by these only: names of threads and of memory. Others give up the death signal, or set further filters.
constexpr unsigned names[] = {15 /* PR_SET_NAME */, 16 /* PR_GET_NAME */, 0x53564d41 /* PR_SET_VMA */};

// getsockopt by these only, all of SOL_SOCKET: what kind of a socket a standard stream is. SO_PEERPIDFD would be a descriptor of
// another process.
constexpr unsigned socket_options[] = {3 /* SO_TYPE */, 4 /* SO_ERROR */, 30 /* SO_ACCEPTCONN */, 38 /* SO_PROTOCOL */,
                                       39 /* SO_DOMAIN */};

// The flags by which glibc and musl start a thread: one that shares descriptors, too, for each table of descriptors of its own
// would have its own bound.
constexpr unsigned thread_flags[] = {0x3d0f00, 0x7d0f00};

}  // namespace wasi_common::os_sandbox
