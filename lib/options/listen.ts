/** The option `listen`, and the sockets that it opens. */
import { URL } from 'node:url'
import { checkFd, checkKeys, wrongType, wrongValue } from '../validate.js'

/** A socket of the host that listens already, as a service manager passes one. */
export interface ListeningFd {
  /** The host's file descriptor. Keep it open until the guest has ended. */
  readonly fd: number
}

/** A socket of the host from which the guest accepts connections. */
export interface Listener {
  /** The guest's file descriptor. */
  readonly fd: number
  /** The host's numeric address, without brackets. Empty for a socket without one (AF_UNIX). */
  readonly address: string
  /** The host's port: for port 0, the port that was chosen. 0 for a socket without one. */
  readonly port: number
}

/** An entry of the option after all checks: an address to listen at, or what listens already. */
export type Listen = { readonly address: string; readonly port: number } | ListeningFd

const mostPort = 65535
const form =
  "must be 'HOST:PORT' with a numeric address, [in brackets] where it is IPv6, or localhost"

/**
 * @throws TypeError for what is no list of addresses and descriptors; RangeError for a descriptor
 * that can be none.
 */
export function listenOf(name: string, value: unknown): Listen {
  if (typeof value === 'string') return parseAddress(name, value)
  if (value === null || typeof value !== 'object')
    throw wrongType(name, "'HOST:PORT' or { fd }", value)
  checkKeys(name, ['fd'], value)
  const { fd } = value as Partial<ListeningFd>
  checkFd(`${name}.fd`, fd)
  return { fd }
}

/**
 * Names are not looked up, so that none leads elsewhere than who wrote it believes: but for that of
 * the machine itself.
 */
function parseAddress(name: string, text: string): Listen {
  const [, six, four, digits] = /^(?:\[([\da-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/i.exec(text) ?? []
  const port = Number(digits)
  const address = six ?? (four === 'localhost' ? '127.0.0.1' : four)
  if (
    address === undefined ||
    !(port <= mostPort) ||
    !(six === undefined ? isFour(address) : URL.canParse(`http://[${six}]`))
  ) {
    throw wrongValue(name, form, text)
  }
  return { address, port }
}

/** Returns true for a numeric address of IPv4. */
export const isFour = (text: string): boolean =>
  /^(?:\d{1,3}\.){3}\d{1,3}$/.test(text) && text.split('.').every(isByte)
/** As it is written: a zero before it makes others read it as octal. */
const isByte = (part: string): boolean => String(Number(part)) === part && Number(part) < 256

/**
 * Says if no other machine reaches it. A socket that was opened elsewhere is its opener's
 * responsibility.
 */
export function isLoopback(listen: Listen): boolean {
  if ('fd' in listen) return true
  const { address } = listen
  return address.includes(':')
    ? new URL(`http://[${address}]`).hostname === '[::1]'
    : address.startsWith('127.')
}

/** As messages name it. */
export const shown = (listen: Listen): string =>
  'fd' in listen ? `descriptor ${listen.fd}` : addressed(listen)

/** An address and a port, as they stand in a URL. */
export const addressed = ({
  address,
  port,
}: {
  readonly address: string
  readonly port: number
}): string => `${address.includes(':') ? `[${address}]` : address}:${port}`
