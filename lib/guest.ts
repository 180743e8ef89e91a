/** One guest's side of the host: settings in, wasm imports out. The lower door, for embedders without a WebAssembly.Instance. */
import { type CallName, namespace, type Row, table } from './abi/table.js'
import { namespace0, table0 } from './abi/table0.js'
import type { Context } from './context.js'
import { coded, Exit } from './errors.js'
import { hostDescriptor } from './fds/host.js'
import { ReadOnly } from './fds/readonly.js'
import { STREAM } from './fds/rights.js'
import { FdTable } from './fds/table.js'
import { gate, type Import } from './gate.js'
import { hostcalls, hostcalls0 } from './hostcalls/index.js'
import { checkMemory, GuestMemory, type MemoryLike } from './memory.js'
import { type GuestOptions, optionNames, type Settings, settingsOf } from './options.js'
import { systemRandom } from './random.js'
import { reporter } from './report.js'
import { openSys } from './sys/choose.js'
import type { Handle } from './sys/sys.js'
import { traced } from './trace.js'
import { checkKeys } from './validate.js'

/** How many descriptors a guest may have open at once. */
const maxDescriptors = 1024

export interface Guest {
  /** The module under which the guest asks for {@link imports}. */
  readonly namespace: string
  /** A function for each hostcall: takes what wasm passes (i64 as BigInt), answers with an errno. */
  readonly imports: Record<string, Import>
  /**
   * Say where the guest's memory is: a WebAssembly.Memory, or `{ buffer }`, which is read again when it was detached. Where
   * another buffer took its place without that, bind it anew. TypeError for anything else.
   */
  bind(memory: MemoryLike): void
  /** Run code of the guest. Its exit code: that of proc_exit, or 0. What else it throws goes through. */
  run(code: () => unknown): number
  /** Close all that the guest has open: hostcalls on it answer BADF from now on. It happens by itself some time after the guest was collected. */
  close(): void
}

/**
 * Make a guest of the host.
 * @throws TypeError, RangeError for wrong options; Error with code `UVWASI_E...` for a directory or stdio that cannot be
 * opened; Error with code `ERR_WASI_ADDON_UNAVAILABLE` where there is no addon.
 */
export function createGuest(options: GuestOptions): Guest {
  checkKeys('options', optionNames, options)
  return guestOf(settingsOf(options))
}

export function guestOf(settings: Settings): Guest {
  const sys = openSys(settings.backend)
  const context: Context = {
    sys,
    memory: new GuestMemory(sys),
    fds: new FdTable(maxDescriptors),
    args: settings.args,
    env: settings.env,
    random: systemRandom,
  }
  try {
    openAll(context, settings)
  } catch (error) {
    sys.dispose()
    throw error
  }
  return {
    namespace: settings.version === 'unstable' ? namespace0 : namespace,
    imports: importsOf(context, settings),
    bind(memory) {
      checkMemory(memory)
      context.memory.bind(memory)
    },
    run(code) {
      try {
        code()
        return 0
      } catch (thrown) {
        if (thrown instanceof Exit) return thrown.code
        throw thrown
      }
    },
    close: () => sys.dispose(),
  }
}

const encoder = new TextEncoder()

/** The guest's first descriptors: standard streams, then the directories in their order. */
function openAll({ sys, fds }: Context, { stdio, preopens }: Settings): void {
  stdio.forEach((fd, i) => {
    const handle = opening(`${['stdin', 'stdout', 'stderr'][i]}, descriptor ${fd}`, () => sys.adopt(fd))
    fds.insert(hostDescriptor(sys, handle, STREAM, STREAM))
  })
  for (const { name, path, readOnly } of preopens) {
    const handle = opening(`preopen "${name}" at "${path}"`, () => sys.preopen(path))
    const directory = hostDescriptor(sys, handle)
    directory.preopen = encoder.encode(name)
    fds.insert(readOnly ? new ReadOnly(directory) : directory)
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

function importsOf(context: Context, { version, trace, onUnexpected }: Settings): Record<string, Import> {
  const rows: Readonly<Partial<Record<CallName, Row>>> = version === 'unstable' ? table0 : table
  const calls = version === 'unstable' ? hostcalls0 : hostcalls
  const report = reporter(onUnexpected)
  const imports: Record<string, Import> = {}
  for (const [name, row] of Object.entries(rows) as [CallName, Row][]) {
    const call = gate(context, name, row, calls[name], report)
    imports[name] = trace === undefined ? call : traced(name, row, call, context.memory, trace)
  }
  return imports
}
