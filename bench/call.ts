/**
 * The process that times the loops of one group on one side, and prints nanoseconds by row. Its
 * words: SIDE FOLDER WARM TIMED ROW...
 */
import { rowOf } from './calls.js'
import { Guest, socketsIn, time } from './guest.js'
import { type Host, openerOf } from './sides.js'

const [host, folder, warm, timed, ...names] = process.argv.slice(2)
const pace = { warm: Number(warm), timed: Number(timed) }
const sockets = await socketsIn(folder)
const guest = new Guest(await openerOf(host as Host), folder, { sockets })
const times: Record<string, number> = {}
// All rows are warmed before any is timed: what they share is optimized by then, and V8 does that
// beside the guest.
for (const { warm, timed } of [
  { warm: pace.warm, timed: 0 },
  { warm: pace.warm / 4, timed: pace.timed },
]) {
  for (const name of names) {
    const { loop, measure, units = 1 } = rowOf(name)
    try {
      times[name] =
        (measure?.(guest, { warm, timed }) ??
          (loop === undefined ? Number.NaN : time(guest, loop(guest), { warm, timed }))) / units
    } catch (cause) {
      throw new Error(`${host}: ${name}`, { cause })
    }
  }
}
// Standard output is the parent's; the guest has the sockets for its own.
process.stdout.write(JSON.stringify(times), () => process.exit(0))
