/** The published types need those of Node alone: neither a browser's nor a newer library's. */
import { createGuest, Errno, Rights, RunError, UnexpectedError, WASI, WASIError } from 'wasi-common'

export const wasi: import('node:wasi').WASI = new WASI({ version: 'preview1' })
export const success: number = Errno.SUCCESS
export const right: number = Rights.FD_READ
export const reported = (error: unknown): string =>
  error instanceof UnexpectedError
    ? error.call
    : error instanceof WASIError
      ? error.code
      : String(error)
export const failed = (error: unknown): string | undefined =>
  error instanceof RunError
    ? `${error.code} ${error.stderr.toString()} ${error.metrics?.fd_write?.calls} ${error.frames[0]?.functionName} ${error.osSandbox?.seccomp} ${error.cause} ${error.truncated}`
    : undefined
export const imports: Record<string, (...args: never[]) => number> = createGuest({
  version: 'preview1',
}).imports
