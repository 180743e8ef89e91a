// Standard streams of your own: a generator for input, a function for each line of output; text for
// input, the terminal for output.
import { lines, WASI } from 'wasi-common'
import { program } from './program.js'

function* words() {
  yield 'one\n'
  yield 'two\n'
}
const stdout = lines(line => console.log('it says', JSON.stringify(line)))
const wasi = new WASI({
  version: 'preview1',
  args: ['hello'],
  stdin: words(),
  stdout,
  stderr: text => console.log('and adds', String(text).trim()),
})
wasi.start(wasi.instantiate(program('hello')))

const other = new WASI({
  version: 'preview1',
  input: 'three\n',
  stdout: 'inherit',
  stderr: 'ignore',
})
other.start(other.instantiate(program('hello')))

// Prints:
// it says "arg 0 hello"
// it says "one"
// it says "two"
// and adds stdin 8 bytes
// three
