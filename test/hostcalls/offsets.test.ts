/**
 * Offsets and sizes from 2^53 on, as Linux answers; on tmpfs where there is one, which has no limit
 * of its own before.
 */
import fs from 'node:fs'
import test from 'ava'
import { Whence } from '../sys/fixture.js'
import { ALL, each, Fdflags, type Fixture, u32 } from './fixture.js'

const folder = '/dev/shm'
const TMPFS = 0x01021994
const there =
  process.platform === 'linux' && fs.existsSync(folder) && fs.statfsSync(folder).type === TMPFS
if (there) process.env.TMPDIR = folder

const beyond = [2n ** 53n, 2n ** 53n + 1n, 2n ** 62n, 2n ** 63n - 1n]
/** An i64 whose sign bit is set. */
const negative = [-1n, -(2n ** 63n), 2n ** 63n, 2n ** 64n - 1n]
const most = 2n ** 53n - 1n

const vector = (w: Fixture, at: number, length: number): number =>
  w.draw(w.room(8), u32(at, length))
const pwrite = (w: Fixture, fd: number, text: string, offset: bigint): number | string =>
  w.ask('fd_pwrite', fd, vector(w, ...w.path(text)), 1, offset)
function pread(w: Fixture, fd: number, length: number, offset: bigint): string {
  const into = w.room(length)
  const read = w.ask('fd_pread', fd, vector(w, into, length), 1, offset)
  return typeof read === 'number' ? w.any(into, read).toString() : read
}
function seek(w: Fixture, fd: number, offset: bigint, whence: number): bigint | string {
  const at = w.room(8)
  // The unstable snapshot numbers them cur, end, set.
  const number = w.version === 'unstable' ? [2, 0, 1][whence] : whence
  const errno = w.call('fd_seek', fd, offset, number, at)
  return errno === 'SUCCESS' ? w.any(at, 8).readBigUInt64LE() : errno
}

each(test, 'fd_pread, fd_advise: succeed from 2^53 on, where a file has no bytes', {}, (t, w) => {
  const fd = w.file('f', 'hello')
  for (const offset of beyond) {
    t.is(pread(w, fd, 10, offset), offset === 2n ** 63n - 1n ? 'INVAL' : '', `${offset}`)
    t.is(w.call('fd_advise', fd, offset, offset, 3), 'SUCCESS')
  }
  for (const offset of negative) {
    t.is(pread(w, fd, 10, offset), 'INVAL', `${offset}`)
    t.is(w.call('fd_advise', fd, 0n, offset, 3), 'INVAL')
    t.is(
      w.call('fd_advise', fd, offset, 9n, 3),
      'SUCCESS',
      `${offset}, of which Linux looks at the length alone`,
    )
  }
  t.is(w.call('fd_advise', fd, -1n, 9n, 6), 'INVAL')
})

each(
  test,
  'fd_pread, fd_pwrite: are INVAL only across 2^63 - 1, even on a file that appends',
  {},
  (t, w) => {
    w.write('f', 'hello')
    const files = [0, Fdflags.APPEND].map(fdflags => w.open('f', { base: ALL, fdflags }))
    for (const fd of files) {
      for (const [length, offset] of [
        [1, 2n ** 63n - 1n],
        [10, 2n ** 63n - 10n],
        [4000, 2n ** 63n - 4000n],
        [4000, 2n ** 63n - 1n],
      ] as const) {
        t.is(pread(w, fd, length, offset), 'INVAL', `${length} ${offset}`)
        t.is(pwrite(w, fd, 'x'.repeat(length), offset), 'INVAL', `${length} ${offset}`)
        t.is(pread(w, fd, Number(2n ** 63n - 1n - offset), offset), '')
      }
      const two = w.draw(w.room(16), u32(w.room(5), 5, w.room(5), 5))
      t.is(w.ask('fd_pread', fd, two, 2, 2n ** 63n - 10n), 'INVAL')
      t.is(w.ask('fd_pread', fd, two, 2, 2n ** 63n - 11n), 0)
    }
    t.is(pwrite(w, files[0], 'x', 2n ** 63n - 2n), 'FBIG')
    t.is(w.text('f'), 'hello')
    t.is(pwrite(w, files[1], '!', 2n ** 63n - 2n), 1)
    t.is(w.text('f'), 'hello!')
  },
)

each(test, 'fd_pwrite, fd_filestat_set_size, fd_allocate: are FBIG from 2^53 on', {}, (t, w) => {
  const fd = w.file('f', 'hello')
  for (const offset of beyond) {
    t.is(pwrite(w, fd, 'x', offset), offset === 2n ** 63n - 1n ? 'INVAL' : 'FBIG', `${offset}`)
    t.is(pwrite(w, fd, '', offset), 0)
    t.is(w.call('fd_filestat_set_size', fd, offset), 'FBIG')
    t.is(w.call('fd_allocate', fd, offset, 1n), 'FBIG')
    t.is(w.call('fd_allocate', fd, 0n, offset), 'FBIG')
    t.is(w.call('fd_allocate', fd, offset, 0n), 'INVAL')
  }
  for (const offset of negative) {
    t.is(pwrite(w, fd, 'x', offset), 'INVAL', `${offset}`)
    t.is(w.call('fd_filestat_set_size', fd, offset), 'INVAL')
    t.is(w.call('fd_allocate', fd, offset, 1n), 'INVAL')
    t.is(w.call('fd_allocate', fd, 0n, offset), 'INVAL')
  }
  t.is(w.text('f'), 'hello')
})

each(test, 'fd_seek: an offset from 2^53 on is INVAL and moves nothing', {}, (t, w) => {
  w.write('f', 'hello')
  for (const fdflags of [0, Fdflags.APPEND]) {
    const fd = w.open('f', { base: ALL, fdflags })
    t.is(seek(w, fd, 3n, Whence.SET), 3n)
    for (const offset of [...beyond, -(2n ** 63n)]) {
      for (const whence of [Whence.SET, Whence.CUR, Whence.END])
        t.is(seek(w, fd, offset, whence), 'INVAL', `${offset} ${whence}`)
    }
    t.is(seek(w, fd, most - 2n, Whence.CUR), 'INVAL')
    t.is(seek(w, fd, most - 4n, Whence.END), 'INVAL')
    t.is(w.tell(fd), 3n)
    t.is(w.read(fd), 'lo')
  }
  t.is(seek(w, 3, 2n ** 60n, Whence.SET), 'ISDIR')
})

const fits = there ? {} : { native: 'wants tmpfs', typescript: 'wants tmpfs' }
const smaller = 'files in memory are smaller'
const skip = {
  ...fits,
  memfs: smaller,
  overlay: smaller,
  thread: 'the kernel keeps the offset, and the file may grow further',
}
each(
  test,
  'fd_write: no write goes beyond 2^53 - 1 bytes, and no offset is rounded',
  { skip },
  (t, w) => {
    const fd = w.file('f', '')
    t.is(seek(w, fd, most - 2n, Whence.SET), most - 2n)
    t.is(w.put(fd, 'abcdef'), 2)
    t.is(w.tell(fd), most)
    t.is(w.put(fd, 'x'), 'FBIG')
    t.is(w.read(fd), '')
    t.is(pread(w, fd, 10, most - 2n), 'ab')
    t.is(seek(w, fd, 0n, Whence.END), most)
  },
)
