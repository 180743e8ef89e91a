/**
 * Holes in files in memory, which cost nothing, and large files below an overlay, of which only
 * what is written is kept.
 */
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { MemoryFiles, run } from '#lib/index.js'
import { Block } from '#lib/sys/block.js'
import { treeOf } from '#lib/sys/memfs/files.js'
import { Lower } from '#lib/sys/memfs/lower.js'
import { fill, toPlain } from '#lib/sys/memfs/snapshot.js'
import { MemfsSys } from '#lib/sys/memfs/sys.js'
import { Tree } from '#lib/sys/memfs/tree.js'
import { openNative } from '#lib/sys/native/sys.js'
import type { Sys } from '#lib/sys/sys.js'
import { TypescriptSys } from '#lib/sys/typescript/sys.js'
import { BOTH, Oflags, resultOf } from './fixture.js'

const MiB = 2 ** 20
const piece = 65536

/** A guest's view of a tree. */
class View {
  readonly sys: MemfsSys
  readonly #memory = new Uint8Array(4 * MiB)
  readonly #dir: number
  constructor(t: ExecutionContext, tree: Tree) {
    this.sys = new MemfsSys(new Block(), tree)
    this.sys.bind(this.#memory)
    this.#dir = this.sys.preopen('')
    t.teardown(() => this.sys.dispose())
  }
  open(name: string, oflags = 0): number {
    this.#memory.set(Buffer.from(name))
    return this.sys.open(this.#dir, 0, name.length, 1, oflags, 0, BOTH)
  }
  unlink(name: string): number {
    this.#memory.set(Buffer.from(name))
    return this.sys.unlink(this.#dir, 0, name.length)
  }
  write(file: number, data: string | Uint8Array, offset: number) {
    const bytes = Buffer.from(data)
    this.#memory.set(bytes, 4096)
    this.sys.block.spans.set([4096, bytes.length])
    return resultOf(this.sys.pwritev(file, 1, offset))
  }
  read(file: number, length: number, offset: number): string {
    this.sys.block.spans.set([4096, length])
    const count = this.sys.preadv(file, 1, offset)
    return count < 0
      ? String(resultOf(count))
      : Buffer.from(this.#memory.subarray(4096, 4096 + count)).toString('latin1')
  }
  size(file: number): number {
    this.sys.filestat(file)
    return Number(this.sys.block.record.getBigUint64(32, true))
  }
}
const made = (t: ExecutionContext, bytes = 64 * MiB) => {
  const tree = new Tree({ bytes, entries: 100 })
  return { tree, v: new View(t, tree) }
}
const used = (tree: Tree): number => tree.room.used.bytes

test('a byte far behind the end costs one chunk, and a size of 4 GiB none', t => {
  const { tree, v } = made(t)
  const file = v.open('f', Oflags.CREAT)
  t.is(v.write(file, 'x', 2_500_000_000), 1)
  t.is(v.size(file), 2_500_000_001)
  t.true(used(tree) <= piece)
  t.is(v.read(file, 3, 2_499_999_999), '\0x')
  t.is(v.read(file, 3, 1_000_000_000), '\0\0\0')
  t.is(resultOf(v.sys.setSize(file, 2 ** 32)), 0)
  t.true(used(tree) <= piece)
  t.is(v.size(file), 2 ** 32)
  t.is(resultOf(v.sys.setSize(file, 0)), 0)
  t.is(used(tree), 0)
})

test('the quota counts written bytes, in chunks of at least 4096 between holes', t => {
  const { tree, v } = made(t, MiB)
  const file = v.open('f', Oflags.CREAT)
  let count = 0
  while (v.write(file, 'x', count * piece) === 1) count++
  t.is(count, 1 + (MiB - 1 - ((MiB - 1) % 4096)) / 4096, 'a guest makes no more pieces than that')
  t.is(v.write(file, 'x', 1000 * piece), 'NOSPC')
  t.is(v.write(file, 'y', 4095), 1, 'what is left is a few bytes for the first one')
  t.is(v.unlink('f'), 0)
  t.is(resultOf(v.sys.close(file)), 0)
  t.is(used(tree), 0)
})

test('a file without holes is counted by its size, and written up to the last byte of the quota', t => {
  for (const quota of [10, 4096, piece, piece + 5000, 3 * piece + 12_345]) {
    const { tree, v } = made(t, quota)
    const file = v.open('f', Oflags.CREAT)
    let size = 0
    for (;;) {
      const answer = v.write(file, 'x'.repeat(7000), size)
      if (typeof answer !== 'number') break
      size += answer
    }
    t.is(size, quota)
    t.is(used(tree), quota)
    t.is(v.size(file), quota)
    for (const cut of [quota - 1, Math.floor(quota / 2), 1, 0]) {
      t.is(resultOf(v.sys.setSize(file, cut)), 0)
      t.true(
        used(tree) >= cut &&
          used(tree) <= Math.max(cut, Math.ceil(cut / piece) * piece - piece + 4096),
        `${cut} ${used(tree)}`,
      )
    }
    t.is(used(tree), 0)
  }
})

test('allocate reserves the quota of later writes, or none', t => {
  const { tree, v } = made(t, MiB)
  const file = v.open('f', Oflags.CREAT)
  t.is(resultOf(v.sys.setSize(file, 2 ** 40)), 0)
  for (const length of [MiB + 1, 2 ** 40, 2 ** 44])
    t.is(resultOf(v.sys.allocate(file, 0, length)), 'NOSPC', `${length}`)
  t.is(used(tree), 0)
  t.is(resultOf(v.sys.allocate(file, 2 ** 40 - 8 * piece, 8 * piece)), 0)
  t.is(used(tree), 8 * piece)
  t.is(v.write(v.open('g', Oflags.CREAT), 'x'.repeat(MiB), 0), MiB - 8 * piece)
  t.is(v.write(file, 'x'.repeat(8 * piece), 2 ** 40 - 8 * piece), 8 * piece, 'the room was taken')
  t.is(v.write(file, 'x', 0), 'NOSPC')
  t.is(resultOf(v.sys.allocate(file, 2 ** 40 - 8 * piece, 8 * piece)), 0, 'again it costs nothing')
  t.is(used(tree), MiB)
})

test('holes use no memory, in this thread or another', t => {
  const before = process.memoryUsage().arrayBuffers
  const { tree, v } = made(t)
  const file = v.open('f', Oflags.CREAT)
  for (const offset of [0, 2 ** 30, 2 ** 40]) t.is(v.write(file, 'here', offset + 100), 4)
  t.is(resultOf(v.sys.setSize(file, 2 ** 44)), 0)
  const plain = structuredClone(toPlain(tree))
  const other = new Tree({ bytes: 64 * MiB, entries: 100 })
  fill(other, plain)
  const w = new View(t, other)
  const copy = w.open('f')
  t.is(w.size(copy), 2 ** 44)
  for (const offset of [0, 2 ** 30, 2 ** 40]) t.is(w.read(copy, 5, offset + 99), '\0here')
  t.is(used(other), used(tree))
  t.true(process.memoryUsage().arrayBuffers - before < 16 * MiB)
})

test('returned files have zeros for holes, up to the quota', t => {
  const files = new MemoryFiles({}, { quota: { bytes: MiB } })
  const v = new View(t, treeOf(files))
  const file = v.open('f', Oflags.CREAT)
  t.is(resultOf(v.sys.setSize(file, MiB)), 0)
  t.is(files.readFile('f').length, MiB)
  t.is((files.toRecord().f as Uint8Array).length, MiB)
  t.is(resultOf(v.sys.setSize(file, MiB + 1)), 0)
  t.throws(() => files.readFile('f'), {
    code: 'EFBIG',
    message: /readFile 'f'.* 1048577 bytes.* quota is 1048576/,
  })
  t.throws(() => files.toRecord(), { code: 'EFBIG' })
  t.is(resultOf(v.sys.setSize(file, MiB)), 0)
  v.open('g', Oflags.CREAT)
  t.is(resultOf(v.sys.setSize(v.open('g'), 1)), 0)
  t.throws(() => files.toRecord(), { code: 'EFBIG', message: /toRecord 'g'/ }, 'all together')
  t.is(files.readFile('f').length, MiB)
})

const backends: Readonly<Record<string, () => Sys>> = {
  native: () => openNative(),
  typescript: () => new TypescriptSys(),
}
const big = 100_000_000
/** The byte at this offset of the large file. */
const letter = (at: number): string => String.fromCharCode(97 + (Math.floor(at / piece) % 26))
function below(t: ExecutionContext, size = big): string {
  const folder = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-')))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  const fd = fs.openSync(join(folder, 'big'), 'w')
  for (let at = 0; at < size; at += piece)
    fs.writeSync(fd, letter(at).repeat(Math.min(piece, size - at)))
  fs.closeSync(fd)
  return folder
}
function over(t: ExecutionContext, folder: string, make: () => Sys, bytes = MiB) {
  const tree = new Tree({ bytes, entries: 100 })
  tree.lieOver(new Lower(folder, make))
  return { tree, v: new View(t, tree) }
}

for (const [name, make] of Object.entries(backends)) {
  test(`an overlay: a byte written to a large file costs one chunk, and the rest is read from the lower file (${name})`, t => {
    const folder = below(t)
    const { tree, v } = over(t, folder, make)
    const file = v.open('big')
    t.is(v.write(file, 'X', 50_000_000), 1)
    t.is(used(tree), piece)
    const around = letter(49_999_999)
    t.is(v.read(file, 3, 49_999_999), `${around}X${around}`)
    t.is(v.read(file, 2, 0), 'aa')
    t.is(v.read(file, 10, big - 3), letter(big - 1).repeat(3))
    t.is(v.size(file), big)
    t.is(v.write(file, 'end', big), 3, 'behind the end')
    t.is(v.read(file, 10, big - 1), `${letter(big - 1)}end`)
    t.is(resultOf(v.sys.close(file)), 0)
    const again = v.open('big')
    t.is(v.read(again, 3, 49_999_999), `${around}X${around}`)
    t.is(fs.readFileSync(join(folder, 'big')).includes('X'), false)
    let at = 0
    while (v.write(again, 'Y', at * piece) === 1) at++
    t.is(at, MiB / piece - 2, 'the quota holds so many pieces, beside two')
    t.is(v.write(again, 'Y', at * piece), 'NOSPC')
    t.is(v.read(again, 1, at * piece), letter(at * piece), 'and it is as it was')
  })

  test(`an overlay: a large file that is cut and grows again has zeros there (${name})`, t => {
    const { tree, v } = over(t, below(t), make)
    const file = v.open('big')
    t.is(resultOf(v.sys.setSize(file, 40_000_010)), 0)
    t.is(used(tree), 0)
    t.is(resultOf(v.sys.setSize(file, big)), 0)
    t.is(v.read(file, 4, 40_000_008), `${letter(40_000_008).repeat(2)}\0\0`)
    t.is(v.write(file, 'X', 40_000_020), 1)
    t.is(v.read(file, 13, 40_000_008), `${letter(40_000_008).repeat(2)}${'\0'.repeat(10)}X`)
    t.is(resultOf(v.sys.allocate(file, 0, piece)), 0)
    t.is(v.read(file, 2, piece - 1), 'ab', 'what was allocated is as it is below')
    t.is(resultOf(v.sys.setSize(file, 0)), 0)
    t.is(used(tree), 0)
    t.is(v.read(file, 4, 0), '')
  })

  test(`an overlay: a large file whose lower file changed is STALE, in another thread as well (${name})`, t => {
    const folder = below(t, 3 * MiB)
    const { tree, v } = over(t, folder, make)
    const file = v.open('big')
    t.is(v.write(file, 'X', MiB), 1)
    t.is(resultOf(v.sys.close(file)), 0)
    v.sys.dispose()
    const plain = structuredClone(toPlain(tree))
    const other = new Tree({ bytes: MiB, entries: 100 })
    other.lieOver(new Lower(folder, make))
    fill(other, plain)
    const w = new View(t, other)
    t.is(w.read(w.open('big'), 3, MiB - 1), `${letter(MiB - 1)}X${letter(MiB)}`)
    t.is(used(other), piece)
    fs.renameSync(join(folder, 'big'), join(folder, 'old'))
    fs.writeFileSync(join(folder, 'big'), 'another'.repeat(MiB))
    const third = new View(t, tree)
    t.is(resultOf(third.open('big')), 'STALE')
    fs.unlinkSync(join(folder, 'big'))
    t.is(resultOf(third.open('big')), 'NOENT')
    t.true(third.open('old') >= 0, 'which is another name, of which nothing was written')
  })
}

test('run returns files with holes', async t => {
  const files = new MemoryFiles({}, { quota: { bytes: MiB } })
  const v = new View(t, treeOf(files))
  const file = v.open('f', Oflags.CREAT)
  t.is(v.write(file, 'x', 2 ** 33), 1)
  v.sys.dispose()
  const empty = Uint8Array.of(
    0,
    97,
    115,
    109,
    1,
    0,
    0,
    0,
    1,
    4,
    1,
    0x60,
    0,
    0,
    3,
    2,
    1,
    0,
    5,
    3,
    1,
    0,
    1,
    7,
    19,
    2,
    6,
    0x6d,
    0x65,
    0x6d,
    0x6f,
    0x72,
    0x79,
    2,
    0,
    6,
    0x5f,
    0x73,
    0x74,
    0x61,
    0x72,
    0x74,
    0,
    0,
    10,
    4,
    1,
    2,
    0,
    0x0b,
  )
  const { exitCode } = await run(empty, { preopens: { '/': { files } } })
  t.is(exitCode, 0)
  const w = new View(t, treeOf(files))
  t.is(w.read(w.open('f'), 3, 2 ** 33 - 1), '\0x')
  t.true(files.used.bytes <= piece)
})
