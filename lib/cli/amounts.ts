/** Times, sizes and counts as they are written on the command line. */
import { CommandError } from './error.js'

const milliseconds: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const bytes: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }

function amount(
  option: string,
  text: string,
  units: Readonly<Record<string, number>>,
  most: number,
): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([a-z]*)$/.exec(text.toLowerCase()) ?? []
  const known = Object.keys(units).filter(name => name !== '')
  if (unit === undefined || !Object.hasOwn(units, unit))
    throw new CommandError(`${option}=${text}: expected a number and one of ${known.join(', ')}`)
  const value = Math.floor(Number(number) * units[unit])
  if (value > most) {
    const largest = known.findLast(name => units[name] <= most) ?? ''
    throw new CommandError(
      `${option}=${text} is too large; expected at most ${Math.floor(most / units[largest])}${largest}`,
    )
  }
  return value
}

/** Milliseconds: `500ms`, `2s`, `1.5m`, `1h`. */
export const duration = (option: string, text: string): number =>
  amount(option, text, milliseconds, 2 ** 31 - 1)
/** Bytes: `4096`, `64k`, `64m`, `1g`, in powers of 1,024. */
export const size = (option: string, text: string, most = 4 * 2 ** 30): number =>
  amount(option, text, bytes, most)

/** A number of things. */
export function count(option: string, text: string, most: number): number {
  if (!/^\d+$/.test(text)) throw new CommandError(`${option}=${text}: expected a whole number`)
  if (Number(text) > most)
    throw new CommandError(`${option}=${text} is too large; expected at most ${most}`)
  return Number(text)
}
