/**
 * Resolves a guest's path to one directory and one name in it, beneath its start: path_get of
 * cloudabi-utils over Places.
 */
import fs from 'node:fs'
import { Errno } from '../../abi/errno.js'
import { maxLinks } from '../../abi/layout.js'
import { refuse } from '../../errors.js'
import { type Cached, find, keep, release } from './directory-cache.js'
import { codeOf } from './errno.js'
import type { Place } from './place.js'
import { elsewhere, slashed } from './windows.js'

const windows = process.platform === 'win32'

/** Follows every final symlink: one more than these is LOOP. */
export const every = maxLinks + 1

/** A call's treatment of the last name. */
export interface Last {
  /** The most symlinks after which the walk still looks at the last name, and follows a symlink. */
  readonly follow: number
  /** Enter a directory whose name ends in a slash; otherwise `slash` reports the slash. */
  readonly enter: boolean
}

/**
 * A resolved parent: one name, without a slash, in a directory held open. The caller uses it
 * without following symlinks, then releases it.
 */
export interface Lease {
  readonly place: Place
  /** `.` if the path ended in a directory that the walk has entered. */
  readonly name: string
  /** The number of dots of a path that ends in `.` or `..`: 1 or 2. */
  readonly dots: number
  /** True if a slash followed the name: the call needs a directory there. */
  readonly slash: boolean
  readonly path: string | Buffer
  /**
   * The attributes of the name, if the walk has looked at it: null if nothing has that name.
   * Undefined if it has not looked.
   */
  readonly stats: fs.BigIntStats | null | undefined
  /** True if the walk has followed a symlink. */
  readonly followed: boolean
  release(): void
}

/** Returns the target of the symlink of that name; undefined for any other file. */
function linkAt(place: Place, name: string): string | undefined {
  try {
    const target = fs.readlinkSync(place.at(name), 'latin1')
    return windows ? slashed(target) : target
  } catch (error) {
    // Linux returns EINVAL for a file that is not a symlink, Windows UNKNOWN.
    if (codeOf(error) === 'EINVAL' || codeOf(error) === 'UNKNOWN') return undefined
    throw error
  }
}

export function walk(start: Place, path: string, last: Last): Lease {
  const cached = find(start, path)
  return (
    // A `..` behind a cached directory may lead above it, along directories that nothing holds.
    (cached && resolve(cached.entry.place, cached.rest, last, start, cached.entry)) ??
    (resolve(start, path, last, start) as Lease)
  )
}

/**
 * Walks from a directory that is the start or cached. Returns undefined if the path leaves a cached
 * one.
 */
function resolve(
  from: Place,
  path: string,
  { follow, enter }: Last,
  start: Place,
  cached?: Cached['entry'],
): Lease | undefined {
  // The directories entered so far: `..` goes back along them. The first is neither left nor
  // released.
  const dirs: [Place, ...Place[]] = [from]
  // Their paths from the start, by their own names: a path may have come by symlinks and `..`.
  const paths = [cached === undefined ? '' : cached.path]
  // The rest of the path, with the targets of symlinks on top. None is empty.
  const left = [path]
  let links = 0

  // A directory is taken out before it is released: no error makes that happen twice, since its
  // number may be that of another file then.
  const releaseBut = (kept: number) => {
    const used = cached
    cached = undefined
    if (used !== undefined) release(used)
    let failure: { readonly error: unknown } | undefined
    while (dirs.length > kept) {
      try {
        dirs.pop()?.release()
      } catch (error) {
        failure = { error }
      }
    }
    if (failure !== undefined) throw failure.error
  }
  const expand = (target: string) => {
    if (++links > maxLinks) refuse(Errno.LOOP)
    left.push(target)
  }
  const lease = (name: string, dots: number, slash: boolean, stats?: Lease['stats']): Lease => {
    const place = dirs[dirs.length - 1] as Place
    const path = paths[paths.length - 1] as string
    const used = cached
    // Made before the others are released, since it may refuse the name.
    const held = {
      place,
      name,
      dots,
      slash,
      path: place.at(name),
      stats,
      followed: links > 0,
      release() {
        if (place !== from) keep(start, path, place)
        else if (used !== undefined) release(used)
      },
    }
    if (place === from) return held
    dirs.pop()
    dirs.splice(1, 0, place)
    releaseBut(2)
    return held
  }

  try {
    for (;;) {
      const text = left.pop() as string
      if (text.startsWith('/') || (windows && elsewhere(text))) refuse(Errno.NOTCAPABLE)
      const cut = text.indexOf('/')
      const name = cut < 0 ? text : text.slice(0, cut)
      const rest = cut < 0 ? '' : text.slice(cut).replace(/^\/+/, '')
      const slash = cut >= 0
      if (rest !== '') left.push(rest)
      const last = left.length === 0

      if (name === '.' || name === '..') {
        if (name === '..') {
          if (dirs.length > 1) {
            dirs.pop()?.release()
            paths.pop()
          } else if (cached === undefined) refuse(Errno.NOTCAPABLE)
          else {
            releaseBut(1)
            return undefined
          }
        }
        if (last) return lease('.', name.length, false)
        continue
      }
      const place = dirs[dirs.length - 1] as Place
      if (!last || (slash && enter)) {
        const child = place.child(name)
        if (child !== undefined) {
          dirs.push(child)
          const above = paths[paths.length - 1]
          paths.push(above === '' ? name : `${above}/${name}`)
          if (last) return lease('.', 0, false)
          continue
        }
        const target = linkAt(place, name)
        if (target === undefined) refuse(Errno.NOTDIR)
        // The slash is kept: it requires a directory at the end of the link.
        expand(last && !target.endsWith('/') ? `${target}/` : target)
        continue
      }
      if (links >= follow || slash) return lease(name, 0, slash)
      const stats = fs.lstatSync(place.at(name), { bigint: true, throwIfNoEntry: false }) ?? null
      if (!stats?.isSymbolicLink()) return lease(name, 0, false, stats)
      const target = linkAt(place, name)
      if (target === undefined) return lease(name, 0, false)
      expand(target)
    }
  } catch (error) {
    releaseBut(1)
    throw error
  }
}
