/**
 * Names that every JavaScript object inherits, wherever a guest, a module or an embedder chooses
 * one.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { createGuest, MemoryFiles, run } from 'wasi-common'
import { deserializeError, serializeError } from '#lib/run/worker/messages.js'
import { add, assemble, call, command, drop, load, param, store, write } from '../wasm.js'

const version = 'preview1'
const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'] as const
const record = <T>(value: (name: string) => T): Record<string, T> =>
  Object.assign(Object.create(null), Object.fromEntries(names.map(name => [name, value(name)])))
const main = fileURLToPath(import.meta.resolve('#bundle/cli.js'))

function scratch(t: ExecutionContext): string {
  const folder = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-')))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}
function cli(words: readonly string[]): [status: number | null, stdout: string, stderr: string] {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'run', ...words], {
    encoding: 'utf8',
    input: '',
  })
  return [status, stdout, stderr]
}
/** Writes the environment to standard output. */
const environ = command([
  drop(call('environ_sizes_get', 0x10, 0x14)),
  drop(call('environ_get', 0x100, 0x1000)),
  ...write(1, 0x1000, load(0x14)),
])
/** Writes the names of descriptors 3 to 6 to standard output. */
const prestat = command(
  [3, 4, 5, 6].flatMap(fd => [
    drop(call('fd_prestat_get', fd, 0x40)),
    drop(call('fd_prestat_dir_name', fd, 0x1000, load(0x44))),
    store(add(0x1000, load(0x44)), 0x3b),
    ...write(1, 0x1000, add(load(0x44), 1)),
  ]),
)
/** Makes a directory of each name in descriptor 3. */
const makes = command(
  names.map((name, i) => drop(call('path_create_directory', 3, 0x100 * (i + 1), name.length))),
  { data: Object.fromEntries(names.map((name, i) => [0x100 * (i + 1), name])) },
)

test('variables named like properties of Object.prototype reach the guest', async t => {
  const { stdout } = await run(environ, { stdin: 'ignore', env: record(name => `of ${name}`) })
  t.is(stdout.toString(), names.map(name => `${name}=of ${name}\0`).join(''))
})

test('preopens named like properties of Object.prototype are opened', async t => {
  const folder = scratch(t)
  for (const preopens of [
    record(() => folder),
    record(() => ({ files: {} })),
    record(() => ({ path: folder, overlay: true })),
  ]) {
    const { stdout } = await run(prestat, { stdin: 'ignore', preopens })
    t.is(stdout.toString(), names.map(name => `${name};`).join(''))
  }
})

test('files named like properties of Object.prototype are read and made', async t => {
  const files = new MemoryFiles(record(name => `of ${name}`))
  for (const name of names) t.is(files.readFile(name, 'utf8'), `of ${name}`)
  const made = new MemoryFiles()
  await run(makes, { stdin: 'ignore', preopens: { '/': { files: made } } })
  for (const [all, suffix] of [
    [files, ''],
    [made, '/'],
  ] as const) {
    const back = all.toRecord()
    t.is(Object.getPrototypeOf(back), null)
    t.deepEqual(Object.keys(back).sort(), names.map(name => `${name}${suffix}`).sort())
    t.deepEqual(
      all
        .list('')
        .map(({ name }) => name)
        .sort(),
      [...names].sort(),
    )
    t.deepEqual(new MemoryFiles(back).toRecord(), back)
  }
})

test('paths named like properties of Object.prototype are traced', t => {
  const lines: string[] = []
  const guest = createGuest({
    version,
    traceFormat: 'json',
    trace: line => void lines.push(line),
    preopens: { '/': { files: {} } },
  })
  guest.run(guest.instantiate(makes).exports._start)
  t.deepEqual(
    lines.map(line => JSON.parse(line).args.path),
    [...names],
  )
  guest.close()
})

test('properties of an error named like those of Object.prototype reach another thread', t => {
  const more = record(name => `of ${name}`)
  const error = deserializeError(
    structuredClone(serializeError(Object.assign(new TypeError('mine'), { code: 'EMINE' }))),
  )
  t.true(error instanceof TypeError)
  t.like(error, { message: 'mine', code: 'EMINE' })
  const odd = new Error('odd')
  for (const name of names)
    Object.defineProperty(odd, name, { value: more[name], enumerable: true })
  const back = deserializeError(structuredClone(serializeError(odd)))
  t.is(Object.getPrototypeOf(back), Error.prototype)
})

test('the command: --env, --dir and options accept names of Object.prototype', t => {
  const folder = scratch(t)
  for (const [file, bytes] of Object.entries({ 'environ.wasm': environ, 'prestat.wasm': prestat }))
    fs.writeFileSync(join(folder, file), bytes)
  const env = names.flatMap(name => ['--env', `${name}=of ${name}`])
  t.deepEqual(cli([...env, join(folder, 'environ.wasm')]), [
    0,
    names.map(name => `${name}=of ${name}\0`).join(''),
    '',
  ])
  const inherited = names.flatMap(name => ['--env', name])
  t.deepEqual(
    cli([...inherited, join(folder, 'environ.wasm')]),
    [0, '', ''],
    'the host has none of these',
  )
  const dirs = names.flatMap(name => ['--dir', `${folder}::${name}`])
  t.deepEqual(cli([...dirs, join(folder, 'prestat.wasm')]), [
    0,
    names.map(name => `${name};`).join(''),
    '',
  ])
  for (const name of names) {
    const [status, , stderr] = cli([`--${name}`, 'value', join(folder, 'environ.wasm')])
    t.is(status, 2)
    t.regex(stderr, /^wasi-common: .*--/, name)
    t.is(cli(['-W', `${name}=1`, join(folder, 'environ.wasm')])[0], 2)
    t.is(cli(['-W', `timeout=1${name}`, join(folder, 'environ.wasm')])[0], 2)
  }
})

test('the command: --invoke refuses inherited names', t => {
  const folder = scratch(t)
  const program = join(folder, 'library.wasm')
  fs.writeFileSync(
    program,
    assemble({
      functions: {
        sum: { params: ['i32', 'i32'], results: ['i32'], body: [add(param(0), param(1))] },
      },
    }),
  )
  for (const name of names) {
    const [status, stdout, stderr] = cli(['--invoke', name, program])
    t.deepEqual([status, stdout], [1, ''])
    t.regex(stderr, new RegExp(`--invoke ${name}: the module exports no such function`))
  }
  const own = names.map(name => [name, { results: ['i32'], body: [7] }] as const)
  fs.writeFileSync(
    program,
    assemble({ functions: Object.assign(Object.create(null), Object.fromEntries(own)) }),
  )
  for (const name of names) t.deepEqual(cli(['--invoke', name, program]), [0, '7\n', ''], name)
})
