/** Requests to the worker of an instance, and its replies. */
import type { SnapshotOrigin } from '../snapshot/take.js'
import type { SerializedError } from '../worker/messages.js'
import type { WasmValue } from './types.js'

export type Request =
  /** Instantiates the module, and calls its `_initialize`. */
  | { readonly kind: 'start' }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly WasmValue[] }
  | { readonly kind: 'read'; readonly address: number; readonly length: number }
  | { readonly kind: 'write'; readonly address: number; readonly bytes: Uint8Array }
  /** Takes a snapshot, for which the module is sent. */
  | { readonly kind: 'snapshot'; readonly origin: SnapshotOrigin }
  /** Ends the instance as an exit with code 0. */
  | { readonly kind: 'close' }

export type Reply =
  /** The functions that the instance exports. */
  | { readonly kind: 'started'; readonly functions: readonly string[] }
  | { readonly kind: 'returned'; readonly value: WasmValue | readonly WasmValue[] | undefined }
  | { readonly kind: 'read'; readonly bytes: Uint8Array }
  | { readonly kind: 'written' }
  | { readonly kind: 'snapshot'; readonly bytes: Uint8Array }
  /** A wrong argument. The instance goes on. */
  | { readonly kind: 'refused'; readonly error: SerializedError }
