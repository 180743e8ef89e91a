/**
 * Runs a guest in worker threads of this process: prepares it, within its time, and executes it.
 */
import { callHook } from '../errors.js'
import { type CheckedSource, loaded } from '../guest/source.js'
import type { Counts } from '../observe/metrics.js'
import type { OpenLine } from '../observe/unterminated.js'
import type { Settings } from '../options/settings.js'
import type { ComponentCall } from './component/invoke/call.js'
import { checkForComponent, checkForModule } from './component/options.js'
import { Deadline } from './deadline.js'
import { executeRun } from './execute.js'
import { checkOptions, runErrorOf } from './failure.js'
import type { RequestQueue } from './instance/queue.js'
import { versionOf } from './module/inspect.js'
import type { PreparedModule } from './module/prepare.js'
import type { AnyRunOptions, AnyRunResult } from './options.js'
import { prepareRun } from './prepare.js'
import {
  framePartsOf,
  isPreparedComponent,
  type PreparedProgram,
  prepareProgram,
} from './program.js'
import { type Asked, guestSettings, termsOf } from './settings.js'
import { preparedFor } from './snapshot/prepared.js'
import { checkReseeds, type Restore, restoredSettings, setupOf } from './snapshot/restore.js'
import { type GuestSnapshot, isSnapshot } from './snapshot/snapshot.js'
import { Workers } from './worker/workers.js'

/** Hooks of the command line and of instances. */
export interface Hooks {
  /** Counts the hostcalls, also of a run that fails. */
  readonly counts?: Counts | undefined
  /** Knows whether the guest has left a line open where its trace is written. */
  readonly openLine?: OpenLine | undefined
  /** Checks a module before the guest starts. */
  readonly check?: (module: WebAssembly.Module) => void
  /** Serves calls to an instance, in place of running a command. */
  readonly served?: RequestQueue | undefined
  /** The snapshot that the instance is made from. */
  readonly restore?: Restore | undefined
}

/** Runs a guest in workers that end with it. */
export async function runInWorkers(
  source: CheckedSource | GuestSnapshot,
  options: AnyRunOptions,
  hooks?: Hooks,
): Promise<AnyRunResult> {
  const checked = checkOptions(() => termsOf(options))
  const [terms] = checked
  const visibly = hooks?.served !== undefined
  const workers = new Workers()
  const prepare = async ({ ended }: Deadline): Promise<PreparedProgram> => {
    const program = isSnapshot(source) ? source : await loaded(source)
    // It loads its code while this thread prepares the program.
    workers.prestart(terms.maxStack)
    return isSnapshot(program)
      ? preparedFor(program, terms)
      : prepareProgram(program, terms, ended, visibly)
  }
  try {
    return await prepareAndExecute(checked, prepare, workers, hooks)
  } finally {
    await workers.close()
  }
}

/**
 * Runs a guest whose run options are checked. Its time begins here, and covers the compiler's.
 * @param prepare prepares the program, or waits for it; its work can end when the signal of the
 * deadline is aborted
 * @throws RunError
 */
export async function prepareAndExecute(
  [options, guestOptions]: Asked,
  prepare: (deadline: Deadline) => Promise<PreparedProgram>,
  workers: Workers,
  hooks: Hooks = {},
): Promise<AnyRunResult> {
  const { version } = guestOptions
  hooks.served?.check(options)
  const { restore } = hooks
  const settings = checkOptions(() => {
    const asked = guestSettings(options, guestOptions)
    return restore === undefined ? asked : restoredSettings(asked, guestOptions, restore)
  })
  const { stdio, maxStack } = options
  const { counts = settings.counts, openLine, check, served } = hooks
  const deadline = new Deadline(options)
  let prepared: PreparedProgram | undefined
  try {
    deadline.check()
    prepared = await deadline.race(prepare(deadline))
    if (restore !== undefined) checkReseeds((prepared as PreparedModule).module, restore)
    const run = prepareRun(
      prepared,
      // They are of this run alone. A copy with more properties is slow to V8.
      Object.assign(settings, {
        openLine,
        version: checkedVersion(prepared, options, version, check),
        counts,
      }),
      options,
      served === undefined,
      callOf(prepared, options.invoke),
      restore && setupOf(restore),
    )
    return await executeRun(run, deadline, workers, served)
  } catch (thrown) {
    throw runErrorOf(thrown, {
      captured: stdio.captured,
      counts,
      compiled: prepared && framePartsOf(prepared),
      maxStack,
    })
  } finally {
    deadline.close()
    stdio.close()
  }
}

/** Checks a program against the options. Returns the version of WASI that a module imports. */
function checkedVersion(
  prepared: PreparedProgram,
  options: Asked[0],
  version: AnyRunOptions['version'],
  check: Hooks['check'],
): Settings['version'] {
  if (isPreparedComponent(prepared)) {
    checkForComponent(options, version)
    return 'preview1'
  }
  checkForModule(options)
  const { module } = prepared
  callHook('the check', () => check?.(module))
  return version ?? versionOf(module)
}

/** The call that a component shall make in place of its command's. */
const callOf = (
  prepared: PreparedProgram,
  invoke: string | undefined,
): ComponentCall | undefined =>
  invoke !== undefined && isPreparedComponent(prepared) ? prepared.callOf(invoke) : undefined
