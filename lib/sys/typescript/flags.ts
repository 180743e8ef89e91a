/** Preview 1's fdflags and oflags as the flags of open(2), and back. */
import fs from 'node:fs'
import { Access } from '../../abi/layout.js'
import { Fdflags, Oflags } from '../../abi/values.js'

// Windows lacks most of these: a missing flag is 0.
const of = (name: keyof typeof fs.constants) => (fs.constants[name] as number | undefined) ?? 0
/** The mask of access modes, unnamed in Node; all systems have this value. */
const O_ACCMODE = 3
export const O_NOFOLLOW = of('O_NOFOLLOW')
/**
 * Flags of every open: it must neither block nor acquire a controlling terminal. transfer.ts makes
 * a read wait for data.
 */
const always = of('O_NONBLOCK') | of('O_NOCTTY')
export const openDirectory = of('O_DIRECTORY') | always

const oflagBits = [
  [Oflags.CREAT, of('O_CREAT')],
  [Oflags.DIRECTORY, of('O_DIRECTORY')],
  [Oflags.EXCL, of('O_EXCL')],
  [Oflags.TRUNC, of('O_TRUNC')],
] as const
// O_SYNC contains the bit of O_DSYNC, so it is tested first.
const fdflagBits = [
  [Fdflags.APPEND, of('O_APPEND')],
  [Fdflags.SYNC, of('O_SYNC')],
  [Fdflags.RSYNC, of('O_SYNC')],
  [Fdflags.DSYNC, of('O_DSYNC')],
] as const
/** Modes of open(2) by the bits of Access; each mode is one less. */
const accessModes = [of('O_RDONLY'), of('O_RDONLY'), of('O_WRONLY'), of('O_RDWR')] as const

const gather = (bits: readonly (readonly [number, number])[], set: number) =>
  bits.reduce((sum, [wasi, host]) => (set & wasi ? sum | host : sum), 0)

export const hostFlags = (access: number, fdflags: number, oflags = 0) =>
  accessModes[access & Access.BOTH] |
  gather(fdflagBits, fdflags) |
  gather(oflagBits, oflags) |
  always

/**
 * Returns the guest's view of a host descriptor. O_NONBLOCK is left out: libuv sets it for itself
 * on the pipes and terminals that it shares with the host. A guest that did not set NONBLOCK must
 * not get EAGAIN.
 */
export function guestFlags(flags: number): { access: number; fdflags: number } {
  let fdflags = 0
  for (const [wasi, host] of fdflagBits) if (host !== 0 && (flags & host) === host) fdflags |= wasi
  return { access: (flags & O_ACCMODE) + 1, fdflags }
}
