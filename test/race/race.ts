/**
 * The race: a process that changes names as fast as it can, against a guest that uses them.
 * `--seconds` says how long a case runs.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { openNative } from '#lib/sys/native/sys.js'
import type { Sys } from '#lib/sys/sys.js'
import { TypescriptSys } from '#lib/sys/typescript/sys.js'
import { Fixture, Oflags } from '../sys/fixture.js'
import { type Call, calls, populate, type Refusal, type Seen, whereabouts } from './calls.js'
import { componentSys } from './component.js'
import { Outside } from './outside.js'
import { type Technique, techniques } from './techniques.js'

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '6' } } })
const seconds = Number(values.seconds)

interface Way {
  readonly name: string
  readonly sys: () => Sys & { readonly resolver?: string }
  /**
   * `none`: an escape fails the run. `counted`: escapes are counted. `some`: at least one call must
   * escape, or there was no race.
   */
  readonly escapes: 'none' | 'counted' | 'some'
}
const naive = 'look, then use'
const ways: readonly Way[] = [
  { name: 'openat2', sys: () => openNative(), escapes: 'none' },
  { name: 'walk', sys: () => openNative({ resolution: 'walk' }), escapes: 'none' },
  { name: 'component', sys: componentSys, escapes: 'none' },
  { name: 'procfs', sys: () => new TypescriptSys({ places: 'procfs' }), escapes: 'none' },
  { name: 'uncached', sys: () => new TypescriptSys({ places: 'uncached' }), escapes: 'none' },
  { name: 'strings', sys: () => new TypescriptSys({ places: 'strings' }), escapes: 'counted' },
  { name: naive, sys: () => new TypescriptSys(), escapes: 'some' },
]
/** The minimum of calls on either side of a change; with fewer, no race can be claimed. */
const enough = 5
/** The permitted answers for a name that has moved. */
const expected: readonly string[] = ['NOTCAPABLE', 'NOENT', 'NOTDIR', 'LOOP']

/** Counts of calls that succeeded inside, were refused, and escaped; and the unexpected answers. */
interface Tally {
  in: number
  refused: number
  out: number
  readonly odd: Set<Refusal>
}

/** Returns true if there was a race at all. */
function proves({ escapes }: Way, tally: Tally): boolean {
  if (escapes === 'some') return tally.out > 0
  return escapes === 'counted' || (tally.in >= enough && tally.refused >= enough)
}

/** A host that asks where a path leads, and uses the path afterwards. */
function naively(call: Call, path: string, root: string): Seen | Refusal {
  try {
    const real = whereabouts(call.follows && fs.existsSync(path) ? path : dirname(path))
    return real === root || real.startsWith(`${root}/`) ? call.naive(path, root) : 'NOTCAPABLE'
  } catch {
    return 'NOENT'
  }
}

const callsOf = (technique: Technique) => calls.filter(({ follows }) => follows || !technique.last)

/**
 * One case: what became of each call, and how often names changed. Nothing where this way cannot be
 * had.
 */
