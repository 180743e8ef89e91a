// A program that runs while you write to it and read from it.
import { spawn } from 'wasi-common'
import { program } from './program.js'

const guest = spawn(program('hello'), { args: ['hello', '0'], stderr: 'ignore', timeout: 60_000 })
guest.stdin.write('first\n')
for await (const line of guest) {
  console.log('it says', line)
  // It goes on when it has read the next line.
  if (line === 'first') guest.stdin.end('second\n')
}
const { exitCode } = await guest.exited
console.log('exit code', exitCode)

// A guest that is killed: it waits for input that never comes.
const waiting = spawn(program('hello'), { args: ['hello', '0'] })
waiting.kill(new Error('enough'))
await waiting.exited.catch(error => console.log(error.code, error.cause.message))

// Prints:
// it says arg 0 hello
// it says arg 1 0
// it says first
// it says second
// exit code 0
// ERR_WASI_ABORTED enough
