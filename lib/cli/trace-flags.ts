/** Reads the flags of a trace. */
import type { GuestOptions } from '../options/options.js'
import { selected } from '../options/trace-filter.js'
import { CommandError } from './error.js'
import type { Values } from './flags.js'

/** Checks that the flags of a trace go together. */
export function checkTrace(values: Values): void {
  const { trace, 'trace-format': format } = values
  const word = (['trace-times', 'trace-format', 'trace-filter'] as const).find(
    word => values[word] !== undefined,
  )
  if (trace === undefined && word !== undefined) throw new CommandError(`--${word} needs --trace`)
  if (format === 'perfetto' && trace === '-') {
    throw new CommandError(
      '--trace-format perfetto: expected a file for the timeline',
      'write --trace=FILE',
    )
  }
}

/** Reads `--trace-filter PATTERN[,PATTERN]`. */
export function traceFilter({ 'trace-filter': list }: Values): Pick<GuestOptions, 'traceFilter'> {
  if (list === undefined) return {}
  const patterns = list.split(',').map(pattern => pattern.trim())
  const found = selected(patterns)
  if ('unmatched' in found) {
    const { unmatched, nearest } = found
    throw new CommandError(
      `--trace-filter: no hostcall matches '${patterns[unmatched]}'`,
      `did you mean ${nearest}?`,
    )
  }
  if (found.calls.length === 0)
    throw new CommandError(`--trace-filter ${list}: the patterns select no hostcall`)
  return { traceFilter: patterns }
}
