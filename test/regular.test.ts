/** A file that calls itself regular and is a stream: its offset is the kernel's. */
import test from 'ava'
import { Errno } from '#lib/abi/errno.js'
import { Rights } from '#lib/abi/rights.js'
import { RegularFile } from '#lib/fds/regular.js'
import type { Sys } from '#lib/sys/sys.js'

test('what has no places to read and write at is read and written as a stream', t => {
  const asked: string[] = []
  const told = (name: string, answer: number) => () => {
    asked.push(name)
    return answer
  }
  const stream = {
    preadv: told('preadv', -Errno.SPIPE),
    pwritev: told('pwritev', -Errno.SPIPE),
    readv: told('readv', 3),
    writev: told('writev', 4),
    seek: told('seek', -Errno.SPIPE),
    setFlags: told('setFlags', 0),
  }
  const file = new RegularFile(
    stream as unknown as Sys,
    1,
    {
      filetype: 4,
      fdflags: 0,
      fitting: Rights.ALL,
      base: Rights.ALL,
      inheriting: 0,
    },
    0,
  )
  t.is(file.readv(1), 3)
  t.is(file.readv(1), 3)
  t.is(file.writev(1), 4)
  t.is(file.seek(0, 1), -Errno.SPIPE)
  t.deepEqual(asked, ['preadv', 'readv', 'readv', 'writev', 'seek'])
  t.is(file.setFlags(4), 0)
  t.is(file.readv(1), 3)
  t.is(asked.at(-1), 'readv')
})
