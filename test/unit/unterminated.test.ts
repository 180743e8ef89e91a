/** The state of the line that a guest has left where its trace is written. */
import test from 'ava'
import {
  newOpenLine,
  outputsOf,
  PendingWrites,
  setOpen,
  takeOpen,
  writing,
} from '#lib/observe/unterminated.js'

const [letter, newline] = Buffer.from('a\n')

test('a line is ended once', t => {
  const line = newOpenLine([1, 2])
  t.deepEqual(outputsOf(line), [1, 2])
  t.false(takeOpen(line))
  setOpen(line, letter)
  t.true(takeOpen(line))
  t.false(takeOpen(line))
  setOpen(line, newline)
  t.false(takeOpen(line))
})

test('while a write is under way each line of the trace begins a new one', t => {
  const line = newOpenLine([2])
  const end = writing(line, 2)
  t.true(takeOpen(line))
  t.true(takeOpen(line), 'the bytes may have come after the first')
  end?.(newline)
  t.false(takeOpen(line))
  writing(line, 2)?.(undefined)
  t.false(takeOpen(line), 'nothing was written')
  t.is(writing(line, 1), undefined)
})

test('of writes that overlap, each must end a line', t => {
  const line = newOpenLine([1, 2])
  const writes = new PendingWrites(line)
  for (const [one, other, open] of [
    [newline, newline, false],
    [letter, newline, true],
    [newline, letter, true],
    [undefined, newline, true],
  ] as const) {
    const ends = [writes.begin(), writes.begin()]
    t.true(takeOpen(line))
    ends[0](one)
    t.true(takeOpen(line), 'the other one is under way')
    ends[1](other)
    t.is(takeOpen(line), open, `${one} ${other}`)
  }
  writes.begin()(newline)
  t.false(takeOpen(line), 'those before count no more')
})
