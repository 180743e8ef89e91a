/** `wasi:io`: streams and pollables as WIT describes them. */
import fs from 'node:fs'
import test from 'ava'
import { Errno, WASIError } from '#lib/index.js'
import { bytesOf, each, type Fixture, type Held, once, textOf } from './fixture.js'

const reading = (w: Fixture, text: string): [file: Held, stream: Held] => {
  w.write('file', text)
  const file = w.open('file')
  return [file, w.call('descriptor.read-via-stream', file, 0n)]
}

each(test, 'a read of 0 bytes is empty on an open stream, at its end too', {}, (t, w) => {
  const [file, stream] = reading(w, 'text')
  t.deepEqual(w.call('input-stream.read', stream, 0n), new Uint8Array(0))
  t.deepEqual(w.call('input-stream.blocking-read', stream, 0n), new Uint8Array(0))
  t.is(w.call('input-stream.skip', stream, 0n), 0n)
  t.is(textOf(w.call('input-stream.read', stream, 2n ** 40n)), 'text')
  t.is(w.answer('input-stream.read', stream, 1n), 'closed')
  t.deepEqual(w.call('input-stream.read', stream, 0n), new Uint8Array(0))
  w.write('file', 'text, and more')
  t.is(textOf(w.call('input-stream.read', stream, 100n)), ', and more', 'a file grows, as on Linux')
  w.drop(stream, file)
})

each(test, 'skip drops bytes, and is closed at the end', {}, (t, w) => {
  const [file, stream] = reading(w, `skipped${'x'.repeat(70_000)}`)
  t.is(w.call('input-stream.skip', stream, 7n), 7n)
  t.is(w.call('input-stream.blocking-skip', stream, 2n ** 64n - 1n), 65_536n, 'one transfer')
  t.is(w.call('input-stream.skip', stream, 10_000n), 4464n)
  t.is(w.answer('input-stream.skip', stream, 1n), 'closed')
  t.is(w.answer('input-stream.blocking-skip', stream, 1n), 'closed')
  w.drop(stream, file)
})

/** A host whose standard streams fail once. */
function failing(): { stdin: () => Uint8Array; stdout: () => void } {
  return {
    stdin: () => {
      throw new WASIError(Errno.IO)
    },
    stdout: () => {
      throw new WASIError(Errno.NOSPC)
    },
  }
}

each(test, 'a stream is closed after a failure', { ...once, options: failing() }, (t, w) => {
  const [input, output]: Held[] = [w.call('stdin.get-stdin'), w.call('stdout.get-stdout')]
  t.is(w.answer('input-stream.blocking-read', input, 1n), 'io')
  for (const call of ['read', 'blocking-read', 'skip', 'blocking-skip'])
    t.is(w.answer(`input-stream.${call}`, input, call === 'read' ? 0n : 1n), 'closed', call)
  t.is(w.answer('output-stream.write', output, bytesOf('x')), 'insufficient-space')
  for (const [call, ...args] of [
    ['check-write'],
    ['write', bytesOf('x')],
    ['blocking-write-and-flush', bytesOf('x')],
    ['flush'],
    ['blocking-flush'],
    ['write-zeroes', 1n],
    ['blocking-write-zeroes-and-flush', 1n],
    ['splice', input, 1n],
    ['blocking-splice', input, 1n],
  ] as const)
    t.is(w.answer(`output-stream.${call}`, output, ...args), 'closed', call)
  for (const stream of [`input-stream`, 'output-stream']) {
    const pollable: Held = w.call(`${stream}.subscribe`, stream === 'input-stream' ? input : output)
    t.true(w.call('pollable.ready', pollable), stream)
    w.drop(pollable)
  }
  w.drop(input, output)
})

each(test, 'a failed splice reads nothing', { ...once, options: failing() }, (t, w) => {
  const [file, stream] = reading(w, 'text')
  const output: Held = w.call('stdout.get-stdout')
  t.is(w.answer('output-stream.write', output, bytesOf('x')), 'insufficient-space')
  t.is(w.answer('output-stream.splice', output, stream, 4n), 'closed')
  t.is(textOf(w.call('input-stream.read', stream, 10n)), 'text')
  w.drop(output, stream, file)
})

each(test, 'splice moves at most the bytes that check-write permits', {}, (t, w) => {
  const [file, stream] = reading(w, 'x'.repeat(70_000))
  const output: Held = w.call('stdout.get-stdout')
  t.is(w.call('output-stream.splice', output, stream, 5n), 5n)
  t.is(w.call('output-stream.blocking-splice', output, stream, 2n ** 50n), 65_536n)
  t.is(w.call('output-stream.splice', output, stream, 0n), 0n)
  t.is(w.call('output-stream.splice', output, stream, 70_000n), 4459n)
  t.is(w.answer('output-stream.splice', output, stream, 1n), 'closed')
  t.is(w.output().length, 70_000)
  w.drop(output, stream, file)
})

