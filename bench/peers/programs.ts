/** Whole programs beside peers as rows: the guest of each, and its work. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ripgrep, sqlite } from '#guests/modules.js'
import { sources, sqliteFlags } from '#guests/toolchain.js'
import { guest } from '../built.js'
import { type Stage, tree } from '../programs.js'
import type { Guest } from './sides.js'

export interface PeerProgram {
  readonly name: string
  readonly prepare: (stage: Stage) => Guest | Promise<Guest>
  /** Before each run. */
  readonly before?: (folder: string) => void
  /** The part of standard output that all sides must have in common. Default all of it. */
  readonly same?: (stdout: string) => string
}

/** The folder as a guest finds it. */
const box = '/box'
/** One of our guests in C, and its twin. */
function c(
  name: string,
  args: (folder: string) => string[],
  { folder, native }: Stage,
  flags: readonly string[] = [],
): Guest {
  const twin = native(join(sources, `${name}.c`), flags)
  return {
    module: guest(name),
    args: [name, ...args(box)],
    preopens: { [box]: folder },
    native: twin === undefined ? undefined : [twin, ...args(folder)],
  }
}

const reading = (length: number, size: string): PeerProgram => ({
  name: `reads of ${size} from a file`,
  prepare: stage => {
    const mebibytes = stage.quick ? 16 : 128
    writeFileSync(join(stage.folder, 'large'), Buffer.alloc(mebibytes * 2 ** 20, 'words'))
    const times = stage.quick ? 1 : length === 512 ? 4 : 16
    return c('read', folder => [`${folder}/large`, `${length}`, `${times}`], stage)
  },
})
const lines = (stdout: string): string => stdout.split('\n').sort().join('\n')

export const peerPrograms: readonly PeerProgram[] = [
  {
    name: 'hello',
    prepare: stage => c('hello', () => [], stage),
    // Its variables and its own name are those of the side.
    same: stdout => stdout.replace(/^(arg 0|env) .*\n/gm, ''),
  },
  {
    name: 'a walk of 20,000 files',
    prepare(stage) {
      tree(stage.folder)
      return c('walk', folder => [`${folder}/tree`, stage.quick ? '1' : '3'], stage)
    },
  },
  {
    name: 'SQLite on a file',
    prepare: stage =>
      c('database', folder => [`${folder}/words.db`, stage.quick ? '2000' : '20000'], stage, [
        '-isystem',
        sqlite(),
        ...sqliteFlags,
      ]),
    before: folder => rmSync(join(folder, 'words.db'), { force: true }),
  },
  reading(65536, '64 KiB'),
  reading(512, '512 B'),
  {
    name: 'lines of 64 B to a file',
    prepare: stage =>
      c('lines', folder => [`${folder}/log`, stage.quick ? '50000' : '500000'], stage),
  },
  {
    name: 'ripgrep over 20,000 files',
    async prepare({ folder }) {
      tree(folder)
      const args = ['rg', '--no-ignore', 'needle', `${box}/tree`]
      return { module: await ripgrep(), args, preopens: { [box]: folder } }
    },
    // It searches as the host lists.
    same: lines,
  },
]
