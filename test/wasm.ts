/**
 * A small assembler: modules that make hostcalls, from expressions. It knows as much of the binary
 * format as the tests need.
 */
import { namespace } from '#lib/abi/namespaces.js'
import { type HostcallName, type Row, table } from '#lib/abi/table.js'
import { Kind, type Type } from '#lib/abi/types.js'

type ValueType = 'i32' | 'i64' | 'f64'
interface Signature {
  readonly params: readonly ValueType[]
  readonly results: readonly ValueType[]
  /** The module of an import whose name has dots of its own. */
  readonly from?: string
  /** The name there, unless it is the one by which it is called. */
  readonly as?: string
}

/**
 * A constant (number: i32, bigint: i64), or something that leaves one value or none on the stack.
 */
export type Expression = number | bigint | Operation
interface Operation {
  /** Bytes of the instruction, from the indices of the functions it may call. */
  readonly encode: (indexOf: (name: string) => number) => number[]
  /** The hostcalls and functions it calls. */
  readonly calls: readonly string[]
}

const operation = (
  args: readonly Expression[],
  after: (indexOf: (name: string) => number) => number[],
  calls: readonly string[] = [],
): Operation => ({
  encode: indexOf => [...args.flatMap(arg => encode(arg, indexOf)), ...after(indexOf)],
  calls: [...args.flatMap(callsOf), ...calls],
})
const callsOf = (expression: Expression): readonly string[] =>
  typeof expression === 'object' ? expression.calls : []
function encode(expression: Expression, indexOf: (name: string) => number): number[] {
  if (typeof expression === 'number') return [0x41, ...signed(BigInt(expression | 0))]
  if (typeof expression === 'bigint') return [0x42, ...signed(BigInt.asIntN(64, expression))]
  return expression.encode(indexOf)
}

/** Call a hostcall, or another function of the module. */
export const call = (name: string, ...args: Expression[]): Operation =>
  operation(args, indexOf => [0x10, ...unsigned(indexOf(name))], [name])
export const drop = (value: Expression): Operation => operation([value], () => [0x1a])
export const add = (a: Expression, b: Expression): Operation => operation([a, b], () => [0x6a])
export const and = (a: Expression, b: Expression): Operation => operation([a, b], () => [0x71])
export const isZero = (a: Expression): Operation => operation([a], () => [0x45])
export const xor = (a: Expression, b: Expression): Operation => operation([a, b], () => [0x73])
export const or = (a: Expression, b: Expression): Operation => operation([a, b], () => [0x72])
export const param = (index: number): Operation => operation([], () => [0x20, ...unsigned(index)])
export const setParam = (index: number, value: Expression): Operation =>
  operation([value], () => [0x21, ...unsigned(index)])
export const load = (at: Expression): Operation => operation([at], () => [0x28, 0, 0])
export const store = (at: Expression, value: Expression): Operation =>
  operation([at, value], () => [0x36, 0, 0])
export const trap: Operation = operation([], () => [0x00])
/** Do one after the other; the value is that of the last. */
export const sequence = (...all: Expression[]): Operation => operation(all, () => [])
/** Do it again until its value is not zero, and leave that value. */
export const untilFails = (value: Expression): Operation => ({
  encode: indexOf => [
    0x03,
    0x40,
    ...encode(value, indexOf),
    0x22,
    ...unsigned(local),
    0x45,
    0x0d,
    0,
    0x0b,
    0x20,
    ...unsigned(local),
  ],
  calls: callsOf(value),
})
/** The one local that every function without parameters has. */
const local = 0
/** Does it if the condition is not zero. */
export const when = (condition: Expression, ...body: Expression[]): Operation =>
  operation(
    [condition],
    indexOf => [0x04, 0x40, ...body.flatMap(expression => encode(expression, indexOf)), 0x0b],
    body.flatMap(callsOf),
  )
