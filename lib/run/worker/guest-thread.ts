/** A thread of a guest: an instance of its own over what the threads of a guest share. */
import { createRequire } from 'node:module'
import { parentPort } from 'node:worker_threads'
import { Errno } from '../../abi/errno.js'
import { GuestExit } from '../../errors.js'
import { type Guest, guestOf, type HostState } from '../../guest/guest.js'
import { functions, instantiate, type Offer } from '../../guest/instantiate.js'
import { threadOf } from '../../guest/threads.js'
import type { Listener } from '../../options/listen.js'
import type { Settings } from '../../options/settings.js'
import { discardSink, emptySource, type Sink, type Source, sourceOf } from '../../stdio/streams.js'
import { Terminals } from '../../stdio/terminals.js'
import { Verdict } from '../../verdict.js'
import { InstanceContext, memoryIn } from '../imports/context.js'
import { type LoadedImports, loadImports } from '../imports/load.js'
import type { Reply, Request } from '../instance/protocol.js'
import { begin, type Served, serve, start } from '../instance/serve.js'
import { withoutReserved } from '../module/reserved.js'
import {
  type ComponentProgram,
  isComponentProgram,
  type ModuleProgram,
  partsOf,
} from '../program.js'
import { type Seen, watched } from '../snapshot/seen.js'
import { type Conveyed, pipedSink, pipedSource } from '../stdio/pipes.js'
import {
  Count,
  type Message,
  mostUnreceived,
  serializeError,
  type Task,
  type ThreadSetup,
  type ThreadTask,
} from './messages.js'
import { arrive } from './mounts.js'

const require = createRequire(import.meta.url)
const snapshots = () => require('../snapshot/take.js') as typeof import('../snapshot/take.js')

/** Sends a message to the host. */
export const send = (message: Message): void => parentPort?.postMessage(message)
/** Sends a reply, and moves its bytes rather than copying them. */
const sendReply = (reply: Reply): void =>
  parentPort?.postMessage(
    { kind: 'reply', reply } satisfies Message,
    reply.kind === 'read' || reply.kind === 'snapshot' ? [reply.bytes.buffer as ArrayBuffer] : [],
  )
/** The proposal's range of thread identifiers: 1 to 2^29 - 1. */
const identifiers = 2 ** 29 - 1

/** An instance of a guest. */
interface Instantiated extends Served {
  readonly guest: Guest
  /** Its exports with the reserved ones. */
  readonly all: Readonly<Record<string, unknown>>
}

