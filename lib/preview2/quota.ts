/** The bytes that the host keeps for a component outside of files: HTTP fields and addresses. */
import { trap } from './trap.js'

export class Quota {
  readonly #most: number
  #left: number
  constructor(most: number) {
    this.#most = most
    this.#left = most
  }
  /** @throws a trap if that is more than is left */
  take(bytes: number): void {
    if (bytes > this.#left) throw trap(`the component has more than ${this.#most} bytes of fields`)
    this.#left -= bytes
  }
  give(bytes: number): void {
    this.#left += bytes
  }
}
