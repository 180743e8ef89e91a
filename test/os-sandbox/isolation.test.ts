/**
 * run() with isolation: 'process': what a guest can do there as everywhere, how it ends, and that
 * nothing of it is left.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { Errno, Rights, type RunOptions, run, UnexpectedError } from 'wasi-common'
import { longest } from '#lib/run/process/protocol.js'
import { runInProcess, type Ways } from '#lib/run/process/run-in-process.js'
import { throws } from '../exceptions.js'
import { openDescriptors } from '../hostcalls/fixture.js'
import { guest } from '../programs/cli.js'
import { failure } from '../rejection.js'
import { failing, withFailing } from '../sys/failing.js'
import {
  assemble,
  call,
  command,
  drop,
  type Expression,
  load,
  store,
  trap,
  untilFails,
  write,
} from '../wasm.js'
import { program, scratch, withSandbox } from './fixture.js'

const isolation = 'process'
const exits = (code: Expression): Uint8Array => command([call('proc_exit', code)])
const forever = command([drop(untilFails(call('sched_yield')))])
const fails = (source: Parameters<typeof run>[0], options: RunOptions = {}) =>
  failure(run(source, { isolation, ...options }))

withSandbox('a run returns the guest’s exit code and reports the OS sandbox', async t => {
  const { exitCode, osSandbox } = await run(exits(42), { isolation })
  t.is(exitCode, 42)
  t.true(Number(osSandbox?.landlock) >= 3)
  t.true(osSandbox?.seccomp)
  t.like(await run(exits(-1), { isolation, strict: true }), { exitCode: -1, osSandbox })
  t.like(await run(command([drop(call('proc_raise', 6))]), { isolation, osSandbox: 'require' }), {
    exitCode: 134,
  })
  t.like(await run(exits(3), { isolation: 'worker' }), { exitCode: 3, osSandbox: undefined })
})

withSandbox('hostcalls are counted in a process, and deterministic applies there', async t => {
  const source = command([
    drop(call('fd_close', 9)),
    drop(call('clock_time_get', 0, 0n, 8)),
    drop(call('random_get', 16, 4)),
    call('proc_exit', 3),
  ])
  const traces: string[][] = [[], []]
  for (const lines of traces) {
    const trace = (line: string): void => void lines.push(line)
    const { metrics, exitCode } = await run(source, {
      isolation,
      metrics: true,
      deterministic: { start: 0n },
      trace,
    })
    t.is(exitCode, 3)
    t.deepEqual(
      [metrics?.fd_close?.errnos, metrics?.proc_exit?.calls, Object.keys(metrics ?? {}).length],
      [{ BADF: 1 }, 1, 4],
    )
    t.true(Number(metrics?.fd_close?.nanoseconds) > 0)
  }
  t.is(traces[0][1], 'clock_time_get(id=realtime, precision=0) = SUCCESS time=1000')
  t.deepEqual(traces[0], traces[1])
  t.false('metrics' in (await run(source, { isolation })))
})

withSandbox(
  'guests of both snapshots run in a process on both backends, with threads and without',
  async t => {
    for (const from of ['wasi_snapshot_preview1', 'wasi_unstable']) {
      const source = command([call('proc_exit', call('sched_yield'))], { from })
      t.like(await run(source, { isolation, backend: 'typescript' }), { exitCode: 0 })
      t.like(await run(source, { isolation, backend: 'native', threads: 2 }), { exitCode: 0 })
    }
    const source = fs.readFileSync(guest('threads'))
    const stdout = fs.openSync(os.devNull, 'w')
    t.like(await run(source, { isolation, args: ['threads', 'spawn'], threads: 8, stdout }), {
      exitCode: 0,
    })
    fs.closeSync(stdout)
  },
)

for (const backend of ['native', 'typescript'] as const) {
  withSandbox(`every step of the file exerciser passes (${backend})`, async t => {
    const folder = scratch(t)
    const box = join(folder, 'box')
    fs.mkdirSync(box)
    const stdout = fs.openSync(join(folder, 'out'), 'w')
    const options = { args: ['files', '/box'], preopens: { '/box': box }, stdout, backend }
    const { exitCode } = await run(fs.readFileSync(guest('files')), { isolation, ...options })
    fs.closeSync(stdout)
    const lines = fs.readFileSync(join(folder, 'out'), 'utf8').trimEnd().split('\n')
    t.deepEqual(
      lines.filter(line => !line.startsWith('ok ')),
      [],
    )
    t.true(lines.length > 70)
    t.is(exitCode, 0)
    t.deepEqual(fs.readdirSync(box), [])
  })
}

withSandbox('failures in a process are the same errors as in a worker', async t => {
  const error = await fails(
    assemble({ functions: { _start: { body: [call('inner')] }, inner: { body: [trap] } } }),
  )
  t.is(error.code, 'ERR_WASI_TRAP')
  t.true(error.cause instanceof WebAssembly.RuntimeError)
  t.regex(error.stack ?? '', /inner/)
  t.is((await fails(throws(false))).message, 'the guest threw an uncaught WebAssembly exception')
  t.true((await fails(Uint8Array.of(1, 2, 3))).cause instanceof WebAssembly.CompileError)
  const unlinked = await fails(command([], { imports: { 'env.callback': 'function' } }))
  t.true(unlinked.cause instanceof WebAssembly.LinkError)
  t.like(await fails(assemble({ functions: { sum: { body: [] } } })), { code: 'ERR_WASI_NO_START' })
  t.like(await fails(exits(0), { preopens: { '/': '/missing' } }), { code: 'UVWASI_ENOENT' })
  t.like(await fails(exits(0), { stdin: 987 }), { code: 'UVWASI_EBADF' })
})

withSandbox('an error longer than a line of the channel arrives cut', async t => {
  const name = 'x'.repeat(100_000)
  const error = await fails(command([], { imports: { [`env.${name}`]: 'function' } }))
  t.is(error.code, 'ERR_WASI_UNKNOWN_IMPORT', error.message)
  t.is((error.cause as { importName?: string }).importName, name.slice(0, longest.name))
  t.true(error.message.length <= longest.message)
})

withSandbox(
  'a run from a removed working directory succeeds, and relative paths are refused',
  async t => {
    const folder = scratch(t)
    fs.writeFileSync(join(folder, 'guest.wasm'), exits(3))
    const index = JSON.stringify(import.meta.resolve('#bundle/index.mjs'))
    const script = `import fs from 'node:fs'
    import { run } from ${index}
    const bytes = fs.readFileSync('guest.wasm')
    fs.mkdirSync('gone')
    process.chdir('gone')
    fs.rmdirSync('../gone')
    for (const path of [${JSON.stringify(folder)}, 'usr', '.', '']) {
      const said = await run(bytes, { isolation: 'process', preopens: { '/': path } }).then(({ exitCode }) => exitCode, ({ message }) => message)
      console.log(said)
    }`
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: folder,
      encoding: 'utf8',
    })
    const refused = (path: string, why: string): string =>
      `UVWASI_ENOENT, uvwasi_init: cannot open preopen "/" at "${path}": ${why}`
    t.deepEqual(stdout.trimEnd().split('\n'), [
      '3',
      refused('usr', 'the current directory was removed'),
      refused('.', 'the current directory was removed'),
      refused('', "ENOENT: no such file or directory, open ''"),
    ])
  },
)

withSandbox(
  'a relative path of a preopen is resolved against the embedder’s working directory',
  async t => {
    const folder = scratch(t)
    fs.mkdirSync(join(folder, 'given'))
    fs.symlinkSync('given', join(folder, 'link'))
    const source = command([call('proc_exit', call('path_create_directory', 3, 0x40, 3))], {
      data: { 64: 'new' },
    })
    const here = process.cwd()
    process.chdir(folder)
    try {
      for (const path of ['given', './link', join('given', '..', 'given')]) {
        t.is((await run(source, { isolation, preopens: { '/': path } })).exitCode, 0, path)
        fs.rmdirSync(join(folder, 'given', 'new'))
      }
    } finally {
      process.chdir(here)
    }
  },
)

withSandbox(
  'a hard link to a directory is PERM in a process, and one to a file is made, on both backends',
  async t => {
    const source = (from: number): Uint8Array =>
      command([call('proc_exit', call('path_link', 3, 0, from, 1, 3, 0x60, 5))], {
        data: { 64: 'd', 80: 'f', 96: 'd/new' },
      })
    for (const backend of ['native', 'typescript'] as const) {
      const folder = scratch(t)
      fs.mkdirSync(join(folder, 'd'))
      fs.mkdirSync(join(folder, 'e'))
      fs.writeFileSync(join(folder, 'f'), '')
      t.is(
        (await run(source(0x40), { isolation, backend, preopens: { '/': folder } })).exitCode,
        Errno.PERM,
        backend,
      )
      const moved = command([call('proc_exit', call('path_link', 3, 0, 0x40, 1, 3, 0x60, 3))], {
        data: { 64: 'd', 96: 'e/n' },
      })
      t.is(
        (await run(moved, { isolation, backend, preopens: { '/': folder } })).exitCode,
        Errno.PERM,
        backend,
      )
      t.is(
        (await run(source(0x50), { isolation, backend, preopens: { '/': folder } })).exitCode,
        0,
        backend,
      )
    }
  },
)

withSandbox('a guest makes files, also before it has opened any other', async t => {
  const source = command(
    [call('proc_exit', call('path_open', 3, 0, 0x40, 4, 1, 64n, 0n, 0, 0x50))],
    { data: { 64: 'made' } },
  )
  for (const backend of ['native', 'typescript'] as const) {
    const folder = scratch(t)
    t.is((await run(source, { isolation, backend, preopens: { '/': folder } })).exitCode, 0)
    t.deepEqual(fs.readdirSync(folder), ['made'], backend)
  }
})

withSandbox('the error names the file that the launcher cannot open', async t => {
  const { execPath } = process
  process.execPath = join(scratch(t), 'no\nnode')
  t.teardown(() => {
    process.execPath = execPath
  })
  const { code, message } = await fails(exits(0))
  t.is(code, 'ERR_WASI_OS_SANDBOX_UNAVAILABLE')
  t.true(
    message.includes(`open failed with ENOENT for "${process.execPath.replace('\n', ' ')}"`),
    message,
  )
})

withFailing('the error names the file that Landlock has no rule for', t => {
  const folder = scratch(t)
  fs.writeFileSync(join(folder, 'guest.wasm'), exits(3))
  const main = fileURLToPath(import.meta.resolve('#bundle/cli.js'))
  const command = [process.execPath, main, 'run', '--isolation', 'process', 'guest.wasm']
  const { stderr } = spawnSync(failing, ['landlock_add_rule', '12', ...command], {
    cwd: folder,
    encoding: 'utf8',
  })
  t.true(stderr.includes(`landlock_add_rule failed with ENOMEM for "${process.execPath}"`), stderr)
})

test('a mistake in the options is an error before anything starts', async t => {
  t.like(await fails(new WebAssembly.Module(exits(0))), {
    name: 'TypeError',
    code: 'ERR_INVALID_ARG_TYPE',
  })
  for (const osSandbox of ['high', 'auto', 'strict'])
    t.like(await fails(exits(0), { osSandbox: osSandbox as 'require' }), {
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_VALUE',
    })
  t.like(await fails(exits(0), { isolation: 'thread' as 'worker' }), {
    name: 'TypeError',
    code: 'ERR_INVALID_ARG_VALUE',
  })
  t.like(await fails(exits(0), { isolation: 'worker', osSandbox: 'best-effort' }), {
    name: 'TypeError',
    code: 'ERR_INVALID_ARG_VALUE',
  })
  t.like(await fails(exits(0), { threads: -1 }), { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' })
  t.like(await fails(exits(0), { folders: {} } as object), {
    name: 'TypeError',
    code: 'ERR_INVALID_ARG_VALUE',
  })
  t.like(await failure(run(exits(0), null as unknown as RunOptions)), {
    name: 'TypeError',
    code: 'ERR_INVALID_ARG_TYPE',
  })
})

withSandbox(
  'trace lines and unexpected errors reach their hooks, whose exceptions end the guest',
  async t => {
    const lines: string[] = []
    await run(command([drop(call('sched_yield')), call('proc_exit', 3)]), {
      isolation,
      trace: line => void lines.push(line),
    })
    t.deepEqual(lines, ['sched_yield() = SUCCESS', 'proc_exit(rval=3) = exit 3'])
    const mine = new Error('mine')
    const trace = (): void => {
      throw mine
    }
    t.is((await fails(forever, { trace })).cause, mine)
    const reading = command(
      [
        drop(
          call('path_open', 3, 0, 0x40, 3, 0, BigInt(Rights.FD_READ | Rights.FD_SEEK), 0n, 0, 0x50),
        ),
        ...[store(0x20, 0x60), store(0x24, 1)],
        call('proc_exit', call('fd_pread', 4, 0x20, 1, 0n, 0x28)),
      ],
      { data: { 64: 'mem' } },
    )
    const reported: UnexpectedError[] = []
    const options = {
      preopens: { '/': '/proc/self' },
      onUnexpected: (error: UnexpectedError) => void reported.push(error),
    }
    t.like(await run(reading, { isolation, ...options }), { exitCode: Errno.IO })
    t.is(reported.length, 1)
    t.true(reported[0] instanceof UnexpectedError)
    t.like(reported[0].cause, { code: 'EIO', errno: -5, syscall: 'preadv' })
  },
)

withSandbox(
  'an abort ends a guest in a loop, a sleep or a read at once, with its reason',
  async t => {
    const [stdin] = spawnPipe(t)
    const sleeps = command(
      [drop(call('poll_oneoff', 0x100, 0x200, 1, 0x300)), call('proc_exit', 0)],
      {
        data: { 256: Uint8Array.from(new Array(48).fill(0).with(16, 1).with(29, 1)) },
      },
    )
    const reads = command([
      store(0x20, 0x40),
      store(0x24, 4),
      call('proc_exit', call('fd_read', 0, 0x20, 1, 0x28)),
    ])
    for (const source of [forever, sleeps, reads]) {
      const stop = new AbortController()
      const running = failure(runInProcess(source, { isolation, stdin, signal: stop.signal }))
      setTimeout(() => stop.abort(), 150)
      t.is((await running).code, 'ERR_WASI_ABORTED')
      t.is(
        (await failure(runInProcess(source, { isolation, signal: stop.signal }))).code,
        'ERR_WASI_ABORTED',
        'aborted before it began',
      )
    }
  },
)

/** Runs a script in place of the guest's process. */
function behind(t: Parameters<typeof scratch>[0]) {
  const folder = scratch(t)
  const file = join(folder, 'entry.mjs')
  return async (text: string, options: RunOptions = {}) => {
    fs.writeFileSync(file, `import fs from 'node:fs'\n${text}`)
    return runInProcess(
      exits(0),
      { isolation, preopens: { '/': folder }, ...options },
      { entry: file },
    )
  }
}

