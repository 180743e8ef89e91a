/**
 * The calls on names, and their errors for final dots and slashes, which must never reach node:fs.
 */
import fs from 'node:fs'
import { Errno } from '../../abi/errno.js'
import { refuse } from '../../errors.js'
import { refuseDots } from '../dots.js'
import { codeOf } from './errno.js'
import type { Lease } from './walk.js'

/** Returns undefined if nothing has that name. */
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
    // Linux returns EISDIR; POSIX, macOS and Windows return EPERM.
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
    if (directory === undefined) refuse(Errno.NOENT)
    // The kernel looks the other name up before it compares the types: it may be too long.
    isDirectory(to)
    if (!directory) refuse(Errno.NOTDIR)
  }
  fs.renameSync(from.path, to.path)
  return 0
}

/** Checks a new name for anything except a directory: a trailing slash is always wrong. */
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
 * Checks that the link's source exists first, as the kernel does. A final symlink is not followed:
 * it may itself be linked.
 */
export function find(from: Lease): void {
  fs.lstatSync(from.path)
}

export function link(from: Lease, to: Lease): 0 {
  refuseFresh('link', to)
  // link(2) of macOS follows a final symlink, even out of the preopen; POSIX allows either
  // behaviour.
  if (process.platform !== 'linux' && fs.lstatSync(from.path).isSymbolicLink()) refuse(Errno.NOTSUP)
  try {
    fs.linkSync(from.path, to.path)
  } catch (error) {
    // Landlock refuses a directory before the file system does, with the error of a different disk
    // (EXDEV).
    if (codeOf(error) === 'EXDEV' && isDirectory(from)) refuse(Errno.PERM)
    throw error
  }
  return 0
}
