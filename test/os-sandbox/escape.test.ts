/**
 * The OS sandbox alone: its process runs the attacks of a guest that has broken out; each succeeds
 * without the OS sandbox.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { dirname, join } from 'node:path'
import test from 'ava'
import { Errno, Rights } from 'wasi-common'
import { call, command } from '../wasm.js'
import {
  asEachUser,
  contents,
  fixture,
  give,
  hosted,
  identity,
  program,
  scratch,
  withSandbox,
} from './fixture.js'
import { unrefused } from './refusals.js'

/** `NAME CODE` lines as pairs. */
const outcomes = (said: string): Map<string, string> =>
  new Map(
    said
      .trimEnd()
      .split('\n')
      .map(line => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]),
  )

/** Attempts that may fail without the OS sandbox, too, with the reason. */
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
  ['membarrier', 'the kernel may be without'],
  ['fetch a file by a hard link', 'the folders may be on file systems without'],
])

asEachUser(withSandbox, 'no attack of a process in the OS sandbox succeeds', async (t, user) => {
  const { entry, outside, readOnly, library } = await fixture(t, user)
  const before = [contents(outside), contents(readOnly)]
  const preopens = { '/': dirname(entry), '/ro': { path: readOnly, readOnly: true } }
  const { said, end } = await hosted(t, entry, user, { preopens })
  t.is(end, 'exit code 0\n')
  const all = outcomes(said)
  t.is(all.get('all was'), 'tried')
  all.delete('all was')
  t.deepEqual(unrefused(all), [])
  t.true(all.size > (library === undefined ? 30 : 100), `${all.size} attempts`)
  t.deepEqual([contents(outside), contents(readOnly)], before)
})

const onLinux = process.platform === 'linux' ? test.serial : test.serial.skip
asEachUser(onLinux, 'each of these attacks succeeds without the OS sandbox', async (t, user) => {
  const { entry } = await fixture(t, user)
  const { said, end } = await hosted(t, entry, user, { sandboxed: false })
  t.is(end, 'ended 0\n')
  const all = outcomes(said)
  t.is(all.get('all was'), 'tried')
  all.delete('all was')
  t.deepEqual(
    [...all].filter(([name, code]) => code !== 'OK' && !restricted.has(name)),
    [],
  )
})

asEachUser(
  withSandbox,
  'a guest whose sandbox follows symlinks leaves its folder, but not the OS sandbox',
  async (t, user) => {
    const folder = scratch(t)
    const [box, outside] = ['box', 'outside'].map(name => join(folder, name))
    for (const path of [box, outside]) fs.mkdirSync(path)
    fs.writeFileSync(join(outside, 'secret'), 'as it was')
    fs.symlinkSync(outside, join(box, 'way'))
    const entry = join(box, 'unguarded.mjs')
    fs.copyFileSync(program('unguarded.js'), entry)
    const opens = (name: string): void => {
      const rights = BigInt(Rights.FD_READ)
      const source = command(
        [call('proc_exit', call('path_open', 3, 1, 0x40, name.length, 0, rights, 0n, 0, 0x20))],
        { data: { 64: name } },
      )
      fs.writeFileSync(join(box, 'guest.wasm'), source)
      give(folder, user)
    }
    const ends = async () => [
      (await hosted(t, entry, user)).end,
      spawnSync(process.execPath, ['--no-warnings', entry], { ...identity(user), stdio: 'ignore' })
        .status,
    ]
    opens('guest.wasm')
    t.deepEqual(await ends(), [`exit code ${Errno.SUCCESS}\n`, Errno.SUCCESS])
    opens('way/secret')
    t.deepEqual(await ends(), [`exit code ${Errno.ACCES}\n`, Errno.SUCCESS])
  },
)

const { arch } = process
const onIntel =
  arch === 'x64'
    ? withSandbox
    : (title: string): void => test.skip(`${title} [${arch} has no other numbers]`, () => {})
asEachUser(
  onIntel,
  'a system call by the numbers of another machine ends the process',
  async (t, user) => {
    const { box, entry, ...all } = await fixture(t, user)
    if (all.library === undefined) {
      t.pass('no C compiler')
      return
    }
    // open, execve, getpid, socketcall and openat2 there.
    for (const foreign of [5, 11, 20, 102, 437]) {
      fs.writeFileSync(join(box, 'fixture.json'), JSON.stringify({ ...all, foreign }))
      t.regex((await hosted(t, entry, user)).end, /^ERR_WASI_PROCESS_LOST .* by SIGSYS\n$/)
    }
  },
)
