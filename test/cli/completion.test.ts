/** The completion scripts, each in its shell, and the pages that are made of the same rows. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { completedAmounts, completedFlags, type Shell, shells } from '#lib/cli/completion/flags.js'
import { flagWords } from '#lib/cli/words.js'
import { pages } from '../unit/command-page.js'

const main = fileURLToPath(import.meta.resolve('#bundle/cli.js'))
const folder = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-')))
test.after.always(() => fs.rmSync(folder, { recursive: true, force: true }))
for (const name of ['one.wasm', 'other.wasm', 'with space.wasm', 'notes.txt'])
  fs.writeFileSync(join(folder, name), '')
fs.mkdirSync(join(folder, 'orders'))

const scriptOf = (shell: Shell): string => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'completion', shell], {
    encoding: 'utf8',
  })
  if (status !== 0 || stderr !== '') throw new Error(`${status} ${stderr}`)
  return stdout
}
for (const shell of shells) fs.writeFileSync(join(folder, `script.${shell}`), scriptOf(shell))

/** On Windows they are those of other environments, with paths of their own. */
const has = (program: string): boolean =>
  process.platform !== 'win32' && spawnSync(program, ['-c', 'true']).error === undefined
const inShell = (shell: Shell, title: string, body: (t: ExecutionContext) => void): void => {
  if (has(shell)) test(`${shell}: ${title}`, body)
  else test.skip(`${shell}: ${title} [${shell} is not installed]`, () => {})
}

const flags = completedFlags.map(({ flag }) => flag)

for (const shell of shells) {
  test(`the script for ${shell} has each flag, each of their words and each limit`, t => {
    const script = scriptOf(shell)
    for (const { flag, words } of completedFlags) {
      const name = shell === 'fish' ? ` -l ${flag.slice(2)} ` : flag
      t.true(script.includes(name), flag)
      t.true(script.includes(words.join(' ')), flag)
    }
    for (const { name } of completedAmounts) t.true(script.includes(name), name)
    t.is(flags.length + completedAmounts.length, Object.keys(flagWords).length + 1)
  })
  inShell(shell, 'the script is free of syntax errors', t => {
    const check = shell === 'fish' ? '--no-execute' : '-n'
    const { status, stderr } = spawnSync(shell, [check, join(folder, `script.${shell}`)], {
      encoding: 'utf8',
    })
    t.deepEqual([status, stderr], [0, ''])
  })
}

