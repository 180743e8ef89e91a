// Writes lib/generated/imports.ts: a function that makes the import of each row of the tables of the
// ABI. Written out, each has call sites of its own, and V8 inlines the whole way from the guest to
// the addon; closures over a row would share theirs. All are made in one scope: a scope for each
// would cost as much memory as all the rest of a guest.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { table } from '../dist/abi/table.js'
import { Kind } from '../dist/abi/types.js'
import { table0 } from '../dist/abi/unstable.js'

/** @typedef {import('../dist/abi/table.js').Param} Param */
/** @typedef {import('../dist/abi/table.js').Row} Row */

/**
 * An expression that lifts an i32. Almost every one is a number in its signed range, and is lifted
 * without a call: V8 inlines only so many calls into one function.
 * @param {string} value
 */
const u32 = value =>
  `typeof ${value} === 'number' && (${value} | 0) === ${value} ? ${value} >>> 0 : gate.u32(${value})`

/**
 * An expression that lifts one wasm value.
 * @param {Param} param
 * @param {string} value
 */
function lift({ type }, value) {
  switch (type.kind) {
    case Kind.Size64:
      return `gate.size64(${value})`
    case Kind.Delta64:
      return `gate.delta64(${value})`
    case Kind.Place64:
      return `gate.place64(${value})`
    case Kind.Far64:
      return `gate.far64(${value})`
    case Kind.Rights:
      return `gate.rights(${value})`
    case Kind.Raw64:
      return `gate.raw64(${value})`
    default:
      return u32(value)
  }
}

/**
 * The conditions under which a lifted value is INVAL: an unknown flag, an unknown value, a size of
 * 2^63 or more.
 * @param {Param} param
 * @param {string} value
 * @returns {string[]}
 */
function invalid({ type }, value) {
  switch (type.kind) {
    case Kind.Flags:
      return [`${value} >>> ${type.labels.length} !== 0`]
    case Kind.Enum:
      return [`${value} >= ${type.values.length}`]
    case Kind.Size64:
    case Kind.Place64:
      return [`Number.isNaN(${value})`]
    default:
      return []
  }
}

/**
 * The number of the hostcalls for a lifted value: another one where an older snapshot numbers its
 * values otherwise.
 * @param {Param} param
 * @param {string} value
 */
function passed({ type }, value) {
  return type.kind === Kind.Enum && type.values.some((number, i) => number !== i)
    ? `[${type.values.join(', ')}][${value}]`
    : value
}

/** The offset of a time in the block. */
const timeOffset = 64

/**
 * Bytes from the block to the guest: words written out, then single bytes. As BigInts they would be
 * objects.
 * @param {string} to an expression for the address
 * @param {number} from the offset in the block
 * @param {number} bytes
 * @returns {string[]}
 */
function copy(to, from, bytes) {
  const words = Math.floor(bytes / 4)
  return [
    ...Array.from(
      { length: words },
      (_, i) =>
        `memory.view.setInt32(${to} + ${4 * i}, block.words.getInt32(${from + 4 * i}, true), true)`,
    ),
    ...Array.from(
      { length: bytes % 4 },
      (_, i) =>
        `memory.bytes[${to} + ${4 * words + i}] = block.recordBytes[${from + 4 * words + i}]`,
    ),
  ]
}

/**
 * Statements that put a result where the guest wants it. What is too large for a number lies in the
 * block.
 * @param {Param} result
 * @param {string} value
 * @returns {string[]}
 */
function store({ label, type }, value) {
  const at = `${label}_at`
  switch (type.kind) {
    case Kind.Size64:
      return [`memory.setSize64(${at}, ${value})`]
    case Kind.Raw64:
      return copy(at, timeOffset, 8)
    case Kind.Record:
      return type.pieces.flatMap(([from, to, bytes]) => copy(`${at} + ${to}`, from, bytes))
    default:
      return [
        type.size === 2
          ? `memory.view.setUint16(${at}, ${value}, true)`
          : `memory.setUint32(${at}, ${value})`,
      ]
  }
}

/**
 * @param {readonly string[]} lines
 * @param {number} by
 */
const indent = (lines, by) => lines.map(line => `${' '.repeat(by)}${line}`)

/** Makes the views anew if the memory has grown, which is seen without a call. */
const refresh = 'if (memory.bytes.length === 0) memory.refresh()'

/**
 * The import of a row, as a method: V8 parses arrow functions each time it compiles the function
 * around them, and skips the bodies of methods.
 * @param {string} name
 * @param {Row} row
 * @returns {string[]}
 */