withSandbox('a process that dies or sends an invalid message is ERR_WASI_PROCESS_LOST', async t => {
  const run = behind(t)
  const says = (text: string) => failure(run(text))
  const tells = (line: string): string =>
    `fs.readSync(3, Buffer.alloc(4)); fs.writeSync(3, ${JSON.stringify(`${line}\n`)}); setInterval(() => {}, 1000)`
  t.regex((await says("process.kill(process.pid, 'SIGKILL')")).message, /without a result, by SIG/)
  t.regex((await says('process.exit(3)')).message, /without a result, with exit code 3/)
  for (const line of [
    '',
    'null',
    '{',
    '[]',
    '{"kind":"spawn"}',
    '{"kind":"sandbox","landlock":9}',
    '{"kind":"refused"}',
  ]) {
    t.is((await says(tells(line))).code, 'ERR_WASI_PROCESS_LOST', line)
  }
  t.regex(
    (await says("for (;;) fs.writeSync(3, 'x'.repeat(65536))")).message,
    /a line of more than 327680 bytes/,
  )
  const odd = await says(
    tells(
      '{"kind":"failed","error":{"name":"__proto__","message":5,"more":{"__proto__":{"x":1},"code":"EIO","then":"x"}}}',
    ),
  )
  t.deepEqual([odd.message, odd.code, Object.keys(odd)], ['', 'EIO', ['code']])
  t.deepEqual(
    [Object.getPrototypeOf(odd.cause), Object.keys(odd.cause as object)],
    [Error.prototype, ['code']],
  )
})

