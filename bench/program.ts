/** The process of a whole program on one side. Its words: SIDE COMMAND, the latter as JSON. */
/// <reference path="../lib/webassembly.d.ts" />
import { readFileSync } from 'node:fs'
import type { Command } from './programs.js'
import { type Host, openerOf } from './sides.js'

const { module, args, preopens } = JSON.parse(process.argv[3]) as Command
const open = await openerOf(process.argv[2] as Host)
const wasi = open({ args, preopens })
process.exitCode = wasi.start(
  new WebAssembly.Instance(new WebAssembly.Module(readFileSync(module)), wasi.getImportObject()),
)
