/**
 * The host behind the modules of this package that a transpiled component imports by their names.
 * It gives no preopens, no environment, no arguments and no network; the standard streams are those
 * of the process.
 */
import { GuestExit } from '../errors.js'
import { settingsOf } from '../options/settings.js'
import { Terminals } from '../stdio/terminals.js'
import { openSys } from '../sys/choose.js'
import { Verdict } from '../verdict.js'
import { type ComponentHostOptions, openComponent } from './host.js'

/** The options that the functions of the modules set. */
type Changed = Pick<
  ComponentHostOptions,
  'args' | 'env' | 'preopens' | 'stdin' | 'stdout' | 'stderr'
>

const settled = (options: Changed) =>
  settingsOf({ ...options, version: 'preview1', rights: 'access' })

/** The verdict of a component that ends its process by `wasi:cli/exit`, as a program does. */
export const exitingVerdict = (): Verdict =>
  new Verdict(ended => {
    if (ended instanceof GuestExit) process.exit(ended.exitCode)
    return ended
  })

let changed: Changed = {}
let cwd: string | undefined
const { host, give } = openComponent(
  settled(changed),
  exitingVerdict(),
  openSys('auto'),
  new Terminals(),
)

export const { imports } = host

/** Changes what the host gives from now on. @throws as createComponentHost does */
export function change(options: Changed): void {
  const all = { ...changed, ...options }
  give(settled(all), cwd)
  changed = all
}
/** Changes the current directory that the host reports. */
export function changeCwd(path: string | undefined): void {
  give(settled(changed), path)
  cwd = path
}
/** The options that were set. */
export const given = (): Changed => changed
