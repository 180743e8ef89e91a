// Writes lib/generated/lowered.ts: for each row of the table of WASI 0.2 the function that jco takes
// in place of its own conversions. Written out, each has call sites of its own, and V8 inlines the
// whole way from the component to the addon.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { loweredTable } from '../dist/preview2/wit/table.js'
import { Kind } from '../dist/preview2/wit/types.js'

/** @typedef {import('../dist/preview2/wit/types.js').Param} Param */
/** @typedef {import('../dist/preview2/wit/types.js').Row} Row */
/** @typedef {import('../dist/preview2/wit/types.js').Type} Type */

/** Resources in the order in which a component usually defines them. */
const order = [
  'error',
  'pollable',
  'input-stream',
  'output-stream',
  'terminal-input',
  'terminal-output',
  'descriptor',
  'directory-entry-stream',
]

/**
 * The resources of a type.
 * @param {Type | undefined} type
 * @returns {string[]}
 */
function resourcesOf(type) {
  if (type === undefined) return []
  if (type.kind === Kind.Own || type.kind === Kind.Borrow) return [type.name]
  return type.parts.flatMap(part => resourcesOf(part.type))
}

/** @param {string} label `in` is a word of JavaScript */
const named = label => label.replaceAll('-', '_').replace(/^(in|self)$/, '$1_')

/**
 * The core values of a parameter, and the expressions that lift it.
 * @param {Param} param
 * @param {(resource: string) => string} tableOf
 * @returns {[values: string[], lifted: string[]]}
 */
function lift({ label, type }, tableOf) {
  const name = named(label)
  switch (type.kind) {
    case Kind.Size:
      return [[name], [`far64(${name})`]]
    case Kind.Wide:
      return [[name], [`BigInt.asUintN(64, ${name})`]]
    case Kind.Int:
      return [[name], [`${name} & ${2 ** (8 * type.size) - 1}`]]
    case Kind.Flags:
      return [[name], [`${name} & ${2 ** type.labels.length - 1}`]]
    case Kind.Enum:
      return [[name], [`lowering.choice(${name}, ${type.labels.length})`]]
    case Kind.Result:
      return [[name], [`lowering.choice(${name}, 2)`]]
    case Kind.Variant:
      return [
        [name, `${name}_seconds`, `${name}_rest`],
        [
          `lowering.choice(${name}, ${type.parts.length})`,
          `BigInt.asUintN(64, ${name}_seconds)`,
          `${name}_rest >>> 0`,
        ],
      ]
    case Kind.String:
    case Kind.Bytes:
      return [
        [name, `${name}_len`],
        [`component.range(${name}, ${name}_len)`, `${name}_len >>> 0`],
      ]
    case Kind.Borrow:
      return [[name], [`resources.at(${tableOf(type.name)}, ${name}, '${type.name}')`]]
    case Kind.List:
      return [
        [name, `${name}_len`],
        [`lowering.pollables(component, ${tableOf('pollable')}, ${name}, ${name}_len)`],
      ]
    default:
      throw new Error(`no parameter of type ${type.name} can be lifted`)
  }
}

/**
 * Statements that store the payload of a result.
 * @param {Type | undefined} type
 * @param {string} at its place
 * @param {(resource: string) => string} tableOf
 * @returns {string[]}
 */
function store(type, at, tableOf) {
  const list = [
    'const start = component.allocate(space, realloc, 1, answer)',
    'lowering.copyOut(component, start, answer)',
    `canonical.storeList(memory.view, ${at}, start, answer)`,
  ]
  if (type === undefined) return []
  switch (type.kind) {
    case Kind.Enum:
    case Kind.Flags:
      return [`memory.view.setUint8(${at}, answer)`]
    case Kind.Size:
      return [`canonical.storeSize(memory.view, ${at}, answer)`]
    case Kind.Own:
      return [
        `canonical.storeU32(memory.view, ${at}, resources.own(${tableOf(type.name)}, answer))`,
      ]
    case Kind.Bytes:
    case Kind.String:
      return list
    case Kind.Tuple:
      // `read`: the bytes, and whether the end of the file was reached.
      return [
        ...list,
        `memory.view.setUint8(${at} + ${type.offsets[1]}, answer === 0 && length !== 0n ? 1 : 0)`,
      ]
    case Kind.Option: {
      // An entry of a directory, which the stream describes.
      const entry = /** @type {Type} */ (type.parts[1].type)
      const from = type.offsets[0]
      return [
        `memory.view.setUint8(${at}, answer)`,
        'if (answer === 0) return',
        `const { start, end, bytes, type } = resources.at<EntriesResource>(table0, self_, 'directory-entry-stream')`,
        'const name = component.allocate(space, realloc, 1, end - start)',
        'lowering.copyOut(component, name, end - start, start, bytes)',
        `memory.view.setUint8(${at} + ${from}, canonical.descriptorTypes[type])`,
        `canonical.storeList(memory.view, ${at} + ${from + entry.offsets[1]}, name, end - start)`,
      ]
    }
    case Kind.Record:
      return type.name === 'descriptor-stat'
        ? [`canonical.storeStat(memory.view, ${at}, context.sys.block.record)`]
        : [0, 4, 8, 12].map(i => `canonical.storeU32(memory.view, ${at} + ${i}, hashed[${i / 4}])`)
    default:
      throw new Error(`no result of type ${type.name} can be stored`)
  }
}

