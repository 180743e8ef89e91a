/** The code of a worker that transpiles one component with jco. */
import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import { wordsOf } from '../../errors.js'
import { scriptOf } from './script.js'
import type { CoreModule } from './transpiled.js'

/** The work of this thread. */
export interface TranspilerData {
  readonly files: readonly string[]
  readonly bytes: Uint8Array
}

/** The outcome: the parts of a {@link Transpiled} that jco makes, or what it failed with. */
export type TranspilerReply =
  | { readonly code: string; readonly modules: readonly CoreModule[] }
  | { readonly failed: string }

/** The name of the generated files. */
const name = 'component'

type Files = readonly (readonly [name: string, bytes: Uint8Array])[]
interface Generator {
  transpile(
    bytes: Uint8Array,
    options: object,
  ): Promise<{ readonly files: Files | Readonly<Record<string, Uint8Array>> }>
}

const common = {
  name,
  noTypescript: true,
  noNodejsCompat: true,
  base64Cutoff: 0,
  tlaCompat: false,
}
/** The subpath `component` is the bindings generator itself, which has its options in WIT's form. */
const quick = {
  ...common,
  instantiation: { tag: 'sync' },
  importBindings: { tag: 'hybrid' },
  map: [],
}
const main = {
  ...common,
  instantiation: 'sync',
  importBindings: 'hybrid',
  wasiShim: false,
  nodejsCompat: false,
}

async function generated({ files, bytes }: TranspilerData): Promise<Files> {
  const [first, second] = files
  let jco: Generator
  let options: object = second === undefined ? main : quick
  try {
    jco = await import(pathToFileURL(first).href)
  } catch (error) {
    if (second === undefined) throw error
    jco = await import(pathToFileURL(second).href)
    options = main
  }
  const { files: made } = await jco.transpile(bytes, options)
  return Array.isArray(made) ? (made as Files) : Object.entries(made)
}

async function transpile(data: TranspilerData): Promise<TranspilerReply> {
  const files = await generated(data)
  const [, script] = files.find(([file]) => file === `${name}.js`) ?? []
  if (script === undefined) throw new Error(`jco wrote no file ${name}.js`)
  return {
    code: scriptOf(Buffer.from(script).toString()),
    modules: files
      .filter(([file]) => file.endsWith('.wasm'))
      .map(([name, bytes]) => ({ name, bytes: new Uint8Array(bytes) })),
  }
}

/** The most characters of jco's message. */
const mostMessage = 4096

transpile(workerData as TranspilerData)
  .catch((error): TranspilerReply => ({ failed: wordsOf(error).slice(0, mostMessage) }))
  .then(reply => parentPort?.postMessage(reply))