/** Do it as often as the first parameter says, and count that down to 0. */
export const times = (...body: Expression[]): Operation => ({
  encode: indexOf => [
    ...[0x03, 0x40, ...body.flatMap(expression => encode(expression, indexOf))],
    ...[0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b],
  ],
  calls: body.flatMap(callsOf),
})

/** Does it, and goes on whatever JavaScript exception leaves it. */
export const catching = (...body: Expression[]): Operation => ({
  encode: indexOf => [
    0x06,
    0x40,
    ...body.flatMap(expression => encode(expression, indexOf)),
    0x19,
    0x0b,
  ],
  calls: body.flatMap(callsOf),
})
/** Throws the module's own tag. */
export const throwing: Operation = operation([], () => [0x08, 0])
/** Loops without end. */
export const forever: Operation = operation([], () => [0x03, 0x40, 0x0c, 0, 0x0b])
/** Fills the memory from address 0 on, without end. V8 ends such a loop late, or never. */
export const fillsForever = (size: Expression): Operation =>
  operation([], () => [
    0x03,
    0x40,
    0x41,
    0,
    0x41,
    1,
    ...encode(size, () => 0),
    0xfc,
    0x0b,
    0,
    0x0c,
    0,
    0x0b,
  ])

/** Writes guest memory to a descriptor; the errno is the value. Uses the bytes from 0x20 on. */
export const write = (fd: number, at: Expression, length: Expression): Expression[] => [
  ...[store(0x20, at), store(0x24, length)],
  drop(call('fd_write', fd, 0x20, 1, 0x28)),
]

export interface Source {
  /** Exported functions by name. One without params has a local. */
  readonly functions: Readonly<
    Record<
      string,
      { params?: readonly ValueType[]; results?: readonly ValueType[]; body: readonly Expression[] }
    >
  >
  /** Pages of the memory exported as `memory`, unless one is imported; 0 is none. Default 1. */
  readonly pages?: number
  /** Initial content of memory. */
  readonly data?: Readonly<Record<number, string | Uint8Array>>
  /** The module under which hostcalls are imported. */
  readonly from?: string
  /**
   * More imports, by `module.name`. A signature is that of a function, which may be called by its
   * name; `function` has none. `externref` is a constant global of that type, `global` one of i32.
   */
  readonly imports?: Readonly<Record<string, ImportKind | Signature>>
  /** True for a tag of its own, without parameters. */
  readonly tag?: boolean
}
type ImportKind = 'function' | 'memory' | 'externref' | 'global' | 'table' | 'tag'

const codes: Record<ValueType, number> = { i32: 0x7f, i64: 0x7e, f64: 0x7c }
const wide: readonly Kind[] = [
  Kind.Size64,
  Kind.Delta64,
  Kind.Place64,
  Kind.Far64,
  Kind.Rights,
  Kind.Raw64,
]
const wasmTypes = ({ kind }: Type): ValueType[] =>
  kind === Kind.List || kind === Kind.Path ? ['i32', 'i32'] : [wide.includes(kind) ? 'i64' : 'i32']
/** Returns the signature of a hostcall in wasm. */
export function signatureOf(name: string): Signature {
  const row: Row | undefined = table[name as HostcallName]
  if (row === undefined) throw new Error(`there is no ${name} to call`)
  const params = [
    ...row.params.flatMap(({ type }) => wasmTypes(type)),
    ...row.results.map(() => 'i32' as const),
  ]
  return { params, results: name === 'proc_exit' ? [] : ['i32'] }
}

/** Imports of other kinds; the type of a tag is the first function's. */
const described = {
  memory: [2, 0, 1],
  externref: [3, 0x6f, 0],
  global: [3, 0x7f, 0],
  table: [1, 0x70, 0, 1],
  tag: [4, 0, 0],
}

