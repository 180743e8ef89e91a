/** Both doors answer alike: the same calls, with JavaScript values and with core values. */
import test from 'ava'
import { bytesOf, each, type Held, once, textOf } from './fixture.js'

each(test, 'a file is written, read and described', {}, (t, w) => {
  const file = w.open('file', { open: ['create'], flags: ['read', 'write'] })
  t.is(w.call('descriptor.write', file, bytesOf('some text'), 0n), 9n)
  const [bytes, ended]: [Uint8Array, boolean] = w.call('descriptor.read', file, 4n, 5n)
  t.is(textOf(bytes), 'text')
  t.false(ended)
  t.is(w.call('descriptor.get-type', file), 'regular-file')
  t.is(w.call('descriptor.stat', file).size, 9n)
  t.is(w.text('file'), 'some text')
  t.is(w.tryOpen('../file'), 'not-permitted')
  w.drop(file)
})

each(
  test,
  'streams in swapped handle tables are told apart',
  { ...once, swapped: true },
  (t, w) => {
    w.write('file', 'text')
    const file = w.open('file')
    const stream: Held = w.call('descriptor.read-via-stream', file, 0n)
    t.is(textOf(w.call('input-stream.blocking-read', stream, 100n)), 'text')
    t.is(w.answer('input-stream.blocking-read', stream, 100n), 'closed')
    w.drop(stream, file)
    const output: Held = w.call('stdout.get-stdout')
    t.is(w.answer('output-stream.blocking-write-and-flush', output, bytesOf('line\n')), 'ok')
    t.is(w.output(), 'line\n')
    w.drop(output)
  },
)

each(test, 'a list longer than the memory of a component has it grow', once, (t, w) => {
  w.write('file', 'x'.repeat(200_000))
  const file = w.open('file')
  for (let at = 0; at < 200_000; at += 65_536) {
    const [bytes]: [Uint8Array] = w.call('descriptor.read', file, 65_536n, BigInt(at))
    t.is(bytes.length, Math.min(65_536, 200_000 - at))
  }
  w.drop(file)
})
