/** Splits the options of a run into its own, which it checks, and those of the guest. */
import { fileURLToPath } from 'node:url'
import { type Checked, checkRows } from '../options/row.js'
import { optionNames, type Settings, settingsOf } from '../options/settings.js'
import { checkHeld } from '../options/strict.js'
import { checkAlone, checkPortable } from '../replay/options.js'
import { checkKeys } from '../validate.js'
import { defaultFolder } from './component/cache-folder.js'
import type { AnyRunOptions } from './options.js'
import { Stdio } from './stdio/stdio.js'
import { runTable } from './table.js'

/** The checked options of the run itself. */
export interface Terms extends Omit<Checked<typeof runTable>, 'maxOutput' | 'osSandbox'> {
  readonly osSandbox: 'require' | 'best-effort'
  /** The option `strict`. */
  readonly strict: boolean
  readonly stdio: Stdio
}
const names = Object.keys(runTable) as readonly (keyof typeof runTable)[]
const known = [...optionNames, ...names.filter(name => !optionNames.includes(name))]

/** The checked terms of a run, and the options of its guest, which are not checked yet. */
export type Asked = [Terms, Omit<AnyRunOptions, keyof typeof runTable>]

export function termsOf(options: AnyRunOptions): Asked {
  checkKeys('options', known, options)
  // Read once, since a getter may return something else the next time.
  const own: Record<string, unknown> = Object.create(null)
  const asked: Record<string, unknown> = Object.create(null)
  for (const name of Object.keys(options) as (keyof AnyRunOptions)[]) {
    const part = Object.hasOwn(runTable, name) ? asked : own
    part[name] = options[name]
  }
  for (const name of names) if (!Object.hasOwn(asked, name)) asked[name] = options[name]
  const checked = checkRows(runTable, asked)
  const { stdin, stdout, stderr, input } = asked
  const { encoding, maxOutput, osSandbox = 'require' } = checked
  const stdio = new Stdio({ stdin, stdout, stderr, input, maxOutput, encoding })
  return [Object.assign(checked, { osSandbox, strict: own.strict === true, stdio }), own]
}

/** The settings of a run's guest, which are checked here. */
export function guestSettings({ threads, strict, imports, cache }: Terms, own: Asked[1]): Settings {
  checkPortable({ ...own })
  const { version = 'preview1', rights = 'access' } = own
  const settings = settingsOf({ ...own, version, rights })
  if (threads > 0) checkAlone(settings.replay)
  if (!strict || own.allowUnsafePreopen === true) return settings
  if (imports !== undefined) checkHeld(settings.preopens, 'options.imports', fileURLToPath(imports))
  // A guest that writes there chooses the JavaScript of later runs.
  const folder = cache === false ? undefined : (cache ?? defaultFolder())
  if (folder !== undefined)
    checkHeld(
      settings.preopens.filter(({ readOnly, files }) => !readOnly && files === undefined),
      'the cache of components (options.cache)',
      folder,
    )
  return settings
}
