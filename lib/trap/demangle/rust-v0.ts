/** Demangles Rust's names of version 0, `_R...`. */
import { fail, longestSymbol, mostDepth, mostSteps } from './not-understood.js'
import { decodePunycode } from './punycode.js'

/** @see https://doc.rust-lang.org/rustc/symbol-mangling/v0.html#type */
const basics: ReadonlyMap<string, string> = new Map([
  ['a', 'i8'],
  ['b', 'bool'],
  ['c', 'char'],
  ['d', 'f64'],
  ['e', 'str'],
  ['f', 'f32'],
  ['h', 'u8'],
  ['i', 'isize'],
  ['j', 'usize'],
  ['l', 'i32'],
  ['m', 'u32'],
  ['n', 'i128'],
  ['o', 'u128'],
  ['p', '_'],
  ['s', 'i16'],
  ['t', 'u16'],
  ['u', '()'],
  ['v', '...'],
  ['x', 'i64'],
  ['y', 'u64'],
  ['z', '!'],
])
const digits62 = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

/** Reads one symbol. Positions count from behind `_R`, as back references do. */
class RustV0 {
  readonly #text: string
  #at = 0
  #steps = 0
  #depth = 0
  /** The lifetimes that the binders around this place declare. */
  #lifetimes = 0

  constructor(text: string) {
    this.#text = text
  }

  symbol(): string {
    if (/[0-9]/.test(this.#peek())) fail()
    const path = this.#path(true)
    // The crate that instantiated it.
    if (/[A-Z]/.test(this.#peek())) this.#path(true)
    const rest = this.#text.slice(this.#at)
    if (rest !== '' && !/^[.$]/.test(rest)) fail()
    return /^\.llvm\.|^$/.test(rest) ? path : `${path} (${rest})`
  }

  #peek(): string {
    return this.#text[this.#at] ?? ''
  }
  #take(character: string): boolean {
    if (this.#peek() !== character) return false
    this.#at++
    return true
  }
  #next(): string {
    const character = this.#peek()
    this.#at++
    return character === '' ? fail() : character
  }
  /** A text of bounded length. */
  #made(text: string): string {
    if (text.length > longestSymbol) fail()
    return text
  }
  #nested<T>(read: () => T): T {
    if (++this.#steps > mostSteps || ++this.#depth > mostDepth) fail()
    try {
      return read()
    } finally {
      this.#depth--
    }
  }
  #list(read: () => string, separator = ', '): string {
    const all: string[] = []
    while (!this.#take('E')) all.push(this.#nested(read))
    return this.#made(all.join(separator))
  }

  /** Beyond 2^53, as the hashes of crates are, it is not exact. */
  #number62(): number {
    if (this.#take('_')) return 0
    let value = 0
    while (!this.#take('_')) {
      const digit = digits62.indexOf(this.#next())
      value = value * 62 + digit
      if (digit < 0) fail()
    }
    return value + 1
  }
  #optional62(tag: string): number {
    return this.#take(tag) ? this.#number62() + 1 : 0
  }
  #decimal(): number {
    const [digits] =
      /^(?:0|[1-9][0-9]{0,5})/.exec(this.#text.slice(this.#at, this.#at + 6)) ?? fail()
    this.#at += digits.length
    return Number(digits)
  }
  /** @returns the name, and the number that tells it from others of that name */
  #identifier(): [name: string, disambiguator: number] {
    const disambiguator = this.#optional62('s')
    return [this.#undisambiguated(), disambiguator]
  }
  #undisambiguated(): string {
    const encoded = this.#take('u')
    const length = this.#decimal()
    this.#take('_')
    if (this.#at + length > this.#text.length) fail()
    const name = this.#text.slice(this.#at, this.#at + length)
    this.#at += length
    if (!encoded) return name
    const border = name.lastIndexOf('_')
    return decodePunycode(border < 0 ? '' : name.slice(0, border), name.slice(border + 1))
  }
  /** Reads what another place of the symbol says. */
  #backReference<T>(read: () => T): T {
    const from = this.#at - 1
    const to = this.#number62()
    if (to >= from) fail()
    const behind = this.#at
    this.#at = to
    const value = this.#nested(read)
    this.#at = behind
    return value
  }

