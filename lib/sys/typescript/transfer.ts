/** Transfers bytes between files and the spans of guest memory: offsets, appending, waiting. */
import fs from 'node:fs'
import { Errno } from '../../abi/errno.js'
import { Fdflags, Filetype, Whence } from '../../abi/values.js'
import { refuse } from '../../errors.js'
import type { Block } from '../block.js'
import { maxSize, maxTransfer } from '../sys.js'
import { codeOf } from './errno.js'
import { sleep } from './sleep.js'
import type { Slot } from './slots.js'

/** Returns the first spans of the block as views of guest memory. */
export function pieces(memory: Uint8Array, block: Block, spans: number): Uint8Array[] {
  const views: Uint8Array[] = []
  for (let index = 0; index < spans; index++) {
    const at = block.spans[2 * index]
    views.push(memory.subarray(at, at + block.spans[2 * index + 1]))
  }
  // Without any buffer libuv returns EINVAL; with an empty one the host still checks the
  // descriptor.
  if (views.length === 0) views.push(memory.subarray(0, 0))
  return views
}

/**
 * Waits for data, unless the guest set NONBLOCK. The backend's own descriptors never block, and
 * neither do libuv's.
 */
function patiently<T>(slot: Slot, act: () => T): T {
  for (let pause = 1e6; ; pause = Math.min(2 * pause, 16e6)) {
    try {
      return act()
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN' || slot.fdflags & Fdflags.NONBLOCK) throw error
    }
    sleep(pause)
  }
}

// A null position is the kernel's own offset. A directory goes to the kernel, which returns the
// right error.
const readAt = (slot: Slot, views: Uint8Array[], position: number | null) =>
  patiently(slot, () =>
    views.length === 1 && views[0].length > 0
      ? fs.readSync(slot.fd, views[0], 0, views[0].length, position)
      : fs.readvSync(slot.fd, views, position ?? undefined),
  )
const writeAt = (slot: Slot, views: Uint8Array[], position: number | null) =>
  patiently(slot, () =>
    views.length === 1 && views[0].length > 0
      ? fs.writeSync(slot.fd, views[0], 0, views[0].length, position)
      : fs.writevSync(slot.fd, views, position ?? undefined),
  )

/** Returns the views, cut so that they end at `maxSize`. */
function within(views: Uint8Array[], offset: number): Uint8Array[] {
  let room = maxSize - offset
  if (room >= maxTransfer) return views
  return views.map(view => {
    const cut = view.subarray(0, Math.max(0, room))
    room -= cut.length
    return cut
  })
}

export function read(slot: Slot, views: Uint8Array[]): number {
  if (slot.position === undefined) return readAt(slot, views, null)
  const count = pread(slot, views, slot.position)
  slot.position += count
  return count
}
/**
 * Reads at an offset. From `maxSize` on it reads no bytes, but still calls the host, which refuses
 * an unreadable file.
 */
export const pread = (slot: Slot, views: Uint8Array[], offset: number) =>
  readAt(slot, within(views, offset), Math.min(offset, maxSize))

/** Writes up to `maxSize`; FBIG if no byte fits. */
function writeWithin(slot: Slot, views: Uint8Array[], offset: number): number {
  const count = writeAt(slot, within(views, offset), Math.min(offset, maxSize))
  if (count === 0 && offset >= maxSize && views.some(view => view.length > 0)) refuse(Errno.FBIG)
  return count
}

const sizeOf = (slot: Slot) => fs.fstatSync(slot.fd).size
export function write(slot: Slot, views: Uint8Array[]): number {
  if (slot.position === undefined) return writeAt(slot, views, null)
  if ((slot.fdflags & Fdflags.APPEND) === 0) {
    const count = writeWithin(slot, views, slot.position)
    slot.position += count
    return count
  }
  // Another writer may append between the two calls: only a descriptor opened to append is safe
  // from that.
  const count = writeAt(slot, views, slot.appending ? sizeOf(slot) : null)
  if (count > 0) slot.position = sizeOf(slot)
  return count
}
/**
 * Writes at an offset. On a descriptor that appends, the offset is ignored, as on Linux. See BUGS
 * in https://man7.org/linux/man-pages/man2/pwrite.2.html.
 */
export function pwrite(slot: Slot, views: Uint8Array[], offset: number): number {
  if (slot.appending) return writeAt(slot, views, sizeOf(slot))
  return slot.fdflags & Fdflags.APPEND ? writeAt(slot, views, 0) : writeWithin(slot, views, offset)
}

/** Moves the offset. `offset` is the kernel's, where it is known: for an adopted file. */
export function seek(
  slot: Slot,
  seekable: boolean,
  offset: number,
  whence: number,
  kernel: () => number | undefined,
): number {
  // The offset of a directory belongs to readdir.
  if (slot.type === Filetype.DIRECTORY) refuse(Errno.BADF)
  if (!seekable) refuse(Errno.SPIPE)
  const from =
    whence === Whence.SET ? 0 : whence === Whence.CUR ? (slot.position ?? kernel()) : sizeOf(slot)
  if (from === undefined) refuse(Errno.NOTSUP)
  const to = from + offset
  if (to < 0 || to > maxSize) refuse(Errno.INVAL)
  // Reading the offset moves nothing: it stays shared with the host.
  if (whence !== Whence.CUR || offset !== 0) slot.position = to
  return to
}
