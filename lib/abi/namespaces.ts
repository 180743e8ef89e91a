/** The module names under which guests import WASI. */

/** The import module under which guests ask for preview 1. */
export const namespace = 'wasi_snapshot_preview1'
/** The import module under which guests ask for wasi_unstable. */
export const namespace0 = 'wasi_unstable'
