/**
 * Checks the preopens: directories of the host, in memory, or in memory over one of the host, and
 * single files.
 */
import { isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { coded } from '../errors.js'
import { isForeign, MemoryFiles } from '../sys/memfs/files.js'
import { type Quota, quotaOf } from '../sys/memfs/quota.js'
import type { FileRecord } from '../sys/memfs/store.js'
import { real } from '../sys/realpath.js'
import {
  checkBoolean,
  checkKeys,
  checkObject,
  checkString,
  isRecord,
  isURL,
  wrongType,
  wrongValue,
} from '../validate.js'

/** A preopened directory of the host. */
export interface DirectoryPreopen {
  /** The host's path. A relative path starts at the working directory of the process. */
  readonly path: string
  /** Refuses every change with ROFS. Default false. */
  readonly readOnly?: boolean | undefined
  /**
   * Keeps the guest's changes in memory, in a copy-on-write overlay: the directory itself is never
   * written. `true` discards them with the guest. A {@link MemoryFiles} keeps them; it can overlay
   * one directory only. Default false.
   */
  readonly overlay?: boolean | MemoryFiles | undefined
  /** The quota of `overlay: true`. A {@link MemoryFiles} has its own. Default: {@link Quota}'s. */
  readonly quota?: Quota | undefined
}

/** A preopened directory that contains only one file of the host, under the file's own name. */
export interface FilePreopen {
  /**
   * The host's path. The file is opened once, with the guest. The guest keeps that file, even if
   * the name is removed or replaced.
   */
  readonly file: string
  /** Refuses every change with ROFS. Default false. */
  readonly readOnly?: boolean | undefined
}

/** A preopened directory in memory. */
export interface MemoryPreopen {
  /** The initial files, for this guest alone; or a {@link MemoryFiles}, which guests can share. */
  readonly files: FileRecord | MemoryFiles
  /** Refuses every change with ROFS. Default false. */
  readonly readOnly?: boolean | undefined
  /** The quota of a record. A {@link MemoryFiles} has its own. Default: {@link Quota}'s. */
  readonly quota?: Quota | undefined
}

/** A preopened directory: a path or `file:` URL of the host, or an object. */
export type Preopen = string | URL | DirectoryPreopen | FilePreopen | MemoryPreopen

/** A directory for the guest: of the host, in memory, or in memory over one of the host. */
export interface Given {
  readonly name: string
  /** The host's; undefined for what lies in memory alone. */
  readonly path: string | undefined
  readonly files: MemoryFiles | undefined
  /** The real path of a single file's `path`. */
  readonly file?: string
  /** The real path of `path`, if it was judged by that: it is opened there, and nowhere else. */
  readonly place?: string
  readonly readOnly: boolean
}

/** Returns the preopens in the order of the record. */
export function preopensOf(name: string, value: unknown): readonly Given[] {
  checkObject(name, value)
  return Object.entries(value).map(([guest, preopen]) =>
    // The common case, without the name for its errors.
    typeof preopen === 'string' && !preopen.includes('\0')
      ? hostFolder(guest, preopen)
      : folder(`${name}[${inspect(guest)}]`, guest, preopen),
  )
}

const hostFolder = (name: string, path: string): Given => ({
  name,
  path,
  files: undefined,
  readOnly: false,
})

function folder(at: string, name: string, value: unknown): Given {
  const host = (path: string): Given => hostFolder(name, pathOf(at, path))
  if (value === null || typeof value !== 'object') return host(String(value))
  if (isURL(value)) return host(fileURLToPath(value.href))
  // A value with its own way to be a string (an array, a Buffer) is one, as in node:wasi. A record
  // must be spelled right.
  if (value instanceof MemoryFiles || isForeign(value))
    throw wrongType(at, '{ files } for MemoryFiles', value)
  if (!isRecord(value)) return host(String(value))
  const {
    path,
    readOnly = false,
    overlay = false,
    files,
    file,
    quota,
  } = value as Partial<DirectoryPreopen & MemoryPreopen & FilePreopen>
  const more = files !== undefined ? ['quota'] : file !== undefined ? [] : ['overlay', 'quota']
  checkKeys(
    at,
    [files !== undefined ? 'files' : file !== undefined ? 'file' : 'path', 'readOnly', ...more],
    value,
  )
  checkBoolean(`${at}.readOnly`, readOnly)
  if (file !== undefined) {
    checkString(`${at}.file`, file)
    return {
      name,
      path: pathOf(`${at}.file`, file),
      files: undefined,
      file: real(file) ?? file,
      readOnly,
    }
  }
  if (files !== undefined)
    return { name, path: undefined, files: filesOf(at, files, quota), readOnly }
  if (path === undefined)
    throw wrongType(at, 'a path, a URL, { path }, { files } or { file }', value)
  checkString(`${at}.path`, path)
  const given = { name, path: pathOf(`${at}.path`, path), readOnly }
  if (overlay instanceof MemoryFiles) return { ...given, files: filesOf(at, overlay, quota) }
  checkOwn(`${at}.overlay`, overlay)
  if (typeof overlay !== 'boolean')
    throw wrongType(`${at}.overlay`, 'true, false or an instance of MemoryFiles', overlay)
  if (overlay) return { ...given, files: filesOf(at, {}, quota) }
  if (quota !== undefined)
    throw wrongValue(
      `${at}.quota`,
      'must be left out unless overlay is true: it limits files in memory',
      quota,
    )
  return { ...given, files: undefined }
}

/**
 * Resolves the path of a preopen. A missing one fails when it is opened, and the empty path has no
 * place.
 */
export function placed(given: Given): Given {
  const { path, file } = given
  if (path === undefined || path === '') return given
  const place = real(path) ?? resolve(folderOf(given), path)
  return { ...given, place, ...(file !== undefined && { file: place }) }
}

/**
 * The same for a process that is elsewhere: its names begin at the root, but the links on their way
 * are still its own to follow.
 */
export function rooted(given: Given): Given {
  const { path, place = path, file } = given
  const whole = (name: string): string =>
    name === '' || isAbsolute(name) ? name : `${folderOf(given)}/${name}`
  return {
    ...given,
    ...(place !== undefined && { place: whole(place) }),
    ...(file !== undefined && { file: whole(file) }),
  }
}

/** The folder that the name of a preopen begins at. */
function folderOf({ name, path = '' }: Given): string {
  if (isAbsolute(path)) return path
  try {
    return process.cwd()
  } catch (cause) {
    const code = 'UVWASI_ENOENT'
    const message = `${code}, uvwasi_init: cannot open preopen "${name}" at "${path}": the current directory was removed`
    throw coded(new Error(message, { cause }), code)
  }
}

function filesOf(at: string, files: unknown, quota: unknown): MemoryFiles {
  if (!(files instanceof MemoryFiles)) {
    checkOwn(`${at}.files`, files)
    if (!isRecord(files))
      throw wrongType(
        `${at}.files`,
        'an instance of MemoryFiles or a record of contents by path',
        files,
      )
    return new MemoryFiles(files as FileRecord, { quota: quotaOf(`${at}.quota`, quota) })
  }
  if (quota !== undefined)
    throw wrongValue(
      `${at}.quota`,
      'must not be combined with MemoryFiles, which have their own quota',
      quota,
    )
  return files
}

function checkOwn(at: string, files: unknown): void {
  if (isForeign(files))
    throw wrongType(
      at,
      'made by the same copy of wasi-common as the guest (another copy is installed too)',
      files,
    )
}

function pathOf(at: string, path: string): string {
  if (path.includes('\0')) throw wrongValue(at, 'must not contain NUL characters', path)
  return path
}
