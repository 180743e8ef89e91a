/**
 * The first table of docs/benchmarks.md, of all results in bench/results/. After whole runs of the
 * bench, `node dist-test/bench/summary.js --write` puts it there.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { machine } from './machine.js'
import { writeBetween } from './page.js'
import { digits, ratio, type Section, table } from './report.js'
import type { Side } from './sides.js'

interface Results {
  readonly date: string
  readonly node: string
  readonly machine: typeof machine
  readonly repetitions: { readonly calls: number; readonly programs: number }
  readonly sections: readonly Section[]
}

/** The rows: a title, and the names in the bench whose ratios it has. */
const rows: readonly (readonly [title: string, ...names: readonly string[]])[] = [
  [
    '`fd_tell` / `fd_seek` / `fd_fdstat_get` / `fd_prestat_get`',
    ...['fd_tell', 'fd_seek', 'fd_fdstat_get', 'fd_prestat_get'],
  ],
  ['`random_get` of 16 B / 64 KiB', 'random_get 16 B', 'random_get 64 KiB'],
  ['`clock_time_get`: monotonic / realtime', 'clock_time_get', 'clock_time_get, realtime'],
  [
    '`fd_read` of 64 B / 4 KiB / 64 KiB / 1 MiB',
    ...['fd_read 64 B', 'fd_read 4 KiB', 'fd_read 64 KiB', 'fd_read 1 MiB'],
  ],
  [
    '`fd_write` of 64 B / 4 KiB / 64 KiB / 1 MiB',
    ...['fd_write 64 B', 'fd_write 4 KiB', 'fd_write 64 KiB', 'fd_write 1 MiB'],
  ],
  ['`fd_pread` / `fd_pwrite` of 4 KiB', 'fd_pread 4 KiB', 'fd_pwrite 4 KiB'],
  [
    '`path_open` + `fd_close`: depth 1 / 4 / 16 / no such file / through a link',
    'path_open + fd_close, depth 1',
    'path_open + fd_close, depth 4',
    'path_open + fd_close, depth 16',
    'path_open, ENOENT',
    'path_open + fd_close, through a link',
  ],
  [
    '`path_filestat_get`: depth 1 / 4 / 16 / no such file',
    'path_filestat_get, depth 1',
    'path_filestat_get, depth 4',
    'path_filestat_get, depth 16',
    'path_filestat_get, ENOENT',
  ],
  [
    '`fd_readdir`, an entry, in buffers of 4 KiB / 64 KiB',
    ...['fd_readdir, an entry, 4 KiB', 'fd_readdir, an entry, 64 KiB'],
  ],
  [
    '`poll_oneoff`: a clock at 0 / a ready descriptor',
    ...['poll_oneoff, a clock at 0', 'poll_oneoff, a ready descriptor'],
  ],
  [
    'make and remove a directory / rename / create and unlink',
    'path_create_directory + path_remove_directory',
    'path_rename',
    'path_open to create + fd_close + path_unlink_file',
  ],
  [
    'programs: walk of 20,000 files / SQLite / reads of 512 B',
    ...['a walk of 20,000 files', 'SQLite on a file', 'reads of 512 B from a file'],
  ],
  [
    '1,000 small guests made, instantiated and run',
    '1,000 small guests: construct, instantiate, start',
  ],
  [
    'hello from start to end: `require` / `import` / the command',
    'start-up, hello from CommonJS',
    'start-up, hello from ESM',
    'start-up, hello from the command',
  ],
  [
    "the same with Node's compile cache: `require` / the command",
    'start-up, hello from CommonJS, compile cache',
    'start-up, hello from the command, compile cache',
  ],
]

const folder = fileURLToPath(new URL('../../bench/results/', import.meta.url))
export const page = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url))
export const heading = 'Summary'

/** All results that were kept, by the version of Node. */
function kept(): Results[] {
  return readdirSync(folder)
    .filter(name => /^node-\d+\.json$/.test(name))
    .sort()
    .map(name => JSON.parse(readFileSync(folder + name, 'utf8')) as Results)
}

/** The table, and the conditions under which it was measured. */
export function summary(): string {
  const all = kept()
  const major = ({ node }: Results): string => node.replace(/\..*/, '')
  const ratios = (
    { sections }: Results,
    names: readonly string[],
    above: Side,
    below: Side,
  ): string => {
    const results = sections.flatMap(({ results }) => results)
    const found = names.map(name => {
      const times = results.find(result => result.name === name)?.times
      const value = times && ratio(times, above, below)
      return value === undefined ? '–' : digits(value)
    })
    return found.every(text => text === '–') ? '–' : found.join(' / ')
  }
  const [first] = all
  const conditions = all.map(({ date, node, machine, repetitions }) => {
    const { cpu, cores, kernel, memory } = machine
    const where = `${cpu}, ${cores} cores, ${kernel}, files ${memory ? 'in memory' : 'on a disk'}`
    const turns = `medians of ${repetitions.calls} turns of calls and ${repetitions.programs} of programs`
    return `- Node ${node}: ${date}, ${where}; ${turns}.`
  })
  return [
    table([
      [
        '',
        ...all.map(result => `Node ${major(result)}`),
        `time over the floor, Node ${major(first)}`,
      ],
      ...rows.map(([title, ...names]) => [
        title,
        ...all.map(result => ratios(result, names, 'node:wasi', 'native')),
        ratios(first, names, 'native', 'floor'),
      ]),
    ]),
    '',
    ...conditions,
  ].join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === '--write') writeBetween(page, heading, summary())
  else console.log(summary())
}
