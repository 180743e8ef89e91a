/** The host of one component: options in, imports out. */
import { joined } from '../abi/strings.js'
import type { Context } from '../context.js'
import { dictionary } from '../dictionary.js'
import type { Descriptor } from '../fds/descriptor.js'
import { LocalFds } from '../fds/local.js'
import { Polls } from '../fds/polls.js'
import { layersFor } from '../guest/guest.js'
import { membersOf } from '../guest/members.js'
import { hostsOf, nameOf, openAgain, openAll } from '../guest/open-resources.js'
import { GuestMemory } from '../memory.js'
import type { Metrics } from '../observe/metrics.js'
import type { Listener } from '../options/listen.js'
import type { GuestOptions } from '../options/options.js'
import { optionNames, type Settings, settingsOf } from '../options/settings.js'
import { Terminals } from '../stdio/terminals.js'
import { openGuestSys, openSys } from '../sys/choose.js'
import { systemRandom } from '../sys/random.js'
import type { Sys } from '../sys/sys.js'
import { checkKeys } from '../validate.js'
import { Verdict } from '../verdict.js'
import { parseAddress, socketAddress } from './addresses.js'
import { type Bindings, bindingsOf, type InterfaceCalls, Shells } from './bindings.js'
import { calls } from './calls/index.js'
import { Component, type Given } from './component.js'
import { observed } from './observe.js'
import { Flag, OpenFile } from './resources/open-file.js'
import { type InterfaceName, table } from './wit/table.js'

/**
 * Options of a component: those of {@link createGuest}, except `version` and `rights`, which WASI
 * 0.2 does not have.
 */
export interface ComponentHostOptions extends Omit<GuestOptions, 'version' | 'rights'> {}

/** The host of one component, as {@link createComponentHost} returns it. */
export interface ComponentHost {
  /**
   * The interfaces by their names without a version, such as `wasi:filesystem/types`: the second
   * argument of `instantiate` in the output of `jco transpile --instantiation`. No record in it has
   * a prototype.
   */
  readonly imports: Readonly<Record<string, Bindings>>
  /** The sockets that the option `listen` opened, in its order. */
  readonly listeners: readonly Listener[]
  /**
   * Calls code of the component, as `() => component.run.run()`. Returns the exit code: that of
   * `wasi:cli/exit`, or 0.
   * @throws a trap, or the first error that ended the component, even if it caught it
   */
  run(code: () => unknown): number
  /**
   * Returns the calls until now.
   * @throws Error with code `ERR_WASI_NO_METRICS` unless `options.metrics` was set
   */
  metrics(): Metrics
  /** Closes the component's open files. Later calls on them fail. */
  close(): void
  /** Calls {@link ComponentHost.close}, for `using`. */
  [Symbol.dispose](): void
}

const names = optionNames.filter(name => name !== 'version' && name !== 'rights')

/**
 * Creates the host of a component that `jco transpile --instantiation` has transpiled.
 *
 * @example
 * const host = createComponentHost({ preopens: { '/data': './data' } })
 * const component = await instantiate(getCoreModule, host.imports)
 * process.exitCode = host.run(() => component.run.run())
 * @throws as {@link createGuest} does
 */
export function createComponentHost(options: ComponentHostOptions = {}): ComponentHost {
  checkKeys('options', names, options)
  return componentHostOf(settingsOf({ ...options, version: 'preview1', rights: 'access' }))
}

/** Returns the host for checked settings. */
export function componentHostOf(
  settings: Settings,
  verdict = new Verdict(),
  host: Sys = openGuestSys(settings.backend),
  terminals = new Terminals(),
): ComponentHost {
  return openComponent(settings, verdict, host, terminals).host
}

