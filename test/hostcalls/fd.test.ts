/**
 * Every call on an open descriptor: the layout of its results, its effect on the file; a refused
 * call has no effect.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { advice } from '#lib/abi/types.js'
import {
  ALL,
  blank,
  DIRECTORY,
  each,
  Fdflags,
  FILE,
  Filetype,
  type Fixture,
  Fstflags,
  Oflags,
  openDescriptors,
  rights,
  u8,
  u16,
  u32,
  u64,
} from './fixture.js'

/** A time that a double of seconds can be, which is all that node:fs takes. */
const exact = 1_000_300_000_125_000_000n

const whence = {
  set: { preview1: 0, unstable: 2 },
  cur: { preview1: 1, unstable: 0 },
  end: { preview1: 2, unstable: 1 },
} as const

// Reading and writing.

each(test, 'fd_read: fills two buffers and advances the offset', {}, (t, w) => {
  const fd = w.file('f', 'hello world')
  w.draw(0x10, u32(0x100, 4, 0x200, 3))
  t.is(w.call('fd_read', fd, 0x10, 2, 0x40), 'SUCCESS')
  w.expect(0x100, 'hell')
  w.expect(0x200, 'o w')
  w.expect(0x40, u32(7))
  t.is(w.line, 'fd_read(fd=5, iovs=0x10+2) = SUCCESS nread=7')
  t.is(w.call('fd_read', fd, 0x10, 2, 0x40), 'SUCCESS')
  w.expect(0x100, 'orld')
  w.expect(0x40, u32(4))
  t.is(w.call('fd_read', fd, 0x10, 2, 0x40), 'SUCCESS', 'the end of the file')
  w.expect(0x40, u32(0))
})

each(test, 'the offset advances from call to call, while appending and after', {}, (t, w) => {
  const fd = w.file('f')
  const tell = (): number => {
    t.is(w.call('fd_tell', fd, 0x40), 'SUCCESS')
    return w.any(0x40, 8).readUInt32LE()
  }
  const write = (text: string): void => {
    w.draw(0x100, text)
    w.draw(0x10, u32(0x100, text.length))
    t.is(w.call('fd_write', fd, 0x10, 1, 0x30), 'SUCCESS')
    w.expect(0x30, u32(text.length))
  }
  const seek = (to: bigint, from: keyof typeof whence): string => {
    const answer = w.call('fd_seek', fd, to, whence[from][w.version], 0x48)
    w.any(0x48, 8)
    return answer
  }
  write('abc')
  t.is(tell(), 3)
  t.is(w.call('fd_fdstat_set_flags', fd, Fdflags.APPEND), 'SUCCESS')
  t.is(tell(), 3)
  t.is(seek(1n, 'set'), 'SUCCESS')
  t.is(tell(), 1)
  write('d')
  t.is(w.text('f'), 'abcd')
  t.is(tell(), 4)
  t.is(w.call('fd_fdstat_set_flags', fd, 0), 'SUCCESS')
  t.is(tell(), 4)
  t.is(seek(-3n, 'cur'), 'SUCCESS')
  write('X')
  t.is(w.text('f'), 'aXcd')
  t.is(tell(), 2)
  t.is(seek(-3n, 'cur'), 'INVAL')
  t.is(seek(-1n, 'set'), 'INVAL')
  t.is(tell(), 2)
  t.is(seek(1n, 'end'), 'SUCCESS')
  write('e')
  t.is(w.text('f'), 'aXcd\0e')
  // Reading and writing move the same one.
  t.is(seek(0n, 'set'), 'SUCCESS')
  w.draw(0x10, u32(0x100, 2))
  t.is(w.call('fd_read', fd, 0x10, 1, 0x30), 'SUCCESS')
  w.expect(0x100, 'aX')
  w.expect(0x30, u32(2))
  write('Y')
  t.is(w.text('f'), 'aXYd\0e')
  // Those at an offset move none.
  w.draw(0x10, u32(0x100, 1))
  t.is(w.call('fd_pread', fd, 0x10, 1, 5n, 0x30), 'SUCCESS')
  w.expect(0x100, 'e')
  w.expect(0x30, u32(1))
  t.is(tell(), 3)
})

// The type of a file may be fetched late: the answers equal those of a type fetched at once.

/** Ways to ask what a file is, and what becomes of them. */
const questions: Readonly<Record<string, (t: ExecutionContext, w: Fixture, fd: number) => void>> = {
  fd_tell: (t, w, fd) => t.is(w.tell(fd), 3n),
  fd_seek: (t, w, fd) => {
    t.is(w.call('fd_seek', fd, -1n, whence.cur[w.version], 0x40), 'SUCCESS')
    w.expect(0x40, u64(2))
    t.is(w.read(fd), 'cdef')
  },
  fd_fdstat_get: (t, w, fd) => {
    const found = w.fdstat(fd)
    t.like(found, { filetype: Filetype.REGULAR, fdflags: 0, inheriting: 0n })
    t.is(
      typeof found !== 'string' && found.base & rights('PATH_OPEN', 'SOCK_ACCEPT', 'FD_READDIR'),
      0n,
    )
  },
  fd_pread: (t, w, fd) => {
    w.draw(0x10, u32(0x100, 2))
    t.is(w.call('fd_pread', fd, 0x10, 1, 0n, 0x40), 'SUCCESS')
    w.expect(0x100, 'ab')
    w.expect(0x40, u32(2))
  },
  fd_fdstat_set_flags: (t, w, fd) => {
    t.is(w.call('fd_fdstat_set_flags', fd, Fdflags.APPEND), 'SUCCESS')
    t.is(w.put(fd, 'X'), 1)
    t.is(w.text('f'), 'abcdefX')
    t.is(w.call('fd_fdstat_set_flags', fd, 0), 'SUCCESS')
    t.is(w.tell(fd), 7n)
    t.is(w.call('fd_seek', fd, 3n, whence.set[w.version], 0x40), 'SUCCESS')
    w.expect(0x40, u64(3))
    t.is(w.read(fd), 'defX')
  },
  fd_fdstat_set_rights: (t, w, fd) => {
    t.is(w.call('fd_fdstat_set_rights', fd, rights('FD_READ', 'PATH_OPEN'), 0n), 'NOTCAPABLE')
    t.is(w.call('fd_fdstat_set_rights', fd, rights('FD_READ'), 0n), 'SUCCESS')
    t.is(w.tell(fd), w.checked<bigint | string>('NOTCAPABLE', 3n))
  },
  fd_renumber: (t, w, fd) => {
    const to = w.file('g')
    t.is(w.call('fd_renumber', fd, to), 'SUCCESS')
    t.is(w.read(fd), 'BADF')
    t.is(w.tell(to), 3n)
  },
  fd_readdir: (t, w, fd) => t.is(w.call('fd_readdir', fd, 0x100, 10, 0n, 0x40), 'NOTDIR'),
  path_open: (t, w, fd) => t.is(w.tryOpen('x', { dir: fd }), 'NOTDIR'),
  fd_prestat_get: (t, w, fd) => t.is(w.call('fd_prestat_get', fd, 0x40), 'BADF'),
  sock_recv: (t, w, fd) => {
    w.draw(0x10, u32(0x100, 2))
    t.is(w.call('sock_recv', fd, 0x10, 1, 0, 0x40, 0x44), 'NOTSOCK')
  },
}
for (const [name, ask] of Object.entries(questions)) {
  each(test, `a file whose type is unknown: ${name}`, {}, (t, w) => {
    const fd = w.file('f', 'abcdef')
    t.is(w.read(fd, 3), 'abc')
    ask(t, w, fd)
    if (!['fd_seek', 'fd_fdstat_set_rights', 'fd_renumber', 'fd_fdstat_set_flags'].includes(name))
      t.is(w.read(fd), 'def')
  })
}

