/**
 * WebAssembly exceptions, which the assembler of wasm.ts has no instructions for: modules that
 * throw one, and code that catches all.
 */
import type { call } from './wasm.js'

/**
 * `(tag (param i32))`, and a function that throws it with 7: `_start`, or also what runs as the
 * module is instantiated.
 */
export const throws = (atStart: boolean): Uint8Array =>
  Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    // Types: (param i32), and none; one function of the second; a memory; a tag of the first.
    ...[1, 8, 2, 0x60, 1, 0x7f, 0, 0x60, 0, 0],
    ...[3, 2, 1, 1],
    ...[5, 3, 1, 0, 1],
    ...[13, 3, 1, 0, 0],
    ...[7, 19, 2, ...exported('memory', 2), ...exported('_start', 0)],
    ...(atStart ? [8, 1, 0] : []),
    ...[10, 8, 1, 6, 0, 0x41, 7, 0x08, 0, 0x0b],
  ])

const exported = (name: string, kind: number): number[] => [
  name.length,
  ...Buffer.from(name),
  kind,
  0,
]

/** Do this, and go on behind it if it throws: `try ... catch_all end`, as Node 20 knows it. */
export const caught = (body: ReturnType<typeof call>): ReturnType<typeof call> => ({
  encode: indexOf => [0x06, 0x40, ...body.encode(indexOf), 0x19, 0x0b],
  calls: body.calls,
})
