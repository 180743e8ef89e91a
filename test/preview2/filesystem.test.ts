/** `wasi:filesystem` as WIT describes it, and as Linux answers. */
import fs from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import {
  bytesOf,
  each,
  type Fixture,
  type Held,
  type OpenOptions,
  once,
  textOf,
} from './fixture.js'

const onDisk = { ways: ['native', 'typescript'] } as const
const answers = (
  w: Fixture,
  cases: readonly (readonly [path: string, options: OpenOptions])[],
): string[] => cases.map(([path, options]) => w.tryOpen(path, options))

each(test, 'open-at combines its flags as openat does', {}, (t, w) => {
  w.write('file', 'text')
  w.fs.mkdirSync(w.path('dir'))
  w.fs.symlinkSync('file', w.path('link'))
  t.deepEqual(
    answers(w, [
      ['dir', { open: ['create', 'directory'] }],
      ['dir', { open: ['create', 'exclusive'] }],
      ['file', { open: ['create', 'exclusive'] }],
      ['link', { open: ['create', 'exclusive'] }],
      ['file', { open: ['directory'] }],
      ['file/', {}],
      ['dir', { flags: ['write'] }],
      ['dir', { open: ['truncate'] }],
      ['link', { follow: false }],
      ['absent', {}],
      ['', {}],
      ['absent/x', { open: ['create'] }],
      ['file/x', {}],
      ['a\0b', {}],
      ['x'.repeat(256), {}],
    ]),
    [
      'invalid',
      'exist',
      'exist',
      'exist',
      'not-directory',
      'not-directory',
      'is-directory',
      'is-directory',
      'loop',
      'no-entry',
      'no-entry',
      'no-entry',
      'not-directory',
      'invalid',
      'name-too-long',
    ],
  )
  t.is(w.text('file'), 'text')
})

each(test, 'truncate cuts a file that is opened to be read alone', {}, (t, w) => {
  w.write('file', 'text')
  const file = w.open('file', { open: ['truncate'] })
  t.is(w.text('file'), '')
  t.is(w.answer('descriptor.write', file, bytesOf('x'), 0n), 'bad-descriptor')
  t.deepEqual(w.call('descriptor.get-flags', file), flagsOf('read'))
  w.drop(file)
})

const names = [
  'read',
  'write',
  'fileIntegritySync',
  'dataIntegritySync',
  'requestedWriteSync',
  'mutateDirectory',
] as const
const flagsOf = (...set: (typeof names)[number][]) =>
  Object.fromEntries(names.map(name => [name, set.includes(name)]))

each(test, 'get-flags returns the flags of the opening, and those that only fit', {}, (t, w) => {
  const flags = (path: string, options: OpenOptions): unknown => {
    const opened = w.open(path, options)
    const answer = w.call('descriptor.get-flags', opened)
    w.drop(opened)
    return { ...answer }
  }
  w.write('file')
  w.fs.mkdirSync(w.path('dir'))
  t.deepEqual(flags('file', { flags: [] }), flagsOf())
  t.deepEqual(flags('file', { flags: ['read', 'write'] }), flagsOf('read', 'write'))
  t.deepEqual(flags('file', { flags: ['read', 'mutateDirectory'] }), flagsOf('read'))
  const all = ['write', 'fileIntegritySync', 'dataIntegritySync', 'requestedWriteSync'] as const
  t.deepEqual(flags('file', { flags: all }), flagsOf(...all))
  t.deepEqual(flags('dir', {}), flagsOf('read', 'mutateDirectory'))
  t.deepEqual({ ...w.call('descriptor.get-flags', w.ro) }, flagsOf('read'))
  t.deepEqual(flags('dir', { dir: w.ro }), flagsOf('read'))
})

each(test, 'nothing can be changed below a directory without mutate-directory', {}, (t, w) => {
  w.write('file', 'text')
  w.fs.mkdirSync(w.path('dir'))
  const dir = w.ro
  const now = { tag: 'now' }
  t.deepEqual(
    answers(w, [
      ['dir', { dir, flags: ['mutateDirectory'] }],
      ['file', { dir, flags: ['write'] }],
      ['file', { dir, open: ['truncate'] }],
      ['new', { dir, open: ['create'] }],
      ['absent', { dir, flags: ['write'] }],
    ]),
    ['read-only', 'read-only', 'read-only', 'read-only', 'no-entry'],
  )
  for (const [call, ...args] of [
    ['create-directory-at', 'new'],
    ['remove-directory-at', 'dir'],
    ['unlink-file-at', 'file'],
    ['symlink-at', 'file', 'new'],
    ['rename-at', 'file', w.box, 'new'],
    ['link-at', {}, 'file', w.box, 'new'],
    ['set-times-at', {}, 'file', now, now],
  ] as const)
    t.is(w.answer(`descriptor.${call}`, dir, ...args), 'read-only', call)
  t.is(w.answer('descriptor.rename-at', w.box, 'file', dir, 'new'), 'read-only')
  t.is(w.answer('descriptor.set-times', dir, now, now), 'read-only')
  const file = w.open('file', { dir })
  t.is(w.answer('descriptor.set-times', file, now, now), 'read-only')
  t.is(w.answer('descriptor.set-size', file, 0n), 'invalid')
  t.is(w.answer('descriptor.write-via-stream', file, 0n), 'bad-descriptor')
  t.is(textOf(w.call('descriptor.read', file, 9n, 0n)[0]), 'text')
  w.drop(file)
})

