/**
 * Explains a NOTCAPABLE: the right that a descriptor lacks, or the component or symlink by which a
 * path leaves its directory.
 */
import { maxLinks, maxPath } from '../abi/layout.js'
import { rightNames } from '../abi/rights.js'
import type { Lacking } from '../fds/table.js'
import { printableCut } from './printable.js'

/** Returns the target of a symlink, `false` for what is none, and undefined for what is not there. */
export type ReadLink = (path: string) => string | false | undefined

/**
 * The names of a path that are looked at. Each is resolved by the host once more, from the
 * directory on.
 */
const mostLookups = 256

const decoder = new TextDecoder()
/** Shows bytes, which have a char each here. */
const shown = (path: string): string => printableCut(decoder.decode(Buffer.from(path, 'latin1')))

const windows = process.platform === 'win32'
export const isAbsolute = (path: string): boolean =>
  windows ? /^(?:[\\/]|[a-z]:)/i.test(path) : path.startsWith('/')

/** A part of a path that is still to be resolved: of the guest's own, or of a symlink's target. */
interface Part {
  readonly text: string
  readonly link?: string
}

/**
 * Says how a path leaves the directory that it begins at. It resolves the path as the backends do,
 * name by name, and reads only symlinks in that directory. Undefined for a path that stays there,
 * as one may that was changed since the call, and for one of more than 256 names.
 * @param path a char for each byte
 * @param follow whether a symlink in the last place is followed
 * @param directory how the directory is shown
 */
export function escapeReason(
  path: string,
  follow: boolean,
  directory: string,
  readLink: ReadLink,
): string | undefined {
  if (isAbsolute(path)) return 'the path is absolute'
  // The names on the way to where we are, without symlinks.
  const names: string[] = []
  const left: Part[] = [{ text: path }]
  /** The name of the guest's path, counted from 1. */
  let component = 0
  let links = 0
  for (let lookups = 0; lookups < mostLookups; ) {
    const part = left.pop()
    if (part === undefined) return undefined
    const { text, link } = part
    if (link !== undefined && isAbsolute(text))
      return `component ${component}, ${link}, is absolute`
    const [, name, slashes] = /^([^/]*)(\/*)/.exec(text) as RegExpExecArray
    const rest = text.slice(name.length + slashes.length)
    if (rest !== '') left.push({ text: rest, ...(link !== undefined && { link }) })
    if (link === undefined) component++
    if (name === '.' || name === '') continue
    if (name === '..') {
      if (names.length === 0)
        return `component ${component}, ${link ?? '".."'}, leads above ${directory}`
      names.pop()
      continue
    }
    const last = left.length === 0
    if (last && slashes === '' && !follow) return undefined
    const here = [...names, name].join('/')
    if (here.length > maxPath) return undefined
    lookups++
    const target = readLink(here)
    if (target === undefined) return undefined
    if (target === false) {
      names.push(name)
      continue
    }
    if (++links > maxLinks) return undefined
    left.push({
      text: `${target}${last ? slashes : ''}`,
      link: `symlink ${shown(here)} -> ${shown(target)}`,
    })
  }
  return undefined
}

/** Names the rights that a call needed and its descriptor does not hold. */
export function rightsReason({ base, inheriting }: Lacking, descriptor: string): string {
  const [rights, kind] = base === 0 ? [inheriting, 'inheriting right'] : [base, 'right']
  const names = rightNames.filter((_, bit) => rights & (2 ** bit))
  return `${descriptor} lacks the ${kind}${names.length > 1 ? 's' : ''} ${names.join(', ')}`
}
