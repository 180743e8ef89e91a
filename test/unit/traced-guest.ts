/** A traced guest over a scratch folder, whose hostcalls a test makes by paths and numbers. */
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { createGuest, type GuestOptions, type HostcallEvent } from 'wasi-common'

export const scratch = (t: ExecutionContext): string => {
  const folder = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-')))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

export interface Traced {
  readonly imports: ReturnType<typeof createGuest>['imports']
  readonly memory: WebAssembly.Memory
  readonly lines: string[]
  /** The last line, as an event. */
  last(): HostcallEvent
  /** Puts a path into memory: its address and length. */
  path(text: string | Uint8Array, at?: number): [at: number, length: number]
  /** Opens a path to read below a descriptor. The errno, and the new descriptor. */
  open(text: string | Uint8Array, fd?: number, oflags?: number): [errno: number, fd: number]
  close(): void
}

/** Results of calls are at 64, paths from 1000 on. */
export function traced(
  t: ExecutionContext,
  preopen: NonNullable<GuestOptions['preopens']>[string],
  options: Partial<GuestOptions> = {},
): Traced {
  const lines: string[] = []
  const stdin = fs.openSync(os.devNull, 'r')
  const guest = createGuest({
    version: 'preview1',
    stdin,
    preopens: { '/data': preopen },
    trace: line => void lines.push(line),
    traceFormat: 'json',
    ...options,
  })
  t.teardown(() => {
    guest.close()
    fs.closeSync(stdin)
  })
  const memory = new WebAssembly.Memory({ initial: 1 })
  guest.bind(memory)
  const path = (text: string | Uint8Array, at = 1000): [number, number] => {
    const bytes = Buffer.from(text as string)
    new Uint8Array(memory.buffer).set(bytes, at)
    return [at, bytes.length]
  }
  const { imports } = guest
  return {
    imports,
    memory,
    lines,
    path,
    last: () => JSON.parse(lines.at(-1) ?? 'null'),
    open(text, fd = 3, oflags = 0) {
      const errno = imports.path_open(fd, 1, ...path(text), oflags, 2n, 0x3fffffffn, 0, 64)
      return [errno, new DataView(memory.buffer).getUint32(64, true)]
    },
    close: () => guest.close(),
  }
}