withSandbox(
  'a process that imitates the launcher is lost, and no module runs without the OS sandbox',
  async t => {
    const run = behind(t)
    const broken = JSON.stringify({ kind: 'broken', call: 'landlock_create_ruleset', error: 38 })
    const says = (fd: number) =>
      `fs.writeSync(${fd}, ${JSON.stringify(`${broken}\n`)}); setInterval(() => {}, 1000)`
    const forged = await failure(run(says(3), { timeout: 10_000 }))
    t.is(forged.code, 'ERR_WASI_PROCESS_LOST')
    t.notRegex(forged.message, /landlock/)
    // The launcher's own descriptor is not there, under any number.
    const all = 'for (let fd = 4; fd < 64; fd++) try { fs.writeSync(fd, "{\\n") } catch {}'
    const { exitCode } = await run(
      `${all}; fs.readSync(3, Buffer.alloc(4)); fs.writeSync(3, '{"kind":"exit","code":7}\\n')`,
    )
    t.is(exitCode, 7)
  },
)

const asRoot =
  process.getuid?.() === 0
    ? withSandbox
    : (title: string): void => test.skip(`${title} [only root can give root up]`, () => {})
asRoot('a host that gives up root ends the process that it started as root', async t => {
  const folder = scratch(t)
  const [entry, host, box] = ['entry.mjs', 'host.mjs', 'box'].map(name => join(folder, name))
  fs.mkdirSync(box)
  const own = JSON.stringify(join(box, 'pid'))
  fs.writeFileSync(
    entry,
    `import fs from 'node:fs'\nfs.writeFileSync(${own}, String(process.pid)); setInterval(() => {}, 1000)`,
  )
  fs.writeFileSync(
    host,
    `import fs from 'node:fs'
     import { runInProcess } from ${JSON.stringify(import.meta.resolve('#lib/run/process/run-in-process.js'))}
     const options = { isolation: 'process', stdin: 'ignore', timeout: 4000, preopens: { '/': ${JSON.stringify(folder)} } }
     const running = runInProcess(new Uint8Array(8), options, { entry: ${JSON.stringify(entry)} }).catch(error => error.code)
     while (!fs.existsSync(${own})) await new Promise(resolve => setTimeout(resolve, 20))
     process.setgid(65534); process.setuid(65534)
     console.log(await running)`,
  )
  const { stdout, stderr } = spawnSync(process.execPath, [host], { encoding: 'utf8' })
  t.deepEqual([stdout, stderr], ['ERR_WASI_TIMEOUT\n', ''])
  const pid = Number(fs.readFileSync(join(box, 'pid'), 'utf8'))
  t.true(pid > 1)
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' } as object)
})

