/** Colours a line of a trace for a terminal. */
import { styleText } from 'node:util'

type Format = Parameters<typeof styleText>[0]
/** Always: the caller knows the stream. */
const style = (format: Format, text: string): string =>
  text === '' ? '' : styleText(format, text, { validateStream: false } as object)

/**
 * The thread, the call, its arguments, the errno, and what comes behind it. Text that a guest chose
 * is in quotes or angle brackets, where it cannot end the arguments.
 */
const parts =
  /^(\[tid \d+\] )?([\w.-]+)(\((?:"(?:[^"\\]|\\.)*"|<[^>]*>|[^"<])*?\) = )([\w-]+)(.*)$/s

/** Returns the line with escape sequences of colours. A line that is no call stays as it is. */
export function colored(line: string): string {
  const [, thread = '', call, args, errno, rest] = parts.exec(line) ?? []
  if (call === undefined) return line
  const failed = errno !== 'SUCCESS' && errno !== 'ok' && errno !== 'exit'
  const format = failed ? 'red' : errno === 'exit' ? 'yellow' : 'green'
  const [, reason = '', more] = /^( \(.*\))?(.*)$/s.exec(rest) as RegExpExecArray
  return (
    style('dim', thread) +
    style('cyan', call) +
    args +
    style(format, errno) +
    style('yellow', failed ? reason : '') +
    (failed ? more : rest)
  )
}
