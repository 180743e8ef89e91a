/**
 * Applies Node's permission model to preopens and listeners, since the addon opens files without
 * asking it.
 */
import { join } from 'node:path'
import { coded } from '../errors.js'
import { type Listen, shown } from './listen.js'

/** The settings that are checked. */
interface Given {
  readonly preopens: readonly {
    readonly name: string
    readonly path: string | undefined
    readonly place?: string
    readonly files: object | undefined
    readonly file?: string
    readonly readOnly: boolean
  }[]
  readonly listen: readonly Listen[]
}

/**
 * By the word that the model is asked with: what its errors call it, and the flag that grants it.
 */
const permissions = {
  'fs.read': ['FileSystemRead', '--allow-fs-read'],
  'fs.write': ['FileSystemWrite', '--allow-fs-write'],
  net: ['Net', '--allow-net'],
} as const

/**
 * Once, when a guest is made. A preopen wants the permission for itself and for all that may ever
 * lie in it, where it really is: the model goes by names, and a link would have two.
 *
 * @throws Error with code ERR_ACCESS_DENIED, `permission` and `resource`, as Node's own
 */
export function checkPermission({ preopens, listen }: Given): void {
  const { permission } = process
  if (permission === undefined) return
  const demand = (
    scope: keyof typeof permissions,
    places: readonly string[],
    what: string,
    otherwise = '',
  ): void => {
    if (places.every(place => permission.has(scope, place))) return
    const [name, flag] = permissions[scope]
    const [resource] = places
    const message = `Access to this API has been restricted: ${what} needs ${flag}${scope === 'net' ? '' : `=${resource}`}${otherwise}`
    throw coded(new Error(message), 'ERR_ACCESS_DENIED', { permission: name, resource })
  }
  for (const { name, path, place, files, file, readOnly } of preopens) {
    if (place === undefined) continue
    const places = file === undefined ? [place, join(place, anyName)] : [place]
    const what = `the preopen "${name}" at "${path}"`
    demand('fs.read', places, what)
    if (!readOnly && files === undefined) demand('fs.write', places, what, ', or readOnly: true')
  }
  for (const where of listen)
    if (!('fd' in where) && asksForNet())
      demand('net', [shown(where)], `to listen at ${shown(where)}`)
}

/** A name that no grant has in mind: only one for all names allows it. */
const anyName = '\u{10ffff}'

/**
 * Before Node 25 the model knows nothing of networks, and says no to a word that it does not know.
 */
const asksForNet = (): boolean => process.allowedNodeEnvironmentFlags.has('--allow-net')
