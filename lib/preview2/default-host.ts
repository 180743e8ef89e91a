/**
 * The host behind the modules of this package that a transpiled component imports by their names.
 * It gives no preopens, no environment, no arguments and no network; the standard streams are those
 * of the process.
 */
import { GuestExit } from '../errors.js'
import { settingsOf } from '../options/settings.js'
import { Terminals } from '../stdio/terminals.js'
import { openGuestSys } from '../sys/choose.js'
import { Verdict } from '../verdict.js'
import {
  type ComponentHost,
  type ComponentHostOptions,
  type OpenComponent,
  openComponent,
} from './host.js'

/** The options that the functions of the modules set. */
type Changed = Pick<
  ComponentHostOptions,
  'args' | 'env' | 'preopens' | 'stdin' | 'stdout' | 'stderr'
>

/** The backend with which lib/register/ has registered this process. */
const registered = Symbol.for('wasi-common/register')

const settled = (options: Changed) =>
  settingsOf({ ...options, version: 'preview1', rights: 'access' })

/** The verdict of a component that ends its process by `wasi:cli/exit`, as a program does. */
export const exitingVerdict = (): Verdict =>
  new Verdict(ended => {
    if (ended instanceof GuestExit) process.exit(ended.exitCode)
    return ended
  })

/** The backend of a process that loaded `wasi-common/register/typescript`; otherwise the default. */
const backend =
  (globalThis as { [registered]?: ComponentHostOptions['backend'] })[registered] ?? 'auto'

/**
 * Defers an error to the first use: these modules must load where hosts of another backend are
 * made.
 */
function failing(error: unknown): OpenComponent {
  const fail = (): never => {
    throw error
  }
  const every = new Proxy(Object.create(null), {
    get: () =>
      function unavailable() {
        fail()
      },
  })
  const imports = new Proxy(Object.create(null), { get: () => every })
  const host: ComponentHost = {
    imports,
    listeners: [],
    run: fail,
    metrics: fail,
    close() {},
    [Symbol.dispose]() {},
  }
  return { host, give: fail }
}

function open(): OpenComponent {
  try {
    return openComponent(settled(changed), exitingVerdict(), openGuestSys(backend), new Terminals())
  } catch (error) {
    return failing(error)
  }
}

let changed: Changed = {}
let cwd: string | undefined
const { host, give } = open()

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
