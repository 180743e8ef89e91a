/**
 * Reads values in WAVE as the JavaScript values that jco's bindings take.
 * @see https://github.com/bytecodealliance/wasm-tools/tree/main/crates/wasm-wave
 */
import { dictionary } from '../../../dictionary.js'
import { Scanner, WaveError } from './scanner.js'
import { camelCase, type Named, textOf, type WitFunction, type WitType } from './wit-type.js'

/** The smallest and the largest value of a type of integers, as `u8`. */
function rangeOf(kind: string): readonly [least: bigint, most: bigint] {
  const bits = BigInt(kind.slice(1))
  return kind.startsWith('u')
    ? [0n, 2n ** bits - 1n]
    : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n]
}

/**
 * The arguments of a call.
 * @param text between the brackets
 * @throws WaveError that names the parameter, its type and the text
 */
export function argumentsOf(text: string, { params }: WitFunction): unknown[] {
  const scanner = new Scanner(text)
  const values: unknown[] = []
  for (const [i, { name, type }] of params.entries()) {
    if (scanner.ended) throw wrongCount(params.length, i)
    try {
      values.push(parsed(scanner, type))
    } catch (error) {
      if (!(error instanceof WaveError)) throw error
      throw new WaveError(`${name}: ${error.message}`)
    }
    if (!scanner.ended) scanner.expect(',')
  }
  if (!scanner.ended)
    throw new WaveError(`expected ${counted(params.length)}, received more: ${scanner.rest}`)
  return values
}

const counted = (count: number): string => `${count} argument${count === 1 ? '' : 's'}`
const wrongCount = (expected: number, received: number): WaveError =>
  new WaveError(`expected ${counted(expected)}, received ${received}`)

function parsed(scanner: Scanner, type: WitType): unknown {
  switch (type.kind) {
    case 'bool': {
      const word = scanner.match(/true\b|false\b/)
      return word === undefined ? scanner.fail('true or false') : word === 'true'
    }
    case 'f32':
    case 'f64':
      return float(scanner, type.kind)
    case 'char': {
      const text = scanner.quoted("'", "a char, as 'x'")
      if ([...text].length !== 1) throw new WaveError(`expected one character, received '${text}'`)
      return text
    }
    case 'string':
      return scanner.quoted('"', 'a string, as "x"')
    case 'list':
      return list(scanner, type.of)
    case 'tuple':
      return tuple(scanner, type.of)
    case 'record':
      return record(scanner, type.fields)
    case 'flags':
      return flags(scanner, type.names)
    case 'enum': {
      const name = scanner.label()
      if (name !== undefined && type.names.includes(name)) return name
      throw new WaveError(`expected ${textOf(type)}, received ${name ?? scanner.rest}`)
    }
    case 'variant':
      return variant(scanner, type)
    case 'option':
      return option(scanner, type.of)
    case 'result':
      return result(scanner, type)
    case 'handle':
      throw new WaveError('expected a resource, which no text is')
    default:
      return integer(scanner, type.kind)
  }
}

function integer(scanner: Scanner, kind: string): number | bigint {
  const [least, most] = rangeOf(kind)
  const expected = `${kind}, from ${least} to ${most}`
  const text = scanner.match(/-?\d+(?![\w.])/)
  if (text === undefined) scanner.fail(expected)
  const value = BigInt(text)
  if (value < least || value > most) throw new WaveError(`expected ${expected}, received ${text}`)
  return kind.endsWith('64') ? value : Number(value)
}

function float(scanner: Scanner, kind: string): number {
  const text = scanner.match(/-?(?:inf\b|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.]))|nan\b/)
  if (text === undefined) scanner.fail(`${kind}: a number, inf, -inf or nan`)
  return text === 'nan' ? Number.NaN : Number(text.replace('inf', 'Infinity'))
}

function list(scanner: Scanner, of: WitType): unknown {
  const values: unknown[] = []
  scanner.list('[', ']', () => values.push(parsed(scanner, of)))
  return of.kind === 'u8' ? Uint8Array.from(values as number[]) : values
}

