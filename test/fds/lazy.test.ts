/**
 * Lazy files: how long one serves without the host being asked for its type, and what takes its
 * place.
 */
import test from 'ava'
import { Errno } from '#lib/abi/errno.js'
import { Rights } from '#lib/abi/rights.js'
import { Filetype, Whence } from '#lib/abi/values.js'
import type { Descriptor } from '#lib/fds/descriptor.js'
import { HostDirectory } from '#lib/fds/directory.js'
import { LazyFile } from '#lib/fds/lazy.js'
import { LocalFds } from '#lib/fds/local.js'
import { ReadOnly } from '#lib/fds/readonly.js'
import { RegularFile } from '#lib/fds/regular.js'
import { baseOf, inheritingOf } from '#lib/fds/rights.js'
import type { Found } from '#lib/fds/table.js'
import { Block, NOT_ASKED } from '#lib/sys/block.js'
import { type Answer, type Sys, UNEXPECTED } from '#lib/sys/sys.js'

/** A directory whose files are lazy, and the calls that its host is asked for. */
function directory(identify: Answer = 0): { dir: HostDirectory; asked: string[] } {
  const asked: string[] = []
  const block = new Block()
  const log = (name: string, answer: Answer) => () => {
    asked.push(name)
    return answer
  }
  const sys = {
    block,
    open() {
      block.opened.set([NOT_ASKED, 0, 0])
      return 7
    },
    identify() {
      asked.push('identify')
      block.opened[0] = Filetype.REGULAR_FILE
      return identify
    },
    ...{
      readv: log('readv', 3),
      preadv: log('preadv', 3),
      writev: log('writev', 2),
      close: log('close', 0),
      seek: log('seek', 0),
    },
  } as unknown as Sys
  const filetype = Filetype.DIRECTORY
  return {
    dir: new HostDirectory(sys, 1, {
      filetype,
      fdflags: 0,
      fitting: baseOf(filetype),
      base: Rights.ALL,
      inheriting: inheritingOf(filetype),
    }),
    asked,
  }
}
const opened = (
  dir: HostDirectory,
  base = Rights.FD_READ | Rights.FD_SEEK | Rights.FD_TELL,
): Descriptor => dir.open(0, 1, 0, 0, 0, 1, base, 0) as Descriptor
function open(found: Found): Descriptor {
  if (typeof found === 'number') throw new Error(`errno ${-found}`)
  return found
}

test('the type of a file is fetched at its fifth read, which continues at the guest’s offset', t => {
  const { dir, asked } = directory()
  const fds = new LocalFds(8, 'enforce')
  const fd = fds.insert(opened(dir))
  for (let i = 0; i < 4; i++) {
    t.true(fds.get(fd, Rights.FD_READ) instanceof LazyFile)
    t.is(open(fds.get(fd, Rights.FD_READ)).readv(1), 3)
  }
  t.deepEqual(asked, ['readv', 'readv', 'readv', 'readv'])
  const file = open(fds.get(fd, Rights.FD_READ))
  t.true(file instanceof RegularFile)
  t.is(file.seek(0, Whence.CUR), 12)
  t.is(fds.get(fd, Rights.FD_READ), file, 'it is asked for once')
  t.deepEqual(asked.slice(4), ['identify'])
})

test('opening with a right beyond reading and writing fetches the type at once', t => {
  for (const find of [
    (fds: LocalFds, fd: number) => fds.get(fd, Rights.FD_SEEK),
    (fds: LocalFds, fd: number) => fds.getAny(fd, Rights.FD_SEEK | Rights.FD_TELL),
    (fds: LocalFds, fd: number) => fds.identified(fd),
  ]) {
    const { dir, asked } = directory()
    const fds = new LocalFds(8, 'enforce')
    const fd = fds.insert(opened(dir))
    t.true(find(fds, fd) instanceof RegularFile)
    t.deepEqual(asked, ['identify'])
  }
})

test('a call without its right fetches the type, then is refused', t => {
  const { dir, asked } = directory()
  const fds = new LocalFds(8, 'enforce')
  const fd = fds.insert(opened(dir))
  t.is(fds.get(fd, Rights.FD_WRITE), -Errno.NOTCAPABLE)
  t.is(fds.get(fd, Rights.FD_READDIR), -Errno.NOTDIR)
  t.deepEqual(asked, ['identify'])
})

test('a call whose fetch of the type fails returns that errno and leaves the file unchanged', t => {
  for (const answer of [-Errno.BADF, UNEXPECTED]) {
    const { dir, asked } = directory(answer)
    const fds = new LocalFds(8, 'enforce')
    const fd = fds.insert(opened(dir))
    t.deepEqual(
      [fds.identified(fd), fds.get(fd, Rights.FD_SEEK), fds.socket(fd, 0), fds.narrow(fd, 0, 0)],
      Array(4).fill(answer),
    )
    t.is(open(fds.get(fd, Rights.FD_READ)).readv(1), 3)
    t.is(open(fds.remove(fd)).close(), 0)
    t.is(asked.at(-1), 'close')
  }
})

test('opening below a read-only directory fetches the type first, and closes the file if that fails', t => {
  const { dir, asked } = directory()
  const file = new ReadOnly(dir, undefined as never).open(
    0,
    1,
    0,
    0,
    0,
    1,
    Rights.FD_READ,
    0,
  ) as Descriptor
  t.is(file.filetype, Filetype.REGULAR_FILE)
  t.false(file.lazy)
  t.deepEqual(asked, ['identify'])

  const failing = directory(-Errno.NOMEM)
  t.is(
    new ReadOnly(failing.dir, undefined as never).open(0, 1, 0, 0, 0, 1, Rights.FD_READ, 0),
    -Errno.NOMEM,
  )
  t.deepEqual(failing.asked, ['identify', 'close'])
})