function rowOf(name, { params, results }) {
  /** @param {string} label `in` is a word of JavaScript */
  const named = label => (label === 'in' ? 'in_' : label)
  const values = params.flatMap(param =>
    param.type.kind === Kind.List || param.type.kind === Kind.Path
      ? [
          { ...param, as: param.label },
          { ...param, as: `${param.label}_len` },
        ]
      : [{ ...param, as: named(param.label) }],
  )
  const names = [...values.map(({ as }) => as), ...results.map(({ label }) => label)]
  const enter = results.flatMap(({ label, type }) => [
    `const ${label}_at = ${u32(label)}`,
    `if (memory.fault(${label}_at, ${type.size}) !== 0) return Errno.FAULT`,
  ])
  const lifted = values.map(param => `const ${param.as}_ = ${lift(param, param.as)}`)
  const conditions = values.flatMap(param => invalid(param, `${param.as}_`))
  const stores = results.flatMap((result, i) =>
    store(result, i === 0 ? 'answer' : 'block.second[0]'),
  )
  return [
    `${name}(${[...names, 'surplus'].join(', ')}) {`,
    '  if (verdict.reached) throw verdict.leave()',
    '  let answer = 0',
    '  try {',
    `    ${refresh}`,
    ...indent(enter, 4),
    '    if (surplus !== undefined) return Errno.INVAL',
    ...indent(lifted, 4),
    ...(conditions.length > 0 ? [`    if (${conditions.join(' || ')}) return Errno.INVAL`] : []),
    `    answer = ${hostcall(name)}(${['context', ...values.map(param => passed(param, `${param.as}_`))].join(', ')})`,
    '    if (answer >= 0) {',
    // The call may have run the guest, which grew its memory.
    ...indent([...(stores.length > 0 ? [refresh] : []), ...stores, 'return 0'], 6),
    '    }',
    '  } catch (error) {',
    `    return gate.thrown(error, '${name}', context, report)`,
    '  }',
    `  return gate.errnoOf(answer, '${name}', context, report)`,
    '},',
  ]
}

/** @param {string} name the variable of a hostcall, as `fd_read` is also the name of an import */
const hostcall = name => `call_${name}`

/**
 * The statements that take hostcalls out of their record: V8 inlines constants, but would look up
 * properties. One for each, since the bundler puts a pattern in one long line.
 * @param {readonly string[]} names
 * @returns {string[]}
 */
const taken = names => names.map(name => `const ${hostcall(name)} = hostcalls.${name}`)

const names = Object.keys(table)
const rows = Object.entries(table).flatMap(([name, row]) => rowOf(name, row))
/** @type {ReadonlySet<Row>} */
const shared = new Set(Object.values(table))
/** The rows that wasi_unstable has otherwise, and those that it lacks. */
const others = Object.entries(table0).filter(([, row]) => !shared.has(row))
const absent = names.filter(name => !(name in table0))
const text = `/** An import for each row of the tables: scripts/imports.js writes this file from lib/abi/ when the package is built. */
import { Errno } from '../abi/errno.js'
import type { HostcallName } from '../abi/table.js'
import type { table0 } from '../abi/unstable.js'
import type { Context } from '../context.js'
import * as gate from '../gate.js'
import type { Hostcalls } from '../hostcalls/types.js'

/**
 * Returns the imports of a guest, without a prototype. V8 keeps a record whose prototype is taken
 * away in an array of its values; one that never had it is a hash table, of eight times the bytes.
 */
const imports = <Name extends string>(made: Record<Name, gate.ImportFunction>): typeof made =>
  Object.setPrototypeOf(made, null)

export function gates(context: Context, hostcalls: Hostcalls, report: gate.Report): Record<HostcallName, gate.ImportFunction> {
  const { memory, verdict, sys: { block } } = context
${indent(taken(names), 2).join('\n')}
  return imports({
${indent(rows, 4).join('\n')}
  })
}
export function gates0(context: Context, hostcalls: Hostcalls, report: gate.Report): Record<keyof typeof table0, gate.ImportFunction> {
  const { memory, verdict, sys: { block } } = context
${indent(taken(others.map(([name]) => name)), 2).join('\n')}
  const { ${absent.map(name => `${name}: _${name}, `).join('')}...shared } = gates(context, hostcalls, report)
  return imports({
    ...shared,
${indent(
  others.flatMap(([name, row]) => rowOf(name, row)),
  4,
).join('\n')}
  })
}
`
const file = new URL('../lib/generated/imports.ts', import.meta.url)
mkdirSync(new URL('.', file), { recursive: true })
// The same text again would have the compiler check all that imports it.
if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text)
