// A program in the sandbox: of the host it has its standard streams, and nothing else.
import { WASI } from 'wasi-common'
import { program } from './program.js'

const wasi = new WASI({ version: 'preview1', args: ['hello', '3', 'reader'], env: { LANG: 'C' } })
const module = new WebAssembly.Module(program('hello'))
console.log('exit code', wasi.start(wasi.instantiate(module)))

// Prints:
// arg 0 hello
// arg 1 3
// arg 2 reader
// env LANG=C
// exit code 3
