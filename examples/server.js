// A program that accepts connections where you allow it, in a worker of its own; it has nothing
// else of the network.
import { run } from 'wasi-common'
import { program } from './program.js'

let answer
const { exitCode } = await run(program('server'), {
  args: ['server', '1'],
  listen: ['127.0.0.1:0'],
  stdout: 1,
  onListening([{ address, port }]) {
    answer = fetch(`http://${address}:${port}/some/path`).then(response => response.text())
  },
})
console.log('it answered', await answer)
console.log('exit code', exitCode)

// Prints:
// requests 1, clients 1
// it answered GET /some/path
//
// exit code 0
