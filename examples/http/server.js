// An HTTP server that runs a guest for each request, and ends it when its client goes away.
//
//   PORT=3000 node examples/http/server.js
import Fastify from 'fastify'
import { Pool } from 'wasi-common'
import { program } from '../program.js'

const pool = new Pool()
const primes = program('primes')
const counts = { running: 0, answered: 0, late: 0, aborted: 0 }
const app = Fastify()

/** Aborts when the client goes away. A request closes with its body, a response with the client. */
function clientSignal(reply) {
  const controller = new AbortController()
  reply.raw.once('close', () => controller.abort())
  return controller.signal
}

const limit = { type: 'string', pattern: '^[0-9]{1,15}$' }
const schema = { params: { type: 'object', properties: { limit } } }
app.get('/primes/:limit', { schema }, async (request, reply) => {
  const { limit } = request.params
  const signal = clientSignal(reply)
  counts.running++
  try {
    const { stdout } = await pool.run(primes, {
      args: ['primes', limit],
      signal,
      timeout: 10_000,
      maxMemory: 16 * 2 ** 20,
      maxOutput: 2 ** 16,
    })
    counts.answered++
    return { limit: Number(limit), primes: Number(stdout) }
  } catch (error) {
    if (signal.aborted) {
      counts.aborted++
      return reply.hijack()
    }
    if (error.code !== 'ERR_WASI_TIMEOUT') throw error
    counts.late++
    return reply.code(504).send({ error: error.code })
  } finally {
    counts.running--
  }
})

app.get('/counts', () => counts)

await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 3000) })
console.log(`listening at ${app.listeningOrigin}`)

// Requests under way are answered first.
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, async () => {
    await app.close()
    await pool.close()
  })
