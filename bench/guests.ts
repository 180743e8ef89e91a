/**
 * The process that makes many small guests on one side, one after the other. Its words: SIDE FOLDER
 * COUNT.
 */
/// <reference path="../lib/webassembly.d.ts" />
import { call, command, drop } from '../test/wasm.js'
import { type Host, openerOf } from './sides.js'

const [host, folder, count] = process.argv.slice(2)
const open = await openerOf(host as Host)
/** It asks what libc asks at its start. */
const module = new WebAssembly.Module(
  command([
    ...[
      drop(call('args_sizes_get', 0, 4)),
      drop(call('args_get', 16, 64)),
      drop(call('environ_sizes_get', 0, 4)),
    ],
    ...[
      drop(call('fd_prestat_get', 3, 0)),
      drop(call('fd_prestat_dir_name', 3, 64, 1)),
      drop(call('fd_prestat_get', 4, 0)),
    ],
    call('proc_exit', 0),
  ]),
)
function run(guests: number): void {
  for (let i = 0; i < guests; i++) {
    const wasi = open({ args: ['guest'], env: { LANG: 'C' }, preopens: { '/': folder } })
    const code = wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()))
    if (code !== 0) throw new Error(`a guest ended with ${code}`)
    // node:wasi keeps the directory open until the guest is collected.
    wasi.close?.()
  }
}
run(300)
const start = performance.now()
run(Number(count))
console.log(JSON.stringify({ milliseconds: performance.now() - start, said: count }))
