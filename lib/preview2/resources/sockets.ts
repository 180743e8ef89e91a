/** The sockets of `wasi:sockets`: their states, and the options that a component has set. */
import type { SocketAddress } from '../addresses.js'
import type { Family } from '../wit/sockets.js'
import type { OpenFile } from './open-file.js'
import { Resource } from './resource.js'

/** A socket that the embedder has opened, from which a component may accept connections. */
export interface GivenListener {
  readonly file: OpenFile
  readonly local: SocketAddress
  /** True while a socket of the component is bound to it. */
  taken: boolean
}

/**
 * The states of a TCP socket, in the order in which a listening one goes through them.
 * @see https://github.com/WebAssembly/wasi-sockets/blob/main/TcpSocketOperationalSemantics.md
 */
export const State = Object.freeze({
  UNBOUND: 0,
  BINDING: 1,
  BOUND: 2,
  STARTING: 3,
  LISTENING: 4,
  CONNECTED: 5,
  CLOSED: 6,
})

const second = 1_000_000_000n
/** The defaults of Linux. @see https://man7.org/linux/man-pages/man7/tcp.7.html */
const tcpOptions = {
  backlog: 128n,
  keepAlive: false,
  idleTime: 7200n * second,
  interval: 75n * second,
  count: 9,
  hopLimit: 64,
  receiveBuffer: 131072n,
  sendBuffer: 16384n,
}
export type TcpOptions = typeof tcpOptions

export class TcpSocketResource extends Resource {
  override readonly kind = 'tcp-socket'
  readonly family: Family
  readonly options: TcpOptions
  state: number = State.UNBOUND
  listener: GivenListener | undefined
  readonly connection: OpenFile | undefined
  readonly local: SocketAddress | undefined
  constructor(
    family: Family,
    options: TcpOptions = tcpOptions,
    connection?: OpenFile,
    local?: SocketAddress,
  ) {
    super()
    this.family = family
    this.options = { ...options }
    this.connection = connection?.used()
    this.local = local
    if (connection !== undefined) this.state = State.CONNECTED
  }
  override drop(): void {
    this.connection?.release()
    if (this.listener !== undefined) this.listener.taken = false
  }
}

const udpOptions = { hopLimit: 64, receiveBuffer: 212992n, sendBuffer: 212992n }

export class UdpSocketResource extends Resource {
  override readonly kind = 'udp-socket'
  readonly family: Family
  readonly options = { ...udpOptions }
  constructor(family: Family) {
    super()
    this.family = family
  }
}
