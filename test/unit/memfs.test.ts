/**
 * Files in memory as their embedder has them, overlays and what they changed, single files, quotas,
 * and what is read-only of each.
 */
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test, { type ExecutionContext } from 'ava'
import { Errno, errnoNames } from '#lib/abi/errno.js'
import { Rights } from '#lib/abi/rights.js'
import type { HostcallName } from '#lib/abi/table.js'
import { createGuest, type Guest } from '#lib/guest/guest.js'
import { shareOf } from '#lib/guest/threads.js'
import { MemoryFiles, run } from '#lib/index.js'
import type { GuestOptions } from '#lib/options/options.js'
import { settingsOf } from '#lib/options/settings.js'
import { lend } from '#lib/run/worker/mounts.js'
import { Block } from '#lib/sys/block.js'
import { Content } from '#lib/sys/memfs/content.js'
import { treeOf } from '#lib/sys/memfs/files.js'
import { defaultQuota, Room } from '#lib/sys/memfs/quota.js'
import { singleTree } from '#lib/sys/memfs/single.js'
import { MemfsSys } from '#lib/sys/memfs/sys.js'
import { openNative } from '#lib/sys/native/sys.js'
import { backends, Fdflags, Fstflags, Oflags, openDescriptors } from '../hostcalls/fixture.js'
import { assemble, call, command, drop } from '../wasm.js'

const { CREAT, DIRECTORY, EXCL, TRUNC } = Oflags
const ALL = BigInt(Rights.ALL) & ~BigInt(Rights.SOCK_ACCEPT | Rights.SOCK_SHUTDOWN)
const READ = BigInt(Rights.FD_READ | Rights.FD_SEEK)

