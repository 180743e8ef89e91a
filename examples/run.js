// A program in a worker, that is ended when it takes too long, or wants too much.
import { run } from 'wasi-common'
import { program } from './program.js'

const { exitCode, stdout } = await run(program('hello'), {
  args: ['hello', '0'],
  input: 'text',
  encoding: 'utf8',
  timeout: 10_000,
})
console.log(exitCode, JSON.stringify(stdout))

const hungry = await run(program('hungry'), { maxMemory: 4 * 2 ** 20, timeout: 10_000 })
console.log('with 4 MiB it got', hungry.stdout.toString().trim())

try {
  await run(program('threads'), { args: ['threads', 'spin'], threads: 4, timeout: 500 })
} catch (error) {
  console.log(error.code, error.message)
}

// Prints:
// 0 "arg 0 hello\narg 1 0\ntext"
// with 4 MiB it got 3 MiB
// ERR_WASI_TIMEOUT the guest timed out after 500 ms
