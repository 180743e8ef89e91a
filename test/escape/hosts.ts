/** The hosts that are attacked: each guarded one as an embedder has it. */
import type { UnexpectedError } from '#lib/errors.js'
import { type Guest, guestOf } from '#lib/guest/guest.js'
import type { DirectoryPreopen } from '#lib/options/preopens.js'
import { type Settings, settingsOf } from '#lib/options/settings.js'
import { openNative } from '#lib/sys/native/sys.js'
import { TypescriptSys } from '#lib/sys/typescript/sys.js'
import { Verdict } from '#lib/verdict.js'
import { threadAlone } from '../thread.js'
import type { Fixture } from './fixture.js'

/** The imports of a guest, by name. */
export type Imports = Readonly<Record<string, (...args: never[]) => number>>
export interface Host {
  readonly imports: Imports
  bind(memory: WebAssembly.Memory): void
  close(): void
  /** Errors of the host that it has no word for. */
  readonly unexpected: readonly string[]
  /** Memory in which the host has put something, other than the bound one. */
  seen?(): Uint8Array
}
export type OpenHost = (fixture: Fixture) => Host

export const preopensOf = (fixture: Fixture): Record<string, DirectoryPreopen> =>
  fixture.setup.preopens === false
    ? {}
    : {
        '/box': { path: fixture.at('box') },
        '/shelf': { path: fixture.at('shelf'), readOnly: true },
      }

/** The same two, whose folders are not to be changed at all. */
export function overlaysOf(fixture: Fixture): Record<string, DirectoryPreopen> {
  fixture.overlaid = true
  return Object.fromEntries(
    Object.entries(preopensOf(fixture)).map(([name, preopen]) => [
      name,
      { ...preopen, overlay: true },
    ]),
  )
}

/** A guest as an embedder has it: what it makes of the settings is the host that is attacked. */
const madeBy =
  (
    make: (settings: Settings) => Guest,
    backend: 'native' | 'typescript' = 'native',
    preopens = preopensOf,
  ): OpenHost =>
  fixture => {
    const unexpected: string[] = []
    const [stdin, stdout, stderr] = fixture.stdio
    const onUnexpected = (error: UnexpectedError): void => void unexpected.push(error.message)
    const settings = settingsOf({
      version: 'preview1',
      ...{ stdin, stdout, stderr },
      preopens: preopens(fixture),
      backend,
      onUnexpected,
    })
    const guest = make(settings)
    return {
      imports: guest.imports,
      bind: memory => guest.bind(memory),
      close: () => guest.close(),
      unexpected,
    }
  }

export const guarded = {
  openat2: madeBy(settings => guestOf(settings)),
  // No option selects the walk on a kernel that resolves paths itself.
  walk: madeBy(settings => guestOf(settings, new Verdict(), openNative({ resolution: 'walk' }))),
  thread: madeBy(threadAlone),
  /** Rights as `run` and the command have them. */
  access: madeBy(settings => guestOf({ ...settings, rights: 'access' })),
  typescript: madeBy(settings => guestOf(settings), 'typescript'),
  /** Without cached directories. */
  typescriptWalk: madeBy(settings =>
    guestOf(settings, new Verdict(), new TypescriptSys({ places: 'uncached' })),
  ),
  overlay: madeBy(settings => guestOf(settings), 'native', overlaysOf),
} as const satisfies Record<string, OpenHost>
export type Guarded = keyof typeof guarded
