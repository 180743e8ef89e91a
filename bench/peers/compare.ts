/**
 * `npm run bench -- --peers`: compares with wasmtime and wazero, where they are on PATH. A whole run
 * leaves bench/results/peers-node-*.md and .json; `--write` puts the tables into docs/benchmarks.md.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { date, machine, major, node, rounded, where } from '../machine.js'
import { writeBetween } from '../page.js'
import { measurePeerCalls, measurePeerPrograms, type PeerPlan } from './measure.js'
import { callTable, programTable } from './report.js'
import { findPeers, peerNames } from './sides.js'

const root = new URL('../../../', import.meta.url)

export interface Asked extends Omit<PeerPlan, 'peers'> {
  /** True if all rows are measured, which then replace the results. */
  readonly whole: boolean
  /** True if the page of the documentation gets the tables. */
  readonly write: boolean
}

export async function comparePeers({ whole, write, ...plan }: Asked): Promise<void> {
  const missing: string[] = []
  const peers = findPeers(message => missing.push(message))
  for (const message of missing) console.error(message)
  const programs = await measurePeerPrograms({ ...plan, peers })
  const calls = measurePeerCalls({ ...plan, peers })
  const versions = peerNames.flatMap(name => {
    const { [name]: found } = peers
    return found === undefined ? [] : [`${name} ${found.version}`]
  })
  const caption = [
    where(versions),
    `medians of ${plan.turns.programs} (programs) and ${plan.turns.calls} (calls) turns`,
    ...(plan.quick ? ['a quick run, whose figures are rough'] : []),
  ].join('; ')
  const text = [
    `${caption}. The least of a row is in bold.`,
    ...(programs.length > 0 ? [programTable(programs)] : []),
    ...(calls.length > 0 ? [callTable(calls)] : []),
    ...(missing.length > 0 ? [missing.map(message => `- ${message}`).join('\n')] : []),
  ].join('\n\n')
  console.log(`\n${text}\n`)
  if (!whole) return
  const results = fileURLToPath(new URL('bench/results/', root))
  mkdirSync(results, { recursive: true })
  const name = plan.quick ? 'quick-peers' : `peers-node-${major}`
  const { turns: repetitions, quick } = plan
  const json = { date, node, machine, peers: versions, quick, repetitions, programs, calls }
  writeFileSync(join(results, `${name}.md`), `${text}\n`)
  writeFileSync(join(results, `${name}.json`), `${JSON.stringify(json, rounded, 1)}\n`)
  console.log(`The same and the figures are in bench/results/${name}.*`)
  if (write) writeBetween(fileURLToPath(new URL('docs/benchmarks.md', root)), 'Peers', text)
}
