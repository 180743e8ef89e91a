/** An `input-stream` of `wasi:io`. */
import { Errno } from '../../abi/errno.js'
import type { Answer } from '../../sys/sys.js'
import { CLOSED, isLasting, isLastingError } from '../answers.js'
import type { OpenFile } from './open-file.js'
import { Resource } from './resource.js'

export class InputStreamResource extends Resource {
  override readonly kind = 'input-stream'
  readonly file: OpenFile
  /** True after a failure. The end of a file does not close it: the file may grow. */
  closed = false
  /** The offset of the next read; -1 for a file that is read where it is, such as a pipe. */
  #offset: number
  constructor(file: OpenFile, offset: number) {
    super()
    this.file = file.used()
    this.#offset = offset
  }
  override drop(): void {
    this.file.release()
  }

  /** True for a stream that may have to wait for its next byte. */
  get waits(): boolean {
    return this.#offset < 0
  }

  /** Reads into the spans. Returns the bytes read, CLOSED at the end, or an error. */
  read(spans: number): Answer {
    let answer: Answer
    try {
      answer = this.#readv(spans)
    } catch (error) {
      // An embedder's stream may refuse by an exception.
      this.closed = isLastingError(error)
      throw error
    }
    if (answer > 0) return answer
    if (answer === 0) return CLOSED
    this.closed = isLasting(answer)
    return answer
  }
  #readv(spans: number): Answer {
    if (this.#offset < 0) return this.file.fd.readv(spans)
    const answer = this.file.fd.preadv(spans, this.#offset)
    if (answer > 0) this.#offset += answer
    if (answer !== -Errno.SPIPE) return answer
    this.#offset = -1
    return this.file.fd.readv(spans)
  }
}
