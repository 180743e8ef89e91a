/** Reads what a call was passed, for a trace: a look that changes nothing and never fails. */
import { maxPath } from '../abi/layout.js'
import type { Param, Row } from '../abi/table.js'
import { Kind } from '../abi/types.js'
import { Lookupflags, Oflags } from '../abi/values.js'
import type { GuestMemory } from '../memory.js'

/** An i32 as unsigned; undefined for what no wasm passes, but JavaScript may. */
export const wordOf = (value: unknown): number | undefined =>
  typeof value === 'number' ? value >>> 0 : undefined

/** A copy of a path, at most one byte longer than any that is taken; undefined outside of memory. */
export function pathBytes(
  memory: GuestMemory,
  at: unknown,
  length: unknown,
): Uint8Array | undefined {
  const [place, size] = [wordOf(at), wordOf(length)]
  if (place === undefined || size === undefined) return undefined
  try {
    // It may lie in pages that the guest got since the last call.
    if (memory.bound) memory.refresh()
    memory.check(place, size)
    return memory.copy(place, Math.min(size, maxPath + 1))
  } catch {
    return undefined
  }
}

/** Each parameter and result with the slot of its first wasm value. */
export function slotsOf(row: Row): readonly (readonly [param: Param, slot: number])[] {
  let slot = 0
  return [...row.params, ...row.results].map(param => {
    const own = slot
    slot += param.type.kind === Kind.Path || param.type.kind === Kind.List ? 2 : 1
    return [param, own] as const
  })
}

/** A path of a call. */
export interface PassedPath {
  readonly label: string
  /** The descriptor that it begins at; undefined for the target of a new symlink. */
  readonly fd: number | undefined
  readonly bytes: Uint8Array
  /** True if a symlink in its last place is followed. */
  readonly follow: boolean
}
/** The arguments of a call by the labels of its row. */
export interface Passed {
  readonly paths: readonly PassedPath[]
  /** The number that was passed: an argument, or the address of a result. */
  value(label: string): number | undefined
}

/** Returns the reader for the calls of a row. */
export function reader(row: Row, memory: GuestMemory): (args: readonly unknown[]) => Passed {
  const slots = new Map(slotsOf(row).map(([{ label }, slot]) => [label, slot]))
  const paths = row.params.flatMap(({ label, type }) => (type.kind === Kind.Path ? [label] : []))
  const exclusive = Oflags.CREAT | Oflags.EXCL
  return args => {
    const value = (label: string): number | undefined => wordOf(args[slots.get(label) ?? -1])
    const flags = value('dirflags') ?? value('old_flags') ?? value('flags') ?? 0
    const follows =
      (flags & Lookupflags.FOLLOW) !== 0 && ((value('oflags') ?? 0) & exclusive) !== exclusive
    // They are copied before the call: other threads of the guest may change them.
    const passed = paths.flatMap(label => {
      const slot = slots.get(label) as number
      const bytes = pathBytes(memory, args[slot], args[slot + 1])
      if (bytes === undefined) return []
      const own = label.replace('path', 'fd')
      const fd = value(slots.has(own) || label === 'old_path' ? own : 'fd')
      return [{ label, fd, bytes, follow: follows && label !== 'new_path' }]
    })
    return { paths: passed, value }
  }
}
