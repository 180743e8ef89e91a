/**
 * What a guest asks of its host, told to who wants to know: in lines like those of strace, in JSON,
 * or on a channel.
 */
import { errnoNames } from '../abi/errno.js'
import type { CallName, Param, Row } from '../abi/table.js'
import { Kind, size } from '../abi/types.js'
import type { Import } from '../gate.js'
import type { GuestMemory } from '../memory.js'
import { hostcallChannel } from './channels.js'
import { recorded } from './event.js'
import { type Outcome, watched } from './wrap.js'

const longest = 200
const decoder = new TextDecoder()

/** How lines are written. */
export interface Style {
  readonly format: 'text' | 'json'
  /**
   * With how long each call took: `<0.000042>` behind it, as `strace -T` has it, or `nanoseconds`.
   */
  readonly times: boolean
}
const plain: Style = { format: 'text', times: false }

/** The import, writing a line for each call. */
export function traced(
  name: CallName,
  row: Row,
  call: Import,
  memory: GuestMemory,
  write: (line: string) => void,
  { format, times }: Style = plain,
): Import {
  if (format === 'text') return strace(name, row, call, memory, write, times)
  return recorded(name, row, call, memory, ({ nanoseconds, ...event }) =>
    write(escaped(JSON.stringify(times ? { ...event, nanoseconds } : event))),
  )
}

/** The import, telling of each call whoever subscribed to `wasi-common:hostcall`. */
export function published(name: CallName, row: Row, call: Import, memory: GuestMemory): Import {
  return recorded(name, row, call, memory, event => hostcallChannel.publish(event))
}

/** `path_open(fd=3, path="a", ...) = SUCCESS opened_fd=4` */
function strace(
  name: string,
  row: Row,
  call: Import,
  memory: GuestMemory,
  write: (line: string) => void,
  times: boolean,
): Import {
  return watched(call, args => {
    let slot = 0
    const shown = row.params.map(({ label, type }) => {
      const value = args[slot++]
      if (type.kind === Kind.Path) return `${label}=${text(memory, value, args[slot++])}`
      if (type.kind === Kind.List) return `${label}=${hex(value)}+${word(size, args[slot++])}`
      return `${label}=${word(type, value)}`
    })
    const line = `${name}(${shown.join(', ')})`
    return outcome => {
      const took = times ? ` <${(outcome.nanoseconds / 1e9).toFixed(6)}>` : ''
      write(`${line} = ${ending(memory, row, args.slice(slot), outcome)}${took}`)
    }
  })
}

function ending(
  memory: GuestMemory,
  row: Row,
  at: readonly unknown[],
  { errno, exit, error }: Outcome,
): string {
  if (errno === undefined) return exit === undefined ? String(error) : `exit ${exit}`
  const results =
    errno === 0
      ? row.results.map((result, i) => ` ${stored(memory, result, Number(at[i]))}`).join('')
      : ''
  return `${errnoNames[errno] ?? errno}${results}`
}

const hex = (value: unknown): string =>
  typeof value === 'number' ? `0x${(value >>> 0).toString(16)}` : odd(value)
/** What no wasm passes for an i32, but JavaScript may. */
const odd = (value: unknown): string => {
  if (typeof value === 'string') return printable(value)
  return typeof value === 'bigint' ? `${value}n` : typeof value
}
/** Text that cannot steer a terminal, turn the direction of a line or break it. */
const printable = (text: string): string => escaped(JSON.stringify(text))
const escaped = (json: string): string =>
  json.replace(/[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu, c =>
    c
      .split('')
      .map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  )

/** A path as the guest gave it. */
function text(memory: GuestMemory, at: unknown, length: unknown): string {
  if (typeof at !== 'number' || typeof length !== 'number')
    return `${hex(at)}+${word(size, length)}`
  try {
    // It may lie in pages that the guest got since the last call.
    if (memory.bound) memory.refresh()
    const bytes = memory.copy(at >>> 0, Math.min(length >>> 0, longest))
    const shown = printable(decoder.decode(bytes))
    return length >>> 0 > longest ? `${shown}...` : shown
  } catch {
    return `${hex(at)}+${length >>> 0}`
  }
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
function stored(memory: GuestMemory, { label, type }: Param, at: number): string {
  at = at >>> 0
  switch (type.kind) {
    case Kind.Record:
      return `${label}=${hex(at)}`
    case Kind.Flags:
      return `${label}=${word(type, memory.getUint16(at))}`
    default:
      return `${label}=${type.size === 8 ? memory.getUint64(at) : memory.getUint32(at)}`
  }
}
