/** The resources of a component, by their representation: the number that its handles refer to. */

import type { Verdict } from '../../verdict.js'
import { trap } from '../trap.js'
import type { ResourceName } from '../wit/types.js'

/** A resource that the host keeps for a component. */
export abstract class Resource {
  abstract readonly kind: ResourceName
  /** Its number among the resources of the component; 0 before it has one. */
  declare rep: number
  constructor() {
    // A field of a class with five subclasses in use takes V8 150 ns.
    this.rep = 0
  }
  /** Releases what it holds. Called once. */
  drop(): void {}
}

/**
 * A table of handles of a component, as jco keeps it: pairs of a scope and a representation. Free
 * entries have `free` set in the scope and lead to the next one; entry 0 begins their list.
 */
export interface HandleTable extends Array<number> {
  /** The representations that were ever in it, which jco keeps for a component's own resources. */
  readonly _createdReps?: Set<number>
}
/** Marks an own handle in the representation, and a free entry in the scope. */
const flag = 1 << 30

export class Resources {
  readonly #byRep: (Resource | undefined)[] = [undefined]
  readonly #free: number[] = []
  readonly #most: number
  readonly #verdict: Verdict
  #count = 0

  /**
   * @param most the most resources at once; one more is a trap
   * @param verdict keeps that trap, since a resource for an error is made where nothing else does
   */
  constructor(most: number, verdict: Verdict) {
    this.#most = most
    this.#verdict = verdict
  }

  /** The number of resources. */
  get count(): number {
    return this.#count
  }

  /** Keeps a resource, and returns its number. */
  add(resource: Resource): number {
    if (this.#count >= this.#most) {
      resource.drop()
      throw this.#verdict.keep(trap(`the component has more than ${this.#most} resources`))
    }
    const rep = this.#free.pop() ?? this.#byRep.length
    this.#byRep[rep] = resource
    this.#count++
    resource.rep = rep
    return rep
  }

  /** Returns the resource of this number. @throws a trap unless it is of this kind */
  get<R extends Resource>(rep: number, kind: R['kind']): R {
    const resource = this.#byRep[rep]
    if (resource === undefined || resource.kind !== kind) throw trap(`unknown ${kind} ${rep}`)
    return resource as R
  }

  /** Returns the resource of a handle. @throws a trap unless it is of this kind */
  at<R extends Resource>(table: HandleTable, handle: number, kind: R['kind']): R {
    const resource = this.#find(table, handle)
    if (resource === undefined || resource.kind !== kind) throw trap(`unknown handle ${handle}`)
    return resource as R
  }

  /**
   * Tells two tables apart, which come in the order in which a component defines their types. The
   * handle of a `kind` is in its own.
   */
  has(table: HandleTable, handle: number, kind: ResourceName): boolean {
    return this.#find(table, handle)?.kind === kind
  }

  #find(table: HandleTable, handle: number): Resource | undefined {
    // A handle beyond the table would be a property lookup by name.
    if (handle >>> 0 >= table.length >> 1 || (table[handle << 1] & flag) !== 0) return undefined
    return this.#byRep[table[(handle << 1) + 1] & ~flag]
  }

  /** Returns a new own handle for a resource. */
  own(table: HandleTable, resource: Resource): number {
    const rep = this.add(resource)
    table._createdReps?.add(rep)
    const free = table[0] & ~flag
    if (free === 0) {
      table.push(0, rep | flag)
      return (table.length >> 1) - 1
    }
    table[0] = table[free << 1]
    table[free << 1] = 0
    table[(free << 1) + 1] = rep | flag
    return free
  }

  /** Drops the resource of this number, if it is one of this kind. */
  drop(rep: number, kind: ResourceName): void {
    if (this.#byRep[rep]?.kind === kind) this.take(rep, kind).drop()
  }

  /**
   * Forgets the resource of this number without dropping it, and returns it.
   * @throws a trap unless it is of this kind
   */
  take<R extends Resource>(rep: number, kind: R['kind']): R {
    const resource = this.get<R>(rep, kind)
    this.#byRep[rep] = undefined
    this.#free.push(rep)
    this.#count--
    resource.rep = 0
    return resource
  }
}
