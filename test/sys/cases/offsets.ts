/**
 * Offsets and sizes as large as numbers are exact: 2^53 - 1 is the last, and 2^53 represents all
 * beyond.
 */
import { BOTH, type Cases, Fdflags, resultOf, text, Whence } from '../fixture.js'

const most = Number.MAX_SAFE_INTEGER
const beyond = 2 ** 53

export const offsets: Cases = {
  'reading from 2^53 on is the end of file': (t, g) => {
    g.file('f', 'hello')
    const file = g.handle('f', { access: BOTH })
    for (const offset of [most - 1, most, beyond])
      t.deepEqual(g.pread(file, offset, 10), text(''), `${offset}`)
    t.deepEqual(g.pread(file, beyond), text(''), 'of no bytes')
  },
  'writing from 2^53 - 1 on is FBIG': (t, g) => {
    g.file('f', 'hello')
    const file = g.handle('f', { access: BOTH })
    for (const offset of [most, beyond]) {
      t.is(g.pwrite(file, offset, 'x'), 'FBIG', `${offset}`)
      t.is(g.pwrite(file, offset), 0, 'of no bytes')
      t.is(g.pwrite(file, offset, ''), 0, 'of no bytes')
    }
    t.is(g.text('f'), 'hello')
  },
  'writing from 2^53 on appends to a file opened to append': (t, g) => {
    g.file('f', 'hello')
    const file = g.handle('f', { access: BOTH, fdflags: Fdflags.APPEND })
    t.is(g.pwrite(file, beyond, '!'), 1)
    t.is(g.text('f'), 'hello!')
    const later = g.handle('f', { access: BOTH })
    t.is(resultOf(g.sys.setFlags(later, Fdflags.APPEND)), 0)
    t.is(g.pwrite(later, beyond, '?'), 1)
    t.is(g.text('f'), 'hello!?')
  },
  'files not open to read or write are refused even from 2^53 on': (t, g) => {
    g.file('f', 'hello')
    t.is(g.pwrite(g.handle('f'), beyond, 'x'), 'BADF')
    t.is(g.pread(g.handle('f', { access: 2 }), beyond, 1), 'BADF')
    t.is(g.pread(g.dir, beyond, 1), 'ISDIR')
    t.is(resultOf(g.sys.setSize(g.handle('f'), beyond)), 'INVAL')
    t.is(resultOf(g.sys.setSize(g.dir, beyond)), 'INVAL')
    t.is(resultOf(g.sys.allocate(g.handle('f'), beyond, beyond)), 'BADF')
    t.is(resultOf(g.sys.allocate(g.handle('f', { access: BOTH }), beyond, 0)), 'INVAL')
    t.is(g.seek(g.dir, beyond, Whence.SET), 'BADF')
  },
  'sizes from 2^53 on are FBIG': (t, g) => {
    g.file('f', 'hello')
    const file = g.handle('f', { access: BOTH })
    t.is(resultOf(g.sys.setSize(file, beyond)), 'FBIG')
    for (const [offset, length] of [
      [beyond, 1],
      [beyond, beyond],
      [1, most],
      [0, beyond],
    ]) {
      t.is(resultOf(g.sys.allocate(file, offset, length)), 'FBIG', `${offset} ${length}`)
    }
    t.is(g.text('f'), 'hello')
  },
  'advice from 2^53 on is accepted': (t, g) => {
    g.file('f', 'hello')
    for (const offset of [0, most, beyond])
      t.is(resultOf(g.sys.advise(g.handle('f'), offset, beyond, 3)), 0)
  },
  'seeking beyond 2^53 - 1 is INVAL and moves nothing': (t, g) => {
    g.file('f', '0123456789')
    for (const fdflags of [0, Fdflags.APPEND]) {
      const file = g.handle('f', { access: BOTH, fdflags })
      t.is(g.seek(file, 4, Whence.SET), 4)
      t.is(g.seek(file, beyond, Whence.SET), 'INVAL')
      t.is(g.seek(file, most - 3, Whence.CUR), 'INVAL')
      t.is(g.seek(file, beyond, Whence.CUR), 'INVAL')
      t.is(g.seek(file, most - 9, Whence.END), 'INVAL')
      t.is(g.seek(file, most, Whence.END), 'INVAL')
      t.is(g.seek(file, beyond, Whence.END), 'INVAL')
      t.is(g.seek(file, -beyond, Whence.END), 'INVAL')
      t.is(g.seek(file, 0, Whence.CUR), 4)
      t.deepEqual(g.read(file, 2), text('45'))
    }
  },
}
