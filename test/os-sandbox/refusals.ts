/**
 * The attacks on the OS sandbox as rows: the mechanism that refuses each, its answer, and the first
 * kernel that has it. SECURITY.md shows them.
 */

/** A mechanism of the kernel. */
interface Mechanism {
  readonly by: string
  /** The version of Linux. */
  readonly since: string
  /** The errors that the attacker gets. */
  readonly codes: readonly string[]
}
export interface Refusal extends Mechanism {
  readonly attack: string
  /** The attempts, as attacks.ts, attacks.c and streams.c print them. */
  readonly attempts: readonly string[]
}

// @see https://docs.kernel.org/userspace-api/landlock.html
const paths: Mechanism = { by: 'Landlock ABI 1', since: '5.13', codes: ['EACCES'] }
const truncation: Mechanism = { by: 'Landlock ABI 3', since: '6.2', codes: ['EACCES'] }
// On arm64 since Linux 3.19. @see https://man7.org/linux/man-pages/man2/seccomp.2.html
const filter: Mechanism = { by: 'seccomp', since: '3.5', codes: ['EPERM'] }
const unknown: Mechanism = { ...filter, codes: ['ENOSYS'] }
// @see https://man7.org/linux/man-pages/man2/getrlimit.2.html
const bound = (limit: string, since: string, code: string): Mechanism => ({
  by: limit,
  since,
  codes: [code],
})

