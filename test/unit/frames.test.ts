/** The frames of a trap: what V8 writes of them, read back, whatever a guest calls its functions. */
import test from 'ava'
import { isModule } from '#lib/guest/instantiate.js'
import { formatFrame, formatFrames } from '#lib/trap/format.js'
import type { WasmFrame } from '#lib/trap/frame.js'
import type { FrameModule } from '#lib/trap/frame-module.js'
import { framesOf, sentStack } from '#lib/trap/frames.js'
import { GuestModule } from '#lib/trap/guest-module.js'
import { chain, codeOf, custom } from '../traps.js'

/** The error of a module in which each function calls the next, and the last one traps. */
function trapOf(bytes: Uint8Array<ArrayBuffer>): Error {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes))
  try {
    ;(exports._start as () => void)()
  } catch (error) {
    return error as Error
  }
  throw new Error('it does not trap')
}
const symbolsOf = (frames: readonly WasmFrame[]): (string | undefined)[] =>
  frames.map(({ symbol }) => symbol).reverse()

/** Frames as an embedder gets them: of an error alone, with the module, and with its bytes. */
function framesBy(names: readonly (string | undefined)[], module?: string) {
  const bytes = chain(names, module)
  const error = trapOf(bytes)
  const compiled = new WebAssembly.Module(bytes)
  return {
    alone: framesOf(error),
    module: framesOf(error, compiled as FrameModule),
    bytes: framesOf(error, bytes),
  }
}

test('frames name each function, the innermost first, and where it was', t => {
  const bytes = chain(['_ZN3foo3barEi', undefined, '_RNvCs1_3foo3baz'])
  const code = codeOf(bytes)
  t.deepEqual(framesOf(trapOf(bytes), bytes), [
    {
      functionName: 'foo::baz',
      symbol: '_RNvCs1_3foo3baz',
      functionIndex: 2,
      moduleName: undefined,
      moduleOffset: code + 13,
      codeOffset: 13,
    },
    {
      functionName: undefined,
      symbol: undefined,
      functionIndex: 1,
      moduleName: undefined,
      moduleOffset: code + 8,
      codeOffset: 8,
    },
    {
      functionName: 'foo::bar(int)',
      symbol: '_ZN3foo3barEi',
      functionIndex: 0,
      moduleName: undefined,
      moduleOffset: code + 3,
      codeOffset: 3,
    },
  ])
})

const ordinary = ['a', undefined, 'with (brackets)', 'async x', 'new y', 'a.b', '$f', '<T as U>::v']
test('frames are alike from the text alone, from the module and from its bytes', t => {
  for (const module of [undefined, 'guest', 'two words', 'a.wasm']) {
    const { alone, module: compiled, bytes } = framesBy(ordinary, module)
    t.deepEqual(symbolsOf(alone), ordinary, module)
    t.deepEqual(alone, compiled, module)
    t.deepEqual(
      compiled,
      bytes.map(frame => ({ ...frame, codeOffset: undefined })),
      module,
    )
    t.true(
      bytes.every(
        ({ codeOffset, moduleName: name }) => codeOffset !== undefined && name === module,
      ),
    )
  }
})

/** Names that look like the rest of a frame, or like more frames. */
const hostile = [
  'x (wasm://wasm/00000000:wasm-function[1]:0x2)',
  'x (wasm://wasm/00000000:wasm-function[1]:0x2)\n    at y (wasm://wasm/00000000:wasm-function[9]:0x2)',
  'x\n    at y (wasm://wasm/00000000:wasm-function[9]:0x2)\n    at z',
  '\n',
  '\n    at ',
  ':wasm-function[1]:0x2',
  '(',
  '',
  '\u001b[31mred\u0000',
  'RuntimeError: unreachable',
]
test('with the module, a name that looks like frames is the name of one frame', t => {
  const { module, bytes } = framesBy(hostile)
  t.deepEqual(symbolsOf(module), hostile)
  t.deepEqual(symbolsOf(bytes), hostile)
  const modules = framesBy(
    ['f', ...hostile.slice(0, 5)],
    'm (wasm://wasm/0:wasm-function[1]:0x2)\n',
  )
  t.deepEqual(symbolsOf(modules.bytes), ['f', ...hostile.slice(0, 5)])
})

test('without the module, such a name makes frames at most, and none of the real ones is lost', t => {
  const { alone } = framesBy(['outer', ...hostile.slice(0, 7), 'inner'])
  t.true(['outer', 'inner'].every(name => alone.some(({ symbol }) => symbol === name)))
})

