/** Colours of the command's own words, where they are wanted. */
import { isatty } from 'node:tty'
import { styleText } from 'node:util'

type Format = Parameters<typeof styleText>[0]

/**
 * Tells if a descriptor is written to in colours: a terminal that has them, unless NO_COLOR or
 * FORCE_COLOR says otherwise.
 * @see https://no-color.org
 * @see https://nodejs.org/api/tty.html#writestreamgetcolordepthenv
 */
export function isColoured(fd: number, env: NodeJS.ProcessEnv = process.env): boolean {
  const { FORCE_COLOR, NO_COLOR, NODE_DISABLE_COLORS, TERM } = env
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  if (NO_COLOR || NODE_DISABLE_COLORS || TERM === 'dumb') return false
  return isatty(fd)
}

/**
 * Colours text. The stream is named, as none: its default is process.stdout, which would be opened,
 * and make a pipe non-blocking.
 */
export const coloured = (format: Format, text: string): string =>
  styleText(format, text, { validateStream: false, stream: null as never })
