/**
 * The register protocol: a call of the addon reads its arguments from shared registers, and leaves
 * its answer there.
 */
import type { Answer } from '../sys.js'

/**
 * The addon's answer when a call has had no result for a while. The call is repeated: in between,
 * the thread can be terminated.
 */
const PENDING = -0x20000

/**
 * Returns functions that make a call, one for each number of arguments, so that none writes more
 * registers than it needs. The first register has the index of a host, which the answer replaces,
 * and the arguments follow.
 */
export function registerCalls(r: Float64Array) {
  /**
   * Returns true if the call must be repeated. V8 terminates a thread at the entry of a function,
   * such as this one.
   */
  const pending = (): boolean => r[0] === PENDING
  const ask1 = (call: () => void, host: number, a: number): Answer => {
    do {
      r[0] = host
      r[1] = a
      call()
    } while (pending())
    return r[0]
  }
  const ask2 = (call: () => void, host: number, a: number, b: number): Answer => {
    do {
      r[0] = host
      r[1] = a
      r[2] = b
      call()
    } while (pending())
    return r[0]
  }
  const ask3 = (call: () => void, host: number, a: number, b: number, c: number): Answer => {
    do {
      r[0] = host
      r[1] = a
      r[2] = b
      r[3] = c
      call()
    } while (pending())
    return r[0]
  }
  const ask4 = (
    call: () => void,
    host: number,
    a: number,
    b: number,
    c: number,
    d: number,
  ): Answer => {
    do {
      r[0] = host
      r[1] = a
      r[2] = b
      r[3] = c
      r[4] = d
      call()
    } while (pending())
    return r[0]
  }
  const ask5 = (
    call: () => void,
    host: number,
    a: number,
    b: number,
    c: number,
    d: number,
    e: number,
  ): Answer => {
    do {
      r[0] = host
      r[1] = a
      r[2] = b
      r[3] = c
      r[4] = d
      r[5] = e
      call()
    } while (pending())
    return r[0]
  }
  const ask6 = (
    call: () => void,
    host: number,
    a: number,
    b: number,
    c: number,
    d: number,
    e: number,
    f: number,
  ): Answer => {
    do {
      r[0] = host
      r[1] = a
      r[2] = b
      r[3] = c
      r[4] = d
      r[5] = e
      r[6] = f
      call()
    } while (pending())
    return r[0]
  }
  const ask7 = (
    call: () => void,
    host: number,
    a: number,
    b: number,
    c: number,
    d: number,
    e: number,
    f: number,
    g: number,
  ): Answer => {
    do {
      r[0] = host
      r[1] = a
      r[2] = b
      r[3] = c
      r[4] = d
      r[5] = e
      r[6] = f
      r[7] = g
      call()
    } while (pending())
    return r[0]
  }
  return { ask1, ask2, ask3, ask4, ask5, ask6, ask7 }
}
