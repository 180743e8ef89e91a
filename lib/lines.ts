/** Output by lines, for whoever does not want it by writes. */

/** A standard output whose function is called with each line, without its end. */
export interface Lines {
  (chunk: Uint8Array): void
  /** Hand over what is left: a last line that was not ended. */
  end(): void
}

/** What is longer comes in pieces, so that a guest which never ends a line does not fill its host's memory. */
const longest = 65536

/**
 * Make a standard output of a function for lines: `stdout: lines(line => console.log(line))`. Text is UTF-8; what is none
 * becomes U+FFFD. A line of more than 64 Ki characters comes in pieces. Call `end()` when the guest has ended.
 */
export function lines(take: (line: string) => void): Lines {
  const decoder = new TextDecoder()
  let rest = ''
  const hear = (text: string): void => {
    const all = (rest + text).split('\n')
    rest = all.pop() as string
    for (const line of all) take(line.endsWith('\r') ? line.slice(0, -1) : line)
    for (; rest.length > longest; rest = rest.slice(longest)) take(rest.slice(0, longest))
  }
  const end = (): void => {
    hear(decoder.decode())
    if (rest !== '') take(rest)
    rest = ''
  }
  return Object.assign((chunk: Uint8Array) => hear(decoder.decode(chunk, { stream: true })), { end })
}
