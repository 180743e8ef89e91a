/** Sources of modules at every door: paths, `file:` URLs, bytes and modules; and what is none. */
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runInNewContext } from 'node:vm'
import test, { type ExecutionContext } from 'ava'
import { createGuest, type GuestSource, Pool, RunError, run, WASI } from 'wasi-common'
import { missing } from '../os-sandbox/fixture.js'
import { scratch } from '../programs/cli.js'
import { call, command } from '../wasm.js'

const bytes = command([call('proc_exit', 7)])
const version = 'preview1'
type Open = (source: GuestSource) => Promise<number>
const pooled: Open = async source => {
  await using pool = new Pool({ size: 1 })
  return (await pool.run(source)).exitCode
}
const doors: Readonly<Record<string, Open>> = {
  async 'class WASI'(source) {
    using wasi = new WASI({ version, stdin: 'ignore' })
    return wasi.start(wasi.instantiate(source))
  },
  async createGuest(source) {
    using guest = createGuest({ version, stdin: 'ignore' })
    return guest.run(() => guest.instantiate(source).exports._start())
  },
  run: async source => (await run(source)).exitCode,
  Pool: pooled,
  ...(missing === undefined && {
    process: async (source: GuestSource) => (await run(source, { isolation: 'process' })).exitCode,
  }),
}

/** The error of the file, which `run` and Pool have as the cause of theirs. */
const hostErrorOf = (error: Error | undefined): Error | undefined =>
  error instanceof RunError ? (error.cause as Error) : error

/** A folder with the module, whose name a URL escapes. */
function module(t: ExecutionContext): string {
  const file = join(scratch(t), 'a b#é%.wasm')
  fs.writeFileSync(file, bytes)
  return file
}

for (const [door, open] of Object.entries(doors)) {
  test(`${door}: a path, a file: URL, its text, and bytes are sources`, async t => {
    const file = module(t)
    const url = pathToFileURL(file)
    const sources: GuestSource[] = [
      file,
      url,
      url.href,
      runInNewContext('new URL(href)', { URL, href: url.href }) as URL,
      bytes,
      Uint8Array.from(bytes).buffer,
      new DataView(Uint8Array.from(bytes).buffer),
    ]
    for (const source of sources) t.is(await open(source), 7)
  })

  test(`${door}: a file that cannot be read is an error with the host's code and the path`, async t => {
    const folder = scratch(t)
    const path = join(folder, 'none\n.wasm')
    const error = await t.throwsAsync(open(path))
    t.is((error as NodeJS.ErrnoException).code, 'ENOENT')
    t.like(hostErrorOf(error), { code: 'ENOENT', path, syscall: 'open' })
    t.is(
      error?.message,
      `source: cannot read '${folder}/none\\n.wasm': ENOENT: no such file or directory`,
    )
    await t.throwsAsync(open(pathToFileURL(path)), { code: 'ENOENT' })
    await t.throwsAsync(open('x'.repeat(5000)), { code: 'ENAMETOOLONG' })
  })

  test(`${door}: a directory, a device and a pipe are refused without a read`, async t => {
    const folder = scratch(t)
    const kinds = [[folder, 'a directory']]
    if (process.platform !== 'win32') {
      execFileSync('mkfifo', [join(folder, 'pipe')])
      kinds.push(['/dev/zero', 'a device'], [join(folder, 'pipe'), 'a pipe'])
    }
    for (const [path, kind] of kinds)
      await t.throwsAsync(open(path), {
        code: 'ERR_WASI_SOURCE',
        message: `source '${path}' must be a regular file, and is ${kind}`,
      })
  })

  test(`${door}: a file that is no module is named, with a hint`, async t => {
    const file = join(scratch(t), 'program')
    for (const [content, why] of [
      ['', 'the file is empty'],
      ['\0as', 'it begins with the bytes 006173, not 0061736d'],
      ['#!/bin/sh', 'it begins with the bytes 23212f62, not 0061736d'],
      ['(module)', 'this looks like WebAssembly text: compile it with wat2wasm (wabt)'],
    ]) {
      fs.writeFileSync(file, content)
      const error = hostErrorOf(await t.throwsAsync(open(file)))
      t.is(error?.name, 'CompileError')
      t.is(error?.message, `source '${file}' is not a WebAssembly module: ${why}`)
    }
    fs.writeFileSync(file, bytes.subarray(0, bytes.length - 1))
    const rest = hostErrorOf(await t.throwsAsync(open(file)))
    t.is(rest?.name, 'CompileError', 'the compiler reads the rest')
  })

  test(`${door}: of a huge file that is no module only the beginning is read`, async t => {
    const file = join(scratch(t), 'huge')
    fs.writeFileSync(file, 'no module')
    fs.truncateSync(file, 2 ** 40)
    await t.throwsAsync(open(file), { message: /it begins with the bytes 6e6f206d/ })
    fs.writeFileSync(file, Uint8Array.of(0, 0x61, 0x73, 0x6d))
    fs.truncateSync(file, 2 ** 30 + 1)
    await t.throwsAsync(open(file), {
      code: 'ERR_WASI_SOURCE',
      message: `source '${file}' has more than 1073741824 bytes, the most of a module`,
    })
  })

  test(`${door}: the error for what is no source lists what is one`, async t => {
    const accepted = 'a path, a file: URL, an ArrayBuffer or a view of one, or a WebAssembly.Module'
    const wrong: readonly (readonly [unknown, string, RegExp])[] = [
      [null, 'ERR_INVALID_ARG_TYPE', /Received null$/],
      [5, 'ERR_INVALID_ARG_TYPE', /Received type number \(5\)$/],
      [{}, 'ERR_INVALID_ARG_TYPE', /Received an instance of Object$/],
      [Promise.resolve(bytes), 'ERR_INVALID_ARG_TYPE', /; await the promise\. Received/],
      [new URL('https://example.org/a.wasm'), 'ERR_INVALID_ARG_VALUE', /'https:/],
      ['https://example.org/a.wasm', 'ERR_INVALID_ARG_VALUE', /'https:/],
      ['data:application/wasm;base64,AGFzbQ==', 'ERR_INVALID_ARG_VALUE', /'data:/],
      ['(module (func))', 'ERR_INVALID_ARG_VALUE', /looks like WebAssembly text/],
      ['', 'ERR_INVALID_ARG_VALUE', /it is empty/],
    ]
    for (const [source, code, message] of wrong) {
      const error = await t.throwsAsync(open(source as never), { instanceOf: TypeError, message })
      t.is((error as NodeJS.ErrnoException).code, code)
      t.true(error?.message.includes(` must be ${accepted}`), error?.message)
    }
    for (const source of ['a\0b', 'file:///a%00b', new URL('file:///a%00b')])
      await t.throwsAsync(open(source), {
        code: 'ERR_INVALID_ARG_VALUE',
        message: /^The argument 'source' must not contain NUL characters/,
      })
  })
}

test('a relative path begins at the working directory of the call', async t => {
  const folder = scratch(t)
  fs.writeFileSync(join(folder, 'program.wasm'), bytes)
  const script = `
    import { Pool, run } from ${JSON.stringify(import.meta.resolve('wasi-common'))}
    process.chdir(${JSON.stringify(folder)})
    const pool = new Pool({ size: 1 })
    const all = [run('program.wasm'), pool.run('./program.wasm'), pool.run('program.wasm')]
    process.chdir('/')
    console.log(...(await Promise.all(all)).map(({ exitCode }) => exitCode))
    await pool.close()`
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', script],
    { encoding: 'utf8' },
  )
  t.is(stdout, '7 7 7\n', stderr)
})

test('a compiled module is a source, except of a guest in a process', async t => {
  const compiled = new WebAssembly.Module(bytes)
  for (const [door, open] of Object.entries(doors))
    if (door === 'process')
      await t.throwsAsync(open(compiled), {
        code: 'ERR_INVALID_ARG_TYPE',
        message: /must be a path, a file: URL or the bytes of a module where options\.isolation/,
      })
    else t.is(await open(compiled), 7)
})

test('options are checked before the file is read', async t => {
  const error = { message: /options\.timeout/ }
  const pool = new Pool({ size: 1 })
  await t.throwsAsync(run('/none', { timeout: 0 }), error)
  await t.throwsAsync(run('/none', { timeout: 0, isolation: 'process' }), error)
  await t.throwsAsync(pool.run('/none', { timeout: 0 }), error)
  await pool.close()
})

test('a run that ends while its file is read has left its input', async t => {
  let left = 0
  const stdin = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<never>(() => {}),
      async return() {
        left++
        return { done: true, value: undefined } as const
      },
    }),
  }
  await t.throwsAsync(run('/none', { stdin }), { code: 'ENOENT' })
  t.is(left, 1)
  if (missing !== undefined) return
  await t.throwsAsync(run('/none', { stdin, isolation: 'process' }), { code: 'ENOENT' })
  t.is(left, 2)
})

