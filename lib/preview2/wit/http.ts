/** `wasi:http`: fields, requests, responses and their bodies. */
import {
  bool,
  borrow,
  bytes,
  func,
  list,
  option,
  own,
  param as p,
  record,
  result,
  string,
  tuple,
  u8,
  u16,
  u32,
  u64,
  variant,
} from './types.js'

const none = undefined

const method = variant('method', {
  get: none,
  head: none,
  post: none,
  put: none,
  delete: none,
  connect: none,
  options: none,
  trace: none,
  patch: none,
  other: string,
})
const scheme = variant('scheme', { HTTP: none, HTTPS: none, other: string })

const fieldSize = record('field-size-payload', {
  'field-name': option(string),
  'field-size': option(u32),
})
/** @see https://www.iana.org/assignments/http-proxy-status/http-proxy-status.xhtml#table-http-proxy-error-types */
export const httpError = variant('error-code', {
  'DNS-timeout': none,
  'DNS-error': record('DNS-error-payload', { rcode: option(string), 'info-code': option(u16) }),
  'destination-not-found': none,
  'destination-unavailable': none,
  'destination-IP-prohibited': none,
  'destination-IP-unroutable': none,
  'connection-refused': none,
  'connection-terminated': none,
  'connection-timeout': none,
  'connection-read-timeout': none,
  'connection-write-timeout': none,
  'connection-limit-reached': none,
  'TLS-protocol-error': none,
  'TLS-certificate-error': none,
  'TLS-alert-received': record('TLS-alert-received-payload', {
    'alert-id': option(u8),
    'alert-message': option(string),
  }),
  'HTTP-request-denied': none,
  'HTTP-request-length-required': none,
  'HTTP-request-body-size': option(u64),
  'HTTP-request-method-invalid': none,
  'HTTP-request-URI-invalid': none,
  'HTTP-request-URI-too-long': none,
  'HTTP-request-header-section-size': option(u32),
  'HTTP-request-header-size': option(fieldSize),
  'HTTP-request-trailer-section-size': option(u32),
  'HTTP-request-trailer-size': fieldSize,
  'HTTP-response-incomplete': none,
  'HTTP-response-header-section-size': option(u32),
  'HTTP-response-header-size': fieldSize,
  'HTTP-response-body-size': option(u64),
  'HTTP-response-trailer-section-size': option(u32),
  'HTTP-response-trailer-size': fieldSize,
  'HTTP-response-transfer-coding': option(string),
  'HTTP-response-content-coding': option(string),
  'HTTP-response-timeout': none,
  'HTTP-upgrade-failed': none,
  'HTTP-protocol-error': none,
  'loop-detected': none,
  'configuration-error': none,
  'internal-error': option(string),
})
const headerError = variant('header-error', {
  'invalid-syntax': none,
  forbidden: none,
  immutable: none,
})

const fields = p('self', borrow('fields'))
const incomingRequest = p('self', borrow('incoming-request'))
const outgoingRequest = p('self', borrow('outgoing-request'))
const requestOptions = p('self', borrow('request-options'))
const incomingResponse = p('self', borrow('incoming-response'))
const outgoingResponse = p('self', borrow('outgoing-response'))
const name = p('name', string)
const headers = p('headers', own('fields'))
const duration = p('duration', option(u64))
const checked = result(none, headerError)
const text = option(string)
const entry = tuple(string, bytes)

