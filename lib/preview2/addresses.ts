/** IP addresses as `wasi:sockets` has them, and as text. */
import { isFour } from '../options/listen.js'
import type { Family } from './wit/sockets.js'

/** An `ip-address`: four bytes, or eight words of 16 bits. */
export interface Address {
  readonly tag: Family
  readonly val: readonly number[]
}
/** An `ip-socket-address`. */
export interface SocketAddress {
  readonly tag: Family
  readonly val: {
    readonly port: number
    readonly address: readonly number[]
    readonly flowInfo?: number
    readonly scopeId?: number
  }
}

/** Parses a numeric address. Returns undefined for all other text. */
export function parseAddress(text: string): Address | undefined {
  if (isFour(text)) return { tag: 'ipv4', val: text.split('.').map(Number) }
  if (!/^[\da-f:.]{2,45}$/i.test(text) || !URL.canParse(`http://[${text}]`)) return undefined
  // A host of a URL has no dots in it, and at most one gap of zeros.
  const [head, tail] = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::')
  const [first, last] = [head, tail].map(half =>
    half === undefined || half === '' ? [] : half.split(':').map(word => Number.parseInt(word, 16)),
  )
  const gap = new Array<number>(8 - first.length - last.length).fill(0)
  return { tag: 'ipv6', val: [...first, ...gap, ...last] }
}

export const socketAddress = ({ tag, val }: Address, port: number): SocketAddress =>
  tag === 'ipv4'
    ? { tag, val: { port, address: val } }
    : { tag, val: { port, flowInfo: 0, address: val, scopeId: 0 } }

/** The address `0.0.0.0` or `::`. */
export const unspecified = (tag: Family): Address => ({
  tag,
  val: new Array<number>(tag === 'ipv4' ? 4 : 8).fill(0),
})
export const isUnspecified = (address: readonly number[]): boolean =>
  address.every(part => part === 0)

/** Returns true for an address of one host: neither multicast, nor broadcast, nor IPv4 in IPv6. */
export function isUnicast({ tag, val: { address } }: SocketAddress): boolean {
  if (tag === 'ipv4')
    return address[0] < 224 || (address[0] >= 240 && address.some(part => part < 255))
  const mapped = address[5] === 0xffff && address.slice(0, 5).every(word => word === 0)
  return address[0] >>> 8 !== 0xff && !mapped
}

/** Returns the text of an address, which parts of it cannot change. */
export function addressText({ tag, val: { address, port } }: SocketAddress): string {
  if (tag === 'ipv4') return `${address.join('.')}:${port}`
  return `[${address.map(word => word.toString(16)).join(':')}]:${port}`
}
