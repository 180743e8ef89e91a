/** The clocks of preview 1 by what Node has. */
import { Errno } from '../../abi/errno.js'
import { refuse } from '../../errors.js'

/** The wall clock at some moment, less the monotonic clock at that moment. */
let offset =
  BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6)) - process.hrtime.bigint()

/**
 * Date.now() has milliseconds only. The monotonic clock gives the digits below, as long as the two
 * agree; when the wall clock was set or has drifted away, Date.now() is right and we start over
 * from it.
 */
function realtime(): bigint {
  const time = process.hrtime.bigint() + offset
  const now = BigInt(Date.now()) * 1_000_000n
  if (time >= now && time < now + 1_000_000n) return time
  offset += now - time
  return now
}

type Usage = { user: number; system: number }
const threadUsage = (process as { threadCpuUsage?: () => Usage }).threadCpuUsage
const microseconds = ({ user, system }: Usage) => BigInt(user + system) * 1000n

/**
 * A clock for each clockid, and how fine it is. Before Node 23.9 the thread's CPU time is the
 * process's.
 */
const clocks = [
  { now: realtime, resolution: 1_000_000n },
  { now: () => process.hrtime.bigint(), resolution: 1n },
  { now: () => microseconds(process.cpuUsage()), resolution: 1000n },
  { now: () => microseconds(threadUsage?.call(process) ?? process.cpuUsage()), resolution: 1000n },
] as const

export const clock = (id: number) => clocks[id] ?? refuse(Errno.INVAL)
