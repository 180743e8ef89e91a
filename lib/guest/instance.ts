/**
 * Sources, imports and instances in the public API. Their types do without those of WebAssembly,
 * which some programs lack.
 */
import type { CompiledModule } from './compiled-module.js'

/**
 * Imports by module, then by name, as `new WebAssembly.Instance` takes them. Only own properties
 * count.
 */
export type ImportRecord = Readonly<Record<string, object>>

/**
 * A compiled module, such as a `WebAssembly.Module`. A promise is not one: await the bytes of a
 * file that you read.
 */
export interface ModuleLike {
  readonly then?: never
}

/** The source of a module: a path, a `file:` URL, the bytes of a module, or a compiled module. */
export type GuestSource =
  | string
  | URL
  | ArrayBufferLike
  | ArrayBufferView
  | ModuleLike
  | CompiledModule

/** An instance, such as a `WebAssembly.Instance`. */
export interface Instance {
  /** The module's exports by name: an object without a prototype. */
  // biome-ignore lint/suspicious/noExplicitAny: what a module exports is known to its embedder alone
  readonly exports: Readonly<Record<string, any>>
}
