/** The program of a guest's process, as it is sent. */
import { compiledOf, isCompiled, type WrittenLimits } from '../../guest/compiled-module.js'
import { isComponent } from '../../guest/preamble.js'
import type { CheckedSource } from '../../guest/source.js'
import type { SourceFile } from '../../guest/source-file.js'
import type { FrameModule, FramePart } from '../../trap/frame-module.js'
import type { ComponentCall } from '../component/invoke/call.js'
import { checkForComponent, checkForModule } from '../component/options.js'
import type { Deadline } from '../deadline.js'
import type { AnyRunOptions } from '../options.js'
import type { Terms } from '../settings.js'

/** The bytes that the process gets, and the limits that it writes into them. */
export interface SentProgram {
  readonly bytes: Uint8Array
  readonly limits: WrittenLimits
  readonly component: boolean
  /** A call in place of the component's command. */
  readonly call?: ComponentCall | undefined
  /** The modules of the guest, whose frames are in the error of a run. */
  readonly parts: readonly FramePart[]
}

/**
 * A module is sent as it is. A component is transpiled here, within the run's time.
 * @param alone true if no other run can wait for jco's work on these bytes
 */
export async function programOf(
  source: Exclude<CheckedSource, SourceFile>,
  terms: Terms,
  version: AnyRunOptions['version'],
  deadline: Deadline,
  alone: boolean,
): Promise<SentProgram> {
  const compiled = isCompiled(source) ? compiledOf(source) : undefined
  const bytes = compiled?.bytes ?? (source as Uint8Array)
  const limits = compiled?.limits ?? terms
  if (!isComponent(bytes)) {
    checkForModule(terms)
    const parts = [{ module: bytes as FrameModule, moved: compiled?.moved ?? 0 }]
    return { bytes, limits, component: false, parts }
  }
  checkForComponent(terms, version)
  const { transpiled } = await import('../component/transpile.js')
  const { commandOf } = await import('../component/prepare.js')
  const { pack } = await import('../component/transpiled.js')
  const made = await deadline.race(
    transpiled(bytes, terms.cache, alone ? deadline.ended : undefined),
  )
  const call =
    terms.invoke === undefined
      ? undefined
      : (await import('../component/invoke/call.js')).callOf(terms.invoke, bytes)
  if (call === undefined) commandOf(made)
  const parts = made.modules.map(({ bytes }) => ({ module: bytes as FrameModule, moved: 0 }))
  return { bytes: pack(made), limits, component: true, call, parts }
}
