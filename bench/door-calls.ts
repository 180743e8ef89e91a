/**
 * Measures hostcalls by every door: one guest times its own calls, each door in turns, and its
 * ratio to class WASI is to be 1.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assemble, call, catching, drop, throwing, times, write } from '../test/wasm.js'
import { ask, program } from './ask.js'
import { guest, main } from './built.js'
import { lay, scratch } from './fixture.js'
import { against, digits, table } from './report.js'

/** The door that the others are compared with. */
const first = 'class WASI'
/** The most that a door may take of the time of class WASI, over all calls. */
const goal = 1.05

interface Door {
  readonly name: string
  /** The command of a guest in this folder. */
  readonly command: (module: string, folder: string, args: readonly string[]) => string[]
  /** The reason why its goal is another one. */
  readonly without?: string
}
const door = (name: string, flags: readonly string[] = [], as = name): Door => ({
  name,
  command: (module, folder, args) => program('door', [as, module, folder, ...args], flags),
})
const hook = fileURLToPath(import.meta.resolve('#bundle/register.mjs'))
export const doors: readonly Door[] = [
  door(first),
  door('createGuest'),
  door('the loader hook', ['--import', hook], 'node:wasi'),
  door('run()'),
  door('Pool'),
  door('Pool, compiled'),
  {
    name: 'the command',
    command: (module, folder, args) => [
      ...[process.execPath, main, 'run', '--dir', `${folder}::/box`, module],
      ...args,
    ],
  },
  ...(process.platform === 'linux'
    ? [
        {
          ...door("isolation: 'process'"),
          without: 'the kernel checks its calls, by seccomp and Landlock',
        },
      ]
    : []),
]

/** The least time of a row in all turns, by door. */
export type Least = Readonly<Record<string, Readonly<Record<string, number>>>>

/** The geometric mean of ratios. */
const mean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)

/**
 * The table: nanoseconds by class WASI, and the ratio of each other door; in bold beyond the goal.
 */
export function doorTable(least: Least): string {
  const others = doors.map(({ name }) => name).filter(name => name !== first && name in least)
  const rows = Object.keys(least[first])
  const ratioOf = (door: string, row: string): number => least[door][row] / least[first][row]
  const bold = (value: number): string =>
    value > goal ? `**${value.toFixed(2)}**` : value.toFixed(2)
  return table([
    ['a call, by the clock of its thread', `${first}, ns`, ...others],
    ...rows.map(row => [
      row,
      digits(least[first][row]),
      ...others.map(door => bold(ratioOf(door, row))),
    ]),
    [
      'all calls (geometric mean)',
      '',
      ...others.map(door =>
        against(
          mean(rows.map(row => ratioOf(door, row))),
          doors.find(({ name, without }) => name === door && without === undefined) && goal,
          '≤',
        ),
      ),
    ],
  ])
}

const exception = 'an exception that the guest catches'
const batches = 20
const throws = 500

/** A guest that throws and catches, and prints the times before and after each batch. */
function thrower(): Uint8Array {
  const clock = 3
  const at = (time: number): number => 0x100 + 8 * time
  const now = (time: number) => drop(call('clock_time_get', clock, 0n, at(time)))
  return assemble({
    tag: true,
    functions: {
      raise: { body: [throwing] },
      loop: { params: ['i32'], body: [times(catching(call('raise')))] },
      _start: {
        body: [
          ...Array.from({ length: batches }, (_, i) => [
            now(2 * i),
            call('loop', throws),
            now(2 * i + 1),
          ]).flat(),
          ...write(1, 0x100, 16 * batches),
        ],
      },
    },
  })
}

/** Nanoseconds of a throw in the best batch. */
function leastThrow(printed: string): number {
  const clocks = new BigUint64Array(new Uint8Array(Buffer.from(printed, 'latin1')).buffer)
  const each = Array.from({ length: batches }, (_, i) => Number(clocks[2 * i + 1] - clocks[2 * i]))
  return Math.min(...each) / throws
}

/**
 * Runs the guest by each door in turns. The time is that of the processor, of the thread alone, and
 * the least of all batches: what else the machine does changes it least.
 */
export function callsByDoor(turns: number, pace: number, rows: readonly string[] = []): string {
  const folder = join(scratch(), 'doors')
  mkdirSync(folder)
  lay(folder)
  const module = guest('calls')
  const throwing = join(folder, 'throwing.wasm')
  writeFileSync(throwing, thrower())
  const args = ['thread', '/box', `${pace}`, `${pace}`, ...rows]
  const least: Record<string, Record<string, number>> = {}
  for (let turn = 0; turn < turns; turn++)
    for (const { name, command } of doors) {
      const { stdout } = ask(command(module, folder, args))
      const times = JSON.parse(stdout) as Record<string, [median: number, least: number]>
      least[name] ??= {}
      const found: [string, number][] = Object.entries(times).map(([row, [, time]]) => [row, time])
      if (rows.length === 0) {
        const { stdout } = ask(command(throwing, folder, []), { encoding: 'latin1' })
        found.push([exception, leastThrow(stdout)])
      }
      for (const [row, time] of found)
        least[name][row] = Math.min(time, least[name][row] ?? Number.POSITIVE_INFINITY)
    }
  const notes = doors.flatMap(({ name, without }) =>
    without === undefined ? [] : [`- no goal for ${name}: ${without}`],
  )
  return [doorTable(least), ...(notes.length === 0 ? [] : ['', ...notes])].join('\n')
}
