// Runs the stages of CI: all that need no name, or those that are named.
//
//   npm run ci                    all, in order
//   npm run ci -- check docs      these, in order
//   npm run ci -- --list          prints them
//
// It stops at the first stage that fails. The last line counts the tests of the stage `test`.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import os from 'node:os'
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
    const { pid } = this.process
    if (beside && pid !== undefined) os.setPriority(pid, os.constants.priority.PRIORITY_LOW)
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
/** @param {string} name a stage */
async function start(name) {
  const { title, after = [], beside } = stageOf(name)
  for (const before of after) await runs.get(before)?.done
  console.log(`\n== ${name}: ${title}${beside ? ', in the background' : ''} [${elapsed()}]`)
  const run = new Run(name)
  runs.set(name, run)
  if (!beside) await run.done
}
/** `npm test` and `npm run check` make the same build. */
const isBuilt = () => ['build', 'test', 'check'].some(name => runs.has(name))
async function all() {
  for (const name of chosen) {
    if (stageOf(name).built && !isBuilt()) await start('build')
    await start(name)
  }
  for (const { name, output, done } of runs.values()) {
    await done
    if (stageOf(name).beside) console.log(`\n== ${name}, from the background\n${output.trimEnd()}`)
  }
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
