/** The host by way of the addon, native/addon.cc: each call writes its arguments into a register file that both sides know. */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { getSystemErrorMap } from 'node:util'
import { coded } from '../errors.js'
import { type Answer, Block, type Handle, type Sys, UNEXPECTED } from './sys.js'

/** The calls that take their arguments from the registers, and leave their answer in the first. */
type Hot = Exclude<keyof Sys, 'name' | 'block' | 'bind' | 'failure' | 'dispose' | 'preopen' | 'adopt'>

interface Addon extends Readonly<Record<Hot, () => void>> {
  /** The index of a host, which the answer replaces; then the arguments. */
  readonly registers: Float64Array
  create(block: ArrayBuffer, walkOnly: boolean): number
  dispose(host: number): void
  bind(host: number, memory: Uint8Array): void
  failure(host: number): [syscall: string, error: number, path: string | undefined]
  preopen(host: number, path: string): Answer
  adopt(host: number, fd: number): Answer
  resolver(host: number): 'openat2' | 'walk'
}

/** How the backend is to be had, for tests. Embedders have no say in it: every one of these is the same sandbox. */
export interface NativeOptions {
  /** The addon's file, instead of looking for it. */
  addon?: string
  /** `walk`: never leave the resolution of paths to the kernel. */
  resolution?: 'auto' | 'walk'
}
export interface Native extends Sys {
  readonly name: 'native'
  /** Who resolves paths: the kernel by openat2, or our own walk. Known as soon as a directory is open. */
  readonly resolver: 'openat2' | 'walk'
}

const { platform, arch } = process
/** Where the addon may be, best first. A build for the wrong C library of Linux does not load, so both may be tried. */
const candidates = [
  `prebuilds/${platform}-${arch}/wasi_common.node`,
  ...(platform === 'linux' ? [`prebuilds/${platform}-${arch}-musl/wasi_common.node`] : []),
  'build/Release/wasi_common.node',
].map(path => fileURLToPath(new URL(`../../${path}`, import.meta.url)))

function load(paths: readonly string[]): Addon {
  const require = createRequire(import.meta.url)
  const attempts: Error[] = []
  for (const path of paths) {
    try {
      return require(path) as Addon
    } catch (error) {
      attempts.push(error as Error)
    }
  }
  const said = attempts.map(({ message }, index) => `  ${paths[index]}: ${message.split('\n', 1)[0]}`).join('\n')
  const message =
    `wasi-common has no native addon that loads on ${platform}-${arch}. Looked for:\n${said}\n` +
    'In a checkout, `npm run build` builds it; under --permission, node also wants --allow-addons. ' +
    "Or ask for backend: 'typescript', which needs no addon; RATIONALE.md says what it cannot do."
  throw coded(new Error(message, { cause: attempts.at(-1) }), 'ERR_WASI_ADDON_UNAVAILABLE')
}

/** An error as node:fs would make it. */
function systemError([syscall, number, path]: ReturnType<Addon['failure']>): Error {
  const [code, text] = getSystemErrorMap().get(-number) ?? [`errno ${number}`, 'unknown error']
  const about = path === undefined ? '' : ` '${path}'`
  return coded(new Error(`${code}: ${text}, ${syscall}${about}`), code, { errno: -number, syscall, ...(path !== undefined && { path }) })
}

