/** The words of the command: programs without `run`, suggestions, help, exit codes and colours. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import test from 'ava'
import { coloured, isColoured } from '#lib/cli/colour.js'
import { exitCodes } from '#lib/cli/exit-codes.js'
import { usages } from '#lib/cli/flags.js'
import { help } from '#lib/cli/help.js'
import { flagWords } from '#lib/cli/words.js'
import { call, command, drop, forever, load, store, trap, write } from '../wasm.js'

const main = fileURLToPath(import.meta.resolve('#bundle/cli.js'))
const folder = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-')))
test.after.always(() => fs.rmSync(folder, { recursive: true, force: true }))

/** Writes its arguments, each ended by NUL. */
const args = command([
  drop(call('args_sizes_get', 0x10, 0x14)),
  drop(call('args_get', 0x100, 0x1000)),
  ...write(1, 0x1000, load(0x14)),
])
/** Exits with the errno of the first preopen: 8 without one. */
const prestat = command([call('proc_exit', call('fd_prestat_get', 3, 0x40))])
for (const [name, bytes] of Object.entries({
  'args.wasm': args,
  'prestat.wasm': prestat,
  'traps.wasm': command([trap]),
  'loops.wasm': command([forever]),
  'raises.wasm': command([drop(call('proc_raise', 15))]),
  run: args,
  completion: args,
  plain: args,
  '4': args,
}))
  fs.writeFileSync(join(folder, name), bytes)
const exits = (code: number): string => {
  const name = `exit-${code}.wasm`
  fs.writeFileSync(join(folder, name), command([store(0x40, 0), call('proc_exit', code)]))
  return name
}

function run(words: readonly string[], env: Record<string, string> = {}) {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [main, ...words], {
    ...{ cwd: folder, env: { PATH: process.env.PATH, ...env }, timeout: 60_000, encoding: 'utf8' },
  })
  return { status, signal, stdout, stderr }
}
const zeros = (...words: string[]): string => words.map(word => `${word}\0`).join('')

for (const words of [[], ['run']]) {
  const title = words.length === 0 ? 'without run' : 'with run'
  test(`a program runs with its arguments ${title}`, t => {
    t.like(run([...words, 'args.wasm', 'one', '--dir', '-h']), {
      status: 0,
      stdout: zeros('args.wasm', 'one', '--dir', '-h'),
      stderr: '',
    })
    t.is(run([...words, './args.wasm']).stdout, zeros('./args.wasm'))
    t.is(run([...words, '--', 'args.wasm', 'run']).stdout, zeros('args.wasm', 'run'))
  })
  test(`options before a program are those of run ${title}`, t => {
    t.is(run([...words, '--dir', '.', 'prestat.wasm']).status, 0)
    t.is(run([...words, '--dir=.', '-W', 'timeout=30s', 'prestat.wasm']).status, 0)
    t.is(run([...words, 'prestat.wasm']).status, 8)
  })
  test(`a program is read from standard input ${title}`, t => {
    const { status } = spawnSync(process.execPath, [main, ...words, '-'], { input: prestat })
    t.is(status, 8)
  })
}

test('a file named like a command is reached by a path', t => {
  for (const name of ['run', 'completion']) {
    t.is(run([`./${name}`, 'a']).stdout, zeros(`./${name}`, 'a'))
    t.is(run(['run', name, 'a']).stdout, zeros(name, 'a'))
    t.is(run(['--', name, 'a']).stdout, zeros(name, 'a'))
  }
})

test('a first word that is neither a command nor a file is an error that says so', t => {
  for (const [words, hint] of [
    [['rnu', 'x.wasm'], 'did you mean wasi-common run x.wasm?'],
    [['rn', 'a', 'b', 'c', 'd'], 'did you mean wasi-common run a b c ...?'],
    [['compltion', 'bash'], 'did you mean wasi-common completion bash?'],
    [['walk'], 'try wasi-common --help'],
    [['program.wasm'], 'try wasi-common --help'],
    [['--strict', 'rnu'], 'try wasi-common --help'],
  ] as const) {
    const missing = words[0] === '--strict' ? words[1] : words[0]
    t.like(run(words), {
      status: 1,
      stdout: '',
      stderr: `wasi-common: ${missing}: no such file or command\n  ${hint}\n`,
    })
  }
})

