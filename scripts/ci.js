// Runs the stages of CI: all that need no name, or those that are named.
//
//   npm run ci                    all, in order
//   npm run ci -- check docs      these, in order
//   npm run ci -- --list          prints them
//
// It stops at the first stage that fails. The last line counts the tests of the stage `test`.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { stages } from './ci/stages.js'
import { root } from './root.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { list: { type: 'boolean', default: false } },
})
const unknown = positionals.find(name => !Object.hasOwn(stages, name))
if (unknown !== undefined) {
  console.error(`unknown stage '${unknown}': expected one of ${Object.keys(stages).join(', ')}`)
  process.exit(2)
}
const chosen =
  positionals.length > 0 ? positionals : Object.keys(stages).filter(name => !stages[name]?.named)
const windows = process.platform === 'win32'
const began = Date.now()
const elapsed = () => `${Math.round((Date.now() - began) / 1000)} s`

/** @param {string} name */
function stageOf(name) {
  const stage = stages[name]
  if (stage === undefined) throw new Error(`unknown stage '${name}'`)
  return stage
}

/**
 * A stage under way. A process group of its own, so that a stage which fails leaves no program
 * behind.
 */
class Run {
  /** Its output, kept for one that runs beside others. */
  output = ''
  /** @type {string | undefined} */
  reason

  /** @param {string} name a stage */
  constructor(name) {
    const { run, minutes = 20, beside = false } = stageOf(name)
    this.name = name
    const [program = '', ...args] = run.split(' ')
    this.process = spawn(program, args, {
      cwd: root,
      shell: windows,
      detached: !windows,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
      this.process[name].on('data', chunk => {
        this.output += chunk
        if (!beside) process[name].write(chunk)
      })
    }
    const timer = setTimeout(() => this.end(`took more than ${minutes} minutes`), minutes * 60_000)
    this.done = once(this.process, 'close').then(([code, signal]) => {
      clearTimeout(timer)
      if (code === 0) return
      const how = this.reason ?? signal ?? `exit code ${code}`
      const shown = beside ? this.output : failures(this.output)
      throw new Error(`stage ${name} failed: ${how}${shown && `\n${shown}`}`)
    })
    // Reported where it is awaited.
    this.done.catch(() => {})
  }

  /** @param {string} reason printed with its failure */
  end(reason) {
    this.reason ??= reason
    const { pid, exitCode } = this.process
    if (exitCode !== null || pid === undefined) return
    if (windows) this.process.kill()
    else process.kill(-pid, 'SIGKILL')
  }
}

/**
 * The lines with which AVA names what failed, and those in which V8 says why it ends a process. They
 * are thousands of lines above the end, and AVA's summary leaves out a file whose process has died.
 * @param {string} output
 */
function failures(output) {
  const lines = output
    .split('\n')
    .filter(line => /^(?:\s*[✘×]|FATAL ERROR|# (?:Fatal|Check))/u.test(line))
  return [...new Set(lines)].join('\n')
}

/**
 * The line by which the tests are counted.
 * @param {string} output
 */
function summary(output) {
  /** @param {string} word */
  const count = word =>
    Array.from(
      output.matchAll(new RegExp(`(\\d+) tests? ${word}`, 'g')),
      ([, number]) => number,
    ).at(-1)
  const [passed, skipped] = ['passed', 'skipped'].map(count)
  if (passed === undefined) throw new Error('stage test ran no test')
  return `${passed} passed, 0 failed${skipped === undefined ? '' : `, ${skipped} skipped`}`
}

/** @type {Map<string, Run>} */
const runs = new Map()
/** @type {Map<string, Promise<void>>} */
const ends = new Map()
/**
 * Resolves when it has passed.
 * @param {string} name a stage
 */
async function start(name) {
  const { title, after = [], beside } = stageOf(name)
  await Promise.all(after.map(before => ends.get(before)))
  console.log(`\n== ${name}: ${title}${beside ? ', in the background' : ''} [${elapsed()}]`)
  const run = new Run(name)
  runs.set(name, run)
  await run.done
  if (beside)
    console.log(`\n== ${name}, from the background [${elapsed()}]\n${run.output.trimEnd()}`)
}

/** Stages that may yet start in the background: of two, one may wait more than it works. */
let turns = 2
/** @type {(() => void)[]} */
const waiting = []
/** @param {string} name a stage */
async function startBeside(name) {
  if (turns > 0) turns--
  else await new Promise(resolve => waiting.push(() => resolve(undefined)))
  await start(name)
  const next = waiting.shift()
  if (next === undefined) turns++
  else next()
}

/** `npm test` makes the same build. */
const isBuilt = () => ['build', 'test'].some(name => runs.has(name))
async function all() {
  /** @type {(reason: unknown) => void} */
  let fail = () => {}
  /** @type {Promise<never>} */
  const failed = new Promise((_, reject) => {
    fail = reject
  })
  for (const name of chosen) {
    const { built, beside, alone } = stageOf(name)
    if (alone) await Promise.race([Promise.all(ends.values()), failed])
    if (built && !isBuilt()) await Promise.race([start('build'), failed])
    const ended = beside ? startBeside(name) : start(name)
    ends.set(name, ended)
    if (beside) ended.catch(fail)
    else await Promise.race([ended, failed])
  }
  await Promise.race([Promise.all(ends.values()), failed])
}

if (values.list)
  for (const [name, { title, run }] of Object.entries(stages))
    console.log(`${name.padEnd(16)}${title}: ${run}`)
else {
  try {
    await all()
    console.log(`\nall ${runs.size} stages passed [${elapsed()}]`)
    const tests = runs.get('test')
    if (tests !== undefined) console.log(`\n${summary(tests.output)}`)
  } catch (error) {
    for (const run of runs.values()) run.end('another stage failed')
    console.error(`\n${error instanceof Error ? error.message : error}`)
    process.exitCode = 1
  }
}
