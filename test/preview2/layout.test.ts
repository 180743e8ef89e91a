/** Times and directory entries are converted without BigInts, to what BigInts say. */
import { randomBytes } from 'node:crypto'
import test from 'ava'
import { Dirent, writeDirent } from '#lib/abi/layout.js'
import type { Descriptor } from '#lib/fds/descriptor.js'
import { storeDatetime } from '#lib/preview2/canonical.js'
import { EntriesResource, type ReadBlock } from '#lib/preview2/resources/entries.js'
import { OpenFile } from '#lib/preview2/resources/open-file.js'

test('a datetime has the seconds and the rest of any 64 bits of nanoseconds', t => {
  const record = new DataView(new ArrayBuffer(16))
  const stored = new DataView(new ArrayBuffer(24))
  const edges = [0n, 1n, 10n ** 9n, 2n ** 32n, 2n ** 48n, 2n ** 53n, 2n ** 63n, 2n ** 64n]
  const all = [
    ...edges.flatMap(edge => [edge - 1n, edge, edge + 1n]),
    ...Array.from({ length: 1000 }, () => randomBytes(8).readBigUInt64LE()),
  ]
  for (const nanoseconds of all.map(value => BigInt.asUintN(64, value))) {
    record.setBigUint64(8, nanoseconds, true)
    storeDatetime(stored, 8, record, 8)
    const found = [stored.getBigUint64(8, true), BigInt(stored.getUint32(16, true))]
    t.deepEqual(found, [nanoseconds / 10n ** 9n, nanoseconds % 10n ** 9n], `${nanoseconds}`)
  }
})

/** A directory of these names: its cookies are 100 apart. */
function directory(names: readonly string[]): { read: ReadBlock; cookies: bigint[] } {
  const cookies: bigint[] = []
  const read: ReadBlock = (_, cookie, length) => {
    cookies.push(cookie)
    const block = new Uint8Array(length)
    const view = new DataView(block.buffer)
    let used = 0
    for (let i = Number(cookie) / 100; i < names.length && used < length; i++) {
      const name = Buffer.from(names[i])
      const entry = Buffer.alloc(Dirent.BYTES + name.length)
      const fields = { next: 100n * BigInt(i + 1), ino: 1n, namlen: name.length, type: (i % 2) + 3 }
      writeDirent(new DataView(entry.buffer, entry.byteOffset), 0, fields)
      entry.set(name, Dirent.BYTES)
      // The last entry may be cut off, as a host cuts it.
      block.set(entry.subarray(0, length - used), used)
      used = Math.min(length, used + entry.length)
    }
    return new Uint8Array(view.buffer, 0, used)
  }
  return { read, cookies }
}
const anyFile = (): OpenFile => new OpenFile({} as Descriptor, 0)

for (const count of [0, 1, 3, 200, 2000])
  test(`a stream lists each of ${count} entries once, in blocks`, t => {
    const names = [
      '.',
      '..',
      ...Array.from({ length: count }, (_, i) => `entry ${'x'.repeat(i % 40)}${i}`),
    ]
    const { read, cookies } = directory(names)
    const entries = new EntriesResource(anyFile(), { open: 0 })
    const found: string[] = []
    while (entries.advance(read) === 1) {
      found.push(Buffer.from(entries.bytes.subarray(entries.start, entries.end)).toString())
      t.is(entries.type, ((found.length + 1) % 2) + 3)
    }
    t.deepEqual(found, names.slice(2))
    t.is(entries.advance(read), 0)
    t.is(new Set(cookies).size, cookies.length, 'no block is read twice')
  })

test('a stream whose block cannot be read goes on at the same cookie', t => {
  const names = Array.from({ length: 1000 }, (_, i) => `${i}`)
  const { read } = directory(names)
  const entries = new EntriesResource(anyFile(), { open: 0 })
  let fails = false
  const flaky: ReadBlock = (...args) => {
    fails = !fails
    return fails ? -5 : read(...args)
  }
  const found: string[] = []
  for (let answer = 1; answer !== 0; ) {
    answer = entries.advance(flaky)
    if (answer === 1)
      found.push(Buffer.from(entries.bytes.subarray(entries.start, entries.end)).toString())
    else if (answer < 0) t.is(answer, -5)
  }
  t.deepEqual(found, names)
})