test('without words the command prints its usage as an error', t => {
  const { status, stdout, stderr } = run([])
  t.deepEqual([status, stdout], [2, ''])
  t.regex(stderr, /^Usage: wasi-common \[options\] program\.wasm \[arguments\]\n/)
  t.true(stderr.includes('wasi-common --help'))
  t.true(stderr.split('\n').every(line => line.length <= 80))
})

const suggestions: readonly (readonly [words: readonly string[], told: string])[] = [
  [['--dri', '.'], '--dri: unknown option\n  did you mean --dir HOST[::GUEST[::ro|rw]]?'],
  [['--strcit'], '--strcit: unknown option\n  did you mean --strict?'],
  [['--trace-sum'], '--trace-sum: unknown option\n  did you mean --trace-summary?'],
  [['--Env', 'A'], '--Env: unknown option\n  did you mean --env NAME[=VALUE]?'],
  [['--versoin'], '--versoin: unknown option\n  did you mean --version?'],
  [['--hlep'], '--hlep: unknown option\n  did you mean --help?'],
  ...['--mapdir', '--mount', '--volume', '-v'].map(
    flag => [[flag, 'a:b'], `${flag}: unknown option\n  did you mean --dir HOST::GUEST?`] as const,
  ),
  [['--mapdir=a'], '--mapdir: unknown option\n  did you mean --dir HOST::GUEST?'],
  [['-v/a:/b'], '-v: unknown option\n  did you mean --dir HOST::GUEST?'],
  [['--timeout', '2'], '--timeout: unknown option\n  did you mean -W timeout=TIME?'],
  [['--timout=2'], '--timout: unknown option\n  did you mean -W timeout=TIME?'],
  ...['--memory', '--max-memory', '--max-memory-size', '-m'].map(
    flag =>
      [[flag, '1'], `${flag}: unknown option\n  did you mean -W max-memory-size=SIZE?`] as const,
  ),
  [['--wall', 'x'], '--wall: unknown option\n  did you mean --os-sandbox NAME?'],
  [['-W', 'timout=2s'], "-W timout=2s: unknown name 'timout'\n  did you mean -W timeout=TIME?"],
  [
    ['-W', 'memory=1g'],
    "-W memory=1g: unknown name 'memory'\n  did you mean -W max-memory-size=SIZE?",
  ],
  [['-W', 'timeout'], '-W timeout: missing value\n  expected -W timeout=TIME'],
  [
    ['-W', 'fuel=1'],
    "-W fuel=1: unknown name 'fuel'\n  expected one of max-memory-size=SIZE, max-table-elements=N, max-wasm-stack=SIZE, timeout=TIME",
  ],
  [['-x'], '-x: unknown option\n  try wasi-common --help'],
  [
    [`--${'x'.repeat(100_000)}`],
    `--${'x'.repeat(100_000)}: unknown option\n  try wasi-common --help`,
  ],
  [['--quite-another-thing'], '--quite-another-thing: unknown option\n  try wasi-common --help'],
  [['--strict=yes'], '--strict: this option takes no argument\n  try wasi-common --help'],
  [['--env'], '--env: missing argument\n  expected --env NAME[=VALUE]'],
  [
    ['-W'],
    '-W: missing argument\n  expected one of max-memory-size=SIZE, max-table-elements=N, max-wasm-stack=SIZE, timeout=TIME',
  ],
  [
    ['completion'],
    'completion: expected bash, zsh or fish\n  as in: source <(wasi-common completion bash)',
  ],
  [
    ['completion', 'fihs'],
    'completion fihs: expected bash, zsh or fish\n  did you mean wasi-common completion fish?',
  ],
  [
    ['completion', 'toString'],
    'completion toString: expected bash, zsh or fish\n  as in: source <(wasi-common completion bash)',
  ],
]
for (const [words, told] of suggestions)
  test(`a mistake is told with what may be meant: ${words.join(' ').slice(0, 40)}`, t => {
    const more = words[0] === 'completion' || words.length === 1 ? [] : ['args.wasm']
    t.like(run([...words, ...more]), { status: 2, stdout: '', stderr: `wasi-common: ${told}\n` })
  })

