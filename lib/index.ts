/** The door: all that is public. */
export { Errno, type ErrnoName } from './abi/errno.js'
export { type RightName, Rights } from './abi/rights.js'
export { Exit, UnexpectedError, WasiError } from './errors.js'
export type { Import } from './gate.js'
export { createGuest, type Guest } from './guest.js'
export type { MemoryLike } from './memory.js'
export type { GuestOptions, Preopen, WASIOptions } from './options.js'
export { WASI } from './wasi.js'
