/** The ways that a guest can have files, each with the Linux that must answer alike. */
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { guestOf } from '#lib/guest/guest.js'
import type { GuestOptions } from '#lib/options/options.js'
import { settingsOf } from '#lib/options/settings.js'
import { MemoryFiles } from '#lib/sys/memfs/files.js'
import { openNative } from '#lib/sys/native/sys.js'
import type { Sys } from '#lib/sys/sys.js'
import { TypescriptSys } from '#lib/sys/typescript/sys.js'
import { Player } from './guest.js'
import { type Entry, fill, type Program } from './program.js'

type Preopens = NonNullable<GuestOptions['preopens']>
export interface Way {
  readonly name: string
  /** The folder for this way's files, and for those of the Linux that it is compared with. */
  readonly disk: string
  readonly readOnly: boolean
  readonly openSys: () => Sys
  readonly preopen: (folder: string, entries: readonly Entry[]) => Preopens[string]
}

const magics: Readonly<Record<number, string>> = { 61267: 'ext4', 16914836: 'tmpfs' }
const magic = (disk: string): string => {
  const { type } = fs.statfsSync(disk)
  return magics[type] ?? `disk-${type.toString(16)}`
}
const temporary = fs.realpathSync(os.tmpdir())
const quota = { bytes: 2 ** 45, entries: 10_000 }

function inMemory(entries: readonly Entry[]): MemoryFiles {
  const files = new MemoryFiles({}, { quota })
  for (const entry of entries) {
    if (entry.kind === 'dir') files.mkdir(entry.path)
    else if (entry.kind === 'file')
      files.writeFile(entry.path, Buffer.alloc(entry.size, fill(entry)))
    else files.symlink(entry.target, entry.path)
  }
  return files
}
function onDisk(folder: string, entries: readonly Entry[]): void {
  for (const entry of entries) {
    const path = join(folder, entry.path)
    if (entry.kind === 'dir') fs.mkdirSync(path)
    else if (entry.kind === 'file') fs.writeFileSync(path, Buffer.alloc(entry.size, fill(entry)))
    else fs.symlinkSync(entry.target, path)
  }
}

/**
 * Every way: on tmpfs where there is one, else on the disk for temporary files; native on that
 * disk, too.
 */
export function waysOf(): Way[] {
  const memory = fs.existsSync('/dev/shm') && magic('/dev/shm') === 'tmpfs' ? '/dev/shm' : temporary
  const native = { openSys: () => openNative(), readOnly: false, disk: memory }
  const path = (folder: string) => folder
  const ways: Way[] = [
    { ...native, name: `native on ${magic(memory)}`, preopen: path },
    { ...native, name: 'walk', openSys: () => openNative({ resolution: 'walk' }), preopen: path },
    { ...native, name: 'typescript', openSys: () => new TypescriptSys(), preopen: path },
    { ...native, name: 'memfs', preopen: (_, entries) => ({ files: inMemory(entries) }) },
    {
      ...native,
      name: 'overlay',
      preopen: folder => ({ path: folder, overlay: new MemoryFiles({}, { quota }) }),
    },
    {
      ...native,
      name: 'read-only',
      readOnly: true,
      preopen: folder => ({ path: folder, readOnly: true }),
    },
    {
      ...native,
      name: 'read-only memfs',
      readOnly: true,
      preopen: (_, entries) => ({ files: inMemory(entries), readOnly: true }),
    },
  ]
  if (magic(temporary) !== magic(memory))
    ways.push({ ...native, name: `native on ${magic(temporary)}`, disk: temporary, preopen: path })
  return ways
}

/** An answer for each step; after an error that no guest may see, that error. */
export function play({ entries, steps }: Program, way: Way): string[] {
  const folder = fs.mkdtempSync(join(way.disk, 'wasi-common-'))
  const root = join(folder, 'root')
  fs.mkdirSync(root)
  const unexpected: Error[] = []
  try {
    onDisk(root, entries)
    const settings = settingsOf({
      version: 'preview1',
      preopens: { '/': way.preopen(root, entries) },
      rights: 'access',
      onUnexpected: (error: Error) => void unexpected.push(error),
    })
    const guest = guestOf(settings, undefined, way.openSys())
    try {
      const player = new Player(guest)
      return steps.map(step => {
        const answer = player.play(step)
        const [error] = unexpected.splice(0)
        return error === undefined ? answer : `unexpected: ${error.message}`
      })
    } finally {
      guest.close()
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}
