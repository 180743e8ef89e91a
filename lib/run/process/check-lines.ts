/**
 * Checks each line of a guest's process as untrusted input: an attacker who controls the process
 * may write anything there.
 */

import { table } from '../../abi/table.js'
import { dictionary } from '../../dictionary.js'
import { isFunctionName } from '../../function-names.js'
import { toldMetrics } from '../../observe/metrics.js'
import { plain, plainLine } from '../../stdio/terminal-escapes.js'
import type { OsSandbox } from '../options.js'
import type { Message, SerializedError } from '../worker/messages.js'
import { longest, mostDepth, mostNames } from './protocol.js'

/** A line of the guest's process. */
export type GuestLine = Extract<
  Message,
  { kind: 'taken' | 'exit' | 'failed' | 'trace' | 'unexpected' }
>

/** A line of the launcher, before it starts the guest's process. */
export type LauncherLine =
  | { readonly kind: 'sandbox' | 'refused'; readonly osSandbox: OsSandbox }
  | {
      readonly kind: 'broken'
      readonly call: string
      readonly error: number
      readonly file: number | undefined
    }

/** The request decides what may be sent. */
export interface Wanted {
  readonly traced: boolean
  /** The lines of the trace are JSON. Default false. */
  readonly records?: boolean | undefined
  readonly measured: boolean
}

/**
 * A checked line; undefined for any that no process of this package writes when it was asked for
 * this.
 */
export function guestLine(
  text: string,
  { traced, records, measured }: Wanted,
): GuestLine | undefined {
  const { kind, code, metrics, line, open, call, cause, error } = parsed(text)
  switch (kind) {
    case 'taken':
      return { kind }
    case 'exit': {
      if (!isInt32(code) || (measured ? !isRecord(metrics) : metrics !== undefined))
        return undefined
      return { kind, code: code | 0, metrics: measured ? toldMetrics(metrics) : undefined }
    }
    case 'failed': {
      const received = errorIn(error)
      if (metrics !== undefined && !(measured && isRecord(metrics))) return undefined
      return received && { kind, error: received, metrics: metrics && toldMetrics(metrics) }
    }
    case 'trace':
      return traced && typeof line === 'string' && (!records || isTraceRecord(line))
        ? { kind, line: oneLine(line, longest.line), open: open === true }
        : undefined
    case 'unexpected': {
      const received = errorIn(cause)
      return received &&
        typeof call === 'string' &&
        (Object.hasOwn(table, call) || isFunctionName(call))
        ? { kind, call, cause: received }
        : undefined
    }
  }
  return undefined
}

/** A checked line of the launcher; undefined for any that it does not write. */
export function launcherLine(text: string): LauncherLine | undefined {
  const { kind, landlock, seccomp, call, error, file } = parsed(text)
  switch (kind) {
    case 'sandbox':
    case 'refused':
      if (!isInt32(landlock) || typeof seccomp !== 'boolean') return undefined
      return { kind, osSandbox: { landlock: landlock > 0 ? landlock : false, seccomp } }
    case 'broken':
      if (!isWord(call) || !isInt32(error) || !(file === undefined || isInt32(file)))
        return undefined
      return { kind, call, error, file }
  }
  return undefined
}

/**
 * The codes of this package that a guest's process can fail with. All others are verdicts of the
 * host: a process that could say ERR_WASI_OS_SANDBOX_UNAVAILABLE of itself would make its embedder run the guest
 * without it.
 */
const ownCodes = new Set([
  'ERR_WASI_ADDON_UNAVAILABLE',
  'ERR_WASI_COMPONENT',
  'ERR_WASI_HOSTCALL_LIMIT',
  'ERR_WASI_MEMORY_LIMIT',
  'ERR_WASI_NOT_STARTED',
  'ERR_WASI_NO_MEMORY',
  'ERR_WASI_NO_START',
  'ERR_WASI_STACK_LIMIT',
  'ERR_WASI_THREADS_UNAVAILABLE',
  'ERR_WASI_THREAD_LOST',
  'ERR_WASI_TRAP',
  'ERR_WASI_UNKNOWN_IMPORT',
])
/**
 * The codes of Node that pass: wrong arguments, and workers that do not start or run out of memory.
 */