each(test, 'a directory opened without DIRECTORY is listed and not read', {}, (t, w) => {
  w.fs.mkdirSync(join(w.folder, 'd'))
  w.file('d/f', 'x')
  const fd = w.open('d', {
    base: rights('FD_READ', 'FD_READDIR', 'PATH_OPEN'),
    inheriting: rights('FD_READ'),
  })
  t.is(w.read(fd), 'ISDIR')
  t.is(w.read(w.open('f', { dir: fd, base: rights('FD_READ') })), 'x')
  t.is(w.read(fd), 'ISDIR')
  t.is(
    w.ask('fd_readdir', w.open('d', { base: rights('FD_READ', 'FD_READDIR') }), w.room(0), 0, 0n),
    0,
  )
  t.like(w.fdstat(w.open('d', { base: rights('FD_READ', 'FD_READDIR') })), {
    filetype: Filetype.DIRECTORY,
    base: w.checked(rights('FD_READDIR'), DIRECTORY),
  })
})

each(test, 'fd_write: writes two buffers and advances the offset', {}, (t, w) => {
  const fd = w.file('f')
  w.draw(0x10, u32(0x100, 5, 0x200, 6))
  w.draw(0x100, 'hello')
  w.draw(0x200, ' world')
  t.is(w.call('fd_write', fd, 0x10, 2, 0x40), 'SUCCESS')
  w.expect(0x40, u32(11))
  t.is(w.line, 'fd_write(fd=5, iovs=0x10+2) = SUCCESS nwritten=11')
  t.is(w.call('fd_write', fd, 0x10, 1, 0x40), 'SUCCESS')
  w.expect(0x40, u32(5))
  t.is(w.text('f'), 'hello worldhello')
})

each(test, 'fd_pread: reads at an offset and leaves the descriptor’s unchanged', {}, (t, w) => {
  const fd = w.file('f', 'hello world')
  w.draw(0x10, u32(0x100, 3, 0x200, 30))
  t.is(w.call('fd_pread', fd, 0x10, 2, 6n, 0x40), 'SUCCESS')
  w.expect(0x100, 'wor')
  w.expect(0x200, 'ld')
  w.expect(0x40, u32(5))
  t.is(w.line, 'fd_pread(fd=5, iovs=0x10+2, offset=6) = SUCCESS nread=5')
  t.is(w.call('fd_pread', fd, 0x10, 2, 2n ** 40n, 0x40), 'SUCCESS', 'beyond the end')
  w.expect(0x40, u32(0))
  t.is(w.tell(fd), 0n)
})

each(
  test,
  'fd_pwrite: writes at an offset, leaves the descriptor’s unchanged and fills the gap with zeros',
  {},
  (t, w) => {
    const fd = w.file('f', 'abc')
    w.draw(0x10, u32(0x100, 1, 0x200, 2))
    w.draw(0x100, 'X')
    w.draw(0x200, 'YZ')
    t.is(w.call('fd_pwrite', fd, 0x10, 2, 5n, 0x40), 'SUCCESS')
    w.expect(0x40, u32(3))
    t.is(w.line, 'fd_pwrite(fd=5, iovs=0x10+2, offset=5) = SUCCESS nwritten=3')
    t.is(w.text('f'), 'abc\0\0XYZ')
    t.is(w.tell(fd), 0n)
  },
)

each(test, 'standard streams read and write the files of the options', {}, (t, w) => {
  w.input('from the host')
  t.is(w.read(0, 4), 'from')
  t.is(w.read(0), ' the host')
  t.is(w.put(1, 'out'), 3)
  t.is(w.put(2, 'err'), 3)
  t.deepEqual([w.output('stdout'), w.output('stderr')], ['out', 'err'])
  t.is(w.put(0, 'x'), 'BADF', 'opened to read only')
  t.is(w.read(1), 'BADF', 'opened to write only')
})

// Lists of pieces, for the four calls that take them.

