/** Output by lines, for whoever does not want it by writes. */
import { checkFunction } from '../validate.js'

/** A standard output whose function is called with each line, without its end. */
export interface Lines {
  (chunk: Uint8Array): void
  /**
   * Hands over what is left: a last line that was not ended. `start`, `run` and Pool call it at the
   * guest's end.
   */
  end(): void
}

/**
 * The longest line in one piece. Longer ones come in pieces, so that a guest which never ends a
 * line does not fill its host's memory.
 */
const longest = 65536
/** The first half of a character that JavaScript has as two. */
const isHalf = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00

/**
 * Make a standard output of a function for lines: `stdout: lines(line => console.log(line))`. Text
 * is UTF-8; what is none becomes U+FFFD. A line of more than 64 Ki characters comes in pieces.
 * `start` of class WASI, `run` and Pool hand over a last line that was not ended; call `end()`
 * yourself where exports of a reactor are called, or of `createGuest`.
 */
export function lines(take: (line: string) => void): Lines {
  checkFunction('take', take)
  const decoder = new TextDecoder()
  let rest = ''
  // Only the length of the rest is read: a guest may write a line byte by byte.
  const hear = (text: string): void => {
    for (const [i, part] of text.split('\n').entries()) {
      const line = rest
      rest = i === 0 ? line + part : part
      if (i > 0) take(line.endsWith('\r') ? line.slice(0, -1) : line)
      while (rest.length > longest) {
        const piece = rest.slice(0, isHalf(rest.charCodeAt(longest - 1)) ? longest - 1 : longest)
        rest = rest.slice(piece.length)
        take(piece)
      }
    }
  }
  const end = (): void => {
    hear(decoder.decode())
    if (rest !== '') take(rest)
    rest = ''
  }
  return Object.assign((chunk: Uint8Array) => hear(decoder.decode(chunk, { stream: true })), {
    end,
  })
}
