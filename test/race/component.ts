/**
 * A component in the race: the calls of a guest, as calls of lowered functions of
 * `wasi:filesystem`. Only what the race calls is there.
 */
import { writeFilestat } from '#lib/abi/layout.js'
import { type ComponentHost, createComponentHost } from '#lib/preview2/host.js'
import { Block } from '#lib/sys/block.js'
import type { Answer, Sys } from '#lib/sys/sys.js'
import { errnoFor } from '../escape/component.js'
import { Failure, LoweredDoor } from '../preview2/doors.js'
import { Oflags, READ, WRITE } from '../sys/fixture.js'

interface Stat {
  readonly dataModificationTimestamp: { readonly seconds: bigint; readonly nanoseconds: number }
}
type Raced = Pick<
  Sys,
  | ('bind' | 'block' | 'close' | 'dispose' | 'filestat' | 'filestatAt' | 'link' | 'mkdir')
  | ('name' | 'open' | 'preopen' | 'readdir' | 'readv' | 'rename' | 'rmdir' | 'setTimesAt')
  | ('symlink' | 'unlink')
>

export function componentSys(): Sys {
  const block = new Block()
  const files: object[] = []
  let host: ComponentHost | undefined
  let door: LoweredDoor | undefined
  let memory: Uint8Array = new Uint8Array(0)
  const call = (name: string, ...args: readonly unknown[]): unknown => door?.call(name, ...args)
  const path = (at: number, length: number): Uint8Array => memory.slice(at, at + length)
  const follows = (follow: number) => ({ symlinkFollow: follow !== 0 })
  /** Returns the count of an action, or its error. */
  const answer = (act: () => unknown): Answer => {
    try {
      return Number(act() ?? 0)
    } catch (thrown) {
      if (!(thrown instanceof Failure)) throw thrown
      return -errnoFor(thrown.payload as string)
    }
  }
  /** A component learns no inode: the time of a file has to tell it. */
  const describe = (stat: unknown): void => {
    const { seconds, nanoseconds } = (stat as Stat).dataModificationTimestamp
    writeFilestat(block.record, { ino: seconds * 1_000_000_000n + BigInt(nanoseconds) })
  }
  const raced: Raced = {
    name: 'native',
    block,
    bind(bytes) {
      memory = bytes
    },
    preopen(path) {
      host = createComponentHost({ preopens: { '/': path } })
      // The memory begins anew before it is full, as that of a guest does.
      door = new LoweredDoor(host.imports)
      const { realloc } = door
      let next = 65_536
      door.memory.grow(31)
      door.realloc = (_old, _oldSize, align, size) => {
        if (size > 65_536) return realloc(0, 0, align, size)
        next = Math.ceil(next / align) * align
        if (next + size > 30 * 65_536) next = 65_536
        const at = next
        next += size
        return at
      }
      const [[root]] = call('preopens.get-directories') as [[object]]
      return files.push(root) - 1
    },
    dispose: () => host?.close(),
    close: file => answer(() => door?.drop(files[file])),
    open: (dir, at, length, follow, oflags, _fdflags, access) =>
      answer(() => {
        const open = {
          create: (oflags & Oflags.CREAT) !== 0,
          directory: (oflags & Oflags.DIRECTORY) !== 0,
          truncate: (oflags & Oflags.TRUNC) !== 0,
        }
        const flags = { read: (access & READ) !== 0, write: (access & WRITE) !== 0 }
        const args = [files[dir], follows(follow), path(at, length), open, flags]
        return files.push(call('descriptor.open-at', ...args) as object) - 1
      }),
    readv: file =>
      answer(() => {
        const [at, length] = block.spans
        const [bytes] = call('descriptor.read', files[file], BigInt(length), 0n) as [Uint8Array]
        memory.set(bytes, at)
        return bytes.length
      }),
    filestat: file => answer(() => describe(call('descriptor.stat', files[file]))),
    filestatAt: (dir, at, length, follow) =>
      answer(() =>
        describe(call('descriptor.stat-at', files[dir], follows(follow), path(at, length))),
      ),
    setTimesAt: (dir, at, length, follow) =>
      answer(() => {
        const time = { tag: 'timestamp', val: { seconds: 0n, nanoseconds: 5 } }
        const args = [files[dir], follows(follow), path(at, length), time, time]
        call('descriptor.set-times-at', ...args)
      }),
    readdir: (dir, _cookie, at) =>
      answer(() => {
        const entries = call('descriptor.read-directory', files[dir]) as object
        let end = at
        for (;;) {
          const entry = call('directory-entry-stream.read-directory-entry', entries)
          if (entry === undefined) break
          const name = Buffer.from((entry as { name: string }).name)
          memory.set(name, end)
          end += name.length
        }
        door?.drop(entries)
        return end - at
      }),
    mkdir: (dir, at, length) =>
      answer(() => call('descriptor.create-directory-at', files[dir], path(at, length))),
    rmdir: (dir, at, length) =>
      answer(() => call('descriptor.remove-directory-at', files[dir], path(at, length))),
    unlink: (dir, at, length) =>
      answer(() => call('descriptor.unlink-file-at', files[dir], path(at, length))),
    symlink: (target, targetLength, dir, at, length) =>
      answer(() =>
        call(
          'descriptor.symlink-at',
          ...[files[dir], path(target, targetLength), path(at, length)],
        ),
      ),
    link: (dir, at, length, follow, dir2, at2, length2) =>
      answer(() =>
        call(
          'descriptor.link-at',
          ...[files[dir], follows(follow), path(at, length), files[dir2], path(at2, length2)],
        ),
      ),
    rename: (dir, at, length, dir2, at2, length2) =>
      answer(() =>
        call(
          'descriptor.rename-at',
          ...[files[dir], path(at, length), files[dir2], path(at2, length2)],
        ),
      ),
  }
  return raced as Sys
}
