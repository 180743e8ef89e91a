// A worker process: takes jobs from the queue, and runs each as a guest of its Pool. Start as many
// as you like, on as many machines as you like.
import { UnrecoverableError, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { Pool } from 'wasi-common'
import { program } from '../program.js'
import { cancelChannel, cancelMark, connectionOptions, name } from './redis.js'

const connection = await connectionOptions()
const size = Number(process.env.POOL_SIZE ?? 2)
const pool = new Pool({ size })
const redis = new Redis(connection.url, connection)

/** The programs that a job may name: the queue carries arguments, never code. */
const programs = new Map([['primes', program('primes')]])

/** Failures that another attempt may not have: the machine's, not the guest's. */
const retried = ['ERR_WASI_PROCESS_LOST', 'ERR_WASI_THREAD_LOST', 'ERR_WASI_QUEUE_FULL']

/** Runs one job. BullMQ aborts `signal` when the job is cancelled. */
async function runJob(job, _token, signal) {
  const { args = [], timeout = 60_000 } = job.data
  const bytes = programs.get(job.name)
  if (bytes === undefined) throw new UnrecoverableError(`unknown program '${job.name}'`)
  const cancelled = await redis.get(cancelMark(job.id))
  if (cancelled !== null) throw new UnrecoverableError(`cancelled: ${cancelled}`)
  console.log(`worker ${process.pid} starts job ${job.id}`)
  try {
    const { exitCode, stdout, stderr } = await pool.run(bytes, {
      args: [job.name, ...args],
      timeout,
      signal,
      maxMemory: 16 * 2 ** 20,
      maxOutput: 2 ** 16,
    })
    return { exitCode, stdout: `${stdout}`, stderr: `${stderr}`, worker: process.pid }
  } catch (error) {
    if (retried.includes(error.code)) throw error
    const reason = signal.aborted
      ? `cancelled: ${signal.reason}`
      : `${error.code}: ${error.message}`
    throw new UnrecoverableError(reason)
  }
}

// A process that dies renews no locks. After `lockDuration` its jobs count as stalled, and another
// worker takes them. The defaults of BullMQ are 30 s each; these suit a demonstration.
const worker = new Worker(name, runJob, {
  connection,
  concurrency: size,
  lockDuration: 2000,
  stalledInterval: 1000,
  maxStalledCount: 3,
})
worker.on('error', error => console.error(`worker ${process.pid}: ${error.message}`))
// A worker that renewed too late may have lost the job to another one, and stops its own guest.
worker.on('lockRenewalFailed', ids => {
  console.log(`worker ${process.pid} lost job ${ids.join(', ')}`)
  for (const id of ids) worker.cancelJob(id, 'another worker has it')
})
worker.on('stalled', id => console.log(`worker ${process.pid} returns job ${id} to the queue`))

// Each worker receives each cancellation. The one that has the job aborts it.
const cancellations = redis.duplicate()
cancellations.on('message', async (_channel, id) =>
  worker.cancelJob(id, await redis.get(cancelMark(id))),
)
await cancellations.subscribe(cancelChannel)
for (const client of [redis, cancellations]) client.on('error', () => {})
await worker.waitUntilReady()
console.log(`worker ${process.pid} waits for jobs`)

// Running jobs finish first.
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, async () => {
    await worker.close()
    await pool.close()
    for (const client of [redis, cancellations]) client.disconnect()
  })
