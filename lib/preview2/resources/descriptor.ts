/** A `descriptor` of `wasi:filesystem`. */
import type { OpenFile } from './open-file.js'
import { Resource } from './resource.js'

export class DescriptorResource extends Resource {
  override readonly kind = 'descriptor'
  readonly file: OpenFile
  constructor(file: OpenFile) {
    super()
    this.file = file.used()
  }
  override drop(): void {
    this.file.release()
  }
}
