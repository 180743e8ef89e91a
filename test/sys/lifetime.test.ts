/**
 * The life of a backend by the addon: collection once it is unreachable, and the error without an
 * addon.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import test from 'ava'
import { addonFile, openNative } from '#lib/sys/native/sys.js'
import { openDescriptors, resultOf } from './fixture.js'

const native = import.meta.resolve('#lib/sys/native/sys.js')
const typescript = import.meta.resolve('#lib/sys/typescript/sys.js')
/** Runs a module in a process of its own; what it printed. */
function run(flags: string[], source: string) {
  const result = spawnSync(process.execPath, [...flags, '--input-type=module', '-e', source], {
    encoding: 'utf8',
  })
  return result.status === 0
    ? result.stdout.trim()
    : `${result.status ?? result.signal}: ${result.stderr}`
}

const makers = {
  native: `import { openNative } from ${JSON.stringify(native)}; const make = () => openNative()`,
  typescript: `import { TypescriptSys } from ${JSON.stringify(typescript)}; const make = () => new TypescriptSys()`,
}
for (const [name, maker] of Object.entries(makers))
  test(`10,000 unreachable backends close their descriptors (${name})`, t => {
    const source = `${maker}
    import { readdirSync } from 'node:fs'
    const count = () => readdirSync('/dev/fd').length
    const before = count()
    for (let round = 0; round < 100; round++) {
      for (let index = 0; index < 100; index++) {
        const sys = make()
        sys.bind(new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer))
        sys.preopen('/')
      }
      gc()
      await new Promise(done => setTimeout(done))
    }
    for (let round = 0; round < 50 && count() > before; round++) {
      gc()
      await new Promise(done => setTimeout(done, 10))
    }
    console.log(count() - before)`
    // A register of the interpreter may still refer to the last one.
    const left = run(['--expose-gc'], source)
    t.true(Number(left) < 10, left)
  })

test('hosts that are disposed of, or unreachable, are gone from the addon', t => {
  const source = `
    import { liveHosts, openNative } from ${JSON.stringify(native)}
    const counts = []
    for (let round = 0; round < 20; round++) {
      const all = Array.from({ length: 500 }, () => openNative({ together: round % 2 === 0 }))
      if (round === 0) counts.push(liveHosts())
      for (const sys of all.slice(0, 250)) sys.dispose()
      if (round === 0) counts.push(liveHosts())
      all.length = 0
      gc()
      await new Promise(done => setTimeout(done))
    }
    for (let round = 0; round < 100 && liveHosts() > 10; round++) {
      gc()
      await new Promise(done => setTimeout(done, 10))
    }
    // A register of the interpreter may still refer to the last ones.
    console.log(...counts, liveHosts() <= 10)`
  t.is(run(['--expose-gc'], source), '500 250 true')
})

test.serial('dispose closes every descriptor once, and later calls return BADF', t => {
  const before = openDescriptors()
  const sys = openNative()
  const dir = sys.preopen(os.tmpdir())
  t.is(resultOf(sys.filestat(dir)), 0)
  sys.dispose()
  t.is(openDescriptors(), before)
  // Whoever comes next has the place of the one that is gone.
  const other = openNative()
  other.preopen(os.tmpdir())
  sys.dispose()
  t.is(resultOf(sys.filestat(dir)), 'BADF')
  t.is(resultOf(other.filestat(dir)), 0)
  other.dispose()
})

test.serial('a worker that ends closes its descriptors', async t => {
  const source = `
    import(${JSON.stringify(native)}).then(({ openNative }) => {
      const { parentPort } = require('node:worker_threads')
      const all = Array.from({ length: 10 }, () => openNative())
      for (const sys of all) sys.preopen('/')
      parentPort.postMessage(all.map(sys => sys.filestat(0)))
      setInterval(() => all.length, 1000)
    })`
  const before = openDescriptors()
  await Promise.all(
    [1, 2, 3].map(async () => {
      const worker = new Worker(source, { eval: true })
      const answers = await new Promise((resolve, reject) =>
        worker.once('message', resolve).once('error', reject),
      )
      t.deepEqual(answers, Array(10).fill(0))
      await worker.terminate()
    }),
  )
  t.true(openDescriptors() <= before + 2, 'but for what node itself keeps')
})