withSandbox('a timeout covers the start of the process', async t => {
  const idle = 'setInterval(() => {}, 1000)'
  t.is(
    (await failure(behind(t)(idle, { timeout: 500 }))).code,
    'ERR_WASI_TIMEOUT',
    'it never reads its request',
  )
  let launcher: ChildProcess | undefined
  const start: Ways['start'] = (_file, _args, options) => {
    launcher = spawn(process.execPath, ['-e', idle], options)
    return launcher
  }
  const began = performance.now()
  t.is(
    (await failure(runInProcess(exits(0), { isolation, timeout: 200 }, { start }))).code,
    'ERR_WASI_TIMEOUT',
    'a launcher that hangs',
  )
  t.true(performance.now() - began >= 1200, 'it has a second to end by itself')
  t.is(launcher?.signalCode, 'SIGKILL')
})

withSandbox(
  'a kernel without a part of the OS sandbox is an error before the module is sent',
  async t => {
    const folder = scratch(t)
    const launched = async (line: object, options: RunOptions) => {
      const [script, got] = [join(folder, 'launcher.cjs'), join(folder, 'got')]
      const says = `fs.writeSync(4, ${JSON.stringify(JSON.stringify(line))} + '\\n')`
      // It waits for its request, or for the host to close the channel.
      const reads = `const b = Buffer.alloc(8); let n = 0; try { n = fs.readSync(3, b) } catch {} fs.writeFileSync(${JSON.stringify(got)}, b.subarray(0, n))`
      fs.writeFileSync(script, `const fs = require('node:fs'); ${says}; ${reads}`)
      const start: Ways['start'] = (_file, _args, options) =>
        spawn(process.execPath, [script], options)
      const error = await failure(
        runInProcess(exits(0), { isolation, stdin: 'ignore', ...options }, { start }),
      )
      return { code: error.code, message: error.message, sent: fs.statSync(got).size }
    }
    const none = { kind: 'sandbox', landlock: 0, seccomp: true }
    for (const line of [
      none,
      { ...none, kind: 'refused' },
      { ...none, landlock: 2 },
      { ...none, landlock: 7, seccomp: false },
    ]) {
      const { code, message, sent } = await launched(line, {})
      t.deepEqual([code, sent], ['ERR_WASI_OS_SANDBOX_UNAVAILABLE', 0], JSON.stringify(line))
      t.regex(
        message,
        /needs Landlock ABI 3 \(Linux 6\.2\) and seccomp; this kernel has Landlock: .*, seccomp: .*\. Use .*'best-effort'$/,
      )
    }
    const broken = await launched({ kind: 'broken', call: 'open', error: 13, file: 0 }, {})
    t.deepEqual([broken.code, broken.sent], ['ERR_WASI_OS_SANDBOX_UNAVAILABLE', 0])
    t.true(
      broken.message.includes(`open failed with EACCES for ${JSON.stringify(process.execPath)}`),
    )
    const { code, sent } = await launched(none, { osSandbox: 'best-effort' })
    t.is(code, 'ERR_WASI_PROCESS_LOST', 'it was asked, and ended')
    t.true(sent > 0)
  },
)

