/**
 * `npm run bench`: all sides in turns, in processes of their own; prints tables, and leaves them,
 * the figures and a chart in bench/results/.
 */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { platform } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { add, ask, program, type Times } from './ask.js'
import { can, groups } from './calls.js'
import { chart } from './chart.js'
import { measureComponents } from './components/measure.js'
import { componentTable } from './components/report.js'
import { entryCount, fill, lay, scratch } from './fixture.js'
import { growths, lean, listed } from './growth.js'
import { date, machine, major, node, rounded, where } from './machine.js'
import { optionsOf } from './options.js'
import { compiler, type Program, programs, type Ready } from './programs.js'
import {
  type Allocated,
  allocationTable,
  type Grown,
  growthTable,
  type Section,
  sectionTable,
} from './report.js'
import { hosts, sides } from './sides.js'

const { quick, only, whole, repetitions: given, peers, write } = optionsOf()
const wanted = ({ name }: { readonly name: string }): boolean => only.test(name)
/** Milliseconds for which a loop is warmed and timed. */
const pace = quick ? ['25', '12'] : ['200', '100']
/** A row of growth has a process for each size, which no other row has warmed. */
const alone = quick ? ['100', '20'] : ['500', '100']
const repetitions = {
  calls: Number(given ?? (quick ? 2 : 7)),
  programs: Number(given ?? (quick ? 2 : 5)),
  growth: Number(given ?? (quick ? 1 : 5)),
}
const turns = (count: number): number[] => Array.from({ length: count }, (_, turn) => turn)
const began = performance.now()
const say = (text: string): void =>
  console.error(`${Math.round((performance.now() - began) / 1000)} s: ${text}`)

const folder = scratch()
const native = compiler(folder)
const floor =
  platform() === 'linux'
    ? native(fileURLToPath(new URL('../../bench/floor.c', import.meta.url)))
    : undefined
if (floor === undefined)
  console.log('The floor of single calls wants Linux and a C compiler (cc): there is none here.')

function measureCalls(): Section[] {
  const ground = join(folder, 'calls')
  mkdirSync(ground)
  lay(ground)
  const found = groups.map(({ name, rows }) => ({
    title: name,
    rows: rows.filter(wanted).map(row => ({ row, times: {} as Times })),
  }))
  for (const turn of turns(repetitions.calls)) {
    say(`single calls, turn ${turn + 1} of ${repetitions.calls}`)
    for (const { rows } of found) {
      for (const side of sides) {
        const names = rows.filter(({ row }) => can(row, side)).map(({ row }) => row.name)
        if (names.length === 0 || (side === 'floor' && floor === undefined)) continue
        const words = [ground, ...pace, ...names]
        const { stdout } = ask(
          side === 'floor' ? [floor as string, ...words] : program('call', [side, ...words]),
        )
        const times = JSON.parse(stdout) as Record<string, number>
        for (const { row, times: all } of rows)
          if (times[row.name] !== undefined) add(all, side, times[row.name])
      }
    }
  }
  return found
    .filter(({ rows }) => rows.length > 0)
    .map(({ title, rows }) => ({
      title,
      unit: 'ns',
      results: rows.map(({ row, times }) => ({ ...row, times })),
    }))
}

async function measurePrograms(): Promise<Section[]> {
  const chosen = programs.filter(wanted)
  const ready: (Ready & { row: Program; times: Times })[] = []
  for (const [i, row] of chosen.entries()) {
    say(`preparing ${row.name}`)
    const place = join(folder, `program-${i}`)
    mkdirSync(place)
    ready.push({
      row,
      times: {} as Times,
      ...(await row.prepare({ folder: place, quick, native })),
    })
  }
  for (const turn of turns(repetitions.programs)) {
    for (const {
      row,
      times,
      command,
      before,
      env = {},
      same = (stdout: string) => stdout,
      inside = false,
    } of ready) {
      if (quick && turn > 0 && row.slow) continue
      say(`${row.name}, turn ${turn + 1} of ${repetitions.programs}`)
      let said: string | undefined
      for (const side of sides) {
        const words = row.without?.[side] === undefined ? command(side) : undefined
        if (words === undefined) continue
        before?.()
        const { milliseconds, stdout } = ask(words, { env })
        const part = inside
          ? (JSON.parse(stdout) as { milliseconds: number; said: string })
          : { milliseconds, said: stdout }
        const says = same(part.said)
        said ??= says
        if (says !== said)
          throw new Error(
            `${row.name}: ${side} says\n${says.slice(0, 500)}\nand not\n${said.slice(0, 500)}`,
          )
        add(times, side, part.milliseconds)
      }
    }
  }
  return chosen.length === 0
    ? []
    : [
        {
          title: 'programs',
          unit: 'ms',
          results: ready.map(({ row, times }) => ({ ...row, times })),
        },
      ]
}

