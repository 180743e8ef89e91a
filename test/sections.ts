/**
 * Modules by their sections, as bytes: tables and memories of any form, and guests that want much
 * of their host.
 */

export const unsigned = (value: number): number[] =>
  value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...unsigned(Math.floor(value / 0x80))]
const signed = (value: number): number[] =>
  value >= -0x40 && value < 0x40 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)]
const text = (string: string): number[] => [...unsigned(string.length), ...Buffer.from(string)]
export const section = (id: number, ...items: readonly number[][]): number[] => {
  if (items.length === 0) return []
  const contents = [...unsigned(items.length), ...items.flat()]
  return [id, ...unsigned(contents.length), ...contents]
}
export const moduleOf = (...sections: readonly number[][]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()])

export const EXTERNREF = 0x6f
export const FUNCREF = 0x70
/** A table, or a memory, that begins with so much. */
export const table = (initial: number, maximum?: number, type = EXTERNREF): number[] => [
  type,
  ...memory(initial, maximum),
]
export const memory = (initial: number, maximum?: number): number[] =>
  maximum === undefined
    ? [0, ...unsigned(initial)]
    : [1, ...unsigned(initial), ...unsigned(maximum)]
/** An import of module `env`. */
export const imported = (name: string, kind: number, ...type: readonly number[]): number[] => [
  ...text('env'),
  ...text(name),
  kind,
  ...type,
]
/** Exports tables `t0`, `t1` ... and memories `m0`, `m1` ... */
export const exporting = (tables: number, memories: number): number[] =>
  section(
    7,
    ...Array.from({ length: tables }, (_, i) => [...text(`t${i}`), 1, ...unsigned(i)]),
    ...Array.from({ length: memories }, (_, i) => [...text(`m${i}`), 2, ...unsigned(i)]),
  )

/**
 * A command that does this, with tables and a memory of so many pages. `proc_exit` is its function
 * 0.
 */
const commandOf = (
  code: readonly number[],
  { tables = [], pages = 1 }: { tables?: readonly number[][]; pages?: number } = {},
) => {
  const body = [1, 1, 0x7f, ...code, 0x0b]
  return moduleOf(
    section(1, [0x60, 0, 0], [0x60, 1, 0x7f, 0]),
    section(2, [...text('wasi_snapshot_preview1'), ...text('proc_exit'), 0, 1]),
    section(3, [0]),
    section(4, ...tables),
    section(5, memory(pages)),
    section(7, [...text('memory'), 2, 0], [...text('_start'), 0, 1]),
    section(10, [...unsigned(body.length), ...body]),
  )
}

/**
 * A command of so many tables of a reference type, each of one element, whose exit code is how
 * often it could grow one by `step`: the first as far as it can, then the next.
 */
export function growing(tables: number, step: number, type = EXTERNREF): Uint8Array<ArrayBuffer> {
  const each = (index: number): number[] => [
    // loop: if (table.grow(null, step) != -1) { count++; continue }
    ...[
      0x03,
      0x40,
      0xd0,
      type,
      0x41,
      ...signed(step),
      0xfc,
      0x0f,
      ...unsigned(index),
      0x41,
      0x7f,
      0x47,
    ],
    ...[0x04, 0x40, 0x20, 0, 0x41, 1, 0x6a, 0x21, 0, 0x0c, 1, 0x0b, 0x0b],
  ]
  const all = Array.from({ length: tables }, (_, index) => index)
  return commandOf([...all.flatMap(each), 0x20, 0, 0x10, 0], {
    tables: all.map(() => table(1, undefined, type)),
  })
}

/**
 * A command that fills its memory of so many pages, again and again: V8 looks only after many turns
 * whether it shall end.
 */
export const filling = (pages: number): Uint8Array<ArrayBuffer> =>
  commandOf(
    [0x03, 0x40, 0x41, 0, 0x41, 1, 0x41, ...signed(pages * 65536), 0xfc, 0x0b, 0, 0x0c, 0, 0x0b],
    { pages },
  )

/**
 * A command that ends at once, and is so many megabytes of code, which take a while to be compiled.
 */
export function large(megabytes: number): Uint8Array {
  // local.get 0, i32.const 1, i32.add, local.set 0: 7 bytes. No function is larger than V8 takes.
  const piece = Buffer.alloc(1_000_001, Uint8Array.from([0x20, 0, 0x41, 1, 0x6a, 0x21, 0]))
  const body = Buffer.concat([
    Uint8Array.from([1, 1, 0x7f]),
    piece.subarray(0, 7 * 142_857),
    Uint8Array.from([0x0b]),
  ])
  const bodies = Array.from({ length: megabytes }, () => [
    Uint8Array.from(unsigned(body.length)),
    body,
  ]).flat()
  const code = Buffer.concat([Uint8Array.from([...unsigned(megabytes + 1), 2, 0, 0x0b]), ...bodies])
  const head = moduleOf(
    section(1, [0x60, 0, 0]),
    section(3, ...Array.from({ length: megabytes + 1 }, () => [0])),
    section(5, memory(1)),
    section(7, [...text('memory'), 2, 0], [...text('_start'), 0, 0]),
  )
  return Buffer.concat([head, Uint8Array.from([10, ...unsigned(code.length)]), code])
}