withSandbox('many runs with any end leave no descriptor and no process behind', async t => {
  const children = (): string => fs.readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
  await run(exits(1), { isolation })
  const before = [openDescriptors(), children()]
  for (let round = 0; round < 4; round++) {
    const stop = AbortSignal.timeout(50)
    await Promise.all([
      ...[0, 1, 2, 3, 4, 5].map(() => run(exits(1), { isolation, preopens: { '/': os.tmpdir() } })),
      fails(command([trap])),
      fails(exits(1), { preopens: { '/': '/missing' } }),
      failure(runInProcess(forever, { isolation, signal: stop })),
      fails(exits(1), { stdin: 987 }),
    ])
  }
  t.deepEqual([openDescriptors(), children()], before)
})

/** A program that runs a guest as its argument says, and prints the result, or the error's code. */
const runner = program('runner.js')
withFailing(
  'a kernel without Landlock is refused, unless best-effort is asked for, which reports it',
  t => {
    const tried = (...osSandbox: string[]) => {
      const { stdout, stderr } = spawnSync(
        failing,
        ['landlock_create_ruleset', '38', process.execPath, runner, ...osSandbox],
        {
          encoding: 'utf8',
        },
      )
      t.is(stderr, '')
      return stdout
    }
    t.is(tried('best-effort'), '{"exitCode":5,"osSandbox":{"landlock":false,"seccomp":true}}\n')
    for (const osSandbox of [['require'], []])
      t.regex(
        tried(...osSandbox),
        /^ERR_WASI_OS_SANDBOX_UNAVAILABLE .* this kernel has Landlock: none, seccomp: yes\. /,
      )
  },
)

