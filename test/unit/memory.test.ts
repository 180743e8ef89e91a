/** Guest memory by itself: bounds, growth, lists of pieces, and what may be given as one. */
import test from 'ava'
import { Errno } from '#lib/abi/errno.js'
import { WASIError } from '#lib/errors.js'
import { limitsOf } from '#lib/limits.js'
import { checkMemory, GuestMemory, type MemoryLike } from '#lib/memory.js'
import { Block } from '#lib/sys/block.js'
import { maxTransfer, type Sys } from '#lib/sys/sys.js'

const page = 65536
/** A memory on a host that only remembers what it was bound to. */
function made(like: MemoryLike = new WebAssembly.Memory({ initial: 1, maximum: 4 })) {
  const bound: Uint8Array[] = []
  const block = new Block()
  const memory = new GuestMemory(
    { block, bind: (bytes: Uint8Array) => void bound.push(bytes) } as unknown as Sys,
    limitsOf(),
  )
  memory.bind(like)
  return { memory, bound, block }
}
const faults = { instanceOf: WASIError, code: 'EFAULT' }

test('ranges wholly inside memory pass, and others are FAULT', t => {
  const { memory } = made()
  for (const [at, length] of [
    [0, 0],
    [0, page],
    [page - 1, 1],
    [page, 0],
  ] as const)
    t.is(memory.fault(at, length), 0)
  for (const [at, length] of [
    [0, page + 1],
    [page, 1],
    [page + 1, 0],
    [0xffffffff, 0],
    [0xffffffff, 0xffffffff],
    [1, 0xffffffff],
  ] as const) {
    t.is(memory.fault(at, length), -Errno.FAULT, `${at}+${length}`)
    t.throws(() => memory.check(at, length), faults, `${at}+${length}`)
  }
})

test('memory is bound once, and again only after growth', t => {
  const wasm = new WebAssembly.Memory({ initial: 1, maximum: 4 })
  const { memory, bound } = made(wasm)
  memory.refresh()
  memory.check(0, 8)
  t.is(bound.length, 1)
  wasm.grow(1)
  memory.refresh()
  memory.refresh()
  t.is(bound.length, 2)
  t.is(bound[1].buffer, wasm.buffer)
  t.is(memory.size, 2 * page)
  t.is(memory.view.buffer, wasm.buffer)
})

test('a check that fails looks again at a shared memory that grew', t => {
  const wasm = new WebAssembly.Memory({ initial: 1, maximum: 4, shared: true })
  const { memory, bound } = made(wasm)
  wasm.grow(1)
  memory.check(page, page)
  t.is(bound.length, 2)
  t.is(memory.bytes.length, 2 * page)
  t.throws(() => memory.check(page, page + 1), faults)
  t.is(bound.length, 2, 'a check that fails without growth binds nothing')
})

test('a memory of no pages has no bytes, until it grows', t => {
  const wasm = new WebAssembly.Memory({ initial: 0, maximum: 1 })
  const { memory } = made(wasm)
  memory.check(0, 0)
  t.throws(() => memory.check(0, 1), faults)
  wasm.grow(1)
  memory.refresh()
  t.notThrows(() => memory.check(0, page))
})

test('a check before memory is bound throws', t => {
  const memory = new GuestMemory({} as Sys, limitsOf())
  t.throws(() => memory.refresh(), { code: 'ERR_WASI_NOT_STARTED' })
  t.throws(() => memory.check(0, 1))
})

test('iovecs are decoded, checked, and skipped if empty', t => {
  const { memory, block } = made()
  for (const [i, value] of [8, 5, 100, 0, page - 1, 1, page, 0].entries())
    memory.setUint32(0x101 + 4 * i, value)
  t.is(memory.spans(0x101, 4), 2)
  t.deepEqual([...block.spans.subarray(0, 4)], [8, 5, page - 1, 1])
  t.is(memory.spans(page, 0), 0)
  t.is(memory.spans(page - 7, 1), -Errno.FAULT)
  t.is(memory.spans(0x101, 1025), 2, 'what is behind the limit is not looked at')
  t.is(memory.spans(0x101, 1025, Errno.MSGSIZE), -Errno.MSGSIZE)
  memory.setUint32(0x101, page)
  t.is(memory.spans(0x101, 1), -Errno.FAULT)
})

test('iovecs beyond one transfer are cut', t => {
  const size = 2 ** 26
  const { memory, block } = made({ buffer: new ArrayBuffer(size) })
  for (let i = 0; i < 40; i++) {
    memory.setUint32(8 * i, 0)
    memory.setUint32(8 * i + 4, size)
  }
  const used = memory.spans(0, 40)
  const lengths = [...block.spans.subarray(0, 2 * used)].filter((_, i) => i % 2 === 1)
  t.is(used, 32)
  t.is(
    lengths.reduce((sum, length) => sum + length, 0),
    maxTransfer,
  )
  memory.setUint32(8 * 39, size)
  t.is(memory.spans(0, 40), -Errno.FAULT, 'one that will not be used is checked as well')
})

