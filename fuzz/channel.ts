/**
 * Fuzzes the channel of a guest's process: no line throws, steers a terminal, passes for a verdict
 * of the host, or holds up the event loop.
 */
import { fault, utterances } from './lines.js'
import { flags, Random } from './random.js'

const { seconds, seed: first } = flags()
const end = performance.now() + seconds * 1000
console.log(`channel: seed ${first}`)
let seed = first
let total = 0
for (; performance.now() < end; seed++) {
  const { found, lines } = await fault(utterances(new Random(seed)), 2000)
  total += lines
  if (found === undefined) continue
  console.error(`not ok, seed ${seed}: ${found}`)
  process.exitCode = 1
  break
}
console.log(`channel: ${seed - first} sequences, ${total} lines`)
