/**
 * The classes and functions of WASI 0.2 for one component, as jco's output imports them: each is a
 * function of JavaScript values, and has the lowered one behind `cabiLower`.
 * @see https://bytecodealliance.github.io/jco/host-bindings.html
 */
import { dictionary } from '../dictionary.js'
import { lowered } from '../generated/lowered.js'
import type { Call, Calls } from './calls/types.js'
import type { Component } from './component.js'
import type { Lower } from './lowering.js'
import { camelCase, pascalCase } from './names.js'
import type { Resource } from './resources/resource.js'
import { twinOf } from './twin.js'
import { type InterfaceName, resources, table } from './wit/table.js'
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

/** Makes the class of a resource. No component and no embedder can make objects of it. */
function classOf(component: Component, kind: ResourceName): ShellClass {
  const made = {
    [kind]: class {
      constructor() {
        throw new TypeError(`${pascalCase(kind)} has no constructor`)
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
  constructor(component: Component) {
    this.#component = component
  }

  classFor(kind: ResourceName): ShellClass {
    const known = this.#classes.get(kind)
    if (known !== undefined) return known
    const made = classOf(this.#component, kind)
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
    const rep = (shell as Partial<Shell> | null | undefined)?.[cabiRep]
    return this.#component.resources.get(typeof rep === 'number' ? rep : 0, kind)
  }
}

const method = /^\[method\]([a-z-]+)\.([a-z0-9-]+)$/

/** Returns the bindings of an interface. */
export function bindingsOf(
  component: Component,
  shells: Shells,
  name: InterfaceName,
  calls: Calls[InterfaceName],
): Bindings {
  const bindings: [string, unknown][] = []
  for (const kind of (resources as Partial<Record<InterfaceName, readonly ResourceName[]>>)[name] ??
    [])
    bindings.push([pascalCase(kind), shells.classFor(kind)])
  const lowers = lowered[name] as Readonly<
    Record<string, ((component: Component, call: unknown) => Lower) | undefined>
  >
  for (const [func, row] of Object.entries(table[name]) as [string, Row][]) {
    const call = (calls as Readonly<Record<string, unknown>>)[func]
    const twin = twinOf(component, shells, `${name}#${func}`, row, call as Call<Row>)
    const lower = lowers[func]
    if (lower !== undefined)
      Object.defineProperty(twin, cabiLower, { value: lower(component, call) })
    const [, kind, own] = method.exec(func) ?? []
    if (kind === undefined) bindings.push([camelCase(func), twin])
    else
      Object.defineProperty(shells.classFor(kind as ResourceName).prototype, camelCase(own), {
        value: twin,
        configurable: true,
        writable: true,
      })
  }
  return dictionary(bindings)
}
