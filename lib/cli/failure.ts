/** Words the errors of a guest that was refused, or that ended against its will. */
import { isStackOverflow, uncaught } from '../errors.js'
import { CommandError } from './error.js'

const hints = new Map([
  ['ERR_WASI_UNSAFE_PREOPEN', '--allow-unsafe-preopen gives it all the same'],
  ['ERR_WASI_PUBLIC_LISTEN', '--allow-public-listen does so all the same'],
])

/**
 * Words an error from before the guest began: its message without words for programs, and advice.
 */
export function refused(error: Error): CommandError {
  const { code = '' } = error as NodeJS.ErrnoException
  return new CommandError(error.message.replace(/^UVWASI_\w+, uvwasi_init: /, ''), hints.get(code))
}

/** Says of an error that the guest overflowed its stack, in whichever thread. */
const overflowed = (error: Error): boolean =>
  isStackOverflow(error) || (error as NodeJS.ErrnoException).code === 'ERR_WASI_STACK_LIMIT'

/** Words the error that ended the guest: a message, and of a trap the guest's own frames. */
export function trap(thrown: unknown): CommandError {
  if (thrown instanceof CommandError) return thrown
  const error = uncaught(thrown)
  if ((error as NodeJS.ErrnoException).code === 'ERR_WASI_NOT_STARTED') {
    return new CommandError(
      'the program makes a hostcall while it is instantiated, before its memory is known',
    )
  }
  const frames = (error.stack ?? '').split('\n').filter(line => line.includes('wasm'))
  const trapped = error instanceof WebAssembly.RuntimeError || error instanceof RangeError
  const threw = error.message.startsWith('the guest threw ')
  const message = threw
    ? error.message
    : `the guest ${trapped ? 'trapped' : 'failed'}: ${error.message}`
  if (!overflowed(error)) return new CommandError([message, ...frames].join('\n'))
  return new CommandError(
    ['the guest trapped: it overflowed its stack', ...frames].join('\n'),
    '-W max-wasm-stack=SIZE gives it a larger one',
  )
}
