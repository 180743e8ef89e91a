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
 * An expression that lifts one wasm value.
 * @param {Param} param
 * @param {string} value
 */
function lift({ type }, value) {
  switch (type.kind) {
    case Kind.Flags:
      return `gate.flags(${value}, ${type.labels.length})`
    case Kind.Enum:
      return `gate.choice(${value}, ${JSON.stringify(type.values)})`
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
      return `gate.u32(${value})`
  }
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

/**
 * The import of a row, as a property.
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
  const enter = results.map(
    ({ label, type }) => `const ${label}_at = gate.room(memory, ${label}, ${type.size})`,
  )
  const stores = results.flatMap((result, i) =>
    store(result, i === 0 ? 'answer' : 'block.second[0]'),
  )
  return [
    `${name}: (${[...names, 'surplus'].join(', ')}) => {`,
    '  if (verdict.reached) throw verdict.leave()',
    '  let answer = 0',
    '  try {',
    '    memory.refresh()',
    ...indent(enter, 4),
    `    gate.none(surplus)`,
    `    answer = ${hostcall(name)}(${['context', ...values.map(param => lift(param, param.as))].join(', ')})`,
    '    if (answer >= 0) {',
    // The call may have run the guest, which grew its memory.
    ...indent([...(stores.length > 0 ? ['memory.refresh()'] : []), ...stores, 'return 0'], 6),
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
 * The statement that takes hostcalls out of their record: V8 inlines constants, but would look up
 * properties.
 * @param {readonly string[]} names
 * @returns {string[]}
 */
const taken = names => [
  'const {',
  ...names.map(name => `  ${name}: ${hostcall(name)},`),
  '} = hostcalls',
]

const names = Object.keys(table)
const rows = Object.entries(table).flatMap(([name, row]) => rowOf(name, row))
/** @type {ReadonlySet<Row>} */
const shared = new Set(Object.values(table))
/** The rows that wasi_unstable has otherwise, and those that it lacks. */
const others = Object.entries(table0).filter(([, row]) => !shared.has(row))
const absent = names.filter(name => !(name in table0))
const text = `/** An import for each row of the tables: scripts/imports.js writes this file from lib/abi/ when the package is built. */
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
