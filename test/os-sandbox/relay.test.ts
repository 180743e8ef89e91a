/**
 * Pipes, FIFOs and memfds that a run in the OS sandbox was given by number: relayed, so that no
 * guest opens them again by /proc.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { Errno, run } from 'wasi-common'
import { guest, main } from '../programs/cli.js'
import { call, command, store, trap, untilFails, write } from '../wasm.js'
import { asEachUser, give, identity, program, scratch, withSandbox } from './fixture.js'

/**
 * Opens its streams again in the other direction, and prints an error's code or the descriptor's
 * number.
 */
const again = `import fs from 'node:fs'
  const again = fd => { try { return fs.openSync('/proc/self/fd/' + fd, fd === 0 ? 'w' : 'r') } catch (error) { return error.code } }
  const said = [0, 1, 2].map(again).join()
  if (fs.existsSync('/proc/self/fd/3')) fs.readSync(3, Buffer.alloc(4))
  fs.writeFileSync(new URL('said', import.meta.url), said)
  fs.writeSync(3, '{"kind":"exit","code":0}\\n')`

asEachUser(withSandbox, 'a pipe passed by number or inherited cannot be reopened', (t, user) => {
  const answers = (more: object): string => {
    const folder = scratch(t)
    const entry = join(folder, 'again.mjs')
    fs.writeFileSync(entry, again)
    give(folder, user)
    const options = JSON.stringify({ stdin: 0, stdout: 1, stderr: 2, ...more })
    const { stderr } = spawnSync(
      'sh',
      [
        '-c',
        `exec 2>&1; echo text | "$0" "$@" 3>&1 | cat`,
        process.execPath,
        program('host.js'),
        entry,
        options,
      ],
      {
        encoding: 'utf8',
        ...identity(user),
      },
    )
    t.is(stderr, '')
    return fs.readFileSync(join(folder, 'said'), 'utf8')
  }
  t.is(answers({}), 'ENXIO,ENXIO,ENXIO')
  const inherited = { stdin: 'inherit', stdout: 'inherit', stderr: 'inherit' }
  t.is(answers(inherited), 'ENXIO,ENXIO,ENXIO')
  const control = answers({ sandboxed: false }).split(',')
  t.regex(control[1], /^\d+$/, 'without the sandbox its output is opened to read')
})

const cc = (folder: string): string => {
  const file = join(folder, 'memfd')
  execFileSync('cc', [
    '-o',
    file,
    fileURLToPath(new URL('../../../test/native/memfd.c', import.meta.url)),
  ])
  return file
}
const compiler = spawnSync('cc', ['--version']).status === 0
const withCompiler = compiler
  ? withSandbox
  : (title: string): void => test.skip(`${title} [no C compiler]`, t => t.pass())
withCompiler('a memfd that is given by number cannot be opened again', t => {
  const folder = scratch(t)
  const entry = join(folder, 'again.mjs')
  fs.writeFileSync(entry, again)
  const words = [
    process.execPath,
    program('host.js'),
    entry,
    JSON.stringify({ stdin: 0, stdout: 1, say: 2 }),
  ]
  const { stderr } = spawnSync(cc(folder), words, { encoding: 'utf8' })
  t.is(stderr, 'exit code 0\n')
  t.is(fs.readFileSync(join(folder, 'said'), 'utf8'), 'ENXIO,ENXIO,ENXIO')
})

const flagsOf = (fd: number): string =>
  /flags:\s*(\d+)/.exec(fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? ''
for (const kind of ['FIFO', 'file'] as const)
  withSandbox(`O_NONBLOCK of a ${kind} shared with the host stays unchanged`, async t => {
    const path = join(scratch(t), 'shared')
    if (kind === 'FIFO') execFileSync('mkfifo', [path])
    const { O_RDWR, O_CREAT, O_NONBLOCK } = fs.constants
    const fd = fs.openSync(path, O_RDWR | O_CREAT | O_NONBLOCK)
    t.teardown(() => fs.closeSync(fd))
    const before = flagsOf(fd)
    const during: string[] = []
    const timer = setInterval(() => during.push(flagsOf(fd)), 5)
    const { exitCode } = await run(command(write(1, 0x40, 5), { data: { 64: 'text\n' } }), {
      stdin: fd,
      stdout: fd,
      isolation: 'process',
    })
    clearInterval(timer)
    t.is(exitCode, 0)
    t.deepEqual([...new Set([...during, flagsOf(fd)])], [before])
  })

const shell = (script: string, ...words: string[]): string =>
  spawnSync(
    'sh',
    ['-c', script, process.execPath, main, 'run', '--isolation', 'process', ...words],
    {
      encoding: 'utf8',
      maxBuffer: 2 ** 24,
    },
  ).stdout
function stored(t: Parameters<typeof scratch>[0], bytes: Uint8Array): string {
  const file = join(scratch(t), 'program.wasm')
  fs.writeFileSync(file, bytes)
  return file
}

withSandbox('standard output and error on one pipe keep the order of writes', t => {
  const body = Array.from({ length: 50 }, () => [...write(1, 0x40, 2), ...write(2, 0x42, 2)]).flat()
  const file = stored(t, command(body, { data: { 64: 'o\ne\n' } }))
  t.is(shell('"$0" "$@" 2>&1 | cat', file), 'o\ne\n'.repeat(50))
})

withSandbox('the relay passes all input, all output to a slow reader, and the end of both', t => {
  const counted = shell('head -c 3000000 /dev/zero | "$0" "$@" | (sleep 1; wc -c)', guest('hello'))
  t.true(Number(counted) > 3_000_000 && Number(counted) < 3_000_200, counted)
  t.is(shell('"$0" "$@" < /dev/null | cat; echo end', guest('hello')).split('\n').at(-2), 'end')
})

withSandbox('a guest that traps loses no output to a slow reader', t => {
  const body = [...Array.from({ length: 20 }, () => write(1, 0x1000, 20_000)).flat(), trap]
  t.is(shell('"$0" "$@" 2>/dev/null | (sleep 1; wc -c)', stored(t, command(body))).trim(), '400000')
})

withSandbox('a write after its reader has gone returns PIPE', async t => {
  const file = stored(
    t,
    command([
      store(0x20, 0x1000),
      store(0x24, 4096),
      call('proc_exit', untilFails(call('fd_write', 1, 0x20, 1, 0x28))),
    ]),
  )
  const child = spawn(
    'sh',
    [
      '-c',
      '("$0" "$@"; echo $? >&2) | head -c 1 > /dev/null',
      process.execPath,
      main,
      'run',
      '--isolation',
      'process',
      file,
    ],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  let said = ''
  child.stderr.on('data', chunk => {
    said += chunk
  })
  await once(child, 'close')
  t.is(said, `${Errno.PIPE}\n`)
})

withSandbox('a run that ended reads no later input, and leaves no descriptor', async t => {
  const fifo = join(scratch(t), 'fifo')
  execFileSync('mkfifo', [fifo])
  const fd = fs.openSync(fifo, 'r+')
  t.teardown(() => fs.closeSync(fd))
  const open = (): number => fs.readdirSync('/proc/self/fd').length
  await run(command([]), { stdin: fd, stdout: fd, isolation: 'process' })
  const before = open()
  for (let i = 0; i < 5; i++)
    await run(command([]), { stdin: fd, stdout: fd, isolation: 'process' })
  t.is(open(), before)
  fs.writeSync(fd, 'later')
  const bytes = Buffer.alloc(9)
  t.is(bytes.toString('utf8', 0, fs.readSync(fd, bytes)), 'later')
})
