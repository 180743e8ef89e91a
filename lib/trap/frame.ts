/** A frame of a guest's stack, as its embedder gets it. */

/** One function of the guest that was being called. The innermost frame of a stack is the first. */
export interface WasmFrame {
  /**
   * The function's name in the source: the symbol, demangled. Undefined where the module has no
   * name for it. The guest chose it: it may have control characters.
   */
  readonly function: string | undefined
  /** The name in the module's name section. A long one is cut to 4096 characters. */
  readonly symbol: string | undefined
  /** The function's index in the module, which counts imported functions first. */
  readonly index: number
  /** The module's own name, where its name section has one. */
  readonly module: string | undefined
  /** Bytes from the start of the module's file. */
  readonly offset: number
  /**
   * Bytes from the start of the contents of the code section: the address that `llvm-symbolizer`
   * and DWARF use. Undefined where the bytes of the module are not at hand.
   * @see https://yurydelendik.github.io/webassembly-dwarf/
   */
  readonly codeOffset: number | undefined
  /** The source file, from the module's source map or DWARF. */
  readonly file?: string
  /** Its line, from 1. */
  readonly line?: number
  /** The column of the line, from 1. */
  readonly column?: number
}
