/**
 * Draws the next step of a hostile guest: a hostcall with arguments made from its row of the table,
 * or a change of its memory.
 */
import type { HostcallName, Row } from '#lib/abi/table.js'
import { Kind, type Type } from '#lib/abi/types.js'
import type { Random } from './random.js'

/** Bytes that are put into memory before a call. */
export interface Draw {
  readonly at: number
  readonly bytes: Uint8Array
}
export type Step =
  | { readonly does: 'bind' | 'grow' | 'replace' }
  | {
      readonly does: 'call'
      readonly name: HostcallName
      readonly args: readonly unknown[]
      readonly draws: readonly Draw[]
    }

export type Rows = Readonly<Partial<Record<HostcallName, Row>>>

/**
 * Memory as it is at first. What is drawn for poll_oneoff lies below `quiet`, where no other thread
 * scribbles.
 */
export const size = 2 * 65536
export const quiet = 16384

const { MAX_SAFE_INTEGER } = Number
const pointers = [
  0,
  size,
  size - 1,
  size - 4,
  size - 8,
  size - 64,
  size + 1,
  2 ** 31,
  2 ** 32 - 1,
  -1,
  -8,
]
const numbers = [
  0,
  1,
  -1,
  2 ** 31,
  -(2 ** 31),
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1.5,
  -0,
]
const throwing = {
  valueOf() {
    throw new Error('a value was asked what it is')
  },
}
const others = [
  1n,
  -1n,
  2n ** 64n,
  undefined,
  null,
  '1',
  {},
  [],
  Symbol.iterator,
  () => 1,
  true,
  new Proxy({}, {}),
  throwing,
]
const longs = [
  ...[
    0n,
    1n,
    -1n,
    2n ** 31n,
    2n ** 32n,
    2n ** 53n,
    BigInt(MAX_SAFE_INTEGER),
    2n ** 63n,
    2n ** 63n - 1n,
    -(2n ** 63n),
  ],
  ...[2n ** 64n - 1n, 2n ** 64n, 2n ** 100n, 0, 1, Number.NaN, undefined, '5'],
]
const paths = [
  ...[
    'f',
    'a',
    'a/b',
    'l',
    'l/b',
    'p',
    '.',
    '..',
    'esc',
    'esc/s',
    'esc/new',
    'abs/s',
    'new',
    'new2',
    'a/../f',
    '../out/s',
    '/',
    'l/',
    'f/',
  ],
  ...['a\0', '', 'x'.repeat(300), 'a/'.repeat(2000), '\u0007\u001b[2J', 'a/new/../../..'],
]
/**
 * Calls of which no number is replaced by another: a FIFO without NONBLOCK, or a clock that is far
 * off, would be waited for.
 */
const waiting: readonly HostcallName[] = ['path_open', 'fd_fdstat_set_flags', 'poll_oneoff']
/** These leave the guest with less, so they are rare. */
const ending: readonly HostcallName[] = [
  'fd_close',
  'fd_renumber',
  'fd_fdstat_set_rights',
  'proc_exit',
  'proc_raise',
]
const NONBLOCK = 4

export class Steps {
  readonly #random: Random
  readonly #rows: Rows
  /** The offsets of the fields of a subscription: wasi_unstable has others. */
  readonly #subscription: { readonly size: number; readonly clock: number }
  #draws: Draw[] = []
  constructor(random: Random, rows: Rows, old: boolean) {
    this.#random = random
    this.#rows = rows
    this.#subscription = old ? { size: 56, clock: 24 } : { size: 48, clock: 16 }
  }

