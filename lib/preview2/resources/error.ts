/** An `error` of `wasi:io`: the failure of an operation on a stream. */

import type { Answer } from '../../sys/sys.js'
import { codeOf } from '../answers.js'
import { streamErrorOf } from '../network-errors.js'
import { errorCodes } from '../wit/filesystem.js'
import type { NetworkError } from '../wit/sockets.js'
import { Resource } from './resource.js'

export class ErrorResource extends Resource {
  override readonly kind = 'error'
  /** The number of its error code. */
  readonly code: number
  /** Its error code of `wasi:sockets`, for an error that only a network has. */
  readonly network: NetworkError | undefined
  constructor(answer: Answer) {
    super()
    this.code = codeOf(answer)
    this.network = streamErrorOf(answer)
  }
  get message(): string {
    return this.network ?? errorCodes[this.code]
  }
}