/**
 * @param {readonly string[]} lines
 * @param {number} by
 */
const indent = (lines, by) => lines.map(line => `${' '.repeat(by)}${line}`)

/**
 * The body of a row, and if it has a result pointer.
 * @param {Row} row
 * @param {string} call
 * @param {(resource: string) => string} tableOf
 * @param {string} name
 * @returns {string[]}
 */
function bodyOf({ result }, call, tableOf, name) {
  const ended = ['} catch (error) {', `  throw component.fatal(error, '${name}')`, '}']
  if (result === undefined) return ['try {', '  component.enter(space)', `  ${call}`, ...ended]
  const at = [`at = component.result(at, ${result.size}, ${result.align})`]
  switch (result.kind) {
    case Kind.Bool:
    case Kind.Wide:
      return ['try {', '  component.enter(space)', `  return ${call}`, ...ended]
    case Kind.Own:
      return [
        'try {',
        '  component.enter(space)',
        `  return resources.own(${tableOf(result.name)}, ${call})`,
        ...ended,
      ]
    case Kind.Bytes:
      return [
        'try {',
        '  component.enter(space)',
        ...indent(at, 2),
        `  const length = ${call}`,
        '  const start = component.allocate(space, realloc, 1, length)',
        '  context.random(memory, start, length)',
        '  component.enter(space)',
        '  canonical.storeList(memory.view, at, start, length)',
        ...ended,
      ]
    case Kind.Record:
      return [
        'try {',
        '  component.enter(space)',
        ...indent(at, 2),
        `  if (${call} < 0) throw trap('the host has no such clock')`,
        '  component.enter(space)',
        '  canonical.storeDatetime(memory.view, at, context.sys.block.timeWords, 0)',
        ...ended,
      ]
    case Kind.Result: {
      const [{ type: ok }, { type: error }] = result.parts
      const streams = error?.kind === Kind.Variant
      const payload = result.offsets[0]
      const good = ok?.kind === Kind.Own ? "typeof answer !== 'number'" : 'answer >= 0'
      return [
        'let answer',
        'try {',
        '  component.enter(space)',
        ...indent(at, 2),
        `  answer = ${call}`,
        '  component.enter(space)',
        `  if (${good}) {`,
        ...indent(
          ['memory.view.setUint8(at, 0)', ...store(ok, `at + ${payload}`, tableOf), 'return'],
          4,
        ),
        '  }',
        '} catch (error) {',
        `  answer = component.thrown(error, '${name}')`,
        '  component.enter(space)',
        '}',
        streams
          ? `lowering.failStream(component, ${tableOf('error')}, at, ${payload}, answer, '${name}')`
          : `lowering.fail(component, at, ${payload}, answer, '${name}')`,
      ]
    }
    default:
      return [
        'try {',
        '  component.enter(space)',
        ...indent(at, 2),
        `  const value = ${call}`,
        '  component.enter(space)',
        '  canonical.storeValue(store, result, value, at)',
        ...ended,
      ]
  }
}

/**
 * The function of a row. The tables of two resources that one interface defines come in any order:
 * the first call tells them apart by its own handle.
 * @param {string} from
 * @param {string} func
 * @param {Row} row
 * @returns {string[]}
 */
