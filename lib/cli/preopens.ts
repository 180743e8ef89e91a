/**
 * Reads the directories of the command line: `--dir`, `--overlay` and `--tmpfs`, in the order in
 * which they are written.
 */
import { existsSync } from 'node:fs'
import { dictionary } from '../dictionary.js'
import type { DirectoryPreopen, MemoryPreopen } from '../options/preopens.js'
import { size } from './amounts.js'
import { CommandError } from './error.js'
import { usageOf } from './flags.js'

/** One use of an option. */
export interface Setting {
  readonly option: 'dir' | 'overlay' | 'tmpfs'
  readonly value: string
}
type Given = DirectoryPreopen | MemoryPreopen
interface Named {
  readonly guest: string
  readonly preopen: Given
}

/**
 * The guest's directories by name. Their descriptors follow the order of the options, except that
 * JavaScript lists names that are array indices, as `0`, before the others.
 */
export function directories(settings: readonly Setting[]): Record<string, Given> {
  const preopens = dictionary<Given>([])
  for (const { option, value } of settings) {
    const word = `--${option} ${value}`
    const { guest, preopen } = readers[option](word, value.split('::'))
    const name = trimmed(guest)
    if (name === '' || ('path' in preopen && preopen.path === ''))
      throw new CommandError(`${word}: missing directory name`)
    if (name in preopens) throw new CommandError(`${word}: duplicate directory name '${name}'`)
    preopens[name] = preopen
  }
  return preopens
}

/** Programs look for the name without them: `opendir("data")` asks for a preopen called `data`. */
const trimmed = (guest: string): string => guest.replace(/(?<=[^/])\/+$/, '').replace(/^\/+$/, '/')

const modes: readonly string[] = ['ro', 'rw']
const expected = (option: Setting['option']): string => `expected ${usageOf(option)}`

const readers: Readonly<
  Record<Setting['option'], (word: string, parts: readonly string[]) => Named>
> = {
  dir(word, [path, guest = path, mode, ...rest]) {
    if ((mode !== undefined && !modes.includes(mode)) || rest.length > 0)
      throw new CommandError(`${word}: ${expected('dir')}`)
    checkSpelling(word, path, guest, mode)
    return { guest, preopen: { path, readOnly: mode === 'ro' } }
  },
  overlay(word, [path, guest = path, room, ...rest]) {
    if (rest.length > 0 || (room !== undefined && modes.includes(room)))
      throw new CommandError(`${word}: ${expected('overlay')}`)
    checkSpelling(word, path, guest, undefined)
    return {
      guest,
      preopen: { path, overlay: true, ...quotaOf(`--overlay ${path}::${guest}`, room) },
    }
  },
  tmpfs(word, [guest, room, ...rest]) {
    if (rest.length > 0) throw new CommandError(`${word}: ${expected('tmpfs')}`)
    return { guest, preopen: { files: {}, ...quotaOf(`--tmpfs ${guest}`, room) } }
  },
}
const quotaOf = (option: string, room: string | undefined) =>
  room === undefined ? {} : { quota: { bytes: size(option, room, Number.MAX_SAFE_INTEGER) } }

/**
 * Refuses what other programs write, and what would quietly make a writable directory of a strange
 * name.
 */
function checkSpelling(word: string, path: string, guest: string, mode: string | undefined): void {
  const option = word.slice(0, word.indexOf(' '))
  const refuse = (what: string, right: string, by = option): never => {
    throw new CommandError(`${word}: ${what}`, `write ${by} ${right}`)
  }
  const [, name, single] = /^(.*):(ro|rw)$/.exec(guest) ?? []
  const host = path === guest ? name : path
  if (single !== undefined && !(path === guest && existsSync(path)))
    refuse('expected two colons before the mode', `${host}::${name}::${single}`, '--dir')
  if (mode === undefined && path !== guest && modes.includes(guest))
    refuse(
      `expected the guest's name, received the mode '${guest}'`,
      `${path}::${path}::${guest}; a directory of that name is ./${guest}`,
    )
  const [, left, right] = path === guest ? (/^([^:]+):([^:]+)$/.exec(path) ?? []) : []
  // A drive of Windows has one letter.
  if (right !== undefined && !/^[a-z]:/i.test(path) && !existsSync(path))
    refuse('expected two colons between HOST and GUEST', `${left}::${right}`)
}
