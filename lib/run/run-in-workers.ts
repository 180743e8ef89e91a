/**
 * Runs a guest in worker threads of this process: prepares it, within its time, and executes it.
 */
import { callHook } from '../errors.js'
import { type CheckedSource, loaded } from '../guest/source.js'
import type { Counts } from '../observe/metrics.js'
import type { OpenLine } from '../observe/unterminated.js'
import { Deadline } from './deadline.js'
import { executeRun } from './execute.js'
import { checkOptions, runErrorOf } from './failure.js'
import type { RequestQueue } from './instance/queue.js'
import { versionOf } from './module/inspect.js'
import { PreparedModule } from './module/prepare.js'
import type { AnyRunOptions, AnyRunResult } from './options.js'
import { prepareRun } from './prepare.js'
import { type Asked, guestSettings, termsOf } from './settings.js'
import { Workers } from './worker/workers.js'

/** Hooks of the command line and of instances. */
export interface Hooks {
  /** Counts the hostcalls, also of a run that fails. */
  readonly counts?: Counts | undefined
  /** Knows whether the guest has left a line open where its trace is written. */
  readonly openLine?: OpenLine | undefined
  /** Checks the module before the guest starts. */
  readonly check?: (module: WebAssembly.Module) => void
  /** Serves calls to an instance, in place of running a command. */
  readonly served?: RequestQueue | undefined
}

/** Runs a guest in workers that end with it. */
export async function runInWorkers(
  source: CheckedSource,
  options: AnyRunOptions,
  hooks?: Hooks,
): Promise<AnyRunResult> {
  const checked = checkOptions(() => termsOf(options))
  return prepareAndExecute(
    checked,
    async () => PreparedModule.prepare(await loaded(source), checked[0]),
    new Workers(),
    hooks,
  )
}

/**
 * Runs a guest whose run options are checked. Its time begins here, and covers the compiler's.
 * @param prepareModule prepares the module, or waits for it
 * @throws RunError
 */
export async function prepareAndExecute(
  [options, guestOptions]: Asked,
  prepareModule: () => Promise<PreparedModule>,
  workers: Workers,
  hooks: Hooks = {},
): Promise<AnyRunResult> {
  const { version } = guestOptions
  hooks.served?.check(options)
  const settings = checkOptions(() => guestSettings(options, guestOptions))
  const { stdio, maxStack } = options
  const { counts = settings.counts, openLine, check, served } = hooks
  const deadline = new Deadline(options)
  let prepared: PreparedModule | undefined
  try {
    deadline.check()
    prepared = await deadline.race(prepareModule())
    const { module } = prepared
    callHook('the check', () => check?.(module))
    const run = prepareRun(
      prepared,
      { ...settings, openLine, version: version ?? versionOf(module), counts },
      options,
      served === undefined,
    )
    return await executeRun(run, deadline, workers, served)
  } catch (thrown) {
    throw runErrorOf(thrown, {
      captured: stdio.captured,
      counts,
      compiled: prepared?.bytes ?? prepared?.module,
      moved: prepared?.moved,
      maxStack,
    })
  } finally {
    deadline.close()
    stdio.close()
  }
}