test.serial('a worker that sleeps is terminated', async t => {
  const source = `
    import(${JSON.stringify(native)}).then(({ openNative }) => {
      require('node:worker_threads').parentPort.postMessage('sleeping')
      openNative().poll(0, 3600e9)
    })`
  const worker = new Worker(source, { eval: true })
  await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
  const ended = await Promise.race([
    worker.terminate(),
    new Promise(done => setTimeout(done, 20_000, 'still asleep').unref()),
  ])
  t.is(ended, 1)
})

/**
 * Uses of the addon `a` with a host `i` and its listener `l`. All of its functions are called without
 * arguments as well.
 */
const uses = [
  'dlopen({ exports: {} }, file)',
  'a.create(undefined, false, 0)',
  'a.create(block, false, 0)',
  'a.share(i)',
  'a.bind(i, memory)',
  'a.failure(i)',
  "a.preopen(i, '/')",
  'a.adopt(i, 0)',
  "a.listen(i, '127.0.0.1', 0)",
  'a.listening(i, l)',
  'a.resolver(i)',
  'a.dispose(i)',
]
test('a worker is terminated during any call of the addon, and its process goes on', t => {
  const addon = createRequire(import.meta.url)(addonFile()) as Record<string, unknown>
  // `exit` is there to end the process.
  const names = Object.keys(addon).filter(
    name => typeof addon[name] === 'function' && name !== 'exit',
  )
  t.true(names.length > 40)
  const calls = [...uses, ...names.map(name => `a.${name}()`)]
  // In a worker, `reallyExit` asks V8 to terminate. V8 does so when JavaScript next calls a function
  // of JavaScript, so a call of the addon right after it is one of a terminating environment.
  const inWorker = `
    const file = ${JSON.stringify(addonFile())}
    const module = { exports: {} }
    const { dlopen } = process
    dlopen(module, file)
    const a = module.exports
    const i = a.create(undefined, false, 0)
    const l = a.listen(i, '127.0.0.1', 0)
    const block = new ArrayBuffer(a.block.byteLength)
    const memory = new Uint8Array(64)
    process.reallyExit(7); CALL
    require('node:fs').writeSync(1, 'it went on\\n')`
  const source = `
    import { Worker } from 'node:worker_threads'
    const codes = []
    for (const call of ${JSON.stringify(calls)}) {
      const worker = new Worker(${JSON.stringify(inWorker)}.replace('CALL', () => call), { eval: true })
      codes.push(await new Promise((done, failed) => worker.on('exit', done).on('error', failed)))
    }
    console.log(codes.join(' '))`
  t.is(run([], source), calls.fill('7').join(' '))
})

test('the error without an addon says how to proceed', t => {
  const addon = join(os.tmpdir(), 'no-such-folder', 'wasi_common.node')
  const error = t.throws(() => openNative({ addon }), {
    code: 'ERR_WASI_ADDON_UNAVAILABLE',
  } as object)
  for (const part of [addon, 'scripts/build-native.js', "backend: 'typescript'"])
    t.true(error?.message.includes(part), part)
})

test('a file that is no addon is refused by name', t => {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  const addon = join(folder, 'wasi_common.node')
  fs.writeFileSync(addon, 'nonsense')
  t.throws(() => openNative({ addon }), { code: 'ERR_WASI_ADDON_UNAVAILABLE' } as object)
  fs.rmSync(folder, { recursive: true })
})

test('a path with a NUL is refused, not cut', t => {
  const sys = openNative()
  t.throws(() => sys.preopen(`${os.tmpdir()}\0/x`), { code: 'EINVAL' } as object)
  sys.dispose()
})
