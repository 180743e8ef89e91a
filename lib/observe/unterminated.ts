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

const Word = Object.freeze({ OUTPUTS: 0, OPEN: 1 })
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
  void Atomics.store(line, Word.OPEN, last === NEWLINE ? 0 : 1)
/** True if a line is open, which the caller ends. */
export const takeOpen = (line: OpenLine): boolean => Atomics.exchange(line, Word.OPEN, 0) === 1
/** The outputs that share the place of the trace. */
export const outputsOf = (line: OpenLine): readonly number[] =>
  [1, 2].filter(fd => line[Word.OUTPUTS] & (1 << fd))

/**
 * Begins a write to an output of the guest. While it writes, the line counts as open: the thread
 * that writes the trace may come in between. Returns the end of it, with the last byte if one was
 * written; undefined for an output that does not share the place of the trace.
 */
export function writing(
  line: OpenLine,
  fd: number,
): ((last: number | undefined) => void) | undefined {
  if (((line[Word.OUTPUTS] >> fd) & 1) === 0) return undefined
  const before = Atomics.exchange(line, Word.OPEN, 1)
  return last => {
    if (last === undefined) Atomics.store(line, Word.OPEN, before)
    else setOpen(line, last)
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
