/** The conditions of a result: the machine, the date, and Node. */
import { cpus, release, type } from 'node:os'
import { place } from './fixture.js'

export const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  kernel: `${type()} ${release()}`,
  memory: place() === '/dev/shm',
}
export const date = new Date().toISOString().slice(0, 10)
export const node = process.versions.node
/** Node's major version, which names the files of results. */
export const major = node.split('.')[0]

/** The words of all captions. `versions` are those of other hosts. */
export const where = (versions: readonly string[] = []): string =>
  [
    date,
    [`Node ${node}`, ...versions].join(', '),
    machine.cpu,
    `${machine.cores} cores`,
    machine.kernel,
    `files ${machine.memory ? 'in memory' : 'on a disk'}`,
  ].join(', ')

/** No figure is good to more than a hundredth of its unit. */
export const rounded = (_: string, value: unknown): unknown =>
  typeof value === 'number' ? Math.round(value * 100) / 100 : value
