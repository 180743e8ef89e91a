// Writes lib/generated/imports.ts: for each row of the tables of the ABI a function that makes its
// import. Written out, each has call sites of its own, and V8 inlines the whole way from the guest
// to the addon; closures over a row would share theirs.
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
 * The function of a row.
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
  const block =
    results.some(({ type }) => type.kind === Kind.Record || type.kind === Kind.Raw64) ||
    results.length === 2
  const enter = results.map(
    ({ label, type }) => `const ${label}_at = gate.room(memory, ${label}, ${type.size})`,
  )
  const stores = results.flatMap((result, i) =>
    store(result, i === 0 ? 'answer' : 'block.second[0]'),
  )
  return [
    `${name}(context, hostcall, report) {`,
    `  const { memory, verdict${block ? ', sys: { block }' : ''} } = context`,
    `  return (${[...names, 'surplus'].join(', ')}) => {`,
    '    if (verdict.reached) throw verdict.leave()',
    '    let answer = 0',
    '    try {',
    '      memory.refresh()',
    ...indent(enter, 6),
    `      gate.none(surplus)`,
    `      answer = hostcall(${['context', ...values.map(param => lift(param, param.as))].join(', ')})`,
    '      if (answer >= 0) {',
    // The call may have run the guest, which grew its memory.
    ...indent([...(stores.length > 0 ? ['memory.refresh()'] : []), ...stores, 'return 0'], 8),
    '      }',
    '    } catch (error) {',
    `      return gate.thrown(error, '${name}', context, report)`,
    '    }',
    `    return gate.errnoOf(answer, '${name}', context, report)`,
    '  }',
    '},',
  ]
}

const rows = Object.entries(table).flatMap(([name, row]) => rowOf(name, row))
/** @type {ReadonlySet<Row>} */
const shared = new Set(Object.values(table))
const rows0 = Object.entries(table0).flatMap(([name, row]) =>
  shared.has(row) ? [`${name}: gates.${name},`] : rowOf(name, row),
)
const text = `/** An import for each row of the tables: scripts/imports.js writes this file from lib/abi/ when the package is built. */
import type { HostcallName } from '../abi/table.js'
import type { table0 } from '../abi/unstable.js'
import type { Context } from '../context.js'
import * as gate from '../gate.js'
import type { Hostcalls } from '../hostcalls/types.js'

/** Each takes the hostcall of its row, so that the compiler checks what is passed to it. */
type Gates<Name extends HostcallName> = {
  readonly [N in Name]: (context: Context, hostcall: Hostcalls[N], report: gate.Report) => gate.ImportFunction
}

export const gates: Gates<HostcallName> = {
${indent(rows, 2).join('\n')}
}
export const gates0: Gates<keyof typeof table0> = {
${indent(rows0, 2).join('\n')}
}
`
const file = new URL('../lib/generated/imports.ts', import.meta.url)
mkdirSync(new URL('.', file), { recursive: true })
// The same text again would have the compiler check all that imports it.
if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text)
