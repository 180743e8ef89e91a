/** An `output-stream` of `wasi:io`. */
import { Errno } from '../../abi/errno.js'
import type { Block } from '../../sys/block.js'
import { type Answer, maxTransfer } from '../../sys/sys.js'
import { CLOSED, isLasting, isLastingError } from '../answers.js'
import type { OpenFile } from './open-file.js'
import { Resource } from './resource.js'

/** Offsets of streams without one. */
export const Offset = Object.freeze({
  /** Written where it is, such as a pipe. */
  NONE: -1,
  /** Written at its end. */
  APPEND: -2,
})

export class OutputStreamResource extends Resource {
  override readonly kind = 'output-stream'
  readonly file: OpenFile
  /** True after a failure. */
  closed = false
  #offset: number
  constructor(file: OpenFile, offset: number) {
    super()
    this.file = file.used()
    this.#offset = offset
  }
  override drop(): void {
    this.file.release()
  }

  /** True for a stream that may have to wait until it takes another byte. */
  get waits(): boolean {
    return this.#offset === Offset.NONE
  }

  /** Writes all of a range of the bound memory. Returns 0, CLOSED, or an error. */
  write(block: Block, at: number, length: number): Answer {
    if (this.closed) return CLOSED
    let answer: Answer
    try {
      answer = this.#writeAll(block, at, length)
    } catch (error) {
      // An embedder's stream may refuse by an exception.
      this.closed = isLastingError(error)
      throw error
    }
    this.closed = answer < 0 && isLasting(answer)
    return answer
  }
  #writeAll({ spans }: Block, at: number, length: number): Answer {
    for (let done = 0; done < length; ) {
      spans[0] = at + done
      spans[1] = Math.min(length - done, maxTransfer)
      const answer = this.#writev()
      if (answer < 0) return answer
      // A file that takes nothing takes nothing the next time either.
      if (answer === 0) return -Errno.IO
      done += answer
    }
    return 0
  }

  #writev(): Answer {
    const { file } = this
    if (this.#offset === Offset.NONE) return file.fd.writev(1)
    if (this.#offset === Offset.APPEND) return file.append(1)
    const answer = file.pwritev(1, this.#offset)
    if (answer > 0) this.#offset += answer
    if (answer !== -Errno.SPIPE) return answer
    this.#offset = Offset.NONE
    return file.fd.writev(1)
  }
}