/** Opens what a component gets. Returns its state, too. */
export function openComponent(
  settings: Settings,
  verdict: Verdict,
  sys: Sys,
  terminals: Terminals,
): OpenComponent {
  const memory = new GuestMemory(sys, settings.limits)
  const layers = layersFor(settings, memory)
  const hosts = hostsOf(sys, () => openSys(settings.backend), layers)
  const fds = new LocalFds(settings.limits.descriptors, settings.rights)
  const names = settings.preopens.map(nameOf)
  const opened = openAll(hosts, memory, fds, settings, names, terminals)
  const { args, env, limits, counts, report } = settings
  const context: Context = {
    sys: hosts.sys,
    memory,
    fds,
    polls: new Polls(),
    limits,
    args: joined(args),
    env: joined(env),
    random: layers?.random ?? systemRandom,
    verdict,
  }
  const given = givenOf(settings, fds, opened.listeners)
  const component = new Component(context, given, openIn(fds), report)
  const own: ComponentHost = {
    imports: importsOf(component, settings),
    listeners: opened.listeners,
    ...membersOf(verdict, terminals, counts, [hosts.sys, ...opened.beside]),
  }
  return {
    host: own,
    give(settings, cwd) {
      const fds = new LocalFds(settings.limits.descriptors, settings.rights)
      const names = settings.preopens.map(nameOf)
      const { listeners } = openAgain(hosts, memory, fds, settings, names, terminals)
      const before = component.given
      component.given = { ...givenOf(settings, fds, listeners), cwd }
      for (const file of filesOf(before)) file.giveUp()
    },
  }
}

/** The files that a component was given. */
const filesOf = ({ stdin, stdout, stderr, preopens }: Given): readonly OpenFile[] => [
  stdin,
  stdout,
  stderr,
  ...preopens.map(([file]) => file),
]

/** A host, and the means of its modules to change what it gives. */
export interface OpenComponent {
  readonly host: ComponentHost
  /** Opens streams and preopens anew, and gives the component these and nothing else. */
  give(settings: Settings, cwd: string | undefined): void
}

const decoder = new TextDecoder()
/** A text of the options, which ends in NUL. */
const textOf = (bytes: Uint8Array): string => decoder.decode(bytes.subarray(0, -1))

/** Returns what a component gets, of the descriptors that were opened for it. */
function givenOf(
  { args, env, preopens }: Settings,
  fds: LocalFds,
  listeners: readonly Listener[],
): Given {
  const at = (fd: number): Descriptor => fds.peek(fd) as Descriptor
  return {
    stdin: new OpenFile(at(0), Flag.READ),
    stdout: new OpenFile(at(1), Flag.WRITE),
    stderr: new OpenFile(at(2), Flag.WRITE),
    preopens: preopens.map(({ name }, i) => [preopened(at(3 + i)), name] as const),
    args: args.map(textOf),
    env: env.map(variable => {
      const text = textOf(variable)
      const end = text.indexOf('=', 1)
      return [text.slice(0, end), text.slice(end + 1)] as const
    }),
    cwd: undefined,
    listeners: listeners.flatMap(({ fd, address, port }) => {
      // A socket without an address, as one of AF_UNIX, is none of `wasi:sockets`.
      const local = parseAddress(address)
      return local === undefined
        ? []
        : { file: new OpenFile(at(fd), 0), local: socketAddress(local, port), taken: false }
    }),
  }
}

/** The number of open descriptors of a table, which has no gaps. */
function openIn(fds: LocalFds): number {
  let open = 0
  while (fds.peek(open) !== undefined) open++
  return open
}

/** Returns a preopened directory: read-only, or one whose entries may be changed. */
export const preopened = (fd: Descriptor): OpenFile =>
  new OpenFile(fd, fd.readOnly ? Flag.READ : Flag.READ | Flag.MUTATE)

function importsOf(component: Component, settings: Settings): Readonly<Record<string, Bindings>> {
  const shells = new Shells(component)
  const observe = observed(component, settings)
  const all = (Object.keys(table) as InterfaceName[]).map(
    name =>
      [
        name,
        bindingsOf(component, shells, name, observe(name, calls[name] as InterfaceCalls)),
      ] as const,
  )
  return dictionary(all)
}
