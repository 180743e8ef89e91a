// A producer: adds jobs, and prints a dashboard line each half second and the end of each job.
//
//   node examples/queue/producer.js              a round of jobs, two of them cancelled
//   node examples/queue/producer.js LIMIT...     counts the primes below each LIMIT
import { setTimeout } from 'node:timers/promises'
import { Client } from './client.js'

const client = await Client.connect()
const dashboard = setInterval(async () => console.log(await client.line()), 500)
const hours = ['4000000000']

/** Prints the end of a job. */
async function print(title, job) {
  try {
    const { exitCode, stdout, worker } = await client.result(job)
    console.log(`${title}: ${Number(stdout)} (exit code ${exitCode}, worker ${worker})`)
  } catch (error) {
    console.log(`${title}: ${error.message}`)
  }
}

/** Cancels a job once a worker has it. */
async function cancelRunning(job) {
  while (!(await job.isActive())) await setTimeout(50)
  await client.cancel(job, 'it is no longer needed')
}

const limits = process.argv.slice(2)
const ends = (limits.length > 0 ? limits : ['1000', '100000', '1000000']).map(async limit =>
  print(`primes below ${limit}`, await client.add('primes', { args: [limit] })),
)
if (limits.length === 0) {
  const running = await client.add('primes', { args: hours })
  const waiting = await client.add('primes', { args: hours })
  await client.cancel(waiting, 'it was a mistake')
  ends.push(
    print('running', running),
    cancelRunning(running),
    print('waiting', waiting),
    print('too long', await client.add('primes', { args: hours, timeout: 1000 })),
    print('unknown', await client.add('factors', { args: hours })),
  )
}
await Promise.all(ends)
clearInterval(dashboard)
console.log(await client.line())
await client.close()
