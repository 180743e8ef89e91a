/**
 * The standard streams of the process in the OS sandbox: one-way, only appended to, and with the
 * host's settings.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import {
  asEachUser,
  compiled,
  give,
  identity,
  program,
  scratch,
  type User,
  withSandbox,
} from './fixture.js'
import { unrefused } from './refusals.js'

/**
 * A folder with the attacker's program, and files for its streams; everything belongs to the user.
 */
function fixture(t: Parameters<typeof scratch>[0], user: User) {
  const folder = scratch(t)
  const box = join(folder, 'box')
  fs.mkdirSync(box)
  const entry = join(box, 'streams.mjs')
  fs.copyFileSync(program('streams.js'), entry)
  const [input, log] = ['input', 'log'].map(name => join(folder, name))
  fs.writeFileSync(input, 'the input')
  fs.writeFileSync(log, 'the log')
  const library = compiled(box, 'streams')
  give(folder, user)
  const said = (): string[] => fs.readFileSync(join(box, 'said'), 'utf8').trimEnd().split('\n')
  const attempts = () =>
    said().map(line => line.split(/ (?=\S+$)/) as [attempt: string, code: string])
  return { folder, box, entry, input, log, library, said, attempts }
}
const flagsOf = (fd: number): string =>
  /flags:\s*(\d+)/.exec(fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? ''

asEachUser(
  withSandbox,
  'attacks on the streams only append to the log and read the input',
  (t, user) => {
    const { entry, input, log, library, attempts } = fixture(t, user)
    if (library === undefined) {
      t.pass('no C compiler')
      return
    }
    const [stdin, output] = [fs.openSync(input, 'r+'), fs.openSync(log, 'a+')]
    const before = [stdin, output].map(flagsOf)
    // The host's own streams are the attacker's: the host writes to another descriptor.
    const options = JSON.stringify({ stdin: 0, stdout: 1, stderr: 2, say: 3 })
    const host = spawnSync(process.execPath, [program('host.js'), entry, options], {
      stdio: [stdin, output, output, 'pipe'],
      encoding: 'utf8',
      ...identity(user),
    })
    t.is(host.output[3], 'exit code 0\n')
    t.deepEqual(unrefused(attempts()), [])
    t.true(attempts().length > 40)
    t.deepEqual(
      [fs.readFileSync(input, 'utf8'), fs.readFileSync(log, 'utf8')],
      ['the input', 'the log'],
    )
    t.deepEqual([stdin, output].map(flagsOf), before)
    for (const fd of [stdin, output]) fs.closeSync(fd)
  },
)

const onLinux = process.platform === 'linux' ? test.serial : test.serial.skip
asEachUser(onLinux, 'each attack on the streams succeeds without the OS sandbox', (t, user) => {
  const { entry, input, log, library, attempts } = fixture(t, user)
  if (library === undefined) {
    t.pass('no C compiler')
    return
  }
  const [stdin, output] = [fs.openSync(input, 'r+'), fs.openSync(log, 'a+')]
  spawnSync(process.execPath, [entry], {
    stdio: [stdin, output, output, 'ignore'],
    ...identity(user),
  })
  t.deepEqual(
    attempts().filter(([name, code]) => code !== 'OK' && name !== 'RWF_NOAPPEND'),
    [],
  )
  t.not(fs.readFileSync(log, 'utf8'), 'the log')
  for (const fd of [stdin, output]) fs.closeSync(fd)
})

asEachUser(withSandbox, 'streams that run() makes itself cannot be reopened', (t, user) => {
  const folder = scratch(t)
  const entry = join(folder, 'again.mjs')
  fs.writeFileSync(
    entry,
    `import fs from 'node:fs'
    const again = fd => { try { return fs.openSync('/proc/self/fd/' + fd, fd === 0 ? 'w' : 'r') } catch (error) { return error.code } }
    fs.writeSync(1, [0, 1, 2, 3].map(again) + '\\n')
    fs.readSync(3, Buffer.alloc(4))
    fs.writeSync(3, '{"kind":"exit","code":0}\\n')`,
  )
  give(folder, user)
  const words = [program('host.js'), entry, JSON.stringify({ input: 'text' })]
  const { stdout } = spawnSync(process.execPath, words, { encoding: 'utf8', ...identity(user) })
  t.is(stdout, 'ENXIO,ENXIO,ENXIO,ENXIO\nexit code 0\n')
})

/** Runs a program as a user on a terminal where something has been typed. */
function onTerminal(
  folder: string,
  words: readonly string[],
  user: User,
): { output: string; status: number | null } {
  const file = join(folder, 'terminal')
  const source = fileURLToPath(
    new URL('../../../test/native/controlling-terminal.c', import.meta.url),
  )
  const { status, stderr } = spawnSync('cc', ['-O1', '-o', file, source], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  const { stdout, status: ended } = spawnSync(file, words, {
    encoding: 'utf8',
    timeout: 30_000,
    ...identity(user),
  })
  return { output: stdout.replaceAll('\r\n', '\n'), status: ended }
}

asEachUser(
  withSandbox,
  'a terminal at the outputs is not read, and keeps its settings',
  (t, user) => {
    const { folder, entry, library, said } = fixture(t, user)
    if (library === undefined) {
      t.pass('no C compiler')
      return
    }
    const options = JSON.stringify({ stdin: 'ignore', stdout: 1, stderr: 2 })
    const { output } = onTerminal(
      folder,
      [process.execPath, program('host.js'), entry, options],
      user,
    )
    t.regex(output, /exit code 0\nisig=1 echo=1\n$/)
    t.deepEqual(said(), [
      'tcgetattr OK',
      'tcsetattr EPERM',
      'tcsetattr by 2 EPERM',
      'TIOCSTI EPERM',
      'F_SETFL EPERM',
      'open again to read EACCES',
      'open the terminal EACCES',
      'read EPERM',
      'read EPERM',
    ])
  },
)

asEachUser(
  onLinux,
  'a terminal is read, and its settings change, without the OS sandbox',
  (t, user) => {
    const { folder, entry, library, said } = fixture(t, user)
    if (library === undefined) {
      t.pass('no C compiler')
      return
    }
    // At its end Node sets the terminal back, so what the calls said counts.
    onTerminal(folder, ['sh', '-c', 'exec "$0" "$1" < /dev/null', process.execPath, entry], user)
    t.true(
      said()
        .slice(0, 3)
        .every(line => line.endsWith(' OK')),
    )
    for (const line of ['open again to read OK', 'open the terminal OK', 'read OK'])
      t.true(said().includes(line), line)
  },
)

asEachUser(withSandbox, 'a terminal at the outputs is reopened for writing only', (t, user) => {
  const { folder, box } = fixture(t, user)
  fs.writeFileSync(
    join(box, 'idle.mjs'),
    `import fs from 'node:fs'; fs.writeSync(1, 'pid ' + process.pid + ' ' + process.ppid + '\\n'); setInterval(() => {}, 1000)`,
  )
  const host = join(folder, 'host.cjs')
  fs.writeFileSync(
    host,
    `const { spawn } = require('node:child_process'); const fs = require('node:fs')
    const child = spawn(process.execPath, ${JSON.stringify([program('host.js'), join(box, 'idle.mjs'), JSON.stringify({ stdin: 'ignore', stdout: 1, stderr: 2, timeout: 3000 })])}, { stdio: 'inherit' })
    const children = pid => fs.readFileSync('/proc/' + pid + '/task/' + pid + '/children', 'utf8').trim()
    setTimeout(() => {
      const flags = fd => fs.readFileSync('/proc/' + children(children(child.pid)) + '/fdinfo/' + fd, 'utf8').match(/flags:\\s*\\d*(\\d)/)[1]
      console.log('access', flags(1), flags(2)); child.kill('SIGKILL')
    }, 2000)`,
  )
  t.regex(onTerminal(folder, [process.execPath, host], user).output, /access 1 1\n/)
})

onLinux('a guest in a worker leaves the mode of its host’s streams alone', t => {
  const folder = scratch(t)
  const script = join(folder, 'host.mjs')
  fs.writeFileSync(
    script,
    `import fs from 'node:fs'
    import { run } from ${JSON.stringify(import.meta.resolve('wasi-common'))}
    const flags = () => [0, 1, 2].map(fd => fs.readFileSync('/proc/self/fdinfo/' + fd, 'utf8').match(/flags:\\s*(\\d+)/)[1]).join()
    const before = flags()
    await run(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 5, 3, 1, 0, 1, 7, 19, 2, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2, 0, 6, 0x5f, 0x73, 0x74, 0x61, 0x72, 0x74, 0, 0, 10, 4, 1, 2, 0, 0x0b), { stdin: 0, stdout: 1, stderr: 2 })
    fs.writeSync(1, String(before === flags()))`,
  )
  const { stdout, stderr } = spawnSync('sh', ['-c', `"$0" "$1" | cat`, process.execPath, script], {
    encoding: 'utf8',
  })
  t.deepEqual([stdout, stderr], ['true', ''])
})