test('the message of an error makes no frames', t => {
  const error = new Error('x\n    at y (wasm://wasm/00000000:wasm-function[9]:0x2)')
  t.deepEqual(framesOf(error), [])
  for (const value of [undefined, null, 'wasm', {}, { stack: 'at wasm-function[1]:0x2' }])
    t.deepEqual(framesOf(value), [])
  t.deepEqual(framesOf(Object.assign(new Error('x'), { stack: undefined })), [])
})

test('a name section that is not well-formed leaves the names of the text', t => {
  const bytes = chain(['a', 'b'])
  const error = trapOf(bytes)
  for (let length = 0; length < bytes.length; length++) {
    const frames = framesOf(error, bytes.subarray(0, length))
    t.deepEqual(symbolsOf(frames), ['a', 'b'], `${length}`)
  }
  for (let at = 8; at < bytes.length; at++) {
    const damaged = bytes.slice()
    damaged[at] ^= 0xff
    t.is(framesOf(error, damaged).length, 2, `${at}`)
  }
})

test('long names and stacks are cut', t => {
  const { bytes } = framesBy(['x'.repeat(100_000), '_Z1f'.padEnd(20_000, 'i'), 'z'])
  t.deepEqual(
    bytes.map(({ functionName: name = '', symbol = '' }) => [name.length, symbol.length]),
    [
      [1, 1],
      [4096, 4096],
      [4096, 4096],
    ],
  )
  const line = '\n    at f (wasm://wasm/00000000:wasm-function[9]:0x2)'
  const error = Object.assign(new Error('x'), { stack: `Error: x${line.repeat(100_000)}` })
  t.is(framesOf(error).length, 1000)
})

const frame: WasmFrame = {
  functionName: 'core::panicking::panic_fmt',
  symbol: '_RNv',
  functionIndex: 12,
  moduleName: undefined,
  moduleOffset: 0x1a2b,
  codeOffset: 0x19f0,
}
test('a frame is one short line', t => {
  const { codeOffset, ...known } = frame
  t.is(formatFrame(frame), 'at core::panicking::panic_fmt (+0x1a2b, code 0x19f0)')
  t.is(formatFrame({ ...known, codeOffset: undefined }), 'at core::panicking::panic_fmt (+0x1a2b)')
  t.is(
    formatFrame({ ...frame, functionName: undefined }),
    'at wasm-function[12] (+0x1a2b, code 0x19f0)',
  )
  t.is(formatFrame({ ...frame, functionName: '' }), 'at wasm-function[12] (+0x1a2b, code 0x19f0)')
  const placed = { ...frame, file: 'src/main.rs', line: 12, column: 5 }
  t.is(formatFrame(placed), 'at core::panicking::panic_fmt (src/main.rs:12:5)')
})

test('a long name loses parameters, then template arguments, then its result, then its middle', t => {
  const shown = (name: string): string =>
    formatFrame({ ...frame, functionName: name }).slice(3, -23)
  const words = 'long, '.repeat(9)
  t.is(shown(`shop::all(${words})`), `shop::all(${words})`)
  t.is(shown(`shop::all<int>(${words}${words})`), 'shop::all<int>(...)')
  t.is(shown(`std::map<${words}>::at<${words}>(${words})`), 'std::map<...>::at<...>(...)')
  t.is(shown(`<Vec<${words}> as Trait<${words}>>::method`), '<Vec<...> as Trait<...>>::method')
  t.is(shown(`(anonymous namespace)::f(${words}${words})`), '(anonymous namespace)::f(...)')
  t.is(shown(`A::operator<<(${words}${words})`), 'A::operator<<(...)')
  t.is(shown(`A::operator->*(${words}${words})`), 'A::operator->*(...)')
  t.is(shown(`${'result'.repeat(10)} shop::all<int>(${words}) const`), 'shop::all<...>(...) const')
  t.regex(shown('x'.repeat(1000)), /^x{20,}\.\.\.x{40,}$/)
  for (const name of ['x'.repeat(1000), words.repeat(20), '<'.repeat(900), '(('.repeat(300)])
    t.true(
      formatFrame({ ...frame, functionName: name, file: 'f'.repeat(200), line: 1 }).length <= 96,
    )
})

