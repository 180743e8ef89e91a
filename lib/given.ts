/** What a guest is given becomes its first descriptors. */
import { coded } from './errors.js'
import type { Descriptor } from './fds/descriptor.js'
import { hostDescriptor } from './fds/directory.js'
import { openedTraits } from './fds/host.js'
import { ReadOnly } from './fds/readonly.js'
import { STREAM } from './fds/rights.js'
import { InputStream, OutputStream } from './fds/stream.js'
import type { FdTable } from './fds/table.js'
import { PlainTerminal } from './fds/terminal.js'
import type { GuestMemory } from './memory.js'
import type { Settings } from './options.js'
import { plainSink, type Sink, type Source } from './streams.js'
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
    stdio.forEach((stream, i) => {
      if (typeof stream !== 'number') {
        fds.insert(served(sys, memory, i, stream, terminalEscapes))
        return
      }
      const handle = opening(`${['stdin', 'stdout', 'stderr'][i]}, descriptor ${stream}`, () => sys.adopt(stream))
      const terminal = sys.block.opened[2] === 1
      const file = hostDescriptor(sys, handle, openedTraits(sys, STREAM, STREAM))
      fds.insert(terminal && !terminalEscapes ? new PlainTerminal(file, memory) : file)
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

/** A stream that the embedder serves. */
export function served({ block }: Sys, memory: GuestMemory, index: number, stream: Source | Sink, terminalEscapes: boolean): Descriptor {
  if ('read' in stream) return new InputStream(memory, block, index, stream)
  return new OutputStream(memory, block, index, stream.isTTY && !terminalEscapes ? plainSink(stream) : stream)
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
