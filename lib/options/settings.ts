/** An embedder's options become checked settings. Every mistake of the embedder is an error here, before anything is opened. */
import { isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { coded, type UnexpectedError } from '../errors.js'
import type { RightsMode } from '../fds/rights.js'
import { type Limits, limitsOf } from '../limits.js'
import { type Counts, newCounts } from '../observe/metrics.js'
import { reporter } from '../observe/report.js'
import type { Style } from '../observe/trace.js'
import { type Replay, type ReplayOptions, replayNames, replayOf } from '../replay/options.js'
import { type Input, inputOf, type Output, outputOf, type Sink, type Source } from '../stdio/streams.js'
import { isForeign, MemoryFiles } from '../sys/memfs/files.js'
import { type Quota, quotaOf } from '../sys/memfs/quota.js'
import type { FileRecord } from '../sys/memfs/store.js'
import { real } from '../sys/realpath.js'
import {
  checkArray,
  checkBoolean,
  checkFunction,
  checkKeys,
  checkObject,
  checkOneOf,
  checkString,
  isRecord,
  wrongType,
  wrongValue,
} from '../validate.js'
import { type Listen, type ListeningFd, listenOf } from './listen.js'
import { checkPermission } from './permission.js'
import { checkStrict } from './strict.js'

/** A directory of the host for a guest. */
export interface Preopen {
  /** The host's path; what is relative is so to the working directory. */
  readonly path: string
  /** Refuse every change through it with ROFS. Default false. */
  readonly readOnly?: boolean | undefined
  /**
   * Keep what the guest changes in memory, over the directory, which is not written to: true, or the MemoryFiles that shall have
   * the changes, which are laid over this one directory then and no other. Default false.
   */
  readonly overlay?: boolean | MemoryFiles | undefined
  /** Of an overlay: how much the guest may keep in it. MemoryFiles have their own. */
  readonly quota?: Quota | undefined
}

/** A directory with nothing in it but one file of the host, under the file's own name. */
export interface FilePreopen {
  /** The host's path. It is opened once, with the guest, and the guest keeps that file, whatever becomes of its name. */
  readonly file: string
  /** Refuse every change with ROFS. Default false. */
  readonly readOnly?: boolean | undefined
}

/** A directory that lies in memory. */
export interface MemoryPreopen {
  /** What is in it to begin with, for this guest alone; or files that others have, too. */
  readonly files: FileRecord | MemoryFiles
  /** Refuse every change through it with ROFS. Default false. */
  readonly readOnly?: boolean | undefined
  /** How much the guest may keep in it. MemoryFiles have their own. */
  readonly quota?: Quota | undefined
}

/** What a guest is given, and how it is watched. Nothing of the host's is given that does not stand here. */
export interface GuestOptions extends ReplayOptions {
  /** The snapshot of WASI that the guest imports: `wasi_snapshot_preview1` or `wasi_unstable`. */
  readonly version: 'preview1' | 'unstable'
  /** The guest's command line; the first is the program's name. Each is made a string. Default none. */
  readonly args?: readonly unknown[] | undefined
  /** The guest's environment. Each value is made a string; undefined ones are left out. Default none. */
  readonly env?: object | undefined
  /**
   * Directories by the name that the guest knows each by; they become its descriptors 3, 4 and so on, in the order of the
   * record (in which JavaScript puts names that are numbers first). Default none.
   */
  readonly preopens?: Readonly<Record<string, string | URL | Preopen | MemoryPreopen | FilePreopen | undefined>> | undefined
  /**
   * Sockets from which the guest accepts connections: `HOST:PORT`, where HOST is a numeric address (`[::1]` where it is IPv6) or
   * localhost, and PORT 0 is any that is free; or a descriptor of the host that listens already. They become the descriptors
   * behind the directories, in this order. Only with the native backend. Default none.
   */
  readonly listen?: readonly (string | ListeningFd)[] | undefined
  /**
   * The guest's descriptor 0, which it only reads; 1 and 2 are `stdout` and `stderr`, which it only writes. Those of the host are used as they are: keep them open as long as the guest lives; the
   * guest cannot close them. What is no number is served by functions and objects of yours. Default 0.
   */
  readonly stdin?: Input | undefined
  /** See `stdin`. Default 1. */
  readonly stdout?: Output | undefined
  /** See `stdin`. Default 2. */
  readonly stderr?: Output | undefined
  /**
   * Who asks the host. `native` (and `auto`, the default) is the addon, whose sandbox holds against races; it is an error
   * where it cannot be loaded. `typescript` uses node:fs alone. It is slower; sets times to the microsecond; cannot accept
   * connections or wait for descriptors; and where there is no /proc (macOS, Windows) somebody who renames directories of
   * the host meanwhile can lead it astray. RATIONALE.md has the whole list.
   */
  readonly backend?: 'auto' | 'native' | 'typescript' | undefined
  /**
   * `strict` refuses what would hand the host to the guest by mistake: any backend but the native one; process.env as `env`;
   * a preopen of the root of a file system, of a folder that holds (or is part of) this package, the running program or
   * node; to listen where other machines can reach it; and it keeps terminal escapes off the user's terminal.
   */
  readonly sandbox?: 'strict' | undefined
  /** Let a strict sandbox have such preopens all the same. Default false. */
  readonly allowUnsafePreopen?: boolean | undefined
  /** Let a strict sandbox listen at addresses beside 127.0.0.0/8 and ::1. Default false. */
  readonly allowPublicListen?: boolean | undefined
  /**
   * Whether what the guest writes to a terminal may steer it: move about in it, change its title, read its answers. If not,
   * control characters are shown as pictures of themselves. Default true, but false in a strict sandbox.
   */
  readonly allowTerminalEscapes?: boolean | undefined
  /**
   * `enforce` checks all rights of preview 1, as node:wasi does: a call for which a descriptor lacks the right is NOTCAPABLE.
   * `access` checks FD_READ and FD_WRITE, as other hosts do: a file that is open the other way is BADF. Rights bind the guest to
   * itself; what it is given is the preopen. Default `enforce` for class WASI and `createGuest`, `access` for `run`, Pool and the
   * command.
   */
  readonly rights?: RightsMode | undefined
  /** How much of the host the guest may use at once; README.md has the table. Default: its defaults. */
  readonly limits?: Partial<Limits> | undefined
  /** Receives a line for each hostcall. */
  readonly trace?: ((line: string) => void) | undefined
  /** `text`: as strace writes them. `json`: a {@link HostcallEvent} each. Default `text`. */
  readonly traceFormat?: 'text' | 'json' | undefined
  /** Whether the lines say how long each call took. Default false. */
  readonly traceTimes?: boolean | undefined
  /** Whether calls are counted and timed, for `metrics()` to tell. Default false. */
  readonly metrics?: boolean | undefined
  /** Receives every host error that WASI has no word for; the guest sees IO. What it throws ends the guest. */
  readonly onUnexpected?: ((error: UnexpectedError) => void) | undefined
}

/** What `createGuest` takes; `class WASI` passes over what it does not know, as node:wasi does. */
// biome-ignore format: a list
export const optionNames: readonly (keyof GuestOptions)[] = ['version', 'args', 'env', 'preopens', 'listen', 'stdin', 'stdout', 'stderr', 'backend', 'sandbox', 'allowUnsafePreopen', 'allowPublicListen', 'allowTerminalEscapes', 'rights', 'limits', 'trace', 'traceFormat', 'traceTimes', 'metrics', 'onUnexpected', ...replayNames]

/** What `class WASI` takes: what node:wasi's takes, and {@link GuestOptions}. */
export interface WASIOptions extends GuestOptions {
  /** Whether proc_exit makes `start` return its code; else it ends the host's process with it. Default true. */
  readonly returnOnExit?: boolean | undefined
}

/** A directory for the guest: of the host, in memory, or in memory over one of the host. */
export interface Given {
  readonly name: string
  /** The host's; undefined for what lies in memory alone. */
  readonly path: string | undefined
  readonly files: MemoryFiles | undefined
  /** Of a single file: where `path` leads. */
  readonly file?: string
  /** Where `path` leads, of what was judged by that: it is opened there, and nowhere else. */
  readonly place?: string
  readonly readOnly: boolean
}

/** Options after all checks, in the form that the rest of the package uses. */
export interface Settings {
  readonly version: 'preview1' | 'unstable'
  readonly args: readonly Uint8Array[]
  readonly env: readonly Uint8Array[]
  readonly preopens: readonly Given[]
  readonly listen: readonly Listen[]
  readonly stdio: readonly [stdin: number | Source, stdout: number | Sink, stderr: number | Sink]
  /** The descriptors among them that stand for a terminal of the embedder's, in a process of the guest's. Default: none. */
  readonly terminals?: readonly boolean[]
  readonly backend: 'auto' | 'native' | 'typescript'
  readonly terminalEscapes: boolean
  readonly rights: RightsMode
  readonly limits: Limits
  readonly trace: ((line: string) => void) | undefined
  readonly traceStyle: Style
  /** Where calls are counted, if they shall be. */
  readonly counts: Counts | undefined
  /** What is not the host's. */
  readonly replay: Replay | undefined
  /** Tells whoever wants to know of a host error that was not expected. */
  readonly report: (error: UnexpectedError) => void
}

const stdioCount = 3

/** The checks come in the order of node:wasi's, so that of two mistakes the same one is told. */
export function settingsOf(options: unknown = {}): Settings {
  checkObject('options', options)
  const { version, args = [], env, preopens, listen = [], stdin = 0, stdout = 1, stderr = 2, backend = 'auto' } = options
  const { sandbox, allowUnsafePreopen = false, allowPublicListen = false } = options
  const { allowTerminalEscapes = sandbox !== 'strict', rights = 'enforce', limits, trace, onUnexpected } = options
  const { traceFormat = 'text', traceTimes = false, metrics = false } = options
  checkString('options.version', version)
  if (version !== 'preview1' && version !== 'unstable') throw wrongValue('options.version', 'unsupported WASI version', version)
  checkArray('options.args', args)
  const argBytes = Array.from(args, (arg, i) => cString(`options.args[${i}]`, String(arg)))
  if (env !== undefined) checkObject('options.env', env)
  const envBytes = Object.entries(env ?? {})
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => cString(`options.env.${name}`, `${name}=${value}`))
  if (preopens !== undefined) checkObject('options.preopens', preopens)
  const folders = Object.entries(preopens ?? {}).map(([name, value]) => folder(name, value))
  const stdio: Settings['stdio'] = [inputOf('options.stdin', stdin), outputOf('options.stdout', stdout), outputOf('options.stderr', stderr)]
  checkOneOf('options.backend', ['auto', 'native', 'typescript'], backend)
  if (sandbox !== undefined) checkOneOf('options.sandbox', ['strict'], sandbox)
  checkArray('options.listen', listen)
  const listeners = Array.from(listen, (where, i) => listenOf(`options.listen[${i}]`, where))
  checkBoolean('options.allowUnsafePreopen', allowUnsafePreopen)
  checkBoolean('options.allowPublicListen', allowPublicListen)
  checkBoolean('options.allowTerminalEscapes', allowTerminalEscapes)
  checkOneOf('options.rights', ['enforce', 'access'], rights)
  const limit = limitsOf(limits)
  const given = stdioCount + folders.length + listeners.length
  if (limit.descriptors < given) {
    const message = `options.limits.descriptors is ${limit.descriptors}, but the guest is given ${given} to begin with`
    throw coded(new RangeError(message), 'ERR_OUT_OF_RANGE')
  }
  if (trace !== undefined) checkFunction('options.trace', trace)
  checkOneOf('options.traceFormat', ['text', 'json'], traceFormat)
  checkBoolean('options.traceTimes', traceTimes)
  checkBoolean('options.metrics', metrics)
  const replay = replayOf(options)
  if (onUnexpected !== undefined) checkFunction('options.onUnexpected', onUnexpected)
  const settings: Settings = {
    version,
    args: argBytes,
    env: replay?.start === undefined ? envBytes : envBytes.sort(Buffer.compare),
    preopens: process.permission !== undefined || sandbox === 'strict' ? folders.map(placed) : folders,
    listen: listeners,
    stdio,
    backend,
    terminalEscapes: allowTerminalEscapes,
    rights,
    limits: limit,
    trace: trace as Settings['trace'],
    traceStyle: { format: traceFormat, times: traceTimes },
    counts: metrics ? newCounts() : undefined,
    replay,
    report: reporter(onUnexpected as GuestOptions['onUnexpected']),
  }
  if (process.permission !== undefined) checkPermission(settings)
  if (sandbox === 'strict') checkStrict(settings, env, allowUnsafePreopen, allowPublicListen)
  return settings
}