/** A thread of one guest, in a worker. */
export class Thread {
  readonly #setup: ThreadSetup
  readonly #mounts: ReturnType<typeof arrive>
  readonly #terminals = new Terminals(() => Atomics.store(this.#setup.counts, Count.COLOURED, 1))
  readonly #imported: WebAssembly.Memory | undefined
  #guest: Guest | undefined
  /** The host of a component. */
  #host: { close(): void } | undefined
  /** The embedder's module of imports. */
  #loaded: LoadedImports | undefined
  /** The instance whose requests are served. */
  #served: Instantiated | undefined
  /** The resources that the guest has read. */
  readonly #seen: Seen
  #state: HostState | undefined
  /** The number of the guest's thread that it is now. */
  #self = 0
  /**
   * Sent as soon as it is reached: a guest that catches it is at its end all the same, and its
   * threads are terminated.
   */
  readonly #verdict = new Verdict(ended => {
    this.#sendEnd(ended)
    return ended
  })
  #sent = false
  #free = false

  constructor(setup: ThreadSetup) {
    const { program } = setup
    const memory = isComponentProgram(program) ? undefined : program.memory
    this.#setup = setup
    this.#seen = setup.restored?.seen ?? { args: false, env: false, preopens: false }
    this.#mounts = arrive(setup.mounts)
    this.#imported =
      memory === undefined || memory instanceof WebAssembly.Memory
        ? memory
        : new WebAssembly.Memory(memory)
  }

  /**
   * Does a task of the guest, which sends its own end. All of it is in a microtask: elsewhere V8
   * makes a message of every exception, and one that the guest catches costs three times as much.
   * @see https://github.com/v8/v8/blob/11.3.244/src/execution/isolate.cc `requires_message`
   */
  async do(task: Task): Promise<void> {
    await undefined
    try {
      const { imports } = this.#setup
      if (imports !== undefined) this.#loaded ??= await loadImports(imports)
      if ('request' in task) this.#serve(task.request)
      else if (isComponentProgram(this.#setup.program))
        await this.#runComponent(this.#setup.program)
      else this.#run(task)
    } catch (error) {
      this.#sendEnd(error)
    }
  }

  /**
   * Each thread has an instance of its own, with the globals and the stack that instances begin
   * with.
   */
  #run({ tid, arg }: ThreadTask): void {
    this.#self = tid
    const { guest, exports } = this.#instantiate(tid === 0, false)
    const { _start, wasi_thread_start } = exports as Record<string, CallableFunction | undefined>
    const code = guest.run(() =>
      tid === 0
        ? begin('_start', () => _start?.())
        : begin('wasi_thread_start', () => wasi_thread_start?.(tid, arg)),
    )
    if (tid === 0) this.#sendEnd(new GuestExit(code), true)
    else Atomics.sub(this.#setup.counts, Count.RUNNING, 1)
  }

  /** Runs a component, whose code is loaded with the first one in this thread. */
  async #runComponent(program: ComponentProgram): Promise<void> {
    const { componentHostOf, runComponent } = await import('../component/execute.js')
    const host = componentHostOf(this.#settings(), this.#verdict, undefined, this.#terminals)
    this.#host = host
    this.#sendListeners(host.listeners)
    this.#sendEnd(new GuestExit(runComponent(program, host, this.#verdict)))
  }

  #sendListeners(listeners: readonly Listener[]): void {
    if (listeners.length > 0) send({ kind: 'listening', listeners })
  }

  /** Serves a request to the instance of this thread. */
  #serve(request: Request): void {
    if (request.kind === 'close') {
      this.#sendEnd(new GuestExit(0))
      return
    }
    if (request.kind === 'start') this.#served = this.#instantiate(true, true)
    const served = this.#served as Instantiated
    let reply: Reply | undefined
    const exitCode = served.guest.run(() => {
      reply = this.#reply(served, request)
    })
    if (this.#verdict.reached) this.#sendEnd(new GuestExit(exitCode))
    else if (reply !== undefined) sendReply(reply)
  }

  #reply(served: Instantiated, request: Exclude<Request, { kind: 'close' }>): Reply {
    if (request.kind === 'snapshot') return this.#snapshot(served, request)
    if (request.kind !== 'start') return serve(served, request)
    const { restored } = this.#setup
    return start(served, restored && (() => this.#reseed(served, restored.reseed)))
  }

  /** A guest that cannot be made a snapshot of goes on. */
  #snapshot({ all }: Instantiated, { origin }: Extract<Request, { kind: 'snapshot' }>): Reply {
    const { settings, mounts } = this.#setup
    const preopens = mounts.preopens.map(({ name }) => name)
    const host = this.#state as HostState
    try {
      const paused = { settings, preopens, seen: this.#seen, host, exports: all }
      return { kind: 'snapshot', bytes: snapshots().takeSnapshot(origin, paused) }
    } catch (error) {
      if ((error as { code?: unknown } | null)?.code !== 'ERR_WASI_SNAPSHOT') throw error
      return { kind: 'refused', error: serializeError(error) }
    }
  }

  #reseed({ exports }: Instantiated, name: string | undefined): void {
    if (name !== undefined) snapshots().reseed(exports[name], name, this.#state?.layers?.random)
  }

  /**
   * Makes an instance.
   * @param first whether it is the one that begins the guest
   * @param served whether it is used by requests, of which one may ask for a snapshot
   */
  #instantiate(first: boolean, served: boolean): Instantiated {
    this.#guest ??= this.#makeGuest()
    const guest = this.#guest
    if (first) this.#sendListeners(guest.listeners)
    const instance = this.#loaded && new InstanceContext(this.#imported)
    const { module, visible } = this.#setup.program as ModuleProgram
    const offers = this.#offers(guest, visible && served)
    const embedders = instance && this.#loaded?.offer(instance, this.#verdict)
    if (embedders !== undefined) offers.unshift(embedders)
    const { exports: all } = instantiate(module, ...offers)
    const shown = served || instance !== undefined
    const exports: Readonly<Record<string, unknown>> = visible && shown ? withoutReserved(all) : all
    instance?.reveal(exports)
    const memory = memoryIn(exports) ?? this.#imported
    if (memory !== undefined) guest.bind(memory)
    return { guest, exports, all, memory }
  }

  /** True once this guest, which shares nothing, has sent its end. */
  get ended(): boolean {
    return this.#sent && this.#setup.sharing === undefined
  }
  /** True if its end has said that this thread is free, and its files are closed. */
  get free(): boolean {
    return this.#free
  }

  /** The guest has ended, and with it all that it had open. */
  close(): void {
    this.#guest?.close()
    this.#host?.close()
  }

  /**
   * Once: the first end counts.
   * @param returned true if no frame of the guest is left in this thread
   */
  #sendEnd(ended: unknown, returned = false): void {
    if (this.#sent) return
    // This thread may be terminated as soon as its end is known.
    this.#terminals.reset()
    const trees = this.#mounts.leave()
    // One message in place of two: most guests return from their entry.
    const free = returned && this.#setup.sharing === undefined
    if (free) this.close()
    send(
      ended instanceof GuestExit
        ? { kind: 'exit', code: ended.exitCode, trees, free }
        : { kind: 'failed', error: serializeError(ended, partsOf(this.#setup.program)), trees },
    )
    // Last: at the end of its stack a guest has no room for this, and is asked again when it has
    // returned.
    this.#sent = true
    this.#free = free
  }

  #makeGuest(): Guest {
    const { sharing } = this.#setup
    const local = this.#settings()
    return sharing === undefined
      ? guestOf(local, this.#verdict, undefined, this.#terminals, state => {
          this.#state = state
        })
      : threadOf(local, this.#verdict, sharing, this.#terminals)
  }

  /** The settings of the guest, with the streams and hooks of this thread. */
  #settings(): Settings {
    const { settings, stdio, traced, sharing } = this.#setup
    return {
      ...settings,
      preopens: this.#mounts.preopens,
      stdio: stdio.map((stream, i) =>
        streamOf(stream, i, settings.replay?.start !== undefined),
      ) as unknown as Settings['stdio'],
      trace: traced
        ? line =>
            this.#report({
              kind: 'trace',
              line: sharing === undefined ? line : this.#withThread(line),
            })
        : undefined,
      report: ({ call, cause }) =>
        this.#report({ kind: 'unexpected', call, cause: serializeError(cause) }),
    }
  }

  /** A line of the trace, with the thread that made the call. */
  #withThread(line: string): string {
    const text = this.#setup.settings.traceStyle.format === 'text'
    return text ? `[tid ${this.#self}] ${line}` : `{"tid":${this.#self},${line.slice(1)}`
  }

  /** Sends a report when fewer than the most are on their way, since a guest chooses their rate. */
  #report(message: Message): void {
    const { counts } = this.#setup
    let sent = Atomics.load(counts, Count.UNRECEIVED)
    for (; sent >= mostUnreceived; sent = Atomics.load(counts, Count.UNRECEIVED))
      Atomics.wait(counts, Count.UNRECEIVED, sent)
    Atomics.add(counts, Count.UNRECEIVED, 1)
    send(message)
  }

  #offers({ namespace, imports }: Guest, watches: boolean): Offer[] {
    const spawn = (arg: number): number => {
      if (this.#verdict.reached) throw this.#verdict.leave()
      return this.#spawn(arg)
    }
    return [
      functions(namespace, watches ? watched(imports, this.#seen) : imports),
      functions('wasi', { 'thread-spawn': spawn }),
      ({ kind }) =>
        kind === 'memory' && this.#imported !== undefined ? [this.#imported] : undefined,
    ]
  }

  /**
   * Asks for another thread. Returns its identifier, or `-Errno` (AGAIN: there are as many as there
   * may be), as the proposal has it.
   * @see https://github.com/WebAssembly/wasi-threads
   */
  #spawn(arg: number): number {
    const { counts, limit } = this.#setup
    if (Atomics.add(counts, Count.RUNNING, 1) >= limit) {
      Atomics.sub(counts, Count.RUNNING, 1)
      return -Errno.AGAIN
    }
    const tid = 1 + ((Atomics.add(counts, Count.STARTED, 1) >>> 0) % identifiers)
    send({ kind: 'spawn', task: { tid, arg } })
    return tid
  }
}

/**
 * @param fixed in a deterministic run streams are always ready: what a run did must not depend on
 * when input came
 */
function streamOf(stream: Conveyed, index: number, fixed: boolean): number | Source | Sink {
  if (typeof stream === 'number') return stream
  if ('ignored' in stream) return index === 0 ? emptySource : discardSink
  if ('bytes' in stream) return sourceOf(stream.bytes)
  const piped: Source | Sink =
    'input' in stream
      ? pipedSource(stream.input, stream.isTTY, () => send({ kind: 'input' }))
      : pipedSink(stream.output, stream.isTTY, chunk =>
          send({ kind: 'output', stream: index, chunk }),
        )
  if (!fixed) return piped
  const { readiness: _, ...waiting } = piped
  return waiting
}
