/** The paths of descriptors in a trace: those of their files, or none. */
import fs from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { Errno } from '#lib/abi/errno.js'
import type { FdTable } from '#lib/fds/table.js'
import { shareOf, threadOf } from '#lib/guest/threads.js'
import { DescriptorPaths, newSharedPaths } from '#lib/observe/descriptor-paths.js'
import { SharedPaths } from '#lib/observe/shared-paths.js'
import { settingsOf } from '#lib/options/settings.js'
import { longest as channelRoom } from '#lib/run/process/protocol.js'
import { Verdict } from '#lib/verdict.js'
import { scratch, traced } from './traced-guest.js'

const CREAT = 1

for (const backend of ['native', 'typescript'] as const)
  test(`a descriptor shows its path until it is closed, and follows its number (${backend})`, t => {
    const { imports, open, last, path } = traced(t, scratch(t), { backend })
    t.deepEqual(open('a', 3, CREAT), [0, 4])
    t.deepEqual(last().paths, { fd: '/data', opened_fd: '/data/a' })
    t.deepEqual(open('./b//', 3, CREAT)[0], Errno.ISDIR)
    t.deepEqual(last().paths, { fd: '/data' })
    t.deepEqual(open('b', 3, CREAT), [0, 5])
    imports.fd_sync(4)
    t.deepEqual(last().paths, { fd: '/data/a' })
    t.is(imports.fd_renumber(5, 4), 0)
    t.deepEqual(last().paths, { fd: '/data/b', to: '/data/a' })
    imports.fd_sync(4)
    t.deepEqual(last().paths, { fd: '/data/b' })
    imports.fd_sync(5)
    t.deepEqual([last().errno, last().paths], ['BADF', undefined])
    t.is(imports.fd_renumber(9, 4), Errno.BADF)
    t.is(imports.fd_renumber(4, 4), 0)
    imports.fd_sync(4)
    t.deepEqual(last().paths, { fd: '/data/b' })
    t.is(imports.fd_close(4), 0)
    t.deepEqual(last().paths, { fd: '/data/b' }, 'as it was before the call')
    t.is(imports.fd_close(4), Errno.BADF)
    t.is(last().paths, undefined)
    t.deepEqual(open('a'), [0, 4])
    imports.fd_renumber(4, 3)
    imports.path_create_directory(3, ...path('x'))
    t.deepEqual([last().errno, last().paths], ['NOTDIR', { fd: '/data/a' }])
  })

test('a call with two descriptors shows both, and standard streams have no path', t => {
  const { imports, path, last } = traced(t, scratch(t))
  imports.path_rename(3, ...path('a'), 0, ...path('b', 1500))
  t.deepEqual(last().paths, { fd: '/data' })
  imports.path_link(3, 0, ...path('a'), 3, ...path('b', 1500))
  t.deepEqual(last().paths, { old_fd: '/data', new_fd: '/data' })
  imports.fd_fdstat_get(1, 64)
  t.is(last().paths, undefined)
})

test('a path below a directory begins with that directory’s path', t => {
  const folder = scratch(t)
  fs.mkdirSync(join(folder, 'sub'))
  const { imports, open, last } = traced(t, folder, { rights: 'access' })
  t.is(imports.path_open(3, 1, ...[1000, 0], 2, 0n, 0n, 0, 64), Errno.NOENT)
  t.deepEqual(open('.', 3, 2)[0], 0)
  t.deepEqual(last().paths, { fd: '/data', opened_fd: '/data' })
  t.deepEqual(open('sub/../sub', 4, 2), [0, 5])
  t.deepEqual(last().paths, { fd: '/data', opened_fd: '/data/sub/../sub' })
  t.deepEqual(open('f', 5, CREAT), [0, 6])
  t.deepEqual(last().paths, { fd: '/data/sub/../sub', opened_fd: '/data/sub/../sub/f' })
})

test('a long path is shown by its end, and guest text can neither break a line nor close a bracket', t => {
  const folder = scratch(t)
  const { open, last } = traced(t, { files: {} })
  t.deepEqual(open(`${'./'.repeat(1000)}${'x'.repeat(200)}`, 3, CREAT), [0, 4])
  t.is(last().paths?.opened_fd, `/data/${'x'.repeat(200)}`)
  fs.mkdirSync(join(folder, 'd'.repeat(200), 'e'.repeat(200)), { recursive: true })
  const deep = traced(t, folder)
  t.deepEqual(
    deep.open(`${'d'.repeat(200)}/${'e'.repeat(200)}/${'f'.repeat(200)}`, 3, CREAT),
    [0, 4],
  )
  const kept = deep.last().paths?.opened_fd ?? ''
  t.is(kept.length, 512)
  t.regex(kept, /^\.\.\.d{107}\/e{200}\/f{200}$/)
  const text = traced(t, { files: {} }, { traceFormat: 'text', rights: 'access' })
  t.deepEqual(text.open('a> = 1<\n\x1b[2J\u202e', 3, CREAT), [0, 4])
  text.imports.fd_sync(4)
  t.is(text.lines[1], 'fd_sync(fd=4</data/a\\u003e = 1\\u003c\\n\\u001b[2J\\u202e>) = SUCCESS')
  deep.close()
})

test('the longest line of JSON fits the channel of a process', t => {
  const { imports, open, path, lines } = traced(t, { files: {} }, { rights: 'access' })
  const name = '\x01'.repeat(250)
  let at = 3
  for (let depth = 0; depth < 4; depth++) {
    t.is(imports.path_create_directory(at, ...path(name)), Errno.SUCCESS)
    const [errno, fd] = open(name, at, 2)
    t.is(errno, Errno.SUCCESS)
    at = fd
  }
  const longest = '\x01'.repeat(4096)
  const escaping = `../${'\x01'.repeat(4000)}`
  for (const text of [longest, escaping])
    imports.path_rename(at, ...path(text), at, ...path(text, 8000))
  t.is(JSON.parse(lines.at(-1) ?? '').errno, 'NOTCAPABLE')
  for (const line of lines) t.true(line.length <= channelRoom.line, String(line.length))
  t.true(Math.max(...lines.map(({ length }) => length)) > 50_000)
})

