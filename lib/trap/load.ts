/** Loads the code for frames when a guest has trapped: no other run waits for it. */
import { createRequire } from 'node:module'
import type { WasmFrame } from './frame.js'
import type { FrameModule, FramePart } from './frame-module.js'

const require = createRequire(import.meta.url)

/** Undefined where it cannot be loaded: a guest may have left no descriptor for its file. */
function loaded(): typeof import('./frames.js') | undefined {
  try {
    return require('./frames.js')
  } catch {
    return undefined
  }
}

/** Frames of a stack, the host's among them. The innermost ones of a panic are the runtime's own. */
const mostFrames = 50

/** Lets V8 keep more frames than its 10 in the errors of this thread, which runs a guest. */
export const keepFrames = (): boolean =>
  Reflect.set(Error, 'stackTraceLimit', Math.max(Number(Error.stackTraceLimit ?? 0), mostFrames))

/** `framesOf` of frames.ts. */
export const framesOf = (
  error: unknown,
  modules?: FrameModule | readonly FramePart[],
  moved?: number,
): readonly WasmFrame[] => loaded()?.framesOf(error, modules, moved) ?? []

/** `sentStack` of frames.ts, for a stack that has frames of a guest. */
export const sentStack = (
  error: Error,
  modules?: FrameModule | readonly FramePart[],
  moved?: number,
): string | undefined =>
  error.stack?.includes(':wasm-function[')
    ? (loaded()?.sentStack(error, modules, moved) ?? error.stack)
    : error.stack

/** `withSourceMap` of source-map.ts. */
export const withSourceMap = (frames: readonly WasmFrame[], json: string): readonly WasmFrame[] =>
  loaded()?.withSourceMap(frames, json) ?? frames

/** `hasDwarf` of frames.ts. */
export const hasDwarf = (module: FrameModule): boolean => loaded()?.hasDwarf(module) ?? false

/** `formatFrames` of format.ts. */
export const formatFrames = (frames: readonly WasmFrame[]): string[] =>
  loaded()?.formatFrames(frames) ?? []
/** `formatFrame` of format.ts. */
export const formatFrame = (frame: WasmFrame): string => loaded()?.formatFrame(frame) ?? ''
