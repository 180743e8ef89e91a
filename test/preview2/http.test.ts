/** `wasi:http` without a network: fields, requests and responses are data. */
import test from 'ava'
import { bytesOf, each, type Fixture, type Held, once, textOf } from './fixture.js'

const fields = (w: Fixture, ...entries: [name: string, value: string][]): Held =>
  w.call(
    'fields.from-list',
    entries.map(([name, value]) => [name, bytesOf(value)]),
  )
const entriesOf = (w: Fixture, self: Held): string[] =>
  w
    .call('fields.entries', self)
    .map(([name, value]: [string, Uint8Array]) => `${name}: ${textOf(value)}`)

each(test, 'fields keep the case and the order of names', once, (t, w) => {
  const self = fields(w, ['Accept', 'a'], ['X', '1'], ['accept', 'b'])
  t.deepEqual(entriesOf(w, self), ['Accept: a', 'X: 1', 'accept: b'])
  t.deepEqual(w.call('fields.get', self, 'ACCEPT').map(textOf), ['a', 'b'])
  t.true(w.call('fields.has', self, 'x'))
  t.false(w.call('fields.has', self, 'no name'))
  t.deepEqual(w.call('fields.get', self, 'absent'), [])
  w.call('fields.set', self, 'accept', [bytesOf('c'), bytesOf('')])
  t.deepEqual(entriesOf(w, self), ['X: 1', 'accept: c', 'accept: '])
  w.call('fields.append', self, 'x', bytesOf('2'))
  const copy: Held = w.call('fields.clone', self)
  w.call('fields.delete', self, 'X')
  t.deepEqual(entriesOf(w, self), ['accept: c', 'accept: '])
  t.deepEqual(entriesOf(w, copy), ['X: 1', 'accept: c', 'accept: ', 'x: 2'])
  w.drop(self, copy)
})

each(test, 'fields refuse wrong syntax and the names of a connection', once, (t, w) => {
  const self: Held = w.call('fields.new')
  for (const name of ['', 'a b', 'a:', 'a\n', 'ä'])
    t.is(w.answer('fields.append', self, name, bytesOf('x')), 'invalid-syntax', name)
  for (const value of ['a\r\nb: c', '\0', '\x7f'])
    t.is(w.answer('fields.append', self, 'x', bytesOf(value)), 'invalid-syntax')
  t.is(w.answer('fields.append', self, 'x', bytesOf('\tä ')), 'ok')
  t.is(w.answer('fields.append', self, 'Transfer-Encoding', bytesOf('chunked')), 'forbidden')
  t.is(w.answer('fields.set', self, 'HOST', []), 'forbidden')
  t.is(w.answer('fields.from-list', [['host', bytesOf('x')]]), 'forbidden')
  t.is(w.answer('fields.delete', self, 'a b'), 'invalid-syntax')
  w.drop(self)
})

each(test, 'a request has its parts, and fields that cannot be changed', once, (t, w) => {
  const self: Held = w.call('outgoing-request.new', fields(w, ['A', 'b']))
  t.deepEqual(w.call('outgoing-request.method', self), { tag: 'get' })
  t.is(w.call('outgoing-request.scheme', self), undefined)
  const set = (part: string, value: unknown) =>
    w.answer(`outgoing-request.set-${part}`, self, value)
  t.is(set('method', { tag: 'other', val: 'a b' }), undefinedError)
  t.is(set('method', { tag: 'other', val: 'PURGE' }), 'ok')
  t.deepEqual(w.call('outgoing-request.method', self), { tag: 'other', val: 'PURGE' })
  t.is(set('scheme', { tag: 'other', val: '1' }), undefinedError)
  t.is(set('scheme', { tag: 'HTTPS' }), 'ok')
  t.deepEqual(w.call('outgoing-request.scheme', self), { tag: 'HTTPS' })
  t.is(set('path-with-query', '/a b'), undefinedError)
  t.is(set('path-with-query', '/a?b=c'), 'ok')
  t.is(w.call('outgoing-request.path-with-query', self), '/a?b=c')
  for (const bad of ['a b', 'a/b', 'a:b', 'a\r\n']) t.is(set('authority', bad), undefinedError, bad)
  for (const good of ['example.org', 'u:p@h:80', '[::1]:8080', undefined])
    t.is(set('authority', good), 'ok', good)
  const headers: Held = w.call('outgoing-request.headers', self)
  t.deepEqual(entriesOf(w, headers), ['A: b'])
  t.is(w.answer('fields.append', headers, 'c', bytesOf('d')), 'immutable')
  t.is(w.answer('fields.set', headers, 'c', []), 'immutable')
  t.is(w.answer('fields.delete', headers, 'c'), 'immutable')
  const copy: Held = w.call('fields.clone', headers)
  t.is(w.answer('fields.append', copy, 'c', bytesOf('d')), 'ok')
  w.drop(headers, copy, self)
})
/** The error of a result without a payload. */
const undefinedError = 'undefined'

