/**
 * The offset of a regular file: its bounds, and a file that calls itself regular and is a stream,
 * whose offset is the kernel's.
 */
import test from 'ava'
import { Errno } from '#lib/abi/errno.js'
import { Rights } from '#lib/abi/rights.js'
import { RegularFile } from '#lib/fds/regular.js'
import type { Sys } from '#lib/sys/sys.js'

const fileOver = (sys: object): RegularFile =>
  new RegularFile(
    sys as Sys,
    1,
    { filetype: 4, fdflags: 0, fitting: Rights.ALL, base: Rights.ALL, inheriting: 0 },
    0,
  )

test('a file that refuses pread and pwrite is read and written as a stream', t => {
  const asked: string[] = []
  const recorded = (name: string, answer: number) => () => {
    asked.push(name)
    return answer
  }
  const stream = {
    preadv: recorded('preadv', -Errno.SPIPE),
    pwritev: recorded('pwritev', -Errno.SPIPE),
    readv: recorded('readv', 3),
    writev: recorded('writev', 4),
    seek: recorded('seek', -Errno.SPIPE),
    setFlags: recorded('setFlags', 0),
  }
  const file = fileOver(stream)
  t.is(file.readv(1), 3)
  t.is(file.readv(1), 3)
  t.is(file.writev(1), 4)
  t.is(file.seek(0, 1), -Errno.SPIPE)
  t.deepEqual(asked, ['preadv', 'readv', 'readv', 'writev', 'seek'])
  t.is(file.setFlags(4), 0)
  t.is(file.readv(1), 3)
  t.is(asked.at(-1), 'readv')
})

test('a seek beyond 2^53 or before the start keeps the offset', t => {
  const file = fileOver({ seek: (_: number, offset: number) => offset })
  const last = Number.MAX_SAFE_INTEGER
  t.is(file.seek(last, 0), last)
  t.is(file.seek(1, 1), -Errno.INVAL)
  t.is(file.seek(last, 1), -Errno.INVAL)
  t.is(file.seek(0, 1), last)
  t.is(file.seek(-1, 0), -Errno.INVAL)
  t.is(file.seek(-last, 1), 0)
  t.is(file.seek(-1, 1), -Errno.INVAL)
  t.is(file.seek(0, 1), 0)
})

test('a seek up to the limit of every file system makes no system call, and beyond it one', t => {
  const asked: number[][] = []
  const limit = 2 ** 44 - 4096
  const file = fileOver({
    seek: (_: number, offset: number, whence: number) => {
      asked.push([offset, whence])
      return offset > limit ? -Errno.INVAL : offset
    },
  })
  t.is(file.seek(2 ** 31 - 1, 0), 2 ** 31 - 1)
  t.deepEqual(asked, [])
  t.is(file.seek(1, 1), 2 ** 31)
  t.is(file.seek(limit, 0), limit)
  t.is(file.seek(1, 1), -Errno.INVAL)
  t.is(file.seek(limit + 1, 0), -Errno.INVAL)
  t.deepEqual(asked, [
    [2 ** 31, 0],
    [limit, 0],
    [limit + 1, 0],
    [limit + 1, 0],
  ])
  t.is(file.seek(0, 1), limit, 'what was refused moved nothing')
})
