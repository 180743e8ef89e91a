/**
 * `wasi:http`: fields, requests and responses, as data. A component has no network: `handle` denies
 * every request, and none comes in. A real client would begin in `handle`, with a
 * `future-incoming-response` for its answer and the body's sink as its upload; a server would make
 * the `incoming-request` and take the response of `response-outparam.set`.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.12/proposals/http/wit/types.wit
 */
import type { Component } from '../component.js'
import { Refused } from '../refused.js'
import { type Field, FieldList, FieldsResource } from '../resources/fields.js'
import type { OutgoingBodyResource } from '../resources/http-body.js'
import {
  type Message,
  OutgoingRequestResource,
  OutgoingResponseResource,
  RequestOptionsResource,
  type Word,
} from '../resources/http-message.js'
import { trap } from '../trap.js'
import type { ConvertedCalls } from './types.js'

type Fields = FieldsResource
type Request = OutgoingRequestResource
type Response = OutgoingResponseResource
type Options = RequestOptionsResource

/** The error of a `result` without a payload. */
const failed = new Refused(undefined)

// Fields.

/** Names and methods. @see https://www.rfc-editor.org/rfc/rfc9110#name-tokens */
const token = /^[!#$%&'*+\-.^_`|~\w]+$/
/** Fields of the connection, which belongs to the host. */
const forbidden: ReadonlySet<string> = new Set([
  'connection',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])
const TAB = 0x09
const SPACE = 0x20
const DELETE = 0x7f
/** @see https://www.rfc-editor.org/rfc/rfc9110#name-field-values */
const isValue = (value: Uint8Array): boolean =>
  value.every(byte => byte === TAB || (byte >= SPACE && byte !== DELETE))

const headerError = (tag: 'invalid-syntax' | 'forbidden' | 'immutable'): Refused =>
  new Refused({ tag })
/** Returns the error of a name, and of values for it. */
function fault(name: string, ...values: readonly Uint8Array[]): Refused | undefined {
  if (!token.test(name) || !values.every(isValue)) return headerError('invalid-syntax')
  return forbidden.has(name.toLowerCase()) ? headerError('forbidden') : undefined
}
/** As `fault`, for fields to change. */
const changeFault = (self: Fields, name: string, ...values: readonly Uint8Array[]) =>
  self.immutable ? headerError('immutable') : fault(name, ...values)

function fieldsOf({ kept }: Component, fields: readonly Field[]): Fields {
  const made = new FieldsResource(new FieldList(kept))
  for (const [name, value] of fields) made.list.add(name, Uint8Array.from(value))
  return made
}
function fromList(component: Component, entries: readonly Field[]): Fields | Refused {
  for (const [name, value] of entries) {
    const refused = fault(name, value)
    if (refused !== undefined) return refused
  }
  return fieldsOf(component, entries)
}
function set(
  _: Component,
  self: Fields,
  name: string,
  values: readonly Uint8Array[],
): Refused | undefined {
  const refused = changeFault(self, name, ...values)
  if (refused !== undefined) return refused
  self.list.remove(name.toLowerCase())
  for (const value of values) self.list.add(name, Uint8Array.from(value))
  return undefined
}
function remove(_: Component, self: Fields, name: string): Refused | undefined {
  const refused = changeFault(self, name)
  if (refused === undefined) self.list.remove(name.toLowerCase())
  return refused
}
function append(_: Component, self: Fields, name: string, value: Uint8Array): Refused | undefined {
  const refused = changeFault(self, name, value)
  if (refused === undefined) self.list.add(name, Uint8Array.from(value))
  return refused
}

// Messages.

/** The fields of a message, which share its list. */
const headers = (_: Component, { fields }: Message): Fields => new FieldsResource(fields, true)
const body = (_: Component, self: Message): OutgoingBodyResource | Refused => self.body() ?? failed

const path = /^[!$-;=@-_a-z|~"{}?]*$/
const schemeName = /^[a-z][a-z\d+.-]*$/i
/** @see https://www.rfc-editor.org/rfc/rfc3986#section-3.2 */
const authority =
  /^(?:[\w\-.~!$&'()*+,;=:%]*@)?(?:\[[\da-f:.]+\]|[\w\-.~!$&'()*+,;=%]+)(?::\d{0,5})?$/i

/** Sets a text of a request, if it is valid. */
const setText =
  (name: 'pathWithQuery' | 'authority', valid: RegExp) =>
  (_: Component, self: Request, text: string | undefined): Refused | undefined => {
    if (text !== undefined && !valid.test(text)) return failed
    self.keep(name, text)
    self[name] = text
    return undefined
  }
function setMethod(_: Component, self: Request, method: Word): Refused | undefined {
  if (method.tag === 'other' && !token.test(String(method.val))) return failed
  self.keep('method', method.val)
  self.method = method
  return undefined
}
function setScheme(_: Component, self: Request, scheme: Word | undefined): Refused | undefined {
  if (scheme?.tag === 'other' && !schemeName.test(String(scheme.val))) return failed
  self.keep('scheme', scheme?.val)
  self.scheme = scheme
  return undefined
}
/** @see https://www.rfc-editor.org/rfc/rfc9110#name-status-codes */
function setStatus(_: Component, self: Response, status: number): Refused | undefined {
  if (status < 100 || status > 599) return failed
  self.status = status
  return undefined
}
const timeout =
  (name: 'connect' | 'firstByte' | 'betweenBytes') =>
  (_: Component, self: Options): bigint | undefined =>
    self[name]
const setTimeout =
  (name: 'connect' | 'firstByte' | 'betweenBytes') =>
  (_: Component, self: Options, duration: bigint | undefined): void => {
    self[name] = duration
  }

/** Finishes a body, whose length must be the announced one. */
function finish(
  _: Component,
  self: OutgoingBodyResource,
  trailers: Fields | undefined,
): Refused | undefined {
  trailers?.drop()
  if (self.streaming) throw trap('outgoing-body.finish while its stream is open')
  const { written } = self.sink
  self.drop()
  return self.length === undefined || self.length === written
    ? undefined
    : new Refused({ tag: `HTTP-${self.of}-body-size`, val: BigInt(written) })
}

/** No message comes in: a handle of one is refused before the call. */
const absent = (): never => {
  throw trap('a component without network gets no requests and no responses')
}

export const types: ConvertedCalls['wasi:http/types'] = {
  'http-error-code': () => undefined,
  '[constructor]fields': component => fieldsOf(component, []),
  '[static]fields.from-list': fromList,
  '[method]fields.get': (_, { list }: Fields, name: string) => list.valuesOf(name.toLowerCase()),
  '[method]fields.has': (_, { list }: Fields, name: string) =>
    list.valuesOf(name.toLowerCase()).length > 0,
  '[method]fields.set': set,
  '[method]fields.delete': remove,
  '[method]fields.append': append,
  '[method]fields.entries': (_, { list }: Fields) => list.all,
  '[method]fields.clone': (component, { list }: Fields) => fieldsOf(component, list.all),
  '[method]incoming-request.method': absent,
  '[method]incoming-request.path-with-query': absent,
  '[method]incoming-request.scheme': absent,
  '[method]incoming-request.authority': absent,
  '[method]incoming-request.headers': absent,
  '[method]incoming-request.consume': absent,
  '[constructor]outgoing-request': ({ context, kept }, fields: Fields) =>
    new OutgoingRequestResource(fields, context.sys.block, kept),
  '[method]outgoing-request.body': body,
  '[method]outgoing-request.method': (_, { method }: Request) => method,
  '[method]outgoing-request.set-method': setMethod,
  '[method]outgoing-request.path-with-query': (_, { pathWithQuery }: Request) => pathWithQuery,
  '[method]outgoing-request.set-path-with-query': setText('pathWithQuery', path),
  '[method]outgoing-request.scheme': (_, { scheme }: Request) => scheme,
  '[method]outgoing-request.set-scheme': setScheme,
  '[method]outgoing-request.authority': (_, { authority }: Request) => authority,
  '[method]outgoing-request.set-authority': setText('authority', authority),
  '[method]outgoing-request.headers': headers,
  '[constructor]request-options': () => new RequestOptionsResource(),
  '[method]request-options.connect-timeout': timeout('connect'),
  '[method]request-options.set-connect-timeout': setTimeout('connect'),
  '[method]request-options.first-byte-timeout': timeout('firstByte'),
  '[method]request-options.set-first-byte-timeout': setTimeout('firstByte'),
  '[method]request-options.between-bytes-timeout': timeout('betweenBytes'),
  '[method]request-options.set-between-bytes-timeout': setTimeout('betweenBytes'),
  '[method]response-outparam.send-informational': absent,
  '[static]response-outparam.set': absent,
  '[method]incoming-response.status': absent,
  '[method]incoming-response.headers': absent,
  '[method]incoming-response.consume': absent,
  '[method]incoming-body.stream': absent,
  '[static]incoming-body.finish': absent,
  '[method]future-trailers.subscribe': absent,
  '[method]future-trailers.get': absent,
  '[constructor]outgoing-response': ({ context }, fields: Fields) =>
    new OutgoingResponseResource(fields, context.sys.block),
  '[method]outgoing-response.status-code': (_, { status }: Response) => status,
  '[method]outgoing-response.set-status-code': setStatus,
  '[method]outgoing-response.headers': headers,
  '[method]outgoing-response.body': body,
  '[method]outgoing-body.write': (_, self: OutgoingBodyResource) => self.stream() ?? failed,
  '[static]outgoing-body.finish': finish,
  '[method]future-incoming-response.subscribe': absent,
  '[method]future-incoming-response.get': absent,
}

export const outgoingHandler: ConvertedCalls['wasi:http/outgoing-handler'] = {
  handle: (_, request: Request, options: Options | undefined) => {
    request.drop()
    options?.drop()
    return new Refused({ tag: 'HTTP-request-denied' })
  },
}
