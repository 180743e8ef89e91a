/** Limits on a guest's simultaneous use of the host, and the errno when each is exceeded. */
import type { ErrnoName } from './abi/errno.js'
import { maxPath } from './abi/layout.js'
import { maxPolls, maxSpans } from './sys/block.js'
import { checkInteger, checkKeys } from './validate.js'

interface Limit {
  /** The limited resource. */
  readonly doc: string
  readonly fallback: number
  readonly least: number
  readonly most: number
  /**
   * The guest's result when the limit is exceeded. `its end`: an error is thrown out of its code;
   * `a short count`: a part is done, and its length returned.
   */
  readonly errno: ErrnoName | 'its end' | 'a short count'
  /** The effect that the embedder sees. */
  readonly seen: string
}

/** The most that a guest uses of the host, and the guest's result beyond each limit. */
export interface Limits {
  /**
   * Open file descriptors, the standard streams, preopens and listeners included; then MFILE. From
   * 3 to 524288. Default 1024.
   */
  readonly descriptors: number
  /** Bytes of a path; then NAMETOOLONG. From 1 to 4095, as PATH_MAX. Default 4095. */
  readonly pathBytes: number
  /** Buffers of one read or write; then a short count. From 1 to 1024, as IOV_MAX. Default 1024. */
  readonly iovecs: number
  /** Subscriptions of one poll_oneoff; then INVAL. From 1 to 1024. Default 1024. */
  readonly subscriptions: number
  /** Bytes of one random_get; then INVAL. From 0 to 2^32 - 1. Default 64 MiB. */
  readonly randomBytes: number
  /**
   * Hostcalls of each thread of the guest, over its whole life; then the guest ends with an error
   * with code `ERR_WASI_HOSTCALL_LIMIT`. From 0 to 2^53 - 1. Default Infinity.
   */
  readonly hostcalls: number
}

// biome-ignore format: a limit a line, as in a table
const table = {
  descriptors:   { doc: 'descriptors open at once, with the standard streams, the directories and the listeners given', fallback: 1024, least: 3, most: 2 ** 19, errno: 'MFILE', seen: 'nothing' },
  pathBytes:     { doc: 'bytes of a path, as PATH_MAX has them', fallback: maxPath, least: 1, most: maxPath, errno: 'NAMETOOLONG', seen: 'nothing' },
  iovecs:        { doc: 'pieces of memory that one read or write takes, as IOV_MAX', fallback: maxSpans, least: 1, most: maxSpans, errno: 'a short count', seen: 'nothing' },
  subscriptions: { doc: 'things that one poll_oneoff waits for', fallback: maxPolls, least: 1, most: maxPolls, errno: 'INVAL', seen: 'nothing' },
  randomBytes:   { doc: 'bytes that one random_get fills', fallback: 2 ** 26, least: 0, most: 2 ** 32 - 1, errno: 'INVAL', seen: 'nothing' },
  hostcalls:     { doc: 'hostcalls of a guest, of each thread of it, in all', fallback: Infinity, least: 0, most: 2 ** 53 - 1, errno: 'its end', seen: 'an error with code `ERR_WASI_HOSTCALL_LIMIT`' },
} as const satisfies { readonly [Name in keyof Limits]: Limit }

export const limitTable: { readonly [Name in keyof Limits]: Limit } = table
const names = Object.keys(table) as (keyof Limits)[]

/** Returns the limits that an embedder sets, with the defaults of all others. */
export function limitsOf(set?: unknown): Limits {
  return set === undefined ? defaults : checked(set)
}

function checked(set: unknown): Limits {
  checkKeys('options.limits', names, set)
  return Object.fromEntries(
    names.map(name => {
      const { fallback, least, most } = table[name]
      const { [name]: value = fallback } = set as Partial<Record<keyof Limits, unknown>>
      if (value !== fallback) checkInteger(`options.limits.${name}`, value, least, most)
      return [name, value]
    }),
  ) as Record<keyof Limits, number>
}

const defaults: Limits = Object.freeze(
  Object.fromEntries(names.map(name => [name, table[name].fallback])) as Record<
    keyof Limits,
    number
  >,
)