/** What `class WASI` takes beyond that. */
export function returnOnExitOf({ returnOnExit = true }: { readonly returnOnExit?: unknown }): boolean {
  checkBoolean('options.returnOnExit', returnOnExit)
  return returnOnExit
}

const encoder = new TextEncoder()
/** Bytes ended by NUL, as C wants them; a NUL within would cut the string, so it is refused. */
function cString(name: string, text: string): Uint8Array {
  if (text.includes('\0')) throw wrongValue(name, 'must not contain NUL characters', text)
  return encoder.encode(`${text}\0`)
}

/** Recognizes URLs of all realms, such as jsdom's, as Node's own functions do. */
function isURL(value: object): value is URL {
  const { href, protocol, auth, path } = value as Partial<URL & { auth: unknown; path: unknown }>
  return typeof href === 'string' && typeof protocol === 'string' && auth === undefined && path === undefined
}

function folder(name: string, value: unknown): Given {
  const at = `options.preopens[${inspect(name)}]`
  const host = (path: string): Given => ({ name, path: pathOf(at, path), files: undefined, readOnly: false })
  if (value === null || typeof value !== 'object') return host(String(value))
  if (isURL(value)) return host(fileURLToPath(value.href))
  // What has its own way to be a string (an array, a Buffer) is one, as in node:wasi. A record must be spelled right.
  if (value instanceof MemoryFiles || isForeign(value)) throw wrongType(at, '{ files } for MemoryFiles', value)
  if (!isRecord(value)) return host(String(value))
  const { path, readOnly = false, overlay = false, files, file, quota } = value as Partial<Preopen & MemoryPreopen & FilePreopen>
  const more = files !== undefined ? ['quota'] : file !== undefined ? [] : ['overlay', 'quota']
  checkKeys(at, [files !== undefined ? 'files' : file !== undefined ? 'file' : 'path', 'readOnly', ...more], value)
  checkBoolean(`${at}.readOnly`, readOnly)
  if (file !== undefined) {
    checkString(`${at}.file`, file)
    return { name, path: pathOf(`${at}.file`, file), files: undefined, file: real(file) ?? file, readOnly }
  }
  if (files !== undefined) return { name, path: undefined, files: filesOf(at, files, quota), readOnly }
  if (typeof path !== 'string') throw wrongType(`${at}.path`, 'of type string', path)
  const given = { name, path: pathOf(`${at}.path`, path), readOnly }
  if (overlay instanceof MemoryFiles) return { ...given, files: filesOf(at, overlay, quota) }
  checkOwn(`${at}.overlay`, overlay)
  checkBoolean(`${at}.overlay`, overlay)
  if (overlay) return { ...given, files: filesOf(at, {}, quota) }
  if (quota !== undefined) throw wrongValue(`${at}.quota`, 'is for what lies in memory, and this is a directory of the host', quota)
  return { ...given, files: undefined }
}

