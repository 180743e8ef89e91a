/**
 * The directories that walks entered last, held open: a later path through one of them starts
 * there.
 *
 * It cannot lead a guest out of its root. Each cached directory was entered by the walk, one name
 * at a time, without following a symlink. Nothing is opened here, so no path outside is ever
 * resolved, and nothing outside can influence an answer. At worst, a guest reaches a directory that
 * its path named a moment ago, as if it held that directory open.
 *
 * So the check before each use is about freshness, not containment. It compares strings that the
 * kernel writes: a cached directory is used only while its location is the location of its start,
 * followed by the path of the guest. A directory has one name in one parent
 * (https://man7.org/linux/man-pages/man2/link.2.html), so an equal location means that every
 * component of the path is that directory, and none is a symlink. For anything else (a directory
 * renamed, removed, replaced by a symlink, or spelled otherwise) the strings differ, and the walk
 * decides. A false difference costs time only.
 *
 * A location does not show a file system mounted over a directory, and it says where the start was
 * when it was first compared. So a directory expires soon after it was entered. It also keeps its
 * file system from being unmounted, so none is held while the guest sleeps or its thread is idle.
 */
import { setImmediate } from 'node:timers'
import type { Place } from './place.js'

interface Entry {
  readonly key: string
  readonly start: Place
  /** The names from the start to the directory. */
  readonly path: string
  readonly place: Place
  /** Milliseconds. */
  readonly entered: number
  /** The host's path of the directory; undefined until it was compared with that of the start. */
  location: string | undefined
  users: number
}

/** A cached directory in use, and the part of a path behind it. */
export interface Cached {
  readonly entry: Entry
  readonly rest: string
}

/** The most cached directories of a thread, for all its guests. */
const most = 16
/** Milliseconds after which a directory has to be entered anew. */
const lifetime = 100
/** By key, the least recently used first. */
const entries = new Map<string, Entry>()
const slash = 47
let clearing = false

const keyOf = (start: number, path: string) => `${start}/${path}`

/** Returns true if the path of the entry leads to its directory now. */
function leadsThere(entry: Entry): boolean {
  const location = entry.place.location()
  if (location === undefined) return false
  if (entry.location !== undefined) return location === entry.location
  const start = entry.start.location()
  if (start === undefined) return false
  if (location !== `${start === '/' ? '' : start}/${entry.path}`) return false
  entry.location = location
  return true
}

/** Closes a directory. Nothing can receive an error, neither the guest nor the event loop. */
function close(place: Place): void {
  try {
    place.release()
  } catch {
    // The number is free all the same.
  }
}
/** Removes an entry. One that is in use is closed by its last user. */
function remove(entry: Entry): void {
  if (entries.get(entry.key) === entry) entries.delete(entry.key)
  if (entry.users === 0) close(entry.place)
}

/** Returns the nearest cached directory above the last name of a path; release it after use. */
export function find(start: Place, path: string): Cached | undefined {
  const { number } = start
  if (number === undefined || entries.size === 0) return undefined
  let end = path.length
  while (path.charCodeAt(end - 1) === slash) end--
  for (let cut = path.lastIndexOf('/', end - 1); cut > 0; cut = path.lastIndexOf('/', cut - 1)) {
    const entry = entries.get(keyOf(number, path.slice(0, cut)))
    if (entry === undefined) continue
    if (performance.now() - entry.entered >= lifetime || !leadsThere(entry)) {
      remove(entry)
      continue
    }
    entries.delete(entry.key)
    entries.set(entry.key, entry)
    entry.users++
    while (path.charCodeAt(cut) === slash) cut++
    return { entry, rest: path.slice(cut) }
  }
  return undefined
}
export function release(entry: Entry): void {
  entry.users--
  if (entry.users === 0 && entries.get(entry.key) !== entry) close(entry.place)
}

/** Takes over a directory that the walk has entered, and whose path consists of directories. */
export function keep(start: Place, path: string, place: Place): void {
  const { number } = start
  // The kernel marks the location of a removed directory like this.
  const key = number === undefined ? undefined : keyOf(number, path)
  if (key === undefined || path.endsWith(' (deleted)') || entries.has(key)) {
    place.release()
    return
  }
  for (const entry of entries.values()) {
    if (entries.size < most) break
    remove(entry)
  }
  const entry = {
    key,
    start,
    path,
    place,
    entered: performance.now(),
    location: undefined,
    users: 0,
  }
  entries.set(key, entry)
  if (clearing) return
  // Runs when the guest returns to the event loop, which it does not keep alive.
  setImmediate(() => {
    clearing = false
    clear()
  }).unref()
  clearing = true
}

/** Closes the cached directories, those below `start` or all. Returns the number of them. */
export function clear(start?: Place): number {
  let count = 0
  for (const entry of entries.values()) {
    if (start !== undefined && entry.start !== start) continue
    remove(entry)
    count++
  }
  return count
}
