// Lints the project's English: how comments open, retired words in comments and documents, the
// width of documents, and the subjects of commits.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.js'
import { inCode, inDocument, inSubject } from './shared/voice.js'

/** Folders whose comments are checked. */
const folders = ['lib', 'native', 'scripts', 'bench', 'fuzz', 'guests', 'examples']
/** Documents that a script or a page of settings writes, whose lines are as long as their rows. */
const wide = new Set([
  'docs/command.md',
  'docs/errors.md',
  'docs/options.md',
  'scripts/site/index.md',
])
/** The last commit before the rule for subjects. */
const before = '50ebe01'

/** @type {(...args: string[]) => string[] | undefined} */
function git(...args) {
  try {
    const text = execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' })
    return text.split('\n').filter(line => line !== '')
  } catch {
    return undefined
  }
}
const files = git('ls-files', '*.md', ':!bench/results', ...folders)?.filter(path =>
  existsSync(join(root, path)),
)
const commits = git('log', '--no-merges', '--format=%h %s', `${before}..HEAD`)
if (files === undefined) console.log('comments and documents: skipped, this is no checkout of git')
if (commits === undefined) console.log(`commits: skipped, the history does not reach ${before}`)

let faults = 0
/** @type {(place: string, message: string) => void} */
const fault = (place, message) => {
  console.error(`${place}: ${message}`)
  faults++
}
for (const path of files ?? []) {
  const text = readFileSync(join(root, path), 'utf8')
  const found = path.endsWith('.md')
    ? inDocument(text, wide.has(path) ? Number.POSITIVE_INFINITY : 100)
    : /\.([cm]?[jt]s|cc|h|c)$/.test(path)
      ? inCode(text)
      : []
  for (const { line, message } of found) fault(`${path}:${line}`, message)
}
for (const commit of commits ?? []) {
  const [id = '', ...words] = commit.split(' ')
  for (const message of inSubject(words.join(' '))) fault(`commit ${id}`, message)
}
console.log(`voice: ${faults === 0 ? 'no fault found' : `${faults} faults, see above`}`)
if (faults > 0) process.exitCode = 1