withFailing('a kernel without filters of system calls is refused', t => {
  const { stdout } = spawnSync(failing, ['prctl', '22', process.execPath, runner, 'best-effort'], {
    encoding: 'utf8',
  })
  t.regex(
    stdout,
    /^ERR_WASI_OS_SANDBOX_UNAVAILABLE the OS sandbox could not be set up: prctl failed with EINVAL\. /,
  )
})

withSandbox('streams, clocks and memory work as in a worker', async t => {
  const says = command([...write(1, 0x40, 6), ...write(2, 0x46, 6)], {
    data: { 64: 'to outto err' },
  })
  const { stdout, stderr, truncated } = await run(says, { isolation })
  t.deepEqual([String(stdout), String(stderr), truncated], ['to out', 'to err', false])
  const chunks: string[] = []
  await run(says, { isolation, stdout: chunk => void chunks.push(String(chunk)) })
  t.deepEqual(chunks, ['to out'])
  const echo = command([
    ...[store(0x30, 0x2000), store(0x34, 0x1000), drop(call('fd_read', 0, 0x30, 1, 0x38))],
    ...write(1, 0x2000, load(0x38)),
  ])
  t.is(String((await run(echo, { isolation, input: 'hello' })).stdout), 'hello')
  const source = (async function* () {
    yield 'piece'
  })()
  t.is(String((await run(echo, { isolation, stdin: source })).stdout), 'piece')
  const floods = command([
    ...[store(0x20, 0x1000), store(0x24, 4096)],
    call('proc_exit', untilFails(call('fd_write', 1, 0x20, 1, 0x28))),
  ])
  const flooded = await run(floods, { isolation, maxOutput: 10_000 })
  t.deepEqual(
    [flooded.exitCode, flooded.stdout.length, flooded.truncated],
    [Errno.PIPE, 10_000, true],
  )
  t.is((await fails(forever, { timeout: 100 })).code, 'ERR_WASI_TIMEOUT')
  const stop = AbortSignal.timeout(100)
  t.is(((await fails(forever, { signal: stop })).cause as Error).name, 'TimeoutError')
})

