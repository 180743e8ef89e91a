/** What the command writes itself: its own words and notes, and a guest's output where this is counted. */
import { write, writeSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { isatty } from 'node:tty'
import { promisify } from 'node:util'
import type { Writer } from '../streams.js'
import { CommandError } from './error.js'

export const STDOUT = 1
export const STDERR = 2

/** How long to wait for a reader, in milliseconds, before it is tried again. */
const pause = 5
const never = new Int32Array(new SharedArrayBuffer(4))
/** Node makes a pipe that is one of its standard streams one that does not wait, as soon as there is a worker. */
const isFull = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EAGAIN'

/** All of it, however slow its reader is. */
export function writeAll(to: number, text: string): void {
  for (let rest = Buffer.from(text); rest.length > 0; ) {
    try {
      rest = rest.subarray(writeSync(to, rest))
    } catch (error) {
      if (!isFull(error)) throw error
      Atomics.wait(never, 0, 0, pause)
    }
  }
}

/** Written at once, so that nothing is lost at the end. A reader that went away has read enough. */
export function say(text: string, to = STDOUT): void {
  try {
    writeAll(to, text)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw new CommandError(`cannot write: ${(error as Error).message}`)
  }
}

/** A line for whoever started the command, written before the guest goes on. */
export function note(text: string): void {
  try {
    writeAll(STDERR, `wasi-common: ${text}\n`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw new CommandError(`cannot write: ${(error as Error).message}`)
  }
}

const written = promisify(write)
/** As many as there is room for now. It does not keep this thread, where a guest's time is told, waiting. */
async function writeSome(to: number, bytes: Buffer): Promise<number> {
  for (;;) {
    try {
      return (await written(to, bytes)).bytesWritten
    } catch (error) {
      if (!isFull(error)) throw error
      await setTimeout(pause)
    }
  }
}

/** A standard stream of ours for a guest that may write only so much to it. */
export function limited(fd: number, most: number): Writer {
  let left = most
  return {
    isTTY: isatty(fd),
    get destroyed() {
      return left === 0
    },
    async write(chunk) {
      for (let rest = chunk.subarray(0, left); rest.length > 0; ) {
        const size = await writeSome(fd, rest)
        rest = rest.subarray(size)
        left -= size
      }
    },
  }
}
