/**
 * An embedder that changes the memory between calls, makes calls in its hooks, or gives instances
 * that bite: a clear end, and nothing left open.
 */
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import test, { type ExecutionContext } from 'ava'
import { Errno, type ImportFunction, WASI, WASIError, type WASIOptions } from 'wasi-common'
import { backends, openDescriptors } from '../hostcalls/fixture.js'
import { assemble, call, drop, type Expression, store } from '../wasm.js'

const page = 65536
const version = 'preview1'
const bytesOf = ({ buffer }: WebAssembly.Memory): Buffer => Buffer.from(buffer)
const pages = (initial: number): WebAssembly.Memory => new WebAssembly.Memory({ initial })

function scratch(t: ExecutionContext): string {
  const folder = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-')))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A symbol that loaders of emnapi set, found by its description. */
const symbolOf = (wasi: WASI, description: string): symbol =>
  Object.getOwnPropertySymbols(wasi).find(symbol => symbol.description === description) as symbol
function setMemory(wasi: WASI, memory: unknown): void {
  const { [symbolOf(wasi, 'kSetMemory')]: set } = wasi as unknown as Record<
    symbol,
    (memory: unknown) => void
  >
  set(memory)
}

// The memory is another one from some call on.

for (const backend of backends) {
  test.serial(`a memory that was set serves every later call alone (${backend})`, t => {
    const folder = scratch(t)
    fs.writeFileSync(join(folder, 'in'), 'input')
    const stdin = fs.openSync(join(folder, 'in'), 'r')
    const before = openDescriptors()
    const wasi = new WASI({ version, backend, stdin, preopens: { '/': folder } })
    const { path_create_directory, fd_pread, random_get, args_sizes_get } = wasi.wasiImport
    const [first, second] = [pages(2), pages(1)]
    for (const [memory, name] of [
      [first, 'first'],
      [second, 'second'],
    ] as const) {
      bytesOf(memory).write(name, 0x100)
      bytesOf(memory).writeUInt32LE(0x200, 0x10)
      bytesOf(memory).writeUInt32LE(5, 0x14)
    }

    wasi.initialize({ exports: { memory: first } })
    t.is(path_create_directory(3, 0x100, 5), Errno.SUCCESS)
    t.is(random_get(page, 16), Errno.SUCCESS)
    const drawn = Buffer.from(bytesOf(first))

    setMemory(wasi, second)
    t.is(path_create_directory(3, 0x100, 6), Errno.SUCCESS, 'a path of the second one')
    t.is(fd_pread(0, 0x10, 1, 0n, 0x40), Errno.SUCCESS)
    t.is(bytesOf(second).toString('latin1', 0x200, 0x205), 'input', 'bytes of the host')
    t.is(bytesOf(second).readUInt32LE(0x40), 5, 'a result')
    t.is(random_get(page, 16), Errno.FAULT, 'the second one ends sooner')
    t.is(args_sizes_get(page, 0), Errno.FAULT)
    t.deepEqual(bytesOf(first), drawn, 'the first one is left alone')
    t.deepEqual(fs.readdirSync(folder).sort(), ['first', 'in', 'second'])

    for (const wrong of [
      undefined,
      null,
      1,
      {},
      new Proxy(first, {}),
      { buffer: new Uint8Array(8) },
    ]) {
      t.throws(() => setMemory(wasi, wrong), {
        instanceOf: TypeError,
        code: 'ERR_INVALID_ARG_TYPE',
      })
      second.grow(1)
      t.is(
        random_get(second.buffer.byteLength - 16, 16),
        Errno.SUCCESS,
        'the second one still serves',
      )
    }
    t.deepEqual(bytesOf(first), drawn)
    wasi.close()
    t.is(openDescriptors(), before)
    fs.closeSync(stdin)
  })

  test.serial(
    `finalizeBindings replaces the memory only of an instance that is not started (${backend})`,
    t => {
      const wasi = new WASI({ version, backend })
      const [first, second] = [pages(1), pages(2)]
      wasi.finalizeBindings({ exports: { memory: first } })
      t.throws(() => wasi.finalizeBindings({ exports: { memory: second } }), {
        code: 'ERR_WASI_ALREADY_STARTED',
      })
      t.is(wasi.wasiImport.random_get(page, 1), Errno.FAULT)
      Object.assign(wasi, { [symbolOf(wasi, 'kStarted')]: false })
      t.throws(() => wasi.finalizeBindings({ exports: {} }), { code: 'ERR_INVALID_ARG_TYPE' })
      t.is(wasi.wasiImport.random_get(0, 1), Errno.SUCCESS, 'the first one still serves')
      wasi.finalizeBindings({ exports: {} }, { memory: second })
      t.is(wasi.wasiImport.random_get(page, page), Errno.SUCCESS)
      t.is(wasi.wasiImport.random_get(page, page + 1), Errno.FAULT)
      wasi.close()
    },
  )

  test.serial(`a thousand memories each serve one call (${backend})`, t => {
    const wasi = new WASI({ version, backend, args: ['a', 'b'] })
    for (let round = 0; round < 1000; round++) {
      const memory = pages(1 + (round % 3))
      setMemory(wasi, memory)
      const end = memory.buffer.byteLength
      t.is(wasi.wasiImport.args_sizes_get(end - 8, end - 4), Errno.SUCCESS)
      t.deepEqual(
        [bytesOf(memory).readUInt32LE(end - 8), bytesOf(memory).readUInt32LE(end - 4)],
        [2, 4],
      )
    }
    wasi.close()
  })
}

// Hooks, which are called in the middle of a hostcall.

interface Hooked {
  readonly wasi: WASI
  readonly call: Readonly<Record<string, ImportFunction>>
  readonly instance: WebAssembly.Instance
  readonly memory: WebAssembly.Memory
  /** Two pages that no instance uses yet. */
  readonly other: WebAssembly.Memory
  readonly folder: string
}
/** A hook's action, its outcome, and its visible effect. */
interface Action {
  readonly act: (guest: Hooked) => void
  /** The answers to the guest's three calls, or its exit code, or the exception from `start`. */
  readonly comes: readonly Errno[] | number | RegExp
  readonly shows?: (t: ExecutionContext, guest: Hooked) => unknown
}
const { IO, FAULT, BADF, SUCCESS } = Errno
/** A call that meets an error of the host; one that needs a second page; one on the preopen. */
const body: readonly Expression[] = [
  ...[store(0x30, 0x2000), store(0x34, 16), store(0x38, 0x3f3f3f3f)],
  store(0x50, call('fd_read', 0, 0x30, 1, 0x38)),
  store(0x54, call('random_get', page, 16)),
  store(0x58, call('fd_filestat_get', 3, 0x100)),
]
const unwritten = (t: ExecutionContext, { memory }: Hooked): boolean =>
  t.is(bytesOf(memory).readUInt32LE(0x38), 0x3f3f3f3f)
const random = (t: ExecutionContext, memory: WebAssembly.Memory): boolean =>
  t.notDeepEqual(bytesOf(memory).subarray(page, page + 16), Buffer.alloc(16))

const actions: Readonly<Record<string, Action>> = {
  'does nothing': { act: () => {}, comes: [IO, FAULT, SUCCESS], shows: unwritten },
  'makes calls, itself and through the guest': {
    act({ call, memory, instance }) {
      const bytes = bytesOf(memory)
      bytes.write('new', 0x400)
      bytes.writeUInt32LE(0x400, 0x410)
      bytes.writeUInt32LE(3, 0x414)
      const opened = call.path_open(3, 0, 0x400, 3, 1, 0x40n, 0n, 0, 0x420)
      const fd = bytes.readUInt32LE(0x420)
      const { again } = instance.exports as Record<string, () => number>
      const answers = [
        opened,
        call.fd_write(fd, 0x410, 1, 0x424),
        call.fd_close(fd),
        again(),
        call.fd_close(fd),
      ]
      if (`${answers}` !== `${[SUCCESS, SUCCESS, SUCCESS, SUCCESS, BADF]}`)
        throw new Error(`answered ${answers}`)
    },
    comes: [IO, FAULT, SUCCESS],
    shows(t, guest) {
      t.is(fs.readFileSync(join(guest.folder, 'new'), 'utf8'), 'new')
      unwritten(t, guest)
    },
  },
  'grows the memory': {
    act: ({ memory }) => void memory.grow(1),
    comes: [IO, SUCCESS, SUCCESS],
    shows: (t, { memory }) => random(t, memory),
  },
  'sets another memory': {
    act: ({ wasi, other }) => setMemory(wasi, other),
    comes: [IO, SUCCESS, SUCCESS],
    shows(t, { memory, other }) {
      t.is(memory.buffer.byteLength, page)
      random(t, other)
    },
  },
  throws: {
    act() {
      throw new Error('mine')
    },
    comes: /^Error: mine$/,
  },
  'throws what a hostcall would': {
    act() {
      throw new WASIError(Errno.NOENT)
    },
    comes: /^WASIError: NOENT$/,
  },
  'closes the guest': { act: ({ wasi }) => wasi.close(), comes: [IO, FAULT, BADF] },
  'ends the guest': { act: ({ call }) => void call.proc_exit(9), comes: 9 },
  'starts the guest': {
    act: ({ wasi, instance }) => void wasi.start(instance),
    comes: /already started/,
  },
  'makes the same call, which calls it, and so on': {
    act: ({ call }) => void call.fd_read(0, 0x30, 1, 0x38),
    comes: /^RangeError: Maximum call stack/,
  },
}

/**
 * Calls `act` in the hook while the guest's first call is under way: once, or as often as the hook
 * is called in turn.
 */
function hooked(
  hook: 'trace' | 'onUnexpected',
  act: () => void,
  forEver: boolean,
): Partial<WASIOptions> {
  let left = forEver ? Number.POSITIVE_INFINITY : 1
  const once = (): void => {
    if (left-- > 0) act()
  }
  return hook === 'trace'
    ? { trace: line => void (line.startsWith('fd_read(') && once()) }
    : { onUnexpected: once }
}

for (const backend of backends)
  for (const hook of ['trace', 'onUnexpected'] as const)
    for (const [action, { act, comes, shows }] of Object.entries(actions)) {
      const title = `${hook} ${action} (${backend})`
      // Its first page is never there: that error has no word in WASI.
      const broken = '/proc/self/mem'
      if (!fs.existsSync(broken)) {
        test.skip(`${title} [there is no ${broken} to fail]`, () => {})
        continue
      }
      test.serial(title, t => {
        const folder = scratch(t)
        const stdin = fs.openSync(broken, 'r')
        const before = openDescriptors()
        const options = hooked(
          hook,
          () => act(guest),
          comes instanceof RegExp && comes.source.includes('stack'),
        )
        const wasi = new WASI({ version, backend, stdin, preopens: { '/': folder }, ...options })
        const again = { results: ['i32'] as const, body: [call('clock_time_get', 0, 0n, 0x80)] }
        const module = new WebAssembly.Module(assemble({ functions: { _start: { body }, again } }))
        const instance = new WebAssembly.Instance(module, wasi.getImportObject())
        const memory = instance.exports.memory as WebAssembly.Memory
        const guest: Hooked = {
          wasi,
          call: wasi.wasiImport,
          instance,
          memory,
          other: pages(2),
          folder,
        }

        if (comes instanceof RegExp) t.regex(String(t.throws(() => wasi.start(instance))), comes)
        else {
          t.is(wasi.start(instance), typeof comes === 'number' ? comes : 0)
          const answers = [0x50, 0x54, 0x58].map(at => bytesOf(memory).readUInt32LE(at))
          if (typeof comes !== 'number') t.deepEqual(answers, comes as number[])
        }
        shows?.(t, guest)
        const next = (): Errno => wasi.wasiImport.fd_filestat_get(3, 0x100)
        if (comes instanceof RegExp) t.regex(String(t.throws(next)), comes, 'an end is an end')
        else if (typeof comes === 'number') t.throws(next, { any: true } as object)
        else if (!action.startsWith('closes')) t.is(next(), SUCCESS, 'the host’s side goes on')
        wasi.close()
        t.is(openDescriptors(), before)
        fs.closeSync(stdin)
      })
    }

// Instances that are none, or that throw.

test.serial('an instance without memory throws from calls until it gets one', t => {
  for (const backend of backends) {
    const before = openDescriptors()
    const wasi = new WASI({ version, backend, preopens: { '/': '/' } })
    const module = new WebAssembly.Module(
      assemble({
        pages: 0,
        functions: { _start: { body: [call('proc_exit', call('sched_yield'))] } },
      }),
    )
    const instance = new WebAssembly.Instance(module, wasi.getImportObject())
    t.throws(instance.exports._start as () => void, { code: 'ERR_WASI_NOT_STARTED' })
    t.throws(() => wasi.start(instance), {
      code: 'ERR_INVALID_ARG_TYPE',
      message: /instance\.exports\.memory/,
    })
    t.throws(() => wasi.initialize(instance), {
      code: 'ERR_INVALID_ARG_TYPE',
      message: /instance\.exports\.memory/,
    })
    const { _start } = instance.exports
    t.is(wasi.start({ exports: { _start, memory: pages(1) } }), 0)
    wasi.close()
    t.is(openDescriptors(), before)
  }
})

test('exports behind a Proxy are each read once', t => {
  const wasi = new WASI({ version })
  const module = new WebAssembly.Module(
    assemble({ functions: { _start: { body: [call('proc_exit', 5)] } } }),
  )
  const instance = new WebAssembly.Instance(module, wasi.getImportObject())
  const read: unknown[] = []
  const exports = new Proxy(instance.exports, {
    get(target, name) {
      read.push(name)
      return Reflect.get(target, name)
    },
  })
  t.is(wasi.start({ exports }), 5)
  t.deepEqual(read, ['memory', '_start', '_initialize'])
})

/** An instance of which one property throws when it is read, by a getter or by a Proxy. */
function biting(name: string, how: 'getter' | 'Proxy'): object {
  const exports = { memory: pages(1), _start: undefined, _initialize: undefined }
  const bite = (): never => {
    throw new RangeError('mine')
  }
  const [of, rest] =
    name === 'exports'
      ? [{ exports }, (of: object) => of]
      : [exports, (exports: object) => ({ exports })]
  if (how === 'getter') return rest(Object.defineProperty(of, name, { get: bite }))
  return rest(
    new Proxy(of, { get: (target, key) => (key === name ? bite() : Reflect.get(target, key)) }),
  )
}
for (const how of ['getter', 'Proxy'] as const)
  for (const name of ['exports', 'memory', '_start', '_initialize']) {
    test.serial(
      `an exception from ${name}, by a ${how}, propagates unchanged and leaves nothing open`,
      t => {
        for (const method of ['start', 'initialize'] as const) {
          const before = openDescriptors()
          const wasi = new WASI({ version, preopens: { '/': '/' } })
          t.throws(() => wasi[method](biting(name, how)), {
            instanceOf: RangeError,
            message: 'mine',
          })
          const right = {
            exports: {
              memory: pages(1),
              [method === 'start' ? '_start' : '_initialize']: () => {},
            },
          }
          if (name === 'exports' || name === 'memory')
            t.notThrows(() => wasi[method](right), 'it was not started')
          else t.throws(() => wasi[method](right), { code: 'ERR_WASI_ALREADY_STARTED' })
          wasi.close()
          t.is(openDescriptors(), before)
        }
      },
    )
  }

// A worker that ends in the middle of a call.

const deaths: Readonly<Record<string, readonly [source: string, ...ends: readonly unknown[]]>> = {
  'its process.exit': ['process.exit(7)', 'no error', 7],
  'an error nobody catches': ["throw new Error('mine')", 'mine', 1],
}
for (const backend of backends)
  for (const [death, [source, ...ends]] of Object.entries(deaths)) {
    test.serial(
      `a worker that ends in a hook, by ${death}, closes its descriptors (${backend})`,
      async t => {
        const folder = scratch(t)
        const program = `import(${JSON.stringify(import.meta.resolve('wasi-common'))}).then(({ WASI }) => {
        const { workerData: { folder, backend, bytes } } = require('node:worker_threads')
        const all = Array.from({ length: 20 }, () => new WASI({ version: 'preview1', backend, preopens: { '/': folder } }))
        const trace = line => { if (line.startsWith('path_open(')) { ${source} } }
        const wasi = new WASI({ version: 'preview1', backend, preopens: { '/': folder }, trace })
        wasi.start(new WebAssembly.Instance(new WebAssembly.Module(bytes), wasi.getImportObject()))
        setInterval(() => all.length, 1000)
      })`
        const bytes = assemble({
          functions: {
            _start: { body: [drop(call('path_open', 3, 0, 0x40, 1, 2, 0n, 0n, 0, 0x60))] },
          },
          data: { 64: '.' },
        })
        const end = (): Promise<unknown[]> =>
          new Promise(resolve => {
            let said = 'no error'
            const worker = new Worker(program, {
              eval: true,
              workerData: { folder, backend, bytes },
            })
            worker.on('error', ({ message }) => {
              said = message
            })
            worker.on('exit', exits => resolve([said, exits]))
          })
        await end()
        const before = openDescriptors()
        for (let round = 0; round < 3; round++) t.deepEqual(await end(), ends as unknown[])
        t.true(!(openDescriptors() > before + 8), 'but for what node itself keeps')
      },
    )
  }
