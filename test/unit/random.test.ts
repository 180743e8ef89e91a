/** Random bytes of the system: none of those that a guest was given stays with the host. */
import crypto from 'node:crypto'
import test from 'ava'
import { systemRandom } from '#lib/sys/random.js'

/** The arrays that the generator fills while this is done. */
function filled(act: () => void): Uint8Array[] {
  const buffers = new Set<ArrayBufferLike>()
  const { randomFillSync } = crypto
  crypto.randomFillSync = ((into: NodeJS.ArrayBufferView, ...range: number[]) => {
    buffers.add(into.buffer)
    return randomFillSync(into, ...range)
  }) as typeof randomFillSync
  try {
    act()
  } finally {
    crypto.randomFillSync = randomFillSync
  }
  return [...buffers].map(buffer => new Uint8Array(buffer))
}

const memoryOf = (shared: boolean) => {
  const { buffer } = new WebAssembly.Memory({ initial: 4, maximum: 4, shared })
  return { bytes: new Uint8Array(buffer), view: new DataView(buffer) }
}
const isFound = (bytes: Uint8Array, hay: Uint8Array): boolean =>
  Buffer.from(hay.buffer, hay.byteOffset, hay.length).includes(bytes)

test.serial('random bytes are wiped from the pool once returned, and never returned again', t => {
  const memory = memoryOf(false)
  const handed: Uint8Array[] = []
  const sizes = [256, 16, 1, 2, 3, 5, 32, 7, 255]
  const pools = filled(() => {
    // Enough for the pool to be filled twice.
    for (let total = 0; total < 12_000; ) {
      for (const size of sizes) {
        memory.bytes.fill(0)
        systemRandom(memory, 8, size)
        t.deepEqual(
          [memory.bytes[7], memory.bytes[8 + size]],
          [0, 0],
          'nothing is written beside it',
        )
        handed.push(memory.bytes.slice(8, 8 + size))
        total += size
      }
    }
  })
  t.is(pools.length, 1)
  for (const bytes of handed.filter(({ length }) => length >= 5)) {
    // The pool has words of the host's order, which are handed out with the highest byte first.
    t.false(isFound(Buffer.from(bytes.subarray(0, 4)).swap32(), pools[0]), 'it is in the pool')
  }
  const long = handed
    .filter(({ length }) => length >= 16)
    .map(bytes => Buffer.from(bytes).toString('hex'))
  t.is(new Set(long).size, long.length)
})

test.serial('a word of the pool returned in part is wiped whole', t => {
  const memory = memoryOf(false)
  // Each takes one word of the pool, until it is filled anew.
  const [pool] = filled(() => {
    for (let i = 0; i < 2000; i++) systemRandom(memory, 8, 1 + (i % 3))
  })
  const words = new Int32Array(pool.buffer)
  const left = words.findIndex(word => word !== 0)
  t.true(left > 0, 'those in front are wiped')
  t.true(
    words.subarray(left).filter(word => word === 0).length < 3,
    'those behind were not handed out',
  )
})

test.serial('the copy of random bytes for a shared memory is wiped', t => {
  const memory = memoryOf(true)
  const [copy, ...more] = filled(() => systemRandom(memory, 8, 70_000))
  t.is(more.length, 0)
  t.true(copy.every(byte => byte === 0))
  t.true(memory.bytes.slice(8, 70_008).filter(byte => byte === 0).length < 1000)
})

test.serial('a large request is filled in the guest’s memory directly', t => {
  const memory = memoryOf(false)
  const [into, ...more] = filled(() => systemRandom(memory, 8, 70_000))
  t.is(more.length, 0)
  t.is(into.buffer, memory.bytes.buffer)
  t.deepEqual([into[7], into[70_008]], [0, 0])
})