test('iovecs are read from the new buffer of a memory that an iovec made grow', t => {
  let buffer = new ArrayBuffer(page)
  let grows = false
  const like: MemoryLike = {
    get buffer() {
      if (!grows) return buffer
      grows = false
      const grown = new ArrayBuffer(2 * page)
      new Uint8Array(grown).set(new Uint8Array(buffer))
      structuredClone(buffer, { transfer: [buffer] })
      buffer = grown
      return buffer
    },
  }
  const { memory, block } = made(like)
  const view = new DataView(buffer)
  for (const [i, word] of [page, 1, 8, 5].entries()) view.setUint32(4 * i, word, true)
  grows = true
  t.is(memory.spans(0, 2), 2)
  t.deepEqual([...block.spans.subarray(0, 4)], [page, 1, 8, 5])
})

test('reads are copies, and writes are bounded', t => {
  const { memory } = made()
  memory.write(page - 3, Uint8Array.of(1, 2, 3))
  const copy = memory.copy(page - 3, 3)
  memory.write(page - 3, Uint8Array.of(9, 9, 9))
  t.deepEqual([...copy], [1, 2, 3])
  t.throws(() => memory.write(page - 2, Uint8Array.of(1, 2, 3)), faults)
  t.deepEqual([...memory.copy(page - 3, 3)], [9, 9, 9])
  t.throws(() => memory.copy(page - 2, 3), faults)
})

test('a u64 below 2^53 is written little-endian at an odd address', t => {
  const { memory } = made()
  for (const value of [0, 1, 0xffffffff, 2 ** 32, 2 ** 52 + 12345, 2 ** 53 - 1]) {
    memory.setSize64(3, value)
    t.is(memory.view.getBigUint64(3, true), BigInt(value))
  }
})

const resizable = new (
  ArrayBuffer as unknown as new (
    length: number,
    options: { maxByteLength: number },
  ) => ArrayBuffer
)(100, {
  maxByteLength: 200,
})
test('every kind of memory and buffer object is accepted', t => {
  for (const memory of [
    new WebAssembly.Memory({ initial: 1 }),
    new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }),
    { buffer: new ArrayBuffer(1) },
    { buffer: new SharedArrayBuffer(1) },
    new Uint8Array(8),
  ]) {
    t.notThrows(() => checkMemory(memory))
  }
})

test('values that are no memory, or could shrink, are refused', t => {
  const wrong = [
    undefined,
    null,
    1,
    'memory',
    {},
    { buffer: null },
    { buffer: [] },
    { buffer: new Uint8Array(8) },
    { buffer: resizable },
  ]
  for (const memory of wrong) {
    const error = t.throws(() => checkMemory(memory), {
      instanceOf: TypeError,
      code: 'ERR_INVALID_ARG_TYPE',
    })
    t.is(error?.message, '"instance.exports.memory" property must be a WebAssembly.Memory object')
  }
})

test('a detached buffer is refused at bind', t => {
  const buffer = detached()
  t.throws(() => made({ buffer }), { instanceOf: TypeError })
  t.throws(() => checkMemory({ buffer }), { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE' })
})

function detached(): ArrayBuffer {
  const buffer = new ArrayBuffer(8)
  structuredClone(buffer, { transfer: [buffer] })
  return buffer
}

test('an object whose buffer getter throws is refused with that as its cause', t => {
  const mine = new RangeError('mine')
  const throwing = {
    get buffer(): never {
      throw mine
    },
  }
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()
  const wasm = new WebAssembly.Memory({ initial: 1 })
  const wrong = [
    throwing,
    new Proxy(wasm, {}),
    Object.create(WebAssembly.Memory.prototype),
    Object.create(wasm),
    revoked.proxy,
  ]
  for (const memory of wrong) {
    const error = t.throws(() => checkMemory(memory), {
      instanceOf: TypeError,
      code: 'ERR_INVALID_ARG_TYPE',
    })
    t.is(error?.message, '"instance.exports.memory" property must be a WebAssembly.Memory object')
    if (memory === throwing) t.is(error?.cause, mine)
    else t.true(error?.cause instanceof TypeError)
  }
})

test('a failed bind keeps the previous memory', t => {
  const wasm = new WebAssembly.Memory({ initial: 1, maximum: 4 })
  const { memory, bound } = made(wasm)
  t.throws(() => memory.bind({ buffer: detached() }), { instanceOf: TypeError })
  t.throws(() => memory.bind({ buffer: resizable }), faults)
  wasm.grow(1)
  memory.refresh()
  t.is(memory.bytes.buffer, wasm.buffer)
  t.is(bound.at(-1), memory.bytes)
})

test('overridden properties of a buffer do not change its bounds', t => {
  const wasm = new WebAssembly.Memory({ initial: 1, maximum: 4 })
  const { buffer } = wasm
  Object.defineProperty(wasm, 'buffer', { value: new ArrayBuffer(100 * page) })
  const { memory } = made(wasm)
  t.is(memory.bytes.buffer, buffer)
  t.throws(() => memory.check(0, page + 1), faults)
  const short = new ArrayBuffer(8)
  Object.defineProperty(short, 'byteLength', { value: page })
  const other = made({ buffer: short })
  t.notThrows(() => other.memory.check(0, 8))
  t.throws(() => other.memory.check(0, 9), faults)
})
