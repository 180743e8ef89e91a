/**
 * The end of a guest: its exit code, the exception from proc_exit, the replacements that loaders
 * use, and the end of the process.
 */

import { fstatSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { trap } from '../../wasm.js'
import {
  type Any,
  commander,
  does,
  each,
  exits,
  make,
  type Probe,
  preview1,
  reactor,
  seen,
  symbol,
} from '../probe.js'

const goesOn = { ...preview1, returnOnExit: false }
/**
 * A caught exit. Its type is not observed, except that it is no Error, which some runtimes look
 * for.
 */
const caught = (act: () => unknown): unknown => {
  try {
    return act()
  } catch (thrown) {
    return [typeof thrown, thrown instanceof Error, String(thrown)]
  }
}

export const exit: readonly Probe[] = [
  ...[0, 1, 42, 255, 256, -1, 2 ** 31 - 1, -(2 ** 31)].map(code =>
    does(`exit: code ${code}`, wasi => wasi.start(exits(wasi, code))),
  ),
  does(
    'exit: code of an unstable guest',
    wasi => wasi.start(exits(wasi, 11, [], 'wasi_unstable')),
    { version: 'unstable' },
  ),
  does('exit: kExitCode', wasi => [wasi.start(exits(wasi, 9)), wasi[symbol(wasi, 'kExitCode')]]),
  does('exit: ends _start', wasi => wasi.start(exits(wasi, 3, [trap]))),
  does('exit: within initialize', wasi => {
    const { _start } = exits(wasi, 4).exports
    return caught(() => wasi.initialize(reactor({ _initialize: _start })))
  }),
  does('exit: from JavaScript, before start', wasi => [
    caught(() => wasi.wasiImport.proc_exit(4)),
    wasi[symbol(wasi, 'kExitCode')],
  ]),
  does('exit: from JavaScript', wasi => {
    wasi.initialize(reactor())
    return [caught(() => wasi.wasiImport.proc_exit(4)), wasi[symbol(wasi, 'kExitCode')]]
  }),
  does('exit: not caught as an Error', wasi =>
    wasi.start(
      commander({
        _start() {
          try {
            wasi.wasiImport.proc_exit(6)
          } catch (thrown) {
            if (!(thrown instanceof Error)) throw thrown
          }
        },
      }),
    ),
  ),
  does('exit: its throw swallowed', wasi =>
    wasi.start(commander({ _start: () => caught(() => wasi.wasiImport.proc_exit(6)) })),
  ),
  ...each<unknown>(
    { undefined: undefined, null: null, 'a string': 'x', '1.5': 1.5, '1n': 1n, '{}': {} },
    (label, code) =>
      does(`exit: code ${label} from JavaScript`, wasi =>
        wasi.start(commander({ _start: () => wasi.wasiImport.proc_exit(code) })),
      ),
  ),

  does('exit: proc_exit overwritten to throw', wasi => {
    const codes: number[] = []
    wasi.wasiImport.proc_exit = (code: number) => {
      codes.push(code)
      throw new RangeError('mine')
    }
    return [seen(() => wasi.start(exits(wasi, 7))), codes]
  }),
  does('exit: proc_exit overwritten to return', wasi => {
    const codes: number[] = []
    wasi.wasiImport.proc_exit = (code: number) => void codes.push(code)
    return [wasi.start(exits(wasi, 7)), codes]
  }),
  does('exit: proc_exit wrapped, called with another this', wasi => {
    const own = wasi.wasiImport.proc_exit
    wasi.wasiImport.proc_exit = (code: number) => own.call({}, code + 1)
    return wasi.start(exits(wasi, 7))
  }),
  does('exit: start wrapped', wasi => {
    const own = wasi.start
    wasi.start = function (instance: unknown): number {
      return own.call(this, instance) + 100
    }
    return [wasi.start(exits(wasi, 7)), Object.keys(wasi)]
  }),
]

const apart = (name: string, act: (WASI: Any, folder: string) => unknown): Probe => ({
  name: `process: ${name}`,
  run: act,
  apart: true,
})
const initialized = (WASI: Any, options: object = {}): Any => {
  const wasi = new WASI({ ...preview1, ...options })
  wasi.initialize(reactor())
  return wasi.wasiImport
}

/** Probes that concern the whole process, or can end it. */
export const processes: readonly Probe[] = [
  // First, since it takes longest: node:wasi keeps the lock of a descriptor when it refuses flags,
  // and waits for itself in the next call.
  apart('a call after one that was refused for its flags', (WASI, folder) => {
    const memory = new WebAssembly.Memory({ initial: 1 })
    const wasi = new WASI({ ...preview1, preopens: { '/': folder } })
    wasi.initialize({ exports: { memory } })
    const path = [0, Buffer.from('a.txt').copy(new Uint8Array(memory.buffer))]
    const refused = wasi.wasiImport.path_filestat_set_times(3, 0, ...path, 0n, 0n, 3)
    return [refused, wasi.wasiImport.path_filestat_get(3, 0, ...path, 64)]
  }),
  ...[0, 5, 256, -1].map(code =>
    apart(`code ${code}, returnOnExit false`, WASI => {
      const wasi = new WASI(goesOn)
      return wasi.start(exits(wasi, code))
    }),
  ),
  apart('exit listeners, returnOnExit false', WASI => {
    process.on('exit', code => console.log('exit', code))
    const wasi = new WASI(goesOn)
    return wasi.start(exits(wasi, 5))
  }),
  apart('exit listeners', WASI => {
    process.on('exit', code => console.log('exit', code))
    const wasi = new WASI(preview1)
    return wasi.start(exits(wasi, 5))
  }),
  apart('proc_exit of a string, returnOnExit false', WASI =>
    initialized(WASI, goesOn).proc_exit('x'),
  ),
  apart('proc_exit of nothing, returnOnExit false', WASI => initialized(WASI, goesOn).proc_exit()),
  apart('proc_exit before start, returnOnExit false', WASI =>
    new WASI(goesOn).wasiImport.proc_exit(3),
  ),
  apart('proc_raise(6)', WASI => {
    const wasi = new WASI(preview1)
    return wasi.start(commander({ _start: () => wasi.wasiImport.proc_raise(6) }))
  }),
  apart('sock_accept of no socket', WASI => initialized(WASI).sock_accept(0, 0, 0)),
  apart('sock_recv of no socket', WASI => initialized(WASI).sock_recv(0, 0, 0, 0, 16, 20)),
  apart("the host's standard error after fd_close(2)", WASI => {
    const errno = initialized(WASI).fd_close(2)
    return [errno, seen(() => fstatSync(2) && 'open')]
  }),
  apart('a hole in args', WASI => make(WASI, { ...preview1, args: Array(1) })),
  apart('warnings', async WASI => {
    const warnings: string[] = []
    process.on('warning', ({ name }) => warnings.push(name))
    new WASI(preview1)
    await new Promise(resolve => setTimeout(resolve, 20))
    return warnings
  }),
  apart('a shared memory that another thread grew', WASI => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true })
    const wasi = new WASI(preview1)
    wasi.initialize({ exports: { memory } })
    const before = wasi.wasiImport.random_get(8, 4)
    const program = `const { workerData: memory } = require('node:worker_threads')
      memory.grow(1)
      Atomics.store(new Int32Array(memory.buffer), 0, 1)
      Atomics.notify(new Int32Array(memory.buffer), 0)`
    new Worker(program, { eval: true, workerData: memory })
    // This thread does not return to its event loop in between, so the event loop does not report
    // the growth.
    return [
      before,
      Atomics.wait(new Int32Array(memory.buffer), 0, 0, 4_000) !== 'timed-out',
      wasi.wasiImport.random_get(65536, 4),
    ]
  }),
]
