/** Refuses components that import what this host lacks. */
import { table } from '../../preview2/wit/table.js'
import type { Extern } from './binary.js'
import { named, refusedComponent } from './names.js'

/** `wasi:filesystem/types@0.2.6`, as its parts. */
const interfaceName = /^(?<interface>[\w-]+:[\w:-]+\/[\w/-]+)(?:@(?<version>.+))?$/

/** The name of an interface without its version. */
export const unversioned = (name: string): string => name.replace(/@.*$/s, '')

/**
 * Checks the versions, and the kinds, of a component's imports.
 * @throws Error with code `ERR_WASI_COMPONENT`
 */
export function checkImports(imports: readonly Extern[]): void {
  for (const { name, kind } of imports) {
    // A type of the world refers to one of an interface, which is imported, too.
    if (kind === 'type') continue
    const { interface: of, version } = interfaceName.exec(name)?.groups ?? {}
    if (kind !== 'instance' || of === undefined) throw lacking(name, kind)
    if (of.startsWith('wasi:') && !/^0\.2\./.test(version ?? ''))
      throw refusedComponent(
        `the component imports ${named(name)}: this host has WASI 0.2, no ${
          version === undefined ? 'interface without a version' : `WASI ${named(version)}`
        }`,
      )
    // Any other one may have types alone, for which no host needs anything.
    if (of.startsWith('wasi:') && !Object.hasOwn(table, of)) throw lacking(name)
  }
}

/** The error for an import that is not offered. */
export const lacking = (name: string, kind = 'instance'): Error =>
  refusedComponent(
    `the component imports ${named(name)} (${kind === 'instance' ? 'an interface' : `a ${kind}`}), ` +
      'which this host does not offer',
  )

/**
 * The record of imports for jco's `instantiate`. A missing interface or function is an error that
 * names it, with the version that the component asks for.
 * @param offered by names without versions
 * @param wanted the names of the component's imports, with their versions
 */
export function importsFor(
  offered: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  wanted: readonly string[],
): Record<string, unknown> {
  const full = new Map(wanted.map(name => [unversioned(name), name]))
  return new Proxy(Object.create(null), {
    get(_, key) {
      const name = unversioned(String(key))
      if (!Object.hasOwn(offered, name)) throw lacking(full.get(name) ?? name)
      return new Proxy(offered[name], {
        get(functions, key) {
          if (Object.hasOwn(functions, key)) return functions[key as string]
          throw refusedComponent(
            `the component imports ${named(String(key))} of ${named(full.get(name) ?? name)}, ` +
              'which this host does not offer',
          )
        },
      })
    },
  })
}