test('paths are followed through calls that a filter hides', t => {
  const { imports, open, lines } = traced(t, { files: {} }, { traceFilter: ['fd_sync'] })
  open('a', 3, CREAT)
  open('b', 3, CREAT)
  imports.fd_renumber(5, 4)
  imports.fd_sync(4)
  imports.fd_close(4)
  open('c', 3, CREAT)
  imports.fd_sync(4)
  t.deepEqual(
    lines.map(line => JSON.parse(line).paths.fd),
    ['/data/b', '/data/c'],
  )
})

/** A table whose descriptors a test puts in. */
function tableOf(handles: Map<number, number>): FdTable & { inserted: number } {
  const peek = (fd: number) => {
    const handle = handles.get(fd)
    return handle === undefined
      ? undefined
      : { handle, preopen: fd === 3 ? Buffer.from('/') : undefined }
  }
  return { peek, inserted: -1 } as unknown as FdTable & { inserted: number }
}

test('a hundred thousand descriptors that are open at once keep the paths of the last 4096', t => {
  const handles = new Map([[3, 3]])
  const table = tableOf(handles)
  const paths = new DescriptorPaths(table)
  for (let fd = 4; fd < 100_000; fd++) {
    handles.set(fd, fd)
    table.inserted = fd
    paths.opening(3, `f${fd}`)(fd)
  }
  t.is(paths.size, 4096)
  t.is(paths.of(4), undefined)
  t.is(paths.of(99_999), '/f99999')
})

test('a number whose descriptor was replaced without a trace has no path', t => {
  for (const shared of [undefined, newSharedPaths()]) {
    const handles = new Map([
      [3, 3],
      [4, 10],
    ])
    const table = tableOf(handles)
    const paths = new DescriptorPaths(table, shared)
    table.inserted = 10
    paths.opening(3, 'a')(4)
    t.is(paths.of(4), '/a')
    // Simulates another thread: it closes the file, and opens one that takes its number.
    handles.set(4, 11)
    t.is(paths.of(4), undefined)
    // The same while this thread is in path_open: the path is kept for what this thread opened.
    table.inserted = 12
    const keep = paths.opening(3, 'b')
    handles.set(4, 13)
    keep(4)
    t.is(paths.of(4), undefined)
    // And of the directory.
    const lost = paths.opening(3, 'c')
    handles.set(3, 14)
    table.inserted = 15
    lost(5)
    handles.set(5, 15)
    t.is(paths.of(5), undefined)
  }
})

test('shared: a slot belongs to one handle, even beyond 2^32, and is empty at first', t => {
  const paths = new SharedPaths(4, 8)
  const other = new SharedPaths(4, 8, paths.memory)
  t.is(paths.get(0), undefined)
  for (const handle of [0, 1, 2 ** 31, 2 ** 32 + 1, 2 ** 40 + 3]) {
    paths.set(handle, `of${handle % 7}\ud800é`.slice(0, 8))
    t.is(other.get(handle), `of${handle % 7}\ud800é`.slice(0, 8))
  }
  t.is(other.get(1), undefined, 'the newer one of the same slot')
  paths.set(1, '')
  t.is(other.get(1), '')
})

test('shared: a path that another thread is writing is omitted', t => {
  const paths = new SharedPaths(1, 8)
  paths.set(1, 'a')
  const words = new Int32Array(paths.memory)
  words[0]++
  t.is(paths.get(1), undefined)
  paths.set(2, 'b')
  words[0]++
  t.is(paths.get(1), 'a', 'nothing was written over it')
  words[0] = -2
  paths.set(2, 'b')
  t.is(paths.get(2), 'b', 'also when the sequence wraps')
})

test('threads: one shows paths that another opened, and the newer file of a reused number', t => {
  const lines: string[] = []
  const settings = {
    ...settingsOf({
      version: 'preview1',
      preopens: { '/data': scratch(t) },
      trace: (line: string) => void lines.push(line),
      rights: 'access',
    }),
    sharedPaths: newSharedPaths(),
  }
  const { sharing, close } = shareOf(settings)
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
  const threads = [0, 1].map(() => threadOf(settings, new Verdict(), sharing))
  t.teardown(() => {
    for (const thread of threads) thread.close()
    close()
  })
  for (const thread of threads) thread.bind(memory)
  const [one, other] = threads.map(({ imports }) => imports)
  const open = (imports: typeof one, name: string): number => {
    new Uint8Array(memory.buffer).set(Buffer.from(name), 1000)
    return imports.path_open(3, 0, 1000, name.length, CREAT, 2n, 0n, 0, 64)
  }
  t.is(open(one, 'a'), 0)
  other.fd_sync(4)
  t.is(lines.at(-1), 'fd_sync(fd=4</data/a>) = SUCCESS')
  t.is(open(other, 'b'), 0)
  one.fd_renumber(5, 4)
  t.is(lines.at(-1), 'fd_renumber(fd=5</data/b>, to=4</data/a>) = SUCCESS')
  other.fd_sync(4)
  t.is(lines.at(-1), 'fd_sync(fd=4</data/b>) = SUCCESS')
  other.fd_close(4)
  t.is(open(one, 'c'), 0)
  other.fd_sync(4)
  t.is(lines.at(-1), 'fd_sync(fd=4</data/c>) = SUCCESS')
})
