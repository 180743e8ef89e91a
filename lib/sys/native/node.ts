/** Node.js as a program to start: that of this process, or the one that the embedder names. */
import { execFile } from 'node:child_process'
import { coded } from '../../errors.js'
import { plainLine } from '../../stdio/terminal-escapes.js'
import { real } from '../realpath.js'

export interface NodeProgram {
  readonly path: string
  /**
   * The files that it maps in addition to its own. Undefined for the Node of this process, which
   * has them mapped.
   */
  readonly libraries?: readonly string[]
}

const none = (message: string, cause?: unknown): Error =>
  coded(new Error(message, { cause }), 'ERR_WASI_NO_NODE')

/**
 * Returns the Node of this process.
 * @throws Error with code ERR_WASI_NO_NODE where `process.execPath` is an application
 */
export function ownNode(): NodeProgram {
  const { execPath: path, versions } = process
  const application =
    versions.electron === undefined
      ? process.getBuiltinModule('node:sea').isSea() && 'a single executable application'
      : 'Electron'
  if (!application) return { path }
  throw none(
    `options.isolation 'process' starts Node.js, but process.execPath is ${application}, which would start '${plainLine(path)}' again. ` +
      'Set options.execPath to the path of a node binary, version 20.19, 22.12 or later',
  )
}

/** The version and the libraries that a Node reports. */
interface Answer {
  readonly execPath: string
  readonly versions: Readonly<Record<string, string>>
  readonly sharedObjects: readonly string[]
}
const question =
  'process.report.excludeNetwork = true; const { execPath, versions } = process; const { sharedObjects } = process.report.getReport(); ' +
  'JSON.stringify({ execPath, versions, sharedObjects })'
const wanted = 'options.execPath must be the path of a node binary'
/** Milliseconds within which it must report. */
const patience = 10_000
/** The results by path: each Node is started once. */
const known = new Map<string, Promise<NodeProgram>>()

/**
 * Returns the Node of this path, started once to find its libraries.
 * @throws Error with code ERR_WASI_NO_NODE unless it is one; ERR_ACCESS_DENIED where Node's
 * permission model denies starting it
 */
export async function nodeAt(path: string, env: Record<string, string>): Promise<NodeProgram> {
  // An application started in this way would run its own code again, and may call this function
  // again.
  if (isSame(path, process.execPath)) return { ...ownNode(), path }
  const found = known.get(path) ?? ask(path, env)
  known.set(path, found)
  // The user may replace a wrong file.
  found.catch(() => known.delete(path))
  return found
}

async function ask(path: string, env: Record<string, string>): Promise<NodeProgram> {
  const said = await new Promise<string>((resolve, reject) => {
    const options = { env, cwd: '/', timeout: patience, encoding: 'utf8' } as const
    execFile(path, ['-p', question], options, (error, stdout) =>
      error === null ? resolve(stdout) : reject(error),
    )
  }).catch(error => {
    if (error.code === 'ERR_ACCESS_DENIED') throw error
    const why = error.killed
      ? `it did not exit within ${patience} ms`
      : error.message.split('\n', 1)[0]
    throw none(`${wanted}: ${plainLine(why)}`, error)
  })
  const { execPath, versions, sharedObjects } = answerOf(path, said)
  const other = ['electron', 'bun', 'deno'].find(name => versions[name] !== undefined)
  if (other !== undefined) throw none(`${wanted}; '${plainLine(path)}' is ${other}`)
  if (!isSame(path, execPath))
    throw none(`${wanted}; '${plainLine(path)}' starts '${plainLine(execPath)}'`)
  return { path, libraries: sharedObjects.filter(name => name.startsWith('/') && name !== path) }
}

function answerOf(path: string, said: string): Answer {
  try {
    const answer = JSON.parse(said)
    if (typeof answer?.versions?.node === 'string' && Array.isArray(answer.sharedObjects))
      return answer
  } catch {}
  throw none(`${wanted}, and '${plainLine(path)}' does not answer as one`)
}

/**
 * Compares two paths. False also for two names of one file whose check Node's permission model
 * denies.
 */
function isSame(a: string, b: string): boolean {
  const place = real(a)
  return a === b || (place !== undefined && place === real(b))
}
