/** Traces the hostcalls of a guest: in lines like those of strace, in JSON, or on a channel. */
import { Errno, errnoNames } from '../abi/errno.js'
import type { HostcallName, Param, Row } from '../abi/table.js'
import { fd as fdType, Kind, size } from '../abi/types.js'
import type { ImportFunction } from '../gate.js'
import type { GuestMemory } from '../memory.js'
import { hostcallChannel } from './channels.js'
import { recorded } from './event.js'
import type { Followed } from './follow.js'
import { pathBytes, wordOf } from './passed.js'
import { bracketed, escaped, printable, printableCut } from './printable.js'
import { timelineEvent } from './timeline.js'
import { type Outcome, watched } from './wrap.js'

// Loaded together, when a guest is traced.
export { Followed } from './follow.js'
export { lined } from './unterminated.js'

const decoder = new TextDecoder()

/** The format of the lines. */
export interface Style {
  readonly format: 'text' | 'json' | 'perfetto'
  /**
   * With how long each call took: `<0.000042>` behind it, as `strace -T` has it, or `nanoseconds`.
   */
  readonly times: boolean
  /** The calls that lines are written for. Default: all. */
  readonly calls?: readonly string[] | undefined
}
const plain: Style = { format: 'text', times: false }

/** The import, writing a line for each call. */
export function traced(
  name: HostcallName,
  row: Row,
  call: ImportFunction,
  memory: GuestMemory,
  write: (line: string) => void,
  { format, times }: Style = plain,
  followed?: Followed,
): ImportFunction {
  if (format === 'text') return strace(name, row, call, memory, followed, write, times)
  return recorded(name, row, call, memory, followed, (event, start) => {
    const { nanoseconds, ...rest } = event
    const record =
      format === 'perfetto' ? timelineEvent(event, start) : times ? { ...rest, nanoseconds } : rest
    write(escaped(JSON.stringify(record)))
  })
}

/** The import, which publishes each call to the subscribers of `wasi-common:hostcall`. */
export function published(
  name: HostcallName,
  row: Row,
  call: ImportFunction,
  memory: GuestMemory,
  followed?: Followed,
): ImportFunction {
  return recorded(name, row, call, memory, followed, event => hostcallChannel.publish(event))
}

/** `path_open(fd=3</data>, path="a", ...) = SUCCESS opened_fd=4</data/a>` */
function strace(
  name: string,
  row: Row,
  call: ImportFunction,
  memory: GuestMemory,
  followed: Followed | undefined,
  write: (line: string) => void,
  times: boolean,
): ImportFunction {
  const descriptor = (value: unknown): string => {
    const fd = wordOf(value)
    const path = fd === undefined ? undefined : followed?.paths.of(fd)
    return path === undefined ? '' : bracketed(path)
  }
  return watched(call, args => {
    let slot = 0
    const shown = row.params.map(({ label, type }) => {
      const value = args[slot++]
      if (type.kind === Kind.Path) return `${label}=${text(memory, value, args[slot++])}`
      if (type.kind === Kind.List) return `${label}=${hex(value)}+${word(size, args[slot++])}`
      return `${label}=${word(type, value)}${type === fdType ? descriptor(value) : ''}`
    })
    const line = `${name}(${shown.join(', ')})`
    return outcome => {
      const took = times ? ` <${(outcome.nanoseconds / 1e9).toFixed(6)}>` : ''
      const end = ending(memory, row, args.slice(slot), outcome, descriptor)
      const reason = outcome.errno === Errno.NOTCAPABLE ? followed?.reason : undefined
      write(`${line} = ${end}${reason === undefined ? '' : ` (${reason})`}${took}`)
    }
  })
}

function ending(
  memory: GuestMemory,
  row: Row,
  at: readonly unknown[],
  { errno, exitCode, error }: Outcome,
  descriptor: (fd: unknown) => string,
): string {
  if (errno === undefined) return exitCode === undefined ? String(error) : `exit ${exitCode}`
  const results =
    errno === 0
      ? row.results
          .map((result, i) => ` ${stored(memory, result, Number(at[i]), descriptor)}`)
          .join('')
      : ''
  return `${errnoNames[errno] ?? errno}${results}`
}

const hex = (value: unknown): string =>
  typeof value === 'number' ? `0x${(value >>> 0).toString(16)}` : odd(value)
/** Shows a value that no wasm passes for an i32, but JavaScript may. */
const odd = (value: unknown): string => {
  if (typeof value === 'string') return printable(value)
  return typeof value === 'bigint' ? `${value}n` : typeof value
}
/** A path as the guest gave it. */
function text(memory: GuestMemory, at: unknown, length: unknown): string {
  const bytes = pathBytes(memory, at, length)
  return bytes === undefined
    ? `${hex(at)}+${word(size, length)}`
    : printableCut(decoder.decode(bytes))
}

function word(type: Param['type'], value: unknown): string {
  if (typeof value === 'bigint' && type.size === 8) {
    if (type.kind === Kind.Delta64) return String(value)
    const unsigned = BigInt.asUintN(64, value)
    return type.kind === Kind.Rights ? `0x${unsigned.toString(16)}` : String(unsigned)
  }
  if (typeof value !== 'number') return odd(value)
  if (type.kind === Kind.Flags) {
    const unknown =
      value >>> type.labels.length === 0
        ? []
        : [hex((value >>> type.labels.length) << type.labels.length)]
    return [...type.labels.filter((_, bit) => value & (2 ** bit)), ...unknown].join('|') || '0x0'
  }
  if (type.kind === Kind.Enum) return type.labels[value] ?? String(value >>> 0)
  return type.name === 'pointer' ? hex(value) : String(value >>> 0)
}

/** A result, read back from where it was stored. */
function stored(
  memory: GuestMemory,
  { label, type }: Param,
  at: number,
  descriptor: (fd: unknown) => string,
): string {
  at = at >>> 0
  if (type === fdType) {
    const fd = memory.getUint32(at)
    return `${label}=${fd}${descriptor(fd)}`
  }
  switch (type.kind) {
    case Kind.Record:
      return `${label}=${hex(at)}`
    case Kind.Flags:
      return `${label}=${word(type, memory.getUint16(at))}`
    default:
      return `${label}=${type.size === 8 ? memory.getUint64(at) : memory.getUint32(at)}`
  }
}