  #path(inValue: boolean): string {
    return this.#nested(() => this.#made(this.#pathOf(inValue)))
  }
  #pathOf(inValue: boolean): string {
    const code = this.#next()
    switch (code) {
      case 'C':
        return this.#identifier()[0]
      case 'M':
        this.#implPath()
        return `<${this.#type()}>`
      case 'X':
        this.#implPath()
        return `<${this.#type()} as ${this.#path(false)}>`
      case 'Y':
        return `<${this.#type()} as ${this.#path(false)}>`
      case 'N':
        return this.#namespaced(inValue)
      case 'I': {
        const path = this.#path(inValue)
        return `${path}${inValue ? '::' : ''}<${this.#list(() => this.#genericArg())}>`
      }
      case 'B':
        return this.#backReference(() => this.#path(inValue))
    }
    return fail()
  }
  #implPath(): void {
    this.#optional62('s')
    this.#path(false)
  }
  #namespaced(inValue: boolean): string {
    const space = this.#next()
    if (!/[a-zA-Z]/.test(space)) fail()
    const path = this.#path(inValue)
    const [name, number] = this.#identifier()
    if (/[a-z]/.test(space)) return name === '' ? path : `${path}::${name}`
    const kind = { C: 'closure', S: 'shim' }[space] ?? space
    return `${path}::{${kind}${name === '' ? '' : `:${name}`}#${number}}`
  }
  #genericArg(): string {
    if (this.#take('L')) return this.#lifetime(this.#number62())
    return this.#take('K') ? this.#constant() : this.#type()
  }

  /** @param index counts outwards from the innermost binder; 0 is erased */
  #lifetime(index: number): string {
    if (index === 0) return "'_"
    const depth = this.#lifetimes - index
    if (depth < 0) fail()
    return depth < 26 ? `'${String.fromCharCode(97 + depth)}` : `'_${depth}`
  }
  #bound<T>(read: (binder: string) => T): T {
    const count = this.#optional62('G')
    if (count > 100) fail()
    const before = this.#lifetimes
    this.#lifetimes += count
    const names = Array.from({ length: count }, (_, i) => this.#lifetime(count - i))
    try {
      return read(count === 0 ? '' : `for<${names.join(', ')}> `)
    } finally {
      this.#lifetimes = before
    }
  }

  #type(): string {
    return this.#nested(() => this.#made(this.#typeOf()))
  }
  #typeOf(): string {
    const code = this.#next()
    const basic = basics.get(code)
    if (basic !== undefined) return basic
    switch (code) {
      case 'A': {
        const type = this.#type()
        return `[${type}; ${this.#constant()}]`
      }
      case 'S':
        return `[${this.#type()}]`
      case 'T': {
        let count = 0
        const all = this.#list(() => {
          count++
          return this.#type()
        })
        return count === 1 ? `(${all},)` : `(${all})`
      }
      case 'R':
      case 'Q': {
        const index = this.#take('L') ? this.#number62() : 0
        const lifetime = index === 0 ? '' : `${this.#lifetime(index)} `
        return `&${lifetime}${code === 'Q' ? 'mut ' : ''}${this.#type()}`
      }
      case 'P':
        return `*const ${this.#type()}`
      case 'O':
        return `*mut ${this.#type()}`
      case 'F':
        return this.#bound(binder => binder + this.#signature())
      case 'D': {
        const traits = this.#bound(binder => binder + this.#list(() => this.#dynTrait(), ' + '))
        if (!this.#take('L')) fail()
        const index = this.#number62()
        return `dyn ${traits}${index === 0 ? '' : ` + ${this.#lifetime(index)}`}`
      }
      case 'B':
        return this.#backReference(() => this.#type())
    }
    this.#at--
    return this.#path(false)
  }
  #signature(): string {
    const unsafe = this.#take('U') ? 'unsafe ' : ''
    const abi = this.#take('K')
      ? `extern "${this.#take('C') ? 'C' : this.#undisambiguated().replaceAll('_', '-')}" `
      : ''
    const params = this.#list(() => this.#type())
    const result = this.#take('u') ? '' : ` -> ${this.#type()}`
    return `${unsafe}${abi}fn(${params})${result}`
  }
  #dynTrait(): string {
    let path = this.#path(false)
    // Types of the trait are written among the generic arguments of its path.
    const bindings: string[] = []
    while (this.#take('p')) {
      const name = this.#undisambiguated()
      bindings.push(this.#made(`${name} = ${this.#type()}`))
      if (bindings.length > mostDepth) fail()
    }
    if (bindings.length === 0) return path
    path = path.endsWith('>') ? `${path.slice(0, -1)}, ` : `${path}<`
    return `${path}${bindings.join(', ')}>`
  }

  #constant(): string {
    return this.#nested(() => this.#made(this.#constantOf()))
  }
  #constantOf(): string {
    const code = this.#next()
    if (code === 'B') return this.#backReference(() => this.#constant())
    if (code === 'p') return '_'
    if (/[hjmoty]/.test(code)) return this.#integer()
    if (/[ailnsx]/.test(code)) return (this.#take('n') ? '-' : '') + this.#integer()
    if (code === 'b') {
      const value = this.#hex()
      return value === '0' ? 'false' : value === '1' ? 'true' : fail()
    }
    if (code === 'c') {
      const point = Number.parseInt(this.#hex(), 16)
      if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) fail()
      const escaped = { 9: '\\t', 10: '\\n', 13: '\\r', 39: "\\'", 92: '\\\\' }[point]
      const shown = /[\p{Cc}\p{Cf}]/u.test(String.fromCodePoint(point))
        ? `\\u{${point.toString(16)}}`
        : String.fromCodePoint(point)
      return `'${escaped ?? shown}'`
    }
    return fail()
  }
  #hex(): string {
    const from = this.#at
    while (!this.#take('_')) if (!/[0-9a-f]/.test(this.#next())) fail()
    return this.#text.slice(from, this.#at - 1) || '0'
  }
  /** Integers of more than 64 bits stay hexadecimal. */
  #integer(): string {
    const hex = this.#hex()
    return hex.length > 16 ? `0x${hex}` : BigInt(`0x${hex}`).toString()
  }
}

/**
 * A Rust name without the hashes of its crates. Throws `notUnderstood` for other symbols.
 * @see https://doc.rust-lang.org/rustc/symbol-mangling/v0.html
 */
export const demangleRustV0 = (symbol: string): string => new RustV0(symbol.slice(2)).symbol()
