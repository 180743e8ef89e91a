/**
 * Locals of a guest that waits are kept on every Node, by every door that has threads; V8's quick
 * compiler goes where it loses them, and only there.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { Pool, run } from 'wasi-common'
import { main, scratch } from '../programs/cli.js'

const text = (name: string): number[] => [name.length, ...Buffer.from(name)]
const section = (id: number, ...items: number[][]): number[] => {
  const body = [items.length, ...items.flat()]
  return [id, body.length, ...body]
}
const [i32, memory, wait32, wait64, notify] = [
  0x7f,
  [3, 1, 1],
  [0x41, 1, 0x42, 0, 0xfe, 1, 2, 0],
  [0x42, 1, 0x42, 0, 0xfe, 2, 3, 0],
  [0x41, 0, 0xfe, 0, 2, 0],
]

/** A function of four parameters that waits at the address in one, and returns another. */
const waiter = (operation: readonly number[], address: number, kept: number): number[] => {
  const body = [0, 0x20, address, ...operation, 0x1a, 0x20, kept, 0x0b]
  return [
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [0x60, 4, i32, i32, i32, i32, 1, i32]),
    ...section(3, [0]),
    ...section(5, memory),
    ...section(7, [...text('f'), 0, 0]),
    ...section(10, [body.length, ...body]),
  ]
}
const waiters = [wait32, wait64, notify].flatMap(operation =>
  [0, 1, 2, 3].flatMap(address =>
    [0, 1, 2, 3]
      .filter(kept => kept !== address)
      .map(kept => ({ address, kept, bytes: waiter(operation, address, kept) })),
  ),
)

test('locals are kept, in modules from before and after, in a worker too; Liftoff stays where it keeps them', t => {
  const source = `
    import { Worker } from 'node:worker_threads'
    import { avoidLiftoff, losesLocals } from ${JSON.stringify(import.meta.resolve('#lib/run/worker/liftoff.js'))}
    // V8 compiles equal bytes once, so those of later differ by a custom section.
    const compiled = end => ${JSON.stringify(waiters)}.map(({ bytes, ...waiter }) => ({ ...waiter, module: new WebAssembly.Module(new Uint8Array([...bytes, ...end])) }))
    const lost = waiters => waiters.filter(({ module, address, kept }) => {
      const { f } = new WebAssembly.Instance(module).exports
      return f(...[0, 1, 2, 3].map(i => (i === address ? 16 : i === kept ? 7 : 100 + i))) !== 7
    }).length
    const [unguarded, early] = [compiled([0, 2, 1, 0x61]), compiled([0, 2, 1, 0x62])]
    const before = lost(unguarded) > 0
    const probed = losesLocals()
    avoidLiftoff()
    const { seven } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from('AGFzbQEAAAABBQFgAAF/AwIBAAcJAQVzZXZlbgAACgYBBABBBws=', 'base64'))).exports
    seven()
    const worker = new Worker('const { workerData, parentPort } = require("node:worker_threads"); parentPort.postMessage(eval(workerData.lost)(workerData.waiters))',
      { eval: true, execArgv: [], workerData: { lost: String(lost), waiters: compiled([0, 2, 1, 0x63]) } })
    worker.once('message', inWorker =>
      console.log(JSON.stringify({ before, probed, early: lost(early), late: lost(compiled([])), inWorker, liftoff: %IsLiftoffFunction(seven) })))`
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--allow-natives-syntax', '--input-type=module', '-e', source],
    {
      encoding: 'utf8',
    },
  )
  const { before, ...then } = JSON.parse(stdout || `{"stderr":${JSON.stringify(stderr)}}`)
  t.deepEqual(then, { probed: before, early: 0, late: 0, inWorker: 0, liftoff: !before })
})

/**
 * A command with an imported, shared memory that waits, and exits with the local that it has then:
 * 7.
 */
const command = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(
    1,
    [0x60, 1, i32, 0],
    [0x60, 0, 0],
    [0x60, 2, i32, i32, 0],
    [0x60, 2, i32, i32, 1, i32],
    [0x60, 1, i32, 1, i32],
  ),
  ...section(
    2,
    [...text('wasi_snapshot_preview1'), ...text('proc_exit'), 0, 0],
    [...text('wasi'), ...text('thread-spawn'), 0, 4],
    [...text('env'), ...text('memory'), 2, ...memory],
  ),
  ...section(3, [1], [2], [3]),
  ...section(
    7,
    [...text('_start'), 0, 2],
    [...text('wasi_thread_start'), 0, 3],
    [...text('memory'), 2, 0],
  ),
  ...section(
    10,
    [10, 0, 0x41, 16, 0x41, 7, 0x10, 4, 0x10, 0, 0x0b],
    [2, 0, 0x0b],
    [15, 0, 0x20, 0, ...wait32, 0x1a, 0x20, 1, 0x0b],
  ),
])

test('a run with threads', async t => t.is((await run(command, { threads: 1 })).exitCode, 7))
test('a run of a pool with threads', async t => {
  const pool = new Pool({ size: 1 })
  t.is((await pool.run(command, { threads: 1 })).exitCode, 7)
  await pool.close()
})
for (const flags of [[], ['--isolation', 'process']])
  test(`the command with threads ${flags.join(' ')}`, t => {
    const file = join(scratch(t), 'program.wasm')
    fs.writeFileSync(file, command)
    const { status, stderr } = spawnSync(
      process.execPath,
      [main, 'run', '--threads=1', ...flags, file],
      { encoding: 'utf8' },
    )
    t.is(status, 7, stderr)
  })
