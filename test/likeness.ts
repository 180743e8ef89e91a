/**
 * A process that loads the package anew for each global, in whose place it sets a likeness of it
 * that leads elsewhere. It prints the addons from there that were loaded, and last the number of
 * things that worked. The JavaScript there prints its own name.
 *
 * Arguments: the package's main file, the other folder, a program, `before` or `after`, and the
 * names.
 */
import { readFileSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { setTimeout as later } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

const [, , index, elsewhere, program, when, ...names] = process.argv
const require = createRequire(import.meta.url)
const { defineProperty, getOwnPropertyDescriptor } = Object
const { get, apply, construct } = Reflect
// The globals of this file change below.
const [realm, Likeness, own, { cache }] = [globalThis, Proxy, Promise, require]
const source = readFileSync(program)

/**
 * Passes `path` on in place of each string, and has it in place of each string property and each
 * missing one.
 */
function likeness(value: unknown, path: string): object {
  const led = (args: unknown[]): unknown[] =>
    args.map(arg => (typeof arg === 'string' ? path : arg))
  return new Likeness(Object(value ?? (() => {})), {
    get(target, key) {
      const found = get(target, key)
      const { configurable = true, writable = true } = getOwnPropertyDescriptor(target, key) ?? {}
      if (!configurable && !writable) return found
      if (typeof found === 'string' || (found === undefined && typeof key === 'string')) return path
      return found
    },
    apply: (target, self, args) => apply(target as () => unknown, self, led(args)),
    construct: (target, args) => construct(target as new () => object, led(args)),
  })
}

function replace(name: string): () => void {
  const old = getOwnPropertyDescriptor(realm, name)
  const path = `${elsewhere}/dist/bundle`
  const value = likeness(
    Reflect.get(realm, name),
    name === 'URL' ? `${pathToFileURL(path)}/index.js` : path,
  )
  defineProperty(realm, name, { configurable: true, writable: true, value })
  return () =>
    void (old === undefined
      ? Reflect.deleteProperty(realm, name)
      : defineProperty(realm, name, old))
}

let worked = 0
/**
 * Most of a package fails where a global is a likeness: only the place of what it loads matters.
 */
function attempt<Result>(step: () => Result): Result | undefined {
  try {
    const result = step()
    worked++
    return result
  } catch {
    return undefined
  }
}

async function use({ createGuest, run }: typeof import('#lib/index.js')): Promise<void> {
  for (const backend of ['native', 'typescript'] as const)
    for (const more of [
      { preopens: { '/': '.' } },
      { preopens: { '/m': { files: { a: 'x' } }, '/o': { path: '.', overlay: true } } },
      { deterministic: true },
      { trace() {} },
    ])
      attempt(() => createGuest({ version: 'preview1', backend, ...more }).close())
  const isolation = when === 'after' && process.platform === 'linux' ? 'process' : 'worker'
  const ended = attempt(() => run(source, { isolation, timeout: 1000 }))
  const done = (): void => void worked++
  await own.race([own.resolve(ended).then(done, () => {}), later(1500)])
}

for (const name of names) {
  for (const file of Object.keys(cache))
    if (file.startsWith(index.slice(0, -'index.js'.length))) delete cache[file]
  const load = () => attempt(() => require(index) as typeof import('#lib/index.js'))
  const loaded = when === 'after' ? load() : undefined
  const restore = replace(name)
  try {
    const ours = loaded ?? load()
    if (ours !== undefined) await use(ours)
  } finally {
    restore()
  }
}
const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: string[] }
for (const file of sharedObjects) if (file.startsWith(elsewhere)) writeSync(1, `${file}\n`)
writeSync(1, `${worked}\n`)
process.exit()
