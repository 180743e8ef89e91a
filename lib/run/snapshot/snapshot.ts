/** The state of a guest between two calls, from which any number of guests are made. */
import { types } from 'node:util'
import { coded } from '../../errors.js'
import { checkKeys, wrongType } from '../../validate.js'
import { type Decoded, decode, sha256 } from './format.js'

/** The options of {@link GuestSnapshot.from}. */
export interface SnapshotOptions {
  /**
   * The bytes of the module that the snapshot must have been made from. Default: any module.
   */
  readonly module?: ArrayBufferLike | ArrayBufferView | undefined
}

/** The content of a snapshot. */
export interface SnapshotContent extends Decoded {
  readonly bytes: Uint8Array
}

/** Returns the content of a snapshot. */
export let contentOf: (snapshot: GuestSnapshot) => SnapshotContent
/**
 * Makes a snapshot of bytes that no other code changes. Those of a worker of ours have no damage.
 */
export let snapshotIn: (bytes: Uint8Array, checked: boolean) => GuestSnapshot
let isOwn: (value: object) => value is GuestSnapshot

/** The brand of snapshots, which all copies of this package share. */
const mark = Symbol.for('wasi-common.GuestSnapshot')

/**
 * The state of a guest, as {@link GuestInstance.snapshot} took it: a source for {@link instantiate}
 * and {@link Pool.instantiate}, any number of times. It holds the guest's memory with all secrets in
 * it.
 *
 * @example
 * const guest = await instantiate('interpreter.wasm')
 * await guest.call('load_library')
 * const snapshot = await guest.snapshot()
 * await guest.close()
 * const fresh = await instantiate(snapshot)
 */
export class GuestSnapshot {
  readonly #content: SnapshotContent
  static {
    contentOf = snapshot => snapshot.#content
    snapshotIn = (bytes, checked) => new GuestSnapshot({ bytes, ...decode(bytes, checked) })
    isOwn = (value): value is GuestSnapshot => #content in value
    Object.defineProperty(GuestSnapshot.prototype, mark, { value: true })
  }

  private constructor(content: SnapshotContent) {
    this.#content = content
  }

  /**
   * Loads a snapshot from what {@link GuestSnapshot.bytes} returned, in any process. Its module is
   * compiled with the first guest, and is as untrusted as any other.
   * @param bytes may be changed afterwards
   * @throws Error with code `ERR_WASI_SNAPSHOT_BYTES` for bytes that are damaged or no snapshot,
   * `ERR_WASI_SNAPSHOT_VERSION` for one that another version of this package made, and
   * `ERR_WASI_SNAPSHOT_MODULE` for one of another module than `options.module`
   * @throws TypeError for a wrong argument
   */
  static from(
    bytes: ArrayBufferLike | ArrayBufferView,
    options: SnapshotOptions = {},
  ): GuestSnapshot {
    checkKeys('options', ['module'], options)
    const snapshot = snapshotIn(new Uint8Array(bytesOf('bytes', bytes)), true)
    const { module } = options
    if (module === undefined) return snapshot
    const hash = sha256([bytesOf('options.module', module)]).toString('hex')
    if (hash === snapshot.moduleHash) return snapshot
    const message = `snapshot: it was made from the module with SHA-256 ${snapshot.moduleHash}, and options.module has ${hash}: make the snapshot again`
    throw coded(new Error(message), 'ERR_WASI_SNAPSHOT_MODULE')
  }

  /** Returns a copy of its bytes, for a file or another process. */
  bytes(): Uint8Array {
    return new Uint8Array(this.#content.bytes)
  }

  /**
   * The SHA-256 of the module that the guest was made from, in hexadecimal digits: with limits
   * written into it for one of {@link Pool.compile}.
   */
  get moduleHash(): string {
    return this.#content.header.hash
  }
}

/** Returns the bytes of an argument, not a copy. */
function bytesOf(name: string, value: unknown): Uint8Array {
  if (ArrayBuffer.isView(value))
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  if (types.isAnyArrayBuffer(value)) return new Uint8Array(value)
  throw wrongType(name, 'an ArrayBuffer or a view of one', value)
}

/**
 * Recognizes a snapshot by its private content, so that no other object passes for one.
 * @throws TypeError for a snapshot of another copy of this package
 */
export function isSnapshot(source: unknown): source is GuestSnapshot {
  if (typeof source !== 'object' || source === null) return false
  if (isOwn(source)) return true
  if (!(mark in source)) return false
  throw wrongType(
    'source',
    'a snapshot of the same copy of wasi-common (another copy is installed too: pass bytes() to its GuestSnapshot.from())',
    source,
  )
}
