/**
 * The calls that work on names: what each says to final dots and slashes, which node:fs must never
 * see.
 */
import fs from 'node:fs'
import { Errno } from '../../abi/errno.js'
import { refuse } from '../../errors.js'
import { refuseDots } from '../dots.js'
import { codeOf } from './errno.js'
import type { Lease } from './walk.js'

/** undefined where there is nothing. */
const isDirectory = (lease: Lease) =>
  fs.lstatSync(lease.path, { throwIfNoEntry: false })?.isDirectory()

export function mkdir(lease: Lease): 0 {
  refuseDots('mkdir', lease)
  fs.mkdirSync(lease.path, 0o777)
  return 0
}

export function rmdir(lease: Lease): 0 {
  refuseDots('rmdir', lease)
  fs.rmdirSync(lease.path)
  return 0
}

export function unlink(lease: Lease): 0 {
  refuseDots('unlink', lease)
  if (lease.slash) {
    const directory = isDirectory(lease)
    refuse(directory === undefined ? Errno.NOENT : directory ? Errno.ISDIR : Errno.NOTDIR)
  }
  try {
    fs.unlinkSync(lease.path)
  } catch (error) {
    // Linux says EISDIR; POSIX, macOS and Windows say EPERM.
    if (codeOf(error) === 'EPERM' && isDirectory(lease)) refuse(Errno.ISDIR)
    throw error
  }
  return 0
}

export function rename(from: Lease, to: Lease): 0 {
  refuseDots('rename', from)
  refuseDots('rename', to)
  if (from.slash || to.slash) {
    const directory = isDirectory(from)
    if (!directory) refuse(directory === undefined ? Errno.NOENT : Errno.NOTDIR)
  }
  fs.renameSync(from.path, to.path)
  return 0
}

/** A name for what is no directory: a slash behind it can only be wrong. */
function refuseFresh(call: 'symlink' | 'link', lease: Lease) {
  refuseDots(call, lease)
  if (lease.slash) refuse(isDirectory(lease) === undefined ? Errno.NOENT : Errno.EXIST)
}

export function symlink(target: string, lease: Lease): 0 {
  refuseFresh('symlink', lease)
  fs.symlinkSync(Buffer.from(target, 'latin1'), lease.path)
  return 0
}

/**
 * The kernel looks for what is linked first. What it leads to is not asked: a link itself may be
 * linked.
 */
export function find(from: Lease): void {
  fs.lstatSync(from.path)
}

export function link(from: Lease, to: Lease): 0 {
  refuseFresh('link', to)
  // link(2) of macOS follows a link in the last place, wherever it leads; POSIX allows both.
  if (process.platform !== 'linux' && fs.lstatSync(from.path).isSymbolicLink()) refuse(Errno.NOTSUP)
  try {
    fs.linkSync(from.path, to.path)
  } catch (error) {
    // Landlock refuses a directory before the file system does, as if it were of another disk.
    if (codeOf(error) === 'EXDEV' && isDirectory(from)) refuse(Errno.PERM)
    throw error
  }
  return 0
}
