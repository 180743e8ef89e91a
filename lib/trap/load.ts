/** Loads the code for frames when a guest has trapped: no other run waits for it. */
import { createRequire } from 'node:module'
import type { FrameModule, WasmFrame } from './frame.js'

const require = createRequire(import.meta.url)
const loaded = () => require('./frames.js') as typeof import('./frames.js')

/** `framesOf` of frames.ts. */
export const framesOf = (error: unknown, module?: FrameModule): readonly WasmFrame[] =>
  loaded().framesOf(error, module)
