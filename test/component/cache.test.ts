/** The cache of transpiled components: what is kept, what is checked, and what it does without. */
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { run } from 'wasi-common'
import { CacheEntry } from '#lib/run/component/cache.js'
import { defaultFolder } from '#lib/run/component/cache-folder.js'
import { pack, type Transpiled, unpack } from '#lib/run/component/transpiled.js'
import { runFailure as failure } from '../rejection.js'
import { command, write } from '../wasm.js'
import { adapt } from './adapt.js'

const hello = adapt(command(write(1, 0x40, 6), { data: { 64: 'hello\n' } }))
const windows = process.platform === 'win32'

function scratch(t: ExecutionContext): string {
  const folder = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-')))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}
const modeOf = (path: string): number => fs.statSync(path).mode & 0o777
/** The one entry in a folder. */
function only(t: ExecutionContext, folder: string): string {
  const files = fs.readdirSync(folder)
  t.is(files.length, 1)
  t.regex(files[0], /^[0-9a-f]{64}\.component$/)
  return join(folder, files[0])
}
async function prints(t: ExecutionContext, cache: string | false): Promise<void> {
  const { exitCode, stdout } = await run(await hello, { cache })
  t.deepEqual([exitCode, `${stdout}`], [0, 'hello\n'])
}

/** A component that a test puts in the cache by hand. */
const sample: Transpiled = {
  code: 'code',
  modules: [{ name: 'a', bytes: Buffer.from([1, 2, 3]) }],
  imports: ['wasi:cli/exit@0.2.0'],
  exports: [],
}
const bytes = Uint8Array.of(1)
const entryIn = async (folder: string, versions = ['1']): Promise<CacheEntry> =>
  (await CacheEntry.of(bytes, versions, folder)) as CacheEntry

test('an entry is a file for its user alone, in a folder for its user alone', async t => {
  const folder = join(scratch(t), 'a/b')
  await prints(t, folder)
  const file = only(t, folder)
  if (!windows) t.deepEqual([modeOf(folder), modeOf(file)], [0o700, 0o600])
})

test('a run of the same component reads the entry and writes none', async t => {
  const folder = scratch(t)
  await prints(t, folder)
  const file = only(t, folder)
  const { ino } = fs.statSync(file)
  await prints(t, folder)
  t.is(fs.statSync(only(t, folder)).ino, ino)
})

test('with cache: false nothing is read and nothing is written', async t => {
  const folder = scratch(t)
  const before = process.env.XDG_CACHE_HOME
  process.env.XDG_CACHE_HOME = folder
  t.teardown(() => {
    if (before === undefined) delete process.env.XDG_CACHE_HOME
    else process.env.XDG_CACHE_HOME = before
  })
  await prints(t, false)
  t.deepEqual(fs.readdirSync(folder), [])
})

test('every damaged entry is discarded and made anew', async t => {
  const folder = scratch(t)
  await prints(t, folder)
  const file = only(t, folder)
  const good = fs.readFileSync(file)
  const damage: Record<string, (bytes: Buffer) => Buffer> = {
    empty: () => Buffer.alloc(0),
    cut: bytes => bytes.subarray(0, -1),
    longer: bytes => Buffer.concat([bytes, Buffer.from('x')]),
    'another format': bytes => Buffer.concat([Buffer.from('W'), bytes.subarray(1)]),
    'another hash': bytes => Buffer.from(bytes).fill(0, 30, 40),
    // The JavaScript prints another word, and is as long as it was.
    'other code': bytes => {
      const at = bytes.indexOf('use strict')
      t.true(at > 0)
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from('use sloppy'),
        bytes.subarray(at + 10),
      ])
    },
    'another module': bytes => Buffer.from(bytes).fill(0, bytes.length - 20),
  }
  for (const [name, change] of Object.entries(damage)) {
    const changed = change(good)
    t.false(changed.equals(good), name)
    fs.writeFileSync(file, changed)
    await prints(t, folder)
    t.true(fs.readFileSync(only(t, folder)).equals(good), name)
  }
})

