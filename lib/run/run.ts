/** One guest from its start to its end, in workers, so that nothing it does keeps its embedder waiting. */
import { types } from 'node:util'
import { Worker } from 'node:worker_threads'
import { coded } from '../errors.js'
import { shareOf } from '../guest.js'
import { type GuestOptions, optionNames, type Settings, settingsOf } from '../options.js'
import { reporter } from '../report.js'
import { checkInteger, checkKeys, wrongType } from '../validate.js'
import { type Beginning, errorOf, type Message, type Task, unexpectedOf } from './messages.js'
import { importsMemory, memoryLimits, versionOf } from './module.js'

export interface RunOptions extends Omit<GuestOptions, 'version'> {
  /** The snapshot of WASI; found out from the module if left out. */
  readonly version?: GuestOptions['version'] | undefined
  /**
   * How many threads the guest may have beside its first one, by `wasi.thread-spawn`; it is refused more with AGAIN. Each
   * costs its host a worker. Only with the native backend. Default 0, at most 1024.
   */
  readonly threads?: number | undefined
}
export interface RunResult {
  /** What proc_exit of any thread said, or 0 when `_start` returned. */
  readonly exitCode: number
}

/** More than any program asks for, and fewer than any host can bear. */
const mostThreads = 1024
const thread = new URL('./thread.js', import.meta.url)

/**
 * Run a command to its end: until `_start` returns, or any thread of it exits or traps, which ends them all.
 *
 * @param source the module's bytes, or a module, which must be one that makes its memory itself
 * @throws What createGuest throws for wrong options; WebAssembly's own CompileError, LinkError and RuntimeError (a trap);
 * Error with code `ERR_WASI_THREADS_UNAVAILABLE` for threads with the typescript backend.
 */
export async function run(source: WebAssembly.BufferSource | WebAssembly.Module, options: RunOptions = {}): Promise<RunResult> {
  if (source instanceof WebAssembly.Module) return runModule(source, undefined, options)
  if (!ArrayBuffer.isView(source) && !types.isAnyArrayBuffer(source)) {
    throw wrongType('source', 'an instance of ArrayBuffer, ArrayBufferView or WebAssembly.Module', source)
  }
  const bytes = ArrayBuffer.isView(source) ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength) : new Uint8Array(source)
  return runModule(await WebAssembly.compile(bytes), bytes, options)
}

/** The same for a module that was compiled from these bytes. */
export async function runModule(module: WebAssembly.Module, bytes: Uint8Array | undefined, options: RunOptions): Promise<RunResult> {
  checkKeys('options', [...optionNames, 'threads'], options)
  const { threads = 0, ...own } = options
  checkInteger('options.threads', threads, 0, mostThreads)
  const settings = settingsOf({ version: versionOf(module), ...own })
  checkStart(module)
  const memory = memoryFor(module, bytes)
  const shared = threads > 0 ? shareOf(settings) : undefined
  try {
    return { exitCode: await supervise(module, memory, settings, shared?.sharing, threads) }
  } finally {
    shared?.close()
  }
}

/** Starts threads as they are asked for, until the guest is at its end; then ends all. The exit code. */
function supervise(
  module: WebAssembly.Module,
  memory: Beginning['memory'],
  { trace, onUnexpected, ...settings }: Settings,
  sharing: Beginning['sharing'],
  limit: number,
): Promise<number> {
  const report = reporter(onUnexpected)
  const counts = new Int32Array(new SharedArrayBuffer(8))
  const beginning: Beginning = { module, memory, settings, traced: trace !== undefined, sharing, counts, limit }
  const workers = new Set<Worker>()
  /** Those whose thread of the guest has ended. */
  const idle: Worker[] = []
  return new Promise((resolve, reject) => {
    let ended = false
    const end = (settle: () => void): void => {
      if (ended) return
      ended = true
      Promise.all([...workers].map(worker => worker.terminate())).then(settle, reject)
    }
    const fail = (error: unknown): void => end(() => reject(error))
    const hear = (worker: Worker, message: Message): void => {
      switch (message.kind) {
        case 'spawn':
          start(message.task)
          break
        case 'idle':
          idle.push(worker)
          break
        case 'exit':
          end(() => resolve(message.code))
          break
        case 'failed':
          fail(errorOf(message.error))
          break
        case 'trace':
          trace?.(message.line)
          break
        case 'unexpected':
          report(unexpectedOf(message))
      }
    }
    const start = (task: Task): void => {
      if (!ended) (idle.pop() ?? employ()).postMessage(task)
    }
    const employ = (): Worker => {
      const worker = new Worker(thread, { workerData: beginning, execArgv: [] })
      workers.add(worker)
      worker.on('message', (message: Message) => {
        try {
          hear(worker, message)
        } catch (thrown) {
          // By the embedder's own hook, or because there are no more workers to be had.
          fail(thrown)
        }
      })
      worker.on('error', fail)
      worker.on('exit', () => {
        workers.delete(worker)
        fail(new Error('a thread of the guest ended without a word'))
      })
      return worker
    }
    try {
      start({ tid: 0, arg: 0 })
    } catch (error) {
      fail(error)
    }
  })
}

function checkStart(module: WebAssembly.Module): void {
  const has = (wanted: string): boolean =>
    WebAssembly.Module.exports(module).some(({ name, kind }) => name === wanted && kind === 'function')
  if (!has('_start')) throw coded(new Error('the module exports no function _start: it is no command'), 'ERR_WASI_NO_START')
}

/** The memory that the module imports. */
function memoryFor(module: WebAssembly.Module, bytes: Uint8Array | undefined): Beginning['memory'] {
  if (!importsMemory(module)) return undefined
  if (bytes === undefined) {
    const message = 'the module imports its memory, whose size only its bytes tell: pass these in place of the module'
    throw coded(new Error(message), 'ERR_WASI_NO_MEMORY')
  }
  const limits = memoryLimits(bytes)
  return limits?.shared ? new WebAssembly.Memory(limits) : limits
}
