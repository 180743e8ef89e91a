/** An `input-stream` of `wasi:io`. */
import { Errno } from '../../abi/errno.js'
import type { Answer } from '../../sys/sys.js'
import { CLOSED } from '../answers.js'
import type { OpenFile } from './open-file.js'
import { Resource } from './resource.js'

export class InputStreamResource extends Resource {
  override readonly kind = 'input-stream'
  readonly file: OpenFile
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
    const answer =
      this.#offset < 0 ? this.file.fd.readv(spans) : this.file.fd.preadv(spans, this.#offset)
    if (answer > 0) {
      if (this.#offset >= 0) this.#offset += answer
      return answer
    }
    if (answer === -Errno.SPIPE && this.#offset >= 0) {
      this.#offset = -1
      return this.read(spans)
    }
    return answer === 0 ? CLOSED : answer
  }
}
