/** The second wall alone: the process does not run the guest, but what somebody would who had broken out of it; without the wall the same succeeds. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import test from 'ava'
import { Errno, Rights } from '#lib/index.js'
import { runInProcess } from '#lib/run/walled.js'
import { call, command } from '../wasm.js'
import { contents, missing, program, scene, scratch, withWall } from './ground.js'

/** `NAME CODE` lines as pairs. */
const outcomes = (said: string): Map<string, string> =>
  new Map(
    said
      .trimEnd()
      .split('\n')
      .map(line => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]),
  )

/** What the wall answers; ENOSYS is for calls that it takes no look at, EXDEV for names that would change folders. */
const held = new Set(['EACCES', 'EPERM', 'EXDEV', 'ENOSYS'])
/** What a bound answers in place of the wall. */
const bounded = new Map([
  ['signals that wait', 'EAGAIN'],
  ['watches of epoll', 'EMFILE'],
  // The number that the filter allows has no descriptor, and can have none.
  ['execveat', 'EBADF'],
])
/** Without the second wall only root may, or the machine may forbid it. */
const restricted = new Map([
  ['unshare of users', 'containers and some distributions forbid it'],
  ['unshare of mounts', 'root may'],
  ['io_uring_setup', 'the kernel may be without, and administrators switch it off'],
  ['ptrace', 'Yama may forbid it for parents'],
  ['process_vm_readv', 'Yama may forbid it for parents'],
  ['name_to_handle_at', 'file systems may be without handles'],
  ['FS_IOC_SETFLAGS', 'file systems may be without flags'],
  ['keyctl', 'containers forbid it'],
  ['personality', 'containers forbid it'],
  ['read the host’s memory', 'Yama may forbid it for parents'],
  ['mlock', 'the limit may be 0'],
  ['SO_PEERPIDFD', 'since Linux 6.5'],
  ['landlock_create_ruleset', 'the kernel may be without'],
  ['watches of epoll', 'the hard limit of descriptors may be lower'],
  ['x32', 'most kernels are without'],
  ['fetch a file by a hard link', 'the folders may be on file systems without'],
])

withWall('nothing that a process can try gets past the wall', async t => {
  const { box, entry, outside, readOnly, library } = await scene(t)
  const before = [contents(outside), contents(readOnly)]
  const stdout = fs.openSync(join(scratch(t), 'said'), 'w+')
  t.teardown(() => fs.closeSync(stdout))
  const preopens = { '/': box, '/ro': { path: readOnly, readOnly: true } }
  const { wall } = await runInProcess(command([]), { isolation: 'process', wall: 'strict', preopens, stdout }, { entry })
  t.true(wall !== undefined && Number(wall.landlock) >= 3 && wall.seccomp)
  const said = outcomes(read(stdout))
  t.is(said.get('all was'), 'tried')
  said.delete('all was')
  t.deepEqual(
    [...said].filter(([name, code]) => (bounded.get(name) ?? (held.has(code) ? code : '')) !== code),
    [],
  )
  t.true(said.size > (library === undefined ? 30 : 100), `${said.size} attempts`)
  t.deepEqual([contents(outside), contents(readOnly)], before)
})

const twin = missing !== undefined && process.platform !== 'linux' ? test.serial.skip : test.serial
twin('without the wall each of these attempts succeeds', async t => {
  const { entry } = await scene(t)
  const child = spawn(process.execPath, [entry], { stdio: ['ignore', 'pipe', 'inherit', 'pipe'], detached: true })
  const [said] = await Promise.all([text(child.stdout as NodeJS.ReadableStream), once(child, 'close')])
  const all = outcomes(said)
  t.is(all.get('all was'), 'tried')
  all.delete('all was')
  t.deepEqual(
    [...all].filter(([name, code]) => code !== 'OK' && !restricted.has(name)),
    [],
  )
})

withWall('a guest whose sandbox follows links is led out of its folder, but not through the wall', async t => {
  const folder = scratch(t)
  const [box, outside] = ['box', 'outside'].map(name => join(folder, name))
  for (const path of [box, outside]) fs.mkdirSync(path)
  fs.writeFileSync(join(outside, 'secret'), 'as it was')
  fs.symlinkSync(outside, join(box, 'way'))
  const entry = join(box, 'unguarded.mjs')
  fs.copyFileSync(program('unguarded.js'), entry)
  const opens = (name: string): void => {
    const rights = BigInt(Rights.FD_READ)
    const source = command([call('proc_exit', call('path_open', 3, 1, 0x40, name.length, 0, rights, 0n, 0, 0x20))], { data: { 64: name } })
    fs.writeFileSync(join(box, 'guest.wasm'), source)
  }
  const behind = async () => (await runInProcess(command([]), { isolation: 'process', preopens: { '/': box } }, { entry })).exitCode
  const without = () => spawnSync(process.execPath, ['--no-warnings', entry]).status
  opens('guest.wasm')
  t.deepEqual([await behind(), without()], [Errno.SUCCESS, Errno.SUCCESS])
  opens('way/secret')
  t.deepEqual([await behind(), without()], [Errno.ACCES, Errno.SUCCESS])
})

const { arch } = process
const onIntel = arch === 'x64' ? withWall : (title: string): void => test.skip(`${title} [${arch} has no other numbers]`, () => {})
onIntel('a system call by the numbers of another machine ends the process', async t => {
  const { box, entry, ...all } = await scene(t)
  if (all.library === undefined) {
    t.pass('no C compiler')
    return
  }
  // open, execve, getpid, socketcall and openat2 there.
  for (const foreign of [5, 11, 20, 102, 437]) {
    fs.writeFileSync(join(box, 'scene.json'), JSON.stringify({ ...all, foreign }))
    const error = await t.throwsAsync(runInProcess(command([]), { isolation: 'process', preopens: { '/': box } }, { entry }))
    t.regex(error?.message ?? '', /by SIGSYS/)
  }
})

function read(fd: number): string {
  const bytes = Buffer.alloc(fs.fstatSync(fd).size)
  fs.readSync(fd, bytes, 0, bytes.length, 0)
  return bytes.toString()
}