const movers = ['fd_read', 'fd_write', 'fd_pread', 'fd_pwrite'] as const
for (const call of movers) {
  const offset = call.startsWith('fd_p') ? [0n] : []
  const reads = call.endsWith('read')
  const result = reads ? 'nread' : 'nwritten'
  /** The file says 0123456789 and the memory abcdefghij. */
  const ready = (w: Fixture): number => {
    w.draw(0x100, 'abcdefghij')
    return w.file('f', '0123456789')
  }

  each(test, `${call}: no buffers and empty ones move no bytes`, {}, (t, w) => {
    const fd = ready(w)
    t.is(w.call(call, fd, 0x10, 0, ...offset, 0x40), 'SUCCESS')
    w.expect(0x40, u32(0))
    t.is(w.call(call, fd, w.size, 0, ...offset, 0x40), 'SUCCESS', 'no pieces at the end of memory')
    w.draw(0x10, u32(0, 0, w.size, 0))
    t.is(w.call(call, fd, 0x10, 2, ...offset, 0x40), 'SUCCESS')
    t.is(w.text('f'), '0123456789')
    t.is(w.tell(fd), 0n)
  })

  each(test, `${call}: skips empty buffers among others`, {}, (t, w) => {
    const fd = ready(w)
    w.draw(0x10, u32(0, 0, 0x100, 2, 0x100, 0, 0x104, 1, w.size, 0))
    t.is(w.call(call, fd, 0x10, 5, ...offset, 0x40), 'SUCCESS')
    w.expect(0x40, u32(3))
    if (reads) w.expect(0x100, '01cd2')
    else t.is(w.text('f'), 'abe3456789')
  })

  each(test, `${call}: buffers that overlap are transferred in order`, {}, (t, w) => {
    const fd = ready(w)
    w.draw(0x10, u32(0x100, 3, 0x101, 3))
    t.is(w.call(call, fd, 0x10, 2, ...offset, 0x40), 'SUCCESS')
    w.expect(0x40, u32(6))
    if (reads) w.expect(0x100, '0345')
    else t.is(w.text('f'), 'abcbcd6789')
  })

  each(test, `${call}: buffers may overlap their own list and the result`, {}, (t, w) => {
    const fd = ready(w)
    const list = u32(0x10, 8)
    w.draw(0x10, list)
    t.is(w.call(call, fd, 0x10, 1, ...offset, 0x14), 'SUCCESS')
    if (reads) w.expect(0x10, '0123')
    else t.deepEqual(w.fs.readFileSync(w.host('f')).subarray(0, 8), Buffer.from(list as Uint8Array))
    w.expect(0x14, u32(8))
  })

  each(test, `${call}: accepts odd addresses up to the last byte`, {}, (t, w) => {
    const fd = ready(w)
    w.draw(w.size - 3, 'xyz')
    w.draw(0x13, u32(w.size - 3, 3))
    t.is(w.call(call, fd, 0x13, 1, ...offset, 0x41), 'SUCCESS')
    w.expect(0x41, u32(3))
    if (reads) w.expect(w.size - 3, '012')
    else t.is(w.text('f'), 'xyz3456789')
    w.draw(w.size - 8, u32(0x100, 2))
    t.is(w.call(call, fd, w.size - 8, 1, ...offset, 0x41), 'SUCCESS', 'the list at the last bytes')
    w.expect(0x41, u32(2))
    if (reads) w.any(0x100, 2)
    t.is(
      w.call(call, fd, 0x13, 1, ...offset, w.size - 4),
      'SUCCESS',
      'the result at the last bytes',
    )
    w.any(w.size - 3, 3)
    w.expect(w.size - 4, u32(3))
  })

  for (const count of [1024, 1025, 3000]) {
    each(test, `${call}: processes the first 1024 of ${count} buffers`, {}, (t, w) => {
      const fd = ready(w)
      const pieces = Array.from({ length: count }, (_, i) => [0x8000 + i, 1]).flat()
      w.draw(0x1000, u32(...pieces))
      w.write('f', 'x'.repeat(4000))
      t.is(w.call(call, fd, 0x1000, count, ...offset, 0x40), 'SUCCESS')
      w.expect(0x40, u32(1024))
      if (reads) w.expect(0x8000, 'x'.repeat(1024))
      else t.is(w.text('f'), `${'?'.repeat(1024)}${'x'.repeat(2976)}`)
      t.is(w.tell(fd), offset.length > 0 ? 0n : 1024n)
    })
  }

  each(test, `${call}: 1024 empty buffers do not end the stream before a full one`, {}, (t, w) => {
    const fd = ready(w)
    const list = (full: number): number =>
      w.draw(
        0x1000,
        u32(
          ...Array.from({ length: 3000 }, (_, i) =>
            i === full ? [0x8000, 3] : [0x8000, 0],
          ).flat(),
        ),
      )
    t.is(w.call(call, fd, list(2999), 3000, ...offset, 0x40), 'SUCCESS')
    w.expect(0x40, u32(3))
    if (reads) w.expect(0x8000, '012')
    else t.is(w.text('f').slice(0, 4), '???3')
    t.is(w.call(call, fd, list(3000), 3000, ...offset, 0x40), 'SUCCESS')
    w.expect(0x40, u32(0))
  })

  each(
    test,
    `${call}: a list that is not wholly in memory is FAULT, however long it is`,
    {},
    (t, w) => {
      const fd = ready(w)
      for (const count of [w.size / 8 + 1, 2 ** 31, 2 ** 32 - 1])
        t.is(w.call(call, fd, 0, count, ...offset, 0x40), 'FAULT')
      t.is(w.tell(fd), 0n)
    },
  )

  /** Lists of which some piece is not wholly in memory. */
  const outside: readonly (readonly [why: string, ...list: number[]])[] = [
    ['the second ends one byte beyond', 0x100, 3, 65535, 2],
    ['the first begins at the end', 65536, 1, 0x100, 3],
    ['an empty one begins beyond the end', 0x100, 3, 65537, 0],
    ['start and length wrap around', 0x100, 3, 0xffffffff, 2],
    ['the length is that of all memory', 0x100, 3, 8, 0xffffffff],
  ]
  each(test, `${call}: a buffer outside memory is FAULT and moves no bytes`, {}, (t, w) => {
    const fd = ready(w)
    for (const [why, ...list] of outside) {
      w.draw(0x10, u32(...list))
      t.is(w.call(call, fd, 0x10, 2, ...offset, 0x40), 'FAULT', why)
      t.is(w.tell(fd), 0n, why)
      t.is(w.text('f'), '0123456789', why)
    }
    w.draw(0x10, u32(0x100, 3))
    t.is(w.call(call, fd, w.size - 7, 1, ...offset, 0x40), 'FAULT', 'the list itself')
    t.is(w.call(call, fd, 0x10, 1, ...offset, w.size - 3), 'FAULT', 'the result')
    t.is(w.call(call, fd, 0x10, 1, ...offset, -4), 'FAULT', 'the result, wrapping around')
    t.is(w.tell(fd), 0n)
    t.is(w.text('f'), '0123456789')
    t.is(
      w.lines.filter(line => line.startsWith(call) && line.includes(result)).length,
      0,
      'a refused call has no result',
    )
  })
}

// Offsets.

/** Moves by meaning; each snapshot numbers them differently. */
each(test, 'fd_seek: moves from the start, the offset and the end', {}, (t, w) => {
  const fd = w.file('f', '0123456789')
  const moves = [
    ['set', 4n, 4n],
    ['cur', 3n, 7n],
    ['cur', -2n, 5n],
    ['end', -1n, 9n],
    ['end', 5n, 15n],
    ['cur', 0n, 15n],
    ['set', 2n ** 40n, 2n ** 40n],
  ] as const
  for (const [from, by, to] of moves) {
    t.is(w.call('fd_seek', fd, by, whence[from][w.version], 0x11), 'SUCCESS')
    w.expect(0x11, u64(to))
    t.is(w.line, `fd_seek(fd=5, offset=${by}, whence=${from}) = SUCCESS newoffset=${to}`)
    t.is(w.tell(fd), to)
  }
})

