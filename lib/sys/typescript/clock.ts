/** The clocks of preview 1 by Node's own functions. */
import { Errno } from '../../abi/errno.js'
import { refuse } from '../../errors.js'

/** The wall clock at some moment, less the monotonic clock at that moment. */
let offset =
  BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6)) - process.hrtime.bigint()

/**
 * Returns the wall clock in nanoseconds. Date.now() counts only milliseconds; the monotonic clock
 * adds the lower digits while the two agree. After the wall clock was set or has drifted,
 * Date.now() is right, and the offset is measured anew.
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
 * A function and a resolution for each clock ID. Before Node 23.9, the thread's CPU time is the
 * process's.
 */
const clocks = [
  { now: realtime, resolution: 1_000_000n },
  { now: () => process.hrtime.bigint(), resolution: 1n },
  { now: () => microseconds(process.cpuUsage()), resolution: 1000n },
  { now: () => microseconds(threadUsage?.call(process) ?? process.cpuUsage()), resolution: 1000n },
] as const

export const clock = (id: number) => clocks[id] ?? refuse(Errno.INVAL)
