// Your application's side of the queue: adds jobs, waits for results, cancels, counts.
import { Queue, QueueEvents } from 'bullmq'
import { Redis } from 'ioredis'
import { cancelChannel, cancelMark, connectionOptions, name } from './redis.js'

export class Client {
  static async connect() {
    const connection = await connectionOptions()
    const queue = new Queue(name, { connection })
    const events = new QueueEvents(name, { connection })
    await Promise.all([queue.waitUntilReady(), events.waitUntilReady()])
    return new Client(queue, events, new Redis(connection.url))
  }

  constructor(queue, events, redis) {
    Object.assign(this, { queue, events, redis })
  }

  /** Adds a job. `data` is `{ args?: string[], timeout?: number }`, in ms. */
  add(program, data) {
    const retries = { attempts: 3, backoff: { type: 'exponential', delay: 500 } }
    return this.queue.add(program, data, { ...retries, removeOnComplete: 1000, removeOnFail: 1000 })
  }

  /** `{ exitCode, stdout, stderr, worker }`, or an Error with the reason of the failure. */
  result(job) {
    return job.waitUntilFinished(this.events)
  }

  /** Has a job fail with this reason, whether it waits or runs. */
  async cancel(job, reason) {
    // The mark is for a worker that takes the job later, the message for one that has it already.
    await this.redis.set(cancelMark(job.id), reason, 'EX', 86_400)
    await this.redis.publish(cancelChannel, job.id)
  }

  /** The line of a dashboard. */
  async line() {
    const counts = await this.queue.getJobCounts('waiting', 'active', 'completed', 'failed')
    return Object.entries(counts)
      .map(([state, count]) => `${state} ${count}`)
      .join('  ')
  }

  async close() {
    await Promise.all([this.queue.close(), this.events.close(), this.redis.quit()])
  }
}
