/** The launcher of a guest's process, its sandbox, and the guest that it runs. */
import type { ChildProcess } from 'node:child_process'
import type { Metrics } from '../../observe/metrics.js'
import type { Settings } from '../../options/settings.js'
import type { OsSandbox } from '../options.js'
import type { Stdio } from '../stdio/stdio.js'
import type { Request } from './protocol.js'

/**
 * The sandbox launcher, as far as it is used here: it starts the guest's process, ends it when
 * `control` closes, and ends as it did.
 */
export type Launcher = Pick<ChildProcess, 'stdio' | 'on' | 'kill' | 'ref' | 'unref'>

/** The sandbox that the launcher was asked for. */
export interface Sandbox {
  /** True if a kernel without a part of it is refused. */
  readonly strict: boolean
  /**
   * The files that the launcher opens. It reports their numbers, since a path may have any bytes.
   */
  readonly opened: readonly string[]
}

/** A guest to run, and its embedder's end of it. */
export interface Task {
  readonly request: Request
  /** The module, which is sent behind the request. */
  readonly bytes: Uint8Array
  readonly hooks: Pick<Settings, 'trace' | 'report' | 'openLine'>
  readonly stdio: Stdio
}

/** The result of a run. */
export interface Ended {
  readonly exitCode: number
  readonly osSandbox: OsSandbox
  readonly metrics: Metrics | undefined
}
