/** An `error` of `wasi:io`: the failure of an operation on a stream. */

import type { Answer } from '../../sys/sys.js'
import { codeOf } from '../answers.js'
import { errorCodes } from '../wit/filesystem.js'
import { Resource } from './resource.js'

export class ErrorResource extends Resource {
  override readonly kind = 'error'
  /** The number of its error code. */
  readonly code: number
  constructor(answer: Answer) {
    super()
    this.code = codeOf(answer)
  }
  get message(): string {
    return errorCodes[this.code]
  }
}
