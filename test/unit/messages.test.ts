/** The messages for wrong options: each lists what its option accepts. */
import test from 'ava'
import { createGuest, run, WASI } from 'wasi-common'
import { guestTable, wasiTable } from '#lib/options/table.js'
import { runTable } from '#lib/run/table.js'
import { command } from '../wasm.js'

const boolean = 'of type boolean'
const callback = 'of type function'
const integer = (least: number, most: number): string => `an integer from ${least} to ${most}`
const input = "'inherit', 'ignore', a file descriptor, a function, an iterable or bytes"
const output = "'inherit', 'ignore', a file descriptor, a function or an object with a write method"
const capture =
  "'inherit', 'ignore', 'capture', a file descriptor, a function or an object with a write method"

/** The values of each option, in the words of its message. A new option needs a line. */
const ofGuests: Readonly<Record<keyof typeof guestTable | keyof typeof wasiTable, string>> = {
  version: "'preview1' or 'unstable'",
  // Those of node:wasi, in its words.
  args: 'an instance of Array',
  env: 'of type object',
  preopens: 'of type object',
  stdin: input,
  stdout: output,
  stderr: output,
  input: 'a string or bytes',
  backend: "one of: 'auto', 'native', 'typescript'",
  strict: boolean,
  listen: 'an instance of Array',
  allowUnsafePreopen: boolean,
  allowPublicListen: boolean,
  allowTerminalEscapes: boolean,
  rights: "one of: 'enforce', 'access'",
  limits: 'of type object',
  trace: callback,
  traceFormat: "one of: 'text', 'json', 'perfetto'",
  traceFilter: 'an instance of Array',
  traceTimes: boolean,
  metrics: boolean,
  clocks: 'of type object',
  sleep: callback,
  random: callback,
  seed: integer(0, Number.MAX_SAFE_INTEGER),
  deterministic: 'of type boolean or object',
  onUnexpected: callback,
  returnOnExit: boolean,
}
const ofRuns: Readonly<Record<keyof typeof runTable, string>> = {
  threads: integer(0, 1024),
  isolation: "one of: 'worker', 'process'",
  osSandbox: "one of: 'require', 'best-effort'",
  execPath: 'an absolute path without NUL characters',
  maxMemory: integer(0, 2 ** 32),
  maxTableElements: integer(0, 10_000_000),
  maxStack: integer(2 ** 18, 2 ** 28),
  timeout: integer(1, 2 ** 31 - 1),
  signal: 'an instance of AbortSignal',
  imports: 'a path, or a file: URL as a string or an instance of URL',
  cache: 'false or the path of a folder',
  invoke: 'of type string',
  onListening: callback,
  encoding: "one of: 'utf8', 'buffer'",
  maxOutput: integer(0, 2 ** 31 - 1),
  stdin:
    "'inherit', 'ignore', a file descriptor, a function, an iterable, an asynchronous iterable or bytes",
  stdout: capture,
  stderr: capture,
  input: 'a string or bytes',
}

const version = 'preview1'
/** The option as messages name it, the values that it may be, and the wrong one. */
const expected = (name: string, values: string, value: string): RegExp =>
  new RegExp(
    `options\\.${name}["'] (property )?must be ${values.replaceAll(/[.|]/g, '\\$&')}\\. Received ${value}`,
  )

for (const name of Object.keys({ ...guestTable, ...wasiTable }) as (keyof typeof ofGuests)[])
  test(`options.${name} of a guest: the message for null lists what is accepted`, t => {
    const options = { version, [name]: null } as never
    const make = name in wasiTable ? () => new WASI(options) : () => createGuest(options)
    t.throws(make, { instanceOf: TypeError, message: expected(name, ofGuests[name], 'null') })
  })
for (const name of Object.keys(runTable) as (keyof typeof ofRuns)[])
  test(`options.${name} of a run: the message for null lists what is accepted`, t =>
    t.throwsAsync(run(command([]), { [name]: null } as never), {
      instanceOf: TypeError,
      message: expected(name, ofRuns[name], 'null'),
    }))

test('a word that is none of a stream is an error, in any letter case', async t => {
  for (const word of ['Inherit', 'IGNORE', 'pipe', 'overlapped', 'captured', '', '0', ' ignore']) {
    const code = 'ERR_INVALID_ARG_VALUE'
    for (const name of ['stdin', 'stdout', 'stderr']) {
      t.throws(() => createGuest({ version, [name]: word }), { code })
      t.throws(() => new WASI({ version, [name]: word }), { code })
      await t.throwsAsync(run(command([]), { [name]: word }), { code })
    }
  }
})

test('stdin and input together are an error at each door, also where stdin is ignored', async t => {
  for (const stdin of ['ignore', 'inherit', 0, null] as const) {
    const both = { stdin, input: '' } as never
    const error = { code: /^ERR_INVALID_ARG_(VALUE|TYPE)$/, message: /options\.(input|stdin)/ }
    const codeOf = (thrown: unknown): string => (thrown as { code: string }).code
    t.regex(codeOf(t.throws(() => createGuest({ version, ...(both as object) }))), error.code)
    t.regex(codeOf(t.throws(() => new WASI({ version, ...(both as object) }))), error.code)
    t.regex(codeOf(await t.throwsAsync(run(command([]), both))), error.code)
  }
  t.notThrows(() => createGuest({ version, stdin: undefined, input: '' }).close())
  t.notThrows(() => createGuest({ version, stdin: 'ignore', input: undefined }).close())
})
