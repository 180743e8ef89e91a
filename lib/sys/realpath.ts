/**
 * The real path of a path, as the system resolves it: `..` goes up from the target of a link, not
 * from the link.
 */
import { readlinkSync, realpathSync } from 'node:fs'
import { dirname, isAbsolute, join, parse, resolve, sep } from 'node:path'
import { maxLinks } from '../abi/layout.js'

/**
 * JavaScript's own way goes by the text, and so do paths of Windows. Where Node's permission model
 * lets the system's way not be asked, nothing is opened but what is answered here.
 */
const ways = process.platform === 'win32' ? [realpathSync] : [realpathSync.native, realpathSync]

/** Undefined where that cannot be known: it does not exist, or must not be looked at. */
export function real(path: string): string | undefined {
  for (const way of ways) {
    try {
      return way(path)
    } catch {}
  }
  return undefined
}

/**
 * The real places of all symlinks on the way of a path, then the place where it ends. Whoever may
 * change what lies in one of these decides what is found under that path the next time.
 */
export function passed(path: string): string[] {
  const links: string[] = []
  const whole = resolve(path)
  let { root: at } = parse(whole)
  const names = whole.slice(at.length).split(sep)
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    const next = name === '..' ? dirname(at) : join(at, name)
    // Above a place without links there is none.
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

/** Undefined for what is no symlink, or must not be looked at. */
function targetOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}
