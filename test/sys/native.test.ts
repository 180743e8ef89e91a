/**
 * The contract on the native backend: by openat2, by the walk, and with handles that another has
 * too.
 */
import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import test from 'ava'
import { Errno } from '#lib/abi/errno.js'
import { Block, maxPolls, maxSpans } from '#lib/sys/block.js'
import { addonFile, openNative } from '#lib/sys/native/sys.js'
import { contract } from './contract.js'
import { elsewhere } from './elsewhere.js'
import { BOTH, Fixture, resultOf, WRITE } from './fixture.js'

contract(test, 'native', () => openNative(), elsewhere)
contract(test, 'native by the walk', () => openNative({ resolution: 'walk' }), elsewhere)
contract(
  test,
  'native with shared handles',
  () => {
    const other = openNative()
    const sys = openNative({ shared: other.share() })
    other.dispose()
    return sys
  },
  elsewhere,
)

test('writeText refuses more bytes than the block has', t => {
  const sys = openNative()
  const g = new Fixture(sys)
  t.teardown(() => g.dispose())
  g.file('f')
  const file = g.handle('f', { access: WRITE })
  const { length } = sys.block.text
  t.is(resultOf(sys.writeText(file, length)), length)
  for (const more of [length + 1, 2 ** 20, 2 ** 32 - 1, -1, Number.NaN])
    t.is(resultOf(sys.writeText(file, more)), 'INVAL')
  t.is(fs.statSync(g.host('f')).size, length)
})

test('the monotonic clock is that of Node on Linux, and no host has it after dispose', t => {
  const sys = openNative()
  const read = () => {
    t.is(sys.now(1), 0)
    return sys.block.time[0]
  }
  for (let round = 0; round < 100; round++) {
    const before = process.hrtime.bigint()
    const time = read()
    if (process.platform === 'linux') t.true(before <= time && time <= process.hrtime.bigint())
  }
  sys.dispose()
  t.is(resultOf(sys.now(1)), 'BADF')
})

test('preopen refuses a path with a NUL instead of opening its first part', t => {
  const sys = openNative()
  t.teardown(() => sys.dispose())
  t.throws(() => sys.preopen(`${os.tmpdir()}\0/more`), {
    code: 'EINVAL',
    message: /open|CreateFileW/,
  })
})

test('the addon refuses arguments that lib/sys/native/sys.ts never passes, and numbers of no guest', t => {
  const addon = createRequire(import.meta.url)(addonFile())
  const block = new ArrayBuffer(Block.bytes)
  const refused = { instanceOf: TypeError, message: /use the package wasi-common/ }
  for (const other of [
    new ArrayBuffer(0),
    new ArrayBuffer(Block.bytes - 1),
    new ArrayBuffer(Block.bytes + 1),
    new Uint8Array(Block.bytes),
    'a',
    null,
  ])
    t.throws(() => addon.create(other, false, 0), refused)
  t.throws(() => addon.create(block, 0, 0), refused)
  t.throws(() => addon.create(block, false, '0'), refused)
  const guest = addon.create(block, false, 0)
  for (const memory of [
    new Uint16Array(8),
    new Float64Array(8),
    new BigUint64Array(8),
    new DataView(new ArrayBuffer(8)),
    [],
    undefined,
  ])
    t.throws(() => addon.bind(guest, memory), refused)
  const none = [
    Number.NaN,
    -1,
    -0.5,
    1e6,
    2 ** 53,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ]
  for (const index of [...none, '0', undefined]) {
    t.throws(() => addon.failure(index), refused)
    t.throws(() => addon.dispose(index), refused)
    t.throws(() => addon.bind(index, new Uint8Array(8)), refused)
  }
  for (const index of none) {
    addon.registers.set([index, 0])
    addon.close()
    t.is(addon.registers[0], -Errno.BADF)
    addon.registers[0] = index
    t.notThrows(() => addon.rebind())
  }
  // A handle that is no integer, or not one of 64 bits, is none that is open.
  t.is(addon.preopen(guest, os.tmpdir()), 0)
  for (const handle of [Number.NaN, -1, 2 ** 64, 2 ** 65, Number.POSITIVE_INFINITY]) {
    addon.registers.set([guest, handle])
    addon.filestat()
    t.is(addon.registers[0], -Errno.BADF)
  }
  addon.dispose(guest)
})

