/** Text that cannot steer a terminal. */

/**
 * Control characters but tab, line feed and carriage return, and what turns the direction of text.
 * By `\p{Cc}` and `\p{Bidi_Control}`, V8 would load the tables of Unicode at each start.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const steering = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/
const PICTURES = 0x2400
const DELETE = 0x7f
const REPLACEMENT = 0xfffd

/** The code unit that is shown in place of one; both are single units, as all that steers is. */
function shown(unit: number): number {
  if (unit < 0x20) return unit === 0x09 || unit === 0x0a || unit === 0x0d ? unit : PICTURES + unit
  if (unit < DELETE) return unit
  if (unit === DELETE) return PICTURES + 0x21
  return unit < 0xa0 || isBidiControl(unit) ? REPLACEMENT : unit
}
/** @see https://www.unicode.org/Public/UCD/latest/ucd/PropList.txt */
const isBidiControl = (unit: number): boolean =>
  unit === 0x061c ||
  (unit >= 0x200e && unit <= 0x200f) ||
  (unit >= 0x202a && unit <= 0x202e) ||
  (unit >= 0x2066 && unit <= 0x2069)

/** As many arguments as a call takes for certain. */
const most = 4096

/**
 * Shows characters that would steer a terminal as pictures of themselves. A replacer function of
 * each character would take ten times as long.
 */
export function plain(text: string): string {
  if (!steering.test(text)) return text
  let result = ''
  for (let at = 0; at < text.length; at += most) {
    const units = new Uint16Array(Math.min(most, text.length - at))
    for (let i = 0; i < units.length; i++) units[i] = shown(text.charCodeAt(at + i))
    result += String.fromCharCode(...units)
  }
  return result
}

/** The same in one line. */
export const plainLine = (text: string): string => plain(text).replace(/[\t\n\r]/g, ' ')
