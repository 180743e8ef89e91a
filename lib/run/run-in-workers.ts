/**
 * Runs a guest in worker threads of this process: prepares it, within its time, and executes it.
 */
import type { Counts } from '../observe/metrics.js'
import { settingsOf } from '../options/settings.js'
import { checkPortable } from '../replay/options.js'
import { Deadline } from './deadline.js'
import { executeRun } from './execute.js'
import { versionOf } from './module/inspect.js'
import { type ModuleSource, PreparedModule } from './module/prepare.js'
import type { RunOptions, RunResult } from './options.js'
import { prepareRun } from './prepare.js'
import { type Asked, termsOf } from './settings.js'
import { Workers } from './worker/workers.js'

/** Hooks of the command line. */
export interface Hooks {
  /** Counts the hostcalls, also of a run that fails. */
  readonly counts?: Counts | undefined
  /** Checks the module before the guest starts. */
  readonly check?: (module: WebAssembly.Module) => void
}

/** Runs a guest in workers that end with it. */
export async function runInWorkers(
  source: ModuleSource,
  options: RunOptions,
  hooks?: Hooks,
): Promise<RunResult> {
  const checked = termsOf(options)
  return prepareAndExecute(
    checked,
    () => PreparedModule.prepare(source, checked[0]),
    new Workers(),
    hooks,
  )
}

/**
 * Runs a guest whose run options are checked. Its time begins here, and covers the compiler's.
 * @param prepareModule prepares the module, or waits for it
 */
export async function prepareAndExecute(
  [options, guestOptions]: Asked,
  prepareModule: () => Promise<PreparedModule>,
  workers: Workers,
  { counts, check }: Hooks = {},
): Promise<RunResult> {
  checkPortable({ ...guestOptions })
  const { version, rights } = guestOptions
  const settings = settingsOf({
    ...guestOptions,
    version: version ?? 'preview1',
    rights: rights ?? 'access',
  })
  const deadline = new Deadline(options)
  try {
    deadline.check()
    const prepared = await deadline.race(prepareModule())
    const { module } = prepared
    check?.(module)
    const run = prepareRun(
      prepared,
      { ...settings, version: version ?? versionOf(module), counts: counts ?? settings.counts },
      options,
    )
    return await executeRun(run, deadline, workers)
  } finally {
    deadline.close()
    options.stdio.close()
  }
}
