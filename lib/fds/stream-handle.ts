/** The handles of standard streams that the embedder provides. */
import type { Handle } from '../sys/sys.js'

/** The first handle of a stream: no Sys has a handle this large. */
export const firstStream = 2 ** 52
/** Returns the standard stream with this handle; undefined if there is none. */
export const streamAt = (handle: Handle): number | undefined =>
  handle >= firstStream ? handle - firstStream : undefined