each(test, 'a write of more than check-write permits is a trap', once, (t, w) => {
  const output: Held = w.call('stdout.get-stdout')
  const permitted: bigint = w.call('output-stream.check-write', output)
  t.is(w.answer('output-stream.write', output, new Uint8Array(Number(permitted))), 'ok')
  t.regex(
    w.answer('output-stream.write', output, new Uint8Array(Number(permitted) + 1)),
    /^trap: .*check-write/,
  )
})
each(test, 'zeros of more than check-write permits are a trap', once, (t, w) => {
  const output: Held = w.call('stdout.get-stdout')
  t.is(w.answer('output-stream.write-zeroes', output, 5n), 'ok')
  t.is(w.answer('output-stream.blocking-write-zeroes-and-flush', output, 0n), 'ok')
  t.is(w.output(), '\0'.repeat(5))
  t.regex(w.answer('output-stream.write-zeroes', output, 2n ** 40n), /^trap: .*check-write/)
})

each(test, 'streams of a file have offsets of their own', {}, (t, w) => {
  const file = w.open('file', { open: ['create'], flags: ['read', 'write'] })
  const [first, second, last, input]: Held[] = [
    w.call('descriptor.write-via-stream', file, 0n),
    w.call('descriptor.write-via-stream', file, 2n),
    w.call('descriptor.append-via-stream', file),
    w.call('descriptor.read-via-stream', file, 1n),
  ]
  for (const [stream, text] of [
    [first, 'abc'],
    [second, 'xy'],
    [last, '!'],
    [first, 'DE'],
    [last, '?'],
  ] as const)
    w.call('output-stream.blocking-write-and-flush', stream, bytesOf(text))
  t.is(w.text('file'), 'abxDE?')
  t.is(textOf(w.call('input-stream.read', input, 3n)), 'bxD')
  w.drop(file)
  t.is(textOf(w.call('input-stream.read', input, 1n)), 'E', 'a stream outlives its descriptor')
  w.drop(first, second, last, input)
})

each(test, 'poll reports each of several equal pollables', once, (t, w) => {
  const now: Held = w.call('monotonic-clock.subscribe-duration', 0n)
  const never: Held = w.call('monotonic-clock.subscribe-duration', 2n ** 64n - 1n)
  const far: Held = w.call('monotonic-clock.subscribe-instant', 2n ** 64n - 1n)
  t.deepEqual(Array.from(w.call('poll.poll', [never, now, far, now, never])), [1, 3])
  t.false(w.call('pollable.ready', never))
  t.false(w.call('pollable.ready', far))
  w.call('pollable.block', now)
  w.drop(now, never, far)
})
each(test, 'poll of an empty list is a trap', once, (t, w) => {
  t.regex(w.answer('poll.poll', []), /^trap: poll of an empty list/)
})
each(
  test,
  'poll of more pollables than limits.subscriptions is a trap',
  { ...once, options: { limits: { subscriptions: 2 } } },
  (t, w) => {
    const now: Held = w.call('monotonic-clock.subscribe-duration', 0n)
    t.is(w.answer('poll.poll', [now, now]), 'ok')
    t.regex(w.answer('poll.poll', [now, now, now]), /^trap: .*limits\.subscriptions/)
  },
)

each(
  test,
  'a list of pollables that is not aligned is a trap',
  { ...once, doors: ['hybrid'] },
  (t, w) => {
    const { lowered } = w
    const now = w.call('monotonic-clock.subscribe-duration', 0n)
    const at = lowered?.allocate(4, 12) as number
    new DataView(lowered?.memory.buffer as ArrayBuffer).setUint32(at + 1, now.handle, true)
    const poll = lowered?.core('poll.poll') as (...values: number[]) => void
    t.throws(() => poll(at + 1, 1, at + 4), { message: /unaligned/ })
  },
)

each(test, 'standard input that has nothing yet is empty, and is waited for', once, (t, w) => {
  w.write('file')
  const fifo = w.path('fifo')
  w.fifo('fifo')
  const both = fs.openSync(fifo, 'r+')
  const file = w.open('fifo')
  const stream: Held = w.call('descriptor.read-via-stream', file, 0n)
  t.deepEqual(w.call('input-stream.read', stream, 10n), new Uint8Array(0))
  const pollable: Held = w.call('input-stream.subscribe', stream)
  t.false(w.call('pollable.ready', pollable))
  fs.writeSync(both, 'text')
  t.deepEqual(Array.from(w.call('poll.poll', [pollable])), [0])
  t.is(textOf(w.call('input-stream.read', stream, 10n)), 'text')
  fs.closeSync(both)
  t.is(w.answer('input-stream.read', stream, 10n), 'closed', 'no writer is left')
  w.drop(pollable, stream, file)
})

each(test, 'a pollable holds the file of a dropped stream open', once, (t, w) => {
  w.fifo('fifo')
  const both = fs.openSync(w.path('fifo'), 'r+')
  const file = w.open('fifo')
  const stream: Held = w.call('descriptor.read-via-stream', file, 0n)
  const pollable: Held = w.call('input-stream.subscribe', stream)
  t.false(w.call('pollable.ready', pollable))
  w.drop(stream, file)
  t.false(w.call('pollable.ready', pollable))
  fs.writeSync(both, 'text')
  t.true(w.call('pollable.ready', pollable))
  t.deepEqual(Array.from(w.call('poll.poll', [pollable])), [0])
  w.drop(pollable)
  fs.closeSync(both)
})
