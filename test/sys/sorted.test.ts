/**
 * The contract on a backend whose directories are sorted, and the bounds of what is kept for that.
 */
import test from 'ava'
import { Errno } from '#lib/abi/errno.js'
import { FixedClock } from '#lib/replay/clock.js'
import { FixedFilesSys } from '#lib/replay/files.js'
import { SortedListingSys } from '#lib/replay/listing.js'
import { Block } from '#lib/sys/block.js'
import { openNative } from '#lib/sys/native/sys.js'
import type { Sys } from '#lib/sys/sys.js'
import { contract } from './contract.js'

/** The host, with sorted directories, whose files keep their numbers. */
function sorted(host: Sys): Sys {
  const memory = {
    bytes: new Uint8Array(0),
    write(at: number, bytes: Uint8Array) {
      this.bytes.set(bytes, at)
    },
  }
  const sys = new SortedListingSys(host, memory, (_, inode) => inode)
  sys.bind = bytes => {
    memory.bytes = bytes as Uint8Array<ArrayBuffer>
    host.bind(bytes)
  }
  sys.bind(memory.bytes)
  return sys
}
contract(test, 'native, sorted', () => sorted(openNative()), [
  {
    reason: 'a listing is kept as it was sorted, with the names that went since',
    cases: ['cookies stay valid while names are added and removed'],
  },
])

/**
 * A host whose directories have so many entries by handle, each with a name of 200 characters, and
 * which counts listings from the start.
 */
function crowded(sizes: readonly number[]) {
  const block = new Block()
  let memory = new Uint8Array(0)
  const begun = sizes.map(() => 0)
  const whole = 24 + 200
  const sys = {
    block,
    bind(bytes: Uint8Array<ArrayBuffer>) {
      memory = bytes
    },
    filestat: () => 0,
    close: () => 0,
    readdir(dir: number, cookie: bigint, at: number, length: number) {
      if (cookie === 0n) begun[dir]++
      const view = new DataView(memory.buffer, memory.byteOffset)
      let used = 0
      for (let i = Number(cookie); i < sizes[dir]; i++, used += whole) {
        if (used + 24 > length) return length
        view.setBigUint64(at + used, BigInt(i + 1), true)
        view.setBigUint64(at + used + 8, BigInt(i), true)
        view.setUint32(at + used + 16, 200, true)
        view.setUint32(at + used + 20, 4, true)
        if (used + whole > length) return length
        Buffer.from(memory.buffer, memory.byteOffset).write(
          String(sizes[dir] - i).padStart(200, '0'),
          at + used + 24,
          'latin1',
        )
      }
      return used
    },
  }
  return { sys: sorted(sys as unknown as Sys), begun }
}
const name = (memory: Uint8Array): number => Number(Buffer.from(memory).toString('latin1', 24, 224))

test('a directory beyond the sorting limit is NOMEM, and one at the limit is sorted', t => {
  const most = Math.floor(2 ** 26 / 224)
  const { sys } = crowded([most, most + 1])
  const memory = new Uint8Array(224)
  sys.bind(memory)
  t.is(sys.readdir(0, 0n, 0, 224), 224)
  t.is(name(memory), 1)
  t.is(sys.readdir(0, BigInt(most - 1), 0, 224), 224)
  t.is(name(memory), most)
  t.is(sys.readdir(0, BigInt(most), 0, 224), 0)
  t.is(sys.readdir(1, 0n, 0, 224), -Errno.NOMEM)
})

test('the oldest of many listings are dropped, and read again when resumed', t => {
  const half = Math.floor(2 ** 25 / 224)
  const { sys, begun } = crowded([half, half, half])
  const memory = new Uint8Array(224)
  sys.bind(memory)
  for (const dir of [0, 1, 2]) t.is(sys.readdir(dir, 0n, 0, 224), 224)
  for (const dir of [1, 2]) sys.readdir(dir, 5n, 0, 224)
  t.deepEqual(begun, [1, 1, 1])
  t.is(sys.readdir(0, 5n, 0, 224), 224)
  t.is(name(memory), 6)
  t.deepEqual(begun, [2, 1, 1])
  sys.readdir(2, 5n, 0, 224)
  t.deepEqual(begun, [2, 1, 1], 'the oldest was the one of directory 1')
  sys.close(2)
  sys.readdir(2, 5n, 0, 224)
  t.deepEqual(begun, [2, 1, 2], 'and a closed one is not kept')
})

test('files beyond a million have no inode number, and earlier ones keep theirs', t => {
  const files = new FixedFilesSys(openNative(), new FixedClock(0n), 1n)
  for (let i = 0n; i < 2n ** 20n; i++) if (files.numberOf(1n, i) !== i + 1n) t.fail(String(i))
  t.is(files.numberOf(1n, 2n ** 20n), 0n)
  t.is(files.numberOf(2n, 0n), 0n)
  t.is(files.numberOf(1n, 77n), 78n)
})

test('a directory has no size, and one name or none, whatever its file system says of it', t => {
  const { block } = openNative()
  const { record } = block
  /** The host's record: its fields NLINK and SIZE. */
  let host: readonly [links: bigint, size: bigint] = [0n, 0n]
  const filestat = (): number => {
    record.setBigUint64(0, 9n, true)
    record.setBigUint64(8, 5n, true)
    record.setUint8(16, 3)
    record.setBigUint64(24, host[0], true)
    record.setBigUint64(32, host[1], true)
    return 0
  }
  const sys = new FixedFilesSys({ block, filestat } as unknown as Sys, new FixedClock(0n), 1n)
  // ext4, btrfs, tmpfs; the last two when it was removed.
  for (const [reported, links] of [
    [[3n, 4096n], 1n],
    [[1n, 0n], 1n],
    [[0n, 0n], 0n],
    [[0n, 40n], 0n],
  ] as const) {
    host = reported
    t.is(sys.filestat(0), 0)
    t.deepEqual([record.getBigUint64(24, true), record.getBigUint64(32, true)], [links, 0n])
    t.is(record.getBigUint64(8, true), links, 'its number, and none without a name')
  }
})