each(test, 'read reports the end of a file, but not for 0 bytes', {}, (t, w) => {
  w.write('file', 'text')
  const file = w.open('file')
  const read = (length: bigint, offset: bigint): [string, boolean] => {
    const [bytes, end] = w.call('descriptor.read', file, length, offset)
    return [textOf(bytes), end]
  }
  t.deepEqual(read(4n, 0n), ['text', false])
  t.deepEqual(read(4n, 4n), ['', true])
  t.deepEqual(read(2n ** 64n - 1n, 2n), ['xt', false])
  t.deepEqual(read(0n, 0n), ['', false])
  t.is(w.answer('descriptor.read', w.box, 1n, 0n), 'is-directory')
  w.drop(file)
  const writer = w.open('file', { flags: ['write'] })
  t.is(w.answer('descriptor.read', writer, 1n, 0n), 'bad-descriptor')
  t.is(w.answer('descriptor.read-via-stream', writer, 0n), 'bad-descriptor')
  w.drop(writer)
})

each(test, 'set-times sets, keeps and refuses times', {}, (t, w) => {
  w.write('file')
  const file = w.open('file')
  const at = (seconds: bigint, nanoseconds = 0) => ({
    tag: 'timestamp',
    val: { seconds, nanoseconds },
  })
  const keep = { tag: 'no-change' }
  const set = (a: object, m: object): string => w.answer('descriptor.set-times', file, a, m)
  const times = () => {
    const { dataAccessTimestamp, dataModificationTimestamp } = w.call('descriptor.stat', file)
    return [{ ...dataAccessTimestamp }, { ...dataModificationTimestamp }]
  }
  t.is(set(at(1n, 5000), at(2n, 6000)), 'ok')
  t.is(set(keep, at(3n)), 'ok')
  t.is(set(keep, keep), 'ok')
  t.deepEqual(times(), [
    { seconds: 1n, nanoseconds: 5000 },
    { seconds: 3n, nanoseconds: 0 },
  ])
  t.is(set(at(0n, 1_000_000_000), keep), 'invalid')
  t.is(set(keep, at(2n ** 64n - 1n)), 'invalid')
  t.is(w.answer('descriptor.set-times-at', w.box, {}, 'absent', keep, keep), 'no-entry')
  t.is(w.answer('descriptor.set-times-at', w.box, {}, 'file', at(7n), { tag: 'now' }), 'ok')
  const [accessed, modified] = times()
  t.is(accessed.seconds, 7n)
  t.true(modified.seconds > 1_000_000_000n)
  w.drop(file)
})

each(test, 'symlinks with absolute targets are neither made nor read', {}, (t, w) => {
  t.is(w.answer('descriptor.symlink-at', w.box, '/etc', 'link'), 'not-permitted')
  t.is(w.answer('descriptor.symlink-at', w.box, '', 'link'), 'no-entry')
  t.is(w.answer('descriptor.symlink-at', w.box, '../up', 'up'), 'ok')
  t.is(w.call('descriptor.readlink-at', w.box, 'up'), '../up')
  w.fs.symlinkSync('/etc', w.path('planted'))
  t.is(w.answer('descriptor.readlink-at', w.box, 'planted'), 'not-permitted')
  w.write('file')
  t.is(w.answer('descriptor.readlink-at', w.box, 'file'), 'invalid')
  t.is(w.answer('descriptor.readlink-at', w.box, 'absent'), 'no-entry')
})

each(test, 'names and targets that are not UTF-8 are errors', onDisk, (t, w) => {
  const name = Buffer.from('6eff', 'hex')
  const path = Buffer.concat([Buffer.from(`${w.folder}/`), name])
  fs.writeFileSync(path, '')
  w.write('good')
  fs.symlinkSync(name, join(w.folder, 'link'))
  const entries: Held = w.call('descriptor.read-directory', w.box)
  const seen: string[] = []
  for (let i = 0; i < 3; i++) {
    try {
      seen.push(w.call('directory-entry-stream.read-directory-entry', entries).name)
    } catch (error) {
      seen.push((error as { payload: string }).payload)
    }
  }
  t.deepEqual(seen.sort(), ['good', 'illegal-byte-sequence', 'link'])
  t.is(w.call('directory-entry-stream.read-directory-entry', entries), undefined)
  t.is(w.answer('descriptor.readlink-at', w.box, 'link'), 'illegal-byte-sequence')
  w.drop(entries)
})

