/**
 * Files with holes and files opened to append: places beyond 4 GiB, and writes that ignore the
 * place they name.
 */
import { BOTH, type Cases, Fdflags, resultOf, text, Whence } from '../fixture.js'

const GiB = 2 ** 30
const zeros = (count: number): string => '\0'.repeat(count)

export const sparse: Cases = {
  'writes around each power of two beyond 2 GiB land there alone': (t, g) => {
    const file = g.made('f')
    const places = [2 ** 31, 2 ** 32, 2 ** 33, 2 ** 40]
    for (const [i, place] of places.entries())
      t.is(g.pwrite(file, place - 2, `${i}abc`), 4, `${place}`)
    for (const [i, place] of places.entries()) {
      t.deepEqual(
        g.pread(file, place - 4, 8),
        text(`${zeros(2)}${i}abc${i === places.length - 1 ? '' : zeros(2)}`),
        `${place}`,
      )
    }
    t.deepEqual(g.pread(file, 0, 4), text(zeros(4)), 'nothing went to the same place modulo 2^32')
    t.is(g.seek(file, 0, Whence.CUR), 0)
    t.is(g.seek(file, 0, Whence.END), 2 ** 40 + 2)
  },
  'reads and writes cross 4 GiB from an offset that was sought': (t, g) => {
    const file = g.made('f')
    t.is(g.seek(file, 4 * GiB - 3, Whence.SET), 4 * GiB - 3)
    t.is(g.write(file, 'abc', 'def'), 6)
    t.is(g.seek(file, -6, Whence.CUR), 4 * GiB - 3)
    t.deepEqual(g.read(file, 2, 10), text('abcdef'))
    t.is(g.seek(file, 0, Whence.CUR), 4 * GiB + 3)
  },
  'a file grows to 5 GiB, shrinks and grows again with a hole': (t, g) => {
    g.file('f', 'hello')
    const file = g.handle('f', { access: BOTH })
    t.is(resultOf(g.sys.setSize(file, 5 * GiB)), 0)
    t.is(resultOf(g.sys.filestat(file)), 0)
    t.is(g.record.size, BigInt(5 * GiB))
    t.is(g.pwrite(file, 5 * GiB - 1, '!'), 1)
    t.is(resultOf(g.sys.setSize(file, 4 * GiB + 1)), 0)
    t.is(resultOf(g.sys.setSize(file, 5 * GiB)), 0)
    t.deepEqual(g.pread(file, 5 * GiB - 2, 4), text(zeros(2)), 'the byte that was cut off is gone')
    t.deepEqual(g.pread(file, 0, 7), text(`hello${zeros(2)}`))
    t.deepEqual(g.pread(file, 5 * GiB, 4), text(''))
  },
  'pwrite to a file opened to append ignores its place and leaves the offset': (t, g) => {
    g.file('f', 'hello')
    const file = g.handle('f', { access: BOTH, fdflags: Fdflags.APPEND })
    t.is(g.seek(file, 2, Whence.SET), 2)
    t.is(g.pwrite(file, 0, 'A'), 1)
    t.is(g.pwrite(file, 3, 'B', 'C'), 2)
    t.is(g.pwrite(file, 5 * GiB, 'D'), 1)
    t.is(g.text('f'), 'helloABCD')
    t.is(g.seek(file, 0, Whence.CUR), 2)
    t.deepEqual(g.read(file, 3), text('llo'))
    t.deepEqual(g.pread(file, 1, 4), text('ello'), 'pread goes where it is sent')
  },
  'pwrite follows the append flag as it is turned on and off': (t, g) => {
    g.file('f', 'hello')
    const file = g.handle('f', { access: BOTH })
    t.is(g.pwrite(file, 1, 'E'), 1)
    t.is(resultOf(g.sys.setFlags(file, Fdflags.APPEND)), 0)
    t.is(g.pwrite(file, 1, '!'), 1)
    t.is(resultOf(g.sys.setFlags(file, 0)), 0)
    t.is(g.pwrite(file, 2, 'L'), 1)
    t.is(g.text('f'), 'hELlo!')
  },
  'two handles that append in turns keep all bytes': (t, g) => {
    const [one, two] = [
      g.made('f', { fdflags: Fdflags.APPEND }),
      g.handle('f', { access: 2, fdflags: Fdflags.APPEND }),
    ]
    for (let i = 0; i < 10; i++) {
      t.is(g.write(one, `a${i}`), 2)
      t.is(g.pwrite(two, 0, `b${i}`), 2)
    }
    t.is(g.text('f'), Array.from({ length: 10 }, (_, i) => `a${i}b${i}`).join(''))
  },
}
