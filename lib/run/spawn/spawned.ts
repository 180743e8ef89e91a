/** A guest whose streams are pipes: what `spawn` adds to `run`. */
import type { Readable } from 'node:stream'
import { coded } from '../../errors.js'
import { lines } from '../../stdio/lines.js'
import { checkObject } from '../../validate.js'
import { isSignal, offAbort, onAbort } from '../aborts.js'
import type { AnyRunOptions, AnyRunResult } from '../options.js'
import { addCalls, RunError } from '../run-error.js'
import { runTable } from '../table.js'
import { InputPipe, OutputPipe } from './pipes.js'
import type { SpawnedGuest, SpawnOptions } from './types.js'

/** The most bytes whose lines are made at once: a guest may write a line for each of them. */
const mostSplit = 2 ** 16

/** @param execute runs the guest with these options, to its end */
export function spawned(
  options: SpawnOptions,
  execute: (options: AnyRunOptions) => Promise<AnyRunResult>,
): SpawnedGuest {
  checkObject('options', options)
  // The run itself is not awaited, so its error has no calls of the embedder's.
  const here = new Error()
  const asked = read(options)
  const stdin = isPipe(asked.stdin) && asked.input === undefined ? new InputPipe() : null
  const stdout = isPipe(asked.stdout) ? new OutputPipe() : null
  const stderr = isPipe(asked.stderr) ? new OutputPipe() : null
  if (asked.encoding === 'utf8')
    for (const output of [stdout, stderr]) output?.stream.setEncoding('utf8')
  const controller = new AbortController()
  const end = (reason?: unknown): void => {
    controller.abort(reason)
    stdout?.leave()
    stderr?.leave()
  }
  let killed = false
  const kill = (reason?: unknown): void => {
    killed ||= !settled
    end(reason)
  }
  const { signal } = asked
  const abort = (): void => end((signal as AbortSignal).reason)
  if (isSignal(signal)) {
    onAbort(signal, abort)
    if (signal.aborted) abort()
  }
  let settled = false
  const finish = (): void => {
    settled = true
    if (isSignal(signal)) offAbort(signal, abort)
    stdin?.destroy()
    stdout?.finish()
    stderr?.finish()
  }
  const running = execute({
    ...asked,
    ...(stdin && { stdin }),
    ...(stdout && { stdout: stdout.receive }),
    ...(stderr && { stderr: stderr.receive }),
    // A signal that is none is for `execute` to refuse.
    signal: (signal === undefined || isSignal(signal) ? controller.signal : signal) as AbortSignal,
  })
  const exited = running.finally(finish)
  // A guest causes no unhandledRejection, which would end the process. A wrong option does.
  running.catch(error => {
    if (!(error instanceof RunError)) return
    addCalls(error, here.stack)
    exited.catch(() => {})
  })
  return {
    stdin: stdin?.stream ?? null,
    stdout: stdout?.stream ?? null,
    stderr: stderr?.stream ?? null,
    exited,
    kill,
    [Symbol.asyncIterator]() {
      if (stdout !== null) return linesOf(stdout.stream, exited, () => killed)
      const message = "the lines of a guest need options.stdout 'pipe'"
      throw coded(new Error(message), 'ERR_INVALID_STATE')
    },
    async [Symbol.asyncDispose]() {
      kill()
      await exited.catch(() => {})
    },
  }
}

/** Reads each option once. Those of the run count also where they are inherited. */
function read(options: SpawnOptions): Record<string, unknown> {
  const own: Record<string, unknown> = { ...options }
  for (const name of Object.keys(runTable)) {
    if (!Object.hasOwn(own, name)) own[name] = (options as Record<string, unknown>)[name]
  }
  return own
}

const isPipe = (option: unknown): boolean => option === undefined || option === 'pipe'

/** @param killed whether the embedder has ended the guest, which is no failure */
async function* linesOf(
  stdout: Readable,
  exited: Promise<unknown>,
  killed: () => boolean,
): AsyncGenerator<string> {
  const ready: string[] = []
  const split = lines(line => ready.push(line))
  for await (const chunk of stdout) {
    const bytes: Buffer = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    for (let at = 0; at < bytes.length; at += mostSplit) {
      split(bytes.subarray(at, at + mostSplit))
      yield* ready.splice(0)
    }
  }
  split.end()
  yield* ready.splice(0)
  try {
    await exited
  } catch (error) {
    if (!killed()) throw error
  }
}