test('an entry under another entry’s name is discarded', async t => {
  const folder = scratch(t)
  const one = await entryIn(folder, ['1'])
  await one.write(pack(sample))
  const file = only(t, folder)
  const other = await entryIn(folder, ['2'])
  await other.write(pack({ ...sample, code: 'other' }))
  const [stranger] = fs.readdirSync(folder).filter(name => join(folder, name) !== file)
  fs.copyFileSync(join(folder, stranger), file)
  t.is(await one.read(), undefined)
  t.false(fs.existsSync(file))
  t.is((await other.read())?.code, 'other')
})

test('an entry depends on the component, on jco’s version and on this package’s', async t => {
  const folder = scratch(t)
  await (await entryIn(folder, ['1', '2'])).write(pack(sample))
  t.is((await (await entryIn(folder, ['1', '2'])).read())?.code, 'code')
  for (const versions of [['1', '3'], ['0', '2'], ['1'], ['12'], []])
    t.is(await (await entryIn(folder, versions)).read(), undefined)
  const another = await CacheEntry.of(Uint8Array.of(2), ['1', '2'], folder)
  t.is(await another?.read(), undefined)
})

test('an entry is as it was written', async t => {
  const entry = await entryIn(scratch(t))
  const large = { name: 'b', bytes: Buffer.alloc(2 ** 21, 'large') }
  await entry.write(pack({ ...sample, modules: [...sample.modules, large] }))
  const read = (await entry.read()) as Transpiled
  t.like(read, { code: 'code', imports: sample.imports, exports: [] })
  t.deepEqual(
    read.modules.map(({ name, bytes }) => [name, Buffer.from(bytes).equals(large.bytes)]),
    [
      ['a', false],
      ['b', true],
    ],
  )
})

test('packed bytes that are cut are refused', t => {
  const packed = pack(sample)
  t.deepEqual(pack(unpack(packed)), packed)
  for (let length = 0; length < packed.length; length++)
    t.throws(() => unpack(packed.subarray(0, length)), undefined, `${length} bytes`)
})

const unix = windows ? test.skip : test

unix('a folder that others may write to, a symlink and a file are not used', async t => {
  const folder = scratch(t)
  for (const mode of [0o770, 0o707, 0o722]) {
    const open = join(folder, `${mode}`)
    fs.mkdirSync(open)
    fs.chmodSync(open, mode)
    await prints(t, open)
    t.deepEqual([fs.readdirSync(open), modeOf(open)], [[], mode])
  }
  const target = join(folder, 'target')
  fs.mkdirSync(target, 0o700)
  fs.symlinkSync(target, join(folder, 'link'))
  await prints(t, join(folder, 'link'))
  t.deepEqual(fs.readdirSync(target), [])
  const file = join(folder, 'file')
  fs.writeFileSync(file, '')
  await prints(t, file)
  await prints(t, join(file, 'below'))
  t.is(fs.readFileSync(file, 'utf8'), '')
})

unix('a folder that others may read is closed to them', async t => {
  const folder = scratch(t)
  fs.chmodSync(folder, 0o755)
  await prints(t, folder)
  t.is(modeOf(folder), 0o700)
})

unix('an entry that others may write to, a symlink and a pipe are not read', async t => {
  const folder = scratch(t)
  const entry = await entryIn(folder)
  await entry.write(pack(sample))
  const file = only(t, folder)
  for (const mode of [0o620, 0o602]) {
    fs.chmodSync(file, mode)
    t.is(await entry.read(), undefined, mode.toString(8))
  }
  fs.chmodSync(file, 0o600)
  t.is((await entry.read())?.code, 'code')
  fs.renameSync(file, join(folder, 'target'))
  fs.symlinkSync('target', file)
  t.is(await entry.read(), undefined)
})

