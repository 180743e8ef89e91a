/** The bytes of a snapshot: a header, a module and a checksum. */
import { coded } from '../../errors.js'
import type { Progress } from '../../replay/options.js'
import { plainLine } from '../../stdio/terminal-escapes.js'
import { ownVersion } from '../../sys/version.js'

/** The state of a guest beside its instance. */
export interface Header {
  /** The version of this package. */
  readonly version: string
  /** The SHA-256 of the module that the guest was made from, in hexadecimal digits. */
  readonly hash: string
  /** Bytes by which the snapshot moved the code of the module. */
  readonly moved: number
  /** The arguments, each with its NUL; undefined if the guest has not read them. */
  readonly args: readonly Uint8Array[] | undefined
  /** The environment, as `args`. */
  readonly env: readonly Uint8Array[] | undefined
  /** The names of the preopens; undefined if the guest has not read them. */
  readonly preopens: readonly string[] | undefined
  /** The number of listeners. */
  readonly listeners: number
  readonly progress: Progress | undefined
}

/** A snapshot that has been read. */
export interface Decoded {
  readonly header: Header
  readonly module: Uint8Array
}

const magic = Buffer.from('wasi-common snapshot\n')
const lengthBytes = 4
const checksumBytes = 32

/** The SHA-256 of bytes in pieces. */
export function sha256(parts: readonly Uint8Array[]): Buffer {
  // Loaded when the first snapshot needs it, since no other module of Node takes so long to load.
  const hash = process.getBuiltinModule('node:crypto').createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** Returns all bytes of a snapshot. */
export function encode(header: Header, module: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const { args, env, progress } = header
  const written = {
    ...header,
    args: args?.map(base64),
    env: env?.map(base64),
    progress: progress && { ...progress, elapsed: progress.elapsed?.toString() },
  }
  const text = Buffer.from(JSON.stringify(written))
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt32LE(text.length)
  const parts = [magic, length, text, ...module]
  const size = parts.reduce((sum, part) => sum + part.length, 0)
  const bytes = new Uint8Array(new ArrayBuffer(size + checksumBytes))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  bytes.set(sha256([bytes.subarray(0, size)]), size)
  return bytes
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

const damaged = (why: string): Error =>
  coded(new Error(`snapshot: ${why}`), 'ERR_WASI_SNAPSHOT_BYTES')

/**
 * Reads a snapshot, whose bytes anyone may have written.
 * @param checked compares the checksum
 * @throws Error with code ERR_WASI_SNAPSHOT_BYTES, ERR_WASI_SNAPSHOT_VERSION
 */
export function decode(bytes: Uint8Array, checked = true): Decoded {
  const end = bytes.length - checksumBytes
  const start = magic.length + lengthBytes
  if (magic.some((byte, i) => bytes[i] !== byte) || end < start)
    throw damaged('these are not the bytes of a snapshot')
  const content = bytes.subarray(0, end)
  if (checked && sha256([content]).compare(bytes, end) !== 0)
    throw damaged('the bytes are damaged: their checksum is that of other bytes')
  const length = Buffer.from(content.slice(magic.length, start)).readUInt32LE()
  if (start + length > end) throw damaged('the header is longer than the bytes')
  const header = headerIn(content.subarray(start, start + length))
  return { header, module: content.subarray(start + length) }
}

function headerIn(bytes: Uint8Array): Header {
  let read: Readonly<Record<string, unknown>>
  try {
    read = JSON.parse(Buffer.from(bytes).toString('utf8')) ?? {}
  } catch {
    throw damaged('the header is not JSON')
  }
  const { version, hash, moved, args, env, preopens, listeners, progress } = read
  if (typeof version !== 'string') throw damaged('the header has no version')
  if (version !== ownVersion()) {
    const shown = plainLine(version.slice(0, 64))
    const message = `snapshot: wasi-common ${shown} made it, and this is ${ownVersion()}: make the snapshot again`
    throw coded(new Error(message), 'ERR_WASI_SNAPSHOT_VERSION')
  }
  if (typeof hash !== 'string' || !/^[\da-f]{64}$/.test(hash))
    throw damaged('the header has no hash of the module')
  if (typeof moved !== 'number' || !isCount(Math.abs(moved)))
    throw damaged('the header has no offset of the code')
  if (!isCount(listeners)) throw damaged('the header has no number of listeners')
  return {
    version,
    hash,
    moved,
    listeners,
    args: stringsIn('args', args),
    env: stringsIn('env', env),
    preopens: namesIn(preopens),
    progress: progressIn(progress),
  }
}

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0

function stringsIn(name: string, value: unknown): Uint8Array[] | undefined {
  if (value === undefined) return undefined
  if (!Array.isArray(value)) throw damaged(`the ${name} of the header are no list`)
  return value.map(each => {
    const bytes = typeof each === 'string' ? new Uint8Array(Buffer.from(each, 'base64')) : undefined
    if (bytes === undefined || bytes.length === 0 || bytes.indexOf(0) !== bytes.length - 1)
      throw damaged(`the ${name} of the header have one that is no string`)
    return bytes
  })
}

function namesIn(value: unknown): string[] | undefined {
  if (value === undefined) return undefined
  if (!Array.isArray(value) || value.some(each => typeof each !== 'string'))
    throw damaged('the preopens of the header are no names')
  return value
}

function progressIn(value: unknown): Progress | undefined {
  if (value === undefined) return undefined
  const { seed, drawn, elapsed } = (value ?? {}) as Readonly<Record<string, unknown>>
  const digits =
    elapsed === undefined || (typeof elapsed === 'string' && /^\d{1,20}$/.test(elapsed))
  if (!isCount(seed) || !isCount(drawn) || !digits)
    throw damaged('the header has no progress of clocks and random bytes')
  const most = 2n ** 64n - 1n
  const time = elapsed === undefined ? undefined : BigInt(elapsed as string)
  return { seed, drawn, elapsed: time !== undefined && time > most ? most : time }
}
