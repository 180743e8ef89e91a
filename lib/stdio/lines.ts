/** Splits output into lines. */
import { checkFunction } from '../validate.js'

/** A function for `stdout` or `stderr`, as {@link lines} returns it. */
export interface Lines {
  /** Receives a write of the guest. */
  (chunk: Uint8Array): void
  /**
   * Passes on a last line without a line end. `start`, `run`, `instantiate` and Pool call it when
   * the guest has ended.
   */
  end(): void
}

/** Longer lines come in chunks: a guest without line ends must not fill the host's memory. */
const longest = 65536
/** The first half of a character that JavaScript has as two. */
const isHalf = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00

/**
 * Returns a function for `stdout` or `stderr` that calls `onLine` with each line, as UTF-8 text
 * without its `\n` or `\r\n`. Bytes that are not UTF-8 become U+FFFD. A line of more than 64 Ki
 * characters comes in chunks of at most that length. A last line without a line end is passed on
 * when the guest has ended; with `createGuest`, or exports of a reactor in class WASI, call
 * `end()`.
 *
 * @example
 * await run('program.wasm', { stdout: lines(line => console.log('>', line)) })
 * @throws TypeError if `onLine` is no function
 */
export function lines(onLine: (line: string) => void): Lines {
  checkFunction('onLine', onLine)
  const decoder = new TextDecoder()
  let rest = ''
  // Only the length of the rest is looked at: a guest may write a line byte by byte.
  const split = (text: string): void => {
    for (const [i, part] of text.split('\n').entries()) {
      const line = rest
      rest = i === 0 ? line + part : part
      if (i > 0) onLine(line.endsWith('\r') ? line.slice(0, -1) : line)
      while (rest.length > longest) {
        const chunk = rest.slice(0, isHalf(rest.charCodeAt(longest - 1)) ? longest - 1 : longest)
        rest = rest.slice(chunk.length)
        onLine(chunk)
      }
    }
  }
  const end = (): void => {
    split(decoder.decode())
    if (rest !== '') onLine(rest)
    rest = ''
  }
  return Object.assign((chunk: Uint8Array) => split(decoder.decode(chunk, { stream: true })), {
    end,
  })
}
