/**
 * class WASI used from a realm of node:vm: its options, module, instance, memory and exports all
 * belong to that realm.
 */
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import vm from 'node:vm'
import test, { type ExecutionContext } from 'ava'
import { createGuest, MemoryFiles, Pool, run, WASI } from 'wasi-common'
import { isStackOverflow, uncaught } from '#lib/errors.js'
import { serializeError } from '#lib/run/worker/messages.js'
import { call, command, drop, forever, load, store, write } from '../wasm.js'

const backends = ['native', 'typescript'] as const

/**
 * Opens `f` below the first preopen, copies it and all arguments to standard output, and exits with
 * 7.
 */
const program = command([
  ...[store(0x400, 0x66), drop(call('path_open', 3, 0, 0x400, 1, 0, 2n, 0n, 0, 0x40))],
  ...[
    store(0x30, 0x2000),
    store(0x34, 0x100),
    drop(call('fd_read', load(0x40), 0x30, 1, 0x38)),
    ...write(1, 0x2000, load(0x38)),
  ],
  ...[
    drop(call('args_sizes_get', 0x10, 0x14)),
    drop(call('args_get', 0x100, 0x1000)),
    ...write(1, 0x1000, load(0x14)),
  ],
  ...[
    drop(call('environ_sizes_get', 0x10, 0x14)),
    drop(call('environ_get', 0x100, 0x1000)),
    ...write(1, 0x1000, load(0x14)),
  ],
  call('proc_exit', 7),
])

/** Prints `hi` from a memory that it imports and exports. */
const importing = command([store(0x100, 0x6968), ...write(1, 0x100, 2)], {
  imports: { 'env.memory': 'memory' },
})

/** A realm whose globals are its own, with the folder and the program. */
function realm(t: ExecutionContext, more: object = {}) {
  const folder = fs.mkdtempSync(join(fs.realpathSync(os.tmpdir()), 'wasi-common-'))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  fs.writeFileSync(join(folder, 'f'), 'file ')
  const output: string[] = []
  const context = vm.createContext({
    WASI,
    createGuest,
    MemoryFiles,
    folder,
    program,
    print: (text: string) => output.push(text),
    ...more,
  })
  return {
    evaluate: (code: string): unknown => vm.runInContext(`'use strict';${code}`, context),
    output,
    folder,
  }
}

for (const backend of backends) {
  test(`a command whose options and instance are of another realm runs (${backend})`, t => {
    const { evaluate, output } = realm(t, { backend })
    const code = evaluate(`
      const wasi = new WASI({
        version: 'preview1', backend, args: ['p', 'é'], env: { NAME: 'value' }, preopens: { '/': folder },
        stdout: bytes => print(String.fromCharCode(...bytes)),
      })
      const module = new WebAssembly.Module(Uint8Array.from(program))
      const instance = new WebAssembly.Instance(module, wasi.getImportObject())
      if (instance.exports.memory instanceof WebAssembly.Memory === false) throw new Error('the memory is of this realm')
      const code = wasi.start(instance)
      wasi.close()
      code`)
    t.is(code, 7)
    t.is(output.join(''), `file p\0${Buffer.from('é').toString('latin1')}\0NAME=value\0`)
  })

  test(`instantiate takes bytes and modules of another realm (${backend})`, t => {
    const { evaluate, output } = realm(t, { backend })
    const codes = evaluate(`
      const codes = []
      for (const make of [() => Uint8Array.from(program), () => Uint8Array.from(program).buffer, () => new WebAssembly.Module(Uint8Array.from(program))]) {
        const wasi = new WASI({ version: 'preview1', backend, preopens: { '/': folder }, stdout: bytes => print(String.fromCharCode(...bytes)) })
        codes.push(wasi.start(wasi.instantiate(make())))
        wasi.close()
      }
      codes.join()`)
    t.is(codes, '7,7,7')
    t.is(output.join(''), 'file '.repeat(3))
  })

  test(`files in memory take bytes of another realm (${backend})`, t => {
    const { evaluate, output } = realm(t, { backend })
    const code = evaluate(`
      const files = new MemoryFiles({ f: Uint8Array.from([109, 101, 109]) })
      files.writeFile('g', Uint8Array.from([103]))
      print(files.readFile('g', 'utf8') + ' ')
      const guest = createGuest({ version: 'preview1', backend, preopens: { '/': { files } }, stdout: bytes => print(String.fromCharCode(...bytes)) })
      const instance = guest.instantiate(Uint8Array.from(program))
      const code = guest.run(() => instance.exports._start())
      guest.close()
      code`)
    t.is(code, 7)
    t.is(output.join(''), 'g mem')
  })

  test(`instantiate binds a memory of another realm that the module imports and exports (${backend})`, t => {
    const { evaluate, output } = realm(t, { backend, importing })
    evaluate(`
      const memory = new WebAssembly.Memory({ initial: 1 })
      const guest = createGuest({ version: 'preview1', backend, stdout: bytes => print(String.fromCharCode(...bytes)) })
      const instance = guest.instantiate(Uint8Array.from(importing), { env: { memory } })
      if (instance.exports.memory !== memory) throw new Error('another memory')
      guest.run(() => instance.exports._start())
      guest.close()`)
    t.is(output.join(''), 'hi')
  })
}

