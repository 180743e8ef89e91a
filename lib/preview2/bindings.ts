/**
 * The classes and functions of WASI 0.2 for one component, as jco's output imports them: each is a
 * function of JavaScript values, and has the lowered one behind `cabiLower`.
 * @see https://bytecodealliance.github.io/jco/host-bindings.html
 */
import { dictionary } from '../dictionary.js'
import { lowered } from '../generated/lowered.js'
import type { Call, ConvertedCall } from './calls/types.js'
import type { Component } from './component.js'
import { convertedTwinOf } from './converted.js'
import type { Lower } from './lowering.js'
import { camelCase, pascalCase } from './names.js'
import type { Resource } from './resources/resource.js'
import { twinOf } from './twin.js'
import { convertedTable, type InterfaceName, resources, table } from './wit/table.js'
import type { ResourceName, Row } from './wit/types.js'

const cabiLower = Symbol.for('cabiLower')
const cabiDispose = Symbol.for('cabiDispose')
const cabiRep = Symbol.for('cabiRep')
const dispose: symbol = Symbol.dispose ?? Symbol.for('dispose')

/** An object that stands for a resource: it has only its number. */
export interface Shell {
  [cabiRep]: number
}
/** A class of such objects. */
export interface ShellClass {
  readonly prototype: object
}
/** The functions and classes of an interface, in camel case. */
export type Bindings = Readonly<Record<string, unknown>>

/**
 * Makes the class of a resource. A component and an embedder can make objects of it only where WIT
 * has a constructor.
 */
function classOf(component: Component, shells: Shells, kind: ResourceName): ShellClass {
  const made = {
    [kind]: class {
      constructor(...args: readonly unknown[]) {
        const construct = shells.constructors.get(kind)
        if (construct === undefined) throw new TypeError(`${pascalCase(kind)} has no constructor`)
        // biome-ignore lint/correctness/noConstructorReturn: an object of this class, with a resource
        return construct(...args) as object
      }
      /** Drops the resource. */
      static [cabiDispose](rep: number): void {
        component.resources.drop(rep, kind)
      }
    },
  }[kind]
  Object.defineProperty(made, 'name', { value: pascalCase(kind) })
  Object.defineProperty(made.prototype, dispose, {
    value(this: Shell): void {
      const rep = this[cabiRep]
      this[cabiRep] = 0
      component.resources.drop(rep, kind)
    },
    configurable: true,
    writable: true,
  })
  return made
}

/** The classes of a component, and their objects. */
export class Shells {
  readonly #component: Component
  readonly #classes = new Map<ResourceName, ShellClass>()
  /** The functions that make an object, by its kind. */
  readonly constructors = new Map<string, (...args: readonly unknown[]) => unknown>()
  constructor(component: Component) {
    this.#component = component
  }

  classFor(kind: ResourceName): ShellClass {
    const known = this.#classes.get(kind)
    if (known !== undefined) return known
    const made = classOf(this.#component, this, kind)
    this.#classes.set(kind, made)
    return made
  }

  /** Returns an object for a resource, which it adds to those of the component. */
  shellOf(resource: Resource): Shell {
    const shell = Object.create(this.classFor(resource.kind).prototype) as Shell
    shell[cabiRep] = this.#component.resources.add(resource)
    return shell
  }

  /** Returns the resource of an object. @throws a trap unless it is of this kind */
  resourceOf(shell: unknown, kind: ResourceName): Resource {
    return this.#component.resources.get(repOf(shell), kind)
  }

  /**
   * Returns the resource of an object, which belongs to the host from now on.
   * @throws a trap unless it is of this kind
   */
  take(shell: unknown, kind: ResourceName): Resource {
    const resource = this.#component.resources.take(repOf(shell), kind)
    ;(shell as Shell)[cabiRep] = 0
    return resource
  }
}

function repOf(shell: unknown): number {
  const rep = (shell as Partial<Shell> | null | undefined)?.[cabiRep]
  return typeof rep === 'number' ? rep : 0
}

/** A function that belongs to a class. */
const member = /^\[(method|static|constructor)\]([a-z-]+)\.?([a-z0-9-]*)$/

/** The calls of one interface, by the names of its rows. */
export type InterfaceCalls = Readonly<Record<string, ConvertedCall>>

/** Returns the function of a row, with the lowered one where the row has one. */
function functionOf(
  component: Component,
  shells: Shells,
  from: InterfaceName,
  func: string,
  row: Row,
  call: ConvertedCall,
): (...args: readonly unknown[]) => unknown {
  const name = `${from}#${func}`
  if (from in convertedTable) return convertedTwinOf(component, shells, name, row, call)
  const twin = twinOf(component, shells, name, row, call as Call<Row>)
  const lower = (lowered as Readonly<Record<string, Lowers>>)[from][func]
  if (lower !== undefined) Object.defineProperty(twin, cabiLower, { value: lower(component, call) })
  return twin
}
type Lowers = Readonly<Record<string, ((component: Component, call: unknown) => Lower) | undefined>>

/** Returns the bindings of an interface. */
export function bindingsOf(
  component: Component,
  shells: Shells,
  name: InterfaceName,
  calls: InterfaceCalls,
): Bindings {
  const bindings: [string, unknown][] = []
  for (const kind of (resources as Partial<Record<InterfaceName, readonly ResourceName[]>>)[name] ??
    [])
    bindings.push([pascalCase(kind), shells.classFor(kind)])
  for (const [func, row] of Object.entries(table[name]) as [string, Row][]) {
    const twin = functionOf(component, shells, name, func, row, calls[func])
    const [, what, kind, own] = member.exec(func) ?? []
    if (what === undefined) bindings.push([camelCase(func), twin])
    else if (what === 'constructor') shells.constructors.set(kind, twin)
    else {
      const made = shells.classFor(kind as ResourceName)
      Object.defineProperty(what === 'static' ? made : made.prototype, camelCase(own), {
        value: twin,
        configurable: true,
        writable: true,
      })
    }
  }
  return dictionary(bindings)
}
