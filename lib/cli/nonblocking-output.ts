/**
 * Writes to a standard stream of the command without waiting in the kernel, which a terminal that
 * was stopped never ends.
 */
import { Errno, errnoNames } from '../abi/errno.js'
import { Fdflags } from '../abi/values.js'
import { coded } from '../errors.js'
import { openSys } from '../sys/choose.js'
import { UNEXPECTED } from '../sys/sys.js'

/** As much as is written at once. */
const most = 2 ** 16

/** Writes the bytes that find room and returns their number; 0 for none. */
export type Outlet = (bytes: Uint8Array) => number

/**
 * Undefined where the addon does not load, and on Windows, where a pipe looks full while its reader
 * waits.
 */
export function outletOf(fd: number): Outlet | undefined {
  if (process.platform === 'win32') return undefined
  try {
    const sys = openSys('native')
    const memory = new Uint8Array(most)
    sys.bind(memory)
    const stream = sys.adopt(fd)
    sys.setFlags(stream, sys.block.opened[1] | Fdflags.NONBLOCK)
    return bytes => {
      const size = Math.min(bytes.length, most)
      memory.set(bytes.subarray(0, size))
      sys.block.spans.set([0, size])
      const answer = sys.writev(stream, 1)
      if (answer >= 0) return answer
      if (answer === -Errno.AGAIN) return 0
      if (answer === UNEXPECTED) throw sys.failure()
      const code = `E${errnoNames[-answer]}`
      throw coded(new Error(`${code}: write`), code)
    }
  } catch {
    return undefined
  }
}
