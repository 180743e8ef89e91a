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
  positionals.length > 0 ? positionals : Object.keys(stages).filter(name => !stages[name].named)
const windows = process.platform === 'win32'
const began = Date.now()
const elapsed = () => `${Math.round((Date.now() - began) / 1000)} s`

/**
 * A stage under way. A process group of its own, so that a stage which fails leaves no program
 * behind.
 */
class Run {
  /** Its output, kept for one that runs beside others. */
  output = ''
  constructor(name) {
    const { run, minutes = 20, beside = false } = stages[name]
    this.name = name
    const [program, ...args] = run.split(' ')
    this.process = spawn(program, args, {
      cwd: root,
      shell: windows,
      detached: !windows,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    if (beside) os.setPriority(this.process.pid, os.constants.priority.PRIORITY_LOW)
    for (const [from, to] of [
      [this.process.stdout, process.stdout],
      [this.process.stderr, process.stderr],
    ]) {
      from.on('data', chunk => {
        this.output += chunk
        if (!beside) to.write(chunk)
      })
    }
    const timer = setTimeout(() => this.end(`took more than ${minutes} minutes`), minutes * 60_000)
    this.done = once(this.process, 'close').then(([code, signal]) => {
      clearTimeout(timer)
      if (code === 0) return
      throw new Error(
        `stage ${name} failed: ${this.reason ?? signal ?? `exit code ${code}`}${beside ? `\n${this.output}` : ''}`,
      )
    })
    // Reported by whoever waits for it.
    this.done.catch(() => {})
  }
  end(reason) {
    this.reason ??= reason
    if (this.process.exitCode !== null) return
    if (windows) this.process.kill()
    else process.kill(-this.process.pid, 'SIGKILL')
  }
}

/** The line by which the tests are counted. */
function summary(output) {
  const count = word =>
    output
      .match(new RegExp(`(\\d+) tests? ${word}`, 'g'))
      ?.at(-1)
      ?.match(/\d+/)[0]
  const [passed, skipped] = ['passed', 'skipped'].map(count)
  if (passed === undefined) throw new Error('stage test ran no test')
  return `${passed} passed, 0 failed${skipped === undefined ? '' : `, ${skipped} skipped`}`
}

const runs = new Map()
async function all() {
  for (const name of chosen) {
    const { title, after = [], beside } = stages[name]
    for (const before of after) await runs.get(before)?.done
    console.log(`\n== ${name}: ${title}${beside ? ', in the background' : ''} [${elapsed()}]`)
    runs.set(name, new Run(name))
    if (!beside) await runs.get(name).done
  }
  for (const { name, output, done } of runs.values()) {
    await done
    if (stages[name].beside) console.log(`\n== ${name}, from the background\n${output.trimEnd()}`)
  }
}

if (values.list)
  for (const [name, { title, run }] of Object.entries(stages))
    console.log(`${name.padEnd(16)}${title}: ${run}`)
else {
  try {
    await all()
    console.log(`\nall ${runs.size} stages passed [${elapsed()}]`)
    if (runs.has('test')) console.log(`\n${summary(runs.get('test').output)}`)
  } catch (error) {
    for (const run of runs.values()) run.end('another stage failed')
    console.error(`\n${error.message}`)
    process.exitCode = 1
  }
}
