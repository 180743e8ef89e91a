/** Reads a mangled C++ symbol, and bounds the work that it can ask for. */
import { fail, longestSymbol, mostDepth, mostSteps } from '../not-understood.js'
import type { Piece } from './piece.js'

/** The state that the grammar's rules share: the position, the substitutions, and the bounds. */
export class Cursor {
  readonly #symbol: string
  protected at: number
  /** The names and types that `S_`, `S0_` ... refer to. */
  protected readonly substitutions: Piece[] = []
  #steps = 0
  #depth = 0

  constructor(symbol: string, at: number) {
    this.#symbol = symbol
    this.at = at
  }

  protected get ended(): boolean {
    return this.at >= this.#symbol.length
  }
  protected peek(ahead = 0): string {
    return this.#symbol[this.at + ahead] ?? ''
  }
  protected starts(text: string): boolean {
    return this.#symbol.startsWith(text, this.at)
  }
  /** Reads this text, if it comes next. */
  protected take(text: string): boolean {
    if (!this.starts(text)) return false
    this.at += text.length
    return true
  }
  protected expect(text: string): void {
    if (!this.take(text)) fail()
  }
  protected slice(length: number): string {
    if (length > this.#symbol.length - this.at) fail()
    this.at += length
    return this.#symbol.slice(this.at - length, this.at)
  }
  protected rest(): string {
    return this.slice(this.#symbol.length - this.at)
  }
  /** Reads what a sticky pattern matches, and returns it, maybe empty. */
  protected match(pattern: RegExp): string {
    pattern.lastIndex = this.at
    const [found = ''] = pattern.exec(this.#symbol) ?? []
    this.at += found.length
    return found
  }
  protected digits(): string {
    return this.match(/[0-9]*/y)
  }
  /** An index that ends in `_`: none is 0, and other numbers count from 1. */
  protected index(read: () => string, base: number): number {
    if (this.take('_')) return 0
    const digits = read()
    if (digits === '' || digits.length > 6) fail()
    this.expect('_')
    return Number.parseInt(digits, base) + 1
  }

  /** Counts a step of the work. */
  protected step(): void {
    if (++this.#steps > mostSteps) fail()
  }
  /** Reads a rule that may contain itself. */
  protected nested<T>(read: () => T): T {
    this.step()
    if (++this.#depth > mostDepth) fail()
    try {
      return read()
    } finally {
      this.#depth--
    }
  }
  /**
   * Makes a piece of others. Of a parameter pack it makes one for each element; `left` and `right`
   * are the first element's, as where nothing expands it.
   */
  protected made(parts: readonly Piece[], make: (...parts: readonly Piece[]) => Piece): Piece {
    this.step()
    const pack = parts.find(part => part.pack !== undefined)?.pack
    if (pack === undefined) {
      const piece = make(...parts)
      if (piece.left.length + piece.right.length > longestSymbol) fail()
      return piece
    }
    const each = pack.map((_, i) =>
      this.made(
        parts.map(part => (part.pack === undefined ? part : (part.pack[i] ?? fail()))),
        make,
      ),
    )
    return { ...(each[0] ?? { left: '', right: '' }), pack: each }
  }
  protected remembered(piece: Piece): Piece {
    this.substitutions.push(piece)
    return piece
  }
}
