// Traces a program: a line for each hostcall, objects on a diagnostics channel, and counts.
import diagnostics from 'node:diagnostics_channel'
import { WASI } from 'wasi-common'
import { program } from './program.js'

// A subscriber receives the calls of each guest that is made after it subscribed.
const failed = []
diagnostics.subscribe('wasi-common:hostcall', ({ call, args, errno, reason }) => {
  if (errno !== undefined && errno !== 'SUCCESS')
    failed.push(`${call}, ${errno}: ${reason ?? args.path ?? args.fd}`)
})

const lines = []
const wasi = new WASI({
  version: 'preview1',
  args: ['read', '/here/../secret', '1'],
  preopens: { '/here': new URL('.', import.meta.url) },
  trace: line => lines.push(line),
  traceFormat: 'json',
  traceFilter: ['path_*', 'proc_*', 'args_sizes_get'],
  metrics: true,
})
const module = new WebAssembly.Module(program('read'))
wasi.start(wasi.instantiate(module))

console.log('first:', lines.at(0))
console.log('last:', lines.at(-1))
console.log('failed:', failed.join('; '))
const { path_open } = wasi.metrics()
console.log('path_open:', path_open.calls, 'call,', path_open.errnos)

// Prints:
// first: {"call":"args_sizes_get","args":{},"errno":"SUCCESS","results":{"argc":3,"argv_buf_size":23}}
// last: {"call":"proc_exit","args":{"rval":1},"exitCode":1}
// failed: fd_prestat_get, BADF: 4; path_open, NOTCAPABLE: component 1, "..", leads above fd 3</here>
// path_open: 1 call, { NOTCAPABLE: 1 }
