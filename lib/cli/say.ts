/** What the command writes itself: its own words and notes, and a guest's output where this is counted. */
import { writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import type { Writer } from '../streams.js'
import { CommandError } from './error.js'

export const STDOUT = 1
export const STDERR = 2

/** Written at once, so that nothing is lost at the end. A reader that went away has read enough. */
export function say(text: string, to = STDOUT): void {
  try {
    writeSync(to, text)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw new CommandError(`cannot write: ${(error as Error).message}`)
  }
}

/** A line for whoever started the command, written before the guest goes on. */
export function note(text: string): void {
  try {
    writeSync(STDERR, `wasi-common: ${text}\n`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw new CommandError(`cannot write: ${(error as Error).message}`)
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
    write(chunk) {
      for (let rest = chunk.subarray(0, left); rest.length > 0; ) {
        const written = writeSync(fd, rest)
        rest = rest.subarray(written)
        left -= written
      }
    },
  }
}
