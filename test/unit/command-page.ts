/**
 * docs/command.md and man/wasi-common.1, made from the rows of the options. Run by itself, it writes
 * both.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exitCodes } from '#lib/cli/exit-codes.js'
import type { Usage } from '#lib/cli/flags.js'
import { groups, help, notes, synopses, unmarked, wrapped } from '#lib/cli/help.js'
import { flagWords } from '#lib/cli/words.js'

const file = (name: string): string => fileURLToPath(new URL(`../../../${name}`, import.meta.url))

const examples: readonly (readonly [text: string, command: string])[] = [
  [
    'Run a program with a directory that it may only read:',
    'wasi-common --dir ./data::/data::ro program.wasm /data/in.txt',
  ],
  [
    'Run a program that you do not trust, for ten seconds at most:',
    'wasi-common --strict -W timeout=10s,max-memory-size=256m program.wasm',
  ],
  ['Write its hostcalls to a file:', 'wasi-common --trace=calls.txt program.wasm'],
  [
    'Let a server accept connections on a port of your machine:',
    'wasi-common --tcplisten 127.0.0.1:8080 server.wasm',
  ],
]

/** The folders in which each shell looks for a script. */
const installing: readonly (readonly [shell: string, command: string])[] = [
  ['bash', 'source <(wasi-common completion bash)'],
  ['zsh', 'source <(wasi-common completion zsh)'],
  ['fish', 'wasi-common completion fish | source'],
]

const notTaken =
  'An argument that may be left out follows an equals sign: `--threads=4`, `--trace=FILE`. A program right behind such an option ends in `.wasm`, or follows `--`. Without this rule `--threads 4 program.wasm` would run a file named 4, which an earlier guest may have made.'

const exact =
  'The exit code of a guest passes through as it is, so a guest can exit with any of the codes below 256. Messages on standard error that begin with `wasi-common:` are those of the command.'

const colours =
  'Messages and `--help` have colours on a terminal, unless `NO_COLOR` is set. With `FORCE_COLOR` they have them everywhere.'

const compiled =
  'From Node 22.10 on, `NODE_COMPILE_CACHE` names a folder in which Node keeps the compiled code of the command, so that it starts sooner. Give no guest that folder: what is in it runs. `--strict` refuses it.'

const wide = (text: string): string => wrapped(text, 0, 100)

/** docs/command.md. */
export const page = (): string => `# The command

\`\`\`
${synopses.map(([words]) => `wasi-common ${words}`).join('\n')}
\`\`\`
\`npx wasi-common\` runs it from a project that has the package.

${[...notes, notTaken].map(wide).join('\n\n')}

## Examples
${examples.map(([text, command]) => `${text}\n\`\`\`sh\n${command}\n\`\`\``).join('\n')}

## Options
\`\`\`
${help(-1).trimEnd()}
\`\`\`
[options.md](options.md) has the types, defaults and ranges of the options behind these flags. The
guest runs in the main thread if that can have its stack, which starts soonest: on Linux unless
\`ulimit -Hs\` is lower, and elsewhere up to \`984k\`. Directories have descriptors in the order of
their options.

\`--trace\` looks like this:
\`\`\`
path_open(fd=3</data>, ..., path="planted/passwd", ...) = NOTCAPABLE (component 1, symlink "planted" -> "/etc", is absolute)
\`\`\`

## Exit codes
| exit code | meaning |
|---|---|
${exitCodes.map(([code, text]) => `| ${code} | ${text} |`).join('\n')}

${wide(exact)}

## Completion
\`wasi-common completion\` prints a script that completes options, their words, directories and programs. Load it where your
shell starts:
| shell | command |
|---|---|
${installing.map(([shell, command]) => `| ${shell} | \`${command.replaceAll('|', '\\|')}\` |`).join('\n')}

## Starting sooner
${wide(compiled)}

## Colours
${wide(colours)}
The output of a guest is not changed. With \`--strict\`, colours are all that it can do to the terminal, and they are
reset at its end ([SECURITY.md](../SECURITY.md)).

\`man wasi-common\` shows this page where npm installs manual pages: with \`npm install --global\`.
`

/** Text of a manual page: no line begins with a control character, and dashes are those of ASCII. */
const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1')
const bold = (text: string): string => `\\fB${roff(text)}\\fR`
const text = (text: string): string => `${roff(unmarked(text))}\n`
const paragraph = (words: string): string => `.PP\n${text(words)}`
const item = (head: string, text: string): string => `.TP\n${head}\n${roff(text)}\n`
const code = (command: string): string => `.PP\n.nf\n.RS 4\n${roff(command)}\n.RE\n.fi\n`

/** The flag in bold, and its argument in italics. */
function flag(usage: Usage): string {
  const [, name, rest] = /^((?:-W )?[-\w]+)(.*)$/.exec(usage) as RegExpExecArray
  return `${bold(name)}${roff(rest).replace(/[A-Z]{1,}/g, '\\fI$&\\fR')}`
}

/** man/wasi-common.1. */
export const manual = (): string =>
  [
    '.\\" Made by test/unit/command-page.ts.\n',
    '.TH WASI\\-COMMON 1 "" "wasi-common" "User Commands"\n',
    `.SH NAME\n${roff('wasi-common')} \\- ${roff('run WebAssembly that you do not trust')}\n`,
    '.SH SYNOPSIS\n',
    ...synopses.map(
      ([words], i) => `${i === 0 ? '' : '.br\n'}${bold('wasi-common')} ${roff(words)}\n`,
    ),
    '.SH DESCRIPTION\n',
    text('wasi-common runs a program for WASI preview 1 in a sandbox.'),
    ...notes.map(paragraph),
    paragraph(notTaken),
    '.SH OPTIONS\n',
    ...groups.flatMap(({ title, usages }) => [
      `.SS ${title}\n`,
      ...usages.map(usage => item(flag(usage), flagWords[usage])),
    ]),
    '.SH EXIT STATUS\n',
    ...exitCodes.map(([code, text]) => item(bold(code), text)),
    paragraph(exact),
    '.SH ENVIRONMENT\n',
    text(colours),
    paragraph(compiled),
    '.SH EXAMPLES\n',
    ...examples.flatMap(([words, command], i) => [
      i === 0 ? text(words) : paragraph(words),
      code(command),
    ]),
    '.SH COMPLETION\n',
    ...installing.map(([shell, command]) => item(bold(shell), command)),
    '.SH SEE ALSO\n',
    '.UR https://github.com/wasi\\-common/wasi\\-common\nThe repository\n.UE\n',
  ].join('')

export const pages: Readonly<Record<string, () => string>> = {
  'docs/command.md': page,
  'man/wasi-common.1': manual,
}

if (process.argv[1] === import.meta.filename)
  for (const [name, text] of Object.entries(pages)) {
    mkdirSync(dirname(file(name)), { recursive: true })
    writeFileSync(file(name), text())
  }