test('an argument of an option that may do without is no program', t => {
  for (const [flag, argument] of [
    ['--threads', '4'],
    ['--threads', 'plain'],
    ['--trace', 'plain'],
    ['--deterministic', '2025-01-01'],
  ]) {
    t.like(run([flag, argument, 'args.wasm']), {
      status: 2,
      stdout: '',
      stderr: `wasi-common: ${flag} ${argument}: expected an equals sign before the argument\n  write ${flag}=${argument}, or ${flag} -- ${argument} if that is the program\n`,
    })
    t.is(run(['run', flag, argument]).status, 2)
  }
  t.is(run(['--threads=4', 'args.wasm']).stdout, zeros('args.wasm'))
  t.is(run(['--threads', 'args.wasm']).stdout, zeros('args.wasm'))
  t.is(run(['--trace', '--', 'plain']).stdout, zeros('plain'))
  t.is(run(['--trace', '--strict', 'plain']).stdout, zeros('plain'))
  t.is(run(['4', 'a']).stdout, zeros('4', 'a'))
})

test('help lists every option in 80 columns, and no escapes in a pipe', t => {
  for (const words of [['--help'], ['-h'], ['run', '--help'], ['--dir', '.', '--help', 'x']]) {
    const { status, stdout, stderr } = run(words)
    t.deepEqual([status, stderr], [0, ''])
    t.deepEqual(
      stdout.split('\n').filter(line => line.length > 80),
      [],
    )
    for (const usage of Object.keys(flagWords)) t.true(stdout.includes(`\n  ${usage}`), usage)
    for (const [code] of exitCodes) t.true(stdout.includes(`\n  ${code} `), code)
    t.is(stdout, help(-1))
    t.false(stdout.includes('\x1b'))
  }
  t.true(usages.length > 20)
})

test('each exit code is what the help says', t => {
  for (const code of [0, 1, 2, 124, 255]) t.is(run([exits(code)]).status, code)
  for (const options of [[], ['-W', 'timeout=30s'], ['--threads'], ['--invoke', '_start']])
    t.is(run([...options, 'traps.wasm']).status, 134, `${options}`)
  t.is(run(['missing.wasm']).status, 1)
  t.is(run(['--nope']).status, 2)
  t.is(run(['-W', 'timeout=100ms', 'loops.wasm']).status, 124)
  t.is(run(['raises.wasm']).status, 128 + 15)
  for (const [signal, code, ...options] of [
    ['INT', 130],
    ['INT', 130, '-W', 'timeout=1m'],
    ['TERM', 143],
  ]) {
    const script = `"$@" & sleep 1; kill -${signal} $!; wait $!`
    const words = [
      '-mc',
      script,
      'bash',
      process.execPath,
      main,
      ...options.map(String),
      'loops.wasm',
    ]
    t.is(spawnSync('bash', words, { cwd: folder }).status, Number(code), `${signal} ${options}`)
  }
})

test('colours follow NO_COLOR, FORCE_COLOR and the terminal', t => {
  t.false(isColoured(-1, {}))
  t.true(isColoured(-1, { FORCE_COLOR: '1', NO_COLOR: '1' }))
  t.true(isColoured(-1, { FORCE_COLOR: '' }))
  t.false(isColoured(1, { FORCE_COLOR: '0' }))
  t.false(isColoured(1, { NO_COLOR: '1' }))
  t.is(coloured('red', 'x'), '\x1b[31mx\x1b[39m')
  const plain = run(['--nope'])
  const forced = run(['--nope'], { FORCE_COLOR: '1' })
  t.false(plain.stderr.includes('\x1b'))
  t.true(forced.stderr.startsWith('\x1b['))
  t.is(stripVTControlCharacters(forced.stderr), plain.stderr)
  const text = run(['--help'], { FORCE_COLOR: '1' }).stdout
  t.true(text.includes('\x1b[1mUsage:\x1b[22m'))
  t.is(stripVTControlCharacters(text), help(-1))
})

test('colours are on in a terminal, unless NO_COLOR is set', t => {
  const shown = (env: Record<string, string>): string => {
    const script = 'import pty, sys; pty.spawn(sys.argv[1:])'
    const words = ['-c', script, process.execPath, main, '--nope']
    return spawnSync('python3', words, {
      env: { PATH: process.env.PATH, TERM: 'xterm', ...env },
    }).stdout.toString()
  }
  t.true(shown({}).startsWith('\x1b['))
  t.false(shown({ NO_COLOR: '1' }).includes('\x1b'))
  t.false(shown({ TERM: 'dumb' }).includes('\x1b'))
})