test('run and Pool take bytes and modules of another realm', async t => {
  const { evaluate } = realm(t, { run, Pool })
  const outcome = await evaluate(`(async () => {
    const options = { preopens: { '/': folder }, args: ['a'] }
    const pool = new Pool({ size: 1 })
    const outcomes = []
    for (const source of [Uint8Array.from(program), new WebAssembly.Module(Uint8Array.from(program))]) {
      for (const { exitCode, stdout } of [await run(source, options), await pool.run(source, options)]) outcomes.push(exitCode + stdout.toString())
    }
    await pool.close()
    return outcomes.join()
  })()`)
  t.is(outcome, Array(4).fill('7file a\0').join())
})

test('a process refuses a module of another realm as it refuses one of this realm', async t => {
  const { evaluate } = realm(t, { run })
  const error = (code: string) =>
    evaluate(
      `(async () => { try { await run(${code}, { isolation: 'process' }) } catch (error) { return error.message } })()`,
    )
  t.regex(
    String(await error('new WebAssembly.Module(Uint8Array.from(program))')),
    /"source" argument must be a path, a file: URL or the bytes of a module where options\.isolation is 'process'/,
  )
})

test('a mistake in options of another realm is the same error with the same code', t => {
  const { evaluate } = realm(t)
  for (const [options, code] of [
    ["{ version: 'preview1', args: 'x' }", 'ERR_INVALID_ARG_TYPE'],
    ["{ version: 'preview1', preopens: [] }", undefined],
    ['{}', 'ERR_INVALID_ARG_TYPE'],
    ["{ version: 'preview1', preopens: { '/': folder + '/absent' } }", 'UVWASI_ENOENT'],
  ] as const) {
    const theirs = evaluate(
      `try { new WASI(${options}); 'taken' } catch (error) { error.code + ' ' + error.message.replaceAll(folder, '') }`,
    )
    const { folder } = realm(t)
    let ours: unknown = 'taken'
    try {
      new WASI(vm.runInThisContext(`(folder => (${options}))`)(folder))
    } catch (error) {
      ours = `${(error as NodeJS.ErrnoException).code} ${(error as Error).message.replaceAll(folder, '')}`
    }
    t.is(theirs, ours, options)
    if (code !== undefined) t.true(String(theirs).startsWith(code), `${theirs}`)
  }
})

for (const backend of backends) {
  test(`an error of another realm thrown by a hook is reported with its message (${backend})`, t => {
    const unexpected: string[] = []
    const { evaluate } = realm(t, {
      backend,
      reported: (message: string) => unexpected.push(message),
    })
    evaluate(`
      const guest = createGuest({
        version: 'preview1', backend, preopens: { '/': folder },
        stdout: () => { throw new TypeError('no room') },
        onUnexpected: error => void reported(error.message),
      })
      const instance = guest.instantiate(Uint8Array.from(program))
      guest.run(() => instance.exports._start())
      guest.close()`)
    t.true(unexpected.length > 0)
    for (const message of unexpected) t.is(message, 'unexpected host error in fd_write: no room')
  })

  test(`a stack overflow in a function of another realm traps the guest (${backend})`, t => {
    const unexpected: string[] = []
    const { evaluate } = realm(t, {
      backend,
      reported: (message: string) => unexpected.push(message),
    })
    const caught = evaluate(`
      const guest = createGuest({
        version: 'preview1', backend, preopens: { '/': folder },
        stdout: function recurse() { return 1 + recurse() },
        onUnexpected: error => void reported(error.message),
      })
      const instance = guest.instantiate(Uint8Array.from(program))
      let caught
      try { guest.run(() => instance.exports._start()) } catch (error) { caught = error.name + ': ' + (error instanceof RangeError) }
      guest.close()
      caught`)
    t.is(caught, 'RangeError: true', 'the very one of that realm')
    t.deepEqual(unexpected, [])
  })
}