each(test, 'a request is denied, and both its handles are gone', once, (t, w) => {
  const self: Held = w.call('outgoing-request.new', w.call('fields.new'))
  const body: Held = w.call('outgoing-request.body', self)
  t.is(w.answer('outgoing-request.body', self), undefinedError, 'the body is there once')
  const stream: Held = w.call('outgoing-body.write', body)
  t.is(w.answer('outgoing-body.write', body), undefinedError)
  t.true(w.call('output-stream.check-write', stream) > 0n)
  const options: Held = w.call('request-options.new')
  t.is(w.answer('request-options.set-connect-timeout', options, 5n), 'ok')
  t.is(w.call('request-options.connect-timeout', options), 5n)
  t.is(w.call('request-options.first-byte-timeout', options), undefined)
  t.is(w.answer('outgoing-handler.handle', self, options), 'HTTP-request-denied')
  t.is(w.answer('output-stream.blocking-write-and-flush', stream, bytesOf('x')), 'closed')
  w.drop(stream, body)
  t.regex(w.answer('outgoing-request.method', self), /^trap: /)
})

each(test, 'the length of a body is the announced one', once, (t, w) => {
  for (const [kind, written, answer] of [
    ['request', '12345', 'ok'],
    ['request', '1234', 'HTTP-request-body-size'],
    ['response', '123456', 'HTTP-response-body-size'],
  ] as const) {
    const self: Held = w.call(`outgoing-${kind}.new`, fields(w, ['Content-Length', '5']))
    const body: Held = w.call(`outgoing-${kind}.body`, self)
    const stream: Held = w.call('outgoing-body.write', body)
    w.call('output-stream.write', stream, bytesOf(written))
    w.drop(stream)
    t.is(w.answer('outgoing-body.finish', body, fields(w, ['a', 'b'])), answer)
    w.drop(self)
  }
})

each(test, 'a body is not finished while its stream is open', once, (t, w) => {
  const self: Held = w.call('outgoing-response.new', w.call('fields.new'))
  for (const [status, answer] of [
    [99, undefinedError],
    [600, undefinedError],
    [404, 'ok'],
  ] as const)
    t.is(w.answer('outgoing-response.set-status-code', self, status), answer)
  t.is(w.call('outgoing-response.status-code', self), 404)
  const body: Held = w.call('outgoing-response.body', self)
  w.call('outgoing-body.write', body)
  t.regex(w.answer('outgoing-body.finish', body, undefined), /^trap: .*stream is open/)
})

each(test, 'fields of a component are limited together', once, (t, w) => {
  const value = bytesOf('x'.repeat(2 ** 20))
  const kept: Held[] = []
  for (let i = 0; i < 15; i++) kept.push(w.call('fields.from-list', [['a', value]]))
  w.drop(...kept)
  for (let i = 0; i < 15; i++) {
    const request: Held = w.call('outgoing-request.new', w.call('fields.from-list', [['a', value]]))
    w.call('outgoing-request.set-path-with-query', request, '/'.repeat(2 ** 18))
    w.call('outgoing-request.headers', request)
    t.is(w.answer('outgoing-handler.handle', request, undefined), 'HTTP-request-denied')
  }
  t.regex(
    w.answer('fields.from-list', [
      ['a', value],
      ['b', value],
    ]),
    /^trap: .*bytes of fields/,
  )
})
