/** The times of a `set-times`. */
import { Errno } from '../../abi/errno.js'
import { Fstflags } from '../../abi/values.js'
import type { Answer } from '../../sys/sys.js'
import type { Component } from '../component.js'

/** The cases of `new-timestamp`. */
const Time = Object.freeze({ NO_CHANGE: 0, NOW: 1, TIMESTAMP: 2 })
const billion = 1_000_000_000n
const end = 2n ** 64n

/** Stores both times in the block. Returns their fstflags, or INVAL for a time beyond 64 bits. */
export function putTimes(
  { context: { sys } }: Component,
  ...[accessed, accessedSeconds, accessedRest, modified, modifiedSeconds, modifiedRest]: Times
): Answer {
  const { times } = sys.block
  let fstflags = 0
  const put = (tag: number, seconds: bigint, rest: number, i: number): Answer => {
    if (tag === Time.NOW) fstflags |= i === 0 ? Fstflags.ATIM_NOW : Fstflags.MTIM_NOW
    if (tag !== Time.TIMESTAMP) return 0
    const time = seconds * billion + BigInt(rest)
    if (rest >= 1e9 || time >= end) return -Errno.INVAL
    fstflags |= i === 0 ? Fstflags.ATIM : Fstflags.MTIM
    times[i] = time
    return 0
  }
  return (
    put(accessed, accessedSeconds, accessedRest, 0) ||
    put(modified, modifiedSeconds, modifiedRest, 1) ||
    fstflags
  )
}
type Times = [number, bigint, number, number, bigint, number]
