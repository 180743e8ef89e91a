// JavaScript in the sandbox: a thread for each step, which is ended when its time is over.
import { Worker } from 'node:worker_threads'

const thread = new URL('javascript-thread.js', import.meta.url)

/** Puts what a step left behind into the folder. */
function take(files, record) {
  for (const path of Object.keys(files.toRecord()))
    if (!Object.hasOwn(record, path)) files.remove(path)
  for (const [path, bytes] of Object.entries(record))
    if (bytes instanceof Uint8Array) files.writeFile(path, bytes)
}

/** Runs code over a folder. A step that is ended changes nothing in it. */
export function runJavaScript(code, files, { timeout, maxMemory, maxOutput, quota }) {
  const result = { exitCode: 0, stdout: '', stderr: '', truncated: false }
  const worker = new Worker(thread, {
    workerData: { code, record: files.toRecord(), quota, maxMemory, maxOutput },
    resourceLimits: { maxOldGenerationSizeMb: 128 },
  })
  return new Promise((resolve, reject) => {
    const fail = (code, message) => reject(Object.assign(new Error(message), { ...result, code }))
    const timer = setTimeout(() => {
      fail('ERR_WASI_TIMEOUT', `the guest timed out after ${timeout} ms`)
      worker.terminate()
    }, timeout)
    worker.on('message', ({ stream, text, truncated, exitCode, record }) => {
      if (record !== undefined) {
        take(files, record)
        resolve({ ...result, exitCode })
      } else {
        result[stream] += text
        result.truncated ||= truncated
      }
    })
    worker.on('error', ({ code, message }) => fail(code, message))
    worker.on('exit', () => clearTimeout(timer))
  })
}