withSandbox('a run ends even if a consumer of its output fails or never reads', async t => {
  const says = command([...write(1, 0x40, 2)], { data: { 64: 'hi' } })
  const floods = command([
    ...[store(0x20, 0x1000), store(0x24, 0x8000)],
    drop(untilFails(call('fd_write', 1, 0x20, 1, 0x28))),
  ])
  const mine = new Error('mine')
  const throws = (): never => {
    throw mine
  }
  for (const source of [says, floods]) {
    t.is((await fails(source, { stdout: throws })).cause, mine)
    t.is((await fails(source, { stdout: async () => throws() })).cause, mine)
    t.is(
      (await fails(source, { stdout: () => new Promise(() => {}), timeout: 700 })).code,
      'ERR_WASI_TIMEOUT',
    )
    const stuck = { stdout: () => new Promise(() => {}), signal: late(mine) }
    t.is((await fails(source, stuck)).cause, mine)
  }
})
/** A signal that comes when a process has started. */
function late(reason: Error): AbortSignal {
  const stop = new AbortController()
  setTimeout(() => stop.abort(reason), 700)
  return stop.signal
}

test('options that cannot reach another process are refused', async t => {
  const refused = { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' }
  t.like(await fails(exits(0), { preopens: { '/': { files: {} } } }), refused)
  t.like(await fails(exits(0), { listen: ['127.0.0.1:0'] }), refused)
})

test.serial(
  'a platform other than Linux has no OS sandbox, and requiring it is an error',
  async t => {
    const { platform } = process
    Object.defineProperty(process, 'platform', { value: 'darwin' })
    const error = await fails(exits(0))
    Object.defineProperty(process, 'platform', { value: platform })
    t.is(error.code, 'ERR_WASI_OS_SANDBOX_UNAVAILABLE')
    t.regex(error.message, /darwin/)
  },
)

withSandbox('a guest writes to the standard streams of the options', async t => {
  const folder = scratch(t)
  const stdout = fs.openSync(join(folder, 'out'), 'w+')
  t.like(
    await run(command([...write(1, 0x40, 5)], { data: { 64: 'hello' } }), { isolation, stdout }),
    { exitCode: 0 },
  )
  fs.closeSync(stdout)
  t.is(fs.readFileSync(join(folder, 'out'), 'utf8'), 'hello')
})

/** A FIFO without a writer, open for reading. */
function spawnPipe(t: Parameters<typeof scratch>[0]): [number] {
  const path = join(scratch(t), 'fifo')
  spawnSync('mkfifo', [path])
  const fd = fs.openSync(path, 'r+')
  t.teardown(() => fs.closeSync(fd))
  return [fd]
}