const isRoot = process.geteuid?.() === 0
const asRoot = isRoot ? test : test.skip
asRoot('a folder and an entry of another user are not used', async t => {
  const folder = scratch(t)
  const entry = await entryIn(folder)
  await entry.write(pack(sample))
  fs.chownSync(only(t, folder), 65534, 65534)
  t.is(await entry.read(), undefined)
  fs.chownSync(folder, 65534, 65534)
  t.is(await CacheEntry.of(bytes, ['1'], folder), undefined)
})

unix('a folder that cannot be written is no error', async t => {
  const folder = scratch(t)
  await prints(t, join(folder, 'a'.repeat(300)))
  await prints(t, '/proc/none')
  t.deepEqual(fs.readdirSync(folder), [])
})

test('a folder keeps the entries that were used last, and no file of a writer that is gone', async t => {
  const folder = scratch(t)
  for (let i = 0; i < 130; i++) {
    const file = join(folder, `${i}.component`)
    fs.writeFileSync(file, '')
    fs.utimesSync(file, 1000 + i, 1000 + i)
  }
  for (const [name, time] of [
    ['old.tmp', 1000],
    ['new.tmp', Date.now() / 1000],
  ] as const) {
    fs.writeFileSync(join(folder, name), '')
    fs.utimesSync(join(folder, name), time, time)
  }
  await (await entryIn(folder)).write(pack(sample))
  const left = new Set(fs.readdirSync(folder))
  t.is(left.size, 129)
  for (const [name, stays] of Object.entries({
    'old.tmp': false,
    'new.tmp': true,
    '2.component': false,
    '3.component': true,
    '129.component': true,
  }))
    t.is(left.has(name), stays, name)
})

test('the default folder is the user’s', t => {
  const home = os.homedir()
  if (windows) {
    t.is(defaultFolder({ LOCALAPPDATA: 'C:\\x' }), 'C:\\x\\wasi-common')
    t.is(defaultFolder({}), undefined)
  } else if (process.platform === 'darwin')
    t.is(defaultFolder({}), join(home, 'Library/Caches/wasi-common'))
  else {
    t.is(defaultFolder({ XDG_CACHE_HOME: '/x/y' }), '/x/y/wasi-common')
    for (const env of [{}, { XDG_CACHE_HOME: '' }, { XDG_CACHE_HOME: 'x/y' }])
      t.is(defaultFolder(env), join(home, '.cache/wasi-common'))
  }
})

test('wrong values of the option are refused', async t => {
  const none = Uint8Array.of()
  for (const [cache, words] of [
    [true, 'must be false or the path of a folder. Received type boolean (true)'],
    [null, 'must be false or the path of a folder. Received null'],
    ['', 'must be false or the path of a folder, not empty and without NUL characters. Received'],
    ['a\0b', 'must be false or the path of a folder, not empty and without NUL characters.'],
  ] as const) {
    const error = await t.throwsAsync(run(none, { cache: cache as never }))
    t.true(error?.message.includes('options.cache'), error?.message)
    t.true(error?.message.includes(words), error?.message)
  }
})

test('strict refuses a preopen with write access that contains the cache', async t => {
  const folder = scratch(t)
  const cache = join(folder, 'cache')
  const strict = (preopen: object, more = {}): ReturnType<typeof run> =>
    run(command([]), { strict: true, cache, preopens: { '/': preopen as never }, ...more })
  const error = await failure(strict({ path: folder }))
  t.is(error.code, 'ERR_WASI_UNSAFE_PREOPEN')
  t.regex(error.message, /contains the cache of components \(options\.cache\)/)
  for (const running of [
    strict({ path: folder, readOnly: true }),
    strict({ path: folder, overlay: true }),
    strict({ path: folder }, { allowUnsafePreopen: true }),
    strict({ path: folder }, { cache: false }),
    strict({ path: folder }, { cache: `${folder}-other` }),
  ])
    t.is((await running).exitCode, 0)
})
