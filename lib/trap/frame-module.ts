/** The module of a frame: apart from the frame, since the published types name no WebAssembly. */

/** The guest's module: compiled, or its bytes. */
export type FrameModule = WebAssembly.Module | ArrayBufferLike | ArrayBufferView
