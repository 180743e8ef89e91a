/** poll, and reads that wait. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { Ready, Want } from '#lib/sys/block.js'
import { BOTH, type Cases, Fdflags, type Fixture, resultOf, text } from '../fixture.js'

const millisecond = 1_000_000
export function poll(g: Fixture, timeout: number, ...entries: [handle: number, want: number][]) {
  const { block } = g.sys
  for (const [index, [handle, want]] of entries.entries()) {
    block.pollHandles[index] = handle
    block.poll.set([want, -12345], 2 * index)
    block.pollBytes[index] = -1
  }
  const answer = resultOf(g.sys.poll(entries.length, timeout * millisecond))
  return {
    answer,
    ready: entries.map((_, index) => block.poll[2 * index + 1]),
    bytes: entries.map((_, index) => block.pollBytes[index]),
  }
}
export const yes = (outcome: number | undefined) =>
  outcome !== undefined && outcome > 0 && (outcome & Ready.YES) !== 0
/** Another process that writes into a FIFO in a while. */
function writeLater(
  g: Fixture,
  name: string,
  seconds: number,
  data: string,
): [ChildProcess, Promise<unknown>] {
  const child = spawn('sh', ['-c', `sleep ${seconds}; printf ${data} > "$1"`, 'sh', g.host(name)], {
    stdio: 'ignore',
  })
  return [child, once(child, 'close')]
}
/**
 * Another process that reads a FIFO to its end, beginning in a while. How many bytes there were.
 */
