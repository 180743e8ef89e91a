/** Prints the comparison with peers as tables of Markdown. */
import { errnoNames } from '#lib/abi/errno.js'
import { digits, median, ratio, table } from '../report.js'
import type { PeerResult } from './measure.js'
import { type PeerSide, peerSides } from './sides.js'

/** The sides that run a guest. */
const hosts = peerSides.filter(side => side !== 'C')

/** Ratios of a row to the time of one side, in bold where it is the least of the hosts. */
function ratios(times: PeerResult['times'], below: PeerSide): Partial<Record<PeerSide, string>> {
  const found = peerSides.map(side => [side, ratio(times, side, below)] as const)
  const best = Math.min(
    ...found.flatMap(([side, value]) => (side === 'C' || value === undefined ? [] : [value])),
  )
  return Object.fromEntries(
    found.flatMap(([side, value]) =>
      value === undefined
        ? []
        : [[side, side !== 'C' && value === best ? `**${digits(value)}**` : digits(value)]],
    ),
  )
}
const middle = (times: readonly number[] | undefined): string =>
  times === undefined ? '–' : digits(median(times))

/** Time of each side over that of the command. */
export function programTable(results: readonly PeerResult[]): string {
  const own = 'the command'
  return table([
    ['whole processes, time over that of the command', ...peerSides.filter(s => s !== own), 'ms'],
    ...results.map(({ name, times }) => {
      const found = ratios(times, own)
      return [
        name,
        ...peerSides.filter(side => side !== own).map(side => found[side] ?? '–'),
        found[own]?.startsWith('**') ? `**${middle(times[own])}**` : middle(times[own]),
      ]
    }),
  ])
}

/** Time of each host over that of the system call in C. */
export function callTable(results: readonly PeerResult[]): string {
  const notes = results.flatMap(({ name, errnos = {} }) =>
    Object.entries(errnos).map(
      ([side, errno]) => `- ${side} refuses ${name}: ${errnoNames[errno] ?? `errno ${errno}`}`,
    ),
  )
  const rows = table([
    ['hostcalls, time over that of the system call in C', 'C, ns', ...hosts],
    ...results.map(({ name, times }) => {
      const found = ratios(times, 'C')
      return [name, middle(times.C), ...hosts.map(side => found[side] ?? '–')]
    }),
  ])
  return [rows, ...(notes.length > 0 ? ['', ...notes] : [])].join('\n')
}
