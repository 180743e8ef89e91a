/** The state of one component, and the only state that the calls use. */
import { Errno } from '../abi/errno.js'
import type { Context } from '../context.js'
import { WASIError } from '../errors.js'
import { errnoOf, type Report, thrown } from '../gate.js'
import { type MemoryLike, Space } from '../memory.js'
import type { Answer } from '../sys/sys.js'
import { UNEXPECTED } from '../sys/sys.js'
import { type HashKey, hashed } from './identity.js'
import { Quota } from './quota.js'
import type { OpenCount, OpenFile } from './resources/open-file.js'
import { Resources } from './resources/resource.js'
import type { GivenListener } from './resources/sockets.js'
import { Scratch } from './scratch.js'
import { outOfBounds, trap } from './trap.js'

/** `cabi_realloc` of a component: allocates guest memory when it is called with two zeros. */
export type Realloc = (old: number, oldSize: number, align: number, size: number) => number

/** The directories, streams and texts that a component gets. */
export interface Given {
  readonly preopens: readonly (readonly [file: OpenFile, name: string])[]
  readonly stdin: OpenFile
  readonly stdout: OpenFile
  readonly stderr: OpenFile
  readonly args: readonly string[]
  readonly env: readonly (readonly [name: string, value: string])[]
  readonly cwd: string | undefined
  readonly listeners: readonly GivenListener[]
}

/** The most resources of a component at once, open files aside. */
const mostResources = 65536
/** The most bytes of HTTP fields and addresses of a component at once. */
const mostKept = 2 ** 24

/** The bytes at the start of the block that hold results. */
const results = 112

export class Component {
  readonly context: Context
  readonly resources: Resources
  /** Replaced by a larger one while a call runs whose arguments it does not hold. */
  scratch = new Scratch()
  /** The bytes of HTTP fields and addresses. */
  readonly kept = new Quota(mostKept)
  /** The open files, with those that the component was given. */
  readonly files: OpenCount
  given: Given
  /** The key of the hashes by which the component tells files apart. */
  key: HashKey | undefined
  /** True while `realloc` runs code of the component, which must not call the host meanwhile. */
  #allocating = false
  readonly #report: Report
  #spare: Scratch | undefined
  readonly #spaces = new WeakMap<MemoryLike, Space>()

  constructor(context: Context, given: Given, open: number, report: Report) {
    this.context = context
    this.resources = new Resources(mostResources, context.verdict)
    this.files = { open }
    this.given = given
    this.#report = report
  }

  /** Returns the views of a memory of the component, which are made once. */
  space(memory: MemoryLike | undefined): Space {
    if (memory === undefined) return this.scratch.space
    const known = this.#spaces.get(memory)
    if (known !== undefined) return known
    const space = new Space(memory, this.context.sys.block)
    this.#spaces.set(memory, space)
    return space
  }

  /** Binds a memory. @throws a trap if `realloc` of the component makes a call */
  enter(space: Space): void {
    if (this.#allocating) throw trap('cannot leave component instance')
    this.context.memory.enter(space)
  }

  /** Binds the host's own memory in place of the component's. */
  enterScratch(): void {
    if (this.#allocating) throw trap('cannot leave component instance')
    this.context.memory.enter(this.scratch.space)
  }

  /** Places bytes in the host's own memory, and returns their address. */
  put(bytes: Uint8Array): number {
    const at = this.scratch.put(bytes)
    if (at !== undefined) return at
    // A call that is under way keeps its own: its data is not moved.
    this.scratch = this.scratch.larger(bytes.length)
    return this.scratch.put(bytes) as number
  }

  /**
   * Calls code of the embedder between a call and the place of its result. The code may run the
   * component, whose calls fill the block and the host's own memory anew.
   */
  aside(act: () => void): void {
    const { scratch, context } = this
    const { memory, sys } = context
    const { current } = memory
    const found = [new Uint8Array(sys.block.buffer, 0, results), hashed] as const
    const kept = found.map(array => array.slice())
    this.scratch = this.#spare ?? new Scratch()
    this.#spare = undefined
    try {
      act()
    } finally {
      this.#spare = this.scratch
      this.scratch = scratch
      for (const [i, array] of found.entries()) array.set(kept[i])
      memory.refresh(current)
    }
  }

  /** Checks a range of the bound memory, and returns its start. @throws a trap */
  range(at: number, length: number): number {
    const { memory } = this.context
    at >>>= 0
    if (at + (length >>> 0) > memory.size) this.#recheck(at, length >>> 0)
    return at
  }

  /**
   * Checks the place of a result, before the call has any effect, or of a list. Returns its start.
   * @throws a trap
   */
  result(at: number, size: number, align: number): number {
    at >>>= 0
    if ((at & (align - 1)) !== 0) throw trap('unaligned pointer')
    if (at + size > this.context.memory.size) this.#recheck(at, size)
    return at
  }

  #recheck(at: number, length: number): void {
    try {
      this.context.memory.check(at, length)
    } catch {
      throw outOfBounds()
    }
  }

  /**
   * Allocates memory of the component, and binds it: its code has run, and may have moved it.
   * @throws a trap for a range outside the memory, and for an unaligned one
   */
  allocate(space: Space, realloc: Realloc, align: number, size: number): number {
    if (this.#allocating) throw trap('cannot leave component instance')
    this.#allocating = true
    let at: number
    try {
      at = realloc(0, 0, align, size) >>> 0
    } catch (error) {
      // An exception that leaves code of the component ends it: its own instance catches none.
      throw this.context.verdict.keep(error)
    } finally {
      this.#allocating = false
    }
    this.context.memory.enter(space)
    return this.result(at, size, align)
  }

  /** Refuses one more open file: 0, or MFILE. */
  reserve(): Answer {
    return this.files.open < this.context.limits.descriptors ? 0 : -Errno.MFILE
  }

  /** Reports an answer that is UNEXPECTED; its error code is `io`. */
  unexpected(answer: Answer, name: string): void {
    if (answer !== UNEXPECTED) return
    const { memory } = this.context
    const { current } = memory
    errnoOf(answer, name, this.context, this.#report)
    // The embedder's hook may have run the component.
    memory.refresh(current)
  }

  /**
   * Returns the answer for an exception of a call, or throws if it ends the component: a trap, an
   * exit, or an exception of the embedder.
   */
  thrown(error: unknown, name: string): Answer {
    const { verdict } = this.context
    try {
      return this.answerTo(error, name)
    } catch (ended) {
      throw verdict.reached ? verdict.leave() : ended
    }
  }

  /** As `thrown`, where a trace or counts see the end before it leaves the call. */
  answerTo(error: unknown, name: string): Answer {
    const { verdict } = this.context
    if (verdict.reached) throw error
    if (error instanceof WebAssembly.RuntimeError) throw verdict.keep(error)
    if (error instanceof WASIError && error.errno === Errno.FAULT) throw verdict.keep(outOfBounds())
    return 0 - thrown(error, name, this.context, this.#report)
  }

  /** Returns the error to throw for an exception of a call that has no errors in WIT: a trap. */
  fatal(error: unknown, name: string): unknown {
    this.thrown(error, name)
    const { verdict } = this.context
    verdict.keep(trap(`${name} failed`))
    return verdict.leave()
  }
}
