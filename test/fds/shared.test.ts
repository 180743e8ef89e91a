/**
 * The table of descriptors that threads share: each thread has its own object over the same
 * records.
 */
import test from 'ava'
import { Errno } from '#lib/abi/errno.js'
import { Rights } from '#lib/abi/rights.js'
import { Fdflags, Filetype } from '#lib/abi/values.js'
import type { Descriptor } from '#lib/fds/descriptor.js'
import { HostFile } from '#lib/fds/file.js'
import { OneWay, oneWay, Way } from '#lib/fds/oneway.js'
import { ReadOnly } from '#lib/fds/readonly.js'
import { SharedFds } from '#lib/fds/shared.js'
import type { Found } from '#lib/fds/table.js'
import { PlainTerminal } from '#lib/fds/terminal.js'
import { limitsOf } from '#lib/limits.js'
import { GuestMemory } from '#lib/memory.js'
import { Terminals } from '#lib/stdio/terminals.js'
import { Block } from '#lib/sys/block.js'
import type { Sys } from '#lib/sys/sys.js'

const traits = {
  filetype: Filetype.REGULAR_FILE,
  fdflags: 0,
  fitting: Rights.ALL,
  base: Rights.ALL,
  inheriting: 0,
}
const names = [Buffer.from('/given')]

/** Threads over one table, and the handles that were closed. */
function threads(
  count: number,
  limit = 8,
): {
  tables: SharedFds[]
  closed: number[]
  memory: GuestMemory
  file(handle: number): Descriptor
} {
  const closed: number[] = []
  const sys = {
    block: new Block(),
    close: (handle: number) => closed.push(handle) && 0,
    bind() {},
  } as unknown as Sys
  const memory = new GuestMemory(sys, limitsOf(undefined))
  const noStream = (): never => {
    throw new Error('there is no stream')
  }
  const tables: SharedFds[] = []
  for (let i = 0; i < count; i++)
    tables.push(new SharedFds(sys, memory, limit, 'enforce', names, noStream, tables[0]?.memory))
  return { tables, closed, memory, file: handle => new HostFile(sys, handle, traits) }
}
/** The descriptor, which must be open. */
function open(found: Found): Descriptor {
  if (typeof found === 'number') throw new Error(`errno ${-found}`)
  return found
}

test('a descriptor without a free number is closed and refused with MFILE', t => {
  const { tables, closed, file } = threads(2, 2)
  const [one, other] = tables
  t.deepEqual([one.insert(file(10)), other.insert(file(11))], [0, 1])
  t.is(one.reserve(), -Errno.MFILE)
  t.is(one.insert(file(12)), -Errno.MFILE)
  t.deepEqual(closed, [12])
  t.is(open(one.get(1, 0)).handle, 11)
})

test('flags set on a descriptor do not carry over to one that takes its number', t => {
  const { tables, file } = threads(2)
  const [one, other] = tables
  const fd = one.insert(file(10))
  const mine = open(one.get(fd, 0))
  one.keepFlags(fd, mine, Fdflags.NONBLOCK)
  t.is(open(other.get(fd, 0)).fdflags, Fdflags.NONBLOCK)
  // While this thread is in the host with it, another closes it, and opens something.
  other.remove(fd)
  t.is(other.insert(file(11)), fd)
  one.keepFlags(fd, mine, Fdflags.APPEND)
  t.is(open(other.get(fd, 0)).fdflags, 0)
  other.remove(fd)
  one.keepFlags(fd, mine, Fdflags.APPEND)
  t.is(other.get(fd, 0), -Errno.BADF)
})

test('a record that was written in part is free again', t => {
  const { tables, closed, file } = threads(2)
  const [one, other] = tables
  const broken = file(10)
  Object.defineProperty(broken, 'readOnly', {
    get() {
      throw new Error('ended in between')
    },
  })
  t.throws(() => one.insert(broken), { message: 'ended in between' })
  t.deepEqual(closed, [10])
  t.is(other.get(0, 0), -Errno.BADF)
  t.is(other.insert(file(11)), 0)
})

/**
 * Records each write to the words of a table, as far as another thread can see it: word by word, in
 * their order.
 */
function written(table: SharedFds, act: () => void): Int32Array[] {
  const seen: Int32Array[] = []
  const words = new Int32Array(table.memory)
  const { set, fill, copyWithin } = Int32Array.prototype
  const stepwise = (change: (whole: Int32Array) => void, on: Int32Array): Int32Array => {
    const after = Int32Array.from(on)
    change(after)
    for (const [i, word] of after.entries()) {
      if (on[i] === word) continue
      on[i] = word
      seen.push(Int32Array.from(words))
    }
    return on
  }
  const own = (array: Int32Array): boolean => array.buffer === table.memory
  Int32Array.prototype.set = function (source, at) {
    own(this) ? stepwise(whole => set.call(whole, source, at), this) : set.call(this, source, at)
  }
  Int32Array.prototype.fill = function (...args) {
    return own(this) ? stepwise(whole => fill.apply(whole, args), this) : fill.apply(this, args)
  }
  Int32Array.prototype.copyWithin = function (...args) {
    return own(this)
      ? stepwise(whole => copyWithin.apply(whole, args), this)
      : copyWithin.apply(this, args)
  }
  try {
    act()
  } finally {
    Object.assign(Int32Array.prototype, { set, fill, copyWithin })
  }
  return seen
}

