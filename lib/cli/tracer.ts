/** Where the trace of a run goes. */
import { closeSync, openSync } from 'node:fs'
import { CommandError } from './error.js'
import { STDERR, writeAll } from './print.js'

export interface Tracer {
  write(line: string): void
  end(): void
}

/**
 * Lines are written as they come: what a guest did last before it hung or died is what one looks
 * for. Those of threads come a little later.
 */
export function tracer(target: string | undefined): Tracer | undefined {
  if (target === undefined) return undefined
  let fd = STDERR
  try {
    if (target !== '-') fd = openSync(target, 'w')
  } catch (error) {
    throw new CommandError(`cannot write the trace: ${(error as Error).message}`)
  }
  return {
    write: line => writeAll(fd, `${line}\n`),
    end: () => {
      if (fd !== STDERR) closeSync(fd)
    },
  }
}
