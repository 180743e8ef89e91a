/**
 * Guests of a pool in processes: their turns, the processes that are started ahead of them, and
 * that none of these ever has two guests, or files that a new one would not get.
 */
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import { Pool, type PoolOptions, type RunOptions } from 'wasi-common'
import { runInProcess, type Ways } from '#lib/run/process/run-in-process.js'
import { SpareProcesses } from '#lib/run/process/spares.js'
import { openDescriptors } from '../hostcalls/fixture.js'
import { growing } from '../sections.js'
import { call, command, drop, load, store, untilFails, write } from '../wasm.js'
import { scratch, withSandbox } from './fixture.js'

const isolation = 'process'
const exits = (code: number): Uint8Array => command([call('proc_exit', code)])
const endless = command([drop(untilFails(call('sched_yield')))])
/** Writes a byte, which its embedder takes while the guest waits. */
const speaks = command([...write(1, 0x40, 1), call('proc_exit', 5)], { data: { 64: 'x' } })
/** Makes a directory in its own, and exits with the errno. */
const makes = command([call('proc_exit', call('path_create_directory', 3, 0x40, 4))], {
  data: { 64: 'made' },
})
/** Exits with the first byte of its input. */
const reads = command([
  store(0x20, 0x40),
  store(0x24, 1),
  drop(call('fd_read', 0, 0x20, 1, 0x28)),
  call('proc_exit', load(0x40)),
])

/** The launchers that this process has started, and that have not ended. */
const launchers = (): string[] =>
  fs
    .readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
/** The process that a launcher stays beside. */
const beside = (launcher: string): string =>
  fs.readFileSync(`/proc/${launcher}/task/${launcher}/children`, 'utf8').trim()

function poolOf(t: ExecutionContext, options: PoolOptions = {}): Pool {
  const pool = new Pool({ size: 1, ...options })
  t.teardown(() => pool.close())
  return pool
}

/** Waits until one process is started ahead and its launcher has reported, and returns it. */
async function ahead(): Promise<string> {
  for (;;) {
    const [launcher] = launchers()
    if (launcher !== undefined && beside(launcher) !== '') {
      await sleep(100)
      return launcher
    }
    await sleep(5)
  }
}

/** Runs a guest that speaks, and returns the launchers that there were meanwhile. */
async function launchersOf(pool: Pool, options: RunOptions = {}): Promise<string[]> {
  let during: string[] = []
  const stdout = (): void => {
    during = launchers()
  }
  const { exitCode } = await pool.run(speaks, { isolation, stdout, ...options })
  if (exitCode !== 5) throw new Error(`exit code ${exitCode}`)
  return during
}

withSandbox(
  'a pool runs guests in processes in their turns, and their time begins then',
  async t => {
    const pool = poolOf(t, { spareProcesses: 0 })
    let [now, most] = [0, 0]
    const stdout = async (): Promise<void> => {
      most = Math.max(most, ++now)
      await sleep(700)
      now--
    }
    const all = Array.from({ length: 4 }, () =>
      pool.run(speaks, { isolation, stdout, timeout: 20_000 }),
    )
    const failed = t.throwsAsync(pool.run(endless, { isolation, timeout: 500 }), {
      code: 'ERR_WASI_TIMEOUT',
    })
    const results = await Promise.all(all)
    t.true(results.every(({ exitCode, osSandbox }) => exitCode === 5 && osSandbox?.seccomp))
    await failed
    t.is(most, 1)
    t.like(pool.stats, { finished: 4, timedOut: 1, waiting: 0, running: 0 })
    t.deepEqual(launchers(), [], 'none is started ahead')
  },
)

withSandbox('a run takes the process that was started ahead, which ends with it', async t => {
  const pool = poolOf(t)
  const seen = new Set<string>()
  await pool.run(exits(0), { isolation })
  for (let i = 0; i < 4; i++) {
    const spare = await ahead()
    t.false(seen.has(spare), 'one that has had no guest')
    seen.add(spare)
    t.true((await launchersOf(pool)).includes(spare))
    t.false(launchers().includes(spare))
  }
  await pool.close()
  t.deepEqual(launchers(), [])
})

withSandbox(
  'a process that was started ahead and killed is replaced, and its run loses no input',
  async t => {
    const pool = poolOf(t)
    await pool.run(exits(0), { isolation, stdin: Uint8Array.of(0) })
    let asked = 0
    const stdin = async (): Promise<Uint8Array | undefined> =>
      asked++ === 0 ? Uint8Array.of(7) : undefined
    process.kill(Number(beside(await ahead())), 'SIGKILL')
    t.is((await pool.run(reads, { isolation, stdin })).exitCode, 7, 'its end is not known yet')
    for (const victim of [beside, (launcher: string) => launcher]) {
      process.kill(Number(victim(await ahead())), 'SIGKILL')
      await sleep(300)
      t.is((await pool.run(reads, { isolation, stdin: Uint8Array.of(8) })).exitCode, 8)
    }
    t.like(pool.stats, { finished: 4, failed: 0 })
  },
)

