/**
 * As much of the WebAssembly JavaScript interface as this package uses; the types of Node do not
 * have it.
 */
declare namespace WebAssembly {
  function validate(bytes: BufferSource): boolean
  class Module {
    constructor(bytes: BufferSource)
    static imports(module: Module): ModuleImportDescriptor[]
    static exports(module: Module): { name: string; kind: string }[]
    static customSections(module: Module, name: string): ArrayBuffer[]
  }
  class Instance {
    constructor(module: Module, imports?: Record<string, Record<string, unknown>>)
    readonly exports: Record<string, unknown>
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number; shared?: boolean })
    readonly buffer: ArrayBuffer | SharedArrayBuffer
    grow(delta: number): number
  }
  class Global {
    value: unknown
  }
  class Table {
    readonly length: number
    get(index: number): unknown
  }
  type ImportExportKind = 'function' | 'global' | 'memory' | 'table' | 'tag'
  interface ModuleImportDescriptor {
    module: string
    name: string
    kind: ImportExportKind
  }
  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}
  class Tag {
    constructor(type: { parameters: string[] })
  }
  class Exception {
    is(tag: Tag): boolean
    readonly stack: string | undefined
  }
  function compile(bytes: BufferSource): Promise<Module>
  type BufferSource = ArrayBuffer | ArrayBufferView
}
