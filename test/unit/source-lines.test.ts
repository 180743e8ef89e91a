/** Source lines of frames: from DWARF, from source maps, and from bytes that are neither. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { dwarfLines, type SourceLine } from '#lib/trap/dwarf/lines.js'
import { formatFrame } from '#lib/trap/format.js'
import { framesOf, hasDwarf } from '#lib/trap/frames.js'
import { GuestModule } from '#lib/trap/guest-module.js'
import { inlineSourceMap, mappedLines } from '#lib/trap/source-map.js'
import { unsigned as uleb } from '../sections.js'
import { chain, codeOf, custom, random } from '../traps.js'

const u16 = (value: number): number[] => [value & 255, value >> 8]
const u32 = (value: number): number[] => [...u16(value & 0xffff), ...u16(value >>> 16)]
const text = (string: string): number[] => [...Buffer.from(string), 0]
const sized = (contents: readonly number[]): number[] => [...u32(contents.length), ...contents]

/** Opcodes of a program with a line base of -3, a line range of 12 and an opcode base of 13. */
const setAddress = (address: number): number[] => [0, 5, 2, ...u32(address)]
const end = [0, 1, 1]
const special = (addresses: number, lines: number): number => 13 + addresses * 12 + lines + 3

/** File 2 line 10 at 2 to 5, line 12 column 7 at 6 to 9, no line at 10 to 13, line 40 at 14 to 15. */
const program = [
  ...setAddress(2),
  ...[4, 2],
  ...[3, 9],
  1,
  ...[5, 7],
  special(4, 2),
  ...[3, ...[0x74]],
  ...[2, 4],
  1,
  ...[9, ...u16(4)],
  ...[3, ...uleb(40)],
  1,
  ...[2, 2],
  ...end,
  // The linker removed this code.
  ...setAddress(0),
  ...[3, 0xe2, 0],
  1,
  ...[2, 100],
  ...end,
]
const parameters = [1, 1, 1, 0xfd, 12, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1]
const version4 = (tables: readonly number[], code: readonly number[] = program): number[] => {
  const rest = [...parameters, ...tables]
  return sized([...u16(4), ...sized(rest), ...code])
}
const tables4 = [
  ...text('src'),
  ...text('/abs'),
  0,
  ...[...text('main.c'), 0, 0, 0],
  ...[...text('lib.c'), 1, 0, 0],
  ...[...text('abs.c'), 2, 0, 0],
  0,
]
/** Files count from 0, and file 1 of the tables is the second one here, too. */
const tables5 = [
  ...[1, 1, 0x1f, 2, ...u32(0), ...u32(6)],
  ...[2, 1, 0x0e, 2, 0x0b, 3, ...u32(0), 0, ...u32(0), 0, ...u32(7), 1],
]
const version5 = (code: readonly number[] = program): number[] => {
  const rest = [...parameters, ...tables5]
  return sized([...u16(5), 4, 0, ...sized(rest), ...code])
}
const strings: Readonly<Record<string, number[]>> = {
  '.debug_str': [...text('main.c'), ...text('lib.c')],
  '.debug_line_str': [...text('/home'), ...text('src')],
}
const linesOf = (lines: readonly number[], offsets: readonly number[]): Map<number, SourceLine> =>
  new Map(
    dwarfLines(name => {
      const bytes = name === '.debug_line' ? lines : strings[name]
      return bytes && Uint8Array.from(bytes)
    }, offsets),
  )
const every = Array.from({ length: 120 }, (_, i) => i)
const expected = (file: string): Map<number, SourceLine> =>
  new Map<number, SourceLine>([
    ...[2, 3, 4, 5].map(at => [at, { file, line: 10 }] as const),
    ...[6, 7, 8, 9].map(at => [at, { file, line: 12, column: 7 }] as const),
    ...[14, 15].map(at => [at, { file, line: 40, column: 7 }] as const),
  ])

test('DWARF 4 and 5 name the file, the line and the column of each offset that has a line', t => {
  t.deepEqual(linesOf(version4(tables4), every), expected('src/lib.c'))
  t.deepEqual(linesOf(version5(), every), expected('/home/src/lib.c'))
  const absolute = [...program]
  absolute[8] = 3
  t.is(linesOf(version4(tables4, absolute), [2]).get(2)?.file, '/abs/abs.c')
  const plain = [...program]
  plain[8] = 1
  t.is(linesOf(version4(tables4, plain), [2]).get(2)?.file, 'main.c')
})