async function countLater(g: Fixture, name: string, seconds: number): Promise<number> {
  const child = spawn(
    'sh',
    ['-c', `exec 3< "$1"; sleep ${seconds}; wc -c <&3`, 'sh', g.host(name)],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  const [[counted]] = await Promise.all([once(child.stdout, 'data'), once(child, 'close')])
  return Number(counted)
}

export const waiting: Cases = {
  'poll without handles sleeps for its timeout': (t, g) => {
    const start = performance.now()
    t.is(poll(g, 50).answer, 0)
    const slept = performance.now() - start
    t.true(slept >= 50 && slept < 2000, `${slept} ms`)
    t.is(poll(g, 0).answer, 0)
  },
  'poll reports a regular file as ready, with the bytes left': (t, g) => {
    g.file('f', 'hello')
    const file = g.handle('f', { access: BOTH })
    const { answer, ready, bytes } = poll(g, Infinity, [file, Want.READ], [file, Want.WRITE])
    t.is(answer, 2)
    t.true(ready.every(yes))
    t.is(bytes[0], 5)
    t.deepEqual(g.read(file, 2), text('he'))
    t.is(poll(g, Infinity, [file, Want.READ]).bytes[0], 3, 'what is left from here')
  },
  'poll reports a closed handle as BADF beside ready ones': (t, g) => {
    g.file('f')
    const { answer, ready } = poll(g, Infinity, [12_345, Want.READ], [g.handle('f'), Want.READ])
    t.is(answer, 2)
    t.is(resultOf(ready[0]), 'BADF')
    t.true(yes(ready[1]))
  },
  'poll returns at once for a bad handle': (t, g) => {
    const { answer, ready } = poll(g, 10_000, [-1, Want.READ])
    t.is(answer, 1)
    t.is(resultOf(ready[0]), 'BADF')
  },
  'poll takes 1024 entries': (t, g) => {
    const file = g.made('f')
    const { answer, ready } = poll(
      g,
      0,
      ...Array.from({ length: 1024 }, (): [number, number] => [file, Want.WRITE]),
    )
    t.is(answer, 1024)
    t.true(ready.every(yes))
  },
  'poll reports a pipe with data as ready': (t, g) => {
    g.fifo('p')
    const reader = g.handle('p')
    const writer = g.handle('p', { access: 2 })
    t.is(g.write(writer, 'hello'), 5)
    const { answer, ready } = poll(g, Infinity, [reader, Want.READ], [writer, Want.WRITE])
    t.is(answer, 2)
    t.true(ready.every(yes))
  },
  'poll reports the bytes in a pipe': (t, g) => {
    g.fifo('p')
    const reader = g.handle('p')
    const writer = g.handle('p', { access: 2 })
    t.is(g.write(writer, 'hello'), 5)
    t.is(poll(g, Infinity, [reader, Want.READ]).bytes[0], 5)
  },
  'poll times out on an empty pipe': (t, g) => {
    g.fifo('p')
    const reader = g.handle('p')
    const writer = g.handle('p', { access: 2 })
    t.is(poll(g, 0, [reader, Want.READ]).answer, 0)
    const start = performance.now()
    const { answer, ready } = poll(g, 50, [reader, Want.READ])
    t.is(answer, 0)
    t.is(ready[0], 0)
    t.true(performance.now() - start >= 50)
    const both = poll(g, 1000, [reader, Want.READ], [writer, Want.WRITE])
    t.is(both.answer, 1)
    t.is(both.ready[0], 0)
    t.true(yes(both.ready[1]))
  },
  'poll returns as soon as a pipe has data': async (t, g) => {
    g.fifo('p')
    const reader = g.handle('p')
    g.handle('p', { access: 2 })
    const [, closed] = writeLater(g, 'p', 0.1, 'hello')
    const { answer, ready, bytes } = poll(g, 10_000, [reader, Want.READ])
    t.is(answer, 1)
    t.true(yes(ready[0]))
    t.is(bytes[0], 5)
    t.deepEqual(g.read(reader, 10), text('hello'))
    await closed
  },
  'poll reports the hangup of a pipe': (t, g) => {
    g.fifo('p')
    const reader = g.handle('p')
    const writer = g.handle('p', { access: 2 })
    t.is(g.close(writer), 0)
    const { answer, ready } = poll(g, 10_000, [reader, Want.READ])
    t.is(answer, 1)
    t.is(ready[0] & Ready.HANGUP, Ready.HANGUP)
  },
  'a read from a pipe waits for data': async (t, g) => {
    g.fifo('p')
    const reader = g.handle('p')
    g.handle('p', { access: 2 })
    const [, closed] = writeLater(g, 'p', 0.1, 'hello')
    t.deepEqual(g.read(reader, 10), text('hello'))
    await closed
  },
  'a read from an adopted pipe waits for data': async (t, g) => {
    g.fifo('p')
    const fd = fs.openSync(g.host('p'), fs.constants.O_RDWR)
    const [, closed] = writeLater(g, 'p', 0.1, 'hello')
    t.deepEqual(g.read(g.sys.adopt(fd), 10), text('hello'))
    fs.closeSync(fd)
    await closed
  },
  'poll of an adopted pipe in its other direction returns at once': (t, g) => {
    g.fifo('p')
    const both = fs.openSync(g.host('p'), fs.constants.O_RDWR | fs.constants.O_NONBLOCK)
    const ends = [fs.openSync(g.host('p'), 'r'), fs.openSync(g.host('p'), 'w')]
    const [reading, writing] = ends.map(fd => g.sys.adopt(fd))
    t.is(g.read(writing, 10), 'BADF')
    t.is(g.write(reading, 'hello'), 'BADF')
    g.sys.block.text.set(Buffer.from('hello'))
    t.is(resultOf(g.sys.writeText(reading, 5)), 'BADF')
    const { answer, ready } = poll(
      g,
      10_000,
      [writing, Want.READ],
      [reading, Want.WRITE],
      [reading, Want.READ],
    )
    t.true(Number(answer) >= 2, 'at once')
    t.deepEqual([resultOf(ready[0]), resultOf(ready[1])], ['BADF', 'BADF'])
    for (const fd of [both, ...ends]) fs.closeSync(fd)
  },
  'poll reports BADF for a direction that a file was not opened for': (t, g) => {
    g.file('f', 'hello')
    const [reading, writing] = [g.handle('f'), g.handle('f', { access: 2 })]
    const { answer, ready } = poll(
      g,
      10_000,
      [reading, Want.READ],
      [reading, Want.WRITE],
      [writing, Want.READ],
      [writing, Want.WRITE],
    )
    t.is(answer, 4)
    t.true(yes(ready[0]))
    t.deepEqual([resultOf(ready[1]), resultOf(ready[2])], ['BADF', 'BADF'])
    t.true(yes(ready[3]))
  },
  'a large write to an adopted pipe is written whole, as its reader takes it': async (t, g) => {
    g.fifo('p')
    const fd = fs.openSync(g.host('p'), fs.constants.O_RDWR)
    const counted = countLater(g, 'p', 0.2)
    const size = 1_000_000
    t.is(g.write(g.sys.adopt(fd), 'x'.repeat(size)), size)
    fs.closeSync(fd)
    t.is(await counted, size)
  },
  'a write to a full pipe returns AGAIN': (t, g) => {
    g.fifo('p')
    const pipe = g.handle('p', { access: BOTH, fdflags: Fdflags.NONBLOCK })
    let total = 0
    for (let answer: unknown = 0; typeof answer === 'number'; total += Number(answer) || 0)
      answer = g.write(pipe, 'x'.repeat(4096))
    t.true(total >= 4096)
    t.is(g.write(pipe, 'x'), 'AGAIN')
  },
}