/** Only Linux reports the disk's own limit. */
const unasked = {
  typescript: 'node:fs has no lseek',
  ...(process.platform === 'linux'
    ? {}
    : { native: 'Linux has the last word', thread: 'Linux has the last word' }),
}
each(
  test,
  'fd_seek: reaches the largest file of the disk and is INVAL beyond',
  { skip: unasked },
  (t, w) => {
    const fd = w.file('f', '')
    const host =
      w.backend === 'memfs' || w.backend === 'overlay' ? undefined : fs.openSync(w.host('f'), 'r+')
    /** Returns true if Linux accepts the size; ftruncate(2) reports the same limit as EFBIG. */
    const fits = (size: bigint): boolean => {
      try {
        if (host !== undefined) fs.ftruncateSync(host, Number(size))
        return true
      } catch (error) {
        t.is((error as NodeJS.ErrnoException).code, 'EFBIG')
        return false
      }
    }
    const seek = (offset: bigint, from: 'set' | 'cur'): string => {
      const answer = w.call('fd_seek', fd, offset, whence[from][w.version], 0x40)
      if (answer === 'SUCCESS') w.expect(0x40, u64(offset))
      return answer
    }
    try {
      for (const size of [
        2n ** 31n,
        2n ** 32n,
        2n ** 44n - 4096n,
        2n ** 44n - 4095n,
        2n ** 44n,
        2n ** 50n,
      ]) {
        t.is(seek(7n, 'set'), 'SUCCESS')
        const wanted = fits(size) ? 'SUCCESS' : 'INVAL'
        t.is(seek(size, 'set'), wanted, `${size}`)
        t.is(w.tell(fd), wanted === 'INVAL' ? 7n : size)
        if (wanted === 'INVAL') t.is(seek(size - 7n, 'cur'), 'INVAL')
      }
    } finally {
      if (host !== undefined) fs.closeSync(host)
    }
  },
)

each(test, 'fd_seek: before the start is INVAL and moves nothing', {}, (t, w) => {
  const fd = w.file('f', '0123456789')
  w.read(fd, 3)
  t.is(w.call('fd_seek', fd, -1n, whence.set[w.version], 0x10), 'INVAL')
  t.is(w.call('fd_seek', fd, -4n, whence.cur[w.version], 0x10), 'INVAL')
  t.is(w.call('fd_seek', fd, -11n, whence.end[w.version], 0x10), 'INVAL')
  t.is(w.call('fd_seek', fd, 0n, 3, 0x10), 'INVAL')
  t.is(w.call('fd_seek', fd, 5n, whence.set[w.version], w.size - 7), 'FAULT')
  t.is(w.tell(fd), 3n)
  t.is(w.call('fd_seek', fd, 5n, whence.set[w.version], w.size - 8), 'SUCCESS')
  w.expect(w.size - 8, u64(5))
})

each(test, 'fd_tell: returns the offset of the next byte', {}, (t, w) => {
  const fd = w.file('f', '0123456789')
  w.read(fd, 7)
  t.is(w.call('fd_tell', fd, 0x13), 'SUCCESS')
  w.expect(0x13, u64(7))
  t.is(w.line, 'fd_tell(fd=5) = SUCCESS offset=7')
})

each(
  test,
  'fd_seek and fd_tell: reporting needs either right, moving needs FD_SEEK',
  {},
  (t, w) => {
    w.write('f', '0123456789')
    const teller = w.open('f', { base: rights('FD_READ', 'FD_TELL') })
    const seeker = w.open('f', { base: rights('FD_READ', 'FD_SEEK') })
    const neither = w.open('f', { base: rights('FD_READ') })
    const ask = (fd: number, by: bigint, from: keyof typeof whence): string => {
      const answer = w.call('fd_seek', fd, by, whence[from][w.version], 0x10)
      w.any(0x10, 8)
      return answer
    }
    const lacking = w.checked('NOTCAPABLE', 'SUCCESS')
    t.deepEqual(
      [w.tell(teller), w.tell(seeker), w.tell(neither)],
      [0n, 0n, w.checked<bigint | string>('NOTCAPABLE', 0n)],
    )
    t.deepEqual(
      [ask(teller, 0n, 'cur'), ask(seeker, 0n, 'cur'), ask(neither, 0n, 'cur')],
      ['SUCCESS', 'SUCCESS', lacking],
    )
    t.deepEqual(
      [ask(teller, 1n, 'cur'), ask(teller, 0n, 'set'), ask(seeker, 1n, 'cur')],
      [lacking, lacking, 'SUCCESS'],
    )
  },
)

each(
  test,
  'a pipe refuses offsets with SPIPE',
  { skip: { memfs: 'there are no FIFOs in memory', overlay: 'a FIFO below is not opened' } },
  (t, w) => {
    w.fifo('pipe')
    const host = fs.openSync(w.host('pipe'), 'r+')
    const fd = w.open('pipe', { base: rights('FD_READ', 'FD_SEEK', 'FD_TELL') })
    w.draw(0x10, u32(0x100, 3))
    t.is(w.tell(fd), 'SPIPE')
    t.is(w.call('fd_seek', fd, 1n, whence.cur[w.version], 0x40), 'SPIPE')
    t.is(w.call('fd_pread', fd, 0x10, 1, 0n, 0x40), 'SPIPE')
    fs.writeSync(host, 'abc')
    t.is(w.read(fd), 'abc')
    fs.closeSync(host)
  },
)

// fd_fdstat_get.

each(test, 'fd_fdstat_get: returns type, flags and rights of a file', {}, (t, w) => {
  w.write('f')
  const fd = w.open('f', { base: ALL, inheriting: ALL, fdflags: Fdflags.APPEND })
  w.filestatOf(fd)
  t.is(w.call('fd_fdstat_get', fd, 0x11), 'SUCCESS')
  w.expect(0x11, u8(Filetype.REGULAR, 0), u16(Fdflags.APPEND), u32(0), u64(FILE, 0n))
  t.is(w.line, 'fd_fdstat_get(fd=5) = SUCCESS stat=0x11')
  t.is(w.call('fd_fdstat_get', fd, w.size - 23), 'FAULT')
  t.is(w.call('fd_fdstat_get', fd, w.size - 24), 'SUCCESS')
  w.expect(w.size - 24, u8(Filetype.REGULAR, 0), u16(Fdflags.APPEND), u32(0), u64(FILE, 0n))
})