export const refusals: readonly Refusal[] = [
  {
    attack: 'read or list files outside the preopens, also by a symlink or by `/proc`',
    ...paths,
    attempts: [
      'read a file',
      'read the users of the machine',
      'list a folder',
      'read by a link',
      'go round by /proc/self/root',
    ],
  },
  {
    attack: 'write, make or remove files outside the preopens',
    ...paths,
    attempts: [
      'write to a file',
      'truncate a file',
      'make a file',
      'make a folder',
      'make a link',
      'remove a file',
      'remove a folder',
    ],
  },
  {
    attack: 'write or make files in a read-only preopen',
    ...paths,
    attempts: ['write to what was given to read', 'make a file in what was given to read'],
  },
  {
    attack: 'truncate a file of a read-only preopen by opening it to read',
    ...truncation,
    attempts: ['truncate what was given to read'],
  },
  { attack: 'truncate a file by its path', ...filter, attempts: ['truncate'] },
  {
    attack: 'hard-link or rename files into a preopen, or out of it',
    ...paths,
    codes: ['EACCES', 'EXDEV'],
    attempts: [
      'fetch a file by a hard link',
      'fetch a file by a rename',
      'plant a file by a rename',
    ],
  },
  {
    attack:
      "open the host's memory, environment, executable or descriptors, or its own memory, in `/proc`",
    ...paths,
    attempts: [
      'read the host’s memory',
      'read the host’s environment',
      'open what the host has open',
      'find what the host has open',
      'write to its own memory',
    ],
  },
  {
    attack: 'change modes, owners, flags, extended attributes, or times of a path',
    ...filter,
    attempts: [
      ...[
        'change a mode',
        'change a mode in what was given',
        'change an owner',
        'FS_IOC_SETFLAGS',
        'setxattr',
      ],
      ...['set the times of a file', 'utimensat', 'utimes'],
    ],
  },
  {
    attack: 'read extended attributes',
    ...filter,
    attempts: ['getxattr', 'listxattr', 'flistxattr'],
  },
  {
    attack: 'lock or lease a file of a read-only preopen, or watch files',
    ...filter,
    attempts: [
      'flock',
      'F_SETLK',
      'F_OFD_SETLK',
      'F_SETLEASE',
      'F_NOTIFY',
      'inotify_init1',
      'hear of files',
    ],
  },
  {
    attack: 'make device nodes or FIFOs, or file handles',
    ...filter,
    attempts: ['mknod', 'name_to_handle_at'],
  },
  {
    attack: 'execute a program, also from memory',
    ...filter,
    attempts: [
      'start a program',
      'start a program of its own',
      'start node',
      'execve',
      'execveat of memory',
      'memfd_create',
    ],
  },
  {
    attack: "execute Node again by the sandbox launcher's descriptor number",
    ...bound('`RLIMIT_NOFILE` below that number', '3.19', 'EBADF'),
    attempts: ['execveat'],
  },
  { attack: 'start a process', ...filter, attempts: ['fork'] },
  { attack: 'outlive the host', ...filter, attempts: ['setsid', 'prctl PDEATHSIG'] },
  {
    attack: 'trace, inspect or limit another process',
    ...filter,
    attempts: [
      ...[
        'ptrace',
        'process_vm_readv',
        'pidfd_open',
        'prlimit64',
        'setpriority',
        'sched_setaffinity',
        'getpriority',
      ],
      ...['clock of the host', 'get_robust_list', 'capget', 'getpgid', 'getsid', 'ioprio_get'],
    ],
  },
  { attack: 'interrupt the processors of other processes', ...filter, attempts: ['membarrier'] },
  {
    attack: 'ask for the processors of another process',
    ...unknown,
    attempts: ['sched_getaffinity'],
  },
  {
    attack: 'signal another process, directly or by a file',
    ...filter,
    attempts: [
      'signal the host',
      'signal all of its group',
      'tgkill',
      'tkill',
      'F_SETOWN',
      'O_ASYNC',
      'FIOASYNC',
    ],
  },
  {
    attack: 'connect, listen, or make a socket',
    ...filter,
    attempts: [
      'connect',
      'listen',
      'listen on a path',
      'listen on a name',
      'send a datagram',
      'socketpair',
    ],
  },
  {
    attack:
      'misuse a socket that is open: pass descriptors, send elsewhere, set options, open its peer',
    ...filter,
    attempts: ['sendmsg', 'sendmmsg', 'sendto an address', 'setsockopt', 'SO_PEERPIDFD'],
  },
  {
    attack: 'duplicate a descriptor, or make a second descriptor table',
    ...filter,
    attempts: [
      ...['dup', 'dup2', 'dup3', 'F_DUPFD', 'F_DUPFD_CLOEXEC'],
      ...['unshare of descriptors', 'CLOSE_RANGE_UNSHARE', 'clone without CLONE_FILES'],
    ],
  },
  {
    attack: 'use up asynchronous I/O, timers, pipe pages, shared memory, keys or locked memory',
    ...filter,
    attempts: [
      'io_setup',
      'io_uring_setup',
      'timer_create',
      'F_SETPIPE_SZ',
      'shmget',
      'keyctl',
      'mlock',
    ],
  },
  {
    attack: "use up the user's queued signals",
    ...bound('`RLIMIT_SIGPENDING` 64', '2.6.8', 'EAGAIN'),
    attempts: ['signals that wait'],
  },
  {
    attack: "use up the user's epoll watches",
    ...bound('`RLIMIT_NOFILE` 1024', '2.6', 'EMFILE'),
    attempts: ['watches of epoll'],
  },
  {
    attack: 'change users, namespaces, the personality or the sandbox itself',
    ...filter,
    attempts: [
      ...['setresuid', 'setgid', 'unshare of users', 'unshare of mounts', 'personality'],
      ...['seccomp', 'PR_GET_SECCOMP', 'landlock_create_ruleset'],
    ],
  },
  { attack: 'make system calls by the numbers of x32', ...unknown, attempts: ['x32'] },
  {
    attack: 'read standard output or error',
    ...filter,
    attempts: [
      'read',
      'readv',
      'pread',
      'preadv',
      'preadv2',
      'mmap',
      'copy_file_range',
      'sendfile',
      'splice',
    ],
  },
  {
    attack: 'seek, cut, date or write over standard output or error',
    ...filter,
    attempts: [
      ...[
        'lseek',
        'pwrite',
        'pwritev',
        'pwritev2',
        'RWF_NOAPPEND',
        'fallocate',
        'ftruncate',
        'futimens',
      ],
      'futimens of standard output',
    ],
  },
  {
    attack: 'write, map, cut or date standard input',
    ...filter,
    attempts: [
      ...[
        'write to input',
        'writev to input',
        'pwrite to input',
        'pwritev2 to input',
        'mmap of input',
        'ftruncate of input',
      ],
      'futimens of input',
    ],
  },
  {
    attack:
      'open a standard stream again by `/proc`, to read or to write over it, or open the terminal',
    ...paths,
    attempts: [
      'open again to read',
      'open again to write over',
      'open input again to write',
      'open the terminal',
    ],
  },
  {
    attack: 'change the flags of standard streams',
    ...filter,
    attempts: ['F_SETFL', 'FIONBIO', 'F_SETFL of input', 'FIONBIO of input'],
  },
  {
    attack: 'type into the terminal, or change its settings',
    ...filter,
    attempts: ['TIOCSTI', 'tcsetattr', 'tcsetattr by 2'],
  },
]

const rows = new Map(
  refusals.flatMap(refusal => refusal.attempts.map(attempt => [attempt, refusal] as const)),
)
/** The attempts that were not refused as their row says, or have no row. */
export const unrefused = (
  outcomes: Iterable<readonly [attempt: string, code: string]>,
): (readonly [string, string])[] =>
  [...outcomes].filter(([attempt, code]) => !rows.get(attempt)?.codes.includes(code))

/** The table of SECURITY.md. */
export const table = [
  '| attack | refused by | since Linux |',
  '|---|---|---|',
  ...refusals.map(
    ({ attack, by, since, codes }) =>
      `| ${attack} | ${by}: ${codes.map(code => `\`${code}\``).join(' or ')} | ${since} |`,
  ),
].join('\n')
