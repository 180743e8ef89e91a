/** Runs transpiled components on a component host. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Bindings, commandOf, transpiled } from '#guests/components.js'
import { type ComponentHostOptions, createComponentHost } from '#lib/preview2/index.js'

/** Both kinds of jco's bindings that this package serves. */
export const allBindings: readonly Bindings[] = ['hybrid', 'js']

/** The module that jco writes with instantiation `sync`. */
interface Transpiled {
  instantiate(
    getCoreModule: (name: string) => WebAssembly.Module,
    imports: object,
  ): Record<string, unknown>
}
/** Makes an instance with these imports, and returns its exports. */
export type Instantiate = (imports: object) => Record<string, unknown>

/** Transpiles a component, and compiles each of its modules at first use. */
export async function load(component: Uint8Array, bindings: Bindings): Promise<Instantiate> {
  const folder = await transpiled(component, bindings)
  const { instantiate }: Transpiled = await import(pathToFileURL(join(folder, 'component.js')).href)
  const modules = new Map<string, WebAssembly.Module>()
  return imports =>
    instantiate(name => {
      const module = modules.get(name) ?? new WebAssembly.Module(readFileSync(join(folder, name)))
      modules.set(name, module)
      return module
    }, imports)
}

export interface Ran {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}
/**
 * Calls `use` with the exports of a new instance, by default the command that the component is.
 * Standard input is empty, and output is kept, unless the options say otherwise.
 */
export function runLoaded(
  instantiate: Instantiate,
  options: ComponentHostOptions = {},
  use: (exports: Record<string, unknown>) => unknown = exports => commandOf(exports)(),
): Ran {
  const output: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] }
  const host = createComponentHost({
    ...(options.input === undefined ? { stdin: 'ignore' } : {}),
    stdout: chunk => output.stdout.push(Buffer.from(chunk)),
    stderr: chunk => output.stderr.push(Buffer.from(chunk)),
    ...options,
  })
  const text = (chunks: Buffer[]): string => Buffer.concat(chunks).toString()
  try {
    const exitCode = host.run(() => use(instantiate(host.imports)))
    return { exitCode, stdout: text(output.stdout), stderr: text(output.stderr) }
  } finally {
    host.close()
  }
}

export type RunComponentOptions = ComponentHostOptions & { readonly bindings?: Bindings }
/** Transpiles a component, and runs it as a command in this thread. */
export async function runComponent(
  component: Uint8Array,
  { bindings = 'hybrid', ...options }: RunComponentOptions = {},
): Promise<Ran> {
  return runLoaded(await load(component, bindings), options)
}
