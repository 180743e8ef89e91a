/** Descriptors of the standard streams that the embedder provides. */
import { Errno } from '../abi/errno.js'
import { writeFilestat } from '../abi/layout.js'
import { Fdflags, Filetype } from '../abi/values.js'
import type { GuestMemory } from '../memory.js'
import { isGone, type Readiness, type Sink, type Source } from '../stdio/streams.js'
import type { Block } from '../sys/block.js'
import type { Answer } from '../sys/sys.js'
import { Descriptor, type Traits } from './descriptor.js'
import { STREAM, TERMINAL } from './rights.js'
import { firstStream } from './stream-handle.js'

/** The most bytes of one write; the guest continues with the rest. */
const most = 2 ** 20

const pipe: Traits = {
  filetype: Filetype.SOCKET_STREAM,
  fdflags: 0,
  fitting: STREAM,
  base: STREAM,
  inheriting: STREAM,
}
const terminal: Traits = {
  filetype: Filetype.CHARACTER_DEVICE,
  fdflags: 0,
  fitting: TERMINAL,
  base: TERMINAL,
  inheriting: 0,
}

/** The common part of both directions of a pipe or a terminal. */
abstract class Stream extends Descriptor {
  protected readonly memory: GuestMemory
  protected readonly block: Block
  readonly #readiness: Readiness | undefined
  constructor(
    memory: GuestMemory,
    block: Block,
    index: number,
    { isTTY = false, readiness }: Partial<Pick<Sink, 'isTTY' | 'readiness'>>,
  ) {
    super(isTTY ? terminal : pipe, firstStream + index)
    this.memory = memory
    this.block = block
    this.#readiness = readiness
  }

  override filestat(): Answer {
    writeFilestat(this.block.record, { filetype: this.filetype, nlink: 1n })
    return 0
  }
  /**
   * Sets NONBLOCK. A stream that the embedder provides in the guest's own thread always returns,
   * with or without it.
   */
  override setFlags(fdflags: number): Answer {
    if ((fdflags & ~(Fdflags.APPEND | Fdflags.NONBLOCK)) !== 0) return -Errno.NOTSUP
    this.#readiness?.setNonblock((fdflags & Fdflags.NONBLOCK) !== 0)
    return 0
  }
  override waiting(_reads: boolean): number {
    return this.#readiness?.ready() ?? 0
  }
  override wait(milliseconds: number): void {
    this.#readiness?.wait(milliseconds)
  }
}

export class InputStream extends Stream {
  readonly #source: Source
  #rest: Uint8Array = new Uint8Array(0)
  constructor(memory: GuestMemory, block: Block, index: number, source: Source) {
    super(memory, block, index, source)
    this.#source = source
  }

  /**
   * Reads buffered bytes, and asks the embedder's source only when none are left: like a pipe, it
   * returns the available bytes.
   */
  override readv(spans: number): Answer {
    if (spans === 0) return 0
    // The source may run the guest, which makes other calls and grows its memory.
    const wanted = this.block.spans.slice(0, 2 * spans)
    const { current } = this.memory
    if (this.#rest.length === 0) this.#rest = this.#source.read()
    this.memory.refresh(current)
    let done = 0
    for (let i = 0; i < spans && this.#rest.length > 0; i++) {
      const piece = this.#rest.subarray(0, wanted[2 * i + 1])
      this.memory.write(wanted[2 * i], piece)
      this.#rest = this.#rest.subarray(piece.length)
      done += piece.length
    }
    return done
  }
  override waiting(reads: boolean): number {
    return this.#rest.length > 0 ? this.#rest.length : super.waiting(reads)
  }
}

export class OutputStream extends Stream {
  readonly #sink: Sink
  constructor(memory: GuestMemory, block: Block, index: number, sink: Sink) {
    super(memory, block, index, sink)
    this.#sink = sink
  }

  /** Writes a copy, as one chunk for all iovecs: the embedder's sink may keep it. */
  override writev(spans: number): Answer {
    let size = 0
    for (let i = 0; i < spans; i++) size += this.block.spans[2 * i + 1]
    // An empty write makes no chunk: a guest can repeat it without limit.
    if (size === 0) return 0
    if (this.#sink.discards) return size
    const chunk = Buffer.alloc(Math.min(size, most))
    let done = 0
    for (let i = 0; i < spans && done < chunk.length; i++) {
      const piece = this.memory.copy(
        this.block.spans[2 * i],
        Math.min(this.block.spans[2 * i + 1], chunk.length - done),
      )
      chunk.set(piece, done)
      done += piece.length
    }
    const { current } = this.memory
    try {
      this.#sink.write(chunk)
      // The caller may write the rest from the same memory.
      this.memory.refresh(current)
    } catch (error) {
      // A closed reader is an error for the guest. The gate converts everything else.
      if (isGone(error)) return -Errno.PIPE
      throw error
    }
    return done
  }
}
