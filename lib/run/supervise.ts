/** The workers of one guest: started as it asks for threads, ended all together. */
import { Worker } from 'node:worker_threads'
import { coded } from '../errors.js'
import { shareOf } from '../guest.js'
import { optionNames, type Settings, settingsOf } from '../options.js'
import { checkInteger, checkKeys } from '../validate.js'
import { type Beginning, errorOf, type Message, type Task, unexpectedOf } from './messages.js'
import { importsMemory, memoryLimits, versionOf } from './module.js'
import type { RunOptions, RunResult } from './run.js'

/** More than any program asks for, and fewer than any host can bear. */
const mostThreads = 1024
const thread = new URL('./thread.js', import.meta.url)

/** Run a module that was compiled from these bytes. */
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
  { trace, report, ...settings }: Settings,
  sharing: Beginning['sharing'],
  limit: number,
): Promise<number> {
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
