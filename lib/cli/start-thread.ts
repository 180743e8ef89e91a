/** Starts the one thread of a guest that needs a larger stack than the main thread has. */
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { stackSizeMb } from '../run/worker/stack.js'
import { CommandError } from './error.js'
import { TRAPPED } from './exit-codes.js'
import type { RunRequest } from './options.js'
import { STDERR, STDOUT, writeAll } from './print.js'

/** A thread's order: the guest, and the words that started the process. */
export interface Order {
  readonly request: RunRequest
  readonly argv: readonly string[]
}

/** Resets the colours of the terminal before a signal ends this process, as it would by itself. */
function resetAtSignals({ guest: { backend = 'auto' } }: RunRequest): void {
  const ends = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of ends)
    process.once(signal, async () => {
      const { resetTerminals } = await import('../run/stdio/reset-terminals.js')
      await resetTerminals([STDOUT, STDERR], backend)
      process.kill(process.pid, signal)
    })
}

/**
 * Runs the guest in that thread, which ends the process, unless Node shall end it by itself. The
 * exit code.
 */
export function runInThread(request: RunRequest): Promise<number> {
  const workerData: Order = { request, argv: process.argv }
  const resourceLimits = { stackSizeMb: stackSizeMb(request.run.maxStack) }
  // Node would else make the command's own pipes non-blocking, to pass the worker's output on.
  const worker = new Worker(join(import.meta.dirname, 'thread.js'), {
    workerData,
    resourceLimits,
    stdout: true,
    stderr: true,
  })
  if (request.guest.strict && !request.guest.allowTerminalEscapes) resetAtSignals(request)
  worker.stdout.on('data', text => writeAll(STDOUT, text))
  worker.stderr.on('data', text => writeAll(STDERR, text))
  return new Promise((resolve, reject) => {
    worker.on('error', (error: NodeJS.ErrnoException) => {
      const full = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
      reject(
        full
          ? new CommandError(
              'the guest trapped: it filled the JavaScript heap of its thread',
              undefined,
              TRAPPED,
            )
          : error,
      )
    })
    worker.on('exit', resolve)
  })
}
