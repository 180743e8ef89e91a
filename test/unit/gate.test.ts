/**
 * The gate between guest and host: memory that grows, arguments of the wrong type, and unexpected
 * errors.
 */
import { spawnSync } from 'node:child_process'
import diagnostics from 'node:diagnostics_channel'
import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import test from 'ava'
import { Errno } from '#lib/abi/errno.js'
import { type HostcallName, type Row, table } from '#lib/abi/table.js'
import { Kind } from '#lib/abi/types.js'
import type { Context } from '#lib/context.js'
import { GuestExit, refuse, UnexpectedError, WASIError } from '#lib/errors.js'
import type { Hostcall } from '#lib/gate.js'
import { gates } from '#lib/generated/imports.js'
import { createGuest, type Guest } from '#lib/guest/guest.js'
import { hostcalls } from '#lib/hostcalls/index.js'
import { limitsOf } from '#lib/limits.js'
import { GuestMemory, type MemoryLike } from '#lib/memory.js'
import { reporter } from '#lib/observe/report.js'
import type { GuestOptions } from '#lib/options/options.js'
import { Block } from '#lib/sys/block.js'
import { type Sys, UNEXPECTED } from '#lib/sys/sys.js'
import { Verdict } from '#lib/verdict.js'

const page = 65536
const root = fileURLToPath(new URL('../../../', import.meta.url))

/** One import over a hostcall of our own, on a host that does nothing. */
function fake(name: HostcallName, hostcall: Hostcall, more: Partial<Sys> = {}) {
  const sys = { block: new Block(), bind() {}, ...more } as unknown as Sys
  const memory = new GuestMemory(sys, limitsOf())
  const reported: UnexpectedError[] = []
  const wasm = new WebAssembly.Memory({ initial: 1, maximum: 10 })
  memory.bind(wasm)
  const { [name]: call } = gates(
    { sys, memory, verdict: new Verdict() } as Context,
    { ...hostcalls, [name]: hostcall },
    reporter(error => void reported.push(error)),
  )
  return { call, reported, wasm, memory, view: () => new DataView(wasm.buffer) }
}

const guests: Guest[] = []
test.afterEach.always(() => {
  for (const guest of guests.splice(0)) guest.close()
})
function guestWith(options: Omit<GuestOptions, 'version'>, memory: MemoryLike): Guest {
  const guest = createGuest({ version: 'preview1', ...options })
  guests.push(guest)
  guest.bind(memory)
  return guest
}

