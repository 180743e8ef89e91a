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

// biome-ignore format: a limit a line, as in a table
const table = {
  descriptors:   { doc: 'descriptors open at once, with the standard streams, the directories and the listeners given', fallback: 1024, least: 3, most: 2 ** 19, errno: 'MFILE', seen: 'nothing' },
  pathBytes:     { doc: 'bytes of a path, as PATH_MAX has them', fallback: maxPath, least: 1, most: maxPath, errno: 'NAMETOOLONG', seen: 'nothing' },
  iovecs:        { doc: 'pieces of memory that one read or write takes, as IOV_MAX', fallback: maxSpans, least: 1, most: maxSpans, errno: 'a short count', seen: 'nothing' },
  subscriptions: { doc: 'things that one poll_oneoff waits for', fallback: maxPolls, least: 1, most: maxPolls, errno: 'INVAL', seen: 'nothing' },
  randomBytes:   { doc: 'bytes that one random_get fills', fallback: 2 ** 26, least: 0, most: 2 ** 32 - 1, errno: 'INVAL', seen: 'nothing' },
  hostcalls:     { doc: 'hostcalls of a guest, of each thread of it, in all', fallback: Infinity, least: 0, most: 2 ** 53 - 1, errno: 'its end', seen: 'an error with code `ERR_WASI_HOSTCALL_LIMIT`' },
} as const satisfies Record<string, Limit>

/**
 * Limits on a guest's simultaneous use of the host. docs/limits.md has the table: the limited
 * resource, its default, and the effects of exceeding it for guest and embedder.
 */
export type Limits = { readonly [Name in keyof typeof table]: number }
export const limitTable: { readonly [Name in keyof Limits]: Limit } = table
const names = Object.keys(table) as (keyof Limits)[]

/** Returns the limits that an embedder sets, with the defaults of all others. */
export function limitsOf(set: unknown = {}): Limits {
  checkKeys('options.limits', names, set)
  return Object.fromEntries(
    names.map(name => {
      const { fallback, least, most } = table[name]
      const { [name]: value = fallback } = set as Partial<Record<keyof Limits, unknown>>
      if (value !== fallback) checkInteger(`options.limits.${name}`, value, least, most)
      return [name, value]
    }),
  ) as Limits
}