async function race(
  program: string,
  technique: Technique,
  way: Way,
): Promise<{ tallies: Tally[]; changes: number } | undefined> {
  const sys = way.sys()
  const g = new Fixture(sys)
  if ((sys.resolver ?? way.name) !== way.name) return g.dispose() as undefined
  technique.build(g)
  populate(g.outside(technique.inside), 'inside')
  fs.mkdirSync(g.outside(technique.outside), { recursive: true })
  fs.writeFileSync(g.host('source'), '')
  const outside = new Outside(g.outside(technique.outside))
  // A path by way of a descriptor stays with the directory, wherever the attacker puts it.
  const held = fs.openSync(g.outside(technique.inside), fs.constants.O_DIRECTORY)
  const inside = `/proc/self/fd/${held}`
  const root = g.host()
  const dir = g.handle(technique.start, { oflags: Oflags.DIRECTORY })
  const tried = callsOf(technique).map(call => ({
    call,
    tally: { in: 0, refused: 0, out: 0, odd: new Set<Refusal>() },
  }))

  const [how, ...paths] = technique.attack
  const attacker = spawn(program, [how, ...paths.map(path => g.outside(path))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let reported = ''
  attacker.stdout.on('data', text => {
    reported += text
  })
  await once(attacker.stdout, 'data')
  const start = performance.now()
  const passed = () => (performance.now() - start) / 1000
  // On a busy machine it may take longer until something is proved.
  for (
    let turn = 0;
    passed() < seconds ||
    (passed() < 10 * seconds && !tried.every(({ tally }) => proves(way, tally)));
    turn++
  ) {
    const prefix = technique.prefixes[turn % technique.prefixes.length]
    for (const { call, tally } of tried) {
      const path = prefix + call.name
      const seen =
        way.name === naive
          ? naively(call, `${root}/${technique.start}/${path}`, root)
          : call.guest(g, dir, path)
      const { changed } = outside
      const refused = typeof seen === 'string'
      if (changed || (!refused && outside.tells(seen))) tally.out++
      else if (refused) tally.refused++
      else tally.in++
      if (refused && !expected.includes(seen)) tally.odd.add(seen)
      if (changed) outside.restore()
      if (changed || !refused) call.restore?.(inside, root)
    }
  }
  attacker.kill()
  await once(attacker, 'close')
  fs.closeSync(held)
  g.dispose()
  return { tallies: tried.map(({ tally }) => tally), changes: Number(reported.split('\n')[1]) }
}

/** Returns the fault of a call's tally, or undefined. */
function* faults(way: Way, tally: Tally): Generator<string> {
  if (!proves(way, tally)) {
    yield way.name === naive
      ? 'not even a naive host was led out, so this proves nothing'
      : 'the names hardly changed, so this proves nothing'
  }
  if (way.escapes !== 'none') return
  if (tally.out > 0) yield `${tally.out} calls got out`
  for (const errno of tally.odd) yield `nobody expects ${errno}`
}

const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
const failures: string[] = []
const sums = new Map<string, { calls: number; out: number }>()
try {
  const source = fileURLToPath(new URL('../../../test/race/attacker.c', import.meta.url))
  const program = join(folder, 'attacker')
  execFileSync('cc', ['-O2', '-Wall', '-o', program, source], { stdio: 'inherit' })
  for (const technique of techniques) {
    const titles = callsOf(technique).map(({ title }) => title)
    const columns = [['', ...titles, 'changes of names']]
    for (const way of ways) {
      const raced = await race(program, technique, way)
      if (raced === undefined) {
        console.log(`${way.name} is not to be had here`)
        continue
      }
      const { tallies, changes } = raced
      columns.push([
        way.name,
        ...tallies.map(({ in: inside, refused, out }) => `${inside} / ${refused} / ${out}`),
        `${changes}`,
      ])
      const sum = sums.get(way.name) ?? { calls: 0, out: 0 }
      sums.set(way.name, sum)
      for (const [i, tally] of tallies.entries()) {
        sum.calls += tally.in + tally.refused + tally.out
        sum.out += tally.out
        for (const fault of faults(way, tally))
          failures.push(`${technique.title}: ${way.name}: ${titles[i]}: ${fault}`)
      }
    }
    console.log(`\n${technique.title}: inside / refused / out`)
    const widths = columns.map(cells => Math.max(...cells.map(({ length }) => length)))
    const line = (row: number) =>
      columns.map((cells, i) =>
        i === 0 ? cells[row].padEnd(widths[0]) : cells[row].padStart(widths[i]),
      )
    for (const row of columns[0].keys()) console.log(line(row).join('  '))
  }
} finally {
  fs.rmSync(folder, { recursive: true, force: true })
}
console.log()
for (const [name, { calls, out }] of sums) console.log(`${name}: ${calls} calls, ${out} got out`)
for (const failure of failures) console.error(`not ok: ${failure}`)
process.exitCode = failures.length > 0 ? 1 : 0
