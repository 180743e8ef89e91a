/** The folder of the cache: its place, and who may write to it. */
import { chmodSync, lstatSync, mkdirSync, type Stats } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'

const folder = 'wasi-common'
/** Permission bits of a group and of others to write. */
export const foreignWrites = 0o022

/**
 * The user's folder for caches; undefined where the user has no home.
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function defaultFolder(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const { XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = env
  try {
    const home = homedir()
    if (process.platform === 'win32')
      return local !== undefined && isAbsolute(local) ? join(local, folder) : undefined
    if (process.platform === 'darwin') return join(home, 'Library', 'Caches', folder)
    // The specification has a relative path ignored.
    if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, folder)
    return isAbsolute(home) ? join(home, '.cache', folder) : undefined
  } catch {
    return undefined
  }
}

/**
 * Makes a folder and those above it. Node's own way never ends where the system has no such folder
 * and lets none be made, as in /proc.
 */
function make(path: string): void {
  const one = (): void => {
    try {
      mkdirSync(path, 0o700)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
  try {
    one()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error
    make(dirname(path))
    one()
  }
}

/**
 * Makes the folder, with access for its user alone. Returns false for one that cannot be made, that
 * is a symlink, that another user owns, or that others may write to.
 */
export function isUsable(path: string): boolean {
  try {
    make(path)
    const stats = lstatSync(path)
    if (!stats.isDirectory() || !isOwn(stats)) return false
    if ((stats.mode & 0o777) !== 0o700 && process.platform !== 'win32') chmodSync(path, 0o700)
    return true
  } catch {
    return false
  }
}

/**
 * True for what this user owns and only this user may write. On Windows the access list of the
 * user's profile decides, which its files inherit.
 */
export const isOwn = ({ uid, mode }: Pick<Stats, 'uid' | 'mode'>): boolean =>
  process.platform === 'win32' || (uid === process.geteuid?.() && (mode & foreignWrites) === 0)
