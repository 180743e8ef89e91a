/** The `network` and the looked-up addresses of `wasi:sockets`. */
import type { Address } from '../addresses.js'
import { Resource } from './resource.js'

export class NetworkResource extends Resource {
  override readonly kind = 'network'
}

/** The addresses of a name, which are all known. */
export class AddressesResource extends Resource {
  override readonly kind = 'resolve-address-stream'
  readonly #left: Address[]
  constructor(addresses: readonly Address[]) {
    super()
    this.#left = [...addresses]
  }
  next(): Address | undefined {
    return this.#left.shift()
  }
}
