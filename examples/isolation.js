// A program in a process of its own, which on Linux the kernel holds as well: were it to break out
// of its sandbox, it would still reach no file but what it was given, no network and no other
// program. Fails with ERR_WASI_OS_SANDBOX_UNAVAILABLE on a kernel that cannot do that.
import { run } from 'wasi-common'
import { program } from './program.js'

const { exitCode, stdout, osSandbox } = await run(program('hello'), {
  args: ['hello', '3', 'reader'],
  isolation: 'process',
})
console.log(`${stdout}exit code`, exitCode)
if (!osSandbox.landlock || !osSandbox.seccomp) throw new Error("only with osSandbox: 'best-effort'")

// Prints:
// arg 0 hello
// arg 1 3
// arg 2 reader
// exit code 3
