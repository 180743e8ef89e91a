/**
 * The two ways by which a transpiled component calls the host: functions of JavaScript values
 * (`--import-bindings js`), and functions of core values over linear memory (`hybrid`). Both take
 * and return the same values here, as jco represents them.
 */
import { camelCase, pascalCase } from '#lib/preview2/names.js'
import { resources, table } from '#lib/preview2/wit/table.js'
import { Kind, type Row, type Type } from '#lib/preview2/wit/types.js'
import { type Core, flatten, type Guest, liftFlat, load } from './canonical.js'

export const doors = ['js', 'hybrid'] as const
export type DoorName = (typeof doors)[number]
/** The imports of a component, without versions. */
export type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** A function of the table. */
export interface Func {
  readonly from: string
  readonly name: string
  readonly row: Row
}
/**
 * The functions by short names: `descriptor.open-at` for a method, a constructor (`fields.new`) and
 * a static function, `wall-clock.now` for every other.
 */
export const functions: ReadonlyMap<string, Func> = new Map(
  Object.entries(table as Readonly<Record<string, Readonly<Record<string, Row>>>>).flatMap(
    ([from, rows]) =>
      Object.entries(rows).map(([name, row]): [string, Func] => {
        const [, kind, rest] = /^\[([a-z]+)\](.*)$/.exec(name) ?? []
        const short = kind === 'constructor' ? `${rest}.new` : rest
        return [short ?? `${from.replace(/^.*\//, '')}.${name}`, { from, name, row }]
      }),
  ),
)
export function functionOf(short: string): Func {
  const func = functions.get(short)
  if (func === undefined) throw new Error(`the table has no ${short}`)
  return func
}

const kinds = new Map(
  Object.entries(resources).flatMap(([from, names]) => names.map(name => [name as string, from])),
)

/** An error of a `result`: the payload, as jco represents it. */
export class Failure {
  readonly payload: unknown
  constructor(payload: unknown) {
    this.payload = payload
  }
}

/** A way to call the host. Resources are opaque objects, good for the door that returned them. */
export interface Door {
  /** Calls a function by its short name. @throws Failure for an error, whatever else for a trap */
  call(short: string, ...args: readonly unknown[]): unknown
  drop(resource: unknown): void
}

type Callable = (this: unknown, ...args: readonly unknown[]) => unknown
const cabiLower = Symbol.for('cabiLower')
const cabiDispose = Symbol.for('cabiDispose')
const cabiRep = Symbol.for('cabiRep')
const dispose: symbol = Symbol.dispose ?? Symbol.for('dispose')

interface ShellClass {
  new (...args: readonly unknown[]): object
  readonly prototype: Readonly<Record<string, Callable>>
  readonly [cabiDispose]: (rep: number) => void
}
export function classOf(imports: Imports, kind: string): ShellClass {
  const found = imports[kinds.get(kind) as string]?.[pascalCase(kind)]
  if (typeof found !== 'function') throw new Error(`no class of ${kind} is imported`)
  return found as ShellClass
}

/** The JavaScript function of a row, with `self` as its first argument where it has one. */
function functionIn(imports: Imports, { from, name }: Func): [Callable, lower: unknown] {
  const [, what, kind, own] = /^\[([a-z]+)\]([^.]+)\.?(.*)$/.exec(name) ?? []
  const plain = (func: Callable): [Callable, unknown] => [func, Reflect.get(func, cabiLower)]
  if (what === undefined) return plain(imports[from][camelCase(name)] as Callable)
  const made = classOf(imports, kind)
  if (what === 'constructor') return [(...args) => new made(...args), undefined]
  if (what === 'static') return plain(Reflect.get(made, camelCase(own)))
  const method = made.prototype[camelCase(own)]
  return [(self, ...args) => method.apply(self, args), Reflect.get(method, cabiLower)]
}

/** As jco calls a function of JavaScript values: an Error is a trap, all else an error's payload. */
function tried({ row }: Func, call: () => unknown): unknown {
  try {
    return call()
  } catch (thrown) {
    if (row.result?.kind !== Kind.Result || thrown instanceof Error) throw thrown
    throw new Failure(thrown)
  }
}

