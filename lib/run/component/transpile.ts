/** Transpiles components with jco in a worker, or takes them from the cache. */
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { coded } from '../../errors.js'
import { isKnownComponent } from '../../guest/preamble.js'
import { plainLine } from '../../stdio/terminal-escapes.js'
import { ownVersion } from '../../sys/version.js'
import { Unreadable } from '../module/reader.js'
import { externsOf } from './binary.js'
import { CacheEntry, type CacheOption } from './cache.js'
import { checkImports } from './imports.js'
import { exportedFunctions } from './invoke/read-component.js'
import { findJco, type Jco } from './jco.js'
import { checkNames, refusedComponent } from './names.js'
import { pack, type Transpiled } from './transpiled.js'
import type { TranspilerData, TranspilerReply } from './transpiler.js'

const transpiler = join(import.meta.dirname, 'transpiler.js')
/**
 * The time after which jco is ended, in milliseconds, in every run: one without a timeout must not
 * wait for ever. The largest component that was tried, of 12.5 MB, takes 3 s.
 */
const longest = 120_000
/** MiB of JavaScript heap of jco's worker. Its own memory is that of a WebAssembly module. */
const mostHeap = 1024

/** Components that were transpiled, by their bytes, which no other code changes. */
const done = new WeakMap<Uint8Array, Promise<Transpiled>>()

/**
 * A component's JavaScript and core modules.
 * @param bytes which no other code changes
 * @param ended ends the work when its run has ended
 * @throws Error with code `ERR_WASI_COMPONENT`, `ERR_WASI_NO_JCO`, `ERR_WASI_JCO_VERSION`,
 * `ERR_WASI_TRANSPILE`
 */
export function transpiled(
  bytes: Uint8Array,
  cache: CacheOption,
  ended?: AbortSignal,
): Promise<Transpiled> {
  const known = done.get(bytes)
  if (known !== undefined) return known
  const work = make(bytes, cache, ended)
  done.set(bytes, work)
  // Another run may have more time, or another cache.
  work.catch(() => done.delete(bytes))
  return work
}

async function make(
  bytes: Uint8Array,
  cache: CacheOption,
  ended: AbortSignal | undefined,
): Promise<Transpiled> {
  const externs = readExterns(bytes)
  checkImports(externs.imports)
  const jco = findJco()
  const entry = await CacheEntry.of(bytes, [jco.version, ownVersion()], cache)
  const kept = await entry?.read()
  if (kept !== undefined) return kept
  const reply = await run(jco, bytes, ended)
  if ('failed' in reply)
    throw coded(
      new Error(`jco ${jco.version} cannot transpile the component: ${plainLine(reply.failed)}`),
      'ERR_WASI_TRANSPILE',
    )
  const made: Transpiled = {
    ...reply,
    imports: externs.imports.map(({ name }) => name),
    exports: externs.exports.map(({ name }) => name),
  }
  await entry?.write(pack(made))
  return made
}

function readExterns(bytes: Uint8Array): ReturnType<typeof externsOf> {
  if (!isKnownComponent(bytes)) {
    const [version] = new Uint16Array(bytes.slice(4, 6).buffer)
    throw refusedComponent(
      `the component has version 0x${version.toString(16)} of the binary format; expected 0xd, that of WASI 0.2`,
    )
  }
  try {
    const externs = externsOf(bytes)
    // Components in components multiply: jco would need gigabytes for the 2^30 instances that two
    // kilobytes can ask for. This reader counts, and refuses more than a million items.
    exportedFunctions(bytes)
    checkNames([...externs.imports, ...externs.exports].map(({ name }) => name))
    return externs
  } catch (cause) {
    if (!(cause instanceof Unreadable)) throw cause
    throw refusedComponent(`the component cannot be read: ${cause.message}`, { cause })
  }
}

/** Runs jco in a thread of its own, since it takes 0.2 s for a small component. */
function run(
  { files }: Jco,
  bytes: Uint8Array,
  ended: AbortSignal | undefined,
): Promise<TranspilerReply> {
  const workerData: TranspilerData = { files, bytes }
  const worker = new Worker(transpiler, {
    workerData,
    ...(process.permission === undefined && { execArgv: [] }),
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: mostHeap },
  })
  const failed = (why: string): TranspilerReply => ({ failed: why })
  return new Promise<TranspilerReply>(resolve => {
    const late = setTimeout(() => resolve(failed(`it took more than ${longest} ms`)), longest)
    const aborted = (): void => resolve(failed('its run has ended'))
    if (ended?.aborted) aborted()
    ended?.addEventListener('abort', aborted, { once: true })
    worker.once('message', resolve)
    worker.on('error', (error: Error) => resolve(failed(`its thread failed: ${error.message}`)))
    worker.once('exit', () => {
      clearTimeout(late)
      ended?.removeEventListener('abort', aborted)
      resolve(failed('its thread ended'))
    })
  }).finally(() => worker.terminate())
}
