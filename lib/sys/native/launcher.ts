/**
 * The launcher that native/os-sandbox/ builds: where it is, and what it is told, so that a process
 * of Node starts in the OS sandbox and sees no more.
 */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { coded } from '../../errors.js'
import { root } from '../root.js'
import { type NodeProgram, ownNode } from './node.js'
import { addonFile } from './sys.js'

/** The program to start in the OS sandbox, and its access. */
export interface Plan {
  /** Refuse where this kernel lacks a part of the OS sandbox. */
  readonly strict: boolean
  /**
   * The descriptors of the launcher that become its standard streams. Default: those of the same
   * numbers.
   */
  readonly streams?: readonly [stdin: number, stdout: number, stderr: number]
  /** It may read and write what lies in these folders, or only read it. */
  readonly folders: readonly { readonly path: string; readonly readOnly: boolean }[]
  /** The last descriptor that it inherits. */
  readonly channel: number
  /**
   * The descriptor on which the launcher reports the sandbox, and by whose end it ends; the program
   * does not get it.
   */
  readonly control: number
  /** The arguments of Node: flags, a file of this package, its arguments. */
  readonly program: readonly string[]
  /** The Node that runs it. Default: that of this process. */
  readonly node?: NodeProgram | undefined
}

const unavailable = (message: string): Error =>
  coded(new Error(message), 'ERR_WASI_OS_SANDBOX_UNAVAILABLE')

/** A process to start, and the files that its launcher opens, in its order. */
export interface SandboxCommand {
  readonly file: string
  readonly args: string[]
  readonly env: Record<string, string>
  readonly opened: readonly string[]
}

/** @throws Error with code ERR_WASI_OS_SANDBOX_UNAVAILABLE where there is no OS sandbox, whatever the kernel */
export function checkHost(): void {
  if (process.platform !== 'linux')
    throw unavailable(
      `isolation: 'process' is for Linux; on ${process.platform} there is no OS sandbox`,
    )
  const { bun, deno } = process.versions
  if (bun ?? deno)
    throw unavailable(
      "isolation: 'process' is for Node: what other runtimes need in the OS sandbox is not known",
    )
}

/**
 * Plans the start of a process in the OS sandbox.
 * @throws Error with code ERR_WASI_OS_SANDBOX_UNAVAILABLE where there is no launcher, ERR_WASI_NO_NODE where no
 * Node is named and `process.execPath` is an application
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
      `isolation: 'process' wants ${file}, which is not there; in a checkout, \`npm run build\` builds it`,
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

/** Lines of proc_pid_status(5) about what a child inherits: its user, its rights and its umask. */
const inherited = /^(?:Umask|[UG]id|Groups|Cap\w+|NoNewPrivs|Seccomp):.*$/gm

/**
 * The state of the host on which a command depends when it is started: the files that its paths
 * lead to, since a rule of Landlock is about the file and not about its name, and what a child
 * inherits. Undefined where that cannot be known, as under Node's permission model.
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
/** OpenSSL would not start if it may not read what it is configured by. */
export const environment: Record<string, string> = {
  ...(LD_LIBRARY_PATH !== undefined && { LD_LIBRARY_PATH }),
  OPENSSL_CONF: '/dev/null',
}

/**
 * The libraries of the running Node, and the loader that loads them, since another Node needs them
 * as well. Node's permission model denies /proc/self/maps, and Node's own report then names them.
 * Where neither does, all system libraries would be readable and executable in their place, which
 * is no strict sandbox.
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
