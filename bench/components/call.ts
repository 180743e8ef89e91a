/**
 * The process that times the loops of components on one side, and prints nanoseconds by row to
 * descriptor 3; standard output is the guest's. Its words: SIDE FOLDER TRANSPILED WARM TIMED ROW...
 */
import { writeSync } from 'node:fs'
import { Guest, type Pace, time, timed } from '../guest.js'
import { openerOf as moduleOpener } from '../sides.js'
import { loopOf, rowOf } from './calls.js'
import { type ComponentHost, type ComponentSide, load, openerOf } from './sides.js'

const [word, folder, transpiled, warm, least, ...names] = process.argv.slice(2)
const side = word as ComponentSide
type Loop = (turns: number, failed: number) => number

async function component(side: ComponentHost): Promise<(name: string, pace: Pace) => number> {
  const open = await openerOf(side)
  const instantiate = await load(transpiled)
  const guest = instantiate(open({ preopens: { '/': folder } }).imports) as Record<string, Loop>
  if (guest.prepare(0, 0) !== 0) throw new Error(`${side} cannot open the files`)
  return (name, pace) => {
    const loop = guest[loopOf(name)]
    const batch = (turns: number): number => {
      const start = performance.now()
      const failed = loop(turns, 0)
      const took = performance.now() - start
      if (failed !== 0) throw new Error(`${turns} turns have failed: ${failed}`)
      return took
    }
    return timed(batch, pace, rowOf(name).most)
  }
}
async function preview1(): Promise<(name: string, pace: Pace) => number> {
  const guest = new Guest(await moduleOpener('native'), folder)
  return (name, pace) => {
    const { module } = rowOf(name)
    return module === undefined ? Number.NaN : time(guest, module(guest), pace)
  }
}

const measure = await (side === 'preview 1' ? preview1() : component(side))
const times: Record<string, number> = {}
for (const pace of [
  { warm: Number(warm), timed: 0 },
  { warm: Number(warm) / 4, timed: Number(least) },
]) {
  for (const name of names) {
    try {
      times[name] = measure(name, pace) / (rowOf(name).units ?? 1)
    } catch (cause) {
      throw new Error(`${side}: ${name}`, { cause })
    }
  }
}
writeSync(3, JSON.stringify(times))
process.exit(0)
