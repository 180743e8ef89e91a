/**
 * The attacks on `wasi:filesystem`: what leads a guest nowhere leads a component nowhere, by
 * functions of JavaScript values and by lowered ones.
 */
import fs from 'node:fs'
import { join } from 'node:path'
import type { TestFn } from 'ava'
import type { HostcallName } from '#lib/abi/table.js'
import type { Preopen } from '#lib/options/preopens.js'
import { settingsOf } from '#lib/options/settings.js'
import { componentHostOf } from '#lib/preview2/host.js'
import { MemoryFiles } from '#lib/sys/memfs/files.js'
import { openNative } from '#lib/sys/native/sys.js'
import { Verdict } from '#lib/verdict.js'
import { openDescriptors } from '../hostcalls/fixture.js'
import { type DoorName, doors } from '../preview2/doors.js'
import { type Case, nameOf, run } from './case.js'
import { codeFor, guestOfComponent } from './component.js'
import { elsewhere } from './elsewhere.js'
import type { Fixture } from './fixture.js'
import { byTechnique, missing } from './guarded.js'
import { type Guarded, type OpenHost, overlaysOf, preopensOf } from './hosts.js'

export const ways = ['openat2', 'walk', 'memfs', 'overlay'] as const
export type Way = (typeof ways)[number]

/** The folders as they are now, in memory. */
function inMemory(fixture: Fixture): Record<string, Preopen> {
  fixture.overlaid = true
  if (fixture.setup.preopens === false) return {}
  return Object.fromEntries(
    ['box', 'shelf'].map(name => {
      const files = new MemoryFiles()
      copy(fixture.at(name), '', files)
      return [`/${name}`, { files, readOnly: name === 'shelf' }]
    }),
  )
}
function copy(folder: string, below: string, files: MemoryFiles): void {
  for (const entry of fs.readdirSync(join(folder, below), { withFileTypes: true })) {
    const name = join(below, entry.name)
    const path = join(folder, name)
    if (entry.isSymbolicLink()) files.symlink(fs.readlinkSync(path), name)
    else if (entry.isFile()) files.writeFile(name, fs.readFileSync(path))
    else if (entry.isDirectory()) {
      files.mkdir(name)
      copy(folder, name, files)
    }
  }
}

type PreopensOf = (fixture: Fixture) => Record<string, Preopen>
const preopensFor: Readonly<Record<Way, PreopensOf>> = {
  ...{ openat2: preopensOf, walk: preopensOf },
  ...{ memfs: inMemory, overlay: overlaysOf },
}

/** Opens a component as an embedder has it. */
export const opening =
  (way: Way, door: DoorName, preopens = preopensFor[way]): OpenHost =>
  fixture => {
    const unexpected: string[] = []
    const [stdin, stdout, stderr] = fixture.stdio
    const settings = settingsOf({
      version: 'preview1',
      rights: 'access',
      ...{ stdin, stdout, stderr },
      preopens: preopens(fixture),
      onUnexpected: (error: Error) => void unexpected.push(error.message),
    })
    const host =
      way === 'walk'
        ? componentHostOf(settings, new Verdict(), openNative({ resolution: 'walk' }))
        : componentHostOf(settings)
    return guestOfComponent(host, door, unexpected)
  }

/** The hostcalls that `wasi:filesystem` has functions for. */
const known: readonly HostcallName[] = [
  ...(['fd_filestat_get', 'fd_filestat_set_size', 'fd_filestat_set_times'] as const),
  ...(['fd_pread', 'fd_pwrite', 'fd_read', 'fd_readdir', 'fd_write'] as const),
  ...(['path_create_directory', 'path_filestat_get', 'path_filestat_set_times'] as const),
  ...(['path_link', 'path_open', 'path_readlink', 'path_remove_directory'] as const),
  ...(['path_rename', 'path_symlink', 'path_unlink_file'] as const),
]

interface Absent {
  readonly reason: string
  readonly techniques: RegExp
  readonly ways?: readonly Way[]
  readonly doors?: readonly DoorName[]
}
const absent: readonly Absent[] = [
  {
    reason: 'no descriptor has a number that could be changed',
    techniques: /renumber|moved to another number|moved over|whose number|takes the number/,
  },
  { reason: 'WASI 0.2 has no rights', techniques: /^a right|rights asked for|^rights/ },
  {
    reason: 'a standard stream is no descriptor',
    techniques: /standard (input|output|error|stream)|^a log|^a stream/,
  },
  { reason: 'the entries of a directory have no cookies', techniques: /cookie/ },
  {
    reason: 'a name of JavaScript is always UTF-8',
    techniques: /UTF-8/,
    doors: ['js'],
  },
  {
    reason: 'no other user changes files in memory',
    techniques: /^an open directory, (moved|whose)|^the box itself|^the entry/,
    ways: ['memfs'],
  },
  {
    reason: 'there are no special files in memory',
    techniques: /FIFO|^a socket|^a device/,
    ways: ['memfs'],
  },
]
/** Returns why a technique is not tried, or undefined. */
const lacking = (title: string, way: Way, door: DoorName): string | undefined =>
  absent.find(
    ({ techniques, ways = [way], doors = [door] }) =>
      techniques.test(title) && ways.includes(way) && doors.includes(door),
  )?.reason

/** The answer of a guest whose rights are not enforced. Files in memory answer as the kernel does. */
function expected({ technique, answer }: Case, way: Way): string {
  if (technique.includes('UTF-8')) return codeFor('ILSEQ')
  if (typeof answer === 'string') return codeFor(answer)
  const host: Guarded = way === 'overlay' && answer.access === answer.openat2 ? way : 'access'
  return codeFor(answer[host])
}

export function attackedComponent(test: TestFn, way: Way): void {
  // A call is lifted before its path is resolved, whoever does that: one way has both doors.
  for (const door of way === 'openat2' ? doors : (['hybrid'] as const)) {
    for (const [technique, all] of byTechnique) {
      const attacks = all.filter(({ call }) => known.includes(call))
      if (attacks.length === 0) continue
      const title = `${technique} (${attacks.length}, ${door})`
      const reason =
        lacking(technique, way, door) ??
        elsewhere(technique) ??
        attacks.map(({ needs }) => needs && missing[needs]).find(reason => reason !== undefined)
      if (reason !== undefined) {
        test.skip(`${title} [${reason}]`, () => {})
        continue
      }
      test.serial(title, t => {
        const before = openDescriptors()
        for (const one of attacks) {
          const { answer, signs, unexpected } = run(one, opening(way, door))
          t.deepEqual(signs, [], `${nameOf(one)}: the component escaped`)
          t.deepEqual(unexpected, [], `${nameOf(one)}: every host error has a word`)
          t.is(codeFor(answer), expected(one, way), nameOf(one))
        }
        t.is(openDescriptors(), before, 'every descriptor of the host is given back')
      })
    }
  }
}
