/**
 * A naive model of the sandbox: realpath tells where a path leads, and whether that is outside. It
 * only ever looks.
 */
import fs from 'node:fs'
import { dirname } from 'node:path'
import type { Call } from './trees.js'

const O_PATH = 0o10000000
const { O_DIRECTORY } = fs.constants

/**
 * The calls that work on a name as it stands; the others go through a link that has a slash behind
 * it.
 */
const onNames: readonly Call['call'][] = ['mkdir', 'rmdir', 'unlink', 'symlink', 'link', 'rename']

function targetOf(link: string): string | undefined {
  try {
    return fs.readlinkSync(link)
  } catch {
    return undefined
  }
}

/**
 * Returns the place that a path below a directory leads to, or undefined where it leads nowhere. The
 * last name may be missing.
 */
function whereabouts(base: string, path: string, follow: boolean, links = 0): string | undefined {
  const whole = `${base}/${path}`
  const bare = whole.replace(/\/+$/, '')
  const dots = /(^|\/)\.\.?$/.test(bare)
  try {
    if (follow || dots) return fs.realpathSync.native(whole)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dots || links > 40) return undefined
    const target = targetOf(bare)
    if (target !== undefined)
      return target.startsWith('/') ? target : whereabouts(dirname(bare), target, true, links + 1)
  }
  try {
    return `${fs.realpathSync.native(dirname(bare))}/${bare.slice(bare.lastIndexOf('/') + 1)}`
  } catch {
    return undefined
  }
}

export class Model {
  /** The directories that the guest holds, held by the model, too: they may be moved. */
  readonly #held: number[]
  constructor(root: string) {
    this.#held = [0, 1, 2].map(() => fs.openSync(root, O_PATH | O_DIRECTORY))
  }
  dispose(): void {
    for (const fd of this.#held) fs.closeSync(fd)
  }
  #base(dir: number): string {
    const held = `/proc/self/fd/${this.#held[dir]}`
    const path = fs.readlinkSync(held)
    // Going by way of /proc costs two links of forty, so it is for directories that have no other
    // name any more.
    return path.endsWith(' (deleted)') ? held : path
  }
  /**
   * The path as the host's own calls take it, which count the directory in front of it, too:
   * without `./` that lengthen it.
   */
  #whole(call: Call): string {
    return `${this.#base(call.dir)}/${call.path.replace(/(^|\/)(\.\/+)+/g, '$1')}`
  }

  /** Says if a path of the call leaves the directory that it starts from. */
  leadsOut(call: Call): boolean {
    const out = (dir: number, path: string, follow: boolean) => {
      if (path === '' || path.includes('\0')) return false
      if (path.startsWith('/')) return true
      const root = fs.readlinkSync(`/proc/self/fd/${this.#held[dir]}`)
      const where = whereabouts(this.#base(dir), path, follow)
      return where !== undefined && where !== root && !where.startsWith(`${root}/`)
    }
    const { path } = call
    const exclusive = call.call === 'open' && (call.oflags & 5) === 5
    const slash = path.endsWith('/') && !onNames.includes(call.call)
    const names = onNames.includes(call.call) && call.call !== 'link'
    const follow =
      (call.follow !== 0 && !names && call.call !== 'readlink' && !exclusive) ||
      slash ||
      (call.call === 'link' && path.endsWith('/'))
    if (out(call.dir, path, follow)) return true
    return (call.call === 'link' || call.call === 'rename') && out(call.dir2, call.path2, false)
  }

  /** The number of the file that a call which looks or opens must have met. */
  inode(call: Call): bigint {
    const path = this.#whole(call)
    return (
      call.follow !== 0 ? fs.statSync(path, { bigint: true }) : fs.lstatSync(path, { bigint: true })
    ).ino
  }
  hold(call: Call): void {
    const fd = fs.openSync(this.#whole(call), O_PATH | O_DIRECTORY)
    fs.closeSync(this.#held[call.slot] as number)
    this.#held[call.slot] = fd
  }
}
