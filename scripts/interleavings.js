// Builds test/interleavings/, runs its enumerations, and requires that wrong walks fail in them.
//
//   node scripts/interleavings.js         the bounds of CI: less than a minute on two processors
//   node scripts/interleavings.js --all   wider bounds, by hand
//
// CXX names a compiler other than `c++`.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { mutants } from './interleavings/mutants.js'
import { root } from './root.js'
import { inTurns, outcome } from './shared/run.js'

const folder = join(root, 'build/interleavings')
const { values } = parseArgs({ options: { all: { type: 'boolean', default: false } } })

// `whole` is the walk as it is shipped. `few` is the same walk with a limit of 5 symlinks instead
// of 40: one path can still lead through every symlink of a tree, and a loop ends after 10
// questions instead of 80, before each of which the guest may change something.
/** @type {Record<string, number>} */
const limits = { whole: 40, few: 5 }
//
// `schedules` is how many there are. An enumeration has no other way to notice that it leaves some
// out: the comparisons below are too small for a guest that moves one directory into another, or
// over another. A walk that asks other questions has another number, which is put here once the
// reason is known.
/**
 * @typedef {object} Enumeration
 * @property {string} variant of the walk
 * @property {string[]} words of the program
 * @property {number} [schedules]
 */
/** @type {Enumeration[]} */
const enumerations = [
  { variant: 'whole', words: ['changes=0', 'names=5', 'every-how'], schedules: 976_064 },
  { variant: 'whole', words: ['changes=1', 'names=3'], schedules: 1_945_016 },
  { variant: 'whole', words: ['changes=1', 'names=2', 'refusal=loop'], schedules: 368_161 },
  { variant: 'whole', words: ['changes=2', 'names=2', 'components=3'], schedules: 735_828 },
  { variant: 'few', words: ['changes=1', 'names=4', 'every-how'], schedules: 3_389_526 },
  { variant: 'few', words: ['changes=2', 'names=5'], schedules: 51_804_453 },
  { variant: 'few', words: ['changes=2', 'names=4', 'refusal=loop'], schedules: 17_201_358 },
]
/** @type {Enumeration[]} */
const wider = [
  { variant: 'whole', words: ['changes=0', 'names=5', 'every-how', 'refusal=loop'] },
  { variant: 'whole', words: ['changes=0', 'names=5', 'every-how', 'refusal=mlink'] },
  { variant: 'whole', words: ['changes=1', 'names=5'] },
  { variant: 'whole', words: ['changes=2', 'names=2'] },
  { variant: 'few', words: ['changes=2', 'names=5', 'every-how'] },
  { variant: 'few', words: ['changes=2', 'names=5', 'refusal=loop'] },
]
// Small, because nothing is reduced in them.
const comparisons = [
  { variant: 'few', words: ['unreduced', 'components=3', 'names=2', 'changes=1', 'letters=3'] },
  {
    variant: 'few',
    words: ['unreduced', 'components=2', 'names=1', 'changes=2', 'letters=3', 'refusal=loop'],
  },
]
const widerComparisons = [
  { variant: 'few', words: ['unreduced', 'components=3', 'names=3', 'changes=1', 'letters=3'] },
  { variant: 'few', words: ['unreduced', 'components=2', 'names=2', 'changes=2', 'letters=3'] },
]

/**
 * @template Result
 * @param {readonly (() => Promise<Result>)[]} jobs
 */
const inParallel = jobs => inTurns(availableParallelism(), jobs)

/** @param {string[]} args of the compiler */
async function compile(...args) {
  const { status, stderr } = await outcome(process.env.CXX ?? 'c++', [
    '-std=c++17',
    '-O2',
    '-Wall',
    '-Wextra',
    ...args,
  ])
  if (status !== 0) throw new Error(`${process.env.CXX ?? 'c++'} ${args.join(' ')}\n${stderr}`)
}

const sources = readdirSync(join(root, 'test/interleavings')).filter(name => name.endsWith('.cc'))
/** @param {string} name */
const objectOf = name => join(folder, name.replace('.cc', '.o'))
/** @param {string} name */
const compileTest = name =>
  compile('-Inative', '-c', '-o', objectOf(name), `test/interleavings/${name}`)
/**
 * A program of the test and a walk. It finds resolve.h beside the walk.
 * @param {string} walk a source
 * @param {string} program
 */
const link = (walk, program) => compile('-Inative', '-o', program, walk, ...sources.map(objectOf))

/**
 * The text with one occurrence of `from` replaced.
 * @param {string} text
 * @param {string} from
 * @param {string} to
 * @param {string} title of the row
 */
function replaceOnce(text, from, to, title) {
  const parts = text.split(from)
  if (parts.length !== 2)
    throw new Error(
      `${title}: ${parts.length - 1} places contain "${from}", expected one; ` +
        'change the row to fit the walk',
    )
  return parts.join(to)
}

/**
 * The output of an enumeration: the number of each kind.
 * @param {string} stdout
 * @returns {Record<string, number>}
 */
const countsOf = stdout => JSON.parse(stdout)

/**
 * Runs an enumeration in shares. Prints the first failure, or returns the sums.
 * @param {Enumeration} enumeration
 * @param {number} shares
 */
