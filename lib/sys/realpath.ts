/**
 * The real path of a path, as the system resolves it: `..` goes up from the target of a symlink,
 * not from the symlink.
 */
import { readlinkSync, realpathSync } from 'node:fs'
import { dirname, isAbsolute, join, parse, resolve, sep } from 'node:path'
import { maxLinks } from '../abi/layout.js'

/**
 * The functions to try, in order. JavaScript's realpath resolves `..` in the text, and so do paths
 * of Windows. Where Node's permission model denies the system's function, only the path returned
 * here is opened.
 */
const ways = process.platform === 'win32' ? [realpathSync] : [realpathSync.native, realpathSync]

/** Returns the real path; undefined if the path does not exist, or access to it is denied. */
export function real(path: string): string | undefined {
  for (const way of ways) {
    try {
      return way(path)
    } catch {}
  }
  return undefined
}

/**
 * Returns the real paths of all symlinks along a path, then the real path of its end. Write access
 * to one of these places can redirect the path the next time.
 */
export function passed(path: string): string[] {
  const links: string[] = []
  const whole = resolve(path)
  let { root: at } = parse(whole)
  const names = whole.slice(at.length).split(sep)
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    const next = name === '..' ? dirname(at) : join(at, name)
    // A resolved path contains no symlinks, and neither do its parents.
    const target = targetOf(next)
    if (target === undefined) {
      at = next
      continue
    }
    links.push(next)
    if (links.length > maxLinks) break
    const { root } = parse(target)
    if (isAbsolute(target)) at = root
    names.unshift(...target.slice(root.length).split(sep))
  }
  return [...links, real(path) ?? at]
}

/** Returns the target of a symlink; undefined for any other file, and where access is denied. */
function targetOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}
