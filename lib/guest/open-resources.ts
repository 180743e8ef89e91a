/** Opens the resources of a guest, which become its first descriptors. */
import { readFilestat } from '../abi/layout.js'
import { Fdflags, Filetype } from '../abi/values.js'
import { coded, refuse } from '../errors.js'
import type { Descriptor } from '../fds/descriptor.js'
import { hostDescriptor } from '../fds/directory.js'
import { HostFile, openedTraits } from '../fds/file.js'
import { memfsDescriptor } from '../fds/memfs.js'
import { oneWay, Way } from '../fds/oneway.js'
import { ReadOnly } from '../fds/readonly.js'
import { CONNECTION, isSocket, LISTENER, STREAM } from '../fds/rights.js'
import { InputStream, OutputStream } from '../fds/stream.js'
import type { FdTable } from '../fds/table.js'
import { PlainTerminal } from '../fds/terminal.js'
import type { GuestMemory } from '../memory.js'
import { type Listen, type Listener, shown } from '../options/listen.js'
import type { Given } from '../options/preopens.js'
import type { Settings } from '../options/settings.js'
import type { Layers } from '../replay/replay.js'
import { plainSink, type Sink, type Source } from '../stdio/streams.js'
import type { Terminals } from '../stdio/terminals.js'
import { treeOf } from '../sys/memfs/files.js'
import { memfs } from '../sys/memfs/load.js'
import type { Mounted } from '../sys/memfs/mount.js'
import type { Handle, Sys } from '../sys/sys.js'

const encoder = new TextEncoder()

/** The resources opened in addition to descriptors. */
export interface Opened {
  /** The Sys of each memfs preopen, which the guest disposes of. */
  readonly beside: readonly Sys[]
  /** The listeners, as the embedder receives them. */
  readonly listeners: readonly Listener[]
}

/** The hosts of one guest. */
export interface Hosts {
  /**
   * The host itself, without layers: the guest must not see its attributes of the standard streams.
   */
  readonly host: Sys
  /** The host as the guest sees it. */
  readonly sys: Sys
  /** Wraps a memfs in the view that the guest sees. */
  overMemfs(memfs: Sys): Sys
  /** Opens another host of the guest's kind, for exclusive use. */
  another(): Sys
}

export const hostsOf = (host: Sys, another: () => Sys, layers?: Layers): Hosts => ({
  host,
  sys: layers === undefined ? host : layers.over(host),
  overMemfs: memfs => (layers === undefined ? memfs : layers.overMemfs(memfs)),
  another,
})

/** Returns a directory's name as the guest sees it. */
export const nameOf = ({ name }: Settings['preopens'][number]): Uint8Array => encoder.encode(name)

/** Opens what a new guest gets. If one part cannot be opened, its host is closed, too. */
export function openAll(...parts: Parameters<typeof openAgain>): Opened {
  try {
    return openAgain(...parts)
  } catch (error) {
    const [{ sys }] = parts
    sys.dispose()
    throw error
  }
}

/**
 * Opens the standard streams, then the preopens in their order, then the listeners. The order
 * matters: a guest searches for preopens until a number has none. If one cannot be opened, those
 * before it are closed.
 * @param filtered receives the terminals whose control characters are escaped
 */
export function openAgain(
  hosts: Hosts,
  memory: GuestMemory,
  fds: FdTable,
  { stdio, terminals = [], preopens, listen, terminalEscapes }: Settings,
  names: readonly Uint8Array[],
  filtered: Terminals,
): Opened {
  const { sys } = hosts
  const beside: Sys[] = []
  const insert = (descriptor: Descriptor): number => {
    const fd = fds.insert(descriptor)
    return fd < 0 ? refuse(-fd) : fd
  }
  try {
    const [stdin, ...outputs] = stdio.map((stream, i) =>
      typeof stream === 'number'
        ? lent(sys, memory, i, stream, terminalEscapes, terminals[i], filtered)
        : served(sys, memory, i, stream, terminalEscapes, filtered),
    )
    const piped =
      isSocket(stdin.filetype) || outputs.some(output => moves(hosts.host, stdin, output))
    insert(oneWay(piped ? Way.IN : Way.SOUGHT_IN, stdin))
    for (const output of outputs) insert(oneWay(Way.OUT, output))
    preopens.forEach((given, i) => {
      const directory =
        (given.files ?? given.file) ? ofMemory(hosts, beside, memory, given) : ofHost(sys, given)
      const { readOnly } = given
      directory.preopen = names[i]
      insert(readOnly ? new ReadOnly(directory, memory) : directory)
    })
    const listeners = listen.map(where => {
      const { handle, address, port } = listening(sys, where)
      return {
        fd: insert(hostDescriptor(sys, handle, openedTraits(sys, LISTENER, CONNECTION))),
        address,
        port,
      }
    })
    return { beside, listeners }
  } catch (error) {
    for (let fd = 0; fds.peek(fd) !== undefined; fd++) fds.peek(fd)?.close()
    for (const each of beside) each.dispose()
    throw error
  }
}