export class JavaScriptDoor implements Door {
  readonly #imports: Imports
  constructor(imports: Imports) {
    this.#imports = imports
  }
  call(short: string, ...args: readonly unknown[]): unknown {
    const func = functionOf(short)
    const [call] = functionIn(this.#imports, func)
    return tried(func, () => call(...args))
  }
  drop(resource: unknown): void {
    ;(resource as Readonly<Record<symbol, Callable>>)[dispose]()
  }
}

/** A handle of a component's table. */
export interface Handle {
  readonly kind: string
  readonly handle: number
}
/** Marks an own handle, and a free entry. */
const flag = 1 << 30
const pageSize = 65536

/** Tables come in the order in which a component defines their types. */
const order = [...kinds.keys()]
function resourcesOf(type: Type | undefined): string[] {
  if (type === undefined) return []
  if (type.kind === Kind.Own || type.kind === Kind.Borrow) return [type.name]
  return type.parts.flatMap(part => resourcesOf(part.type))
}

/** A component's memory, allocator and handle tables, as jco makes them, with the lowered door. */
export class LoweredDoor implements Door, Guest {
  readonly memory = new WebAssembly.Memory({ initial: 1 })
  readonly tables = new Map<string, number[]>()
  /**
   * The component's `cabi_realloc`, which a case may replace. The first one never gives memory
   * back.
   */
  realloc = (_old: number, _oldSize: number, align: number, size: number): number => {
    const at = Math.ceil(this.#free / align) * align
    this.#free = at + size
    const lacking = this.#free - this.memory.buffer.byteLength
    if (lacking > 0) this.memory.grow(Math.ceil(lacking / pageSize))
    return at
  }
  readonly #imports: Imports
  readonly #lowered = new Map<string, Callable>()
  readonly #swapped: boolean
  #free = 8
  /** @param swapped reverses the order of the tables of each function */
  constructor(imports: Imports, swapped = false) {
    this.#imports = imports
    this.#swapped = swapped
  }

  table(kind: string): number[] {
    const known = this.tables.get(kind)
    if (known !== undefined) return known
    const made = [flag, 0]
    this.tables.set(kind, made)
    return made
  }

  allocate(align: number, size: number): number {
    return this.realloc(0, 0, align, size)
  }
  handleOf(resource: unknown, { kind, name }: Type): number {
    const { handle } = resource as Handle
    // The host takes an own handle, which leaves the component's table.
    if (kind === Kind.Own) this.#remove(name, handle)
    return handle
  }
  resourceOf(handle: number, { name }: Type): Handle {
    return { kind: name, handle }
  }

  /**
   * The function of core values, as a core module imports it; undefined where jco would have to
   * convert the values itself.
   */
  core(short: string): Callable | undefined {
    const known = this.#lowered.get(short)
    if (known !== undefined) return known
    const func = functionOf(short)
    const [, lower] = functionIn(this.#imports, func)
    if (typeof lower !== 'function') return undefined
    const { params, result } = func.row
    const used = new Set([...params.map(({ type }) => type), result].flatMap(resourcesOf))
    const resourceTables = order.filter(kind => used.has(kind)).map(kind => this.table(kind))
    if (this.#swapped) resourceTables.reverse()
    const made = lower({
      memory: this.memory,
      realloc: (...args: [number, number, number, number]) => this.realloc(...args),
      postReturn: undefined,
      stringEncoding: 'utf8',
      resourceTables,
    }) as Callable
    this.#lowered.set(short, made)
    return made
  }

  call(short: string, ...args: readonly unknown[]): unknown {
    const func = functionOf(short)
    const { params, result } = func.row
    const core = this.core(short)
    if (core === undefined) return this.#convert(func, args)
    const values = params.flatMap(({ type }, i) => flatten(this, type, args[i]))
    if (result === undefined) {
      core(...values)
      return undefined
    }
    if (result.flat.length === 1) return liftFlat(this, result, core(...values) as Core)
    const at = this.allocate(result.align, result.size)
    core(...values, at)
    const value = load(this, result, at)
    if (result.kind !== Kind.Result) return value
    const { tag, val } = value as { tag: string; val: unknown }
    if (tag === 'err') throw new Failure(val)
    return val
  }

  /** Calls a function that has no lowered one: objects stand for its resources. */
  #convert(func: Func, args: readonly unknown[]): unknown {
    const [call] = functionIn(this.#imports, func)
    const { params, result } = func.row
    const given = params.map(({ type }, i) => this.#map(type, args[i], this.#shellOf))
    const parts = result?.kind === Kind.Result ? result.parts.map(({ type }) => type) : [result]
    const [ok, error] = parts
    try {
      const value = tried(func, () => call(...given))
      return ok && this.#map(ok, value, this.#keep)
    } catch (thrown) {
      if (!(thrown instanceof Failure) || error === undefined) throw thrown
      throw new Failure(this.#map(error, thrown.payload, this.#keep))
    }
  }

  /** Replaces the resources in a value. */
  #map(type: Type, value: unknown, change: (resource: unknown, type: Type) => unknown): unknown {
    const { kind, parts } = type
    if (kind === Kind.Own || kind === Kind.Borrow) return change(value, type)
    if (value === undefined || resourcesOf(type).length === 0) return value
    if (kind === Kind.Option) return this.#map(parts[1].type as Type, value, change)
    if (kind === Kind.List)
      return (value as unknown[]).map(each => this.#map(parts[0].type as Type, each, change))
    if (kind === Kind.Tuple)
      return parts.map(({ type: part }, i) =>
        this.#map(part as Type, (value as unknown[])[i], change),
      )
    const { tag, val } = value as { tag: string; val: unknown }
    const part = parts.find(({ label }) => label === (tag === 'err' ? 'error' : tag))?.type
    return part === undefined ? value : { tag, val: this.#map(part, val, change) }
  }
  readonly #shellOf = (resource: unknown, type: Type): object => {
    const rep = this.rep(resource as Handle)
    this.handleOf(resource, type)
    const shell = Object.create(classOf(this.#imports, type.name).prototype)
    shell[cabiRep] = rep
    return shell
  }
  readonly #keep = (shell: unknown, { name }: Type): Handle => {
    const rep = (shell as Readonly<Record<symbol, number>>)[cabiRep]
    const table = this.table(name)
    const free = table[0] & ~flag
    if (free === 0) {
      table.push(0, rep | flag)
      return { kind: name, handle: (table.length >> 1) - 1 }
    }
    table[0] = table[free << 1]
    table[free << 1] = 0
    table[(free << 1) + 1] = rep | flag
    return { kind: name, handle: free }
  }

  /** The host's number of a resource. */
  rep({ kind, handle }: Handle): number {
    return this.table(kind)[(handle << 1) + 1] & ~flag
  }
  #remove(kind: string, handle: number): number {
    const table = this.table(kind)
    const own = table[(handle << 1) + 1]
    if (own === undefined || own === 0 || (table[handle << 1] & flag) !== 0)
      throw new TypeError('Resource error: Invalid handle')
    table[handle << 1] = table[0] | flag
    table[0] = handle | flag
    return own & ~flag
  }
  drop(resource: unknown): void {
    const { kind, handle } = resource as Handle
    const rep = this.#remove(kind, handle)
    classOf(this.#imports, kind)[cabiDispose](rep)
  }
}
