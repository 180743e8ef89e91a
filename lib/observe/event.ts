/** Converts a hostcall into a record: its arguments and results by their names in the table. */
import { type Errno, type ErrnoName, errnoNames } from '../abi/errno.js'
import type { HostcallName, Param, Row } from '../abi/table.js'
import { fd as fdType, Kind } from '../abi/types.js'
import type { FunctionName } from '../function-names.js'
import type { ImportFunction } from '../gate.js'
import type { GuestMemory } from '../memory.js'
import type { Followed } from './follow.js'
import { pathBytes, wordOf } from './passed.js'
import { type Outcome, watched } from './wrap.js'

/** A list in guest memory. */
export interface MemoryRange {
  /** The guest's address of the first element. */
  readonly address: number
  /** The number of elements, not of bytes. */
  readonly count: number
}
/**
 * An argument or a result. Flags are an array of their names; a value of an enumeration is its
 * name. Times, cookies, rights, and sizes beyond 2^53 are text, since JSON has no such numbers. A
 * list is a range. A path is text, or a range if it is not in memory.
 */
export type TraceValue = number | string | readonly string[] | MemoryRange | ComponentValue

/**
 * An argument or a result of a function of WASI 0.2. A resource is a number of the trace, which
 * counts resources from 1 in the order in which it meets them. A list of bytes or of strings is its
 * length: data and variables are not shown. A case of a variant with a payload is a record with its
 * name.
 */
export type ComponentValue =
  | boolean
  | {
      /** The number of bytes of a list, which are not shown. */
      readonly bytes: number
    }
  | {
      /** The number of elements of a list, which are not shown. */
      readonly items: number
    }
  | readonly ComponentValue[]
  | { readonly [name: string]: ComponentValue }
  | number
  | string
  | null

/**
 * A hostcall, as a line of `traceFormat: 'json'`, and as a message of the
 * `node:diagnostics_channel` `wasi-common:hostcall`. It has one of `errno`, `exitCode` and `error`.
 */
export interface HostcallEvent {
  /**
   * The name in the specification: `path_open`, or, of a component,
   * `wasi:filesystem/types#[method]descriptor.open-at`.
   */
  readonly call: HostcallName | FunctionName
  /** The arguments, by their names in the specification. */
  readonly args: Readonly<Record<string, TraceValue>>
  /**
   * The paths of the file descriptors among the arguments and results, by the names of these: the
   * name of the preopen, followed by the path that the guest opened. `...` and the end of a path of
   * more than 512 UTF-16 units. Left out if none is known: for standard streams, sockets, and all
   * but the 4096 files that were opened last (512 for a guest with threads).
   */
  readonly paths?: Readonly<Record<string, string>>
  /**
   * The errno that it returned: its name, or a number without a name. Of a function of WASI 0.2
   * `ok`, or the name of its error; for a stream `closed`, or the code of its failure.
   */
  readonly errno?: ErrnoName | Errno | (string & {})
  /**
   * The reason of NOTCAPABLE and of `not-permitted`: the right that is missing, or the component or
   * symlink of the path that leaves its directory. Best effort: it is found after the call, when
   * files may have changed.
   */
  readonly reason?: string
  /**
   * The results of a call that succeeded, by name. A record is its address. The result of a
   * function of WASI 0.2 is `value`, or the resources that it made, by the names of their types.
   */
  readonly results?: Readonly<Record<string, TraceValue>>
  /** The exit code of a guest that this call ended. */
  readonly exitCode?: number
  /** The message of an error that this call threw. */
  readonly error?: string
  /** The duration in nanoseconds. */
  readonly nanoseconds: number
}

/** Wraps an import, and reports each call. */
export function recorded(
  name: HostcallName,
  row: Row,
  call: ImportFunction,
  memory: GuestMemory,
  followed: Followed | undefined,
  tell: (event: HostcallEvent, start: bigint) => void,
): ImportFunction {
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
  return place === undefined || length === undefined ? undefined : { address: place, count: length }
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
