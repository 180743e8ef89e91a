/** The `fields` of `wasi:http`: names and values of a header or a trailer, in their order. */
import type { Quota } from '../quota.js'
import { Resource } from './resource.js'

export type Field = readonly [name: string, value: Uint8Array]

/** Bytes that the host needs for a field besides its name and its value. */
const overhead = 64
const costOf = ([name, value]: Field): number => overhead + 2 * name.length + value.length

/**
 * A list of fields and its users: fields that can be changed have one of their own, and those of a
 * message share its list.
 */
export class FieldList {
  readonly #quota: Quota
  #fields: Field[] = []
  #users = 0
  constructor(quota: Quota) {
    this.#quota = quota
  }

  used(): this {
    this.#users++
    return this
  }
  release(): void {
    if (--this.#users === 0) this.#drop(this.#fields)
  }
  #drop(fields: readonly Field[]): void {
    for (const field of fields) this.#quota.give(costOf(field))
  }

  get all(): readonly Field[] {
    return this.#fields
  }
  /** @throws a trap for more than the component may have */
  add(name: string, value: Uint8Array): void {
    const field: Field = [name, value]
    this.#quota.take(costOf(field))
    this.#fields.push(field)
  }
  /** The values of a name in lower case. */
  valuesOf(name: string): Uint8Array[] {
    return this.#fields.filter(field => field[0].toLowerCase() === name).map(([, value]) => value)
  }
  /** Removes the fields of a name in lower case. */
  remove(name: string): void {
    const removed = this.#fields.filter(field => field[0].toLowerCase() === name)
    this.#fields = this.#fields.filter(field => field[0].toLowerCase() !== name)
    this.#drop(removed)
  }
}

export class FieldsResource extends Resource {
  override readonly kind = 'fields'
  readonly list: FieldList
  /** True for those of a message, which cannot be changed. */
  readonly immutable: boolean
  constructor(list: FieldList, immutable = false) {
    super()
    this.list = list.used()
    this.immutable = immutable
  }
  override drop(): void {
    this.list.release()
  }
}