withSandbox(
  'a folder in the place of another is the guest’s, also where a process was started before',
  async t => {
    const pool = poolOf(t)
    const folder = scratch(t)
    const [box, old] = [join(folder, 'box'), join(folder, 'old')]
    fs.mkdirSync(box)
    const options = { isolation, preopens: { '/': box } } as const
    t.is((await pool.run(makes, options)).exitCode, 0)
    const spare = await ahead()
    fs.renameSync(box, old)
    fs.mkdirSync(box)
    fs.rmdirSync(join(old, 'made'))
    t.is((await pool.run(makes, options)).exitCode, 0)
    t.deepEqual([fs.readdirSync(box), fs.readdirSync(old)], [['made'], []])
    t.false(launchers().includes(spare), 'it could reach the old folder')
  },
)

withSandbox(
  'a change of the umask reaches the next guest, also where a process was started before',
  async t => {
    const pool = poolOf(t)
    const folder = scratch(t)
    const options = { isolation, preopens: { '/': folder } } as const
    const mode = async (): Promise<number> => {
      t.is((await pool.run(makes, options)).exitCode, 0)
      const { mode } = fs.statSync(join(folder, 'made'))
      fs.rmdirSync(join(folder, 'made'))
      return mode & 0o777
    }
    const before = process.umask(0o022)
    t.teardown(() => process.umask(before))
    const open = await mode()
    await ahead()
    process.umask(0o077)
    t.is(await mode(), open & 0o700)
  },
)

withSandbox('other preopens, limits of the stack and streams are for other processes', async t => {
  const pool = poolOf(t)
  const folder = scratch(t)
  const stdout = fs.openSync(join(folder, 'out'), 'w')
  await pool.run(exits(0), { isolation })
  const spare = await ahead()
  for (const options of [
    { preopens: { '/': folder } },
    { maxStack: 2 ** 20 },
    { osSandbox: 'best-effort' },
  ] as const) {
    t.is((await launchersOf(pool, options)).length, 2, JSON.stringify(options))
    t.deepEqual(launchers(), [spare], 'it still waits')
  }
  t.is((await pool.run(speaks, { isolation, stdout })).exitCode, 5)
  fs.closeSync(stdout)
  t.is(fs.readFileSync(join(folder, 'out'), 'utf8'), 'x')
  t.deepEqual(launchers(), [spare])
  t.true((await launchersOf(pool)).includes(spare))
  t.false(launchers().includes(spare))
})

/** Counts the launchers that are started. */
function counted(
  most: number,
  patience?: number,
): { ways: Ways; count: () => number; spares: SpareProcesses } {
  let started = 0
  const spares = new SpareProcesses(most, patience)
  const start: Ways['start'] = (file, args, options) => {
    started++
    return spawn(file, args, options)
  }
  return { ways: { start, spares }, count: () => started, spares }
}

withSandbox(
  'runs that all differ start one process ahead, and one shape that comes again takes its place',
  async t => {
    const { ways, count, spares } = counted(1)
    const runIn = (path: string) =>
      runInProcess(exits(0), { isolation, preopens: { '/': path } }, ways)
    for (let i = 0; i < 4; i++) await runIn(scratch(t))
    t.is(count(), 5, 'the first one’s')
    const folder = scratch(t)
    await runIn(folder)
    await runIn(folder)
    await ahead()
    t.is(count(), 8, 'two more, and one ahead in place of the first one’s')
    await ahead()
    await runIn(folder)
    t.is(count(), 9)
    await spares.close()
    await runIn(folder)
    t.is(count(), 10, 'none is started ahead any more')
    t.deepEqual(launchers(), [])
  },
)

withSandbox(
  'a process that no run takes ends after its time, and takes its place from nobody',
  async t => {
    const { ways, count, spares } = counted(1, 400)
    await runInProcess(exits(0), { isolation }, ways)
    await ahead()
    while (launchers().length > 0) await sleep(20)
    await runInProcess(exits(0), { isolation }, ways)
    // More on a slow machine, where the next one has ended before its run did.
    t.true(count() >= 4, 'the second run started a process, and one ahead')
    await spares.close()
    t.deepEqual(launchers(), [])
  },
)

withSandbox('a process that sends a line before it has a guest is not used', async t => {
  const folder = scratch(t)
  const [entry, mark] = [join(folder, 'entry.mjs'), join(folder, 'mark')]
  fs.writeFileSync(
    entry,
    `import fs from 'node:fs'
     if (fs.existsSync(${JSON.stringify(mark)})) fs.writeSync(3, '{"kind":"exit","code":9}\\n')
     fs.readSync(3, Buffer.alloc(4))
     fs.writeSync(3, '{"kind":"taken"}\\n{"kind":"exit","code":7}\\n')
     setInterval(() => {}, 1000)`,
  )
  const spares = new SpareProcesses(1)
  const go = () =>
    runInProcess(exits(0), { isolation, preopens: { '/': folder } }, { entry, spares })
  t.is((await go()).exitCode, 7)
  await spares.close()
  const more = new SpareProcesses(1)
  const again = () =>
    runInProcess(exits(0), { isolation, preopens: { '/': folder } }, { entry, spares: more })
  t.is((await again()).exitCode, 7)
  fs.writeFileSync(mark, '')
  while (launchers().length > 0) await sleep(20)
  fs.rmSync(mark)
  t.is((await again()).exitCode, 7)
  await more.close()
})

