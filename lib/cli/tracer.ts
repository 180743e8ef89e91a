/** Writes the trace of a run to the terminal or to a file. */
import { closeSync, fstatSync, openSync } from 'node:fs'
import { isatty, WriteStream } from 'node:tty'
import { newOpenLine, type OpenLine, takeOpen } from '../observe/unterminated.js'
import { CommandError } from './error.js'
import type { RunRequest } from './options.js'
import { STDERR, STDOUT, writeAll } from './print.js'
import { colored } from './trace-colors.js'

export interface Tracer {
  /** The state of the guest's last line, where that and the trace have one destination. */
  readonly openLine: OpenLine
  write(line: string): void
  end(): void
}

/**
 * Writes lines as they come: the last call before a hang or a crash is the one to find. Lines of
 * threads come a little later.
 */
export function tracer({
  trace: target,
  guest: { traceFormat },
}: Pick<RunRequest, 'trace' | 'guest'>): Tracer | undefined {
  if (target === undefined) return undefined
  let fd = STDERR
  try {
    if (target !== '-') fd = openSync(target, 'w')
  } catch (error) {
    throw new CommandError(`--trace: cannot write: ${(error as Error).message}`)
  }
  const place = placeOf(fd)
  const openLine = newOpenLine(
    [STDOUT, STDERR].filter(output => place !== undefined && placeOf(output) === place),
  )
  const timeline = traceFormat === 'perfetto'
  const shown = (traceFormat ?? 'text') === 'text' && hasColors(fd) ? colored : undefined
  let lines = 0
  return {
    openLine,
    write(line) {
      lines++
      writeAll(fd, `${takeOpen(openLine) ? '\n' : ''}${shown?.(line) ?? line}\n`)
    },
    end() {
      try {
        if (timeline) writeAll(fd, lines === 0 ? '[]\n' : ']\n')
      } catch {
        // The array is valid without its end, and a full disk has been reported.
      }
      if (fd !== STDERR) closeSync(fd)
    },
  }
}

/** The file that a descriptor writes to: two descriptors of one terminal, pipe or file have one. */
function placeOf(fd: number): string | undefined {
  try {
    const { dev, ino, rdev } = fstatSync(fd, { bigint: true })
    return `${dev} ${ino} ${rdev}`
  } catch {
    return undefined
  }
}

/** True for a terminal that shows colours, unless the user asks for none: NO_COLOR, TERM=dumb. */
const hasColors = (fd: number): boolean =>
  isatty(fd) && WriteStream.prototype.getColorDepth(process.env) > 1
