// Lists the system calls that nothing behind the wall may make, and those it may make in one way only.
#pragma once
#include <sys/syscall.h>

namespace wasi_common::wall {

#if defined(__x86_64__)
constexpr unsigned architecture = 0xc000003e;
#elif defined(__aarch64__)
constexpr unsigned architecture = 0xc00000b7;
#else
// Whose numbers are not known here: there is no filter then.
constexpr unsigned architecture = 0;
#endif

// Calls from this number on are answered as by a kernel that is older than they are: nobody has looked yet at what they can do.
// Up to here the newer ones have the same number on every architecture.
constexpr unsigned not_looked_at = 463;

// EPERM, always.
constexpr unsigned refused[] = {
    // Sockets are only those that were given.
    SYS_socket,
    SYS_socketpair,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    // Other programs; but a thread is made by clone, of which below.
    SYS_execve,
#if defined(__x86_64__)
    SYS_fork,
    SYS_vfork,
#endif
    SYS_memfd_create,
    447 /* memfd_secret */,
    // Other processes: their memory, descriptors, order and signals.
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kcmp,
    424 /* pidfd_send_signal */,
    434 /* pidfd_open */,
    438 /* pidfd_getfd */,
    440 /* process_madvise */,
    448 /* process_mrelease */,
    SYS_tkill,
    SYS_rt_sigqueueinfo,
    SYS_rt_tgsigqueueinfo,
    SYS_setpriority,
    SYS_ioprio_set,
    SYS_move_pages,
    SYS_migrate_pages,
    SYS_setsid,
    SYS_setpgid,
    // Memory and queues that processes have together by name.
    SYS_shmget,
    SYS_shmat,
    SYS_shmctl,
    SYS_semget,
    SYS_semop,
    SYS_semtimedop,
    SYS_semctl,
    SYS_msgget,
    SYS_msgsnd,
    SYS_msgrcv,
    SYS_msgctl,
    SYS_mq_open,
    SYS_mq_unlink,
    // Owners, modes and attributes of files, which Landlock does not know, and devices.
    SYS_fchmod,
    SYS_fchmodat,
    452 /* fchmodat2 */,
    SYS_fchown,
    SYS_fchownat,
    SYS_setxattr,
    SYS_lsetxattr,
    SYS_fsetxattr,
    SYS_removexattr,
    SYS_lremovexattr,
    SYS_fremovexattr,
    SYS_mknodat,
#if defined(__x86_64__)
    SYS_chmod,
    SYS_chown,
    SYS_lchown,
    SYS_mknod,
#endif
    // Files by other ways than paths, and news of files.
    SYS_open_by_handle_at,
    SYS_name_to_handle_at,
    SYS_fanotify_init,
    SYS_inotify_init1,
    SYS_inotify_add_watch,
#if defined(__x86_64__)
    SYS_inotify_init,
#endif
    // What the file system looks like.
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    428 /* open_tree */,
    429 /* move_mount */,
    430 /* fsopen */,
    431 /* fsconfig */,
    432 /* fsmount */,
    433 /* fspick */,
    442 /* mount_setattr */,
    457 /* statmount */,
    458 /* listmount */,
    SYS_setns,
    SYS_unshare,
    // Large or seldom used parts of the kernel.
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    425 /* io_uring_setup */,
    426 /* io_uring_enter */,
    427 /* io_uring_register */,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_personality,
    SYS_vhangup,
#if defined(__x86_64__)
    SYS_modify_ldt,
    SYS_ioperm,
    SYS_iopl,
    SYS_uselib,
#endif
    // The machine.
    SYS_reboot,
    SYS_kexec_load,
    SYS_kexec_file_load,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_swapon,
    SYS_swapoff,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_adjtimex,
    SYS_clock_adjtime,
    SYS_acct,
    SYS_syslog,
    SYS_quotactl,
    443 /* quotactl_fd */,
};

// EPERM, but where the first argument is this process.
constexpr unsigned of_itself[] = {SYS_kill, SYS_tgkill};
// EPERM, but where it is 0, which is the caller; a signal to 0 would be one to all of the process's group.
constexpr unsigned of_the_caller[] = {SYS_prlimit64, SYS_sched_setaffinity, SYS_sched_setscheduler, SYS_sched_setparam,
                                      SYS_sched_setattr};

// EPERM, where this argument is this.
constexpr struct {
  unsigned call;
  unsigned argument;
  unsigned value;
} but_not[] = {
    // Signals when something may be read, to whom one likes.
    {SYS_fcntl, 1, 8 /* F_SETOWN */},
    {SYS_fcntl, 1, 10 /* F_SETSIG */},
    {SYS_fcntl, 1, 15 /* F_SETOWN_EX */},
    // It shall not outlive its parent.
    {SYS_prctl, 0, 1 /* PR_SET_PDEATHSIG */},
};

// ioctl by these only: what Node and the addon ask of terminals and pipes. By others what is typed into the user's terminal can
// be made up, and files that may only be read get other flags, keys and copies, of which Landlock knows nothing.
constexpr unsigned ioctls[] = {
    0x5401 /* TCGETS */,      0x5402 /* TCSETS */,       0x5403 /* TCSETSW */,      0x5404 /* TCSETSF */,
    0x802c542a /* TCGETS2 */, 0x402c542b /* TCSETS2 */,  0x402c542c /* TCSETSW2 */, 0x402c542d /* TCSETSF2 */,
    0x5413 /* TIOCGWINSZ */,  0x80045430 /* TIOCGPTN */, 0x541b /* FIONREAD */,     0x5421 /* FIONBIO */,
    0x5450 /* FIONCLEX */,    0x5451 /* FIOCLEX */,
};

}  // namespace wasi_common::wall
