/** Reads the items of a component's binary format that types consist of. */
import { Reader, Unreadable } from '../../module/reader.js'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** The most items that are read: a component chooses how often a part of it is read again. */
const mostItems = 1_000_000
const longestName = 1024

/** The items that may still be read, of all readers of one component. */
export interface Budget {
  left: number
}
export const newBudget = (): Budget => ({ left: mostItems })

export class ComponentReader extends Reader {
  readonly #bytes: Uint8Array
  readonly #budget: Budget
  constructor(bytes: Uint8Array, at: number, budget: Budget) {
    super(bytes, at)
    this.#bytes = bytes
    this.#budget = budget
  }

  /** Reads a vector. */
  vector<T>(item: () => T): T[] {
    const items: T[] = []
    for (let left = this.number(); left > 0; left--) {
      this.spend()
      items.push(item())
    }
    return items
  }

  spend(): void {
    if (this.#budget.left-- <= 0) throw new Unreadable('the component has too many items')
  }

  /** The next byte, which must be one of these. */
  oneOf(what: string, ...allowed: readonly number[]): number {
    const byte = this.byte()
    if (allowed.includes(byte)) return byte
    throw new Unreadable(`${what} 0x${byte.toString(16)} is not known here`)
  }

  text(): string {
    const length = this.number()
    if (length > longestName) throw new Unreadable('a name is too long')
    const bytes = this.#bytes.subarray(this.at, this.at + length)
    if (bytes.length !== length) throw new Unreadable('a name ends too early')
    this.skip(length)
    try {
      return decoder.decode(bytes)
    } catch {
      throw new Unreadable('a name is not UTF-8')
    }
  }

  /** The name of an import or an export. */
  externName(): string {
    const form = this.oneOf('a name of form', 0, 1)
    const name = this.text()
    if (form === 1) this.text()
    return name
  }

  /** Something that may be left out. */
  optional<T>(item: () => T): T | undefined {
    return this.oneOf('an option', 0, 1) === 1 ? item() : undefined
  }
}
