// A program in a process of its own, which on Linux the kernel holds as well: were it to break out of its sandbox, it would still
// reach no file but what it was given, no network and no other program. For programs that nobody knows, say `wall: 'strict'`.
import { run } from 'wasi-common'
import { program } from './program.js'

const { exitCode, stdout, wall } = await run(program('hello'), { args: ['hello', '3', 'reader'], isolation: 'process' })
console.log(`${stdout}exit code`, exitCode)
if (!wall.landlock || !wall.seccomp) console.error('this kernel has not the whole wall:', wall)

// Prints:
// arg 0 hello
// arg 1 3
// arg 2 reader
// exit code 3