test('memories that are bound in turn each get what is read while they are bound', t => {
  const sys = openNative()
  const g = new Fixture(sys)
  t.teardown(() => g.dispose())
  g.file('f', 'text')
  const file = g.handle('f', { access: BOTH })
  const memories = ['one', 'two', 'three'].map(() => new Uint8Array(16))
  sys.block.spans.set([0, 1])
  for (const [turn, which] of [0, 1, 0, 1, 1, 0, 2, 0, 1, 2, 2, 1, 0].entries()) {
    sys.bind(memories[which])
    for (const memory of memories) memory.fill(0)
    t.is(sys.preadv(file, 1, 0), 1)
    t.deepEqual(
      memories.map(memory => memory[0]),
      [0, 1, 2].map(each => (each === which ? 't'.charCodeAt(0) : 0)),
      `turn ${turn}`,
    )
  }
})

test('a memory that has grown since it was bound is not bound again at its old place', t => {
  const sys = openNative()
  const g = new Fixture(sys)
  t.teardown(() => g.dispose())
  g.file('f', 'text')
  const file = g.handle('f', { access: BOTH })
  const memory = new WebAssembly.Memory({ initial: 1 })
  const before = new Uint8Array(memory.buffer)
  sys.bind(before)
  sys.bind(new Uint8Array(16))
  memory.grow(1)
  sys.bind(before)
  sys.block.spans.set([0, 1])
  t.is(sys.preadv(file, 1, 0), -Errno.FAULT)
  t.is(new Uint8Array(memory.buffer)[0], 0)
})

test('the addon reads and writes no byte outside of the memory that it is bound to', t => {
  const sys = openNative()
  const g = new Fixture(sys)
  t.teardown(() => g.dispose())
  g.file('f', 'text')
  const file = g.handle('f', { access: BOTH })
  const size = 4096
  const memory = new Uint8Array(size).fill(0x66)
  for (const [at, length] of [
    [size, 1],
    [size - 1, 2],
    [0, size + 1],
    [2 ** 32 - 1, 1],
    [2 ** 31, 2 ** 31],
  ]) {
    sys.bind(memory)
    sys.block.spans.set([at, length])
    const name = Math.min(length, 4095)
    const calls: Record<string, () => number> = {
      readv: () => sys.readv(file, 1),
      preadv: () => sys.preadv(file, 1, 0),
      writev: () => sys.writev(file, 1),
      pwritev: () => sys.pwritev(file, 1, 0),
      readdir: () => sys.readdir(g.dir, 0n, at, length),
      readlink: () => sys.readlink(g.dir, 0, 1, at, length),
    }
    if (at > 0) {
      Object.assign(calls, {
        open: () => sys.open(g.dir, at, name, 0, 0, 0, 1),
        filestatAt: () => sys.filestatAt(g.dir, at, name, 0),
        mkdir: () => sys.mkdir(g.dir, at, name),
        symlink: () => sys.symlink(at, name, g.dir, 0, 1),
        rename: () => sys.rename(g.dir, 0, 1, g.dir, at, name),
      })
    }
    for (const [call, act] of Object.entries(calls))
      t.is(resultOf(act()), 'FAULT', `${call} of ${length} bytes at ${at}`)
  }
  // The block has room for so many, and no more are looked at.
  for (const count of [maxSpans + 1, 2 ** 32 - 1])
    for (const act of [() => sys.readv(file, count), () => sys.writev(file, count)])
      t.is(resultOf(act()), 'INVAL')
  for (const count of [maxPolls + 1, 2 ** 32 - 1]) t.is(resultOf(sys.poll(count, 0)), 'INVAL')
  t.is(fs.readFileSync(g.host('f'), 'utf8'), 'text')
})
