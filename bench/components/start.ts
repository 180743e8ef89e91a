/** Starts a program on one side: a transpiled component, or a module. */
/// <reference path="../../lib/webassembly.d.ts" />
import { readFileSync } from 'node:fs'
import { openerOf as moduleOpener } from '../sides.js'
import { type ComponentSide, type Given, load, openerOf } from './sides.js'

/** Returns a function that runs a new guest of the program, which is compiled once. */
export async function starterOf(
  side: ComponentSide,
  file: string,
  given: Given,
): Promise<() => void> {
  if (side === 'preview 1') {
    const open = await moduleOpener('native')
    const module = new WebAssembly.Module(readFileSync(file))
    return () => {
      const wasi = open(given)
      const code = wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()))
      if (code !== 0) throw new Error(`the module ends with ${code}`)
      wasi.close?.()
    }
  }
  const open = await openerOf(side)
  const instantiate = await load(file)
  return () => {
    const host = open(given)
    const component = instantiate(host.imports) as { readonly run: { run(): void } }
    host.run(() => component.run.run())
    host.close()
  }
}
