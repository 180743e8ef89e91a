/**
 * Every system call from the process in the OS sandbox: the allowed ones are those on the list, and
 * none of them changes anything outside.
 */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { asEachUser, compiled, contents, fixture, hosted, program, withSandbox } from './fixture.js'

/** Answered with an error about their arguments, which were nonsense: the filter lets them pass. */
const allowed = `
  accept4 brk close epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 eventfd2 faccessat faccessat2 fadvise64 fallocate fdatasync fstat
  fsync ftruncate futex getcpu getcwd getdents64 getegid geteuid getgid getpeername getpid getppid getrandom getrusage getsockname
  gettid gettimeofday getuid linkat lseek madvise map_shadow_stack mkdirat mmap mprotect mremap mseal munmap nanosleep newfstatat
  openat openat2 pipe2 pkey_alloc pkey_free pkey_mprotect ppoll pread64 preadv pwrite64 pwritev read readlinkat readv recvfrom
  recvmsg renameat renameat2 restart_syscall rseq rt_sigaction rt_sigprocmask sched_getparam sched_getscheduler sched_yield
  set_robust_list set_tid_address shutdown sigaltstack statx symlinkat sysinfo uname unlinkat write writev`
const allowedOnIntel =
  'access arch_prctl epoll_wait link lstat mkdir open poll readlink rename rmdir stat symlink time unlink'
/** Answered as on an older kernel. */
const unknown = ['clone3', 'sched_getaffinity']
/** The first system call number that has not been reviewed. */
const notLookedAt = 463
const x32 = 0x40000000

asEachUser(
  withSandbox,
  'only listed system calls pass, and they change nothing outside',
  async (t, user) => {
    const { box, outside, readOnly, ...all } = await fixture(t, user)
    const sweep = compiled(box, 'sweep')
    if (sweep === undefined) {
      t.pass('no C compiler')
      return
    }
    fs.writeFileSync(join(box, 'fixture.json'), JSON.stringify({ ...all, sweep }))
    const entry = join(box, 'sweep.mjs')
    fs.copyFileSync(program('sweep.js'), entry)
    const states = () => [
      contents(outside),
      contents(readOnly),
      spawnSync('stat', [
        '-c',
        '%n %a %u %g %Y %s',
        outside,
        join(outside, 'secret'),
        readOnly,
      ]).stdout.toString(),
    ]
    const before = states()
    t.is((await hosted(t, entry, user)).end, 'exit code 0\n')
    t.true(fs.existsSync(join(box, 'done')), 'it came to its end')
    t.deepEqual(states(), before)
    const said = fs
      .readFileSync(join(box, 'swept'), 'utf8')
      .trimEnd()
      .split('\n')
      .map(line => line.split(' '))
    t.true(said.length > 690)
    const names = (holds: (name: string, code: string) => boolean): string[] =>
      said.filter(([name, code]) => holds(name, code)).map(([name]) => name)
    const beyond = (name: string): boolean => Number(name) >= notLookedAt
    t.deepEqual(
      names((name, code) => beyond(name) && code !== 'ENOSYS'),
      [],
    )
    t.is(names(name => Number(name) >= x32).length, process.arch === 'x64' ? 701 : 0)
    const expected = `${allowed} ${process.arch === 'x64' ? allowedOnIntel : ''}`
      .trim()
      .split(/\s+/)
    t.deepEqual(
      names((name, code) => !beyond(name) && code !== 'EPERM').sort(),
      [...expected, ...unknown].sort(),
    )
    t.deepEqual(names((name, code) => code === 'ENOSYS' && unknown.includes(name)).sort(), unknown)
    // Its host goes on.
    const server = net.createServer(socket => socket.end('hello')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const [greeting] = await once(
      net.connect((server.address() as net.AddressInfo).port, '127.0.0.1'),
      'data',
    )
    t.is(String(greeting), 'hello')
    server.close()
    t.is(spawnSync(process.execPath, ['--version']).status, 0)
  },
)
