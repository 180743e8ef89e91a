/** Colours of a guest on a terminal that it cannot steer: the sequences that pass, and their end. */
import test from 'ava'
import { Errno } from '#lib/abi/errno.js'
import { Filetype } from '#lib/abi/values.js'
import { HostFile } from '#lib/fds/file.js'
import { PlainTerminal } from '#lib/fds/terminal.js'
import { limitsOf } from '#lib/limits.js'
import { GuestMemory } from '#lib/memory.js'
import { ColourFilter, longest, missingAt } from '#lib/stdio/colours.js'
import { Terminals } from '#lib/stdio/terminals.js'
import { Block } from '#lib/sys/block.js'
import type { Sys } from '#lib/sys/sys.js'

/** Biome refuses control characters in regular expressions. */
const marked = (text: string): string => text.replaceAll('\x1b', '^')
const filtered = (...pieces: string[]): string => {
  const filter = new ColourFilter(() => {})
  return pieces.map(piece => filter.filter(piece)).join('') + filter.end()
}
const sgr = (parameters: string): string => `\x1b[${parameters}m`

const harmless = [
  ...[
    '',
    '0',
    '1',
    '2',
    '3',
    '4',
    '5',
    '7',
    '9',
    '01;31',
    '1;31',
    ';31',
    '1;',
    '22;23;24;25;27;28;29',
  ],
  ...['30', '37', '39', '40', '47', '49', '90', '97', '100', '107', '21', '53;55', '59'],
  ...['38;5;8', '48;5;255', '38;2;8;8;8', '1;38;2;1;2;3;48;5;8;4', '38;5;8;48;5;8'],
  ...['38:5:8', '48:2:8:8:8', '38:2::8:8:8', '38:2:0:8:8:8', '58:5:8', '58:2::1:2:3', '4:3', '4:0'],
]
for (const parameters of harmless)
  test(`a colour passes: ESC [ ${parameters} m`, t => {
    t.true(filtered(`a${sgr(parameters)}b`).startsWith(`a${sgr(parameters)}b`))
  })

const refused = [
  // Text that is not seen, and its forms.
  ...[
    '8',
    '08',
    '008',
    '1;8',
    '8;1',
    '0;8',
    '8:1',
    '4;8;3',
    '38;5;1;8',
    '38;2;1;2;3;8',
    '48;5;8;8',
  ],
  // A terminal that does not know 58, or cuts a colour short, takes what follows for parameters.
  ...[
    '58',
    '58;5;9',
    '58;2;1;2;3',
    '58;5;8',
    '58;2;8;8;8',
    '58;8',
    '38;8',
    '38',
    '38;5',
    '38;2;8;8',
    '38;5;;8',
    '38;1;8',
    '38;5;256',
    '38;5;1:8',
  ],
  // Fonts and the console's modes, proportional spacing, frames, and what is not known.
  ...[
    '10',
    '11',
    '12',
    '19',
    '20',
    '26',
    '50',
    '51',
    '52',
    '54',
    '60',
    '65',
    '73',
    '74',
    '75',
    '98',
    '108',
    '255',
  ],
  ...[
    '99999999999',
    '38:5:256',
    '38:2:1:2',
    '38:6:1',
    '4:6',
    '4:',
    ':',
    '1:1',
    '58:2:1:2',
    '38:5:1:2',
  ],
  ...[Array(17).fill('1').join(';'), '0'.repeat(longest)],
  // Another command with the same last character, or no parameters of SGR at all.
  ...[
    '>4;2',
    '?4',
    '=1',
    '<1',
    '1 ',
    '1!',
    '1"',
    '1$',
    "1'",
    '1\x1b',
    '1\x07',
    '1\x18',
    '1\x7f',
    '1\n',
    '１',
    '-1',
    '1,2',
  ],
]
for (const parameters of refused)
  test(`what is no harmless colour is shown: ESC [ ${JSON.stringify(parameters)} m`, t => {
    t.false(filtered(`a${sgr(parameters)}b`).includes('\x1b'))
  })