/** The class over a loaded addon. Its functions and registers are constants to the methods, which V8 then inlines. */
function over(addon: Addon): new (resolution: 'auto' | 'walk') => Native {
  const r = addon.registers
  /** No host has this index, so that calls after dispose() are refused, whoever has the old one now. */
  const none = -1
  /** Hosts whose NativeSys nobody has any more. */
  const forgotten = new FinalizationRegistry<number>(host => addon.dispose(host))

  return class NativeSys implements Native {
    readonly name = 'native'
    readonly block = new Block()
    #host: number

    constructor(resolution: 'auto' | 'walk') {
      this.#host = addon.create(this.block.buffer, resolution === 'walk')
      forgotten.register(this, this.#host, this)
    }
    get resolver() {
      return addon.resolver(this.#host)
    }
    bind(memory: Uint8Array): void {
      addon.bind(this.#host, memory)
    }
    failure(): Error {
      return systemError(addon.failure(this.#host))
    }
    dispose(): void {
      if (this.#host === none) return
      forgotten.unregister(this)
      addon.dispose(this.#host)
      this.#host = none
    }
    preopen(path: string): Handle {
      return this.#opened(addon.preopen(this.#host, path))
    }
    adopt(fd: number): Handle {
      return this.#opened(addon.adopt(this.#host, fd))
    }
    #opened(answer: Answer): Handle {
      if (answer === UNEXPECTED) throw this.failure()
      return answer
    }
    close(file: Handle): Answer {
      r[0] = this.#host
      r[1] = file
      addon.close()
      return r[0]
    }
    readv(file: Handle, spans: number): Answer {
      r[0] = this.#host
      r[1] = file
      r[2] = spans
      addon.readv()
      return r[0]
    }
    preadv(file: Handle, spans: number, offset: number): Answer {
      r[0] = this.#host
      r[1] = file
      r[2] = spans
      r[3] = offset
      addon.preadv()
      return r[0]
    }
    writev(file: Handle, spans: number): Answer {
      r[0] = this.#host
      r[1] = file
      r[2] = spans
      addon.writev()
      return r[0]
    }
    pwritev(file: Handle, spans: number, offset: number): Answer {
      r[0] = this.#host
      r[1] = file
      r[2] = spans
      r[3] = offset
      addon.pwritev()
      return r[0]
    }
    seek(file: Handle, offset: number, whence: number): Answer {
      r[0] = this.#host
      r[1] = file
      r[2] = offset
      r[3] = whence
      addon.seek()
      return r[0]
    }
    filestat(file: Handle): Answer {
      r[0] = this.#host
      r[1] = file
      addon.filestat()
      return r[0]
    }
    setSize(file: Handle, size: number): Answer {
      r[0] = this.#host
      r[1] = file
      r[2] = size
      addon.setSize()
      return r[0]
    }
    setTimes(file: Handle, fstflags: number): Answer {
      r[0] = this.#host
      r[1] = file
      r[2] = fstflags
      addon.setTimes()
      return r[0]
    }
    allocate(file: Handle, offset: number, length: number): Answer {
      r[0] = this.#host
      r[1] = file
      r[2] = offset
      r[3] = length
      addon.allocate()
      return r[0]
    }
    advise(file: Handle, offset: number, length: number, advice: number): Answer {
      r[0] = this.#host
      r[1] = file
      r[2] = offset
      r[3] = length
      r[4] = advice
      addon.advise()
      return r[0]
    }
    sync(file: Handle): Answer {
      r[0] = this.#host
      r[1] = file
      addon.sync()
      return r[0]
    }
    datasync(file: Handle): Answer {
      r[0] = this.#host
      r[1] = file
      addon.datasync()
      return r[0]
    }
    setFlags(file: Handle, fdflags: number): Answer {
      r[0] = this.#host
      r[1] = file
      r[2] = fdflags
      addon.setFlags()
      return r[0]
    }
    readdir(dir: Handle, cookie: bigint, at: number, length: number): Answer {
      this.block.cookie[0] = cookie
      r[0] = this.#host
      r[1] = dir
      r[2] = at
      r[3] = length
      addon.readdir()
      return r[0]
    }
    open(dir: Handle, at: number, length: number, follow: number, oflags: number, fdflags: number, access: number): Answer {
      r[0] = this.#host
      r[1] = dir
      r[2] = at
      r[3] = length
      r[4] = follow
      r[5] = oflags
      r[6] = fdflags
      r[7] = access
      addon.open()
      return r[0]
    }
    filestatAt(dir: Handle, at: number, length: number, follow: number): Answer {
      r[0] = this.#host
      r[1] = dir
      r[2] = at
      r[3] = length
      r[4] = follow
      addon.filestatAt()
      return r[0]
    }
    setTimesAt(dir: Handle, at: number, length: number, follow: number, fstflags: number): Answer {
      r[0] = this.#host
      r[1] = dir
      r[2] = at
      r[3] = length
      r[4] = follow
      r[5] = fstflags
      addon.setTimesAt()
      return r[0]
    }
    mkdir(dir: Handle, at: number, length: number): Answer {
      r[0] = this.#host
      r[1] = dir
      r[2] = at
      r[3] = length
      addon.mkdir()
      return r[0]
    }
    rmdir(dir: Handle, at: number, length: number): Answer {
      r[0] = this.#host
      r[1] = dir
      r[2] = at
      r[3] = length
      addon.rmdir()
      return r[0]
    }
    unlink(dir: Handle, at: number, length: number): Answer {
      r[0] = this.#host
      r[1] = dir
      r[2] = at
      r[3] = length
      addon.unlink()
      return r[0]
    }
    readlink(dir: Handle, at: number, length: number, into: number, room: number): Answer {
      r[0] = this.#host
      r[1] = dir
      r[2] = at
      r[3] = length
      r[4] = into
      r[5] = room
      addon.readlink()
      return r[0]
    }
    symlink(target: number, targetLength: number, dir: Handle, at: number, length: number): Answer {
      r[0] = this.#host
      r[1] = target
      r[2] = targetLength
      r[3] = dir
      r[4] = at
      r[5] = length
      addon.symlink()
      return r[0]
    }
    link(dir: Handle, at: number, length: number, follow: number, dir2: Handle, at2: number, length2: number): Answer {
      r[0] = this.#host
      r[1] = dir
      r[2] = at
      r[3] = length
      r[4] = follow
      r[5] = dir2
      r[6] = at2
      r[7] = length2
      addon.link()
      return r[0]
    }
    rename(dir: Handle, at: number, length: number, dir2: Handle, at2: number, length2: number): Answer {
      r[0] = this.#host
      r[1] = dir
      r[2] = at
      r[3] = length
      r[4] = dir2
      r[5] = at2
      r[6] = length2
      addon.rename()
      return r[0]
    }
    accept(socket: Handle, fdflags: number): Answer {
      r[0] = this.#host
      r[1] = socket
      r[2] = fdflags
      addon.accept()
      return r[0]
    }
    recv(socket: Handle, spans: number, riflags: number): Answer {
      r[0] = this.#host
      r[1] = socket
      r[2] = spans
      r[3] = riflags
      addon.recv()
      return r[0]
    }
    send(socket: Handle, spans: number, siflags: number): Answer {
      r[0] = this.#host
      r[1] = socket
      r[2] = spans
      r[3] = siflags
      addon.send()
      return r[0]
    }
    shutdown(socket: Handle, sdflags: number): Answer {
      r[0] = this.#host
      r[1] = socket
      r[2] = sdflags
      addon.shutdown()
      return r[0]
    }
    poll(count: number, timeout: number): Answer {
      r[0] = this.#host
      r[1] = count
      r[2] = timeout
      addon.poll()
      return r[0]
    }
    now(clock: number): Answer {
      r[0] = this.#host
      r[1] = clock
      addon.now()
      return r[0]
    }
    resolution(clock: number): Answer {
      r[0] = this.#host
      r[1] = clock
      addon.resolution()
      return r[0]
    }
  }
}

const classes = new Map<string, ReturnType<typeof over>>()

/** A backend by the addon, or an error with code ERR_WASI_ADDON_UNAVAILABLE that says where it was looked for. */
export function openNative({ addon = '', resolution = 'auto' }: NativeOptions = {}): Native {
  const NativeSys = classes.get(addon) ?? over(load(addon === '' ? candidates : [addon]))
  classes.set(addon, NativeSys)
  return new NativeSys(resolution)
}