test('units that are not understood are skipped, and later ones are read', t => {
  const units = [
    ...sized([...u16(9), 1, 2, 3]),
    ...sized([]),
    ...version4([0xff], [0xff]),
    ...version4(tables4, [0xff, 0]),
    ...version5(),
  ]
  t.deepEqual(linesOf(units, every), expected('/home/src/lib.c'))
  const wide = version4(tables4).slice(4)
  t.deepEqual(
    linesOf([...u32(0xffff_ffff), ...u32(wide.length), ...u32(0), ...wide], [2]),
    new Map(),
  )
})

test("the lines of Ruby's interpreter are those that llvm-symbolizer 19 has", t => {
  const file = import.meta.resolve('@ruby/3.4-wasm-wasi/dist/ruby.debug+stdlib.wasm')
  const module = new GuestModule(readFileSync(new URL(file)))
  const offsets = [0x1000, 0x2_0000, 0x10_0000, 0x34_5678, 0x60_0000]
  const lines = dwarfLines(name => module.custom(name), offsets)
  t.deepEqual(
    offsets.map(offset => {
      const { file, line, column } = lines.get(offset) ?? {}
      return file && [file.split('/').at(-1), line, column].join(':')
    }),
    ['js-core.c:599:3', 'date_core.c:6924:1', 'ossl_x509store.c:64:12', undefined, 'list.h:103:10'],
  )
})

test('damaged DWARF is read without an error, in bounded time', t => {
  const below = random(7)
  const whole = [...version4(tables4), ...version5()]
  for (let i = 0; i < 20_000; i++) {
    const damaged = [...whole]
    for (let changes = below(4); changes >= 0; changes--)
      damaged[below(damaged.length)] = below(3) === 0 ? [0, 1, 127, 128, 255][below(5)] : below(256)
    for (const { file, line } of linesOf(damaged.slice(0, 1 + below(whole.length)), every).values())
      if (file.length > 4096 || !(line > 0)) t.fail(`${file}:${line}`)
  }
  t.pass()
})

/** The longest time for one module, in milliseconds: far more than any needs. */
const patience = 5000
const size = 2 ** 23
const repeated = (pattern: readonly number[], length = size): Uint8Array =>
  Buffer.alloc(length, Uint8Array.from(pattern))
/** A unit of version 4 of large tables and a large program. */
function large(tables: Uint8Array, code: Uint8Array = new Uint8Array()): Uint8Array {
  const header = parameters.length + tables.length
  const start = [...u32(6 + header + code.length), ...u16(4), ...u32(header), ...parameters]
  return Buffer.concat([Uint8Array.from(start), tables, code])
}
/** Line programs that ask for much. */
const greedy: Readonly<Record<string, () => Uint8Array>> = {
  'the same code again and again': () =>
    large(Uint8Array.from(tables4), repeated([...setAddress(1), 1, 2, 120, 1, ...end])),
  'many units': () => repeated(sized([...u16(4), 0, 0])),
  'many files': () =>
    large(
      Buffer.concat([Buffer.alloc(1), repeated([65, 0, 0, 0, 0], size / 2)]),
      Uint8Array.from(program),
    ),
  'many directories': () => large(repeated([65, 0], size / 2), Uint8Array.from(program)),
  'one endless string': () => large(repeated([65], size / 2), Uint8Array.from(program)),
  'more than is read': () => repeated([1], 4 * size),
}
test('DWARF behind the first 8 MiB, or the first 65,536 units, is not read', t => {
  const unit = Uint8Array.from(version4(tables4))
  const first = (before: Uint8Array): number =>
    dwarfLines(() => Buffer.concat([before, unit]), every).size
  t.is(first(large(repeated([1], size - 1000))), 10)
  t.is(first(large(repeated([1], size))), 0)
  t.is(first(repeated(u32(0), 4 * 65_535)), 10)
  t.is(first(repeated(u32(0), 4 * 65_536)), 0)
})

test('a unit with more files than an array can have is skipped', t => {
  const many = [1, 1, 0x0f, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1]
  const header = [...parameters, ...many]
  const unit = sized([...u16(5), 4, 0, ...sized(header), ...program])
  t.deepEqual(linesOf(unit, every), new Map())
})

for (const [what, lines] of Object.entries(greedy))
  test(`DWARF with ${what} is read in bounded time`, t => {
    const bytes = lines()
    const start = performance.now()
    dwarfLines(() => bytes, every)
    t.true(performance.now() - start < patience)
  })