each(test, 'fd_fdstat_get: returns the rights of a preopen, which exclude sockets', {}, (t, w) => {
  const stat = w.fdstat(3)
  const sockets = rights('SOCK_ACCEPT', 'SOCK_SHUTDOWN')
  if (typeof stat === 'string') return t.fail(stat)
  t.deepEqual([stat.filetype, stat.fdflags], [Filetype.DIRECTORY, 0])
  t.is(stat.base & (sockets | rights('FD_READ', 'FD_WRITE', 'FD_SEEK', 'FD_TELL')), 0n)
  t.is(
    stat.base & rights('PATH_OPEN', 'FD_READDIR', 'PATH_UNLINK_FILE'),
    rights('PATH_OPEN', 'FD_READDIR', 'PATH_UNLINK_FILE'),
  )
  t.is(stat.inheriting & (stat.base | FILE), stat.base | FILE)
  t.is(stat.inheriting & sockets, 0n)
})

const withTerminal = process.platform === 'linux' ? test : test.skip
withTerminal('isatty: a terminal is a character device that cannot seek, as libc looks for', t => {
  const index = new URL('../../../dist/index.js', import.meta.url).href
  const program = `
    import { createGuest, Rights } from ${JSON.stringify(index)}
    const reported = []
    for (const backend of ['native', 'typescript']) {
      const guest = createGuest({ version: 'preview1', backend })
      const memory = new WebAssembly.Memory({ initial: 1 })
      guest.bind(memory)
      guest.imports.fd_fdstat_get(0, 0)
      const view = new DataView(memory.buffer)
      const base = view.getUint32(8, true)
      reported.push(view.getUint8(0), base & (Rights.FD_SEEK | Rights.FD_TELL), (base & Rights.FD_READ) !== 0, guest.imports.fd_tell(0, 64))
    }
    console.log(reported.join(' '))`
  const file = join(fs.mkdtempSync(join('/tmp', 'wasi-common-')), 'isatty.mjs')
  fs.writeFileSync(file, program)
  const { stdout, stderr } = spawnSync(
    'script',
    ['-qec', `'${process.execPath}' '${file}'`, '/dev/null'],
    { encoding: 'utf8', input: '' },
  )
  fs.rmSync(join(file, '..'), { recursive: true })
  // 70 is SPIPE, what a terminal answers to lseek.
  t.regex(stdout, /2 0 true 70 2 0 true 70/, stderr)
})

each(test, 'fd_fdstat_set_flags: turns append on and off', {}, (t, w) => {
  const fd = w.file('f', 'abc')
  t.is(w.call('fd_fdstat_set_flags', fd, Fdflags.APPEND), 'SUCCESS')
  t.is(w.line, 'fd_fdstat_set_flags(fd=5, flags=append) = SUCCESS')
  t.like(w.fdstat(fd), { fdflags: Fdflags.APPEND })
  w.put(fd, 'd')
  w.call('fd_seek', fd, 0n, whence.set[w.version], 0x10)
  w.any(0x10, 8)
  w.put(fd, 'e')
  t.is(w.text('f'), 'abcde')
  t.is(w.call('fd_fdstat_set_flags', fd, 0), 'SUCCESS')
  t.like(w.fdstat(fd), { fdflags: 0 })
  w.call('fd_seek', fd, 0n, whence.set[w.version], 0x10)
  w.any(0x10, 8)
  w.put(fd, 'X')
  t.is(w.text('f'), 'Xbcde')
})

each(
  test,
  'fd_fdstat_set_flags: sets the flags that fdstat reports, and refuses others with NOTSUP',
  {},
  (t, w) => {
    const fd = w.file('f')
    for (const flags of [
      Fdflags.NONBLOCK,
      Fdflags.DSYNC,
      Fdflags.SYNC,
      Fdflags.RSYNC,
      Fdflags.NONBLOCK | Fdflags.APPEND,
    ]) {
      const before = w.fdstat(fd)
      const answer = w.call('fd_fdstat_set_flags', fd, flags)
      if (answer === 'SUCCESS') t.like(w.fdstat(fd), { fdflags: flags })
      else t.deepEqual([answer, w.fdstat(fd)], ['NOTSUP', before])
    }
  },
)

each(
  test,
  'fd_fdstat_set_flags: a pipe with NONBLOCK returns AGAIN',
  { skip: { memfs: 'there are no FIFOs in memory', overlay: 'a FIFO below is not opened' } },
  (t, w) => {
    w.fifo('pipe')
    const host = fs.openSync(w.host('pipe'), 'r+')
    const fd = w.open('pipe', { base: rights('FD_READ', 'FD_FDSTAT_SET_FLAGS') })
    t.is(w.call('fd_fdstat_set_flags', fd, Fdflags.NONBLOCK), 'SUCCESS')
    t.is(w.read(fd), 'AGAIN')
    fs.closeSync(host)
  },
)

each(test, 'fd_fdstat_set_rights: gives up rights and never regains them', {}, (t, w) => {
  const fd = w.file('f', 'abc')
  const some = rights('FD_READ', 'FD_TELL')
  t.is(w.call('fd_fdstat_set_rights', fd, some, 0n), 'SUCCESS')
  t.is(
    w.line,
    'fd_fdstat_set_rights(fd=5, fs_rights_base=0x22, fs_rights_inheriting=0x0) = SUCCESS',
  )
  const kept = w.checked(some, FILE & ~rights('FD_WRITE'))
  t.like(w.fdstat(fd), { base: kept, inheriting: 0n })
  t.is(w.put(fd, 'x'), w.checked('NOTCAPABLE', 'BADF'))
  t.is(w.call('fd_sync', fd), w.checked('NOTCAPABLE', 'SUCCESS'))
  t.is(w.call('fd_fdstat_set_rights', fd, some | rights('FD_WRITE'), 0n), 'NOTCAPABLE')
  t.is(w.call('fd_fdstat_set_rights', fd, 0n, rights('FD_READ')), 'NOTCAPABLE')
  t.like(w.fdstat(fd), { base: kept, inheriting: 0n }, 'a refused call takes nothing away')
  t.is(w.read(fd), 'abc')
  t.is(w.call('fd_fdstat_set_rights', fd, 0n, 0n), 'SUCCESS')
  t.is(w.read(fd), w.checked('NOTCAPABLE', 'BADF'))
  t.is(w.call('fd_close', fd), 'SUCCESS', 'to close needs none')
})