each(test, 'get-type and stat agree on each kind of file', onDisk, (t, w) => {
  w.write('file')
  w.fs.mkdirSync(w.path('dir'))
  w.fs.symlinkSync('file', w.path('link'))
  const types: [string, string][] = [
    ['file', 'regular-file'],
    ['dir', 'directory'],
  ]
  for (const [name, type] of types) {
    const opened = w.open(name)
    t.is(w.call('descriptor.get-type', opened), type)
    t.is(w.call('descriptor.stat', opened).type, type)
    w.drop(opened)
  }
  t.is(w.call('descriptor.stat-at', w.box, {}, 'link').type, 'symbolic-link')
  t.is(w.call('descriptor.stat-at', w.box, {}, 'link').size, 4n)
  t.is(w.call('descriptor.stat-at', w.box, { symlinkFollow: true }, 'link').type, 'regular-file')
  const output: Held = w.call('stdout.get-stdout')
  w.drop(output)
})

each(test, 'names are made, moved and removed as on Linux', {}, (t, w) => {
  const { box } = w
  const call = (name: string, ...args: unknown[]): string =>
    w.answer(`descriptor.${name}`, box, ...args)
  t.is(call('create-directory-at', 'dir'), 'ok')
  t.is(call('create-directory-at', 'dir'), 'exist')
  w.write('dir/file', 'x')
  t.is(call('remove-directory-at', 'dir'), 'not-empty')
  t.is(call('remove-directory-at', 'dir/file'), 'not-directory')
  t.is(call('unlink-file-at', 'dir'), 'is-directory')
  t.is(call('link-at', {}, 'dir', box, 'hard'), 'not-permitted')
  t.is(call('link-at', {}, 'dir/file', box, 'hard'), 'ok')
  t.is(call('link-at', {}, 'dir/file', box, 'hard'), 'exist')
  t.is(call('link-at', {}, 'absent', box, 'more'), 'no-entry')
  t.is(w.call('descriptor.stat-at', box, {}, 'hard').linkCount, 2n)
  const [a, b] = [w.open('hard'), w.open('dir/file')]
  t.true(w.call('descriptor.is-same-object', a, b))
  t.false(w.call('descriptor.is-same-object', a, box))
  t.deepEqual(
    { ...w.call('descriptor.metadata-hash', a) },
    { ...w.call('descriptor.metadata-hash-at', box, {}, 'dir/file') },
  )
  w.drop(a, b)
  t.is(call('rename-at', 'dir', box, 'hard'), 'not-directory')
  t.is(call('rename-at', 'dir', box, 'dir/x'), 'invalid')
  t.is(call('rename-at', 'hard', box, 'dir/moved'), 'ok')
  t.is(call('unlink-file-at', 'dir/moved'), 'ok')
  t.is(call('remove-directory-at', '.'), 'invalid')
  t.false(w.exists('hard'))
})

each(test, 'calls on a directory fail for another kind of file', {}, (t, w) => {
  w.write('file')
  const file = w.open('file')
  for (const [call, ...args] of [
    ['read-directory'],
    ['create-directory-at', 'x'],
    ['stat-at', {}, 'x'],
    ['readlink-at', 'x'],
    ['rename-at', 'x', w.box, 'y'],
    ['metadata-hash-at', {}, 'x'],
  ] as const)
    t.is(w.answer(`descriptor.${call}`, file, ...args), 'not-directory', call)
  t.is(w.answer('descriptor.rename-at', w.box, 'file', file, 'y'), 'not-directory')
  w.drop(file)
})

each(test, 'data is synchronized, also through a descriptor for reading', {}, (t, w) => {
  w.write('file')
  for (const opened of [w.open('file'), w.box, w.ro])
    for (const call of ['sync', 'sync-data'])
      t.is(w.answer(`descriptor.${call}`, opened), 'ok', call)
})

each(
  test,
  'environment, arguments and exit codes are passed as they are',
  { ...once, options: { args: ['program', 'ä=b', ''], env: { A: 'b=c', EMPTY: '' } } },
  (t, w) => {
    t.deepEqual(w.call('environment.get-arguments'), ['program', 'ä=b', ''])
    t.deepEqual(w.call('environment.get-environment'), [
      ['A', 'b=c'],
      ['EMPTY', ''],
    ])
    t.is(w.call('environment.initial-cwd'), undefined)
  },
)
for (const [call, arg, code] of [
  ['exit', { tag: 'ok' }, 0],
  ['exit', { tag: 'err' }, 1],
  ['exit-with-code', 0, 0],
  ['exit-with-code', 255, 255],
  ['exit-with-code', 77, 77],
] as const)
  each(test, `exit.${call} ends with ${code} for ${JSON.stringify(arg)}`, once, (t, w) => {
    t.is(
      w.host.run(() => w.call(`exit.${call}`, arg)),
      code,
    )
  })
