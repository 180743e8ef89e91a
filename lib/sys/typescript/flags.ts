/** Preview 1's fdflags and oflags as the flags of open(2), and back. */
import fs from 'node:fs'
import { Access } from '../../abi/layout.js'
import { Fdflags, Oflags } from '../../abi/values.js'

// Windows knows few of these: a missing one is 0.
const of = (name: keyof typeof fs.constants) => (fs.constants[name] as number | undefined) ?? 0
/** Node does not name it; all systems have this value. */
const O_ACCMODE = 3
export const O_NOFOLLOW = of('O_NOFOLLOW')
/**
 * Nothing that we open may make us wait or become our terminal: that a read shall wait for data is
 * seen to in transfer.ts.
 */
const always = of('O_NONBLOCK') | of('O_NOCTTY')
export const openDirectory = of('O_DIRECTORY') | always

const oflagBits = [
  [Oflags.CREAT, of('O_CREAT')],
  [Oflags.DIRECTORY, of('O_DIRECTORY')],
  [Oflags.EXCL, of('O_EXCL')],
  [Oflags.TRUNC, of('O_TRUNC')],
] as const
// O_SYNC holds the bit of O_DSYNC, so it is looked for first.
const fdflagBits = [
  [Fdflags.APPEND, of('O_APPEND')],
  [Fdflags.SYNC, of('O_SYNC')],
  [Fdflags.RSYNC, of('O_SYNC')],
  [Fdflags.DSYNC, of('O_DSYNC')],
] as const
/** By the bits of Access; the mode of open(2) is one less. */
const accessModes = [of('O_RDONLY'), of('O_RDONLY'), of('O_WRONLY'), of('O_RDWR')] as const

const gather = (bits: readonly (readonly [number, number])[], set: number) =>
  bits.reduce((sum, [wasi, host]) => (set & wasi ? sum | host : sum), 0)

export const hostFlags = (access: number, fdflags: number, oflags = 0) =>
  accessModes[access & Access.BOTH] |
  gather(fdflagBits, fdflags) |
  gather(oflagBits, oflags) |
  always

/**
 * The guest's view of a descriptor of the host. O_NONBLOCK is left out: libuv sets it for itself on
 * the pipes and terminals it shares with us, and a guest that did not ask for it need not learn of
 * EAGAIN.
 */
export function guestFlags(flags: number): { access: number; fdflags: number } {
  let fdflags = 0
  for (const [wasi, host] of fdflagBits) if (host !== 0 && (flags & host) === host) fdflags |= wasi
  return { access: (flags & O_ACCMODE) + 1, fdflags }
}
