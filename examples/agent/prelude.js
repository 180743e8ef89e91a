// The side of QuickJS: gives the code of a step its folder and a console, which are data.

/**
 * Evaluated in QuickJS, from its source. Keeps little more than `maxOutput` characters of output,
 * and returns the one function that the host calls.
 */
export function prelude(folder, maxOutput) {
  const { stringify } = JSON
  const files = new Map(Object.entries(folder))
  const result = { exitCode: 0, stdout: '', stderr: '', written: [], removed: [] }
  const find = path => {
    if (!files.has(path)) throw new Error(`ENOENT: no such file: ${path}`)
    return files.get(path)
  }
  const show = value => (typeof value === 'object' ? stringify(value) : String(value))
  const print = stream => {
    return (...values) => {
      if (result[stream].length <= maxOutput) result[stream] += `${values.map(show).join(' ')}\n`
    }
  }
  Object.assign(globalThis, {
    console: { log: print('stdout'), error: print('stderr') },
    listFiles: () => [...files.keys()],
    readFile: find,
    writeFile: (path, text) => void files.set(String(path), String(text)),
    removeFile(path) {
      find(path)
      files.delete(path)
    },
  })
  const report = error => {
    result.exitCode = 1
    result.stderr += `${String(error)}\n${error?.stack ?? ''}`
  }
  /** Receives an error or the promise of the code, or returns the result as JSON. */
  return outcome => {
    if (outcome instanceof Promise) outcome.catch(report)
    else if (outcome !== undefined) report(outcome)
    result.written = [...files].filter(([path, text]) => folder[path] !== text)
    result.removed = Object.keys(folder).filter(path => !files.has(path))
    return stringify(result)
  }
}