/** The module's bytes. */
export function assemble({
  functions,
  pages = 1,
  data = {},
  from = namespace,
  imports = {},
  tag = false,
}: Source): Uint8Array {
  const own = Object.entries(functions)
  const none: Signature = { params: [], results: [] }
  const more = Object.entries(imports).map(([path, kind]) => {
    const signature: Signature = typeof kind === 'object' ? kind : none
    const [module, name] = signature.from === undefined ? path.split('.') : [signature.from, path]
    return {
      ...{ module, name, signature, as: signature.as ?? name },
      kind: typeof kind === 'object' ? ('function' as const) : kind,
    }
  })
  const moreFunctions = more.filter(({ kind }) => kind === 'function')
  const called = [...new Set(own.flatMap(([, { body }]) => body.flatMap(callsOf)))].filter(
    name => !(name in functions) && !moreFunctions.some(more => more.name === name),
  )
  const names = [...called, ...moreFunctions.map(({ name }) => name), ...own.map(([name]) => name)]
  const indexOf = (name: string): number => names.indexOf(name)

  const signatures = [
    ...called.map(signatureOf),
    ...moreFunctions.map(({ signature }) => signature),
    ...own.map(([, { params = [], results = [] }]) => ({ params, results })),
    ...(tag ? [none] : []),
  ]
  const imported = [
    ...called.map((name, index) => [...text(from), ...text(name), 0, ...unsigned(index)]),
    ...more.map(({ module, name, as, kind }) => [
      ...text(module),
      ...text(as),
      ...(kind === 'function' ? [0, ...unsigned(indexOf(name))] : described[kind]),
    ]),
  ]
  const first = called.length + moreFunctions.length
  const bodies = own.map(([, { params = [], body }]) => {
    const locals = params.length === 0 ? [1, 1, codes.i32] : [0]
    return sized([...locals, ...body.flatMap(expression => encode(expression, indexOf)), 0x0b])
  })
  const exported = own.map(([name], i) => [...text(name), 0, ...unsigned(first + i)])
  if (pages > 0) exported.push([...text('memory'), 2, 0])
  const segments = Object.entries(data).map(([at, bytes]) => [
    0,
    ...encode(Number(at), indexOf),
    0x0b,
    ...sized([...Buffer.from(bytes as string)]),
  ])
  const debugNames = sized([
    ...text('name'),
    1,
    ...sized(vector(names.map((name, index) => [...unsigned(index), ...text(name)]))),
  ])

  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(
      1,
      signatures.map(({ params, results }) => [
        0x60,
        ...vector(params.map(type => [codes[type]])),
        ...vector(results.map(type => [codes[type]])),
      ]),
    ),
    ...section(2, imported),
    ...section(
      3,
      own.map((_, i) => unsigned(first + i)),
    ),
    ...(pages > 0 && !more.some(({ kind }) => kind === 'memory')
      ? section(5, [[0, ...unsigned(pages)]])
      : []),
    ...(tag ? section(13, [[0, ...unsigned(signatures.length - 1)]]) : []),
    ...section(7, exported),
    ...section(10, bodies),
    ...section(11, segments),
    ...[0, ...debugNames],
  ])
}

/** A command whose `_start` is this. */
export const command = (
  body: readonly Expression[],
  more: Omit<Source, 'functions'> = {},
): Uint8Array => assemble({ ...more, functions: { _start: { body } } })

const section = (id: number, items: readonly number[][]): number[] =>
  items.length === 0 ? [] : [id, ...sized(vector(items))]
const vector = (items: readonly number[][]): number[] => [
  ...unsigned(items.length),
  ...items.flat(),
]
const sized = (bytes: readonly number[]): number[] => [...unsigned(bytes.length), ...bytes]
const text = (string: string): number[] => sized([...Buffer.from(string)])
/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)]
}
function signed(value: bigint): number[] {
  const low = Number(value & 0x7fn)
  const rest = value >> 7n
  const done = (rest === 0n && low < 0x40) || (rest === -1n && low >= 0x40)
  return done ? [low] : [low | 0x80, ...signed(rest)]
}
