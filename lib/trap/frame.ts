/** A frame of a guest's stack. */

/** A frame of a guest's stack: a function of the guest that was executing. */
export interface WasmFrame {
  /**
   * The name of the function in the source: the demangled symbol of C++ or Rust. Undefined if the
   * module has no name for it. Untrusted text of the guest, which may have control characters.
   */
  readonly functionName: string | undefined
  /** The name in the module's name section, cut to 4096 characters. Untrusted text of the guest. */
  readonly symbol: string | undefined
  /** The index of the function in the module, imported functions first. */
  readonly functionIndex: number
  /** The name of the module in its name section, if it has one. Untrusted text of the guest. */
  readonly moduleName: string | undefined
  /** The offset of the instruction in the module, in bytes. */
  readonly moduleOffset: number
  /**
   * The offset of the instruction in the contents of the code section, in bytes: the address that
   * `llvm-symbolizer` and DWARF use. Undefined if the module's bytes are not known.
   * @see https://yurydelendik.github.io/webassembly-dwarf/
   */
  readonly codeOffset: number | undefined
  /** The source file, from the module's source map or DWARF. Untrusted text of the guest. */
  readonly file?: string
  /** The line in the file, from 1. */
  readonly line?: number
  /** The column in the line, from 1. */
  readonly column?: number
}