test('a preopen accepts a URL of another realm, such as jsdom’s', t => {
  const { evaluate, output, folder } = realm(t)
  fs.writeFileSync(join(folder, 'f'), 'by URL ')
  const code = evaluate(`
    class URL {
      #href
      constructor(href) { this.#href = href }
      get href() { return this.#href }
      get protocol() { return 'file:' }
    }
    const wasi = new WASI({ version: 'preview1', preopens: { '/': new URL('file://' + folder) }, stdout: bytes => print(String.fromCharCode(...bytes)) })
    const code = wasi.start(wasi.instantiate(Uint8Array.from(program)))
    wasi.close()
    code`)
  t.is(code, 7)
  t.is(output.join('').slice(0, 7), 'by URL ')
})

test('a signal of another realm ends runs and queued runs of a Pool, and a fake one is refused', async t => {
  const { evaluate } = realm(t, { run, Pool, spin: command([forever]) })
  const signals = `
    class Signal {
      aborted = false
      reason = undefined
      #listeners = new Set()
      addEventListener(type, listener) { this.#listeners.add(listener) }
      removeEventListener(type, listener) { this.#listeners.delete(listener) }
      abort(reason) {
        this.aborted = true
        this.reason = reason
        for (const listener of [...this.#listeners]) listener({ type: 'abort', target: this })
      }
      get listeners() { return this.#listeners.size }
    }
    const reasonOf = async promise => { try { await promise; return 'ended' } catch (error) { return error.cause ?? error } }
  `
  const reasons = await evaluate(`(async () => {
    ${signals}
    const signal = new Signal()
    const late = new Signal()
    late.abort('before')
    const pool = new Pool({ size: 1 })
    const bytes = Uint8Array.from(spin)
    const runs = [run(bytes, { signal }), pool.run(bytes, { signal }), pool.run(bytes, { signal })].map(reasonOf)
    const early = [run(bytes, { signal: late }), pool.run(bytes, { signal: late })].map(reasonOf)
    const all = await Promise.all(early)
    signal.abort('enough')
    all.push(...(await Promise.all(runs)))
    await pool.close()
    return [...all, signal.listeners + late.listeners].join()
  })()`)
  t.is(reasons, 'before,before,enough,enough,enough,0')
  for (const none of [
    "'signal'",
    'null',
    '{}',
    '{ aborted: false }',
    '{ aborted: false, addEventListener() {} }',
    '() => {}',
  ]) {
    const refused = await evaluate(
      `(async () => { ${signals} return (await reasonOf(run(Uint8Array.from(spin), { signal: ${none} }))).code })()`,
    )
    t.is(refused, 'ERR_INVALID_ARG_TYPE', none)
  }
})

test('an error of any realm keeps its message, code and name on its way from a worker', t => {
  const { evaluate } = realm(t)
  const error = evaluate("Object.assign(new RangeError('theirs'), { code: 'ERR_THEIRS' })")
  t.is(uncaught(error), error as Error)
  t.deepEqual(
    { ...serializeError(error), stack: '' },
    { name: 'RangeError', message: 'theirs', stack: '', more: { code: 'ERR_THEIRS' } },
  )
  for (const other of ['Error', 'TypeError'])
    t.false(isStackOverflow(evaluate(`new ${other}('Maximum call stack size exceeded')`)))
  const exception = evaluate(
    'new WebAssembly.Exception(new WebAssembly.Tag({ parameters: [] }), [])',
  )
  t.is(uncaught(exception).message, 'the guest threw an uncaught WebAssembly exception')
  for (const thrown of [
    evaluate("({ name: 'Error', message: 'no error' })"),
    1,
    undefined,
    Object.create(WebAssembly.Exception.prototype),
  ]) {
    t.notRegex(uncaught(thrown).message, /WebAssembly exception/)
  }
})
