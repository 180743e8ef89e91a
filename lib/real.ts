/** Where a path really leads, as the system goes when it opens it: up by `..` from where a link led, not from where it stands. */
import { realpathSync } from 'node:fs'

/**
 * JavaScript's own way goes by the text, and so do paths of Windows. Where Node's permission model lets the system's way not be asked,
 * nothing is opened but what is answered here.
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
