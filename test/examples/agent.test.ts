/** examples/agent/: what each step of its transcript gives, and transcripts that are wrong. */
import { spawnSync } from 'node:child_process'
import test from 'ava'
import { folder } from './program.js'

interface Result {
  tool: string
  exitCode: number | null
  stdout: string
  stderr: string
  truncated: boolean
  error: { code?: string; message: string } | null
  files: { made: string[]; written: string[]; removed: string[] }
}

/** Runs main.js with a transcript on standard input, or with arguments. */
const main = (input: string, args: readonly string[] = []) =>
  spawnSync(process.execPath, ['agent/main.js', ...args], {
    cwd: folder,
    encoding: 'utf8',
    input,
    timeout: 100_000,
  })

/** The results of steps. */
function execute(steps: readonly object[]): Result[] {
  const { status, stdout, stderr } = main(JSON.stringify(steps))
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

test('examples/agent/ runs its transcript', t => {
  t.timeout(120_000)
  const { status, stdout, stderr } = main('', ['agent/transcript.json'])
  t.is(status, 0, stderr)
  const results: Result[] = JSON.parse(stdout)
  const files = { made: [], written: [], removed: [] }
  const good = { exitCode: 0, stdout: '', stderr: '', truncated: false, error: null, files }
  const [write, python, javascript, read, endless, hoard, big, loop, outside] = results
  t.is(results.length, 9)
  t.deepEqual(write, { ...good, tool: 'write', files: { ...files, made: ['sales.csv'] } })
  t.deepEqual(python, {
    ...good,
    tool: 'python',
    stdout: '2 regions\n',
    files: { ...files, made: ['totals.json'] },
  })
  t.deepEqual(javascript, {
    ...good,
    tool: 'javascript',
    stdout: '["sales.csv","totals.json","report.md"]\n',
    files: { ...files, made: ['report.md'] },
  })
  t.deepEqual(read, { ...good, tool: 'read', stdout: '- north: 160\n- south: 80\n' })
  t.like(endless, { exitCode: null, stdout: 'before\n', error: { code: 'ERR_WASI_TIMEOUT' } })
  t.is(hoard?.exitCode, 1)
  t.regex(hoard?.stderr ?? '', /\nMemoryError\n$/)
  t.is(big?.exitCode, 1)
  t.regex(big?.stderr ?? '', /No space left on device\n$/)
  t.like(loop, { exitCode: null, error: { code: 'ERR_WASI_TIMEOUT' } })
  t.like(outside, { exitCode: null, error: { code: 'ERR_INVALID_ARG_VALUE' } })
})

test('JavaScript of an agent has limits and no host', t => {
  t.timeout(120_000)
  const javascript = (code: string) => ({ tool: 'javascript', code })
  const [globals, missing, hoard, deep, flood, thrown, late, endless, removed, python] = execute([
    javascript('writeFile("a", "x"); console.log(typeof process, typeof require, typeof fetch)'),
    javascript('try { readFile("b") } catch (error) { console.log(error.message, error.stack) }'),
    javascript('const hoard = []; for (;;) hoard.push(new Array(1e6).fill(0))'),
    javascript('function f() { return f() + 1 } f()'),
    javascript('for (let i = 0; i < 1e5; i++) console.log("x".repeat(1000))'),
    javascript('console.error("first"); throw new TypeError("oops")'),
    javascript('await Promise.resolve(); console.log("later"); throw new RangeError("late")'),
    { ...javascript('const f = () => Promise.resolve().then(f); f()'), timeout: 500 },
    javascript('removeFile("a"); writeFile("constructor", "2"); writeFile("__proto__", "3")'),
    { tool: 'python', code: 'import os; print(sorted(os.listdir("/")), open("__proto__").read())' },
  ])
  t.like(globals, { exitCode: 0, stdout: 'undefined undefined undefined\n' })
  t.deepEqual(globals?.files, { made: ['a'], written: [], removed: [] })
  t.regex(missing?.stdout ?? '', /^ENOENT: no such file: b\s/)
  t.notRegex(missing?.stdout ?? '', /file:\/\/|node:/, 'no stack of the host')
  t.is(hoard?.exitCode, 1)
  t.regex(hoard?.stderr ?? '', /^InternalError: out of memory\n/)
  t.is(deep?.exitCode, 1)
  t.regex(deep?.stderr ?? '', /^RangeError: Maximum call stack size exceeded\n/)
  t.like(flood, { truncated: true })
  t.is(flood?.stdout.length, 2 ** 16)
  t.is(thrown?.exitCode, 1)
  t.regex(thrown?.stderr ?? '', /^first\nTypeError: oops\n {4}at <eval> \(step\.js:1:\d+\)\n$/)
  t.like(late, { exitCode: 1, stdout: 'later\n' })
  t.regex(late?.stderr ?? '', /^RangeError: late\n/)
  t.like(endless, { exitCode: null, error: { code: 'ERR_WASI_TIMEOUT' } })
  t.deepEqual(removed?.files, {
    made: ['constructor', '__proto__'],
    written: [],
    removed: ['a'],
  })
  t.like(python, { exitCode: 0, stdout: "['__proto__', 'constructor'] 3\n" })
})

test('output of an agent is printed as ASCII', t => {
  const code = 'import sys; sys.stdout.buffer.write(b"\\x1b[2J\\xc2\\x9b \\xe2\\x80\\xae")'
  const { stdout } = main(JSON.stringify([{ tool: 'python', code }]))
  t.regex(stdout, /^[\n -~]*$/)
  t.is(JSON.parse(stdout)[0].stdout, '\u001b[2J\u009b \u202e')
})

const python = { tool: 'python', code: '1' }
for (const [title, transcript, message] of [
  ['is no list', '{}', 'the transcript: expected an array of steps, received object'],
  ['is no JSON', '[\u001b', 'Unexpected token'],
  [
    'has 101 steps',
    JSON.stringify(Array(101).fill(python)),
    'the transcript: expected at most 100 steps, received 101',
  ],
  ['has no object', '[1]', 'step 1: expected an object, received number'],
  [
    'has an unknown tool',
    JSON.stringify([python, { tool: 'r\u009bby' }]),
    'step 2: tool: expected one of write, read, python, javascript, received "r\\u009bby"',
  ],
  [
    'has a tool in a list',
    '[{"tool":["python"],"code":"1"}]',
    'step 1: tool: expected one of write, read, python, javascript, received object',
  ],
  [
    'has an unknown field',
    JSON.stringify([python, { ...python, file: 'a' }]),
    'step 2: "file": python has code, timeout',
  ],
  [
    'lacks a field',
    '[{"tool":"write","path":"a"}]',
    'step 1: text: expected a string, received undefined',
  ],
  [
    'has a field of another type',
    '[{"tool":"python","code":1}]',
    'step 1: code: expected a string, received number',
  ],
  [
    'has too much code',
    JSON.stringify([{ tool: 'python', code: ' '.repeat(2 ** 20 + 1) }]),
    'step 1: code: expected at most 1048576 characters, received 1048577',
  ],
  [
    'has a timeout beyond the limit',
    JSON.stringify([{ ...python, timeout: 30_001 }]),
    'step 1: timeout: expected milliseconds from 1 to 30000, received 30001',
  ],
] as const)
  test(`a transcript that ${title} is refused before its first step`, t => {
    const { status, stdout, stderr } = main(transcript)
    t.is(status, 2)
    t.is(stdout, '')
    t.true(stderr.startsWith(`-: ${message}`), stderr)
    t.regex(stderr, /^[\n -~]*$/)
  })