function measureGrowth(): Grown[] {
  const ground = join(folder, 'growth')
  mkdirSync(ground)
  lay(ground)
  const chosen = growths.flatMap((row, index) => {
    const sizes = row.sizes.filter(size => !quick || !row.fullOnly?.includes(size))
    return wanted(row)
      ? [{ row, index, sizes, times: {} as Record<number, Times>, without: [] as string[] }]
      : []
  })
  for (const { row, sizes } of chosen) {
    if (row.of !== 'entries of a directory') continue
    for (const size of sizes) {
      say(`making a directory of ${size} entries`)
      const place = join(ground, listed(size))
      fill(join(place, 'entries'), size)
      for (const name of ['data', 'file']) symlinkSync(`../${name}`, join(place, name))
    }
  }
  for (const turn of turns(repetitions.growth)) {
    for (const { row, index, sizes, times, without } of chosen) {
      say(`${row.name}, more ${row.of}, turn ${turn + 1} of ${repetitions.growth}`)
      for (const size of sizes) {
        times[size] ??= {}
        if (row.floor !== undefined && floor !== undefined) {
          const words = [join(ground, row.floor.folder(size)), ...alone, row.floor.row]
          const { [row.floor.row]: time } = JSON.parse(ask([floor, ...words]).stdout) as Record<
            string,
            number
          >
          // It divides by the entries of its own directory.
          add(times[size], 'floor', (time * entryCount) / size)
        }
        for (const side of hosts) {
          const reason = row.without?.(size, side)
          if (reason !== undefined) without.push(`not with ${size} ${row.of}: ${reason}`)
          else
            add(
              times[size],
              side,
              Number(ask(program('grow', [side, ground, ...alone, `${index}`, `${size}`])).stdout),
            )
        }
      }
    }
  }
  return chosen.map(({ row: { name, of }, sizes, times, without }) => ({
    name,
    of,
    sizes,
    times,
    without,
  }))
}

function measureAllocation(): Allocated[] {
  const ground = join(folder, 'growth')
  const found = lean.map(({ name }) => ({ name, bytes: {} as Times }))
  for (const turn of turns(repetitions.growth)) {
    say(`what calls allocate, turn ${turn + 1} of ${repetitions.growth}`)
    for (const side of hosts) {
      const bytes = JSON.parse(
        ask(program('grow', [side, ground, ...(quick ? ['100000', '200'] : ['1000000', '2000'])]))
          .stdout,
      ) as number[]
      for (const [row, { bytes: all }] of found.entries()) add(all, side, bytes[row])
    }
  }
  return found.filter(wanted)
}

if (peers) {
  const { comparePeers } = await import('./peers/compare.js')
  await comparePeers({
    ...{ folder, quick, native, pace, wanted, say, whole, write },
    turns: repetitions,
  })
  process.exit()
}

const sections = [...measureCalls(), ...(await measurePrograms())]
const components = await measureComponents({
  ...{ folder, quick, pace, wanted, say },
  turns: repetitions,
})
const growth = measureGrowth()
const allocation = whole ? measureAllocation() : []

const caption =
  `${where()}; medians of ${repetitions.calls} (calls) and ${repetitions.programs} (programs) turns, ` +
  `each in a process of its own${quick ? '; a quick run, whose figures are rough' : ''}`
const text = [
  `${caption}. In brackets: least and most.`,
  ...sections.map(sectionTable),
  ...components.map(componentTable),
  ...(growth.length > 0 ? [growthTable(growth)] : []),
  ...(allocation.length > 0 ? [allocationTable(allocation)] : []),
].join('\n\n')
console.log(`\n${text}\n`)

// A run of some rows leaves no files: it would replace those of a whole one.
if (whole) {
  const results = fileURLToPath(new URL('../../bench/results/', import.meta.url))
  mkdirSync(results, { recursive: true })
  const name = quick ? 'quick' : `node-${major}`
  const json = {
    date,
    node,
    machine,
    quick,
    repetitions,
    sections,
    components,
    growth,
    allocation,
  }
  writeFileSync(join(results, `${name}.md`), `${text}\n`)
  writeFileSync(join(results, `${name}.json`), `${JSON.stringify(json, rounded, 1)}\n`)
  writeFileSync(join(results, `${name}.svg`), chart(sections, components, caption))
  console.log(`The same, the figures and a chart are in bench/results/${name}.*`)
}
