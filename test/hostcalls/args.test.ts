/**
 * args_get, args_sizes_get, environ_get and environ_sizes_get: the layout of the command line and
 * the environment in memory.
 */
import test from 'ava'
import type { HostcallName } from '#lib/abi/table.js'
import { each, type Setup, u32 } from './fixture.js'

interface Pair {
  readonly sizes: HostcallName
  readonly get: HostcallName
  readonly count: string
  readonly bytes: string
  readonly pointers: string
  readonly buffer: string
  /** The options under which the guest has exactly these strings. */
  readonly setup: (strings: readonly string[]) => Setup
}
const pairs: readonly Pair[] = [
  {
    ...{
      sizes: 'args_sizes_get',
      get: 'args_get',
      count: 'argc',
      bytes: 'argv_buf_size',
      pointers: 'argv',
      buffer: 'argv_buf',
    },
    setup: args => ({ options: { args } }),
  },
  {
    ...{
      sizes: 'environ_sizes_get',
      get: 'environ_get',
      count: 'environc',
      bytes: 'environ_buf_size',
    },
    ...{ pointers: 'environ', buffer: 'environ_buf' },
    setup: strings => ({
      options: { env: Object.fromEntries(strings.map(string => string.split(/=(.*)/s))) },
    }),
  },
]

// Each is an argument and a variable.
const strings = ['a=1', 'é=', 'SIGNS==b c\n']
const laid = 'a=1\0é=\0SIGNS==b c\n\0'
const total = Buffer.byteLength(laid)

for (const { sizes, get, count, bytes, pointers, buffer, setup } of pairs) {
  each(
    test,
    `${sizes}: returns the number of strings and their bytes with every NUL`,
    setup(strings),
    (t, w) => {
      t.is(w.call(sizes, 0x10, 0x20), 'SUCCESS')
      w.expect(0x10, u32(3))
      w.expect(0x20, u32(total))
      t.is(w.line, `${sizes}() = SUCCESS ${count}=3 ${bytes}=${total}`)
    },
  )

  each(test, `${sizes}: returns zeros without strings`, {}, (t, w) => {
    t.is(w.call(sizes, 0x10, 0x14), 'SUCCESS')
    w.expect(0x10, u32(0, 0))
  })

  each(test, `${sizes}: writes to odd addresses and to the last bytes`, setup(strings), (t, w) => {
    t.is(w.call(sizes, 0x11, w.size - 4), 'SUCCESS')
    w.expect(0x11, u32(3))
    w.expect(w.size - 4, u32(total))
  })

  each(
    test,
    `${sizes}: writes the second result last, if both have one address`,
    setup(strings),
    (t, w) => {
      t.is(w.call(sizes, 0x10, 0x10), 'SUCCESS')
      w.expect(0x10, u32(total))
    },
  )

  each(
    test,
    `${sizes}: writes nothing if a result is one byte past the end`,
    setup(strings),
    (t, w) => {
      t.is(w.call(sizes, 0x10, w.size - 3), 'FAULT')
      t.is(w.call(sizes, w.size - 3, 0x10), 'FAULT')
      t.is(w.line, `${sizes}() = FAULT`)
    },
  )

  each(
    test,
    `${get}: writes the strings one after another, and their addresses`,
    setup(strings),
    (t, w) => {
      t.is(w.call(get, 0x10, 0x100), 'SUCCESS')
      w.expect(0x10, u32(0x100, 0x104, 0x108))
      w.expect(0x100, laid)
      t.is(w.line, `${get}(${pointers}=0x10, ${buffer}=0x100) = SUCCESS`)
    },
  )

  each(test, `${get}: writes to odd addresses`, setup(strings), (t, w) => {
    t.is(w.call(get, 0x13, 0x101), 'SUCCESS')
    w.expect(0x13, u32(0x101, 0x105, 0x109))
    w.expect(0x101, laid)
  })

  each(test, `${get}: writes to the last bytes`, setup(strings), (t, w) => {
    const at = w.size - total
    t.is(w.call(get, at - 12, at), 'SUCCESS')
    w.expect(at - 12, u32(at, at + 4, at + 8))
    w.expect(at, laid)
  })

  each(test, `${get}: writes nothing if one byte is past the end`, setup(strings), (t, w) => {
    t.is(w.call(get, 0x10, w.size - total + 1), 'FAULT')
    t.is(w.call(get, w.size - 11, 0x100), 'FAULT')
  })

  each(test, `${get}: accepts the end of memory without strings`, {}, (t, w) => {
    t.is(w.call(get, w.size, w.size), 'SUCCESS')
  })

  each(
    test,
    `${get}: converts values of other types to strings`,
    { options: { args: [1, null], env: { one: 1, none: undefined } } as never },
    (t, w) => {
      t.is(w.call(get, 0x10, 0x100), 'SUCCESS')
      if (get === 'args_get') {
        w.expect(0x10, u32(0x100, 0x102))
        w.expect(0x100, '1\0null\0')
      } else {
        w.expect(0x10, u32(0x100))
        w.expect(0x100, 'one=1\0')
      }
    },
  )
}