each(
  test,
  'fd_fdstat_set_rights: rights that a directory does not pass on are refused below it',
  {},
  (t, w) => {
    w.write('f', 'abc')
    const reading = rights('FD_READ', 'FD_SEEK')
    t.is(w.call('fd_fdstat_set_rights', 3, rights('PATH_OPEN'), reading), 'SUCCESS')
    t.is(w.tryOpen('f', { base: rights('FD_READ', 'FD_WRITE') }), 'NOTCAPABLE')
    t.is(w.tryOpen('f', { base: reading, inheriting: rights('FD_WRITE') }), 'NOTCAPABLE')
    if (w.enforces) {
      t.is(w.tryOpen('f', { base: reading, fdflags: Fdflags.DSYNC }), 'NOTCAPABLE')
      t.is(w.tryOpen('f', { base: reading, fdflags: Fdflags.SYNC }), 'NOTCAPABLE')
      t.is(w.tryOpen('g', { base: reading, oflags: Oflags.CREAT }), 'NOTCAPABLE')
      t.is(w.tryOpen('f', { base: reading, oflags: Oflags.TRUNC }), 'NOTCAPABLE')
    }
    t.is(w.text('f'), 'abc')
    t.false(w.exists('g'))
    const fd = w.open('f', { base: reading })
    t.is(w.read(fd), 'abc')
  },
)

// Attributes.

each(test, 'fd_filestat_get: writes the layout of the snapshot', {}, (t, w) => {
  const fd = w.file('f', 'abc')
  w.fs.linkSync(w.host('f'), w.host('second'))
  t.is(w.call('fd_filestat_get', fd, 0x11), 'SUCCESS')
  w.expect(0x11, ...w.filestat('f'))
  t.is(w.line, 'fd_filestat_get(fd=5) = SUCCESS buf=0x11')
  const last = w.size - w.filestatSize
  t.is(w.call('fd_filestat_get', fd, last + 1), 'FAULT')
  t.is(w.call('fd_filestat_get', 3, last), 'SUCCESS')
  w.expect(last, ...w.filestat(''))
})

each(
  test,
  'fd_filestat_set_size: cuts a file or fills it with zeros, and keeps the offset',
  {},
  (t, w) => {
    const fd = w.file('f', 'abcdef')
    w.read(fd, 4)
    t.is(w.call('fd_filestat_set_size', fd, 2n), 'SUCCESS')
    t.is(w.line, 'fd_filestat_set_size(fd=5, size=2) = SUCCESS')
    t.is(w.text('f'), 'ab')
    t.is(w.call('fd_filestat_set_size', fd, 5n), 'SUCCESS')
    t.is(w.text('f'), 'ab\0\0\0')
    t.is(w.tell(fd), 4n)
    t.is(w.call('fd_filestat_set_size', fd, 2n ** 53n - 1n), 'FBIG')
    t.is(w.text('f'), 'ab\0\0\0')
  },
)

each(test, 'fd_filestat_set_times: sets either time, to a value or to now, or none', {}, (t, w) => {
  const fd = w.file('f')
  const times = (): bigint[] => {
    const { atimeNs, mtimeNs } = w.fs.statSync(w.host('f'), { bigint: true })
    return [atimeNs, mtimeNs]
  }
  const { ATIM, MTIM, ATIM_NOW, MTIM_NOW } = Fstflags
  t.is(w.call('fd_filestat_set_times', fd, exact, 2_000_000_000n, ATIM | MTIM), 'SUCCESS')
  t.is(
    w.line,
    `fd_filestat_set_times(fd=5, atim=${exact}, mtim=2000000000, fst_flags=atim|mtim) = SUCCESS`,
  )
  t.deepEqual(times(), [exact, 2_000_000_000n])
  t.is(w.call('fd_filestat_set_times', fd, 3_000_000_000n, 4n, ATIM), 'SUCCESS')
  t.deepEqual(times(), [3_000_000_000n, 2_000_000_000n])
  t.is(w.call('fd_filestat_set_times', fd, 1n, 1n, 0), 'SUCCESS')
  t.deepEqual(times(), [3_000_000_000n, 2_000_000_000n])
  const before = BigInt(Date.now() - 1000) * 1_000_000n
  t.is(w.call('fd_filestat_set_times', fd, 1n, 1n, MTIM_NOW), 'SUCCESS')
  const [atim, mtim] = times()
  t.is(atim, 3_000_000_000n)
  t.true(mtim > before)
  for (const both of [ATIM | ATIM_NOW, MTIM | MTIM_NOW, 15])
    t.is(w.call('fd_filestat_set_times', fd, 1n, 1n, both), 'INVAL')
  t.deepEqual(times(), [atim, mtim])
})

// Room, advice and the disk.

each(test, 'fd_advise: accepts every advice', {}, (t, w) => {
  const fd = w.file('f', 'abc')
  for (const [number, name] of advice.labels.entries()) {
    t.is(w.call('fd_advise', fd, 0n, 2n ** 40n, number), 'SUCCESS', name)
    t.is(w.line, `fd_advise(fd=5, offset=0, len=${2n ** 40n}, advice=${name}) = SUCCESS`)
  }
  t.is(w.call('fd_advise', fd, 0n, 0n, 6), 'INVAL')
  t.is(w.text('f'), 'abc')
})

each(test, 'fd_allocate: grows a file and never cuts it', {}, (t, w) => {
  const fd = w.file('f', 'abc')
  t.is(w.call('fd_allocate', fd, 1n, 4n), 'SUCCESS')
  t.is(w.line, 'fd_allocate(fd=5, offset=1, len=4) = SUCCESS')
  t.is(w.text('f'), 'abc\0\0')
  t.is(w.call('fd_allocate', fd, 0n, 2n), 'SUCCESS')
  t.is(w.text('f'), 'abc\0\0')
  t.is(w.call('fd_allocate', fd, 0n, 0n), 'INVAL')
  t.is(w.call('fd_allocate', fd, 2n ** 53n - 1n, 2n ** 53n - 1n), 'FBIG')
  t.is(w.text('f'), 'abc\0\0')
})

