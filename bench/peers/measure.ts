/** Measures wasi-common beside its peers: whole programs, then hostcalls that a guest times. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { sources } from '#guests/toolchain.js'
import { add, ask, type Times } from '../ask.js'
import { guest } from '../built.js'
import { lay } from '../fixture.js'
import type { Stage } from '../programs.js'
import { peerCalls } from './calls.js'
import { peerPrograms } from './programs.js'
import { commandOf, type PeerSide, type Peers, peerSides, variables } from './sides.js'

export interface PeerResult {
  readonly name: string
  readonly times: Times<PeerSide>
  /** The errno of each side that cannot make the call. */
  readonly errnos?: Partial<Record<PeerSide, number>>
}

/** The extent of the measurement, as the command line wants it. */
export interface PeerPlan {
  readonly folder: string
  readonly quick: boolean
  readonly native: Stage['native']
  readonly peers: Peers
  /** Milliseconds for which a loop is warmed and timed. */
  readonly pace: readonly string[]
  readonly turns: { readonly calls: number; readonly programs: number }
  readonly wanted: (row: { readonly name: string }) => boolean
  readonly say: (text: string) => void
}

/** Whole processes, each side in turns. A first run of each fills caches and compares outputs. */
export async function measurePeerPrograms(plan: PeerPlan): Promise<PeerResult[]> {
  const { folder, quick, native, peers, turns, wanted, say } = plan
  const cache = join(folder, 'peer-cache')
  const results: PeerResult[] = []
  for (const [
    i,
    { name, prepare, before, same = (stdout: string) => stdout },
  ] of peerPrograms.entries()) {
    if (!wanted({ name })) continue
    say(`preparing ${name} for all peers`)
    const place = join(folder, `peer-program-${i}`)
    mkdirSync(place)
    const program = await prepare({ folder: place, quick, native })
    const times: Times<PeerSide> = {}
    let said: string | undefined
    for (let turn = 0; turn <= turns.programs; turn++) {
      say(`${name}, turn ${turn} of ${turns.programs}`)
      for (const side of peerSides) {
        const command = commandOf(side, peers, cache, program)
        if (command === undefined) continue
        before?.(place)
        const { milliseconds, stdout } = ask(command, { env: variables(side, cache) })
        const says = same(stdout)
        said ??= says
        if (says !== said)
          throw new Error(`${name}: ${side} prints\n${says.slice(0, 500)}\nand not\n${said}`)
        if (turn > 0) add(times, side, milliseconds)
      }
    }
    results.push({ name, times })
  }
  return results
}

/** One guest that times its own calls, by each side in turns. */
export function measurePeerCalls(plan: PeerPlan): PeerResult[] {
  const { folder, native, peers, pace, turns, wanted, say } = plan
  const results = peerCalls
    .filter(name => wanted({ name }))
    .map(name => ({
      ...{ name, times: {} as Times<PeerSide> },
      errnos: {} as Partial<Record<PeerSide, number>>,
    }))
  if (results.length === 0) return []
  const cache = join(folder, 'peer-cache')
  const ground = join(folder, 'peer-calls')
  mkdirSync(ground)
  lay(ground)
  const module = guest('calls')
  const twin = native(join(sources, 'calls.c'))
  const words = (place: string): string[] => [
    ...['wall', place, ...pace],
    ...results.map(({ name }) => name),
  ]
  for (let turn = 1; turn <= turns.calls; turn++) {
    say(`calls beside peers, turn ${turn} of ${turns.calls}`)
    for (const side of peerSides) {
      const command = commandOf(side, peers, cache, {
        module,
        args: ['calls', ...words('/box')],
        preopens: { '/box': ground },
        native: twin === undefined ? undefined : [twin, ...words(ground)],
      })
      if (command === undefined) continue
      // A byte that no row reads, so that polls find standard input ready.
      const { stdout } = ask(command, { env: variables(side, cache), input: 'x' })
      const found = JSON.parse(stdout) as Record<string, number | [median: number, least: number]>
      for (const { name, times, errnos } of results) {
        const time = found[name]
        if (typeof time === 'object') add(times, side, time[0])
        else errnos[side] = time
      }
    }
  }
  return results
}
