/**
 * The body that a component writes. Its bytes are counted, and go nowhere: no message of a
 * component without network is sent.
 */
import { Filetype } from '../../abi/values.js'
import { Descriptor } from '../../fds/descriptor.js'
import { STREAM } from '../../fds/rights.js'
import type { Block } from '../../sys/block.js'
import type { Answer } from '../../sys/sys.js'
import { CLOSED } from '../answers.js'
import { Flag, OpenFile } from './open-file.js'
import { Offset, OutputStreamResource } from './output-stream.js'
import { Resource } from './resource.js'

/** The end of a body's stream. */
export class BodySink extends Descriptor {
  readonly #block: Block
  written = 0
  /** True from the end of the message on. */
  ended = false
  constructor(block: Block) {
    super({
      filetype: Filetype.SOCKET_STREAM,
      fdflags: 0,
      fitting: STREAM,
      base: STREAM,
      inheriting: 0,
    })
    this.#block = block
  }
  override writev(spans: number): Answer {
    if (this.ended) return CLOSED
    let size = 0
    for (let i = 0; i < spans; i++) size += this.#block.spans[2 * i + 1]
    this.written += size
    return size
  }
}

/** The stream of a body, which must be dropped before the body is finished. */
class BodyStream extends OutputStreamResource {
  readonly #body: OutgoingBodyResource
  constructor(body: OutgoingBodyResource, sink: BodySink) {
    super(new OpenFile(sink, Flag.WRITE), Offset.NONE)
    this.#body = body
  }
  override drop(): void {
    super.drop()
    this.#body.streaming = false
  }
}

export class OutgoingBodyResource extends Resource {
  override readonly kind = 'outgoing-body'
  readonly sink: BodySink
  /** The length that the fields announce. */
  readonly length: number | undefined
  /** The message that it belongs to. */
  readonly of: 'request' | 'response'
  /** True while its stream is open. */
  streaming = false
  #given = false
  constructor(sink: BodySink, length: number | undefined, of: 'request' | 'response') {
    super()
    this.sink = sink
    this.length = length
    this.of = of
  }
  /** Returns the stream, once. */
  stream(): OutputStreamResource | undefined {
    if (this.#given) return undefined
    this.#given = this.streaming = true
    return new BodyStream(this, this.sink)
  }
  override drop(): void {
    this.sink.ended = true
  }
}
