/** Words the errors of a guest that was refused, or that ended against its will. */
import { types } from 'node:util'
import { isStackOverflow, uncaught } from '../errors.js'
import { RunError } from '../run/run-error.js'
import type { WasmFrame } from '../trap/frame.js'
import type { FrameModule } from '../trap/frame-module.js'
import { formatFrames, framesOf, hasDwarf, sentStack, withSourceMap } from '../trap/load.js'
import { CommandError } from './error.js'
import { FAILED, TRAPPED } from './exit-codes.js'
import { type Program, sourceMapOf } from './program.js'

const hints = new Map([
  ['ERR_WASI_UNSAFE_PREOPEN', '--allow-unsafe-preopen allows it'],
  ['ERR_WASI_PUBLIC_LISTEN', '--allow-public-listen allows it'],
])

/**
 * Words an error from before the guest began: its message without words for programs, and advice.
 */
export function refused(error: Error): CommandError {
  const { code = '' } = error as NodeJS.ErrnoException
  return new CommandError(error.message.replace(/^UVWASI_\w+, uvwasi_init: /, ''), hints.get(code))
}

/** The guest's frames in an error: those that it was given, or those in its stack. */
function framesIn(
  error: Error & { readonly frames?: readonly WasmFrame[] },
  { module, bytes, moved, path }: Partial<Program> = {},
): readonly WasmFrame[] {
  // The guest ran in this thread: offsets are those of the module with its limits.
  if (module !== undefined) error.stack = sentStack(error, module as FrameModule, moved) ?? ''
  const frames = error.frames ?? framesOf(error, bytes)
  if (frames.length === 0 || frames.every(({ file }) => file !== undefined)) return frames
  const map = path === undefined ? undefined : sourceMapOf(path)
  return map === undefined ? frames : withSourceMap(frames, map)
}

/** Advice for frames whose lines are in DWARF that was not understood, or is in another file. */
function symbolizer(
  frames: readonly WasmFrame[],
  { bytes, path }: Partial<Program> = {},
): string | undefined {
  const offsets = frames.slice(0, 8).flatMap(({ codeOffset }) => codeOffset ?? [])
  if (bytes === undefined || path === '-' || offsets.length === 0) return undefined
  if (!hasDwarf(bytes)) return undefined
  if (frames.some(({ file }) => file !== undefined)) return undefined
  const words = offsets.map(offset => `0x${offset.toString(16)}`).join(' ')
  return `for source lines: llvm-symbolizer -e ${path} ${words}`
}

/** The codes of which the cause says what went wrong, in the words that the command has for it. */
const caused = [
  'ERR_WASI_COMPILE',
  'ERR_WASI_HOOK',
  'ERR_WASI_LINK',
  'ERR_WASI_STACK_LIMIT',
  'ERR_WASI_TRAP',
  'ERR_WASI_UNKNOWN_IMPORT',
]

/** The error that ended a run, as a guest in this thread throws it, with the frames of the run. */
export function original(error: unknown): unknown {
  if (!(error instanceof RunError) || !caused.includes(error.code)) return error
  const { cause, frames } = error
  return types.isNativeError(cause) ? Object.assign(cause, { frames }) : cause
}

/** Says of an error that the guest overflowed its stack, in whichever thread. */
const overflowed = (error: Error): boolean =>
  isStackOverflow(error) || (error as NodeJS.ErrnoException).code === 'ERR_WASI_STACK_LIMIT'

/**
 * Words the error that ended the guest: a message, and of a trap the guest's own frames.
 * @param program the guest's program, as far as this thread has it
 */
export function trap(
  thrown: unknown,
  program?: Pick<Program, 'bytes' | 'path'> & Partial<Program>,
): CommandError {
  if (thrown instanceof CommandError) return thrown
  const error = uncaught(thrown)
  if ((error as NodeJS.ErrnoException).code === 'ERR_WASI_NOT_STARTED') {
    return new CommandError(
      'the module makes a hostcall in its start function, before its memory is known: build it as a command',
    )
  }
  const guest = framesIn(error, program)
  const frames = formatFrames(guest).map(line => `  ${line}`)
  const trapped = error instanceof WebAssembly.RuntimeError || error instanceof RangeError
  const threw = error.message.startsWith('the guest threw ')
  const message = threw
    ? error.message
    : `the guest ${trapped ? 'trapped' : 'failed'}: ${error.message}`
  if (!overflowed(error))
    return new CommandError(
      [message, ...frames].join('\n'),
      symbolizer(guest, program),
      trapped || threw ? TRAPPED : FAILED,
    )
  return new CommandError(
    ['the guest trapped: stack overflow', ...frames].join('\n'),
    'raise it with -W max-wasm-stack=SIZE',
    TRAPPED,
  )
}
