/**
 * Lets the colours of a guest through to a terminal: SGR sequences of known parameters, whole and
 * in one piece. All else that would steer the terminal becomes a picture of itself.
 */
import { plain } from './terminal-escapes.js'

const ESC = '\x1b'
/** Resets colours. Its ESC also cancels a sequence that is cut. */
export const RESET = `${ESC}[0m`
/**
 * Characters of a sequence, and parameters. True colours before and behind, underlined and bold,
 * take 40 and 12. The Linux console has room for 16 parameters.
 * @see https://github.com/torvalds/linux/blob/master/include/linux/console_struct.h `NPAR`
 */
export const longest = 64
const mostParameters = 16

/**
 * Parameters that change how text looks, and no more. Left out are 8, which hides text; 10 to 20
 * and 26, which choose fonts, and on the Linux console a mode that ESC [ 0 m does not undo; and
 * what few terminals know.
 * @see https://man7.org/linux/man-pages/man4/console_codes.4.html
 * @see https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
 */
const plainParameter =
  /^(?:[0-79]?|0[0-79]|2[1-5]|2[7-9]|3[0-79]|4[0-79]|53|55|59|9[0-7]|10[0-7]|4:[0-5])$/
/**
 * A colour in one parameter. 58, the colour of an underline, has only this form: a terminal that
 * does not know it would take the numbers behind `58;` for parameters, and 8 for one that hides.
 */
const colour = /^[345]8:(?:5:\d{1,3}|2:(?:\d{0,3}:)?\d{1,3}:\d{1,3}:\d{1,3})$/
const byte = /^\d{1,3}$/
/** Parameters that follow 38 or 48 by the one that names the kind of colour. */
const colourParts: Readonly<Record<string, number>> = { 5: 1, 2: 3 }

/** Checks the parameters of an SGR sequence, the text between `ESC [` and `m`. */
function isHarmless(text: string): boolean {
  const parameters = text.split(';')
  if (parameters.length > mostParameters) return false
  for (let i = 0; i < parameters.length; i++) {
    const parameter = parameters[i]
    if (parameter === '38' || parameter === '48') {
      const kind = parameters[i + 1]
      if (kind !== '5' && kind !== '2') return false
      const parts = parameters.slice(i + 2, i + 2 + colourParts[kind])
      if (parts.length < colourParts[kind] || !parts.every(isByte)) return false
      i += 1 + parts.length
    } else if (!plainParameter.test(parameter) && !isColour(parameter)) return false
  }
  return true
}
const isByte = (text: string): boolean => byte.test(text) && Number(text) <= 255
const isColour = (parameter: string): boolean =>
  colour.test(parameter) && parameter.split(':').every(part => part === '' || isByte(part))

const sequence = new RegExp(`${ESC}\\[([\\d;:]{0,${longest - 3}})m`, 'y')
/** The beginning of one, up to the end of the text. */
const beginning = new RegExp(`${ESC}(?:\\[[\\d;:]{0,${longest - 3}})?$`, 'y')

/** The filter of one stream, whose text may come in pieces. */
export class ColourFilter {
  readonly #onColour: () => void
  /** The beginning of a sequence whose end has not been written yet. */
  #held = ''
  #coloured = false

  /** @param onColour called for each text with colours, before it is returned */
  constructor(onColour: () => void) {
    this.#onColour = onColour
  }

  /** Returns text for the terminal, in which no sequence is cut. */
  filter(text: string): string {
    const all = this.#held + text
    this.#held = ''
    let shown = ''
    let at = 0
    let colours = 0
    for (let start = all.indexOf(ESC); start !== -1; start = all.indexOf(ESC, at)) {
      shown += plain(all.slice(at, start))
      sequence.lastIndex = start
      beginning.lastIndex = start
      const [whole, parameters] = sequence.exec(all) ?? []
      if (whole !== undefined && isHarmless(parameters)) {
        shown += whole
        if (colours++ === 0) this.#onColour()
        this.#coloured = parameters !== '' && parameters !== '0'
        at = start + whole.length
      } else if (beginning.test(all)) {
        this.#held = all.slice(start)
        return shown
      } else {
        shown += plain(ESC)
        at = start + 1
      }
    }
    return shown + plain(all.slice(at))
  }

  /** Returns the text that ends the stream: what is held, and a reset where colours are on. */
  end(): string {
    const rest = plain(this.#held) + (this.#coloured ? RESET : '')
    this.#held = ''
    this.#coloured = false
    return rest
  }
}

/**
 * Returns the bytes that are missing of a sequence that a write has cut at this place, or 0. In
 * filtered text each ESC begins a sequence that ends with its first `m`.
 */
export function missingAt(bytes: Uint8Array, at: number): number {
  const start = at === 0 ? -1 : bytes.lastIndexOf(0x1b, at - 1)
  return start === -1 ? 0 : Math.max(0, bytes.indexOf(0x6d, start) + 1 - at)
}
