// The names in Redis, its address, and a check that it is there.
import { Redis } from 'ioredis'

export const name = 'guests'
/** Carries the ids of jobs that were cancelled. */
export const cancelChannel = `${name}:cancel`
/** The key that holds the reason why a job was cancelled. */
export const cancelMark = id => `${name}:cancelled:${id}`

const url = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'

/** Asks Redis once: BullMQ itself would try again for ever. Ends the process without an answer. */
export async function connectionOptions() {
  const redis = new Redis(url, { lazyConnect: true, connectTimeout: 5000, retryStrategy: null })
  let reason
  redis.on('error', error => {
    reason = error
  })
  try {
    await redis.connect()
    await redis.ping()
  } catch (error) {
    const { code, message } = reason ?? error
    console.error(`REDIS_URL: no Redis answers at ${redis.options.host}:${redis.options.port}:`)
    console.error(`${code ?? message}. Start one (Debian: apt-get install redis-server).`)
    process.exit(1)
  } finally {
    redis.disconnect()
  }
  return { url, maxRetriesPerRequest: null }
}
