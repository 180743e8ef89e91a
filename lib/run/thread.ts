/** A worker that is a thread of a guest: an instance of its own over what all threads have together. */
import { parentPort, workerData } from 'node:worker_threads'
import { Errno } from '../abi/errno.js'
import { Exit } from '../errors.js'
import type { Import } from '../gate.js'
import { type Guest, guestOf, threadOf } from '../guest.js'
import type { Settings } from '../options.js'
import { type Beginning, Count, type Message, mostUnheard, type Task, toldError } from './messages.js'

const { module, memory, settings, traced, sharing, counts, limit }: Beginning = workerData
/** Which thread of the guest this is now. */
let self = 0
const tell = (message: Message): void => parentPort?.postMessage(message)
/** What comes as often as the guest likes waits until somebody has heard what came before. */
function report(message: Message): void {
  let unheard = Atomics.load(counts, Count.UNHEARD)
  for (; unheard >= mostUnheard; unheard = Atomics.load(counts, Count.UNHEARD)) Atomics.wait(counts, Count.UNHEARD, unheard)
  Atomics.add(counts, Count.UNHEARD, 1)
  tell(message)
}
/** The proposal's range of thread identifiers: 1 to 2^29 - 1. */
const identifiers = 2 ** 29 - 1

/**
 * Ask for another thread. Its identifier, or `-Errno` (AGAIN: there are as many as there may be), as the proposal has it.
 * @see https://github.com/WebAssembly/wasi-threads
 */
function spawn(arg: number): number {
  if (Atomics.add(counts, Count.RUNNING, 1) >= limit) {
    Atomics.sub(counts, Count.RUNNING, 1)
    return -Errno.AGAIN
  }
  const tid = 1 + ((Atomics.add(counts, Count.STARTED, 1) >>> 0) % identifiers)
  tell({ kind: 'spawn', task: { tid, arg } })
  return tid
}

/** Whether the end has been told: a guest that catches it again and again tells nothing more. */
let left = false
/** Told before it is thrown: whatever the guest's own frames make of that, it is at its end. */
function ending(call: Import): Import {
  return (...args) => {
    try {
      return call(...args)
    } catch (thrown) {
      if (thrown instanceof Exit && !left) tell({ kind: 'exit', code: thrown.code })
      left ||= thrown instanceof Exit
      throw thrown
    }
  }
}

function guest(): Guest {
  const own: Settings = {
    ...settings,
    trace: traced ? line => report({ kind: 'trace', line: sharing === undefined ? line : `[tid ${self}] ${line}` }) : undefined,
    report: ({ call, cause }) => report({ kind: 'unexpected', call, cause: toldError(cause) }),
  }
  return sharing === undefined ? guestOf(own) : threadOf(own, sharing)
}

function importsFor({ namespace, imports }: Guest, imported: WebAssembly.Memory | undefined): Record<string, Record<string, unknown>> {
  const all: Record<string, Record<string, unknown>> = {
    [namespace]: { ...imports, proc_exit: ending(imports.proc_exit), proc_raise: ending(imports.proc_raise) },
    wasi: { 'thread-spawn': spawn },
  }
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind === 'memory') all[from] = { ...all[from], [name]: imported }
  }
  return all
}

const imported = memory === undefined || memory instanceof WebAssembly.Memory ? memory : new WebAssembly.Memory(memory)
let mine: Guest | undefined

/** Each thread has an instance of its own, with the globals and the stack that instances begin with. */
function live({ tid, arg }: Task): void {
  self = tid
  try {
    mine ??= guest()
    const { exports } = new WebAssembly.Instance(module, importsFor(mine, imported))
    const { _start, wasi_thread_start } = exports as Record<string, CallableFunction | undefined>
    mine.bind((exports.memory ?? imported) as WebAssembly.Memory)
    const code = mine.run(() => (tid === 0 ? _start?.() : wasi_thread_start?.(tid, arg)))
    if (tid === 0) {
      tell({ kind: 'exit', code })
    } else {
      Atomics.sub(counts, Count.RUNNING, 1)
      tell({ kind: 'free' })
    }
  } catch (error) {
    tell({ kind: 'failed', error: toldError(error) })
  }
}

parentPort?.on('message', live)
tell({ kind: 'free' })