const nodeCodes = new Set([
  'ERR_INVALID_ARG_TYPE',
  'ERR_INVALID_ARG_VALUE',
  'ERR_INVALID_RETURN_VALUE',
  'ERR_OUT_OF_RANGE',
  'ERR_DLOPEN_FAILED',
  'ERR_WORKER_INIT_FAILED',
  'ERR_WORKER_OUT_OF_MEMORY',
])
const isHostCode = (code: string): boolean => /^(UVWASI_)?E[A-Z0-9]{1,20}$/.test(code)
const importKinds = ['function', 'table', 'memory', 'global', 'tag']

/** An error of checked fields; undefined for one whose code is a verdict of the host. */
function errorIn(value: unknown): SerializedError | undefined {
  const { name, message, stack, more } = record(value)
  const { code, errno, syscall, path, importModule, importName, importKind } = record(more)
  const fields: [string, string | number][] = []
  if (typeof code === 'string') {
    if (ownCodes.has(code) || nodeCodes.has(code) || isHostCode(code)) fields.push(['code', code])
    else if (code.startsWith('ERR_WASI_')) return undefined
  }
  if (isInt32(errno)) fields.push(['errno', errno])
  if (isWord(syscall)) fields.push(['syscall', syscall])
  if (typeof path === 'string') fields.push(['path', oneLine(path, longest.path)])
  if (code === 'ERR_WASI_UNKNOWN_IMPORT') {
    if (typeof importModule === 'string')
      fields.push(['importModule', oneLine(importModule, longest.name)])
    if (typeof importName === 'string')
      fields.push(['importName', oneLine(importName, longest.name)])
    if (importKinds.includes(importKind as string))
      fields.push(['importKind', importKind as string])
  }
  return {
    name: isWord(name) ? name : 'Error',
    message: lines(message, longest.message),
    stack: lines(stack, longest.stack) || undefined,
    more: dictionary(fields),
  }
}

type Unknown = Readonly<Record<string, unknown>>
const isRecord = (value: unknown): value is Unknown => typeof value === 'object' && value !== null
const record = (value: unknown): Unknown => (isRecord(value) ? value : {})
const isInt32 = (value: unknown): value is number =>
  typeof value === 'number' && value === (value | 0)
const isWord = (value: unknown): value is string =>
  typeof value === 'string' && /^\w{1,64}$/.test(value)
/** Cut first: escaping takes far longer than cutting. Errors and traces are shown on terminals. */
const lines = (value: unknown, most: number): string =>
  typeof value === 'string' ? plain(value.slice(0, most)) : ''
const oneLine = (value: string, most: number): string => plainLine(value.slice(0, most))

/** A line that is no object would spoil the array of a timeline. */
const isTraceRecord = (line: string): boolean =>
  line.length <= longest.line && line.startsWith('{') && Object.keys(parsed(line, true)).length > 0

/** @param lists whether it may have lists */
function parsed(text: string, lists = false): Unknown {
  if (!isShallow(text, lists)) return {}
  try {
    return record(JSON.parse(text))
  } catch {
    return {}
  }
}

const [quote, backslash, colon, opens, closes, list, ends] = Array.from('"\\:{}[]', character =>
  character.charCodeAt(0),
)

/**
 * Looks at a line before JSON.parse does, which takes 100 ms for 200 KB of `[`. No line of the
 * channel has lists.
 */
function isShallow(text: string, lists: boolean): boolean {
  let depth = 0
  let names = 0
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case quote:
        for (i++; i < text.length && text.charCodeAt(i) !== quote; i++)
          if (text.charCodeAt(i) === backslash) i++
        break
      case opens:
        if (++depth > mostDepth) return false
        break
      case closes:
      case ends:
        depth--
        break
      case colon:
        if (++names > mostNames) return false
        break
      case list:
        if (!lists || ++depth > mostDepth) return false
        break
    }
  }
  return true
}
