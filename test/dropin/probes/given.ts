/** The args, env and preopens as a guest finds them. */
import { calls, each, type Probe, type Ready } from '../probe.js'

/** The strings of args or env, as a guest asks for them. */
function strings({ call, u32, text, bytes }: Ready, of: 'args' | 'environ'): unknown {
  const sizes = call[`${of}_sizes_get`](0, 4)
  const [count, length] = [u32(0), u32(4)]
  const errno = call[`${of}_get`](16, 4096)
  const pointers = Array.from({ length: count }, (_, i) => u32(16 + 4 * i))
  return {
    sizes,
    count,
    length,
    errno,
    strings: pointers.map(at => text(at, bytes.indexOf(0, at) - at)),
  }
}
function names({ call, bytes, u32, text }: Ready): unknown[] {
  const found: unknown[] = []
  for (let fd = 3; ; fd++) {
    const errno = call.fd_prestat_get(fd, 0)
    if (errno !== 'SUCCESS') return [...found, errno]
    const length = u32(4)
    found.push([bytes[0], length, call.fd_prestat_dir_name(fd, 100, length), text(100, length)])
  }
}

const args = {
  none: undefined,
  empty: [],
  one: ['prog'],
  'an empty one': [''],
  'not strings': [
    1,
    null,
    undefined,
    true,
    1.5,
    2n,
    { toString: () => 'mine' },
    [1, 2],
    /x/,
    () => 1,
  ],
  'not ASCII': ['é', '日本', '😀'],
  'a lone surrogate': ['\ud800'],
  many: Array.from({ length: 300 }, (_, i) => `${i}`),
}
const env = {
  none: undefined,
  empty: {},
  some: { A: 'a', B: '' },
  'not strings': { A: 1, B: null, C: true, D: 2n, E: [1, 2], F: { toString: () => 'mine' } },
  'undefined values': { A: undefined, B: 'b' },
  'numbers as names': { b: 1, 2: 'x', 1: 'y' },
  inherited: Object.create({ A: 'a' }),
  symbols: { [Symbol('s')]: 'x', A: 'a' },
  'not enumerable': Object.defineProperty({ B: 'b' }, 'A', { value: 'a' }),
  'a getter': {
    get A() {
      return 'got'
    },
  },
  'no prototype': Object.assign(Object.create(null), { A: 'a' }),
  'not ASCII': { É: 'é' },
}
const preopens = {
  none: undefined,
  'order of names': { z: '/', 1: '/tmp', '/a/': '/', './b': '/', é: '/' },
  'one folder twice': { a: '/tmp', b: '/tmp' },
  'inherited and symbols': Object.assign(Object.create({ a: '/' }), { [Symbol('s')]: '/', b: '/' }),
  'more than ten': Object.fromEntries('abcdefghijkl'.split('').map(name => [name, '/'])),
}

export const given: readonly Probe[] = [
  ...each<unknown>(args, (label, args) =>
    calls(`args: ${label}`, ready => strings(ready, 'args'), { args }),
  ),
  ...each<unknown>(env, (label, env) =>
    calls(`env: ${label}`, ready => strings(ready, 'environ'), { env }),
  ),
  ...each<unknown>(preopens, (label, preopens) => calls(`preopens: ${label}`, names, { preopens })),
  ...[0, 1, 2].map(fd =>
    calls(`preopens: descriptor ${fd} is none`, ({ call }) => call.fd_prestat_get(fd, 0)),
  ),
  ...[0, 1, 3].map(length =>
    calls(
      `preopens: a name of 4 bytes into ${length}`,
      ({ call }) => call.fd_prestat_dir_name(3, 0, length),
      {
        preopens: { '/abc': '/' },
      },
    ),
  ),
  calls(
    'preopens: a name of 4 bytes into 10',
    ({ call, bytes, text }) => {
      bytes.fill(0x3f, 0, 16)
      return [call.fd_prestat_dir_name(3, 0, 10), text(0, 12)]
    },
    { preopens: { '/abc': '/' } },
  ),
  calls('preopens: closed', ({ call, path }) => [
    call.fd_close(3),
    call.path_filestat_get(3, 0, ...path('a.txt'), 0),
    call.fd_prestat_get(3, 0),
  ]),
]