function scratch(t: ExecutionContext): string {
  const folder = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-')))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

/**
 * A guest by its calls: paths and text are put into its memory, answers are the names of errnos, or
 * what was asked for.
 */
class Caller {
  readonly guest: Guest
  readonly #memory = new WebAssembly.Memory({ initial: 4 })
  #free = 0x1000
  constructor(preopens: GuestOptions['preopens'], options: Partial<GuestOptions> = {}) {
    this.guest = createGuest({ version: 'preview1', preopens, ...options })
    this.guest.bind(this.#memory)
  }
  get bytes(): Buffer {
    return Buffer.from(this.#memory.buffer)
  }
  put(text: string): [number, number] {
    const length = Buffer.byteLength(text)
    if (this.#free + length > 0x30000) this.#free = 0x1000
    const at = this.#free
    this.#free += length
    this.bytes.write(text, at)
    return [at, length]
  }
  call(name: HostcallName, ...args: (number | bigint | string)[]): string {
    const errno = this.guest.imports[name](
      ...args.flatMap(arg => (typeof arg === 'string' ? this.put(arg) : [arg])),
    )
    return errnoNames[errno] ?? String(errno)
  }
  open(path: string, { dir = 3, oflags = 0, base = ALL, fdflags = 0 } = {}): number | string {
    const own = oflags & DIRECTORY ? base & ~BigInt(Rights.FD_WRITE) : base
    const errno = this.call('path_open', dir, 1, path, oflags, own, base, fdflags, 0x10)
    return errno === 'SUCCESS' ? this.bytes.readUInt32LE(0x10) : errno
  }
  #vector(at: number, length: number): number {
    this.bytes.writeUInt32LE(at, 0x20)
    this.bytes.writeUInt32LE(length, 0x24)
    return 0x20
  }
  write(fd: number | string, text: string): number | string {
    if (typeof fd === 'string') return fd
    const errno = this.call('fd_write', fd, this.#vector(...this.put(text)), 1, 0x10)
    return errno === 'SUCCESS' ? this.bytes.readUInt32LE(0x10) : errno
  }
  read(fd: number | string, length = 1000): string {
    if (typeof fd === 'string') return fd
    const errno = this.call('fd_read', fd, this.#vector(0x38000, length), 1, 0x10)
    return errno === 'SUCCESS'
      ? this.bytes.toString('utf8', 0x38000, 0x38000 + this.bytes.readUInt32LE(0x10))
      : errno
  }
  /** A file's text by its name, or why not. */
  text(path: string, dir = 3): string {
    const fd = this.open(path, { dir, base: READ })
    const text = this.read(fd)
    if (typeof fd === 'number') this.call('fd_close', fd)
    return text
  }
  /** Write a file anew. */
  file(path: string, text: string, dir = 3): number | string {
    const fd = this.open(path, { dir, oflags: CREAT | TRUNC })
    const answer = this.write(fd, text)
    if (typeof fd === 'number') this.call('fd_close', fd)
    return answer
  }
  names(fd: number | string = 3): string[] {
    if (typeof fd === 'string') return [fd]
    const names: string[] = []
    const room = 4096
    if (this.call('fd_readdir', fd, 0x38000, room, 0n, 0x10) !== 'SUCCESS')
      return ['it cannot be read']
    const end = 0x38000 + this.bytes.readUInt32LE(0x10)
    for (let at = 0x38000; at + 24 <= end; ) {
      const length = this.bytes.readUInt32LE(at + 16)
      names.push(this.bytes.toString('utf8', at + 24, at + 24 + length))
      at += 24 + length
    }
    return names.filter(name => name !== '.' && name !== '..').sort()
  }
}
/**
 * A guest that is closed when the test ends, and has given back by then what it had of the host.
 */
function caller(
  t: ExecutionContext,
  preopens: GuestOptions['preopens'],
  options: Partial<GuestOptions> = {},
): Caller {
  const before = openDescriptors()
  const c = new Caller(preopens, options)
  t.teardown(() => {
    c.guest.close()
    const left = openDescriptors() - before
    if (left > 0) throw new Error(`${left} descriptors of the host were left open`)
  })
  return c
}

/** Renames `old`, makes a directory, and ends so. */
const moves = (end: ReturnType<typeof call>) =>
  command(
    [
      drop(call('path_rename', 3, 0x40, 3, 3, 0x43, 3)),
      drop(call('path_create_directory', 3, 0x46, 3)),
      end,
    ],
    {
      data: { 64: 'oldnewown' },
    },
  )

// Files of an embedder.

test.serial('a record becomes files, and files become a record', t => {
  const record = {
    'a.txt': 'text',
    'dir/b.bin': Uint8Array.of(1, 2, 255),
    'empty/': '',
    'dir/link': { symlink: 'b.bin' },
    'ü/日本': 'x',
  }
  const files = new MemoryFiles(record)
  t.deepEqual(files.toRecord(), {
    ...record,
    'a.txt': Uint8Array.of(116, 101, 120, 116),
    'ü/日本': Uint8Array.of(120),
  })
  t.deepEqual(new MemoryFiles(files.toRecord()).toRecord(), files.toRecord())
  t.is(files.readFile('a.txt', 'utf8'), 'text')
  t.deepEqual(files.readFile('dir/link'), Uint8Array.of(1, 2, 255))
  t.deepEqual(files.list('dir'), [
    { name: 'b.bin', type: 'file', size: 3 },
    { name: 'link', type: 'symlink', size: 0 },
  ])
  t.deepEqual(files.used, { bytes: 4 + 3 + 5 + 1, entries: 7 })
  files.writeFile('new/deep/f', 'one')
  files.writeFile('new/deep/f', 'x')
  t.is(files.readFile('new/deep/f', 'utf8'), 'x')
  t.true(files.exists('new/deep'))
  files.remove('new')
  files.remove('nowhere')
  t.false(files.exists('new'))
  for (const name of ['a.txt', 'dir', 'empty', 'ü']) files.remove(name)
  t.deepEqual(files.used, { bytes: 0, entries: 0 }, 'what is removed counts no more')
  t.deepEqual(files.toRecord(), {})
})

test.serial('bytes passed to and read from files in memory are copies', t => {
  const given = Uint8Array.of(1)
  const files = new MemoryFiles({ f: given })
  given[0] = 2
  files.readFile('f')[0] = 3
  t.deepEqual(files.readFile('f'), Uint8Array.of(1))
})

const mistakes: Readonly<
  Record<string, readonly [run: (files: MemoryFiles) => unknown, code: string]>
> = {
  'no record': [() => new MemoryFiles([] as never), 'ERR_INVALID_ARG_TYPE'],
  'a Map for a record': [
    () => new MemoryFiles(new Map([['f', 'x']]) as never),
    'ERR_INVALID_ARG_TYPE',
  ],
  'MemoryFiles for a record': [files => new MemoryFiles(files as never), 'ERR_INVALID_ARG_TYPE'],
  'a number for a file': [() => new MemoryFiles({ f: 1 as never }), 'ERR_INVALID_ARG_TYPE'],
  'text for a directory': [() => new MemoryFiles({ 'd/': 'text' }), 'ERR_INVALID_ARG_VALUE'],
  'a file below a file': [() => new MemoryFiles({ f: '', 'f/g': '' }), 'ENOTDIR'],
  'more than the quota': [() => new MemoryFiles({ f: 'four' }, { quota: { bytes: 3 } }), 'ENOSPC'],
  'an option of another name': [
    () => new MemoryFiles({}, { quotas: {} } as never),
    'ERR_INVALID_ARG_VALUE',
  ],
  'a quota below nothing': [
    () => new MemoryFiles({}, { quota: { bytes: -1 } }),
    'ERR_OUT_OF_RANGE',
  ],
  'a path out of it': [files => files.readFile('../f'), 'ERR_INVALID_ARG_VALUE'],
  'an absolute path': [files => files.writeFile('/f', ''), 'ERR_INVALID_ARG_VALUE'],
  'a NUL': [files => files.writeFile('f\0', ''), 'ERR_INVALID_ARG_VALUE'],
  'a file that is not there': [files => files.readFile('gone'), 'ENOENT'],
  'a directory to read': [files => files.readFile('dir'), 'EISDIR'],
  'a link that leads out': [files => files.readFile('out'), 'ENOTCAPABLE'],
  'a file to list': [files => files.list('file'), 'ENOTDIR'],
  'an unknown encoding': [
    files => files.readFile('file', 'latin1' as never),
    'ERR_INVALID_ARG_VALUE',
  ],
}

const asPreopen = (preopen: unknown) => (): unknown =>
  createGuest({ version: 'preview1', preopens: { '/m': preopen as never } })
for (const [title, preopen, message] of [
  [
    'files of another copy',
    (other: object) => ({ files: other }),
    /preopens\['\/m'\]\.files.*same copy of wasi-common/,
  ],
  [
    'an overlay of another copy',
    (other: object) => ({ path: '.', overlay: other }),
    /preopens\['\/m'\]\.overlay.*same copy of wasi-common/,
  ],
  [
    'another copy’s MemoryFiles in place of a record',
    (other: object) => other,
    /preopens\['\/m'\].*\{ files \}/,
  ],
  ['MemoryFiles in place of a record', () => new MemoryFiles(), /preopens\['\/m'\].*\{ files \}/],
  [
    'a Map',
    () => ({ files: new Map([['f', 'x']]) }),
    /preopens\['\/m'\]\.files.*Received an instance of Map/,
  ],
  [
    'an array',
    () => ({ files: [['f', 'x']] }),
    /preopens\['\/m'\]\.files.*Received an instance of Array/,
  ],
] as const) {
  test.serial(`a preopen of ${title} is refused with the name of the option`, async t => {
    const { MemoryFiles: Other } = await import('#bundle/index.js' as string)
    t.throws(asPreopen(preopen(new Other({ f: 'x' }))), {
      instanceOf: TypeError,
      code: 'ERR_INVALID_ARG_TYPE',
      message,
    })
  })
}
for (const [title, [run, code]] of Object.entries(mistakes)) {
  test.serial(`an embedder’s mistake: ${title} is ${code}`, t => {
    const files = new MemoryFiles({ file: '', 'dir/f': '', out: { symlink: '../x' } })
    t.throws(() => run(files), { instanceOf: Error, code })
  })
}

test.serial('options: combinations that exclude each other are refused', t => {
  const folder = scratch(t)
  const files = new MemoryFiles()
  const refusals: readonly (readonly [preopen: object, code: string, message: RegExp])[] = [
    [{ files: 1 }, 'ERR_INVALID_ARG_TYPE', /options\.preopens\['\/x'\]\.files/],
    [{ files: {}, path: folder }, 'ERR_INVALID_ARG_VALUE', /\.path/],
    [{ files: {}, overlay: true }, 'ERR_INVALID_ARG_VALUE', /\.overlay/],
    [{ files, quota: {} }, 'ERR_INVALID_ARG_VALUE', /have their own/],
    [{ files: {}, quota: { byte: 1 } }, 'ERR_INVALID_ARG_VALUE', /quota\.byte/],
    [{ path: folder, quota: {} }, 'ERR_INVALID_ARG_VALUE', /quota/],
    [{ path: folder, overlay: 'yes' }, 'ERR_INVALID_ARG_TYPE', /overlay/],
    [{ path: folder, overlay: files, quota: {} }, 'ERR_INVALID_ARG_VALUE', /have their own/],
    [{ file: 1 }, 'ERR_INVALID_ARG_TYPE', /\.file/],
    [{ file: 'f\0' }, 'ERR_INVALID_ARG_VALUE', /NUL/],
    [{ file: 'f', path: folder }, 'ERR_INVALID_ARG_VALUE', /\.path/],
    [{ file: join(folder, 'gone') }, 'UVWASI_ENOENT', /cannot open preopen "\/x" at ".*gone"/],
    [{ file: folder }, 'UVWASI_EISDIR', /cannot open/],
    [{ file: folder, readOnly: true }, 'UVWASI_EINVAL', /not a regular file/],
    [
      { path: join(folder, 'gone'), overlay: true },
      'UVWASI_ENOENT',
      /cannot open preopen "\/x" at ".*gone"/,
    ],
  ]
  const before = openDescriptors()
  for (const [preopen, code, message] of refusals) {
    t.throws(
      () => new Caller({ '/x': preopen as never }),
      { code, message },
      JSON.stringify(preopen),
    )
  }
  t.is(openDescriptors(), before)
})

// Guests and files.

for (const backend of backends) {
  test.serial(`a guest and its embedder see each other’s changes (${backend})`, t => {
    const files = new MemoryFiles({ in: 'given' })
    const c = caller(t, { '/': { files }, '/other': { files } }, { backend })
    t.is(c.text('in'), 'given')
    t.is(c.file('out', 'written'), 7)
    t.is(files.readFile('out', 'utf8'), 'written')
    t.is(c.text('out', 4), 'written', 'two directories of the same files')
    files.writeFile('in', 'changed')
    t.is(c.text('in'), 'changed')
    t.deepEqual(c.names(), ['in', 'out'])
    const second = caller(t, { '/': { files, readOnly: true } }, { backend })
    t.is(second.text('out'), 'written', 'another guest')
    t.is(second.file('out', ''), 'ROFS')
  })

  test.serial(`a record of files is private to one guest (${backend})`, t => {
    const preopens = { '/': { files: { f: 'mine' } } }
    const [one, two] = [caller(t, preopens, { backend }), caller(t, preopens, { backend })]
    t.is(one.file('f', 'changed'), 7)
    t.is(two.text('f'), 'mine')
  })

  test.serial(`links and renames between memory and the host are XDEV (${backend})`, t => {
    const folder = scratch(t)
    fs.writeFileSync(join(folder, 'f'), 'host')
    const c = caller(
      t,
      {
        '/host': folder,
        '/memory': { files: { f: 'memory' } },
        '/over': { path: folder, overlay: true },
      },
      { backend },
    )
    for (const [from, to] of [
      [3, 4],
      [4, 3],
      [3, 5],
      [5, 3],
      [4, 5],
    ]) {
      t.is(c.call('path_link', from, 0, 'f', to, 'new'), 'XDEV')
      t.is(c.call('path_rename', from, 'f', to, 'new'), 'XDEV')
    }
    t.deepEqual([c.names(3), c.names(4), c.names(5)], [['f'], ['f'], ['f']])
  })

  test.serial(
    `polls of files in memory return at once, including those that append (${backend})`,
    t => {
      const c = caller(t, { '/': { files: { f: 'text' } } }, { backend })
      for (const fdflags of [0, Fdflags.APPEND]) {
        const fd = c.open('f', { fdflags })
        c.bytes.fill(0, 0x400, 0x500)
        c.bytes.writeUInt8(1, 0x408)
        c.bytes.writeUInt32LE(Number(fd), 0x410)
        t.is(c.call('poll_oneoff', 0x400, 0x480, 1, 0x4c0), 'SUCCESS')
        t.is(c.bytes.readUInt16LE(0x488), Errno.SUCCESS)
        t.is(c.bytes.readBigUInt64LE(0x490), 4n)
      }
    },
  )
}

test.serial('files in memory are refused with threads', t => {
  const settings = settingsOf({ version: 'preview1', preopens: { '/': { files: {} } } })
  t.throws(() => shareOf(settings), { code: 'ERR_WASI_THREADS_UNAVAILABLE' })
})

// Quotas.

test.serial(
  'bytes: a write is cut at the quota and the next is NOSPC; truncation and removal free quota',
  t => {
    const c = caller(t, { '/': { files: {}, quota: { bytes: 10 } } })
    const fd = c.open('f', { oflags: CREAT })
    t.is(c.write(fd, '12345678'), 8)
    t.is(c.write(fd, 'abcd'), 2)
    t.is(c.write(fd, 'x'), 'NOSPC')
    t.is(c.text('f'), '12345678ab')
    t.is(c.call('fd_filestat_set_size', fd, 4n), 'SUCCESS')
    t.is(c.file('g', '123456789'), 6)
    t.is(c.call('path_unlink_file', 3, 'g'), 'SUCCESS')
    t.is(c.call('fd_allocate', fd, 0n, 11n), 'NOSPC')
    t.is(c.call('fd_allocate', fd, 0n, 10n), 'SUCCESS')
    t.is(c.file('g', '1'), 'NOSPC')
    t.is(c.call('path_unlink_file', 3, 'f'), 'SUCCESS')
    t.is(c.file('g', '1'), 'NOSPC', 'it is open still')
    t.is(c.call('fd_close', fd), 'SUCCESS')
    t.is(c.file('g', '1'), 1)
    t.is(c.call('path_symlink', '123456789', 3, 'l'), 'SUCCESS')
    t.is(c.call('path_symlink', '1', 3, 'm'), 'NOSPC', 'targets count')
    t.is(c.call('path_unlink_file', 3, 'l'), 'SUCCESS')
    t.is(c.call('path_symlink', '1', 3, 'm'), 'SUCCESS')
  },
)

test.serial(
  'bytes: a write of two buffers returns the bytes of the first if the second exceeds the quota',
  t => {
    const c = caller(t, { '/': { files: {}, quota: { bytes: 4 } } })
    const fd = c.open('f', { oflags: CREAT }) as number
    const [at] = c.put('12345678')
    new Uint32Array(c.bytes.buffer).set([at, 4, at + 4, 4], 0x20 / 4)
    t.is(c.call('fd_write', fd, 0x20, 2, 0x10), 'SUCCESS')
    t.is(c.bytes.readUInt32LE(0x10), 4)
    t.is(c.call('fd_write', fd, 0x20, 2, 0x10), 'NOSPC')
    t.is(c.text('f'), '1234')
  },
)

test.serial('a size beyond the quota is refused before a lower file is copied', t => {
  const folder = below(t)
  const files = new MemoryFiles()
  const c = caller(t, { '/': { path: folder, overlay: files } })
  const fd = c.open('f') as number
  const most = 2n ** 44n
  t.is(c.call('fd_filestat_set_size', fd, most + 1n), 'FBIG')
  t.is(c.call('fd_allocate', fd, most, 1n), 'FBIG')
  t.deepEqual([files.changes(), files.used.bytes], [[], 0])
})

test.serial('a write is cut at the largest size of a file in memory, and the next refused', t => {
  const c = caller(t, { '/': { files: {}, quota: { bytes: 2 ** 46 } } })
  const fd = c.open('f', { oflags: CREAT }) as number
  const [at] = c.put('1234')
  new Uint32Array(c.bytes.buffer).set([at, 4], 0x20 / 4)
  const most = 2n ** 44n
  t.is(c.call('fd_pwrite', fd, 0x20, 1, most - 1n, 0x10), 'SUCCESS')
  t.is(c.bytes.readUInt32LE(0x10), 1)
  for (const offset of [most, most + 1n, most * 2n])
    t.is(c.call('fd_pwrite', fd, 0x20, 1, offset, 0x10), 'FBIG')
  const content = new Content(new Room({ bytes: 2 ** 46, entries: 1 }))
  t.throws(() => content.resize(2 ** 44 + 1), { code: 'EFBIG' })
})

test.serial('bytes cut off a file in memory are returned to the host', async t => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const files = new MemoryFiles({}, { quota: { bytes: 2 ** 27 } })
  const c = caller(t, { '/': { files } })
  gc()
  const before = process.memoryUsage().arrayBuffers
  for (let i = 0; i < 1000; i++) {
    files.writeFile(`${i}`, new Uint8Array(65536))
    const fd = c.open(`${i}`) as number
    t.is(c.call('fd_filestat_set_size', fd, 1n), 'SUCCESS')
    c.call('fd_close', fd)
  }
  t.is(files.used.bytes, 1000)
  let held = 2 ** 26
  // V8 frees buffers beside its garbage collection.
  for (let i = 0; i < 100 && held > 2 ** 24; i++) {
    gc()
    await new Promise(done => setTimeout(done, 10))
    held = process.memoryUsage().arrayBuffers - before
  }
  t.true(held < 2 ** 24, `${held} bytes`)
})

test.serial('a rename over a parent directory is NOTEMPTY, as on Linux', t => {
  const c = caller(t, { '/': { files: { 'a/b/f': 'text', f: '' } } })
  const renamed = (from: string, to: string) => c.call('path_rename', 3, from, 3, to)
  t.deepEqual(
    [renamed('a/b/f', 'a/b'), renamed('a/b/f', 'a'), renamed('a/b', 'a')],
    ['NOTEMPTY', 'NOTEMPTY', 'NOTEMPTY'],
  )
  t.is(renamed('f', 'a'), 'ISDIR', 'which is not above it')
  t.is(c.text('a/b/f'), 'text')
})

test.serial('a rename into a removed directory leaves the file in place', t => {
  const c = caller(t, { '/': { files: { f: 'text', 'd/': '' } } })
  const removed = c.open('d', { oflags: DIRECTORY }) as number
  t.is(c.call('path_remove_directory', 3, 'd'), 'SUCCESS')
  t.is(c.call('path_rename', 3, 'f', removed, 'f'), 'NOENT')
  t.is(c.text('f'), 'text')
})

test.serial('a seek beyond 2^53 leaves the offset of a file in memory', t => {
  const c = caller(t, { '/': { files: { f: 'text' } } })
  const fd = c.open('f') as number
  const last = 2n ** 53n - 1n
  t.is(c.call('fd_seek', fd, last, 0, 0x10), 'SUCCESS')
  t.is(c.call('fd_seek', fd, 1n, 1, 0x10), 'INVAL')
  t.is(c.call('fd_seek', fd, last, 2, 0x10), 'INVAL')
  t.is(c.call('fd_tell', fd, 0x10), 'SUCCESS')
  t.is(c.bytes.readBigUInt64LE(0x10), last)
})

test.serial('entries: names of every kind count, and renaming adds none', t => {
  const files = new MemoryFiles({}, { quota: { entries: 3 } })
  const c = caller(t, { '/': { files } })
  t.is(c.file('f', ''), 0)
  t.is(c.call('path_create_directory', 3, 'd'), 'SUCCESS')
  t.is(c.call('path_link', 3, 0, 'f', 3, 'g'), 'SUCCESS')
  t.is(c.file('h', ''), 'NOSPC')
  t.is(c.call('path_create_directory', 3, 'e'), 'NOSPC')
  t.is(c.call('path_symlink', 'f', 3, 'l'), 'NOSPC')
  t.is(files.used.bytes, 0, 'a link that has no name counts nothing')
  t.is(c.call('path_link', 3, 0, 'f', 3, 'i'), 'NOSPC')
  t.is(c.call('path_rename', 3, 'g', 3, 'd/g'), 'SUCCESS')
  t.is(c.call('path_unlink_file', 3, 'd/g'), 'SUCCESS')
  t.is(c.file('h', ''), 0)
})

test.serial('a hole is not allocated and costs no quota', t => {
  const files = new MemoryFiles({}, { quota: { bytes: 2 ** 45 } })
  const c = caller(t, { '/': { files: {} }, '/large': { files } })
  const before = process.memoryUsage().arrayBuffers
  const fd = c.open('f', { oflags: CREAT })
  t.is(c.call('fd_filestat_set_size', fd, 2n ** 40n), 'SUCCESS')
  t.is(c.call('fd_filestat_set_size', fd, 2n ** 50n), 'FBIG')
  const large = c.open('f', { dir: 4, oflags: CREAT })
  t.is(c.call('fd_filestat_set_size', large, 2n ** 40n), 'SUCCESS')
  t.is(c.call('fd_seek', large, 2n ** 39n, 0, 0x10), 'SUCCESS')
  t.is(c.write(large, 'x'), 1)
  t.is(c.read(large, 3), '\0\0\0')
  t.true(process.memoryUsage().arrayBuffers - before < 2 ** 22)
  t.is(c.call('fd_filestat_set_size', large, 2n ** 44n), 'SUCCESS')
  t.is(c.call('fd_filestat_set_size', large, 2n ** 44n + 1n), 'FBIG')
})

test.serial('many small writes, cuts and growths hold at most the counted bytes', t => {
  const files = new MemoryFiles({}, { quota: { bytes: 2 ** 26 } })
  const c = caller(t, { '/': { files } })
  const fd = c.open('f', { oflags: CREAT })
  for (let at = 0; at < 5000; at++) t.is(c.write(fd, 'abcdefg'), 7)
  t.is(files.readFile('f').length, 35_000)
  for (let size = 200_000; size > 0; size -= 6661) {
    t.is(c.call('fd_filestat_set_size', fd, BigInt(size)), 'SUCCESS')
    t.true(files.used.bytes <= Math.min(size, 35_000))
  }
  t.is(c.call('fd_filestat_set_size', fd, 0n), 'SUCCESS')
  t.is(c.call('fd_filestat_set_size', fd, 100n), 'SUCCESS')
  t.deepEqual(files.readFile('f'), new Uint8Array(100), 'what was cut off does not come back')
})

test.serial('a tree made step by step or moved has no path beyond the longest', t => {
  const files = new MemoryFiles()
  const c = caller(t, { '/': { files } })
  const long = 'd'.repeat(254)
  let dir = 3
  for (let depth = 0; depth < 16; depth++) {
    t.is(c.call('path_create_directory', dir, long), 'SUCCESS')
    dir = Number(c.open(long, { dir, oflags: DIRECTORY }))
  }
  t.is(c.file('x'.repeat(15), '', dir), 0)
  t.is(c.file('x'.repeat(16), '', dir), 'NAMETOOLONG')
  t.is(c.call('path_create_directory', dir, long), 'NAMETOOLONG')
  t.is(c.call('path_create_directory', 3, 'two'), 'SUCCESS')
  t.is(c.call('path_rename', 3, long, 3, 'two/d'), 'SUCCESS', 'the name is that much shorter')
  t.is(c.call('path_rename', 3, 'two', 3, 't'.repeat(300)), 'NAMETOOLONG')
  t.is(
    c.call('path_rename', 3, 'two', 3, 't'.repeat(255)),
    'NAMETOOLONG',
    'what is in it would be too far away',
  )
  t.is(Object.keys(files.toRecord()).length, 1)
})

test.serial('inodes are unique across threads', async t => {
  const files = new MemoryFiles({ old: '' })
  await run(moves(call('proc_exit', 0)), { preopens: { '/': { files } } })
  files.writeFile('third', '')
  const c = caller(t, { '/': { files } })
  const inodes = ['new', 'own', 'third', '.'].map(name => {
    t.is(c.call('path_filestat_get', 3, 0, name, 0x400), 'SUCCESS')
    return `${c.bytes.readBigUInt64LE(0x400)}:${c.bytes.readBigUInt64LE(0x408)}`
  })
  t.is(new Set(inodes).size, 4)
  t.is(new Set(inodes.map(inode => inode.split(':')[0])).size, 1)
})

// Overlays.

/** A directory of the host with what an overlay has to be right about. */
function below(t: ExecutionContext): string {
  const folder = scratch(t)
  fs.mkdirSync(join(folder, 'dir/deep'), { recursive: true })
  fs.mkdirSync(join(folder, 'empty'))
  for (const name of ['f', 'g', 'dir/f', 'dir/deep/f'])
    fs.writeFileSync(join(folder, name), `below ${name}`)
  fs.symlinkSync('dir/f', join(folder, 'link'))
  fs.symlinkSync('/etc/passwd', join(folder, 'out'))
  return folder
}
/** All files of a folder, by path. */
function snapshot(folder: string, under = ''): Record<string, string> {
  return Object.assign(
    {},
    ...fs.readdirSync(join(folder, under), { withFileTypes: true }).map(entry => {
      const path = join(under, entry.name)
      if (entry.isDirectory()) return { [`${path}/`]: '', ...snapshot(folder, path) }
      return {
        [path]: entry.isSymbolicLink()
          ? fs.readlinkSync(join(folder, path))
          : fs.readFileSync(join(folder, path), 'utf8'),
      }
    }),
  )
}

for (const backend of backends) {
  test.serial(
    `an overlay: changes of the guest leave the host’s directory unchanged (${backend})`,
    t => {
      const folder = below(t)
      const before = snapshot(folder)
      const files = new MemoryFiles()
      const c = caller(t, { '/': { path: folder, overlay: files } }, { backend })
      t.deepEqual(c.names(), ['dir', 'empty', 'f', 'g', 'link', 'out'])
      t.is(c.text('link'), 'below dir/f')
      t.is(c.text('out'), 'NOTCAPABLE')
      t.deepEqual(files.changes(), [])

      const reader = c.open('f', { base: READ })
      const appending = c.open('f', { fdflags: Fdflags.APPEND })
      t.is(c.write(appending, '!'), 1)
      t.is(c.read(reader), 'below f!', 'who had it open sees it')
      t.is(c.file('dir/new', 'new'), 3)
      t.is(c.call('path_unlink_file', 3, 'g'), 'SUCCESS')
      t.is(c.text('g'), 'NOENT')
      t.is(c.call('path_rename', 3, 'dir/deep', 3, 'moved'), 'SUCCESS')
      t.is(c.text('moved/f'), 'below dir/deep/f')
      t.is(c.text('dir/deep/f'), 'NOENT')
      t.is(c.call('path_create_directory', 3, 'dir/deep'), 'SUCCESS')
      t.deepEqual(
        c.names(c.open('dir/deep', { oflags: DIRECTORY })),
        [],
        'a new directory has nothing of the old one',
      )
      t.is(c.call('path_remove_directory', 3, 'empty'), 'SUCCESS')
      t.is(c.file('link', 'through the link'), 16)
      t.is(c.text('dir/f'), 'through the link')
      t.deepEqual(c.names(), ['dir', 'f', 'link', 'moved', 'out'])
      t.deepEqual(snapshot(folder), before)

      const changes = files
        .changes()
        .map(
          ({ kind, path, from }) => `${kind} ${path}${from === undefined ? '' : ` from ${from}`}`,
        )
      t.deepEqual(changes.sort(), [
        'created dir/deep',
        'created dir/new',
        'modified dir/f',
        'modified f',
        'removed empty',
        'removed g',
        'renamed moved from dir/deep',
      ])
      const record = files.toRecord()
      t.deepEqual(Object.keys(record).sort(), ['dir/deep/', 'dir/f', 'dir/new', 'f', 'moved/f'])

      // Taken over, as the documents say.
      for (const { kind, path, from } of files.changes()) {
        if (kind === 'removed' || kind === 'renamed')
          fs.rmSync(join(folder, from ?? path), { recursive: true, force: true })
      }
      for (const [path, value] of Object.entries(record)) {
        if (path.endsWith('/')) fs.mkdirSync(join(folder, path), { recursive: true })
        else fs.mkdirSync(join(folder, path, '..'), { recursive: true })
        if (value instanceof Uint8Array) fs.writeFileSync(join(folder, path), value)
      }
      t.deepEqual(snapshot(folder), {
        ...{
          'dir/': '',
          'dir/deep/': '',
          'dir/f': 'through the link',
          'dir/new': 'new',
          f: 'below f!',
        },
        ...{ link: 'dir/f', 'moved/': '', 'moved/f': 'below dir/deep/f', out: '/etc/passwd' },
      })
    },
  )

  test.serial(
    `an overlay: a second name is no rename, and a restored name is not removed (${backend})`,
    t => {
      const folder = below(t)
      const files = new MemoryFiles()
      const c = caller(t, { '/': { path: folder, overlay: files } }, { backend })
      const changes = () =>
        files
          .changes()
          .map(
            ({ kind, path, from }) => `${kind} ${path}${from === undefined ? '' : ` from ${from}`}`,
          )
      t.is(c.call('path_link', 3, 0, 'f', 3, 'second'), 'SUCCESS')
      t.deepEqual(changes(), ['created second'])
      t.is(c.call('path_rename', 3, 'f', 3, 'first'), 'SUCCESS')
      t.deepEqual(changes().sort(), ['created first', 'renamed second from f'])
      t.is(c.call('path_rename', 3, 'first', 3, 'f'), 'SUCCESS')
      t.deepEqual(changes(), ['created second'])
      t.is(c.call('path_unlink_file', 3, 'second'), 'SUCCESS')
      t.deepEqual(changes(), [])
      t.is(c.call('path_rename', 3, 'dir/deep', 3, 'deep'), 'SUCCESS')
      t.is(c.call('path_unlink_file', 3, 'dir/f'), 'SUCCESS')
      t.is(c.call('path_remove_directory', 3, 'dir'), 'SUCCESS')
      t.is(c.call('path_unlink_file', 3, 'deep/f'), 'SUCCESS')
      t.deepEqual(changes().sort(), ['created deep', 'removed deep/f', 'removed dir'])
      t.deepEqual(Object.keys(files.toRecord()).sort(), ['deep/', 'f'])
      t.is(c.call('path_filestat_set_times', 3, 0, 'g', 1n, 1n, Fstflags.MTIM), 'SUCCESS')
      t.true(changes().includes('touched g'))
    },
  )

  test.serial(
    `an overlay: a changed file with more lower names is returned under its own (${backend})`,
    async t => {
      const folder = scratch(t)
      fs.writeFileSync(join(folder, 'a'), 'below')
      fs.linkSync(join(folder, 'a'), join(folder, 'b'))
      const files = new MemoryFiles()
      const c = caller(t, { '/': { path: folder, overlay: files } }, { backend })
      t.is(c.call('path_link', 3, 0, 'a', 3, 'c'), 'SUCCESS')
      t.is(c.write(c.open('a'), 'above'), 5)
      t.deepEqual([c.text('a'), c.text('b'), c.text('c')], ['above', 'below', 'above'])
      t.is(c.call('path_filestat_get', 3, 0, 'a', 0x100), 'SUCCESS')
      t.is(c.bytes.readBigUInt64LE(0x100 + 24), 2n, 'a and c')
      c.guest.close()
      // There and back: another thread counts the same.
      await run(command([]), { preopens: { '/': { path: folder, overlay: files } }, backend })
      files.remove('a')
      t.is(files.readFile('c', 'utf8'), 'above')
      files.remove('c')
      t.deepEqual(files.used, { bytes: 0, entries: 0 })
      t.is(files.readFile('b', 'utf8'), 'below')
    },
  )

  test.serial(
    `an overlay over a path that cannot be opened leaves its files unchanged (${backend})`,
    async t => {
      const folder = scratch(t)
      const files = new MemoryFiles({ a: 'mine' })
      const over = (path: string) => ({ preopens: { '/': { path, overlay: files } }, backend })
      const code = 'UVWASI_ENOENT'
      t.throws(() => createGuest({ version: 'preview1', ...over(join(folder, 'typo')) }), {
        code,
        message: /preopen "\/" at ".*typo"/,
      })
      await t.throwsAsync(run(command([]), over(join(folder, 'typo'))), {
        code,
        message: /preopen "\/" at ".*typo"/,
      })
      t.is(files.readFile('a', 'utf8'), 'mine')
      await run(command([]), over(folder))
      t.deepEqual(Object.keys(files.toRecord()), ['a'])
    },
  )

  test.serial(`an overlay: another thread sees a second name of one file (${backend})`, async t => {
    const folder = scratch(t)
    fs.writeFileSync(join(folder, 'a'), 'below')
    const files = new MemoryFiles()
    const c = caller(t, { '/': { path: folder, overlay: files } }, { backend })
    t.is(c.call('path_link', 3, 0, 'a', 3, 'c'), 'SUCCESS')
    c.guest.close()
    await run(command([]), { preopens: { '/': { path: folder, overlay: files } }, backend })
    files.writeFile('a', 'above')
    files.remove('a')
    t.is(files.readFile('c', 'utf8'), 'above')
  })

  test.serial(
    `an overlay serves another guest, and its embedder after the last one (${backend})`,
    t => {
      const folder = below(t)
      const files = new MemoryFiles({ 'dir/early': 'made before' })
      const before = openDescriptors()
      const first = new Caller({ '/': { path: folder, overlay: files } }, { backend })
      t.is(first.text('dir/early'), 'made before')
      t.is(first.text('dir/f'), 'below dir/f', 'directories of one name are one')
      t.is(first.call('path_rename', 3, 'f', 3, 'dir/g'), 'SUCCESS')
      first.guest.close()
      t.is(openDescriptors(), before)
      t.is(files.readFile('dir/g', 'utf8'), 'below f')
      t.is(openDescriptors(), before, 'to look at it leaves nothing open')
      const second = new Caller({ '/': { path: folder, overlay: files } }, { backend })
      t.is(second.text('f'), 'NOENT')
      t.is(second.text('dir/g'), 'below f')
      second.guest.close()
      t.throws(
        () => new Caller({ '/': { path: join(folder, 'dir'), overlay: files } }, { backend }),
        { code: 'ERR_WASI_OVERLAY' },
      )
      t.is(openDescriptors(), before)
    },
  )

  test.serial(
    `an overlay stays consistent while others change the lower directory (${backend})`,
    t => {
      const folder = below(t)
      const c = caller(t, { '/': { path: folder, overlay: true } }, { backend })
      t.is(c.text('f'), 'below f')
      fs.writeFileSync(join(folder, 'f'), 'other')
      t.is(c.text('f'), 'other', 'what the guest did not touch is as it is')
      const fd = c.open('dir/f')
      fs.rmSync(join(folder, 'dir'), { recursive: true })
      t.is(c.read(fd), 'below dir/f', 'an open file stays')
      t.is(c.text('dir/f'), 'NOENT')
      fs.writeFileSync(join(folder, 'dir'), 'a file now')
      t.is(c.text('dir/deep/f'), 'NOTDIR')
      fs.rmSync(join(folder, 'dir'))
      fs.symlinkSync('/', join(folder, 'dir'))
      t.is(c.text('dir/etc/passwd'), 'NOTCAPABLE', 'no link leads out')
      t.is(c.file('dir/etc/new', ''), 'NOTCAPABLE')
      fs.rmSync(join(folder, 'dir'))
      fs.mkdirSync(join(folder, 'dir'))
      t.is(c.file('dir/mine', 'mine'), 4)
      fs.rmdirSync(join(folder, 'dir'))
      fs.symlinkSync('/etc', join(folder, 'dir'))
      t.is(c.text('dir/mine'), 'mine', 'what the guest changed stays')
      t.is(c.text('dir/passwd'), 'NOENT')
      t.is(c.call('path_unlink_file', 3, 'g'), 'SUCCESS')
      fs.writeFileSync(join(folder, 'g'), 'again')
      t.is(c.text('g'), 'NOENT', 'what the guest removed is gone')
    },
  )
}

test.serial('an overlay: a file beyond the quota refuses writes and stays unchanged', t => {
  const folder = below(t)
  const c = caller(t, { '/': { path: folder, overlay: true, quota: { bytes: 8, entries: 2 } } })
  const fd = c.open('dir/f')
  t.is(c.write(fd, 'x'), 'NOSPC')
  t.is(c.text('dir/f'), 'below dir/f')
  t.is(c.write(c.open('f'), 'B'), 1)
  t.is(c.text('f'), 'Below f')
  t.is(c.call('path_unlink_file', 3, 'f'), 'SUCCESS')
  t.is(c.call('path_rename', 3, 'g', 3, 'h'), 'SUCCESS')
  t.is(c.call('path_rename', 3, 'dir', 3, 'room'), 'SUCCESS')
  t.is(c.call('path_rename', 3, 'empty', 3, 'no'), 'NOSPC')
  t.deepEqual(c.names(), ['empty', 'h', 'link', 'out', 'room'])
})

test.serial('an overlay: removed lower names are remembered up to the quota of entries', t => {
  const folder = scratch(t)
  for (const name of ['a', 'b', 'c', 'd/e', 'd/f']) {
    fs.mkdirSync(join(folder, 'd'), { recursive: true })
    fs.writeFileSync(join(folder, name), name)
  }
  const files = new MemoryFiles()
  treeOf(files).room = new Room(defaultQuota, 3)
  const c = caller(t, { '/': { path: folder, overlay: files } })
  for (const name of ['d/e', 'd/f', 'a']) t.is(c.call('path_unlink_file', 3, name), 'SUCCESS', name)
  t.is(c.call('path_unlink_file', 3, 'b'), 'NOSPC')
  t.is(c.call('path_rename', 3, 'b', 3, 'x'), 'NOSPC')
  t.is(c.text('b'), 'b')
  t.is(c.open('a', { oflags: CREAT }), 4, 'what is new takes the name of what is gone')
  t.is(c.call('path_unlink_file', 3, 'a'), 'SUCCESS', 'and gives it back')
  fs.writeFileSync(join(folder, 'fresh'), 'fresh')
  t.is(c.call('path_unlink_file', 3, 'fresh'), 'NOSPC', 'nor what came later')
  t.is(c.call('path_remove_directory', 3, 'd'), 'NOSPC')
  t.deepEqual(c.names(), ['b', 'c', 'd', 'fresh'])
  t.deepEqual(
    files.changes().map(({ path }) => path),
    ['a', 'd/e', 'd/f'],
  )
})
test.serial(
  'an overlay: a rename over another file needs quota for both removed names, or changes nothing',
  t => {
    for (const [room, answer] of [
      [2, 'SUCCESS'],
      [1, 'NOSPC'],
    ] as const) {
      const folder = scratch(t)
      for (const name of ['from', 'onto']) fs.writeFileSync(join(folder, name), name)
      const files = new MemoryFiles()
      treeOf(files).room = new Room(defaultQuota, room)
      const c = caller(t, { '/': { path: folder, overlay: files } })
      t.is(c.call('path_rename', 3, 'from', 3, 'onto'), answer)
      t.deepEqual(c.names(), room === 2 ? ['onto'] : ['from', 'onto'])
      t.is(c.text('onto'), room === 2 ? 'from' : 'onto')
      t.is(treeOf(files).room.freeGone, room === 2 ? 0 : 1)
    }
  },
)
test.serial('an overlay: a removed directory frees the names remembered in it', t => {
  const folder = scratch(t)
  fs.mkdirSync(join(folder, 'd'))
  for (const name of ['d/e', 'd/f', 'g']) fs.writeFileSync(join(folder, name), name)
  const files = new MemoryFiles()
  treeOf(files).room = new Room(defaultQuota, 3)
  const c = caller(t, { '/': { path: folder, overlay: files } })
  for (const name of ['d/e', 'd/f']) t.is(c.call('path_unlink_file', 3, name), 'SUCCESS', name)
  t.is(c.call('path_remove_directory', 3, 'd'), 'SUCCESS')
  t.is(c.call('path_unlink_file', 3, 'g'), 'SUCCESS', 'there is room again')
  t.is(treeOf(files).room.freeGone, 1)
})

test.serial('an overlay lists special files and refuses to open them', t => {
  const folder = scratch(t)
  fs.symlinkSync('/dev', join(folder, 'dev'))
  const c = caller(t, { '/': { path: '/dev', overlay: true } })
  t.is(c.text('null'), 'ACCES')
  t.is(c.open('zero', { base: BigInt(Rights.FD_WRITE) }), 'ACCES')
  t.is(c.call('path_filestat_get', 3, 0, 'null', 0x400), 'SUCCESS')
  t.is(c.bytes.readUInt8(0x410), 2)
})

// Files in memory in a worker.

test.serial('run copies files in memory to the guest, and its changes back', async t => {
  const files = new MemoryFiles({ old: 'text', twice: '' })
  const preopens = { '/': { files }, '/again': { files } }
  const twice = await Promise.allSettled(
    [0, 1].map(() => run(moves(call('proc_exit', 3)), { preopens })),
  )
  const [done, refused] = twice.sort((a, b) => a.status.localeCompare(b.status))
  t.like(done, { status: 'fulfilled', value: { exitCode: 3 } })
  t.like(
    refused,
    { status: 'rejected', reason: { code: 'ERR_WASI_FILES_AWAY' } },
    'two runs cannot have them at once',
  )
  t.deepEqual(Object.keys(files.toRecord()).sort(), ['new', 'own/', 'twice'])
  t.is(files.readFile('new', 'utf8'), 'text')
  t.deepEqual(files.used, { bytes: 4, entries: 3 })
  files.remove('twice')
  t.deepEqual(files.used, { bytes: 4, entries: 2 })

  const c = caller(t, { '/': { files } })
  await t.throwsAsync(run(moves(call('proc_exit', 3)), { preopens: { '/': { files } } }), {
    code: 'ERR_WASI_FILES_BUSY',
  })
  t.is(c.text('new'), 'text')
})

test.serial('files in memory refuse calls while a run has them', t => {
  const files = new MemoryFiles({ f: 'text' })
  const { back } = lend(settingsOf({ version: 'preview1', preopens: { '/': { files } } }).preopens)
  t.throws(() => files.readFile('f'), { code: 'ERR_WASI_FILES_AWAY' })
  t.throws(() => new Caller({ '/': { files } }), { code: 'ERR_WASI_FILES_AWAY' })
  back()
  t.is(files.readFile('f', 'utf8'), 'text')
})

test.serial(
  'run: files and overlays come back, with removals, even if the guest traps or never starts',
  async t => {
    const folder = below(t)
    fs.renameSync(join(folder, 'f'), join(folder, 'old'))
    const files = new MemoryFiles()
    const before = openDescriptors()
    const trapping = assemble({
      functions: {
        _start: {
          body: [
            drop(call('path_rename', 3, 0x40, 3, 3, 0x43, 3)),
            drop(call('path_unlink_file', 3, 0x46, 1)),
            call('_start'),
          ],
        },
      },
      data: { 64: 'oldnewg' },
    })
    await t.throwsAsync(run(trapping, { preopens: { '/': { path: folder, overlay: files } } }), {
      code: 'ERR_WASI_STACK_LIMIT',
    })
    t.deepEqual(
      files.changes().map(({ kind, path }) => `${kind} ${path}`),
      ['removed g', 'renamed new'],
    )
    t.is(files.readFile('new', 'utf8'), 'below f')
    await t.throwsAsync(
      run(moves(call('proc_exit', 0)), {
        preopens: { '/': { path: folder, overlay: files } },
        threads: 1,
      }),
      {
        code: 'ERR_WASI_THREADS_UNAVAILABLE',
      },
    )
    t.like(
      await run(moves(call('proc_exit', 0)), {
        preopens: { '/': { path: folder, overlay: files } },
      }),
      { exitCode: 0 },
    )
    t.deepEqual(files.changes().length, 3, 'a directory more')
    t.is(files.readFile('new', 'utf8'), 'below f')
    t.false(files.exists('g'))
    t.like(
      await run(moves(call('proc_exit', 5)), { preopens: { '/': { file: join(folder, 'g') } } }),
      { exitCode: 5 },
    )
    t.is(openDescriptors(), before)
  },
)

test.serial('a link beyond the quota of entries counts nothing', t => {
  const files = new MemoryFiles({}, { quota: { entries: 0 } })
  t.throws(() => files.symlink('target', 'link'), { code: 'ENOSPC' })
  t.deepEqual(files.used, { bytes: 0, entries: 0 })
})

test.serial('a file with many names is returned once', t => {
  const size = 1 << 20
  const files = new MemoryFiles(
    { big: new Uint8Array(size), other: 'x' },
    { quota: { bytes: size + 1 } },
  )
  const c = caller(t, { '/': { files } })
  for (let i = 0; i < 2000; i++) c.call('path_link', 3, 0, 'big', 3, `name${i}`)
  const { big, other, ...names } = files.toRecord()
  t.is(Object.keys(names).length, 2000)
  t.true(Object.values(names).every(bytes => bytes === big))
  t.deepEqual(other, Uint8Array.of(120))
})

test.serial('the deepest tree of a guest reaches another thread and comes back', async t => {
  const files = new MemoryFiles()
  const c = caller(t, { '/': { files } })
  let depth = 0
  for (let dir = 3; c.call('path_create_directory', dir, 'a') === 'SUCCESS'; depth++) {
    const inner = Number(c.open('a', { dir, oflags: DIRECTORY }))
    if (dir > 3) c.call('fd_close', dir)
    dir = inner
  }
  t.is(depth, 2048)
  c.guest.close()
  for (let turn = 0; turn < 2; turn++)
    t.like(await run(command([call('proc_exit', 3)]), { preopens: { '/': { files } } }), {
      exitCode: 3,
    })
  t.deepEqual(files.used, { bytes: 0, entries: depth })
  t.is(files.changes().length, depth)
  t.is(Object.keys(files.toRecord())[0]?.length, 2 * depth)
  files.remove('a')
  t.deepEqual(files.used, { bytes: 0, entries: 0 })
})

// A single file.

test.serial('a single file is read-only if the preopen is, and is resolved through a link', t => {
  const folder = below(t)
  fs.symlinkSync('../f', join(folder, 'dir/up'))
  fs.chmodSync(join(folder, 'g'), 0o444)
  const c = caller(t, {
    '/link': { file: join(folder, 'dir/up') },
    '/only': { file: join(folder, 'g') },
  })
  t.deepEqual(c.names(), ['up'])
  t.is(c.text('up'), 'below f')
  t.is(c.text('g', 4), 'below g')
  if (process.getuid?.() !== 0) t.is(c.open('g', { dir: 4 }), 'ACCES')
})

test.serial('a single file that cannot be truncated is closed after the attempt', t => {
  const tree = singleTree(join(below(t), 'g'), 'g', true, () => openNative())
  const sys = new MemfsSys(new Block(), tree)
  t.teardown(() => sys.dispose())
  sys.bind(Buffer.from('g'))
  const dir = sys.preopen('')
  const open = (oflags: number) => sys.open(dir, 0, 1, 0, oflags, 0, 1)
  t.is(open(TRUNC), -Errno.ACCES)
  const file = open(0)
  t.is(sys.close(file), 0)
  for (let i = 0; i < 3; i++) t.is(open(TRUNC), -Errno.ACCES)
  t.is(open(0), file)
})

for (const backend of backends) {
  test.serial(
    `a single file: the guest reaches it under one name, and nothing else (${backend})`,
    t => {
      const folder = below(t)
      const path = join(folder, 'f')
      const c = caller(
        t,
        { '/only': { file: path }, '/ro': { file: path, readOnly: true } },
        { backend },
      )
      t.deepEqual(c.names(), ['f'])
      t.is(c.text('f'), 'below f')
      for (const name of ['g', '../g', 'dir', 'f/x'])
        t.is(
          c.text(name),
          name.startsWith('..') ? 'NOTCAPABLE' : name === 'f/x' ? 'NOTDIR' : 'NOENT',
        )
      t.is(c.file('new', ''), 'ROFS')
      t.is(c.call('path_create_directory', 3, 'new'), 'ROFS')
      t.is(c.call('path_symlink', 'f', 3, 'new'), 'ROFS')
      t.is(c.call('path_link', 3, 0, 'f', 3, 'new'), 'ROFS')
      t.is(c.call('path_rename', 3, 'f', 3, 'new'), 'ROFS')
      t.is(c.call('path_unlink_file', 3, 'f'), 'ROFS')
      const fd = c.open('f')
      t.is(c.write(fd, 'BELOW'), 5)
      t.is(fs.readFileSync(path, 'utf8'), 'BELOW f')
      t.is(c.call('fd_filestat_set_size', fd, 3n), 'SUCCESS')
      t.is(
        c.call('path_filestat_set_times', 3, 0, 'f', 0n, 5_000_000_000n, Fstflags.MTIM),
        'SUCCESS',
      )
      t.is(fs.statSync(path).mtimeMs, 5000)
      const end = c.open('f', { fdflags: Fdflags.APPEND })
      t.is(c.write(end, '+'), 1)
      t.is(fs.readFileSync(path, 'utf8'), 'BEL+')
      t.is(c.text('f', 4), 'BEL+')
      t.is(c.open('f', { dir: 4 }), 'ROFS')
      // It is the same file, whatever becomes of its name.
      fs.renameSync(path, join(folder, 'old'))
      fs.writeFileSync(path, 'another')
      t.is(c.text('f'), 'BEL+')
    },
  )
}

// Read-only.

/**
 * Each call that changes something, on a directory `dir` that has a `book`, and a `room` with a
 * `page`. `box` is another one.
 */
const changes: Readonly<Record<string, (c: Caller, dir: number, box: number) => string | number>> =
  {
    'path_open to create': (c, dir) => c.open('new', { dir, oflags: CREAT }),
    'path_open to create, exclusively': (c, dir) => c.open('new', { dir, oflags: CREAT | EXCL }),
    'path_open to truncate': (c, dir) => c.open('book', { dir, oflags: TRUNC }),
    'path_open to truncate, with rights to read': (c, dir) =>
      c.open('book', { dir, oflags: TRUNC, base: READ }),
    'path_open to write': (c, dir) => c.open('book', { dir, base: BigInt(Rights.FD_WRITE) }),
    path_create_directory: (c, dir) => c.call('path_create_directory', dir, 'new'),
    path_remove_directory: (c, dir) => c.call('path_remove_directory', dir, 'room'),
    path_unlink_file: (c, dir) => c.call('path_unlink_file', dir, 'book'),
    path_symlink: (c, dir) => c.call('path_symlink', 'book', dir, 'new'),
    path_filestat_set_times: (c, dir) =>
      c.call('path_filestat_set_times', dir, 0, 'book', 1n, 1n, Fstflags.MTIM),
    'path_link within': (c, dir) => c.call('path_link', dir, 0, 'book', dir, 'new'),
    'path_link out': (c, dir, box) => c.call('path_link', dir, 0, 'book', box, 'new'),
    'path_link in': (c, dir, box) => c.call('path_link', box, 0, 'book', dir, 'new'),
    'path_rename within': (c, dir) => c.call('path_rename', dir, 'book', dir, 'new'),
    'path_rename out': (c, dir, box) => c.call('path_rename', dir, 'book', box, 'new'),
    'path_rename in': (c, dir, box) => c.call('path_rename', box, 'book', dir, 'book'),
    'path_open below a directory of it': (c, dir) =>
      c.open('page', { dir: Number(c.open('room', { dir, oflags: DIRECTORY })), oflags: TRUNC }),
    fd_filestat_set_times: (c, dir) =>
      c.call(
        'fd_filestat_set_times',
        Number(c.open('book', { dir, base: ALL & ~BigInt(Rights.FD_WRITE) })),
        1n,
        1n,
        Fstflags.ATIM,
      ),
  }
/** Those by a descriptor that has no right to. */
const byFile: Readonly<Record<string, (c: Caller, fd: number) => string | number>> = {
  fd_write: (c, fd) => c.write(fd, 'x'),
  fd_pwrite: (c, fd) => c.call('fd_pwrite', fd, 0x20, 0, 0n, 0x10),
  fd_filestat_set_size: (c, fd) => c.call('fd_filestat_set_size', fd, 0n),
  fd_allocate: (c, fd) => c.call('fd_allocate', fd, 0n, 100n),
}
/**
 * Linux's answers for a file that is open to read, after the check of the right that a reader
 * lacks.
 */
const byFileAnswers: Readonly<Record<string, string>> = {
  ...{
    fd_write: 'NOTCAPABLE',
    fd_pwrite: 'NOTCAPABLE',
    fd_filestat_set_size: 'INVAL',
    fd_allocate: 'BADF',
  },
}
for (const backend of backends) {
  test.serial(
    `read-only: every changing call is refused on each kind of directory (${backend})`,
    t => {
      const folder = scratch(t)
      const record = { book: 'text', 'room/page': 'page' }
      fs.mkdirSync(join(folder, 'room'))
      for (const [path, text] of Object.entries(record)) fs.writeFileSync(join(folder, path), text)
      const before = snapshot(folder)
      const memory = new MemoryFiles(record)
      const over = new MemoryFiles()
      const c = caller(
        t,
        {
          ...{
            '/host': { path: folder, readOnly: true },
            '/memory': { files: memory, readOnly: true },
          },
          ...{
            '/over': { path: folder, overlay: over, readOnly: true },
            '/box': { files: record },
          },
        },
        { backend },
      )
      const box = 6
      for (const [dir, kind] of [
        [3, 'host'],
        [4, 'memory'],
        [5, 'overlay'],
      ] as const) {
        for (const [title, change] of Object.entries(changes))
          t.is(change(c, dir, box), 'ROFS', `${title} on ${kind}`)
        const fd = Number(c.open('book', { dir, base: ALL & ~BigInt(Rights.FD_WRITE) }))
        for (const [title, change] of Object.entries(byFile))
          t.is(change(c, fd), byFileAnswers[title], `${title} on ${kind}`)
        t.is(c.text('book', dir), 'text')
        t.deepEqual(c.names(dir), ['book', 'room'])
      }
      t.deepEqual(snapshot(folder), before)
      t.deepEqual(over.changes(), [])
      t.deepEqual(Object.keys(memory.toRecord()), ['book', 'room/page'])
      t.deepEqual(c.names(box), ['book', 'room'])
      for (const title of Object.keys(changes).filter(title => !/ (out|in)$/.test(title))) {
        t.not(
          changes[title](caller(t, { '/box': { files: record } }), 3, 3),
          'ROFS',
          `${title} is a change where it is allowed`,
        )
      }
    },
  )
}