test.serial('a record written in any order is read by another thread whole or not at all', t => {
  const { tables, file } = threads(1)
  const [table] = tables
  const [low, high] = [file(1), file(2 ** 33 + 5)]
  low.preopen = names[0]
  const narrow = new HostFile((low as HostFile).sys, 7, {
    ...traits,
    base: Rights.FD_READ,
    fdflags: Fdflags.APPEND,
  })
  const whole = new Map<number, string>()
  const check = (steps: Int32Array[]): void => {
    t.true(steps.length > 0)
    for (const step of steps) {
      const shared = new SharedArrayBuffer(step.byteLength)
      new Int32Array(shared).set(step)
      // No thread ends with the lock in this test.
      new Int32Array(shared)[0] = 0
      const other = new SharedFds(
        (low as HostFile).sys,
        undefined as never,
        8,
        'enforce',
        names,
        undefined as never,
        shared,
      )
      for (let fd = 0; fd < 3; fd++) {
        const found = other.get(fd, 0)
        if (found === -Errno.BADF) continue
        const { handle, base, fdflags, preopen } = open(found)
        t.is(
          JSON.stringify({ base, fdflags, preopen: preopen?.length }),
          whole.get(handle) ?? '',
          `handle ${handle} at ${fd}`,
        )
      }
    }
  }
  for (const file of [low, high, narrow]) {
    const { handle, base, fdflags, preopen } = file
    whole.set(handle, JSON.stringify({ base, fdflags, preopen: preopen?.length }))
    check(written(table, () => table.insert(file)))
  }
  check(written(table, () => table.renumber(2, 0)))
  t.is(open(table.get(0, 0)).handle, 7)
  check(written(table, () => table.remove(1)))
})

test('every call on a free number or one outside the table returns BADF', t => {
  const { tables, closed, file } = threads(1, 2)
  const [table] = tables
  t.is(table.insert(file(10)), 0)
  for (const fd of [1, 2, 3, 2 ** 31, 2 ** 32 - 1]) {
    const calls = {
      get: () => table.get(fd, 0),
      getAny: () => table.getAny(fd, Rights.FD_READ),
      identified: () => table.identified(fd),
      remove: () => table.remove(fd),
      narrow: () => table.narrow(fd, 0, 0),
      'renumber from': () => table.renumber(fd, 0),
      'renumber to': () => table.renumber(0, fd),
    }
    for (const [name, call] of Object.entries(calls)) t.is(call(), -Errno.BADF, `${name} ${fd}`)
  }
  t.deepEqual(closed, [])
  t.is(open(table.get(0, 0)).handle, 10)
})

test('standard streams in another thread keep their direction and their terminal filter', t => {
  const { tables, file } = threads(2)
  const [one, other] = tables
  const terminal = (): PlainTerminal =>
    new PlainTerminal(file(20) as HostFile, undefined as never, new Terminals())
  const fds = [Way.IN, Way.SOUGHT_IN, Way.OUT].map(way => one.insert(oneWay(way, file(10 + way))))
  fds.push(one.insert(oneWay(Way.OUT, terminal())))
  const found = fds.map(fd => other.get(fd, 0) as OneWay)
  t.deepEqual(
    found.map(stream => [
      stream instanceof OneWay,
      stream.way,
      stream.behind instanceof PlainTerminal,
    ]),
    [
      [true, Way.IN, false],
      [true, Way.SOUGHT_IN, false],
      [true, Way.OUT, false],
      [true, Way.OUT, true],
    ],
  )
})

test('a read-only descriptor is read-only in other threads', t => {
  const { tables, file } = threads(2)
  const [one, other] = tables
  const fd = one.insert(new ReadOnly(file(10), undefined as never))
  const found = open(other.get(fd, Rights.FD_WRITE))
  t.true(found.readOnly)
  t.deepEqual(
    [found.writev(1), found.setSize(0), found.setTimes(1)],
    [-Errno.BADF, -Errno.INVAL, -Errno.ROFS],
  )
})

test('a filtered terminal stays filtered after any number of renumberings', t => {
  const { tables, file } = threads(1)
  const [one] = tables
  const fd = one.insert(
    oneWay(Way.OUT, new PlainTerminal(file(20) as HostFile, undefined as never, new Terminals())),
  )
  const first = (open(one.get(fd, 0)) as OneWay).behind
  for (let i = 0; i < 3; i++) {
    const other = one.insert(file(30 + i))
    t.is(open(one.get(other, 0)).handle, 30 + i)
    one.renumber(fd, other)
    t.is((open(one.get(other, 0)) as OneWay).behind, first)
    one.insert(file(40 + i))
    t.is(open(one.get(fd, 0)).handle, 40 + i)
    one.renumber(other, fd)
    t.is((open(one.get(fd, 0)) as OneWay).behind, first)
  }
})

test('writes to a filtered terminal exclude those of other threads', t => {
  const { tables, file, memory } = threads(2)
  const [one, other] = tables
  const { sys } = file(20) as HostFile
  const fd = one.insert(
    oneWay(Way.OUT, new PlainTerminal(file(20) as HostFile, undefined as never, new Terminals())),
  )
  const lock = new Int32Array(one.memory)
  const taken: number[] = []
  Object.assign(sys, { writeText: (_: number, length: number) => taken.push(lock[2]) && length })
  memory.bind(new WebAssembly.Memory({ initial: 1 }))
  sys.block.spans.set([0, 4])
  t.is(open(other.get(fd, 0)).writev(1), 4)
  t.deepEqual(taken, [1])
  t.is(lock[2], 0)
})