for (const backend of ['native', 'typescript'] as const) {
  const file = fs.openSync(process.execPath, 'r')
  const start = Buffer.alloc(4)
  fs.readSync(file, start, 0, 4, 0)
  const magic = start.toString('latin1')

  test.serial(`pages that the guest grew are usable at once (${backend})`, t => {
    const memory = new WebAssembly.Memory({ initial: 1 })
    const guest = guestWith({ backend, stdin: file }, memory)
    t.is(guest.imports.random_get(page, 8), Errno.FAULT)
    memory.grow(1)
    t.is(guest.imports.random_get(page, 8), Errno.SUCCESS)
    memory.grow(1)
    const view = new DataView(memory.buffer)
    view.setUint32(2 * page, 2 * page + 100, true)
    view.setUint32(2 * page + 4, 4, true)
    t.is(guest.imports.fd_pread(0, 2 * page, 1, 0n, 3 * page - 4), Errno.SUCCESS)
    t.is(
      Buffer.from(memory.buffer).toString('latin1', 2 * page + 100, 2 * page + 104),
      magic,
      'the host reads into the new page',
    )
    t.is(view.getUint32(3 * page - 4, true), 4)
    t.is(guest.imports.random_get(3 * page, 1), Errno.FAULT)
  })

  test.serial(
    `pages of a shared memory that another thread grew are usable at once (${backend})`,
    async t => {
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 4, shared: true })
      const guest = guestWith({ backend, stdin: file, preopens: { '/': root } }, memory)
      t.is(guest.imports.clock_time_get(0, 0n, page), Errno.FAULT)
      const program = `
      const { workerData: memory, parentPort } = require('node:worker_threads')
      memory.grow(2)
      const bytes = Buffer.from(memory.buffer)
      bytes.writeUInt32LE(${page + 100}, ${page})
      bytes.writeUInt32LE(4, ${page + 4})
      bytes.write('package.json', ${page + 200})
      Atomics.store(new Int32Array(memory.buffer), 0, 1)
      Atomics.notify(new Int32Array(memory.buffer), 0)
      setInterval(() => {}, 1000)`
      const worker = new Worker(program, { eval: true, workerData: memory })
      // This thread does not return to its event loop in between, so the event loop does not report
      // the growth.
      t.not(Atomics.wait(new Int32Array(memory.buffer), 0, 0, 10_000), 'timed-out')
      t.is(
        guest.imports.fd_pread(0, page, 1, 0n, 3 * page - 4),
        Errno.SUCCESS,
        'pieces, data and the result in new pages',
      )
      const bytes = Buffer.from(memory.buffer)
      t.is(bytes.toString('latin1', page + 100, page + 104), magic)
      t.is(bytes.readUInt32LE(3 * page - 4), 4)
      t.is(
        guest.imports.path_filestat_get(3, 0, page + 200, 12, page + 300),
        Errno.SUCCESS,
        'a path in a new page',
      )
      t.is(bytes.readBigUInt64LE(page + 332), BigInt(fs.statSync(`${root}package.json`).size))
      t.is(guest.imports.random_get(2 * page, page), Errno.SUCCESS)
      t.is(guest.imports.random_get(2 * page, page + 1), Errno.FAULT)
      await worker.terminate()
    },
  )

  test.serial(
    `memory may be any object with a buffer, which is read again after it was detached (${backend})`,
    t => {
      const memory = { buffer: new ArrayBuffer(100) }
      const guest = guestWith({ backend }, memory)
      t.is(guest.imports.clock_time_get(0, 0n, 92), Errno.SUCCESS)
      t.not(new DataView(memory.buffer).getBigUint64(92, true), 0n)
      t.is(guest.imports.clock_time_get(0, 0n, 93), Errno.FAULT)
      structuredClone(memory.buffer, { transfer: [memory.buffer] })
      memory.buffer = new ArrayBuffer(200)
      t.is(guest.imports.clock_time_get(0, 0n, 192), Errno.SUCCESS)
      t.not(new DataView(memory.buffer).getBigUint64(192, true), 0n)
    },
  )

  test.serial(
    `a detached memory is reported as the embedder’s error, and nothing is written (${backend})`,
    t => {
      const reported: UnexpectedError[] = []
      const memory = { buffer: new ArrayBuffer(100) }
      const guest = guestWith({ backend, onUnexpected: error => void reported.push(error) }, memory)
      structuredClone(memory.buffer, { transfer: [memory.buffer] })
      t.is(guest.imports.clock_time_get(0, 0n, 0), Errno.IO)
      t.is(guest.imports.random_get(0, 8), Errno.IO)
      t.deepEqual(
        reported.map(({ call }) => call),
        ['clock_time_get', 'random_get'],
      )
      t.true(reported[0].cause instanceof TypeError)
    },
  )

  test.serial(`every call throws before memory is bound (${backend})`, t => {
    const guest = createGuest({ version: 'preview1', backend })
    guests.push(guest)
    for (const call of ['fd_close', 'clock_time_get', 'sched_yield'] as const) {
      t.throws(() => guest.imports[call](1, 0n, 0), {
        code: 'ERR_WASI_NOT_STARTED',
        message: 'wasi.start() has not been called',
      })
    }
    guest.bind(new WebAssembly.Memory({ initial: 1 }))
    t.is(guest.imports.sched_yield(), Errno.SUCCESS)
  })
}

test('the result of a call is written to memory that grew during it', t => {
  const { call, wasm, view } = fake('fd_read', () => {
    wasm.grow(2)
    return 7
  })
  t.is(call(0, 0, 0, 0x11), Errno.SUCCESS)
  t.is(view().byteLength, 3 * page)
  t.is(view().getUint32(0x11, true), 7)
})

