/** Components for tests, made of modules by jco. */
import { readFileSync } from 'node:fs'
import {
  componentEmbed,
  componentNew,
  parse,
  preview1AdapterCommandPath,
  preview1AdapterReactorPath,
} from '@bytecodealliance/jco'

const adapters = { command: preview1AdapterCommandPath, reactor: preview1AdapterReactorPath }

/** A module of preview 1 as a component, with jco's adapter. */
export async function adapt(
  module: Uint8Array,
  kind: 'command' | 'reactor' = 'command',
): Promise<Uint8Array> {
  const adapter = readFileSync(adapters[kind]())
  return componentNew(module, [['wasi_snapshot_preview1', adapter]])
}

/** A component from its text. */
export const assembled = (text: string): Promise<Uint8Array> => parse(text)

/** A component of a core module in text, for a world in WIT. */
export async function embedded(core: string, wit: string): Promise<Uint8Array> {
  const module = await componentEmbed({ binary: await parse(core), witSource: wit })
  return componentNew(module, [])
}
