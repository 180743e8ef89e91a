/**
 * Knows whether a guest has left a line of its output unterminated, so that a trace in the same
 * place begins a new one.
 */

import { Errno } from '../abi/errno.js'
import { Iovec } from '../abi/layout.js'
import { OneWay } from '../fds/oneway.js'
import type { FdTable } from '../fds/table.js'
import type { ImportFunction } from '../gate.js'
import type { GuestMemory } from '../memory.js'
import { wordOf } from './passed.js'

const Word = Object.freeze({ OUTPUTS: 0, STATE: 1 })
/** The states of the line. It is unknown while something is written: the bytes may be there. */
const State = Object.freeze({ ENDED: 0, OPEN: 1, UNKNOWN: 2 })
/** The most iovecs that are looked at for the last byte. */
const mostIovecs = 4096
const NEWLINE = 0x0a

/** Shared by all threads of a guest and the thread that writes its trace. */
export type OpenLine = Int32Array<SharedArrayBuffer>

/** @param outputs which of the descriptors 1 and 2 go to the same place as the trace */
export function newOpenLine(outputs: readonly number[]): OpenLine {
  const line = new Int32Array(new SharedArrayBuffer(8))
  line[Word.OUTPUTS] = outputs.reduce((bits, fd) => bits | (1 << fd), 0)
  return line
}

/** Keeps the last byte that was written there. */
export const setOpen = (line: OpenLine, last: number): void =>
  void Atomics.store(line, Word.STATE, last === NEWLINE ? State.ENDED : State.OPEN)
/** True if a line is open, or may be, which the caller ends. */
export const takeOpen = (line: OpenLine): boolean =>
  Atomics.compareExchange(line, Word.STATE, State.OPEN, State.ENDED) !== State.ENDED
/** The outputs that share the place of the trace. */
export const outputsOf = (line: OpenLine): readonly number[] =>
  [1, 2].filter(fd => line[Word.OUTPUTS] & (1 << fd))

/**
 * Begins a write to an output of the guest. While it writes, the state of the line is unknown: the
 * thread that writes the trace may come in between, before the bytes are there or after. Returns the end of it, with the last byte if one was
 * written; undefined for an output that does not share the place of the trace.
 */
export function writing(
  line: OpenLine,
  fd: number,
): ((last: number | undefined) => void) | undefined {
  if (((line[Word.OUTPUTS] >> fd) & 1) === 0) return undefined
  const before = Atomics.exchange(line, Word.STATE, State.UNKNOWN)
  return last => {
    if (last === undefined) Atomics.store(line, Word.STATE, Math.min(before, State.OPEN))
    else setOpen(line, last)
  }
}

/**
 * Writes of one thread that end later than they begin. The state of the line is unknown until the
 * last of those under way has ended. The line is then open unless each of them has ended one: two
 * writes to different descriptors put their bytes in any order.
 */
export class PendingWrites {
  readonly #line: OpenLine
  #underWay = 0
  #allEndLines = true
  constructor(line: OpenLine) {
    this.#line = line
  }

  /** Begins a write. Returns its end, with the last byte that was written. */
  begin(): (last: number | undefined) => void {
    this.#underWay++
    Atomics.store(this.#line, Word.STATE, State.UNKNOWN)
    return last => {
      this.#allEndLines &&= last === NEWLINE
      if (--this.#underWay > 0) return
      setOpen(this.#line, this.#allEndLines ? NEWLINE : 0)
      this.#allEndLines = true
    }
  }
}

/** `fd_write`, which keeps the last byte of what was written to such an output. */
export function lined(
  call: ImportFunction,
  memory: GuestMemory,
  fds: FdTable,
  line: OpenLine,
): ImportFunction {
  return (...args) => {
    const [fd, iovs, count, written] = args.map(wordOf)
    const isOutput = fd !== undefined && fd <= 2 && fds.peek(fd) instanceof OneWay
    const end = isOutput ? writing(line, fd) : undefined
    if (end === undefined) return call(...args)
    let last: number | undefined
    try {
      const errno = call(...args)
      if (errno === Errno.SUCCESS)
        last = lastByte(memory, iovs as number, count as number, written as number)
      return errno
    } finally {
      end(last)
    }
  }
}

/** Another thread of the guest may change all of it meanwhile, which then misleads its own trace. */
function lastByte(
  memory: GuestMemory,
  iovs: number,
  count: number,
  written: number,
): number | undefined {
  let left = memory.getUint32(written)
  for (let i = 0; i < Math.min(count, mostIovecs); i++) {
    const at = iovs + i * Iovec.BYTES
    const length = memory.getUint32(at + Iovec.BUF_LEN)
    if (left > 0 && left <= length) return memory.bytes[memory.getUint32(at + Iovec.BUF) + left - 1]
    left -= length
  }
  return undefined
}