test('memory that grew during a failed call serves the next call', t => {
  const { call, wasm } = fake('fd_read', () => {
    if (wasm.buffer.byteLength === page) wasm.grow(1)
    return -Errno.AGAIN
  })
  t.is(call(0, 0, 0, 0), Errno.AGAIN)
  t.is(call(0, 0, 0, 2 * page - 4), Errno.AGAIN)
  t.is(call(0, 0, 0, 2 * page - 3), Errno.FAULT)
})

test('result pointers are validated before the hostcall is made', t => {
  let made = 0
  const { call } = fake('sock_recv', () => ++made)
  t.is(call(0, 0, 0, 0, page - 3, 0), Errno.FAULT)
  t.is(call(0, 0, 0, 0, 0, page - 1), Errno.FAULT)
  t.is(call(0, 0, 0, 0, undefined, 0), Errno.INVAL)
  t.is(call(0, 0, 0, 0, 0), Errno.INVAL)
  t.is(made, 0)
  t.is(call(0, 0, 0, 0, page - 4, page - 2), Errno.SUCCESS)
  t.is(made, 1)
})

test('arguments of every arity arrive lifted and in order', t => {
  // Has one call for each number of wasm values: pointers, sizes and flags as numbers, i64 as the
  // row says.
  const calls: readonly (readonly [HostcallName, args: unknown[], arrive: unknown[]])[] = [
    ['sched_yield', [], []],
    ['fd_close', [-1], [0xffffffff]],
    ['fd_filestat_set_size', [1, 2n ** 53n - 1n], [1, 2 ** 53 - 1]],
    ['fd_seek', [1, -5n, 2], [1, -5, 2]],
    ['fd_seek', [1, 2n ** 53n + 1n, 2], [1, 2 ** 53, 2]],
    ['fd_seek', [1, -(2n ** 63n), 2], [1, -(2 ** 53), 2]],
    ['fd_advise', [1, 2n ** 63n - 1n, 2n ** 53n, 4], [1, 2 ** 53, 2 ** 53, 4]],
    ['fd_advise', [1, 2n, 3n, 4], [1, 2, 3, 4]],
    ['path_symlink', [1, 2, 3, 4, 5], [1, 2, 3, 4, 5]],
    ['path_rename', [1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]],
    ['path_filestat_set_times', [1, 0, 3, 4, 5n, -1n, 7], [1, 0, 3, 4, 5n, -1n, 7]],
    ['path_open', [1, 1, 3, 4, 5, -1n, 6n, 8], [1, 1, 3, 4, 5, 2 ** 30 - 1, 6, 8]],
  ]
  for (const [name, args, arrive] of calls) {
    let arrived: unknown[] = []
    const { call } = fake(name, (_, ...lifted) => {
      arrived = lifted
      return 0
    })
    const results = table[name].results.map(() => 0)
    t.is(call(...args, ...results), Errno.SUCCESS, name)
    t.deepEqual(arrived, arrive, name)
  }
})

test('one argument too many is refused by every call', t => {
  for (const [name, { params, results }] of Object.entries(table) as [HostcallName, Row][]) {
    let made = 0
    const { call } = fake(name, () => made++)
    const wide: readonly Kind[] = [
      Kind.Size64,
      Kind.Delta64,
      Kind.Place64,
      Kind.Far64,
      Kind.Rights,
      Kind.Raw64,
    ]
    const args = params.flatMap(({ type: { kind } }) =>
      kind === Kind.List || kind === Kind.Path ? [0, 0] : [wide.includes(kind) ? 0n : 0],
    )
    args.push(...results.map(() => 0))
    t.is(call(...args, 0), Errno.INVAL, name)
    t.is(made, 0, name)
    t.is(call(...args), Errno.SUCCESS, name)
    t.is(made, 1, name)
  }
})

