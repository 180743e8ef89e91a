// Runs a transpiled component as a command on a component host, with the streams of the process.
//
//   node scripts/shared/run-component.js FOLDER OPTIONS
//
// FOLDER is as guests/components.js writes it; OPTIONS are those of createComponentHost, as JSON.
/// <reference path="../../lib/webassembly.d.ts" />

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createComponentHost } from '#bundle/preview2/index.js'
import { commandOf } from '#guests/components.js'

const [folder = '', options = '{}'] = process.argv.slice(2)
const { instantiate } = await import(pathToFileURL(join(folder, 'component.js')).href)
const host = createComponentHost(JSON.parse(options))
/** @param {string} name */
const getCoreModule = name => new WebAssembly.Module(readFileSync(join(folder, name)))
process.exitCode = host.run(() => commandOf(instantiate(getCoreModule, host.imports))())
host.close()
