/** The module of a frame: apart from the frame, since the published types name no WebAssembly. */

/** The guest's module: compiled, or its bytes. */
export type FrameModule = WebAssembly.Module | ArrayBufferLike | ArrayBufferView

/** A module whose frames a stack may have: a component has several. */
export interface FramePart {
  readonly module: FrameModule
  /** Bytes by which the limits that were written into it moved its code. */
  readonly moved: number
}