test('an i32 is accepted signed or unsigned, and refused beyond', t => {
  let arrived = -1
  const { call } = fake('fd_close', (_, fd) => {
    arrived = fd
    return 0
  })
  for (const [passed, lifted] of [
    [0x80000000, 0x80000000],
    [-0x80000000, 0x80000000],
    [-1, 0xffffffff],
    [0xffffffff, 0xffffffff],
  ]) {
    t.is(call(passed), Errno.SUCCESS)
    t.is(arrived, lifted)
  }
  for (const beyond of [2 ** 32, -(2 ** 31) - 1, 1 - 2 ** 32, -(2 ** 32), 2 ** 53])
    t.is(call(beyond), Errno.INVAL, `${beyond}`)
})

test('results of 64 bits are written whole', t => {
  const seek = fake('fd_seek', () => 2 ** 40 + 5)
  t.is(seek.call(0, 0n, 0, 0x11), Errno.SUCCESS)
  t.is(seek.view().getBigUint64(0x11, true), 2n ** 40n + 5n)
  const clock = fake('clock_res_get', ({ sys }) => {
    sys.block.time[0] = -1n
    return 0
  })
  t.is(clock.call(0, 0x11), Errno.SUCCESS)
  t.is(clock.view().getBigUint64(0x11, true), 2n ** 64n - 1n)
  const stat = fake('fd_fdstat_get', ({ sys }) => {
    sys.block.recordBytes.fill(0xab)
    return 0
  })
  t.is(stat.call(0, 0x11), Errno.SUCCESS)
  const bytes = new Uint8Array(stat.wasm.buffer)
  t.deepEqual(
    [bytes[0x10], ...bytes.slice(0x11, 0x29), bytes[0x29]],
    [0, ...Array(24).fill(0xab), 0],
  )
})

// Unexpected errors.

test('an unexpected host error is IO for the guest and reported with its cause', t => {
  const cause = Object.assign(new Error('ESTRANGE: odd, read'), {
    code: 'ESTRANGE',
    errno: -9999,
    syscall: 'read',
  })
  const { call, reported, view } = fake('fd_read', () => UNEXPECTED, { failure: () => cause })
  t.is(call(0, 0, 0, 0x10), Errno.IO)
  t.is(view().getUint32(0x10, true), 0, 'no result is written')
  t.is(reported.length, 1)
  t.true(reported[0] instanceof UnexpectedError)
  t.like(reported[0], { name: 'UnexpectedError', call: 'fd_read', errno: Errno.IO, code: 'EIO' })
  t.is(reported[0].cause, cause)
  t.is(reported[0].message, 'unexpected host error in fd_read: ESTRANGE: odd, read')
})

test('refusing twice throws one error, without the stack of the first time', t => {
  const errors = [Errno.NOSPC, Errno.NOSPC, Errno.STALE].map(errno =>
    t.throws(() => refuse(errno), { instanceOf: WASIError }),
  )
  t.is(errors[0], errors[1])
  t.deepEqual(
    errors.map(({ errno, code, stack }) => ({ errno, code, stack })),
    [
      { errno: Errno.NOSPC, code: 'ENOSPC', stack: 'WASIError: NOSPC' },
      { errno: Errno.NOSPC, code: 'ENOSPC', stack: 'WASIError: NOSPC' },
      { errno: Errno.STALE, code: 'ESTALE', stack: 'WASIError: STALE' },
    ],
  )
})

test('an exception from a hostcall is IO and reported; a WASIError is its errno and unreported', t => {
  const bug = new TypeError('a bug')
  const thrown: readonly (readonly [unknown, answer: number, causes: unknown[]])[] = [
    [bug, Errno.IO, [bug]],
    ['a string', Errno.IO, ['a string']],
    [undefined, Errno.IO, [undefined]],
    [new WASIError(Errno.NOENT), Errno.NOENT, []],
    [new WASIError(Errno.AGAIN, 'later'), Errno.AGAIN, []],
  ]
  for (const [what, answer, causes] of thrown) {
    const { call, reported } = fake('sched_yield', () => {
      throw what
    })
    t.is(call(), answer)
    t.deepEqual(
      reported.map(({ cause }) => cause),
      causes,
    )
  }
})