/** The replies of bash to words as readline splits them. The last is at the cursor. */
function replies(...words: string[]): string[] {
  const code = `source ./script.bash
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_wasi_common
printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr } = spawnSync(
    'bash',
    ['--norc', '-c', code, 'bash', 'wasi-common', ...words],
    { cwd: folder, encoding: 'utf8' },
  )
  if (stderr !== '') throw new Error(stderr)
  return stdout.split('\n').filter(reply => reply !== '')
}
const programs = ['one.wasm', 'other.wasm', 'with space.wasm']

inShell('bash', 'options, programs and commands are completed before the program', t => {
  t.deepEqual(replies('--di'), ['--dir'])
  t.deepEqual(replies('--').sort(), [...flags, '--version'].sort())
  t.deepEqual(replies('run', '--').sort(), [...flags].sort())
  t.deepEqual(replies('-').sort(), [...flags, '-W', '--version'].sort())
  t.deepEqual(replies('').sort(), [...programs, 'completion', 'orders', 'run'].sort())
  t.deepEqual(replies('o').sort(), ['one.wasm', 'orders', 'other.wasm'])
  t.deepEqual(replies('ru'), ['run'])
  t.deepEqual(replies('--strict', 'w'), ['with space.wasm'])
  t.deepEqual(replies('--strict', 'ru'), [], 'a command is the first word')
  t.deepEqual(replies('run', '--dir', '.', 'on'), ['one.wasm'])
  t.deepEqual(replies('--', 'on'), ['one.wasm'])
  t.deepEqual(replies('--', '--'), [])
})

inShell('bash', 'arguments of options are completed by their kind', t => {
  t.deepEqual(replies('--os-sandbox', ''), ['require', 'best-effort'])
  t.deepEqual(replies('--rights', '=', 'a'), ['access'])
  t.deepEqual(replies('--rights', '='), ['enforce', 'access'])
  t.deepEqual(replies('--backend', 'typescript', '--isolation', 'p'), ['process'])
  t.deepEqual(replies('--dir', ''), ['orders'])
  t.deepEqual(replies('--dir', '=', 'o'), ['orders'])
  t.deepEqual(replies('--dir', 'orders', '::', 'o'), [], 'a name of the guest’s')
  t.deepEqual(replies('--dir', 'orders', '::', '/x', '--dir', ''), ['orders'])
  t.deepEqual(replies('--trace', '=', 'no'), ['notes.txt'])
  t.deepEqual(replies('--trace', 'on'), ['one.wasm'], 'it may do without')
  t.deepEqual(replies('--env', 'A', '=', 'b', 'on'), ['one.wasm'])
  t.deepEqual(replies('-W', 't'), ['timeout='])
  t.deepEqual(
    replies('-W', ''),
    completedAmounts.map(({ name }) => `${name}=`),
  )
  t.deepEqual(replies('-W', 'timeout', '=', ''), [])
  t.deepEqual(replies('-W', 'timeout', '=', '2s', '--stri'), ['--strict'])
  t.deepEqual(replies('completion', ''), ['bash', 'zsh', 'fish'])
  t.deepEqual(replies('completion', 'bash', ''), [])
})

inShell('bash', 'nothing of the command is completed behind the program', t => {
  for (const words of [
    ['one.wasm', '--'],
    ['run', 'one.wasm', '--d'],
    ['--dir', '.', 'one.wasm', ''],
  ])
    t.deepEqual(replies(...words), [], `${words}`)
})

/** The candidates of fish, without their descriptions. */
function candidates(line: string): string[] {
  const code = `source ./script.fish; complete -C ${JSON.stringify(line)}`
  const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', code], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, HOME: folder },
  })
  if (stderr !== '') throw new Error(stderr)
  return stdout
    .split('\n')
    .filter(reply => reply !== '')
    .map(reply => reply.split('\t')[0])
}
inShell('fish', 'options, their words, limits, programs and shells are completed', t => {
  t.deepEqual(candidates('wasi-common --di'), ['--dir'])
  t.deepEqual(candidates('wasi-common run --os-sandbox '), ['best-effort', 'require'])
  t.deepEqual(candidates('wasi-common --rights=a'), ['--rights=access'])
  t.deepEqual(candidates('wasi-common --dir o'), ['orders/'])
  t.deepEqual(candidates('wasi-common -W t'), ['timeout='])
  t.true(candidates('wasi-common on').includes('one.wasm'))
  t.true(candidates('wasi-common ru').includes('run'))
  t.deepEqual(candidates('wasi-common completion z'), ['zsh'])
  t.false(candidates('wasi-common one.wasm --di').includes('--dir'))
  t.false(candidates('wasi-common --dir . one.wasm --di').includes('--dir'))
})

/** The completions that zsh shows for a line in a terminal, when Tab is typed. */
function offered(line: string): string {
  const code = `
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'PS1=; PS2=; fpath=(/usr/share/zsh/functions/Completion/*(N) $fpath); autoload -U compinit; compinit -u -D; source ./script.zsh; zstyle ":completion:*" list-colors ""; LISTMAX=1000; COLUMNS=200; setopt no_beep; print READY$((1+1))'
while zpty -r z text "*READY2*"; do break; done
zpty -n -w z "$1"$'\\t\\t'
sleep 1
while zpty -r -t z text; do print -r -- $text; sleep 0.1; done
zpty -d z`
  const { stdout } = spawnSync('zsh', ['-f', '-c', code, 'zsh', line], {
    ...{
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, TERM: 'dumb', HOME: folder },
      timeout: 60_000,
    },
  })
  return stdout
}
inShell('zsh', 'options, their words, limits, programs and shells are completed', t => {
  for (const [line, all] of [
    ['wasi-common --di', ['--dir']],
    ['wasi-common run --os-sandbox ', ['require', 'best-effort']],
    ['wasi-common -W ', ['timeout', 'max-memory-size']],
    ['wasi-common --strict on', ['one.wasm']],
    ['wasi-common completion ', ['bash', 'zsh', 'fish']],
  ] as const) {
    const text = offered(line)
    for (const word of all) t.true(text.includes(word), `${line}: ${JSON.stringify(text)}`)
  }
})

for (const [name, text] of Object.entries(pages))
  test(`${name} is what the rows say`, t => {
    t.is(
      fs.readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8'),
      text(),
      'node dist-test/test/unit/command-page.js writes it',
    )
  })

const manual = fileURLToPath(new URL('../../../man/wasi-common.1', import.meta.url))
for (const [program, ...words] of [
  ['groff', '-man', '-ww', '-Tutf8', '-z', manual],
  // The page has no date, which would be that of no release.
  ['mandoc', '-T', 'lint', '-W', 'error', manual],
]) {
  const title = `${program} finds nothing wrong with the manual page`
  if (!has(program)) test.skip(`${title} [${program} is not installed]`, () => {})
  else
    test(title, t => {
      const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8' })
      t.deepEqual([status, stdout, stderr], [0, '', ''])
    })
}

test('the manual page has each flag and each exit code', t => {
  const text = fs
    .readFileSync(manual, 'utf8')
    .replaceAll('\\-', '-')
    .replace(/\\f[BIR]/g, '')
  for (const usage of Object.keys(flagWords)) t.true(text.includes(`\n${usage}\n`), usage)
  t.notRegex(text, /^\.(?!\\"|TH |SH |SS |PP$|TP$|br$|nf$|fi$|RS 4$|RE$|UR |UE$)/m)
})
