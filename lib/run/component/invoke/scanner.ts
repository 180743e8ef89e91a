/** Reads the tokens of WAVE, the text form of WIT values. */

/** Thrown for a text that is no value of its type. */
export class WaveError extends Error {}

const escapes: ReadonlyMap<string, string> = new Map([
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
  ['t', '\t'],
  ['n', '\n'],
  ['r', '\r'],
])
const isSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdfff
/** The most characters of the text in a message. */
const shown = 40

export class Scanner {
  readonly #text: string
  #at = 0
  constructor(text: string) {
    this.#text = text
  }

  /** The rest of the text, as it goes into a message. */
  get rest(): string {
    const rest = this.#text.slice(this.#at).trim()
    if (rest === '') return 'nothing'
    return rest.length > shown ? `${rest.slice(0, shown)}...` : rest
  }

  get ended(): boolean {
    this.#space()
    return this.#at === this.#text.length
  }

  #space(): void {
    while (/\s/.test(this.#text.charAt(this.#at))) this.#at++
  }

  /** Takes a part of the text that this matches; undefined if it does not begin with one. */
  match(pattern: RegExp): string | undefined {
    this.#space()
    const sticky = new RegExp(pattern.source, `${pattern.flags}y`)
    sticky.lastIndex = this.#at
    const [found] = sticky.exec(this.#text) ?? []
    if (found !== undefined) this.#at += found.length
    return found
  }

  /** Takes a character if it is the next one. */
  take(character: string): boolean {
    this.#space()
    if (this.#text.charAt(this.#at) !== character) return false
    this.#at++
    return true
  }

  expect(character: string): void {
    if (!this.take(character)) this.fail(`'${character}'`)
  }

  fail(expected: string): never {
    throw new WaveError(`expected ${expected}, received ${this.rest}`)
  }

  /** A name of WIT. One that is a word of WAVE, too, may begin with `%`. */
  label(): string | undefined {
    const from = this.#at
    this.take('%')
    const label = this.match(/[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*/)
    if (label === undefined) this.#at = from
    return label
  }

  /** Items between brackets, with commas between them, and one more at the end. */
  list(open: string, close: string, item: () => void): void {
    this.expect(open)
    while (!this.take(close)) {
      item()
      if (this.take(',')) continue
      this.expect(close)
      return
    }
  }

  /** The text between two quotes, without its escapes. */
  quoted(quote: "'" | '"', what: string): string {
    if (!this.take(quote)) this.fail(what)
    let text = ''
    for (;;) {
      const character = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0)
      if (this.#at >= this.#text.length) this.fail(`${what} with a quote at its end`)
      this.#at += character.length
      if (character === quote) return text
      text += character === '\\' ? this.#escaped() : character
    }
  }

  #escaped(): string {
    const character = this.#text.charAt(this.#at++)
    const plain = escapes.get(character)
    if (plain !== undefined) return plain
    const [whole, hex] =
      /^\{([0-9a-fA-F]{1,6})\}/.exec(this.#text.slice(this.#at, this.#at + 8)) ?? []
    const code = Number.parseInt(hex ?? '', 16)
    if (character !== 'u' || whole === undefined || code > 0x10ffff || isSurrogate(code)) {
      this.#at--
      this.fail('an escape: \\\\ \\\' \\" \\t \\n \\r \\u{...}')
    }
    this.#at += whole.length
    return String.fromCodePoint(code)
  }
}
