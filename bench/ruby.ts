/**
 * The process in which Ruby looks through its library on one side. Its words: SIDE FOLDER TIMES;
 * without times it puts the library there.
 */
/// <reference path="../lib/webassembly.d.ts" />
import { readFileSync } from 'node:fs'
import { RubyVM } from '@ruby/wasm-wasi'
import { ruby } from '#guests/modules.js'
import { type Host, openerOf } from './sides.js'

const [host, folder, times] = process.argv.slice(2)
const open = await openerOf(host as Host)
const wasi = open({ args: ['ruby.wasm'], preopens: { '/box': folder } })
const { vm } = await RubyVM.instantiateModule({
  module: new WebAssembly.Module(readFileSync(ruby())),
  wasip1: wasi as never,
})
// The library lies inside the module, where no host is asked.
if (times === '0')
  vm.eval("require 'fileutils'; FileUtils.cp_r(RbConfig::CONFIG['rubylibdir'], '/box/library')")
const start = performance.now()
let found = ''
for (let i = 0; i < Number(times); i++)
  found = vm.eval("Dir.glob('**/*', base: '/box/library').size").toString()
console.log(JSON.stringify({ milliseconds: performance.now() - start, said: found }))