test('sequences of other kinds are shown, with 7 bits and with 8', t => {
  for (const text of [
    '\x1b[2J',
    '\x1b[31H',
    '\x1b]0;m\x07',
    '\x1bP1m',
    '\x1bc',
    '\x1b(0m',
    '\x1b#8',
    '\x1b[[31',
    '\x1b\x1b',
    '\u009b31m',
  ])
    t.deepEqual(
      ['\x1b', '\x07', '\u009b'].filter(control => filtered(text).includes(control)),
      [],
      JSON.stringify(text),
    )
  t.is(filtered('\x1b\x1b[31mx'), '␛\x1b[31mx\x1b[0m')
  t.is(filtered('\x1b[3\x1b[31mx'), '␛[3\x1b[31mx\x1b[0m')
  t.is(filtered('\x1b[3\x1b[2J'), '␛[3␛[2J')
})

test('a text in pieces is filtered as the whole, wherever it is cut', t => {
  const text = 'a\x1b[1;31mred\x1b[0m\x1b[2J\x1b\x1b[38;5;8mx\x1b[8m\x1b[0mé\x1b['
  const whole = filtered(text)
  t.is(whole, 'a\x1b[1;31mred\x1b[0m␛[2J␛\x1b[38;5;8mx␛[8m\x1b[0mé␛[')
  for (let i = 0; i <= text.length; i++)
    for (let j = i; j <= text.length; j++)
      t.is(filtered(text.slice(0, i), text.slice(i, j), text.slice(j)), whole, `${i} ${j}`)
  t.is(filtered(...text), whole)
})

test('no more of a sequence is held back than one may have, and none is written in parts', t => {
  const filter = new ColourFilter(() => {})
  let written = ''
  for (let i = 0; i < 1000; i++) {
    written += filter.filter(i === 0 ? '\x1b[' : '1')
    t.true(2 + i - written.length <= longest, `${i}`)
  }
  t.false(written.includes('\x1b'))
  const parts = new ColourFilter(() => {})
  for (const unit of '\x1b[38;2;1;2;3mx')
    t.true(['', '\x1b[38;2;1;2;3m', 'x'].includes(parts.filter(unit)))
})

test('a reset follows colours that are on, once', t => {
  let times = 0
  const filter = new ColourFilter(() => times++)
  t.is(filter.end(), '')
  filter.filter('\x1b[31m\x1b[1mx')
  t.is(times, 1)
  t.is(filter.end(), '\x1b[0m')
  t.is(filter.end(), '')
  filter.filter('\x1b[31mx\x1b[m')
  t.is(filter.end(), '')
  filter.filter('\x1b[31mx\x1b[3')
  t.is(filter.end(), '␛[3\x1b[0m')
})

/**
 * Tells if a terminal hides text at these parameters.
 * @param knows58 false for a terminal that takes what follows 58 for parameters of their own
 */
function hides(parameters: string, knows58: boolean): boolean {
  const all = parameters.split(';')
  for (let i = 0; i < all.length; i++) {
    if (all[i].includes(':')) continue
    const code = Number(all[i])
    if (code === 8) return true
    if (code === 38 || code === 48 || (code === 58 && knows58))
      i += Number(all[i + 1]) === 5 ? 2 : Number(all[i + 1]) === 2 ? 4 : 0
  }
  return false
}

test('whatever is written, in whichever pieces, only sequences that hide nothing reach the terminal', t => {
  let state = 1
  const random = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return (state >>> 8) % below
  }
  const parts = [
    '\x1b',
    '\x1b[',
    '[',
    'm',
    ';',
    ':',
    '38',
    '48',
    '58',
    '5',
    '2',
    '8',
    '0',
    '31',
    'x',
    '1',
    'J',
    '\u009b',
    '?',
  ]
  let passed = 0
  for (let run = 0; run < 50_000; run++) {
    const pieces = Array.from({ length: 1 + random(4) }, () =>
      Array.from({ length: random(7) }, () => parts[random(parts.length)]).join(''),
    )
    const shown = marked(filtered(...pieces))
    const rest = shown.replace(/\^\[([\d;:]*)m/g, (_, parameters: string) => {
      passed++
      if (hides(parameters, true) || hides(parameters, false)) t.fail(`${parameters}`)
      return ''
    })
    if (/[\^\u009b]/.test(rest)) t.fail(JSON.stringify(pieces))
  }
  t.true(passed > 1000, `${passed}`)
})