for (const call of ['fd_sync', 'fd_datasync'] as const) {
  each(test, `${call}: succeeds on a file and on a directory`, {}, (t, w) => {
    const fd = w.file('f', 'abc')
    t.is(w.call(call, fd), 'SUCCESS')
    t.is(w.call(call, 3), 'SUCCESS')
    t.is(w.line, `${call}(fd=3) = SUCCESS`)
  })
}

// Preopens.

each(
  test,
  'fd_prestat_get and fd_prestat_dir_name: return the name without a NUL, and its length',
  {},
  (t, w) => {
    w.filestatOf(3)
    t.is(w.call('fd_prestat_get', 3, 0x11), 'SUCCESS')
    w.expect(0x11, u8(0, 0, 0, 0), u32(4))
    t.is(w.line, 'fd_prestat_get(fd=3) = SUCCESS buf=0x11')
    t.is(w.call('fd_prestat_get', 3, w.size - 7), 'FAULT')
    t.is(w.call('fd_prestat_get', 4, w.size - 8), 'SUCCESS')
    w.expect(w.size - 8, u32(0, 3))
    t.is(w.call('fd_prestat_dir_name', 3, 0x31, 4), 'SUCCESS')
    w.expect(0x31, '/box')
    t.is(w.line, 'fd_prestat_dir_name(fd=3, path=0x31+4) = SUCCESS')
    t.is(w.call('fd_prestat_dir_name', 4, w.size - 20, 20), 'SUCCESS', 'more room than needed')
    w.expect(w.size - 20, '/ro')
    t.is(w.call('fd_prestat_dir_name', 3, 0x80, 3), 'NAMETOOLONG')
    t.is(w.call('fd_prestat_dir_name', 3, 0x80, 0), 'NAMETOOLONG')
    t.is(w.call('fd_prestat_dir_name', 3, w.size - 3, 4), 'FAULT')
  },
)

each(
  test,
  'fd_prestat_get and fd_prestat_dir_name: are BADF for anything but a preopen',
  {},
  (t, w) => {
    w.fs.mkdirSync(w.host('d'))
    const dir = w.open('d', { oflags: Oflags.DIRECTORY, base: rights('PATH_OPEN') })
    for (const fd of [0, 1, 2, dir, w.file('f'), 99]) {
      t.is(w.call('fd_prestat_get', fd, 0x10), 'BADF', `${fd}`)
      t.is(w.call('fd_prestat_dir_name', fd, 0x10, 10), 'BADF', `${fd}`)
    }
  },
)

// Directories.

interface Dirent {
  readonly next: bigint
  readonly ino: bigint
  readonly type: number
  readonly name: string
}
/** The whole entries in what fd_readdir wrote. */
function dirents(bytes: Buffer): Dirent[] {
  const found: Dirent[] = []
  for (let at = 0; at + 24 <= bytes.length; ) {
    const end = at + 24 + bytes.readUInt32LE(at + 16)
    if (end > bytes.length) break
    const name = bytes.toString('utf8', at + 24, end)
    found.push({
      next: bytes.readBigUInt64LE(at),
      ino: bytes.readBigUInt64LE(at + 8),
      type: bytes[at + 20],
      name,
    })
    at = end
  }
  return found
}
function populate(w: Fixture): Map<string, number> {
  w.write('file', 'abc')
  w.write('é')
  w.fs.mkdirSync(w.host('dir'))
  w.fs.symlinkSync('file', w.host('link'))
  return new Map([
    ['.', Filetype.DIRECTORY],
    ['..', Filetype.DIRECTORY],
    ['dir', Filetype.DIRECTORY],
    ['file', Filetype.REGULAR],
    ['link', Filetype.LINK],
    ['é', Filetype.REGULAR],
  ])
}
const sorted = (names: Iterable<string>): string[] => [...names].sort()

each(
  test,
  'fd_readdir: returns all entries with types and inodes, and writes nothing beyond',
  {},
  (t, w) => {
    const expected = populate(w)
    t.is(w.call('fd_readdir', 3, 0x101, 4096, 0n, 0x40), 'SUCCESS')
    const used = w.any(0x40, 4).readUInt32LE()
    t.is(w.line, `fd_readdir(fd=3, buf=0x101+4096, cookie=0) = SUCCESS bufused=${used}`)
    const bytes = w.any(0x101, used)
    const entries = dirents(bytes)
    t.deepEqual(
      new Map(
        entries.sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ name, type }) => [name, type]),
      ),
      expected,
    )
    for (const { name, ino } of entries)
      if (name !== '..') t.is(ino, w.fs.lstatSync(w.host(name), { bigint: true }).ino, name)
    for (let at = 0; at < used; at += 24 + bytes.readUInt32LE(at + 16))
      t.is(bytes.toString('hex', at + 21, at + 24), '000000', 'padding')
  },
)

each(test, 'fd_readdir: resumes at the cookie of each entry', {}, (t, w) => {
  const expected = populate(w)
  const found: string[] = []
  for (let cookie = 0n; found.length <= 10; ) {
    t.is(w.call('fd_readdir', 3, 0x100, 29, cookie, 0x40), 'SUCCESS')
    const used = w.any(0x40, 4).readUInt32LE()
    const [entry] = dirents(w.any(0x100, used))
    if (entry === undefined) {
      t.is(used, 0, 'the end is an empty buffer')
      break
    }
    found.push(entry.name)
    cookie = entry.next
  }
  t.deepEqual(sorted(found), sorted(expected.keys()))
})

each(
  test,
  'fd_readdir: fills a buffer to its last byte, even one too small for an entry',
  {},
  (t, w) => {
    populate(w)
    for (const room of [1, 24, 25, 40, 60]) {
      t.is(w.call('fd_readdir', 3, w.size - room, room, 0n, 0x40), 'SUCCESS')
      w.any(w.size - room, room)
      w.expect(0x40, u32(room))
    }
    t.is(w.call('fd_readdir', 3, w.size, 0, 0n, 0x40), 'SUCCESS')
    w.expect(0x40, u32(0))
    t.is(w.call('fd_readdir', 3, w.size - 99, 100, 0n, 0x40), 'FAULT')
    t.is(w.call('fd_readdir', 3, 0x100, 100, 0n, w.size - 3), 'FAULT')
  },
)