withSandbox('a process takes its request once', async t => {
  const folder = scratch(t)
  const entry = join(folder, 'entry.mjs')
  fs.writeFileSync(
    entry,
    `import fs from 'node:fs'
     fs.readSync(3, Buffer.alloc(4))
     fs.writeSync(3, '{"kind":"taken"}\\n{"kind":"taken"}\\n{"kind":"exit","code":7}\\n')
     setInterval(() => {}, 1000)`,
  )
  await t.throwsAsync(runInProcess(exits(0), { isolation, preopens: { '/': folder } }, { entry }), {
    code: 'ERR_WASI_PROCESS_LOST',
    message: /twice/,
  })
})

withSandbox('a host ends while a process waits for a guest, and takes it along', t => {
  const script = `
    import { Pool } from ${JSON.stringify(import.meta.resolve('#bundle/index.mjs'))}
    import fs from 'node:fs'
    const pool = new Pool({ size: 1 })
    await pool.run(Uint8Array.from(${JSON.stringify([...exits(0)])}), { isolation: 'process' })
    await new Promise(resolve => setTimeout(resolve, 300))
    console.log(fs.readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim())`
  const began = performance.now()
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', script],
    { encoding: 'utf8' },
  )
  t.deepEqual([status, stderr], [0, ''])
  t.true(performance.now() - began < 20_000)
  const launcher = Number(stdout)
  t.true(launcher > 1)
  const gone = (): boolean => {
    try {
      return /^State:\sZ/m.test(fs.readFileSync(`/proc/${launcher}/status`, 'utf8'))
    } catch {
      return true
    }
  }
  for (let i = 0; i < 100 && !gone(); i++) spawnSync('sleep', ['0.02'])
  t.true(gone())
})

withSandbox(
  'a compiled module runs in processes, with its limits, and is compiled nowhere else',
  async t => {
    const pool = poolOf(t)
    const maxMemory = 65536 + 64 * 8 * 5000
    for (const how of ['process', 'worker'] as const) {
      const compiled = await pool.compile(growing(2, 1000), { maxMemory, isolation: how })
      t.is((await pool.run(compiled, { isolation })).exitCode, 4)
      t.is((await pool.run(compiled)).exitCode, 4)
      await t.throwsAsync(pool.run(compiled, { isolation, maxMemory: 2 ** 30 }), {
        code: 'ERR_INVALID_ARG_VALUE',
        message: /'options\.maxMemory' must be left out/,
      })
    }
    // A body that ends too early: the sections can be read, and only the compiler knows.
    const broken = exits(0)
    broken[broken.lastIndexOf(0x0b)] = 0xff
    const compiled = await pool.compile(broken, { isolation })
    await t.throwsAsync(pool.run(compiled, { isolation }), { code: 'ERR_WASI_COMPILE' })
    await t.throwsAsync(pool.compile(broken), { code: 'ERR_WASI_COMPILE' })
  },
)

withSandbox('a module of 8 MB reaches its process', async t => {
  const pool = poolOf(t)
  const size = 2 ** 23
  const leb = [0, 7, 14, 21].map(shift => ((size >> shift) & 127) | (shift < 21 ? 128 : 0))
  const source = Buffer.concat([
    exits(6),
    Buffer.from([0, ...leb, 1, 0x61]),
    Buffer.alloc(size - 2),
  ])
  for (let i = 0; i < 2; i++) t.is((await pool.run(source, { isolation })).exitCode, 6)
  t.is((await pool.run(await pool.compile(source), { isolation })).exitCode, 6)
})

withSandbox('60 runs in processes of a pool leave no descriptor and no process', async t => {
  const pool = poolOf(t, { size: 2, spareProcesses: 2 })
  const program = await pool.compile(exits(1), { isolation })
  await pool.run(program, { isolation })
  await pool.close()
  const before = [openDescriptors(), launchers()]
  const many = poolOf(t, { size: 2, spareProcesses: 2 })
  const { signal } = new AbortController()
  const warnings: Error[] = []
  const listen = (warning: Error): void => void warnings.push(warning)
  process.on('warning', listen)
  await Promise.all(
    Array.from({ length: 60 }, async (_, i) => {
      if (i % 20 === 0) await many.run(endless, { isolation, timeout: 100 }).catch(() => {})
      else if (i % 20 === 1)
        await many.run(endless, { isolation, signal: AbortSignal.timeout(2000) }).catch(() => {})
      else t.is((await many.run(program, { isolation, signal })).exitCode, 1)
    }),
  )
  t.like(many.stats, { finished: 54, timedOut: 3, aborted: 3, failed: 0 })
  await many.close()
  t.deepEqual([openDescriptors(), launchers()], before)
  process.off('warning', listen)
  t.deepEqual(warnings, [])
})
