/**
 * Fuzzes against Linux: random programs of hostcalls on every way to have files, and the same calls
 * of Linux itself.
 */
import { compare, type Found, least } from './linux/compare.js'
import { Maker } from './linux/draw.js'
import { ask, Unavailable } from './linux/interpreter.js'
import { type Program, printed } from './linux/program.js'
import { type Way, waysOf } from './linux/ways.js'
import { flags, Random } from './random.js'

interface Group {
  readonly seed: number
  readonly way: Way
  readonly program: Program
  readonly ways: Set<string>
  count: number
}

const { seconds, seed: first } = flags()
const end = performance.now() + seconds * 1000
const groups = new Map<string, Group>()
const reasons = new Map<string, number>()
let ways = waysOf()
let calls = 0

function found(seed: number, way: Way, program: Program, { group }: Found): void {
  const known = groups.get(group)
  if (known !== undefined) {
    known.count++
    known.ways.add(way.name)
  } else groups.set(group, { seed, way, program, ways: new Set([way.name]), count: 1 })
}

/** One program on every way; Linux is asked once for each disk. */
function round(seed: number, program: Program): void {
  const linux = new Map<string, string[]>()
  for (const way of ways) {
    const key = `${way.disk} ${way.readOnly}`
    const answers = linux.get(key) ?? ask(program, way.disk, way.readOnly)
    linux.set(key, answers)
    const difference = compare(
      program,
      way,
      answers,
      ({ reason }) => void reasons.set(reason, (reasons.get(reason) ?? 0) + 1),
    )
    if (difference !== undefined) found(seed, way, program, difference)
    calls += program.steps.length
  }
}

/** Leaves out the ways for which Linux cannot be asked here. */
function available(): Way[] {
  const nothing: Program = { entries: [], steps: [] }
  return ways.filter(({ name, disk, readOnly }) => {
    try {
      ask(nothing, disk, readOnly)
      return true
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      console.log(`linux: ${name} is left out: ${error.message}`)
      return false
    }
  })
}

function report(group: string, { seed, way, program, ways, count }: Group): void {
  const few = least(program, way, group)
  const difference = compare(few, way, ask(few, way.disk, way.readOnly))
  console.error(`not ok, seed ${seed}, ${count} times: ${group}, on ${[...ways].join(', ')}`)
  for (const entry of few.entries) console.error(`  there is ${JSON.stringify(entry)}`)
  for (const step of few.steps) console.error(`  ${printed(step)}`)
  console.error(`  Linux: ${difference?.linux}\n  ${way.name}: ${difference?.here}`)
}

console.log(`linux: seed ${first}`)
ways = available()
if (ways.length === 0) process.exitCode = 1
let seed = first
for (; ways.length > 0 && performance.now() < end; seed++) {
  try {
    round(seed, new Maker(new Random(seed)).program(24))
  } catch (error) {
    console.error(`not ok, seed ${seed}: the fuzzer: ${(error as Error).stack}`)
    process.exitCode = 1
    break
  }
}
console.log(
  `linux: ${seed - first} programs, ${calls} calls, on ${ways.map(({ name }) => name).join(', ')}`,
)
for (const [reason, count] of reasons) console.log(`linux: ${count} times: ${reason}`)
for (const [group, one] of [...groups].sort(([, one], [, other]) => other.count - one.count))
  report(group, one)
if (groups.size > 0) process.exitCode = 1