test('a stack overflow inside a hostcall traps the guest', t => {
  const { call, reported } = fake('sched_yield', () => {
    const deeper = (): number => deeper() + 1
    return deeper()
  })
  t.throws(call, { instanceOf: RangeError, message: /call stack/ })
  t.deepEqual(reported, [])
  const other = fake('sched_yield', () => new Array(-1).length)
  t.is(other.call(), Errno.IO, 'another RangeError is a bug')
  t.true(other.reported[0].cause instanceof RangeError)
})

test('proc_exit propagates through the gate', t => {
  const { call, reported } = fake('proc_exit', () => {
    throw new GuestExit(3)
  })
  t.is((t.throws(() => call(3), { any: true } as never) as unknown as GuestExit).exitCode, 3)
  t.deepEqual(reported, [])
})

test('an exception from onUnexpected ends the guest after one call', t => {
  for (const thrown of [new Error('enough'), new WASIError(Errno.NOENT)]) {
    for (const hostcall of [
      () => UNEXPECTED,
      () => {
        throw new Error('a bug')
      },
    ]) {
      let asked = 0
      const sys = {
        block: new Block(),
        bind() {},
        failure: () => new Error('odd'),
      } as unknown as Sys
      const memory = new GuestMemory(sys, limitsOf())
      memory.bind(new WebAssembly.Memory({ initial: 1 }))
      const { sched_yield } = gates(
        { sys, memory, verdict: new Verdict() } as Context,
        { ...hostcalls, sched_yield: hostcall },
        () => {
          asked++
          throw thrown
        },
      )
      t.is(t.throws(sched_yield), thrown)
      t.is(asked, 1)
    }
  }
})

test.serial('the channel wasi-common:unexpected receives unexpected errors', t => {
  const received: unknown[] = []
  const listener = (message: unknown): void => void received.push(message)
  diagnostics.subscribe('wasi-common:unexpected', listener)
  const cause = new Error('odd')
  const { call, reported } = fake('fd_sync', () => UNEXPECTED, { failure: () => cause })
  t.is(call(3), Errno.IO)
  diagnostics.unsubscribe('wasi-common:unexpected', listener)
  t.is(call(3), Errno.IO)
  t.deepEqual(received, [{ error: reported[0] }])
  t.is(reported.length, 2)
})

test('unexpected errors are printed in full with NODE_DEBUG=wasi-common, and not without', t => {
  const program = `
    import { gates } from '#lib/generated/imports.js'
    import { limitsOf } from '#lib/limits.js'
    import { GuestMemory } from '#lib/memory.js'
    import { Block } from '#lib/sys/block.js'
    import { UNEXPECTED } from '#lib/sys/sys.js'
    import { reporter } from '#lib/observe/report.js'
    import { Verdict } from '#lib/verdict.js'
    const cause = Object.assign(new Error('odd'), { code: 'ESTRANGE', errno: -9999, syscall: 'fsync', path: '/some/where' })
    const sys = { block: new Block(), bind() {}, failure: () => cause }
    const memory = new GuestMemory(sys, limitsOf())
    memory.bind(new WebAssembly.Memory({ initial: 1 }))
    const { fd_sync } = gates({ sys, memory, verdict: new Verdict() }, { fd_sync: () => UNEXPECTED }, reporter())
    console.log(fd_sync(3))`
  for (const [NODE_DEBUG, wanted] of [
    ['wasi-common', true],
    ['', false],
  ] as const) {
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: root,
      env: { ...process.env, NODE_DEBUG },
      encoding: 'utf8',
    })
    t.is(stdout, `${Errno.IO}\n`, stderr)
    if (wanted)
      for (const word of [
        'WASI-COMMON',
        'fd_sync',
        'ESTRANGE',
        '-9999',
        'fsync',
        '/some/where',
        'odd',
        'at ',
      ])
        t.true(stderr.includes(word), word)
    else t.is(stderr, '')
  }
})