/**
 * Returns a descriptor of the host as a standard stream, still in both directions.
 * @param stands true if it represents a terminal without being one itself
 */
function lent(
  sys: Sys,
  memory: GuestMemory,
  index: number,
  fd: number,
  terminalEscapes: boolean,
  stands = false,
  filtered: Terminals,
): Descriptor {
  const handle = opening(`${['stdin', 'stdout', 'stderr'][index]}, descriptor ${fd}`, () =>
    sys.adopt(fd),
  )
  if (stands) sys.block.opened.set([Filetype.CHARACTER_DEVICE, sys.block.opened[1], 1])
  const terminal = sys.block.opened[2] === 1
  const file = hostDescriptor(sys, handle, openedTraits(sys, STREAM, STREAM))
  return terminal && !terminalEscapes ? new PlainTerminal(file, memory, filtered) : file
}

/**
 * Returns true if a guest could choose the position of an output by seeking stdin. Both are then
 * the same file, perhaps with one open file description, whose offset they share. An appending
 * output is written at its end in any case.
 */
function moves(host: Sys, stdin: Descriptor, output: Descriptor): boolean {
  // Terminals and /dev/null often serve as all three streams, and have no offsets to write at.
  if (stdin.filetype === Filetype.CHARACTER_DEVICE || (output.fdflags & Fdflags.APPEND) !== 0)
    return false
  const file = identity(host, stdin)
  return file !== undefined && file === identity(host, output)
}
/** Returns the device and the inode of a host file. */
function identity(host: Sys, descriptor: Descriptor): string | undefined {
  if (!(descriptor instanceof HostFile) || host.filestat(descriptor.handle) !== 0) return undefined
  const { dev, ino } = readFilestat(host.block.record)
  return `${dev} ${ino}`
}

/** Returns a stream that the embedder provides. */
export function served(
  { block }: Sys,
  memory: GuestMemory,
  index: number,
  stream: Source | Sink,
  terminalEscapes: boolean,
  filtered: Terminals,
): Descriptor {
  if ('read' in stream) return new InputStream(memory, block, index, stream)
  return new OutputStream(
    memory,
    block,
    index,
    stream.isTTY && !terminalEscapes ? plainSink(stream, filtered) : stream,
  )
}

function ofHost(sys: Sys, { name, path = '', place = path }: Given): HostFile {
  const handle = opening(`preopen "${name}" at "${path}"`, () => sys.preopen(place))
  return hostDescriptor(sys, handle)
}

/** Returns a memfs directory, or a single file, as it is mounted. */
export const mounted = ({ files, ...given }: Given): Mounted => ({
  ...given,
  tree: files && treeOf(files),
})

/** Opens a memfs with its own Sys, in addition to the host's, whose block receives its results. */
function ofMemory(
  { sys, overMemfs, another }: Hosts,
  beside: Sys[],
  memory: GuestMemory,
  given: Given,
): HostFile {
  const files = opening(preopenNamed(given), () =>
    overMemfs(memfs.mount().serving(sys.block, mounted(given), another)),
  )
  beside.push(files)
  memory.serve(files)
  return memfsDescriptor(files, files.preopen(''))
}

function listening(sys: Sys, where: Listen): { handle: Handle; address: string; port: number } {
  const what = `listener ${shown(where)}`
  const handle = opening(what, () =>
    'fd' in where ? sys.adopt(where.fd) : sys.listen(where.address, where.port),
  )
  const at = handle === undefined ? undefined : opening(what, () => sys.listening(handle))
  if (handle === undefined || at === undefined) {
    throw coded(
      new Error(`options.listen needs backend 'native': '${sys.name}' accepts no connections`),
      'ERR_WASI_LISTEN_UNAVAILABLE',
    )
  }
  return { handle, address: at[0], port: at[1] }
}

/** Returns the name of a preopen for messages. */
export const preopenNamed = ({ name, path }: Given): string =>
  `preopen "${name}"${path === undefined ? '' : ` at "${path}"`}`

/**
 * Rethrows the host's error under the code that node:wasi gives it, with the name of the resource.
 */
export function opening<T>(what: string, open: () => T): T {
  try {
    return open()
  } catch (cause) {
    const { code: own = 'EIO' } = cause as NodeJS.ErrnoException
    // An error that node:wasi cannot have keeps its own code.
    if (own.startsWith('ERR_WASI_')) throw cause
    const code = `UVWASI_${own}`
    throw coded(
      new Error(`${code}, uvwasi_init: cannot open ${what}: ${(cause as Error).message}`, {
        cause,
      }),
      code,
    )
  }
}
