/**
 * A hostcall as a record: its arguments and results by the names that the table has for them, for
 * programs to read.
 */
import { type Errno, type ErrnoName, errnoNames } from '../abi/errno.js'
import type { CallName, Param, Row } from '../abi/table.js'
import { fd as fdType, Kind } from '../abi/types.js'
import type { Import } from '../gate.js'
import type { GuestMemory } from '../memory.js'
import type { Followed } from './follow.js'
import { pathBytes, wordOf } from './passed.js'
import { type Outcome, watched } from './wrap.js'

/** A place in guest memory, and how many elements lie there. */
export interface MemoryRange {
  /** The address. */
  readonly at: number
  /** How many elements, not bytes. */
  readonly count: number
}
/**
 * An argument or a result. Flags are a list of their names; of values with names it is that; of
 * times, cookies and rights, and of sizes beyond 2^53, text, since JSON has no such numbers; of a
 * list a place. A path is text; one outside of memory is a place.
 */
export type TraceValue = number | string | readonly string[] | MemoryRange

/**
 * What is published on the channel `wasi-common:hostcall`, and written as a line of JSON. Of errno,
 * exit and error it has one.
 */
export interface HostcallEvent {
  /** The specification's name. */
  readonly call: CallName
  /** By the names that the specification has for them. */
  readonly args: Readonly<Record<string, TraceValue>>
  /**
   * The paths of the descriptors among the arguments and results, by the names of these: the name
   * of the preopen, and below it the path under which the guest opened the file. A path of more
   * than 512 UTF-16 units is its end, behind `...`. Left out where none is known: standard streams,
   * sockets, and all but the 4096 files that were opened last, or, by a guest with threads, the
   * last 512.
   */
  readonly paths?: Readonly<Record<string, string>>
  /** What it answered: the name, or a number that has none. */
  readonly errno?: ErrnoName | Errno
  /**
   * Of NOTCAPABLE: the right that is missing, or the component or symlink of the path that leaves
   * its directory. Best effort: it is found after the call, when the files may have changed.
   */
  readonly reason?: string
  /** Of a call that succeeded. A record is told by where it lies. */
  readonly results?: Readonly<Record<string, TraceValue>>
  /** The code with which the guest ended. */
  readonly exit?: number
  /** What else was thrown. */
  readonly error?: string
  /** How long it took. */
  readonly nanoseconds: number
}

/** The import, telling of each call. */
export function recorded(
  name: CallName,
  row: Row,
  call: Import,
  memory: GuestMemory,
  followed: Followed | undefined,
  tell: (event: HostcallEvent, start: bigint) => void,
): Import {
  return watched(call, given => {
    let slot = 0
    const args: Record<string, TraceValue> = {}
    const paths: Record<string, string> = {}
    const show = (label: string, fd: number | undefined): void => {
      const path = fd === undefined ? undefined : followed?.paths.of(fd)
      if (path !== undefined) paths[label] = path
    }
    for (const { label, type } of row.params) {
      const value = given[slot++]
      if (type === fdType) show(label, wordOf(value))
      if (type.kind === Kind.Path) args[label] = pathAt(memory, value, given[slot++])
      else if (type.kind === Kind.List) args[label] = listAt(value, given[slot++])
      else args[label] = told(type, value)
    }
    return (outcome, start) => {
      const ending = ended(memory, row, given.slice(slot), outcome)
      for (const { label, type } of row.results)
        if (type === fdType) show(label, wordOf(ending.results?.[label]))
      const { errno, ...rest } = ending
      const reason = errno === 'NOTCAPABLE' ? followed?.reason : undefined
      tell(
        {
          call: name,
          args,
          ...(Object.keys(paths).length > 0 && { paths }),
          ...(errno !== undefined && { errno }),
          ...(reason !== undefined && { reason }),
          ...rest,
        },
        start,
      )
    }
  })
}

function ended(
  memory: GuestMemory,
  { results }: Row,
  at: readonly unknown[],
  outcome: Outcome,
): Omit<HostcallEvent, 'call' | 'args'> {
  const { errno, ...rest } = outcome
  if (errno === undefined) return rest
  const { nanoseconds } = rest
  if (errno !== 0) return { errno: errnoNames[errno] ?? errno, nanoseconds }
  return {
    errno: 'SUCCESS',
    results: Object.fromEntries(
      results.map((result, i) => [result.label, stored(memory, result, Number(at[i]) >>> 0)]),
    ),
    nanoseconds,
  }
}

/** Shows a value that no wasm passes, but JavaScript may. */
const odd = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'bigint' ? String(value) : typeof value

function placeOf(at: unknown, count: unknown): MemoryRange | undefined {
  const [place, length] = [wordOf(at), wordOf(count)]
  return place === undefined || length === undefined ? undefined : { at: place, count: length }
}
const listAt = (at: unknown, count: unknown): TraceValue =>
  placeOf(at, count) ?? odd(typeof at === 'number' ? count : at)

const decoder = new TextDecoder()

function pathAt(memory: GuestMemory, at: unknown, length: unknown): TraceValue {
  const bytes = pathBytes(memory, at, length)
  return bytes === undefined ? listAt(at, length) : decoder.decode(bytes)
}

function told(type: Param['type'], value: unknown): TraceValue {
  if (typeof value === 'bigint' && type.size === 8) return wide(type, value)
  if (typeof value !== 'number') return odd(value)
  if (type.kind === Kind.Flags) {
    const unknown = value >>> type.labels.length
    const names = type.labels.filter((_, bit) => value & (2 ** bit))
    return unknown === 0
      ? names
      : [...names, `0x${((unknown << type.labels.length) >>> 0).toString(16)}`]
  }
  if (type.kind === Kind.Enum) return type.labels[value] ?? value >>> 0
  return value >>> 0
}

function wide({ kind }: Param['type'], value: bigint): TraceValue {
  const whole = kind === Kind.Delta64 ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value)
  if (kind === Kind.Rights) return `0x${whole.toString(16)}`
  const number = Number(whole)
  return kind !== Kind.Raw64 && Number.isSafeInteger(number) ? number : String(whole)
}

/** A result, read back from where it was stored. */
function stored(memory: GuestMemory, { type }: Param, at: number): TraceValue {
  if (type.kind === Kind.Record) return at
  if (type.kind === Kind.Flags) return told(type, memory.getUint16(at))
  return type.size === 8 ? wide(type, memory.getUint64(at)) : memory.getUint32(at)
}