/** @see https://github.com/WebAssembly/WASI/blob/v0.2.12/proposals/http/wit/types.wit */
// biome-ignore format: a row a line, as in a table
export const types = {
  'http-error-code': func('Return the HTTP error of an error of a stream.', [p('err', borrow('error'))], option(httpError)),
  '[constructor]fields': func('Create empty fields.', [], own('fields')),
  '[static]fields.from-list': func('Create fields of names and values.', [p('entries', list(entry))], result(own('fields'), headerError)),
  '[method]fields.get': func('Return the values of a name.', [fields, name], list(bytes)),
  '[method]fields.has': func('Check if a name has a value.', [fields, name], bool),
  '[method]fields.set': func('Replace the values of a name.', [fields, name, p('value', list(bytes))], checked),
  '[method]fields.delete': func('Remove the values of a name.', [fields, name], checked),
  '[method]fields.append': func('Add a value to a name.', [fields, name, p('value', bytes)], checked),
  '[method]fields.entries': func('Return all names and values.', [fields], list(entry)),
  '[method]fields.clone': func('Copy fields; the copy can be changed.', [fields], own('fields')),
  '[method]incoming-request.method': func('Return the method of a request.', [incomingRequest], method),
  '[method]incoming-request.path-with-query': func('Return the path and the query of a request.', [incomingRequest], text),
  '[method]incoming-request.scheme': func('Return the scheme of a request.', [incomingRequest], option(scheme)),
  '[method]incoming-request.authority': func('Return the authority of a request.', [incomingRequest], text),
  '[method]incoming-request.headers': func('Return the fields of a request, which cannot be changed.', [incomingRequest], own('fields')),
  '[method]incoming-request.consume': func('Return the body of a request, once.', [incomingRequest], result(own('incoming-body'))),
  '[constructor]outgoing-request': func('Create a request with these fields.', [headers], own('outgoing-request')),
  '[method]outgoing-request.body': func('Return the body of a request, once.', [outgoingRequest], result(own('outgoing-body'))),
  '[method]outgoing-request.method': func('Return the method of a request.', [outgoingRequest], method),
  '[method]outgoing-request.set-method': func('Set the method of a request.', [outgoingRequest, p('method', method)], result()),
  '[method]outgoing-request.path-with-query': func('Return the path and the query of a request.', [outgoingRequest], text),
  '[method]outgoing-request.set-path-with-query': func('Set the path and the query of a request.', [outgoingRequest, p('path-with-query', text)], result()),
  '[method]outgoing-request.scheme': func('Return the scheme of a request.', [outgoingRequest], option(scheme)),
  '[method]outgoing-request.set-scheme': func('Set the scheme of a request.', [outgoingRequest, p('scheme', option(scheme))], result()),
  '[method]outgoing-request.authority': func('Return the authority of a request.', [outgoingRequest], text),
  '[method]outgoing-request.set-authority': func('Set the authority of a request.', [outgoingRequest, p('authority', text)], result()),
  '[method]outgoing-request.headers': func('Return the fields of a request, which cannot be changed.', [outgoingRequest], own('fields')),
  '[constructor]request-options': func('Create options without timeouts.', [], own('request-options')),
  '[method]request-options.connect-timeout': func('Return the timeout of connecting, in nanoseconds.', [requestOptions], option(u64)),
  '[method]request-options.set-connect-timeout': func('Set the timeout of connecting, in nanoseconds.', [requestOptions, duration], result()),
  '[method]request-options.first-byte-timeout': func('Return the timeout of the first byte, in nanoseconds.', [requestOptions], option(u64)),
  '[method]request-options.set-first-byte-timeout': func('Set the timeout of the first byte, in nanoseconds.', [requestOptions, duration], result()),
  '[method]request-options.between-bytes-timeout': func('Return the timeout between bytes, in nanoseconds.', [requestOptions], option(u64)),
  '[method]request-options.set-between-bytes-timeout': func('Set the timeout between bytes, in nanoseconds.', [requestOptions, duration], result()),
  '[method]response-outparam.send-informational': func('Send a response with a status from 100 to 199.', [p('self', borrow('response-outparam')), p('status', u16), headers], result(none, httpError), '0.2.9'),
  '[static]response-outparam.set': func('Send a response, or an error.', [p('param', own('response-outparam')), p('response', result(own('outgoing-response'), httpError))]),
  '[method]incoming-response.status': func('Return the status of a response.', [incomingResponse], u16),
  '[method]incoming-response.headers': func('Return the fields of a response, which cannot be changed.', [incomingResponse], own('fields')),
  '[method]incoming-response.consume': func('Return the body of a response, once.', [incomingResponse], result(own('incoming-body'))),
  '[method]incoming-body.stream': func('Return the stream of a body, once.', [p('self', borrow('incoming-body'))], result(own('input-stream'))),
  '[static]incoming-body.finish': func('Finish reading a body, and return its trailers.', [p('this', own('incoming-body'))], own('future-trailers')),
  '[method]future-trailers.subscribe': func('Make a pollable that is ready when the trailers are.', [p('self', borrow('future-trailers'))], own('pollable')),
  '[method]future-trailers.get': func('Return the trailers, once.', [p('self', borrow('future-trailers'))], option(result(result(option(own('fields')), httpError)))),
  '[constructor]outgoing-response': func('Create a response with these fields and status 200.', [headers], own('outgoing-response')),
  '[method]outgoing-response.status-code': func('Return the status of a response.', [outgoingResponse], u16),
  '[method]outgoing-response.set-status-code': func('Set the status of a response.', [outgoingResponse, p('status-code', u16)], result()),
  '[method]outgoing-response.headers': func('Return the fields of a response, which cannot be changed.', [outgoingResponse], own('fields')),
  '[method]outgoing-response.body': func('Return the body of a response, once.', [outgoingResponse], result(own('outgoing-body'))),
  '[method]outgoing-body.write': func('Return the stream of a body, once.', [p('self', borrow('outgoing-body'))], result(own('output-stream'))),
  '[static]outgoing-body.finish': func('Finish writing a body, with trailers or without.', [p('this', own('outgoing-body')), p('trailers', option(own('fields')))], result(none, httpError)),
  '[method]future-incoming-response.subscribe': func('Make a pollable that is ready when the response is.', [p('self', borrow('future-incoming-response'))], own('pollable')),
  '[method]future-incoming-response.get': func('Return the response, once.', [p('self', borrow('future-incoming-response'))], option(result(result(own('incoming-response'), httpError)))),
} as const

/** @see https://github.com/WebAssembly/WASI/blob/v0.2.12/proposals/http/wit/handler.wit */
// biome-ignore format: a row a line, as in a table
export const outgoingHandler = {
  handle: func('Send a request.', [p('request', own('outgoing-request')), p('options', option(own('request-options')))], result(own('future-incoming-response'), httpError)),
} as const
