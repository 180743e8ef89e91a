/**
 * Sources, imports and instances in the public API, whose types must do without those of WebAssembly: not
 * every program has these.
 */
import type { CompiledModule } from './compiled-module.js'

/**
 * Imports by module, then by name, as `new WebAssembly.Instance` takes them. Only own properties
 * count.
 */
export type ImportRecord = Readonly<Record<string, object>>

/**
 * A compiled module, as `WebAssembly.Module` is one. A promise is none: await the bytes of a file
 * that you read.
 */
export interface ModuleLike {
  readonly then?: never
}

/**
 * The source of a module: the path of a file or its `file:` URL, the bytes of a module, or a
 * compiled one.
 */
export type GuestSource =
  | string
  | URL
  | ArrayBufferLike
  | ArrayBufferView
  | ModuleLike
  | CompiledModule

/** An instance, as `WebAssembly.Instance` is one. */
export interface Instance {
  /** The module's exports by name: an object without a prototype. */
  // biome-ignore lint/suspicious/noExplicitAny: what a module exports is known to its embedder alone
  readonly exports: Readonly<Record<string, any>>
}
