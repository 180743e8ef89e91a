/**
 * The files that this process was started from: a guest that may write one of them is the host at
 * its next start.
 */
import { createRequire } from 'node:module'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { passed, real } from '../sys/realpath.js'
import { wordsOf } from './node-options.js'
import { startFolder } from './start-folder.js'

/** Files of one kind, each where it really is, and each symlink that leads there. */
export interface Started {
  readonly what: string
  readonly places: readonly string[]
  /** True for a folder whose parts count as it does. */
  readonly parts?: boolean
}

/** Options by which Node reads a file before the program begins. */
const reading = new Set([
  '-r',
  '--require',
  '--import',
  '--loader',
  '--experimental-loader',
  '--env-file',
  '--env-file-if-exists',
  '--experimental-config-file',
  '--openssl-config',
])

export function startedFrom(): readonly Started[] {
  return [
    { what: 'the running program', places: placesOf(mainFiles()) },
    { what: 'a file that Node loads before the program', places: placesOf(preloads()) },
    { what: 'the running node', places: placesOf([process.execPath, ...onPath()]) },
    { what: 'the code that Node has compiled', places: placesOf(compiled()), parts: true },
  ]
}

const placesOf = (paths: readonly string[]): string[] => [...new Set(paths.flatMap(passed))]

/**
 * The program as it was named, which may be a symlink of npm's, and the file that Node made of a
 * folder or of a name without its ending. In a worker of yours it is the worker's own file: Node
 * does not tell the one of the main thread there.
 */
function mainFiles(): string[] {
  const named = namedProgram()
  const main = process.mainModule?.filename
  return [
    ...(named === undefined ? [] : [named, moduleAt(process.execPath, named) ?? named]),
    ...(main === undefined ? [] : [main]),
  ]
}

/**
 * Returns the path of the program, as it was named. Node makes it absolute; `[worker eval]`, `-` and
 * the first argument of `node -e` are none.
 */
export function namedProgram(): string | undefined {
  const [, named] = process.argv
  if (named === undefined || !isAbsolute(named)) return undefined
  const { isMainThread } = process.getBuiltinModule('node:worker_threads')
  return isMainThread && (process as { _eval?: string })._eval !== undefined ? undefined : named
}

function preloads(): string[] {
  const words = [...wordsOf(process.env.NODE_OPTIONS ?? ''), ...process.execArgv]
  const values = words.flatMap((word, i) => {
    const [, name, value] = /^([^=]*)(?:=(.*))?$/s.exec(word) as RegExpExecArray
    return reading.has(name) ? [value ?? words[i + 1] ?? ''] : []
  })
  return values.flatMap(value =>
    [...fileAt(value), moduleAt(join(startFolder ?? '/', '-'), value) ?? []].flat(),
  )
}

/** The folder of NODE_COMPILE_CACHE, or the one that the program chose: Node runs what is there. */
function compiled(): string[] {
  const module: { getCompileCacheDir?(): string | undefined } =
    process.getBuiltinModule('node:module')
  const folder = module.getCompileCacheDir?.()
  return folder === undefined ? [] : [folder]
}

function fileAt(value: string): string[] {
  try {
    const path = value.startsWith('file:') ? fileURLToPath(value) : value
    if (isAbsolute(path)) return [path]
    return startFolder === undefined || path === ''
      ? []
      : [resolve(startFolder, path)].filter(place => real(place) !== undefined)
  } catch {
    return []
  }
}

/** The file that `require` finds under a name, seen from a file. */
function moduleAt(from: string, name: string): string | undefined {
  try {
    const found = createRequire(from).resolve(name)
    return isAbsolute(found) ? found : undefined
  } catch {
    return undefined
  }
}

/** The node that a shell would find: a symlink or a script of what manages versions. */
function onPath(): string[] {
  const { argv0 } = process
  if (/[/\\]/.test(argv0))
    return isAbsolute(argv0) || startFolder !== undefined ? [resolve(startFolder ?? '', argv0)] : []
  const all = (process.env.PATH ?? '').split(delimiter).filter(isAbsolute)
  return all
    .map(path => join(path, argv0))
    .filter(path => real(path) !== undefined)
    .slice(0, 1)
}