async function enumerate({ variant, words }, shares) {
  const runs = await inParallel(
    Array.from(
      { length: shares },
      (_, share) => () =>
        outcome(join(folder, variant), [
          ...words,
          `links=${limits[variant]}`,
          `share=${share}`,
          `shares=${shares}`,
        ]),
    ),
  )
  const failed = runs.find(run => run.status !== 0)
  if (failed !== undefined) {
    console.error(`${variant} ${words.join(' ')}: failed (${failed.status})\n${failed.stderr}`)
    process.exitCode = 1
    return undefined
  }
  /** @type {Record<string, number>} */
  const sums = {}
  for (const run of runs)
    for (const [name, count] of Object.entries(countsOf(run.stdout)))
      sums[name] = name === 'longest' ? Math.max(sums[name] ?? 0, count) : (sums[name] ?? 0) + count
  return sums
}

/**
 * @param {number} count
 * @param {number} width
 */
const figure = (count, width) => count.toLocaleString('en').padStart(width)
/** @param {Enumeration} enumeration */
const label = ({ variant, words }) =>
  `${variant.padEnd(6)}${words.filter(word => word !== 'unreduced').join(' ')}`.padEnd(62)

/**
 * Undefined if the mutant fails as its row says; otherwise what happened instead.
 * @param {import('./interleavings/mutants.js').Mutant} mutant
 * @param {number} index
 * @param {string} walk the text of native/resolve.cc
 */
async function tryMutant({ title, patch, words = [], changes = 0, breaks }, index, walk) {
  const source = join(folder, 'walks', `mutant-${index}.cc`)
  const program = join(folder, `mutant-${index}`)
  writeFileSync(source, patch === undefined ? walk : replaceOnce(walk, ...patch, title))
  await link(source, program)
  for (let allowed = 0; allowed <= changes; ++allowed) {
    const { status, stderr } = await outcome(program, [
      'names=3',
      `links=${limits.few}`,
      `changes=${allowed}`,
      ...words,
    ])
    const broken = /does not hold: (.*)/.exec(stderr)?.[1]
    if (allowed < changes && status !== 0)
      return `found with ${allowed} changes, not ${changes}: ${broken ?? status}`
    if (allowed === changes && broken !== breaks)
      return status === 0 ? 'survived' : `found, but not as expected: ${broken ?? status}`
  }
}

const began = Date.now()
/** @param {string} name */
const text = name => readFileSync(join(root, 'native', name), 'utf8')
mkdirSync(join(folder, 'walks'), { recursive: true })
writeFileSync(
  join(folder, 'walks/resolve.h'),
  replaceOnce(text('resolve.h'), 'max_links = 40;', `max_links = ${limits.few};`, 'few'),
)
writeFileSync(join(folder, 'walks/few.cc'), text('resolve.cc'))
await inParallel(sources.map(name => () => compileTest(name)))
await inParallel([
  () => link('native/resolve.cc', join(folder, 'whole')),
  () => link(join(folder, 'walks/few.cc'), join(folder, 'few')),
])

const shares = 8 * availableParallelism()
console.log(`${' '.repeat(62)}paths  trees told apart    schedules      questions  longest walk`)
let schedules = 0
for (const enumeration of [...enumerations, ...(values.all ? wider : [])]) {
  const sums = await enumerate(enumeration, shares)
  if (sums === undefined) continue
  schedules += sums.walks
  if (enumeration.schedules !== undefined && enumeration.schedules !== sums.walks) {
    const [expected, found] = [enumeration.schedules, sums.walks].map(count => figure(count, 0))
    console.error(
      `${label(enumeration).trim()}: expected ${expected} schedules, found ${found}; ` +
        'find out why before you change the row',
    )
    process.exitCode = 1
  }
  console.log(
    label(enumeration) +
      figure(sums.paths, 5) +
      figure(sums.trees, 18) +
      figure(sums.walks, 13) +
      figure(sums.questions, 15) +
      figure(sums.longest, 14),
  )
}
for (const comparison of [...comparisons, ...(values.all ? widerComparisons : [])]) {
  const sums = await enumerate(comparison, shares)
  if (sums === undefined) continue
  const [unreduced, different] = [figure(sums.unreduced ?? 0, 5), figure(sums.different ?? 0, 0)]
  console.log(
    `${label(comparison)}${unreduced} schedules without reductions ` +
      `meet the same ${different} answers`,
  )
}

// Rows that are made from a walk that fails by itself tell nothing.
const tried = process.exitCode === 1 ? [] : mutants
const results = await inParallel(
  tried.map((mutant, index) => () => tryMutant(mutant, index, text('resolve.cc'))),
)
for (const [index, fault] of results.entries()) {
  const { title, changes = 0 } = tried[index]
  if (fault === undefined) continue
  console.error(`wrong walk "${title}" (${changes} changes): ${fault}`)
  process.exitCode = 1
}
const found = results.filter(fault => fault === undefined).length
const seconds = ((Date.now() - began) / 1000).toFixed(0)
const summary = [
  `${figure(schedules, 0)} schedules`,
  `${found} of ${mutants.length} wrong walks found`,
  `${seconds} s`,
]
console.log(summary.join('; '))
