/**
 * The constructor: accepted options, the messages of refused ones, and the one it reports of two
 * mistakes.
 */
import { openSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type Any, each, make, type Probe, preview1, seen } from '../probe.js'

/** Probes the constructor with these options. */
const constructs = (name: string, options: (folder: string) => unknown): Probe => ({
  name: `new: ${name}`,
  run: (WASI, folder) => seen(() => make(WASI, options(folder))),
})
const option = (key: string, values: Readonly<Record<string, unknown>>): Probe[] =>
  each(values, (label, value) =>
    constructs(`${key} ${label}`, () => ({ ...preview1, [key]: value })),
  )

class Empty {}
const unprintable = Object.create(null)

const whole: readonly Probe[] = [
  ...each<unknown>(
    {
      null: null,
      'an array': [],
      'a function': function options() {},
      'an arrow': () => {},
      'a number': 1,
      'a string': 'preview1',
      'a bigint': 1n,
      'a symbol': Symbol('x'),
      true: true,
      '{}': {},
      'of a class': new Empty(),
      'without prototype': Object.create(null),
      'a Date': new Date(0),
      'a Map': new Map(),
      'from a prototype': Object.create(preview1),
      'with more': { ...preview1, more: 1, Version: 2 },
    },
    (label, value) => constructs(`options ${label}`, () => value),
  ),
  { name: 'new: no options', run: WASI => seen(() => make(WASI)) },
  { name: 'new: without new', run: WASI => seen(() => (WASI as Any)(preview1)) },
  constructs('an option that throws', () => ({
    get version() {
      throw new RangeError('mine')
    },
  })),
  {
    name: 'new: which options are read, in order',
    run(WASI) {
      const read: string[] = []
      const get = (target: Any, key: string): unknown => {
        read.push(key)
        return target[key]
      }
      new WASI(new Proxy(preview1 as Any, { get: get as Any }))
      return read
    },
  },
]

const single: readonly Probe[] = [
  ...option('version', {
    undefined: undefined,
    null: null,
    '1': 1,
    empty: '',
    preview2: 'preview2',
    unstable: 'unstable',
    'in capitals': 'PREVIEW1',
    'a String': new String('preview1'),
    'a symbol': Symbol('v'),
    'an array': ['preview1'],
    long: 'x'.repeat(200),
    'with a quote': "it's",
    NaN: Number.NaN,
    '-0': -0,
    'a class': Empty,
    'an object': { a: 1 },
  }),
  ...option('args', {
    null: null,
    'a string': 'x',
    'an object': {},
    'like an array': { length: 1, 0: 'a' },
    bytes: new Uint8Array(2),
    undefined: undefined,
    empty: [],
    'with a symbol': ['a', Symbol('s')],
    unprintable: ['a', unprintable],
    'with NUL': ['a\0b'],
  }),
  ...option('env', {
    null: null,
    'a string': 'x',
    'an array': [],
    'a function': () => {},
    undefined: undefined,
    'a Map': new Map([['a', 'b']]),
    'with a symbol': { A: Symbol('s') },
    unprintable: { A: unprintable },
    'with NUL in a value': { A: 'x\0y' },
    'with NUL in a name': { 'A\0B': 'x' },
    'with an empty name': { '': 'x' },
    'with = in a name': { 'A=B': 'x' },
  }),
  ...option('preopens', {
    null: null,
    'a string': '/',
    'an array': [],
    'an array of paths': ['/'],
    'a function': () => {},
    undefined: undefined,
    'at undefined': { '/': undefined },
    'at null': { '/': null },
    'at a number': { '/': 1 },
    'at a symbol': { '/': Symbol('s') },
    'at what cannot be printed': { '/': unprintable },
    'at an empty path': { '/': '' },
    'at nothing': { '/sandbox': '/nowhere/at/all' },
    'at a path with NUL': { '/': '/\0' },
    'at a long path': { '/': `/${'x'.repeat(300)}` },
    'with an empty name': { '': '/' },
    'with NUL in a name': { 'a\0b': '/' },
    'at a URL': { '/': new URL('file:///') },
    'at a Buffer': { '/': Buffer.from('/') },
    'at an array': { '/': ['/'] },
    'at what prints itself': { '/': { toString: () => '/' } },
    'at {}': { '/': {} },
    'at .': { '.': '.' },
  }),
  constructs('preopens at a file', folder => ({
    ...preview1,
    preopens: { '/sandbox': `${folder}/a.txt` },
  })),
  constructs('preopens with a trailing slash', folder => ({
    ...preview1,
    preopens: { '/': `${folder}/dir/` },
  })),
  constructs('preopens at a looping link', folder => ({
    ...preview1,
    preopens: { '/': `${folder}/loop` },
  })),
  constructs('preopens through a link', folder => {
    symlinkSync('dir', join(folder, 'there'))
    return { ...preview1, preopens: { '/': `${folder}/there` } }
  }),
  ...option('stdin', {
    null: null,
    'a string': '0',
    '-1': -1,
    '1.5': 1.5,
    NaN: Number.NaN,
    Infinity: Infinity,
    '2**31': 2 ** 31,
    '-2**31': -(2 ** 31),
    '2**31-1': 2 ** 31 - 1,
    'a bigint': 1n,
    undefined: undefined,
    'a closed one': 999,
    'an object': {},
    true: true,
    'a symbol': Symbol('s'),
    '-0': -0,
    '1e21': 1e21,
    '12345.678': 12345.678,
    '-12345678901': -12345678901,
  }),
  ...['stdout', 'stderr'].flatMap(key =>
    option(key, { null: null, '-1': -1, 'a closed one': 999 }),
  ),
  constructs('stdout a file opened to read', folder => ({
    ...preview1,
    stdout: openSync(join(folder, 'a.txt'), 'r'),
  })),
  constructs('stdin a folder', folder => ({ ...preview1, stdin: openSync(folder, 'r') })),
  ...option('returnOnExit', {
    null: null,
    '0': 0,
    'a string': 'true',
    undefined: undefined,
    false: false,
    'an object': {},
  }),
]

/** Mistakes in the order of their precedence: the first takes precedence over the next. */
const mistakes: readonly (readonly [key: string, value: unknown])[] = [
  ['version', 1],
  ['args', 1],
  ['env', 1],
  ['preopens', 1],
  ['stdin', 'x'],
  ['stdout', 'x'],
  ['stderr', 'x'],
  ['preopens', { '/': '/nowhere' }],
  ['returnOnExit', 1],
]
const nowhere = { ...preview1, preopens: { '/': '/nowhere' } }
const double: readonly Probe[] = [
  ...mistakes.slice(1).map(([key, value], i) => {
    const [worse, wrong] = mistakes[i]
    return constructs(`${worse} wrong and ${key} too`, () => ({
      ...preview1,
      [key]: value,
      [worse]: wrong,
    }))
  }),
  constructs('version wrong and all else too', () => Object.fromEntries([...mistakes].reverse())),
  constructs('an unknown version and args wrong', () => ({ version: 'x', args: 1 })),
  constructs('preopens at nothing and stdin wrong', () => ({ ...nowhere, stdin: -1 })),
  constructs('preopens at nothing and stdin a closed one', () => ({ ...nowhere, stdin: 999 })),
  constructs('args unprintable and env wrong', () => ({
    ...preview1,
    args: [unprintable],
    env: 1,
  })),
]

export const construction: readonly Probe[] = [...whole, ...single, ...double]
