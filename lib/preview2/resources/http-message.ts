/** The requests and responses of `wasi:http` that a component makes, and the options of a request. */
import type { Block } from '../../sys/block.js'
import type { Quota } from '../quota.js'
import type { FieldList, FieldsResource } from './fields.js'
import { BodySink, OutgoingBodyResource } from './http-body.js'
import { Resource } from './resource.js'

/** A method or a scheme: one of those that WIT names, or `other` with its text. */
export interface Word {
  readonly tag: string
  readonly val?: string
}

/** A message: its fields, which it takes from the component, and its body. */
export abstract class Message extends Resource {
  readonly fields: FieldList
  readonly #sink: BodySink
  readonly #of: 'request' | 'response'
  #given = false
  constructor(fields: FieldsResource, block: Block, of: 'request' | 'response') {
    super()
    this.fields = fields.list
    this.#sink = new BodySink(block)
    this.#of = of
  }
  /** Returns the body, once. */
  body(): OutgoingBodyResource | undefined {
    if (this.#given) return undefined
    this.#given = true
    const [value] = this.fields.valuesOf('content-length')
    const text = value === undefined ? '' : Buffer.from(value).toString('latin1')
    const length = /^\d{1,15}$/.test(text) ? Number(text) : undefined
    return new OutgoingBodyResource(this.#sink, length, this.#of)
  }
  /** Ends it: what is written to its body from now on is refused. */
  override drop(): void {
    this.#sink.ended = true
    this.fields.release()
  }
}

/** The texts of a request, by their names in WIT. */
type Texts = 'method' | 'pathWithQuery' | 'scheme' | 'authority'

export class OutgoingRequestResource extends Message {
  override readonly kind = 'outgoing-request'
  method: Word = { tag: 'get' }
  scheme: Word | undefined
  pathWithQuery: string | undefined
  authority: string | undefined
  readonly #quota: Quota
  readonly #kept = new Map<Texts, number>()
  constructor(fields: FieldsResource, block: Block, quota: Quota) {
    super(fields, block, 'request')
    this.#quota = quota
  }
  /** Keeps the length of a text. @throws a trap for more than the component may have */
  keep(name: Texts, text: string | undefined): void {
    const bytes = 2 * (text?.length ?? 0)
    this.#quota.give(this.#kept.get(name) ?? 0)
    this.#kept.set(name, 0)
    this.#quota.take(bytes)
    this.#kept.set(name, bytes)
  }
  override drop(): void {
    super.drop()
    for (const bytes of this.#kept.values()) this.#quota.give(bytes)
  }
}

export class OutgoingResponseResource extends Message {
  override readonly kind = 'outgoing-response'
  status = 200
  constructor(fields: FieldsResource, block: Block) {
    super(fields, block, 'response')
  }
}

export class RequestOptionsResource extends Resource {
  override readonly kind = 'request-options'
  /** Timeouts in nanoseconds. */
  connect: bigint | undefined
  firstByte: bigint | undefined
  betweenBytes: bigint | undefined
}
