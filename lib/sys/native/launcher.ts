/**
 * The sandbox launcher of native/os-sandbox/: its file and its arguments, which start a Node
 * process in the OS sandbox with limited access.
 */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { coded } from '../../errors.js'
import { root } from '../root.js'
import { type NodeProgram, ownNode } from './node.js'
import { addonFile } from './sys.js'

/** The program to start in the OS sandbox, and its access. */
export interface Plan {
  /** True to refuse a kernel that lacks a part of the OS sandbox. */
  readonly strict: boolean
  /**
   * The launcher's descriptors that become the program's standard streams. Default: those of the
   * same numbers.
   */
  readonly streams?: readonly [stdin: number, stdout: number, stderr: number]
  /** The folders whose contents the program may read and write, or only read. */
  readonly folders: readonly { readonly path: string; readonly readOnly: boolean }[]
  /** The last descriptor that the program inherits. */
  readonly channel: number
  /**
   * The descriptor on which the launcher reports the sandbox; its end of file terminates the
   * launcher. The program does not inherit it.
   */
  readonly control: number
  /** The arguments of Node: flags, a file of this package, its arguments. */
  readonly program: readonly string[]
  /** The Node that runs the program. Default: that of this process. */
  readonly node?: NodeProgram | undefined
}

const unavailable = (message: string): Error =>
  coded(new Error(message), 'ERR_WASI_OS_SANDBOX_UNAVAILABLE')

/** A process to start, and the files that its launcher opens, in order. */
export interface SandboxCommand {
  readonly file: string
  readonly args: string[]
  readonly env: Record<string, string>
  readonly opened: readonly string[]
}

/**
 * @throws Error with code ERR_WASI_OS_SANDBOX_UNAVAILABLE on a platform without an OS sandbox,
 * whatever the kernel
 */
export function checkHost(): void {
  if (process.platform !== 'linux')
    throw unavailable(
      `options.isolation 'process' needs Linux; there is no OS sandbox on ${process.platform}`,
    )
  const { bun, deno } = process.versions
  if (bun ?? deno)
    throw unavailable(
      "options.isolation 'process' needs Node.js; the OS sandbox supports no other runtime",
    )
}

/**
 * Plans the start of a process in the OS sandbox.
 * @throws Error with code ERR_WASI_OS_SANDBOX_UNAVAILABLE without a launcher, ERR_WASI_NO_NODE
 * where no Node is named and `process.execPath` is an application
 */
export function sandboxCommand({
  strict,
  streams = [0, 1, 2],
  folders,
  channel,
  control,
  program,
  node,
}: Plan): SandboxCommand {
  checkHost()
  const { path: runner, libraries: others = libraries(strict) } = node ?? ownNode()
  const addon = addonFile()
  const file = join(dirname(addon), 'wasi-common-sandbox')
  if (!existsSync(file))
    throw unavailable(
      `options.isolation 'process' needs ${file}, which was not found; in a checkout, run \`npm run build\``,
    )
  const own = ['dist', 'package.json'].map(name => join(root, name))
  const rules = [
    ...[runner, ...others].map(path => ['--run', path] as const),
    ...[...own, addon, '/etc/ld.so.cache', '/dev/null'].map(path => ['--read', path] as const),
    ...folders.map(({ path, readOnly }) => [readOnly ? '--read' : '--write', path] as const),
  ]
  const keep = Math.max(channel, control, ...streams)
  const taken = ['--stdin', '--stdout', '--stderr'].flatMap((word, i) =>
    streams[i] === i ? [] : [word, `${streams[i]}`],
  )
  const flags = [
    ...(strict ? ['--strict'] : []),
    '--parent',
    `${process.pid}`,
    '--keep',
    `${keep}`,
    '--tell',
    `${control}`,
  ]
  const terms = [...flags, ...taken]
  const opened = [...rules.map(([, path]) => path), runner]
  return {
    file,
    args: [...terms, ...rules.flat(), '--', runner, ...program],
    env: environment,
    opened,
  }
}

/**
 * Lines of /proc/thread-self/status with the user, capabilities and umask that a child process
 * inherits. See https://man7.org/linux/man-pages/man5/proc_pid_status.5.html.
 */
const inherited = /^(?:Umask|[UG]id|Groups|Cap\w+|NoNewPrivs|Seccomp):.*$/gm

/**
 * Returns the state of the host on which a started command depends. It consists of the identity of
 * the files at its paths, and of the attributes that a child inherits. A Landlock rule binds to a
 * file, not to its name. Undefined if the state cannot be read, as under Node's permission model.
 */
export function surroundings({ opened }: SandboxCommand): string | undefined {
  try {
    const status = readFileSync('/proc/thread-self/status', 'utf8').match(inherited)
    const files = opened.map(path => {
      const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
      return stat && `${stat.dev}:${stat.ino}`
    })
    return [...(status ?? []), ...files].join('\n')
  } catch {
    return undefined
  }
}

/** The part of the host's environment that Node may need to find its libraries. */
const { LD_LIBRARY_PATH } = process.env
/** OpenSSL fails to start if it cannot read its configuration file. */
export const environment: Record<string, string> = {
  ...(LD_LIBRARY_PATH !== undefined && { LD_LIBRARY_PATH }),
  OPENSSL_CONF: '/dev/null',
}

/**
 * Returns the libraries of the running Node, and their loader, since another Node needs them as
 * well. Node's permission model denies /proc/self/maps; Node's own report then lists them. Without
 * either, all system libraries would have to be readable and executable, which a strict sandbox
 * does not allow.
 */
function libraries(strict: boolean): readonly string[] {
  const found = mapped() ?? reported()
  if (found.length > 0)
    return [...new Set(found)].filter(
      path => path !== process.execPath && !/\.node$|\(deleted\)$/.test(path),
    )
  if (!strict) return ['/lib', '/lib64', '/usr/lib', '/usr/lib64']
  const message =
    "osSandbox: 'require' needs the names of Node's libraries, which neither /proc/self/maps nor process.report has here"
  throw unavailable(message)
}

function mapped(): string[] | undefined {
  try {
    return Array.from(
      readFileSync('/proc/self/maps', 'utf8').matchAll(/^\S+ ..x\S* .*?(\/.*)$/gm),
      ([, path]) => path,
    )
  } catch {
    return undefined
  }
}

const reported = (): string[] =>
  (process.report.getReport() as { sharedObjects?: string[] }).sharedObjects?.filter(path =>
    path.startsWith('/'),
  ) ?? []
