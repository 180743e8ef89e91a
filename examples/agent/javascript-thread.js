// The thread of one step in JavaScript: QuickJS, whose WASI host is wasi-common. It is ended from
// outside when its time is over.
import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { JSException, QuickJS } from 'quickjs-wasi'
import { createGuest, MemoryFiles } from 'wasi-common'

const { code, record, quota, maxMemory, maxOutput } = workerData
const files = new MemoryFiles(record, { quota })

/** Sends output on, at most `maxOutput` bytes of each stream. */
const left = { stdout: maxOutput, stderr: maxOutput }
function print(stream, text) {
  const bytes = Buffer.from(text)
  const fits = bytes.subarray(0, left[stream])
  left[stream] -= fits.length
  parentPort.postMessage({ stream, text: fits.toString(), truncated: fits.length < bytes.length })
}

/** What the code can reach: its folder, and its output. */
const globals = {
  readFile: path => files.readFile(path, 'utf8'),
  writeFile: (path, text) => files.writeFile(path, text),
  removeFile: path => files.remove(path),
  listFiles: path => files.list(path).map(({ name }) => name),
  print: (stream, text) => print(stream === 'stderr' ? 'stderr' : 'stdout', text),
}

/** Hostcalls of QuickJS. Its memory is there at the first one. */
function wasi(memory) {
  const guest = createGuest({
    version: 'preview1',
    stdin: '',
    stdout: text => print('stdout', text),
    stderr: text => print('stderr', text),
  })
  let bound = false
  const bind = call => {
    return (...args) => {
      if (!bound) guest.bind(memory)
      bound = true
      return call(...args)
    }
  }
  return Object.fromEntries(Object.entries(guest.imports).map(([name, call]) => [name, bind(call)]))
}

const vm = await QuickJS.create({
  wasm: readFileSync(new URL(import.meta.resolve('quickjs-wasi/quickjs.wasm'))),
  wasi,
  memoryLimit: maxMemory,
  maxStackSize: 2 ** 17,
  timezoneOffset: 0,
})
for (const [name, call] of Object.entries(globals)) {
  const hosted = vm.newFunction(name, (...handles) => {
    try {
      return vm.hostToHandle(call(...handles.map(handle => vm.dump(handle))))
    } catch ({ message }) {
      // A stack would show the guest paths of the host.
      throw Object.assign(new Error(message), { stack: '' })
    }
  })
  vm.setProp(vm.global, name, hosted)
}
vm.evalCode(`globalThis.console = Object.fromEntries(
  [['log', 'stdout'], ['info', 'stdout'], ['warn', 'stderr'], ['error', 'stderr']].map(
    ([name, stream]) => [name, (...values) => print(stream, values.map(value =>
      typeof value === 'object' ? JSON.stringify(value) : String(value)).join(' ') + '\\n')]))`)

let exitCode = 0
try {
  vm.evalCode(code, 'step.js')
  vm.executePendingJobs()
} catch (error) {
  exitCode = 1
  const stack = error instanceof JSException ? error.stack : ''
  print('stderr', `${error.name}: ${error.message}\n${stack}`)
}
parentPort.postMessage({ exitCode, record: files.toRecord() })
