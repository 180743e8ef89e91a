/** Reading, writing, offsets and sizes. */
import {
  BOTH,
  type Cases,
  Fdflags,
  Filetype,
  Fstflags,
  READ,
  resultOf,
  text,
  Whence,
  WRITE,
} from '../fixture.js'

export const files: Cases = {
  'bytes written to a file are read back': (t, g) => {
    const file = g.made('f')
    t.is(g.write(file, 'hello'), 5)
    t.is(g.seek(file, 0, Whence.SET), 0)
    t.deepEqual(g.read(file, 100), text('hello'))
    t.deepEqual(g.read(file, 100), text(''), 'the end of file')
    t.is(g.text('f'), 'hello')
  },
  'reads and writes skip empty spans among others': (t, g) => {
    const file = g.made('f')
    t.is(g.write(file, '', 'ab', '', 'cde', ''), 5)
    t.is(g.seek(file, 0, Whence.SET), 0)
    t.deepEqual(g.read(file, 0, 1, 0, 3, 0, 100), text('abcde'))
    t.is(g.text('f'), 'abcde')
  },
  'reads and writes of no spans move nothing': (t, g) => {
    const file = g.made('f')
    t.is(g.write(file), 0)
    t.is(g.write(file, '', ''), 0)
    t.deepEqual(g.read(file), text(''))
    t.deepEqual(g.read(file, 0), text(''))
  },
  '1024 spans are read and written in one call': (t, g) => {
    const file = g.made('f')
    const letters = Array.from({ length: 1024 }, (_, index) =>
      String.fromCharCode(97 + (index % 26)),
    )
    t.is(g.write(file, ...letters), 1024)
    t.is(g.text('f'), letters.join(''))
    t.deepEqual(g.pread(file, 0, ...letters.map(() => 1)), text(letters.join('')))
  },
  'reads and writes advance one offset': (t, g) => {
    g.file('f', '0123456789')
    const file = g.handle('f', { access: BOTH })
    t.deepEqual(g.read(file, 2), text('01'))
    t.is(g.write(file, 'ab'), 2)
    t.deepEqual(g.read(file, 2), text('45'))
    t.is(g.text('f'), '01ab456789')
  },
  'bytes of every value are written and read unchanged': (t, g) => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
    const file = g.made('f')
    t.is(g.write(file, bytes), 256)
    t.deepEqual(g.fs.readFileSync(g.host('f')), Buffer.from(bytes))
    const at = g.room(256)
    g.sys.block.spans.set([at, 256])
    t.is(g.sys.preadv(file, 1, 0), 256)
    t.deepEqual(g.bytes(at, 256), Buffer.from(bytes))
  },
  'pread and pwrite leave the offset unchanged': (t, g) => {
    g.file('f', '0123456789')
    const file = g.handle('f', { access: BOTH })
    t.deepEqual(g.pread(file, 4, 1, 2), text('456'))
    t.is(g.pwrite(file, 8, 'x', 'yz'), 3)
    t.is(g.seek(file, 0, Whence.CUR), 0)
    t.deepEqual(g.pread(file, 100, 5), text(''), 'beyond the end')
    t.deepEqual(g.pread(file, 11, 5), text(''), 'at the end')
    t.is(g.text('f'), '01234567xyz')
  },
  'calls after a second bind use the new memory': (t, g) => {
    const file = g.made('f')
    g.sys.bind(new Uint8Array([120, 121, 122]))
    g.sys.block.spans.set([1, 2])
    t.is(g.sys.writev(file, 1), 2)
    g.sys.bind(g.memory)
    t.is(g.text('f'), 'yz')
  },
  'calls use a bound shared memory': (t, g) => {
    const shared = new Uint8Array(
      new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer,
    )
    shared.set(Buffer.from('name'))
    g.sys.bind(shared)
    const file = g.sys.open(g.dir, 0, 4, 0, 1, 0, BOTH)
    g.sys.block.spans.set([0, 2, 2, 2])
    t.is(g.sys.writev(file, 2), 4)
    g.sys.block.spans.set([100, 3])
    t.is(g.sys.preadv(file, 1, 1), 3)
    t.is(Buffer.from(shared.slice(100, 103)).toString(), 'ame')
    g.sys.bind(g.memory)
  },

  'seek moves from the start, the offset and the end': (t, g) => {
    g.file('f', '0123456789')
    const file = g.handle('f')
    t.is(g.seek(file, 3, Whence.SET), 3)
    t.is(g.seek(file, 2, Whence.CUR), 5)
    t.is(g.seek(file, -1, Whence.CUR), 4)
    t.is(g.seek(file, -3, Whence.END), 7)
    t.deepEqual(g.read(file, 10), text('789'))
    t.is(g.seek(file, 5, Whence.END), 15, 'beyond the end')
    t.deepEqual(g.read(file, 10), text(''))
  },
  'seek before the start is refused with INVAL and moves nothing': (t, g) => {
    g.file('f', '0123456789')
    const file = g.handle('f')
    t.is(g.seek(file, 4, Whence.SET), 4)
    t.is(g.seek(file, -1, Whence.SET), 'INVAL')
    t.is(g.seek(file, -5, Whence.CUR), 'INVAL')
    t.is(g.seek(file, -11, Whence.END), 'INVAL')
    t.is(g.seek(file, 0, Whence.CUR), 4, 'and nothing moved')
  },
  'offsets beyond 32 bits are written, sought and read': (t, g) => {
    const far = 5 * 2 ** 30
    const file = g.made('f')
    t.is(g.pwrite(file, far, 'x'), 1)
    t.is(g.seek(file, far, Whence.SET), far)
    t.deepEqual(g.read(file, 5), text('x'))
    t.is(g.seek(file, 0, Whence.END), far + 1)
    t.is(resultOf(g.sys.filestat(file)), 0)
    t.is(g.record.size, BigInt(far + 1))
  },
  'seek on a directory is refused with BADF': (t, g) => {
    for (const whence of [Whence.SET, Whence.CUR, Whence.END])
      t.is(g.seek(g.dir, 0, whence), 'BADF')
  },
  'seek on a pipe is refused with SPIPE': (t, g) => {
    g.fifo('pipe')
    const file = g.handle('pipe', { access: BOTH })
    t.is(g.seek(file, 0, Whence.CUR), 'SPIPE')
    t.is(g.pread(file, 0, 1), 'SPIPE')
    t.is(g.pwrite(file, 0, 'x'), 'SPIPE')
  },

  'filestat returns the identity, type, size and times of a file': (t, g) => {
    g.file('f', 'hello')
    g.fs.linkSync(g.host('f'), g.host('g'))
    const file = g.handle('f')
    t.is(resultOf(g.sys.filestat(file)), 0)
    const host = g.fs.statSync(g.host('f'), { bigint: true })
    t.deepEqual(g.record, {
      dev: host.dev,
      ino: host.ino,
      type: Filetype.REGULAR,
      nlink: 2n,
      size: 5n,
      atim: host.atimeNs,
      mtim: host.mtimeNs,
      ctim: host.ctimeNs,
    })
  },
  'filestat returns the type of a directory': (t, g) => {
    t.is(resultOf(g.sys.filestat(g.dir)), 0)
    t.is(g.record.type, Filetype.DIRECTORY)
    t.is(g.record.ino, g.fs.statSync(g.host(), { bigint: true }).ino)
  },
  'filestat writes zeros to its padding': (t, g) => {
    g.sys.block.recordBytes.fill(0xff)
    t.is(resultOf(g.sys.filestat(g.dir)), 0)
    t.deepEqual([...g.sys.block.recordBytes.subarray(17, 24)], [0, 0, 0, 0, 0, 0, 0])
  },

  'setSize grows and shrinks a file': (t, g) => {
    g.file('f', 'hello')
    const file = g.handle('f', { access: BOTH })
    t.is(resultOf(g.sys.setSize(file, 2)), 0)
    t.is(g.text('f'), 'he')
    t.is(resultOf(g.sys.setSize(file, 4)), 0)
    t.is(g.text('f'), 'he\0\0')
    t.is(g.seek(file, 0, Whence.CUR), 0)
  },
  'bytes that setSize cut off read as zeros after growth': (t, g) => {
    const file = g.made('f')
    for (const [size, cut] of [
      [100, 60],
      [100, 40],
      [100_000, 65_537],
      [200_000, 66_000],
    ]) {
      t.is(resultOf(g.sys.setSize(file, 0)), 0)
      t.is(g.pwrite(file, 0, 'x'.repeat(size)), size)
      t.is(resultOf(g.sys.setSize(file, cut)), 0)
      // Writes behind a hole, which would show the former content.
      t.is(g.pwrite(file, size - 1, 'y'), 1)
      t.deepEqual(g.pread(file, cut, size), { text: `${'\0'.repeat(size - 1 - cut)}y` })
      // Grows the file, then fills the hole in part by a write.
      t.is(resultOf(g.sys.setSize(file, cut)), 0)
      t.is(resultOf(g.sys.setSize(file, size)), 0)
      t.is(g.pwrite(file, size - 10, 'z'), 1)
      t.deepEqual(g.pread(file, cut, size), {
        text: `${'\0'.repeat(size - 10 - cut)}z${'\0'.repeat(9)}`,
      })
    }
  },
  'setSize on a read-only file or a directory is refused with INVAL': (t, g) => {
    g.file('f', 'hello')
    t.is(resultOf(g.sys.setSize(g.handle('f'), 2)), 'INVAL')
    t.is(resultOf(g.sys.setSize(g.dir, 2)), 'INVAL')
    t.is(g.text('f'), 'hello')
  },
  'setSize beyond the largest file is refused with FBIG': (t, g) => {
    t.is(resultOf(g.sys.setSize(g.made('f'), Number.MAX_SAFE_INTEGER)), 'FBIG')
  },
  'allocate grows a file and never shrinks it': (t, g) => {
    g.file('f', 'hello')
    const file = g.handle('f', { access: BOTH })
    t.is(resultOf(g.sys.allocate(file, 2, 8)), 0)
    t.is(g.text('f'), 'hello\0\0\0\0\0')
    t.is(resultOf(g.sys.allocate(file, 0, 1)), 0)
    t.is(g.text('f').length, 10)
  },
  'allocate updates mtime, even if the file is large enough': (t, g) => {
    g.file('f', 'hello')
    const file = g.handle('f', { access: BOTH })
    for (const length of [1, 5, 6]) {
      g.setTimes(1_000_000_000_000_000_000n, 1_100_000_000_000_000_000n)
      t.is(resultOf(g.sys.setTimes(file, Fstflags.ATIM | Fstflags.MTIM)), 0)
      const before = BigInt(Date.now() - 60_000) * 1_000_000n
      t.is(resultOf(g.sys.allocate(file, 0, length)), 0)
      t.is(resultOf(g.sys.filestat(file)), 0)
      t.true(g.record.mtim > before, `${length}: ${g.record.mtim}`)
      t.is(g.record.atim, 1_000_000_000_000_000_000n)
    }
  },
  'allocate refuses read-only files, empty ranges, directories, pipes and huge sizes': (t, g) => {
    g.file('f', 'hello')
    t.is(resultOf(g.sys.allocate(g.handle('f'), 0, 10)), 'BADF', 'read-only')
    t.is(resultOf(g.sys.allocate(g.handle('f', { access: WRITE }), 0, 0)), 'INVAL', 'of no length')
    t.is(resultOf(g.sys.allocate(g.dir, 0, 10)), 'BADF', 'a directory')
    g.fifo('pipe')
    t.is(resultOf(g.sys.allocate(g.handle('pipe', { access: BOTH }), 0, 10)), 'SPIPE')
    const far = Number.MAX_SAFE_INTEGER
    t.is(resultOf(g.sys.allocate(g.handle('f', { access: BOTH }), far, far)), 'FBIG')
    t.is(g.text('f'), 'hello')
  },
  'advise accepts every advice and changes nothing': (t, g) => {
    g.file('f', 'hello')
    const file = g.handle('f')
    for (let advice = 0; advice < 6; advice++) t.is(resultOf(g.sys.advise(file, 0, 100, advice)), 0)
    t.is(resultOf(g.sys.advise(g.dir, 0, 0, 0)), 0)
    t.is(g.text('f'), 'hello')
  },
  'advise on a pipe is refused with SPIPE': (t, g) => {
    g.fifo('pipe')
    t.is(resultOf(g.sys.advise(g.handle('pipe', { access: BOTH }), 0, 0, 0)), 'SPIPE')
  },
  'sync and datasync succeed on files and directories, and refuse pipes': (t, g) => {
    const file = g.made('f')
    t.is(g.write(file, 'x'), 1)
    for (const handle of [file, g.dir]) {
      t.is(resultOf(g.sys.sync(handle)), 0)
      t.is(resultOf(g.sys.datasync(handle)), 0)
    }
    g.fifo('pipe')
    t.is(resultOf(g.sys.sync(g.handle('pipe', { access: BOTH }))), 'INVAL')
  },

  'a file opened to append is written at its end': (t, g) => {
    g.file('f', 'hello')
    const file = g.handle('f', { access: BOTH, fdflags: Fdflags.APPEND })
    t.is(g.sys.block.opened[1] & Fdflags.APPEND, Fdflags.APPEND)
    t.is(g.seek(file, 0, Whence.SET), 0)
    t.is(g.write(file, '!'), 1)
    t.is(g.seek(file, 0, Whence.CUR), 6, 'the offset is behind what was written')
    t.is(g.text('f'), 'hello!')
    g.fs.appendFileSync(g.host('f'), 'host')
    t.is(g.write(file, '?'), 1)
    t.is(g.text('f'), 'hello!host?')
    t.is(g.seek(file, 1, Whence.SET), 1)
    t.deepEqual(g.read(file, 3), text('ell'), 'reads begin where one asked')
  },
  'setFlags turns append on and off': (t, g) => {
    g.file('f', 'hello')
    const file = g.handle('f', { access: BOTH })
    t.deepEqual(g.read(file, 2), text('he'))
    t.is(resultOf(g.sys.setFlags(file, Fdflags.APPEND)), 0)
    t.is(g.seek(file, 0, Whence.CUR), 2, 'the offset stays')
    t.is(g.write(file, '!'), 1)
    t.is(g.text('f'), 'hello!')
    t.is(resultOf(g.sys.setFlags(file, 0)), 0)
    t.is(g.seek(file, 1, Whence.SET), 1)
    t.is(g.write(file, 'E'), 1)
    t.is(g.text('f'), 'hEllo!')
  },
  'setFlags turns append on for an unlinked file': (t, g) => {
    const file = g.made('f')
    t.is(g.write(file, 'ab'), 2)
    t.is(g.unlink('f'), 0)
    t.is(resultOf(g.sys.setFlags(file, Fdflags.APPEND)), 0)
    t.is(g.seek(file, 0, Whence.SET), 0)
    t.is(g.write(file, 'c'), 1)
    t.deepEqual(g.pread(file, 0, 10), text('abc'))
  },
  'setFlags on a directory succeeds and changes nothing': (t, g) => {
    g.file('d/f')
    const dir = g.handle('d')
    t.is(resultOf(g.sys.setFlags(dir, Fdflags.NONBLOCK)), 0)
    t.is(g.stat('f', { dir }), 0)
    t.is(g.list(dir).length, 3)
    t.is(g.close(dir), 0)
  },
  'setFlags NONBLOCK makes reads of an empty pipe return AGAIN': (t, g) => {
    g.fifo('pipe')
    const file = g.handle('pipe', { access: BOTH })
    t.is(resultOf(g.sys.setFlags(file, Fdflags.NONBLOCK)), 0)
    t.is(g.read(file, 1), 'AGAIN')
    t.is(g.write(file, 'x'), 1)
    t.deepEqual(g.read(file, 10), text('x'))
  },

  'a handle refuses reads or writes that it was not opened for': (t, g) => {
    g.file('f', 'hello')
    const reader = g.handle('f', { access: READ })
    t.is(g.write(reader, 'x'), 'BADF')
    t.is(g.pwrite(reader, 0, 'x'), 'BADF')
    const writer = g.handle('f', { access: WRITE })
    t.is(g.read(writer, 1), 'BADF')
    t.is(g.pread(writer, 0, 1), 'BADF')
    t.is(g.write(writer, 'J'), 1)
    t.is(g.text('f'), 'Jello')
  },
  'reads and writes of a directory are refused': (t, g) => {
    t.is(g.read(g.dir, 1), 'ISDIR')
    t.is(g.pread(g.dir, 0, 1), 'ISDIR')
    t.is(g.write(g.dir, 'x'), 'BADF')
    t.is(g.pwrite(g.dir, 0, 'x'), 'BADF')
  },
  'a write to a pipe without a reader returns PIPE': (t, g) => {
    g.fifo('pipe')
    const reader = g.handle('pipe')
    const writer = g.handle('pipe', { access: WRITE })
    t.is(g.write(writer, 'x'), 1)
    t.is(g.close(reader), 0)
    t.is(g.write(writer, 'x'), 'PIPE')
  },
}