/** The error of a module that traps. */
function trapOf(bytes: Uint8Array<ArrayBuffer>): Error {
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes))
    ;(exports._start as () => void)()
  } catch (error) {
    return error as Error
  }
  throw new Error('it does not trap')
}
const dataUrl = (map: object): number[] => {
  const url = `data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`
  return custom('sourceMappingURL', [...uleb(url.length), ...Buffer.from(url)])
}

test('frames have the lines of DWARF', t => {
  const bytes = chain(['a', 'b'], undefined, custom('.debug_line', version4(tables4)))
  t.true(hasDwarf(bytes))
  t.false(hasDwarf(chain(['a'])))
  t.deepEqual(framesOf(trapOf(bytes), bytes).map(formatFrame), [
    'at b (src/lib.c:12:7)',
    'at a (src/lib.c:10)',
  ])
})

test('frames have the lines of a source map that is in the module, unless DWARF has them', t => {
  const code = codeOf(chain(['a', 'b', 'c']))
  const start = vlq(code)
  const map = { version: 3, sources: ['x.ts', 'y.ts'], mappings: `${start}AUE,KCAA,KDCA` }
  const bytes = chain(['a', 'b', 'c'], undefined, dataUrl(map))
  t.deepEqual(framesOf(trapOf(bytes), bytes).map(formatFrame), [
    'at c (x.ts:12:3)',
    'at b (y.ts:11:3)',
    'at a (x.ts:11:3)',
  ])
  const compiled = framesOf(trapOf(bytes), new WebAssembly.Module(bytes) as never)
  t.deepEqual(
    compiled.map(({ line }) => line),
    [12, 11, 11],
  )
  const both = chain(
    ['a', 'b', 'c'],
    undefined,
    dataUrl(map),
    custom('.debug_line', version4(tables4)),
  )
  t.is(framesOf(trapOf(both), both)[2].file, 'src/lib.c')
})
/** A number as source maps write it. */
function vlq(value: number): string {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  let rest = value * 2
  let written = ''
  do {
    written += digits[(rest % 32) + (rest > 31 ? 32 : 0)]
    rest = Math.floor(rest / 32)
  } while (rest > 0)
  return written
}

test('a source map ends where its text is not well-formed, and has no other lines', t => {
  const lines = (map: unknown, offsets = [0, 5, 9]) => [
    ...mappedLines(JSON.stringify(map), offsets),
  ]
  const of = (mappings: string) => lines({ version: 3, sources: ['a'], mappings })
  t.deepEqual(of('AAAA,KAAC,IAAC'), [
    [0, { file: 'a', line: 1, column: 1 }],
    [5, { file: 'a', line: 1, column: 2 }],
    [9, { file: 'a', line: 1, column: 3 }],
  ])
  t.deepEqual(of('KAAA'), [
    [5, { file: 'a', line: 1, column: 1 }],
    [9, { file: 'a', line: 1, column: 1 }],
  ])
  t.deepEqual(
    of('AAAA,K,IAAA').map(([offset]) => offset),
    [0, 9],
    'a segment without a source',
  )
  for (const mappings of [
    '',
    ';AAAA',
    '!',
    'A',
    'AAA',
    'gggggggggggggg',
    'ADAA',
    'AADA',
    'AAAAAA',
    'AAAg',
  ])
    t.deepEqual(of(mappings), [], mappings)
  for (const map of [null, 1, [], {}, { mappings: 'AAAA' }, { mappings: 'AAAA', sources: [1] }])
    t.deepEqual(lines(map), [])
  t.deepEqual([...mappedLines('{', [0])], [])
  const rooted = { sources: ['a'], sourceRoot: '/src/', mappings: 'AAAA' }
  t.is(lines(rooted)[0][1].file, '/src/a')
})

test('a source map that is a file or an address is not read', t => {
  const inline = (url: string): string | undefined =>
    inlineSourceMap(Uint8Array.from([...uleb(url.length), ...Buffer.from(url)]))
  t.is(inline('data:application/json;base64,e30='), '{}')
  t.is(inline('data:application/json;charset=utf-8;base64,e30='), '{}')
  for (const url of ['', 'x.map', '/etc/passwd', 'file:///etc/passwd', 'https://example.org/x.map'])
    t.is(inline(url), undefined, url)
  t.is(inline(`data:application/json;base64,${'A'.repeat(2 ** 23)}`), undefined, 'too long')
})