/** What cannot be found is told when it is opened, and what is named by nothing is nowhere. */
function placed(given: Given): Given {
  const { path, file } = given
  if (path === undefined || path === '') return given
  const place = real(path) ?? resolve(folderOf(given), path)
  return { ...given, place, ...(file !== undefined && { file: place }) }
}

/** The same for a process that is elsewhere: its names begin at the root, but the links on their way are still its own to follow. */
export function rooted(given: Given): Given {
  const { path, place = path, file } = given
  const whole = (name: string): string => (name === '' || isAbsolute(name) ? name : `${folderOf(given)}/${name}`)
  return { ...given, ...(place !== undefined && { place: whole(place) }), ...(file !== undefined && { file: whole(file) }) }
}

/** The folder that the name of a preopen begins at. */
function folderOf({ name, path = '' }: Given): string {
  if (isAbsolute(path)) return path
  try {
    return process.cwd()
  } catch (cause) {
    const code = 'UVWASI_ENOENT'
    const message = `${code}, uvwasi_init: cannot open preopen "${name}" at "${path}": the current directory is gone`
    throw coded(new Error(message, { cause }), code)
  }
}

function filesOf(at: string, files: unknown, quota: unknown): MemoryFiles {
  if (!(files instanceof MemoryFiles)) {
    checkOwn(`${at}.files`, files)
    if (!isRecord(files))
      throw wrongType(`${at}.files`, 'an instance of MemoryFiles, or an object of no class with contents by path', files)
    return new MemoryFiles(files as FileRecord, { quota: quotaOf(`${at}.quota`, quota) })
  }
  if (quota !== undefined) throw wrongValue(`${at}.quota`, 'must not be given beside MemoryFiles, which have their own', quota)
  return files
}

function checkOwn(at: string, files: unknown): void {
  if (isForeign(files)) throw wrongType(at, 'made by the same copy of wasi-common as the guest; this one is of another copy', files)
}

function pathOf(at: string, path: string): string {
  if (path.includes('\0')) throw wrongValue(at, 'must not contain NUL characters', path)
  return path
}
