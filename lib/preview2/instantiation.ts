/** The hosts of components that are transpiled with `--instantiation`. */

import { dictionary } from '../dictionary.js'
import { settingsOf } from '../options/settings.js'
import { checkKeys, checkObject } from '../validate.js'
import type { Bindings } from './bindings.js'
import { imports as defaults, exitingVerdict } from './default-host.js'
import { type ComponentHostOptions, componentHostOf } from './host.js'
import { camelCase } from './names.js'

export { type ComponentHost, type ComponentHostOptions, createComponentHost } from './host.js'

/** The options of {@link WASIShim}. */
export interface WASIShimConfig {
  /** The files, variables and arguments of the component. Default: none. */
  readonly sandbox?: Pick<ComponentHostOptions, 'args' | 'env' | 'preopens'> & {
    /** Ignored: there is no network. */
    readonly enableNetwork?: boolean
  }
  /** Interfaces of yours in place of ours, in camel case: `{ insecureSeed: { ... } }`. */
  readonly cli?: Readonly<Record<string, object>>
  readonly clocks?: Readonly<Record<string, object>>
  readonly filesystem?: Readonly<Record<string, object>>
  readonly http?: Readonly<Record<string, object>>
  readonly io?: Readonly<Record<string, object>>
  readonly random?: Readonly<Record<string, object>>
  readonly sockets?: Readonly<Record<string, object>>
}
const packages = ['cli', 'clocks', 'filesystem', 'http', 'io', 'random', 'sockets'] as const

/**
 * The interface of the class that transpiled programs use for `instantiate`. New code calls
 * {@link createComponentHost}, which has all options.
 */
export class WASIShim {
  readonly #imports: Readonly<Record<string, Bindings>>
  readonly #config: WASIShimConfig

  /** @throws as {@link createComponentHost} does */
  constructor(config: WASIShimConfig = {}) {
    checkKeys('config', ['sandbox', ...packages], config)
    for (const name of packages)
      if (config[name] !== undefined) checkObject(`config.${name}`, config[name])
    const { sandbox } = config
    this.#config = config
    if (sandbox === undefined) {
      this.#imports = defaults
      return
    }
    checkKeys('config.sandbox', ['args', 'env', 'preopens', 'enableNetwork'], sandbox)
    const { args, env, preopens } = sandbox
    const settings = settingsOf({ args, env, preopens, version: 'preview1', rights: 'access' })
    this.#imports = componentHostOf(settings, exitingVerdict()).imports
  }

  /** Returns the imports of `instantiate`. @param options a version to add to each name */
  getImportObject(options: { readonly asVersion?: string } = {}): Record<string, unknown> {
    const { asVersion } = options
    const suffix = asVersion === undefined ? '' : `@${asVersion}`
    return dictionary(
      Object.entries(this.#imports).map(([name, own]) => {
        const [, from, what] = /^wasi:([a-z]+)\/(.*)$/.exec(name) as unknown as [
          string,
          (typeof packages)[number],
          string,
        ]
        return [`${name}${suffix}`, this.#config[from]?.[camelCase(what)] ?? own] as const
      }),
    )
  }
}