test('bytes may change as soon as run was called', async t => {
  const source = Uint8Array.from(bytes)
  const running = run(source)
  source.fill(0)
  t.is((await running).exitCode, 7)
})

test("under Node's permission model a file that may not be read is ERR_ACCESS_DENIED, with its path", t => {
  const file = module(t)
  const library = import.meta.resolve('#bundle/index.mjs')
  const script = `
    import { createGuest, run } from ${JSON.stringify(library)}
    const guest = createGuest({ version: 'preview1', backend: 'typescript' })
    try { guest.instantiate(${JSON.stringify(file)}) } catch (error) { console.log(error.code, error.path) }
    await run(${JSON.stringify(file)}, { backend: 'typescript' }).catch(error => console.log(error.code, error.cause.path))`
  const flag = process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission'
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      flag,
      '--no-warnings',
      '--allow-worker',
      `--allow-fs-read=${process.cwd()}/*`,
      '--input-type=module',
      '--eval',
      script,
    ],
    { encoding: 'utf8', cwd: process.cwd() },
  )
  t.is(stdout, `ERR_ACCESS_DENIED ${file}\n`.repeat(2), stderr)
})

test('files that were read are closed again, also where they are no modules', async t => {
  if (process.platform !== 'linux') return t.pass('there is no list of descriptors')
  const file = join(scratch(t), 'program')
  fs.writeFileSync(file, 'no module')
  const open = (): string[] =>
    fs
      .readdirSync('/proc/self/fd')
      .map(fd => {
        try {
          return fs.readlinkSync(`/proc/self/fd/${fd}`)
        } catch {
          return ''
        }
      })
      .filter(path => path === file)
  for (const door of [doors.run, doors.createGuest]) {
    await t.throwsAsync(door(file))
    t.deepEqual(open(), [])
  }
})