each(test, 'fd_readdir: lists changed names from the start again', {}, (t, w) => {
  const expected = populate(w)
  const list = (): string[] => {
    t.is(w.call('fd_readdir', 3, 0x100, 4096, 0n, 0x40), 'SUCCESS')
    return sorted(dirents(w.any(0x100, w.any(0x40, 4).readUInt32LE())).map(({ name }) => name))
  }
  t.deepEqual(list(), sorted(expected.keys()))
  w.write('new')
  w.fs.unlinkSync(w.host('file'))
  t.deepEqual(list(), sorted([...expected.keys(), 'new'].filter(name => name !== 'file')))
})

each(test, 'fd_readdir: returns each of a thousand entries once, in pages', {}, (t, w) => {
  const names = Array.from({ length: 1000 }, (_, i) => `entry-${i}`)
  for (const name of names) w.write(name)
  const found: string[] = []
  for (let cookie = 0n, used = 512; used === 512; ) {
    t.is(w.call('fd_readdir', 3, 0x100, 512, cookie, 0x40), 'SUCCESS')
    used = w.any(0x40, 4).readUInt32LE()
    const entries = dirents(w.any(0x100, used))
    found.push(...entries.map(({ name }) => name))
    cookie = entries.at(-1)?.next ?? cookie
  }
  t.deepEqual(sorted(found), sorted([...names, '.', '..']))
})

// Numbers.

each(test, 'fd_close: frees the number, and the lowest free one is used next', {}, (t, w) => {
  const [five, six, seven] = [w.file('a'), w.file('b'), w.file('c')]
  t.deepEqual([five, six, seven], [5, 6, 7])
  t.is(w.call('fd_close', six), 'SUCCESS')
  t.is(w.line, 'fd_close(fd=6) = SUCCESS')
  t.is(w.call('fd_close', six), 'BADF')
  t.is(w.call('fd_close', five), 'SUCCESS')
  t.is(w.call('fd_close', 0), 'SUCCESS')
  t.deepEqual([w.file('d'), w.file('e'), w.file('f'), w.file('g')], [0, 5, 6, 8])
})

each(test, 'fd_close: leaves the host’s standard streams open', {}, (t, w) => {
  const before = openDescriptors()
  for (const fd of [0, 1, 2]) t.is(w.call('fd_close', fd), 'SUCCESS')
  t.is(openDescriptors(), before)
  t.is(w.put(1, 'x'), 'BADF')
})

each(
  test,
  'fd_close: closes the host’s directory of a preopen',
  {
    skip: {
      memfs: 'files in memory are no descriptors of the host',
      overlay: 'nor are those of an overlay',
    },
  },
  (t, w) => {
    const before = openDescriptors()
    t.is(w.call('fd_close', 3), 'SUCCESS')
    t.is(openDescriptors(), before - 1)
    t.is(w.tryOpen('f'), 'BADF')
    t.is(w.call('fd_prestat_get', 3, 0x10), 'BADF')
  },
)

each(
  test,
  'fd_renumber: moves a descriptor and closes the one it replaces',
  {
    skip: {
      memfs: 'files in memory are no descriptors of the host',
      overlay: 'nor are those of an overlay',
    },
  },
  (t, w) => {
    const [a, b] = [w.file('a', 'in a'), w.file('b', 'in b')]
    const before = openDescriptors()
    t.is(w.call('fd_renumber', a, b), 'SUCCESS')
    t.is(w.line, 'fd_renumber(fd=5, to=6) = SUCCESS')
    t.is(openDescriptors(), before - 1)
    t.is(w.read(a), 'BADF')
    t.is(w.read(b), 'in a')
    t.is(w.file('c'), a, 'the number is free')
  },
)

each(
  test,
  'fd_renumber: changes nothing onto itself, and is BADF from or onto a closed number',
  {},
  (t, w) => {
    const fd = w.file('f', 'abc')
    t.is(w.call('fd_renumber', fd, fd), 'SUCCESS')
    t.is(w.call('fd_renumber', fd, 9), 'BADF')
    t.is(w.call('fd_renumber', 9, fd), 'BADF')
    t.is(w.call('fd_renumber', 9, 9), 'BADF')
    t.is(w.call('fd_renumber', fd, -1), 'BADF')
    t.is(w.read(fd), 'abc')
  },
)

each(
  test,
  'fd_renumber: keeps the name of a preopen and leaves the host’s standard streams open',
  {
    skip: {
      memfs: 'files in memory are no descriptors of the host',
      overlay: 'nor are those of an overlay',
    },
  },
  (t, w) => {
    const before = openDescriptors()
    t.is(w.call('fd_renumber', 4, 1), 'SUCCESS')
    t.is(openDescriptors(), before)
    t.is(w.call('fd_prestat_dir_name', 1, 0x10, 3), 'SUCCESS')
    w.expect(0x10, '/ro')
    t.is(w.call('fd_prestat_get', 4, 0x20), 'BADF')
    t.is(w.tryOpen('f', { dir: 1, oflags: Oflags.CREAT }), 'ROFS', 'and stays read-only')
    t.is(w.call('fd_renumber', 2, 3), 'SUCCESS')
    t.is(openDescriptors(), before - 1, 'the directory that was there is closed')
    t.is(w.call('fd_prestat_get', 3, 0x20), 'BADF')
    t.is(w.put(3, 'moved'), 5)
    t.is(w.output('stderr'), 'moved')
  },
)

each(
  test,
  'a guest opens 1024 descriptors, and one more is MFILE and opens nothing',
  {},
  (t, w) => {
    w.write('f')
    for (let fd = 5; fd < 1024; fd++) if (w.open('f') !== fd) t.fail(`${fd}`)
    const before = openDescriptors()
    t.is(w.tryOpen('f'), 'MFILE')
    t.is(w.tryOpen('new', { oflags: Oflags.CREAT }), 'MFILE')
    t.false(w.exists('new'))
    t.is(openDescriptors(), before)
    t.is(w.call('fd_close', 700), 'SUCCESS')
    t.is(w.tryOpen('f'), 700)
  },
)

each(test, 'one call reads or writes a whole page of memory', { pages: 2 }, (t, w) => {
  const text = Array.from({ length: 65536 }, (_, i) => String.fromCharCode(97 + (i % 26))).join('')
  const fd = w.file('f', text)
  w.draw(0x10, u32(0x10000, 0x10000))
  t.is(w.call('fd_read', fd, 0x10, 1, 0x40), 'SUCCESS')
  w.expect(0x10000, text)
  w.expect(0x40, u32(0x10000))
  t.is(w.call('fd_pwrite', fd, 0x10, 1, 65536n, 0x40), 'SUCCESS')
  t.is(w.text('f'), text + text)
  w.draw(0x10000, blank(3))
})
