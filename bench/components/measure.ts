/** Measures components: single calls, then whole programs, all sides in turns. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { add, ask, program, type Times } from '../ask.js'
import { fill, lay } from '../fixture.js'
import { build } from './build.js'
import { entryCount, rows } from './calls.js'
import { programs } from './programs.js'
import type { ComponentSection } from './report.js'
import { bindingsOf, type ComponentSide, componentSides } from './sides.js'

/** The extent of the measurement, as the command line wants it. */
export interface Plan {
  readonly folder: string
  readonly quick: boolean
  /** Milliseconds for which a loop is warmed and timed. */
  readonly pace: readonly string[]
  readonly turns: { readonly calls: number; readonly programs: number }
  readonly wanted: (row: { readonly name: string }) => boolean
  readonly say: (text: string) => void
}

async function measureCalls(plan: Plan): Promise<ComponentSection[]> {
  const { folder, pace, turns, wanted, say } = plan
  const chosen = rows.filter(wanted).map(row => ({ row, times: {} as Times<ComponentSide> }))
  if (chosen.length === 0) return []
  const ground = join(folder, 'component-calls')
  mkdirSync(ground)
  lay(ground)
  fill(join(ground, 'entries'), entryCount)
  say('transpiling the component')
  const transpiled = await build(join(folder, 'component'))
  for (let turn = 1; turn <= turns.calls; turn++) {
    say(`calls of components, turn ${turn} of ${turns.calls}`)
    for (const side of componentSides) {
      const module = side === 'preview 1'
      const names = chosen
        .filter(({ row }) => !module || row.module !== undefined)
        .map(({ row }) => row.name)
      const file = module ? '' : transpiled[bindingsOf(side)]
      const words = [side, ground, file, ...pace, ...names]
      const { stdout } = ask(program('components/call', words), { channel: 3 })
      const found = JSON.parse(stdout) as Record<string, number>
      for (const { row, times } of chosen) if (row.name in found) add(times, side, found[row.name])
    }
  }
  const results = chosen.map(({ row, times }) => ({ ...row, times }))
  return [{ title: 'calls of components', unit: 'ns', results }]
}

async function measurePrograms(plan: Plan): Promise<ComponentSection[]> {
  const { folder, quick, turns, wanted, say } = plan
  const ready = []
  for (const [i, row] of programs.filter(wanted).entries()) {
    say(`preparing ${row.name}`)
    const place = join(folder, `component-program-${i}`)
    mkdirSync(place)
    ready.push({ row, times: {} as Times<ComponentSide>, ...(await row.prepare(place, quick)) })
  }
  for (let turn = 1; turn <= turns.programs; turn++) {
    for (const { row, times, command, inside, same, env = {} } of ready) {
      say(`${row.name}, turn ${turn} of ${turns.programs}`)
      let said: string | undefined
      for (const side of componentSides) {
        const words = command(side)
        if (words === undefined) continue
        const { milliseconds, stdout } = ask(words, { channel: inside ? 3 : 1, env })
        const says = inside ? undefined : same(stdout)
        said ??= says
        if (says !== said)
          throw new Error(`${row.name}: ${side} says\n${says?.slice(0, 500)}\nand not\n${said}`)
        add(times, side, inside ? Number(stdout) : milliseconds)
      }
    }
  }
  const results = ready.map(({ row, times }) => ({ ...row, times }))
  return results.length === 0 ? [] : [{ title: 'programs as components', unit: 'ms', results }]
}

export const measureComponents = async (plan: Plan): Promise<ComponentSection[]> => [
  ...(await measureCalls(plan)),
  ...(await measurePrograms(plan)),
]
