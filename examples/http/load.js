// Puts a load on server.js: 200 requests at once, then one whose client goes away.
//
//   node examples/http/load.js http://127.0.0.1:3000
import { setTimeout } from 'node:timers/promises'

const [origin = 'http://127.0.0.1:3000'] = process.argv.slice(2)
const get = async (path, options) => {
  const response = await fetch(`${origin}${path}`, options)
  return { status: response.status, body: await response.json() }
}

const began = performance.now()
const answers = await Promise.all(Array.from({ length: 200 }, () => get('/primes/100000')))
const good = answers.filter(({ status, body }) => status === 200 && body.primes === 9592)
console.log(`200 requests at once: ${good.length} answered rightly`)
console.error(`took ${Math.round(performance.now() - began)} ms`)

const refused = await get('/primes/many')
console.log('a wrong limit:', refused.status)

// Hours of work, but the client leaves as soon as the guest runs.
const controller = new AbortController()
const leaving = get('/primes/4000000000', { signal: controller.signal }).catch(error => error.name)
while ((await get('/counts')).body.running === 0) await setTimeout(20)
controller.abort()
console.log('the client:', await leaving)
while ((await get('/counts')).body.running > 0) await setTimeout(20)
console.log('the guest:', (await get('/counts')).body)

// Prints:
// 200 requests at once: 200 answered rightly
// a wrong limit: 400
// the client: AbortError
// the guest: { running: 0, answered: 200, late: 0, aborted: 1 }
