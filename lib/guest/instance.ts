/**
 * Sources, imports and instances in the public API. The types do without those of WebAssembly,
 * which not every program has.
 */
import type { CompiledModule } from './compiled-module.js'

/**
 * Imports by module, then by name, as `new WebAssembly.Instance` takes them: `{ env: { log } }`.
 * Only own properties count.
 */
export type ImportRecord = Readonly<Record<string, object>>

/** The shape of `WebAssembly.Module`. A promise is refused: await it. */
export interface ModuleLike {
  /** Excludes promises. */
  readonly then?: never
}

/** The source of a module: the path of a file, its `file:` URL, bytes, or a compiled module. */
export type GuestSource =
  | string
  | URL
  | ArrayBufferLike
  | ArrayBufferView
  | ModuleLike
  | CompiledModule

/** The shape of `WebAssembly.Instance`. */
export interface WasmInstance {
  /** The exports by name, a record without a prototype. */
  // biome-ignore lint/suspicious/noExplicitAny: what a module exports is known to its embedder alone
  readonly exports: Readonly<Record<string, any>>
}