  next(): Step {
    const r = this.#random
    if (r.onceIn(100)) return { does: r.pick(['grow', 'replace'] as const) }
    const [name, row] = this.#row()
    this.#draws = []
    const args =
      name === 'poll_oneoff'
        ? this.#poll()
        : row.params.flatMap(({ type }) => this.#values(type, name.startsWith('path_')))
    if (name === 'path_open' || name === 'fd_fdstat_set_flags')
      args[args.length - 1] = NONBLOCK | r.pick([0, 0, 0, 0, 0, 0, r.below(32), 32])
    // Room for a gigabyte would be made.
    if (name === 'fd_allocate')
      args.splice(
        -2,
        2,
        ...[0, 1].map(() =>
          r.pick([0n, 1n, 10_000n, BigInt(MAX_SAFE_INTEGER), 2n ** 64n - 1n, '1']),
        ),
      )
    args.push(...row.results.map(() => this.#pointer()))
    if (args.length > 0 && r.onceIn(30))
      args[r.below(args.length)] = r.pick(
        waiting.includes(name) ? others : [...others, ...numbers, ...longs],
      )
    if (!waiting.includes(name) && r.onceIn(40)) args.splice(r.below(args.length + 1), 1)
    if (r.onceIn(40)) args.push(r.pick([...others, ...numbers]))
    return { does: 'call', name, args, draws: this.#draws }
  }

  #row(): readonly [HostcallName, Row] {
    const r = this.#random
    if (r.onceIn(8)) return ['path_open', this.#rows.path_open as Row]
    const name = r.pick(Object.keys(this.#rows)) as HostcallName
    return ending.includes(name) && !r.onceIn(10) ? this.#row() : [name, this.#rows[name] as Row]
  }
  #pointer(): number {
    const r = this.#random
    return r.onceIn(8) ? r.pick(pointers) : r.below(size - 4096)
  }
  #draw(at: number, bytes: Uint8Array): void {
    this.#draws.push({ at, bytes })
  }

  /** The wasm values of a parameter. */
  #values(type: Type, onPath: boolean): unknown[] {
    const r = this.#random
    switch (type.kind) {
      case Kind.Path: {
        const text = Buffer.from(r.pick(paths))
        const at = this.#pointer()
        this.#draw(at, text)
        return [at, r.onceIn(10) ? r.pick([0, 4095, 4096, 70000, -1, 2 ** 31]) : text.length]
      }
      case Kind.List:
        return type.size === 8
          ? this.#spans()
          : [this.#pointer(), r.pick([0, 1, 24, 100, 4096, 65536, -1, 2 ** 31])]
      case Kind.Flags:
        return [r.onceIn(20) ? r.pick(numbers) : r.onceIn(2) ? 0 : r.below(1 << type.labels.length)]
      case Kind.Enum:
        return [r.onceIn(10) ? r.pick(numbers) : r.below(type.labels.length)]
      case Kind.Size64:
      case Kind.Delta64:
      case Kind.Place64:
      case Kind.Far64:
      case Kind.Raw64:
        return [r.onceIn(10) ? r.pick(longs) : BigInt(r.below(10_000))]
      case Kind.Rights:
        return [r.onceIn(10) ? r.pick(longs) : r.pick([0xfffffffn, 0x2n, 0x42n, 0x4000n, -1n])]
      default:
        if (type.name === 'fd')
          return [
            r.onceIn(12)
              ? r.pick([...numbers, 1023, 1024])
              : onPath && !r.onceIn(4)
                ? 3
                : r.below(10),
          ]
        return [type.name === 'pointer' ? this.#pointer() : r.below(40)]
    }
  }
  #spans(): unknown[] {
    const r = this.#random
    const at = this.#pointer()
    const spans = Uint32Array.from(
      [0, 1, 2].flatMap(() => [this.#pointer(), r.pick([0, 1, 10, 5000, size, 2 ** 32 - 1])]),
    )
    this.#draw(at, new Uint8Array(spans.buffer))
    return [at, r.pick([0, 1, 2, 3, 3, 3, 1024, 1025, 2 ** 29, 2 ** 31, -1])]
  }
  /** Subscriptions, of which the first is a clock that comes at once. */
  #poll(): unknown[] {
    const r = this.#random
    const { size: each, clock } = this.#subscription
    const count = 1 + r.below(8)
    const bytes = Buffer.alloc(count * each)
    for (let i = 0; i < count; i++) {
      const at = i * each
      const type = i === 0 ? 0 : r.below(4)
      bytes.writeBigUInt64LE(BigInt(i), at)
      bytes.writeUInt8(type, at + 8)
      bytes.writeUInt32LE(i === 0 ? 1 : r.below(12), at + (type === 0 ? clock : 16))
      if (type !== 0) continue
      bytes.writeBigUInt64LE(
        i === 0 ? 1000n : r.pick([0n, 1n, 2n ** 63n, 2n ** 64n - 1n]),
        at + clock + 8,
      )
      bytes.writeUInt16LE(i === 0 ? 0 : r.below(3), at + clock + 24)
    }
    const at = r.below(quiet - bytes.length)
    this.#draw(at, bytes)
    return [at, this.#pointer(), r.pick([count, count, count, 0, 1, 1025, -1, 2 ** 31])]
  }
}