function rowOf(from, func, row) {
  const name = `${from}#${func}`
  const { params, result } = row
  const kinds = order.filter(kind =>
    [...params.map(({ type }) => type), result].flatMap(resourcesOf).includes(kind),
  )
  /** @param {string} resource */
  const tableOf = resource => `table${kinds.indexOf(resource)}`
  const lifted = params.map(param => lift(param, tableOf))
  const values = [
    ...lifted.flatMap(([values]) => values),
    ...(result === undefined || isFlat(result) ? [] : ['at']),
  ]
  const call = `call(${['component', ...lifted.flatMap(([, lifted]) => lifted)].join(', ')})`
  const body = bodyOf(row, call, tableOf, name)
  const text = body.join('\n')
  const self = params.find(({ label }) => label === 'self')?.type.name
  const sorted = kinds.length > 1 && self !== undefined
  /** @param {string} word */
  const uses = word => new RegExp(`\\b${word}\\b`).test(text)
  const generic = uses('canonical.storeValue')
  return [
    `'${func}': (component, call) => options => {`,
    '  lowering.checkOptions(options)',
    '  const space = component.space(options.memory)',
    ...(uses('realloc') || generic ? ['  const realloc = options.realloc as Realloc'] : []),
    ...(kinds.length === 0
      ? []
      : [
          `  ${sorted ? 'let' : 'const'} [${kinds.map(tableOf).join(', ')}] = options.resourceTables as readonly HandleTable[]`,
        ]),
    ...(sorted ? ['  let sorted = false'] : []),
    `  const { context${uses('resources') || sorted || (generic && kinds.length > 0) ? ', resources' : ''} } = component`,
    `  const { verdict${uses('memory') ? ', memory' : ''} } = context`,
    ...(generic
      ? [
          `  const { result } = loweredTable['${from}']['${func}']`,
          kinds.length === 0
            ? '  const store: canonical.Store = { component, space, realloc, own: noResource }'
            : '  const store: canonical.Store = { component, space, realloc, own: resource => resources.own(table0, resource) }',
        ]
      : []),
    `  return (${values.join(', ')}) => {`,
    '    if (verdict.reached) throw verdict.leave()',
    ...(sorted
      ? [
          '    if (!sorted) {',
          '      sorted = true',
          `      if (!resources.has(${tableOf(self)}, self_, '${self}')) [table0, table1] = [table1, table0]`,
          '    }',
        ]
      : []),
    ...indent(body, 4),
    '  }',
    '},',
  ]
}

/**
 * Returns true for a result that is returned as one core value.
 * @param {Type} result
 */
const isFlat = ({ kind }) => kind === Kind.Bool || kind === Kind.Wide || kind === Kind.Own

/**
 * `splice` has two streams, whose tables one handle cannot distinguish: jco's own conversions serve
 * it.
 * @param {string} func
 */
const isLowered = func => !func.endsWith('splice')

const interfaces = Object.entries(loweredTable).flatMap(([from, rows]) => [
  `'${from}': {`,
  ...indent(
    Object.entries(rows)
      .filter(([func]) => isLowered(func))
      .flatMap(([func, row]) => rowOf(from, func, row)),
    2,
  ),
  '},',
])
const text = `/** The lowered function of each row of WASI 0.2: scripts/lowered.js writes this file from lib/preview2/wit/ when the package is built. */
import { far64 } from '../gate.js'
import type { Calls } from '../preview2/calls/types.js'
import * as canonical from '../preview2/canonical.js'
import type { Component, Realloc } from '../preview2/component.js'
import { hashed } from '../preview2/identity.js'
import * as lowering from '../preview2/lowering.js'
import type { EntriesResource } from '../preview2/resources/entries.js'
import type { HandleTable } from '../preview2/resources/resource.js'
import { trap } from '../preview2/trap.js'
import { loweredTable } from '../preview2/wit/table.js'

/** Each takes the call of its row, so that the compiler checks what is passed to it. */
type Lowering = {
  readonly [I in keyof Calls]: {
    readonly [F in keyof Calls[I]]?: (component: Component, call: Calls[I][F]) => lowering.Lower
  }
}

const noResource = (): never => {
  throw trap('a result without resources has one')
}

export const lowered: Lowering = {
${indent(interfaces, 2).join('\n')}
}
`
const file = new URL('../lib/generated/lowered.ts', import.meta.url)
mkdirSync(new URL('.', file), { recursive: true })
// The same text again would have the compiler check all that imports it.
if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text)
