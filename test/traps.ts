/** Modules that trap, with functions of any names, and the seeded randomness that damages them. */
import { moduleOf, section, table, unsigned } from './sections.js'

const text = (string: string): number[] => {
  const bytes = [...Buffer.from(string)]
  return [...unsigned(bytes.length), ...bytes]
}
const sized = (id: number, contents: readonly number[]): number[] => [
  id,
  ...unsigned(contents.length),
  ...contents,
]

/** A custom section. */
export const custom = (name: string, contents: readonly number[]): number[] =>
  sized(0, [...text(name), ...contents])

/** A name section: of the module, and of functions by their indices. */
export function nameSection(names: readonly (string | undefined)[], module?: string): number[] {
  const functions = names.flatMap((name, index) =>
    name === undefined ? [] : [[...unsigned(index), ...text(name)]],
  )
  return custom('name', [
    ...(module === undefined ? [] : sized(0, text(module))),
    ...sized(1, [...unsigned(functions.length), ...functions.flat()]),
  ])
}

/**
 * A command whose functions have these names. The first one is `_start`; each calls the next, and
 * the last one executes `unreachable`.
 */
export function chain(
  names: readonly (string | undefined)[],
  module?: string,
  ...more: readonly number[][]
): Uint8Array<ArrayBuffer> {
  const bodies = names.map((_, i) =>
    i < names.length - 1 ? [0, 0x10, ...unsigned(i + 1), 0x0b] : [0, 0x00, 0x0b],
  )
  return moduleOf(
    section(1, [0x60, 0, 0]),
    section(3, ...names.map(() => [0])),
    // Both can grow, so a run writes its limits into the module, which moves the code.
    section(4, table(1)),
    section(5, [0, 1]),
    section(7, [...text('_start'), 0, 0], [...text('memory'), 2, 0]),
    section(10, ...bodies.map(body => [...unsigned(body.length), ...body])),
    nameSection(names, module),
    ...more,
  )
}

/** Returns the offset at which the contents of the code section begin. */
export function codeOf(bytes: Uint8Array): number {
  for (let at = 8; ; ) {
    const id = bytes[at]
    let size = 0
    let shift = 0
    do size += (bytes[++at] & 0x7f) << (7 * shift++)
    while (bytes[at] > 0x7f)
    at++
    if (id === 10) return at
    at += size
  }
}

/** A generator of small numbers that begins with a seed, so that a failure can be repeated. */
export function random(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