test('control characters of a name or path do not reach a terminal', t => {
  for (const name of hostile) {
    const line = formatFrame({ ...frame, functionName: name, file: name, line: 1 })
    t.notRegex(line, /[\p{Cc}\p{Bidi_Control}]/u)
  }
})

test('a frame that follows itself is counted, and frames beyond the most lines are', t => {
  const other = { ...frame, functionIndex: 1 }
  const text = 'at core::panicking::panic_fmt (+0x1a2b, code 0x19f0)'
  t.deepEqual(formatFrames([]), [])
  t.deepEqual(formatFrames([frame, frame, other, frame]), [`${text} x 2`, text, text])
  t.deepEqual(formatFrames([frame, other, frame], 2), [text, text, 'and 1 more frame'])
  t.deepEqual(formatFrames([frame, other, frame, other], 1), [text, 'and 3 more frames'])
})

test('frames of a module that is no module are those of the text', t => {
  const error = trapOf(chain(['a']))
  for (const bytes of [new Uint8Array(), new Uint8Array(100), new ArrayBuffer(8)])
    t.deepEqual(symbolsOf(framesOf(error, bytes)), ['a'])
  t.true(isModule(new WebAssembly.Module(chain(['a']))))
})

/** An error with the stack that it has in another thread. */
const arrived = (error: Error, stack = ''): Error =>
  Object.assign(new WebAssembly.RuntimeError(error.message), { stack })

test('a stack that is sent has the same frames, each in one short line', t => {
  const names = [...hostile.slice(0, 7), 'y'.repeat(100_000), undefined]
  for (const module of [undefined, 'm (wasm://wasm/0:wasm-function[1]:0x2)\n']) {
    const bytes = chain(names, module)
    const error = trapOf(bytes)
    const stack = sentStack(error, new WebAssembly.Module(bytes) as FrameModule)
    t.true((stack ?? '').split('\n').every(line => line.length < 400))
    t.deepEqual(framesOf(arrived(error, stack), bytes), framesOf(error, bytes))
    t.is(framesOf(arrived(error, stack)).length, names.length)
  }
})

test('a stack that is sent has the offsets of the file, of a module whose code was moved', t => {
  const file = chain(['a', 'b'])
  const run = chain(['a', 'b'], undefined, custom('behind', [1, 2, 3]))
  const moved = Uint8Array.from([...run.slice(0, 8), ...custom('before', [1]), ...run.slice(8)])
  const by = codeOf(moved) - codeOf(file)
  const error = trapOf(moved)
  const there = arrived(error, sentStack(error, moved, by))
  t.deepEqual(framesOf(there, file), framesOf(trapOf(file), file))
  t.deepEqual(framesOf(there, moved, by), framesOf(trapOf(file), file))
})

test('a stack without frames of a guest is sent as it is', t => {
  const error = new Error('x\n    at y (wasm://wasm/00000000:wasm-function[9]:0x2)')
  t.is(sentStack(error), error.stack)
  t.is(sentStack(Object.assign(error, { stack: undefined })), undefined)
})

/** A number as a LEB128 of four bytes. */
const padded = (value: number): number[] =>
  [0, 7, 14].map(shift => ((value >> shift) & 127) | 128).concat((value >> 21) & 127)

test('names beyond the end of a subsection are not read, and not once for each of them', t => {
  // Each counts as many names as there are subsections behind it, which read as names of function 1.
  const count = 100_000
  const contents = Array.from({ length: count }, (_, i) => [1, 4, ...padded(count - 1 - i)])
  const plain = chain([undefined, undefined])
  const section = Buffer.concat([
    Uint8Array.from([...[0], ...padded(5 + 6 * count), 4, ...Buffer.from('name')]),
    ...contents.map(bytes => Uint8Array.from(bytes)),
  ])
  const bytes = Uint8Array.from(Buffer.concat([plain.subarray(0, 8), section, plain.subarray(8)]))
  const begin = performance.now()
  t.is(new GuestModule(bytes).names(new Set([1])).functions.size, 0)
  t.true(performance.now() - begin < 10_000)
})

test('a stack whose text has thousands of locations of a function that is not in it is read in bounded time', t => {
  const places = '\n    at :wasm-function[0]:0x1'.repeat(36_000)
  const error = Object.assign(new Error('x'), { stack: `Error: x${places}` })
  const begin = performance.now()
  t.is(framesOf(error, chain(['y'.repeat(9000)])).length, 1000)
  t.true(performance.now() - begin < 10_000)
})