test('a large text of colours takes time in proportion', t => {
  const start = performance.now()
  const text = '\x1b[31mx\x1b[0m'.repeat(100_000) + '\x1b'.repeat(100_000) + '\x1b['.repeat(100_000)
  const shown = filtered(text)
  t.is(shown.split('\x1b').length - 1, 200_000)
  t.true(performance.now() - start < 5000)
})

test('missingAt counts the bytes of a sequence behind a cut', t => {
  const bytes = Buffer.from('ab\x1b[31mcdm\x1b[0m')
  t.deepEqual(
    Array.from({ length: bytes.length + 1 }, (_, at) => missingAt(bytes, at)),
    [0, 0, 0, 4, 3, 2, 1, 0, 0, 0, 0, 3, 2, 1, 0],
  )
})

/** A terminal that takes so many bytes of a write, or none and is not waited for. */
function terminal(takes: () => number): {
  plain: PlainTerminal
  shown(): string
  say(text: string): number
  terminals: Terminals
} {
  let shown = ''
  const block = new Block()
  const sys = {
    block,
    bind() {},
    close: () => 0,
    writeText(_: number, length: number) {
      const most = Math.min(takes(), length)
      if (most === 0) return -Errno.AGAIN
      shown += Buffer.from(block.text.subarray(0, most)).toString('latin1')
      return most
    },
  } as unknown as Sys
  const memory = new GuestMemory(sys, limitsOf(undefined))
  const buffer = new WebAssembly.Memory({ initial: 1 })
  memory.bind(buffer)
  const traits = {
    filetype: Filetype.CHARACTER_DEVICE,
    fdflags: 0,
    fitting: 0,
    base: 0,
    inheriting: 0,
  }
  const terminals = new Terminals()
  const plain = new PlainTerminal(new HostFile(sys, 5, traits as never), memory, terminals)
  const say = (text: string): number => {
    const bytes = Buffer.from(text)
    new Uint8Array(buffer.buffer).set(bytes, 0)
    block.spans.set([0, bytes.length])
    return plain.writev(1)
  }
  return { plain, shown: () => shown, say, terminals }
}

test('a terminal without room is left between sequences, never in one', t => {
  // One byte at a time, and nothing at every other attempt, as a guest that does not wait meets it.
  let attempts = 0
  const { shown, say } = terminal(() => attempts++ % 2)
  for (let i = 0; i < 40; i++) {
    say(i === 0 ? 'ab\x1b[38;5;9mcd\x1b[0mef' : '')
    t.regex(marked(shown()), /^(?:[a-f]|\^\[[\d;]*m)*$/, `after ${i}`)
  }
  t.is(shown(), 'ab\x1b[38;5;9mcd\x1b[0mef')
})

test('a terminal that the guest closes is reset before', t => {
  const { plain, shown, say, terminals } = terminal(() => 1000)
  t.is(say('\x1b[31mred\x1b[8m'), 12)
  plain.close()
  terminals.reset()
  t.is(shown(), '\x1b[31mredâ\x90\x9b[8m\x1b[0m')
})

test('a terminal that takes nothing is given up at the end of its guest', t => {
  let room = 1000
  const { say, shown, terminals } = terminal(() => room)
  say('\x1b[31m')
  room = 0
  const start = performance.now()
  terminals.reset()
  t.true(performance.now() - start < 10_000)
  t.is(shown(), '\x1b[31m')
})
