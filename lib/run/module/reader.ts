/** Reads the binary format of WebAssembly item by item, and refuses what it does not know. */

/** Thrown where the bytes are not a module, or use a form that is not known here. */
export class Unreadable extends Error {}

/** The longest LEB128, of 64 bits. */
const longest = 10
/** Types that are one byte: v128 to i32, and the abstract references. */
const isType = (byte: number): boolean =>
  (byte >= 0x7b && byte <= 0x7f) || (byte >= 0x68 && byte <= 0x74)
/** `(ref null T)` and `(ref T)`: the heap type follows. */
const NULLABLE = 0x63
const NON_NULL = 0x64
/** Prefixes of heap types, of proposals that no released V8 has without a flag. */
const prefixes: readonly number[] = [0x62, 0x65]

/**
 * Constant instructions by opcode: how many LEB128 numbers follow. Opcodes above 255 have a prefix
 * byte.
 */
const constants: ReadonlyMap<number, number> = new Map([
  // global.get, i32.const, i64.const, ref.func.
  ...([0x23, 0x41, 0x42, 0xd2].map(opcode => [opcode, 1]) as [number, number][]),
  // i32.add, .sub, .mul; the same of i64; any.convert_extern, extern.convert_any, ref.i31.
  ...([0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e, 0xfb1a, 0xfb1b, 0xfb1c].map(opcode => [opcode, 0]) as [
    number,
    number,
  ][]),
  // struct.new, struct.new_default, array.new, array.new_default; array.new_fixed.
  ...([0xfb00, 0xfb01, 0xfb06, 0xfb07].map(opcode => [opcode, 1]) as [number, number][]),
  [0xfb08, 2],
])
/** The last of struct.new to array.new_fixed, behind the prefix 0xfb. */
const LAST_ALLOCATION = 0x08
const END = 0x0b
const F32_CONST = 0x43
const F64_CONST = 0x44
const REF_NULL = 0xd0
const V128_CONST = 0xfd0c

export class Reader {
  readonly #bytes: Uint8Array
  at: number
  /** True once a constant expression made an object of the garbage-collected heap. */
  allocates = false
  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.at = at
  }
  get more(): boolean {
    return this.at < this.#bytes.length
  }
  byte(): number {
    const byte = this.#bytes[this.at++]
    if (byte === undefined) throw new Unreadable('the module ends too early')
    return byte
  }
  /** An unsigned LEB128. Beyond 2^53 it is not exact. */
  number(): number {
    let value = 0
    for (let length = 0; length < longest; length++) {
      const byte = this.byte()
      value += (byte & 127) * 128 ** length
      if (byte < 128) return value
    }
    throw new Unreadable('a number of the module does not end')
  }
  skip(bytes: number): void {
    this.at += bytes
  }

  /** A type of values, or of the elements of a table. */
  valueType(): void {
    const type = this.byte()
    if (type === NULLABLE || type === NON_NULL) this.#heapType()
    else if (!isType(type))
      throw new Unreadable(`the module has a type 0x${type.toString(16)}, which is not known here`)
  }
  #heapType(): void {
    if (prefixes.includes(this.#bytes[this.at]))
      throw new Unreadable('the module has a heap type that is not known here')
    this.number()
  }

  /** A constant expression, to its end. */
  constant(): void {
    for (;;) {
      const opcode = this.#opcode()
      if (opcode === END) return
      if (opcode === F32_CONST) this.skip(4)
      else if (opcode === F64_CONST) this.skip(8)
      else if (opcode === V128_CONST) this.skip(16)
      else if (opcode === REF_NULL) this.#heapType()
      else this.#numbers(opcode)
    }
  }
  #opcode(): number {
    const byte = this.byte()
    if (byte !== 0xfb && byte !== 0xfd) return byte
    const rest = this.number()
    if (rest > 255)
      throw new Unreadable(`unknown constant instruction 0x${byte.toString(16)} ${rest}`)
    if (byte === 0xfb && rest <= LAST_ALLOCATION) this.allocates = true
    return byte * 256 + rest
  }
  #numbers(opcode: number): void {
    const count = constants.get(opcode)
    if (count === undefined)
      throw new Unreadable(`unknown constant instruction 0x${opcode.toString(16)}`)
    for (let i = 0; i < count; i++) this.number()
  }
}
