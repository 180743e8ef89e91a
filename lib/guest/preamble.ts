/** The first bytes of WebAssembly binaries: those of modules, and those of components. */

const magic = [0, 0x61, 0x73, 0x6d]
/** The version and the layer that follow the magic number in a component. */
const component = [...magic, 0x0d, 0, 1, 0]
/** The number of bytes that tell a component from a module. */
export const preambleBytes = component.length

const startsWith = (bytes: Uint8Array, start: readonly number[]): boolean =>
  start.every((byte, i) => bytes[i] === byte)

/**
 * Recognizes a component, whose layer is 1, of any version.
 * @see https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md
 */
export const isComponent = (bytes: Uint8Array): boolean =>
  startsWith(bytes, magic) && bytes[6] === 1 && bytes[7] === 0

/** True for a component in the binary format of WASI 0.2. */
export const isKnownComponent = (bytes: Uint8Array): boolean => startsWith(bytes, component)

/** Recognizes what begins as a module does. */
export const isModuleStart = (bytes: Uint8Array): boolean =>
  startsWith(bytes, magic) && !isComponent(bytes)