function tuple(scanner: Scanner, of: readonly WitType[]): unknown[] {
  const values: unknown[] = []
  scanner.list('(', ')', () => {
    if (values.length === of.length) scanner.fail(`a tuple of ${of.length} values`)
    values.push(parsed(scanner, of[values.length]))
  })
  if (values.length < of.length)
    throw new WaveError(`expected a tuple of ${of.length} values, received ${values.length}`)
  return values
}

function record(scanner: Scanner, fields: readonly Named[]): Record<string, unknown> {
  const values = new Map<string, unknown>()
  const names = (): string => fields.map(({ name }) => name).join(', ')
  scanner.list('{', '}', () => {
    // A record without fields is written with a colon.
    if (values.size === 0 && scanner.take(':')) return
    const name = scanner.label()
    const field = fields.find(field => field.name === name)
    if (field === undefined || values.has(field.name))
      throw new WaveError(`expected a field of ${names()}, received ${name ?? scanner.rest}`)
    scanner.expect(':')
    values.set(field.name, parsed(scanner, field.type))
  })
  const missing = fields.find(({ name, type }) => !values.has(name) && type.kind !== 'option')
  if (missing !== undefined) throw new WaveError(`the field ${missing.name} is missing`)
  return dictionary(
    fields.map(({ name, type }) => [
      camelCase(name),
      values.has(name) ? values.get(name) : none((type as { readonly of: WitType }).of),
    ]),
  )
}

function flags(scanner: Scanner, names: readonly string[]): Record<string, boolean> {
  const set = new Set<string>()
  scanner.list('{', '}', () => {
    const name = scanner.label()
    if (name === undefined || !names.includes(name))
      throw new WaveError(
        `expected a flag of ${names.join(', ')}, received ${name ?? scanner.rest}`,
      )
    set.add(name)
  })
  return dictionary(names.map(name => [camelCase(name), set.has(name)]))
}

/** A case, with its payload in brackets. */
function payload(scanner: Scanner, type: WitType | undefined): unknown {
  if (type === undefined) return undefined
  scanner.expect('(')
  const value = parsed(scanner, type)
  scanner.expect(')')
  return value
}

function variant(scanner: Scanner, type: WitType & { readonly kind: 'variant' }): unknown {
  const name = scanner.label()
  const found = type.cases.find(each => each.name === name)
  if (found === undefined)
    throw new WaveError(`expected ${textOf(type)}, received ${name ?? scanner.rest}`)
  return { tag: found.name, val: payload(scanner, found.type) }
}

/** An option of an option has a tag, since undefined could be either of them. */
const none = (of: WitType): unknown => (of.kind === 'option' ? { tag: 'none' } : undefined)

/** `some(x)`, `none`, or the value alone where its type cannot be taken for these. */
function option(scanner: Scanner, of: WitType): unknown {
  if (scanner.match(/none\b(?!-)/) !== undefined) return none(of)
  const some = scanner.match(/some\s*(?=\()/) !== undefined
  if (!some && (of.kind === 'option' || of.kind === 'result')) scanner.fail('some(...) or none')
  const val = some ? payload(scanner, of) : parsed(scanner, of)
  return of.kind === 'option' ? { tag: 'some', val } : val
}

/** `ok(x)` and `err(x)`, or the value of ok alone where its type cannot be taken for these. */
function result(
  scanner: Scanner,
  { ok, err }: { readonly ok: WitType | undefined; readonly err: WitType | undefined },
): unknown {
  const tag = scanner.match(/(?:ok|err)\b(?!-)/)
  if (tag === 'ok') return { tag, val: payload(scanner, ok) }
  if (tag === 'err') return { tag, val: payload(scanner, err) }
  if (ok === undefined || ok.kind === 'option' || ok.kind === 'result')
    scanner.fail('ok(...) or err(...)')
  return { tag: 'ok', val: parsed(scanner, ok) }
}
