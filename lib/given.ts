/** What a guest is given becomes its first descriptors. */
import { coded } from './errors.js'
import { hostDescriptor } from './fds/directory.js'
import { openedTraits } from './fds/host.js'
import { ReadOnly } from './fds/readonly.js'
import { STREAM } from './fds/rights.js'
import type { FdTable } from './fds/table.js'
import { PlainTerminal } from './fds/terminal.js'
import type { GuestMemory } from './memory.js'
import type { Settings } from './options.js'
import type { Handle, Sys } from './sys/sys.js'

const encoder = new TextEncoder()

/** A directory's name as the guest is told it. */
export const nameOf = ({ name }: Settings['preopens'][number]): Uint8Array => encoder.encode(name)

/** Standard streams, then the directories in their order. If one cannot be opened, all are closed. */
export function openAll(
  sys: Sys,
  memory: GuestMemory,
  fds: FdTable,
  { stdio, preopens, terminalEscapes }: Settings,
  names: readonly Uint8Array[],
): void {
  try {
    stdio.forEach((fd, i) => {
      const handle = opening(`${['stdin', 'stdout', 'stderr'][i]}, descriptor ${fd}`, () => sys.adopt(fd))
      const terminal = sys.block.opened[2] === 1
      const stream = hostDescriptor(sys, handle, openedTraits(sys, STREAM, STREAM))
      fds.insert(terminal && !terminalEscapes ? new PlainTerminal(stream, memory) : stream)
    })
    preopens.forEach(({ name, path, readOnly }, i) => {
      const handle = opening(`preopen "${name}" at "${path}"`, () => sys.preopen(path))
      const directory = hostDescriptor(sys, handle)
      directory.preopen = names[i]
      fds.insert(readOnly ? new ReadOnly(directory) : directory)
    })
  } catch (error) {
    sys.dispose()
    throw error
  }
}

/** The host's refusal under the code that node:wasi gives it, with what was to be opened. */
function opening(what: string, open: () => Handle): Handle {
  try {
    return open()
  } catch (cause) {
    const code = `UVWASI_${(cause as NodeJS.ErrnoException).code ?? 'EIO'}`
    throw coded(new Error(`${code}, uvwasi_init: cannot open ${what}: ${(cause as Error).message}`, { cause }), code)
  }
}
