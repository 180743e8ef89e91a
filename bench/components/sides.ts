/** The sides of the comparison of components, and the host of each. */
/// <reference path="../../lib/webassembly.d.ts" />
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Bindings } from './build.js'

/** In the order in which they take turns. */
export const componentSides = ['preview2-shim', 'js', 'hybrid', 'preview 1'] as const
export type ComponentSide = (typeof componentSides)[number]
export type ComponentHost = Exclude<ComponentSide, 'preview 1'>

/** The bindings with which the component of a side is transpiled. */
export const bindingsOf = (side: ComponentHost): Bindings => (side === 'hybrid' ? 'hybrid' : 'js')

/** The arguments and directories of a component. */
export interface Given {
  readonly args?: readonly string[]
  readonly preopens?: Readonly<Record<string, string>>
}
/** The host of one component: its imports, and the call that runs code of it. */
export interface OpenHost {
  readonly imports: object
  run(code: () => unknown): unknown
  close(): void
}
export type OpenComponent = (given: Given) => OpenHost

/** Returns the host of this side. Each side loads no more than its own. */
export async function openerOf(side: ComponentHost): Promise<OpenComponent> {
  if (side === 'preview2-shim') {
    const { WASIShim } = await import('@bytecodealliance/preview2-shim/instantiation')
    return ({ args, preopens }) => ({
      imports: new WASIShim({ sandbox: { args, preopens } as never }).getImportObject(),
      run: code => code(),
      close: () => {},
    })
  }
  const { createComponentHost } = await import('wasi-common/preview2')
  return given => createComponentHost(given)
}

type Instantiate = (getCoreModule: (name: string) => WebAssembly.Module, imports: object) => unknown

/** Loads a transpiled component; returns a function that instantiates it. */
export async function load(file: string): Promise<(imports: object) => unknown> {
  const { instantiate } = (await import(pathToFileURL(file).href)) as { instantiate: Instantiate }
  const modules = new Map<string, WebAssembly.Module>()
  const coreModule = (name: string): WebAssembly.Module => {
    const known = modules.get(name)
    if (known !== undefined) return known
    const made = new WebAssembly.Module(readFileSync(join(dirname(file), name)))
    modules.set(name, made)
    return made
  }
  return imports => instantiate(coreModule, imports)
}
