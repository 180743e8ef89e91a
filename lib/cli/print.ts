/** Writes the command's own output and notes, and a guest's output if it is limited. */
import { write, writeSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { isatty } from 'node:tty'
import { promisify } from 'node:util'
import type { WritableLike } from '../stdio/streams.js'
import { CommandError } from './error.js'
import { type Outlet, outletOf } from './nonblocking-output.js'

export const STDOUT = 1
export const STDERR = 2

/** The pause before a reader is tried again, in milliseconds. */
const pause = 5
const never = new Int32Array(new SharedArrayBuffer(4))
/**
 * Node makes a pipe that is one of its standard streams one that does not wait, as soon as there is
 * a worker.
 */
const isFull = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EAGAIN'

/**
 * The time by performance.now() after which a stream without room is not waited for; undefined: for
 * ever.
 */
let deadline: number | undefined
const late = (): boolean => deadline !== undefined && performance.now() > deadline
/** By descriptor, used where there is a deadline. */
const outlets = new Map<number, Outlet | undefined>()

/**
 * Sets a deadline for a terminal that was stopped, or a reader that does not read. This thread,
 * where the timer of the guest fires, does not wait for them after it: what has found no room by
 * then is lost.
 */
export function waitAtMost(milliseconds: number): void {
  deadline = performance.now() + milliseconds
}

function outlet(to: number): Outlet | undefined {
  if (deadline === undefined) return undefined
  if (!outlets.has(to)) outlets.set(to, outletOf(to))
  return outlets.get(to)
}

/** All of it, however slow its reader is, unless there is a deadline. */
export function writeAll(to: number, text: string | Uint8Array): void {
  const some = outlet(to) ?? (bytes => writeSync(to, bytes))
  for (let rest = Buffer.from(text); rest.length > 0; ) {
    let size = 0
    try {
      size = some(rest)
    } catch (error) {
      if (!isFull(error)) throw error
    }
    if (size === 0 && late()) return
    if (size === 0) Atomics.wait(never, 0, 0, pause)
    rest = rest.subarray(size)
  }
}

/** Written at once, so that nothing is lost at the end. A reader that went away has read enough. */
export function say(text: string, to = STDOUT): void {
  try {
    writeAll(to, text)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE')
      throw new CommandError(`cannot write: ${(error as Error).message}`)
  }
}

/** A line for the user of the command, written before the guest goes on. */
export function note(text: string | Uint8Array): void {
  say(`wasi-common: ${text}\n`, STDERR)
}

const written = promisify(write)
/**
 * As many as there is room for now; all of them, unwritten, after the deadline. It does not keep
 * this thread waiting.
 */
async function writeSome(to: number, bytes: Buffer): Promise<number> {
  const some = outlet(to) ?? (async () => (await written(to, bytes)).bytesWritten)
  for (;;) {
    try {
      const size = await some(bytes)
      if (size > 0) return size
    } catch (error) {
      if (!isFull(error)) throw error
    }
    if (late()) return bytes.length
    await setTimeout(pause)
  }
}

/**
 * A standard stream of ours for a guest that may write only so much to it.
 * @param begin called before each write; the function that it returns, with its last byte after it
 */
export function limited(
  fd: number,
  most: number,
  begin: () => ((last: number | undefined) => void) | undefined,
): WritableLike {
  let left = most
  return {
    isTTY: isatty(fd),
    get destroyed() {
      return left === 0
    },
    async write(chunk) {
      for (let rest = chunk.subarray(0, left); rest.length > 0; ) {
        // Something else may be written before the bytes are there, or before that is known.
        const end = begin()
        let size = 0
        try {
          size = await writeSome(fd, rest)
        } finally {
          end?.(rest[size - 1])
        }
        rest = rest.subarray(size)
        left -= size
      }
    },
  }
}
