/**
 * Runs examples/queue/ on a Redis of its own: a round of jobs, a worker that is killed in the middle
 * of a job, one that is stopped for too long, and no Redis at all. `npm run test:queue`.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { build } from '#guests/toolchain.js'
import { run } from '../programs/cli.js'
import { freePort, Program } from './program.js'

const { error } = spawnSync('redis-server', ['--version'])
if (error !== undefined) {
  console.error(
    `test:queue: redis-server does not start (${error.message}). Install it: apt-get install redis-server`,
  )
  process.exit(1)
}
// Compiled before two workers ask for it at once.
build('primes', args => run('native', args))

const port = await freePort()
const REDIS_URL = `redis://127.0.0.1:${port}`
const folder = mkdtempSync(join(tmpdir(), 'wasi-common-redis-'))
const programs: Program[] = []
const started = (program: Program): Program => {
  programs.push(program)
  return program
}
const example = (path: string, args: readonly string[] = []): Program =>
  started(Program.example(`queue/${path}`, args, { REDIS_URL }))

/** Runs a producer to its end, and returns what it printed. */
async function produce(args: readonly string[] = []): Promise<string> {
  const producer = example('producer.js', args)
  assert.equal(await producer.ended, 0, producer.errors)
  process.stdout.write(producer.output)
  return producer.output
}

async function withoutRedis(): Promise<void> {
  for (const name of ['worker.js', 'producer.js']) {
    const program = example(name)
    assert.equal(await program.ended, 1, program.output)
    assert.match(
      program.errors,
      /^REDIS_URL: no Redis answers at 127\.0\.0\.1:\d+:\nECONNREFUSED\. /,
    )
  }
}

async function round(): Promise<void> {
  const output = await produce()
  for (const pattern of [
    /^primes below 1000: 168 \(exit code 0, worker \d+\)$/m,
    /^primes below 100000: 9592 \(exit code 0, worker \d+\)$/m,
    /^primes below 1000000: 78498 \(exit code 0, worker \d+\)$/m,
    /^running: cancelled: it is no longer needed$/m,
    /^waiting: cancelled: it was a mistake$/m,
    /^too long: ERR_WASI_TIMEOUT: /m,
    /^unknown: unknown program 'factors'$/m,
    /^waiting 0 {2}active \d {2}completed \d {2}failed \d$/m,
    /^waiting 0 {2}active 0 {2}completed 3 {2}failed 4\n$/m,
  ])
    assert.match(output, pattern)
}

const worker = async (): Promise<Program> => {
  const program = example('worker.js')
  await program.line(/waits for jobs/)
  return program
}

/** Adds a job, and resolves when one of two workers has it. */
async function take([a, b]: readonly [Program, Program], limit: string) {
  a.output = ''
  b.output = ''
  const producer = example('producer.js', [limit])
  const taker = await Promise.race([a, b].map(one => one.line(/starts job/).then(() => one)))
  return { producer, taker, other: taker === a ? b : a }
}

/** Kills the worker that has a job. The other one must finish it, and is returned. */
async function killed(workers: readonly [Program, Program]): Promise<Program> {
  const { producer, taker, other } = await take(workers, '10000000')
  await taker.kill()
  console.log(`killed worker ${taker.process.pid}`)
  assert.equal(await producer.ended, 0, producer.errors)
  process.stdout.write(producer.output)
  const done = /^primes below 10000000: 664579 \(exit code 0, worker (\d+)\)$/m
  assert.equal(Number(done.exec(producer.output)?.[1]), other.process.pid)
  assert.match(other.output, /returns job \d+ to the queue/)
  return other
}

/**
 * Stops the worker that has a job for longer than its lock. When it goes on, it must end its guest.
 */
async function stopped(workers: readonly [Program, Program]): Promise<void> {
  const { taker, other } = await take(workers, '4000000000')
  taker.process.kill('SIGSTOP')
  console.log(`stopped worker ${taker.process.pid}`)
  await other.line(/starts job/)
  taker.process.kill('SIGCONT')
  await taker.line(/lost job/)
  // It would wait for its guest, which computes until its timeout.
  taker.process.kill('SIGTERM')
  assert.equal(
    await Promise.race([taker.ended, setTimeout(15_000, 'still runs', { ref: false })]),
    0,
  )
  console.log('it gave the job up, and ended')
}

try {
  await withoutRedis()
  const redis = started(
    new Program('redis-server', [
      ...['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder],
      ...['--save', '', '--appendonly', 'no'],
    ]),
  )
  await redis.line(/Ready to accept connections/)
  const [a, b] = [await worker(), await worker()]
  await round()
  const left = await killed([a, b])
  await stopped([left, await worker()])
  console.log('test:queue: all jobs ended as they should')
} finally {
  for (const program of programs.reverse()) await program.kill()
  rmSync(folder, { recursive: true, force: true })
}
