/**
 * One-way standard streams: stdin is only read, stdout and stderr are only written, whatever the
 * underlying descriptor allows.
 */
import type { Errno } from '../abi/errno.js'
import { Rights } from '../abi/rights.js'
import { Filetype } from '../abi/values.js'
import type { Answer } from '../sys/sys.js'
import { Descriptor } from './descriptor.js'
import { pipeRefusals, type Refusals, stdinRefusals, stdoutRefusals } from './rights.js'

/**
 * The direction of a descriptor; stdin may be seekable. It belongs to the stream, not to its
 * number: `fd_renumber` moves it along.
 */
export const Way = Object.freeze({ BOTH: 0, OUT: 1, IN: 2, SOUGHT_IN: 3 })

/** The refusals of a direction, and all rights that they refuse. */
interface Refused {
  readonly refusals: Refusals
  readonly rights: Rights
}
function refused(...each: Refusals[]): Refused {
  const refusals = each.flat()
  return { refusals, rights: refusals.reduce((sum, [rights]) => sum | rights, 0) }
}
const refusedOut = refused(stdoutRefusals, pipeRefusals)
const refusedIn = refused(stdinRefusals, pipeRefusals)
const refusedSoughtIn = refused(stdinRefusals)

/**
 * One end of a pipe, as the guest sees it: its rights lack and its methods refuse what a pipe
 * refuses. A host log opened for reading and writing can thus be neither read nor overwritten. The
 * host's own offset applies: a write appends to a file opened to append, and otherwise goes to the
 * host's offset.
 */
// biome-ignore format: a call a line
export abstract class OneWay extends Descriptor {
  declare readonly way: number
  declare readonly behind: Descriptor
  declare private readonly refusals: Refusals
  constructor(behind: Descriptor, way: number, { refusals, rights }: Refused) {
    const { filetype, fdflags, base } = behind
    // libc takes a character device without FD_SEEK and FD_TELL for a terminal, so /dev/null keeps
    // one of them.
    const lacks = filetype === Filetype.CHARACTER_DEVICE ? rights & ~Rights.FD_TELL : rights
    const fitting = behind.fitting & ~lacks
    super({ filetype, fdflags, fitting, base, inheriting: Rights.NONE }, behind.handle)
    this.way = way
    this.behind = behind
    this.refusals = refusals
  }

  override unfit(missing: Rights): Errno {
    for (const [rights, errno] of this.refusals) if ((missing & rights) !== 0) return errno
    return super.unfit(missing)
  }

  override close() { return this.behind.close() }
  override filestat() { return this.behind.filestat() }
  override sync() { return this.behind.sync() }
  override datasync() { return this.behind.datasync() }
  override setFlags(fdflags: number) { return this.behind.setFlags(fdflags) }
  override waiting(reads: boolean) { return this.behind.waiting(reads) }
  override wait(milliseconds: number) { this.behind.wait(milliseconds) }
}

/** stdout and stderr. Socket calls may only send. */
// biome-ignore format: a call a line
class Out extends OneWay {
  constructor(behind: Descriptor) { super(behind, Way.OUT, refusedOut) }

  override writev(spans: number): Answer { return this.behind.writev(spans) }
  override send(spans: number, siflags: number): Answer { return this.behind.send(spans, siflags) }
}

/** stdin. Socket calls may only receive. */
// biome-ignore format: a call a line
class In extends OneWay {
  constructor(behind: Descriptor, way: number = Way.IN, refused = refusedIn) { super(behind, way, refused) }

  override readv(spans: number): Answer { return this.behind.readv(spans) }
  override recv(spans: number, riflags: number): Answer { return this.behind.recv(spans, riflags) }
}

/** stdin that is a file with its own offset. */
// biome-ignore format: a call a line
class SoughtIn extends In {
  constructor(behind: Descriptor) { super(behind, Way.SOUGHT_IN, refusedSoughtIn) }

  override preadv(spans: number, offset: number): Answer { return this.behind.preadv(spans, offset) }
  override seek(offset: number, whence: number): Answer { return this.behind.seek(offset, whence) }
  override advise(offset: number, length: number, advice: number): Answer { return this.behind.advise(offset, length, advice) }
}

/** Returns the one-way descriptor over `behind`; for `Way.BOTH`, `behind` itself. */
export function oneWay(way: number, behind: Descriptor): Descriptor {
  switch (way) {
    case Way.OUT:
      return new Out(behind)
    case Way.IN:
      return new In(behind)
    case Way.SOUGHT_IN:
      return new SoughtIn(behind)
    default:
      return behind
  }
}
