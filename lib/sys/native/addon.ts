/** Finds the addon of this machine, and says what to do where none loads. */
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { coded } from '../../errors.js'
import { root } from '../root.js'

const { platform, arch } = process

/** The loaded addon and its file. */
export interface Loaded<Addon> {
  readonly addon: Addon
  readonly file: string
}

/**
 * Load the addon. No variable of the environment has a say in which: whoever sets one would choose
 * the code that guards the host.
 *
 * @param named the file, instead of looking for it
 * @throws Error with code ERR_WASI_ADDON_UNAVAILABLE that says what was tried; ERR_ACCESS_DENIED
 * where Node's permission model forbids it
 */
export function load<Addon>(named = ''): Loaded<Addon> {
  const load = createRequire(import.meta.filename)
  const attempts: { readonly file: string; readonly error: NodeJS.ErrnoException }[] = []
  for (const file of named === '' ? candidates() : [named]) {
    try {
      return { addon: load(file) as Addon, file }
    } catch (error) {
      attempts.push({ file, error: error as NodeJS.ErrnoException })
    }
  }
  throw unavailable(attempts)
}

/**
 * Best first. Who built one here wants that one; it is asked for by a look, since a `require` that
 * fails takes its time.
 */
function candidates(): readonly string[] {
  const built = join(import.meta.dirname, '../../../build/Release/wasi_common.node')
  const [shipped] = filesFor(`${platform}${onMusl() ? 'musl' : ''}-${arch}`)
  if (shipped === undefined) return [built]
  return isThere(built) ? [built, shipped] : [shipped, built]
}

/**
 * The addon of a platform, and the sandbox launcher beside it. Each path is a literal below the
 * folder of this file: tools that find the files of a program by reading its source, as
 * `@vercel/nft` does, know no others.
 */
function filesFor(target: string): readonly string[] {
  const folder = import.meta.dirname
  switch (target) {
    case 'darwin-arm64':
      return [join(folder, '../../../prebuilds/darwin-arm64/wasi_common.node')]
    case 'darwin-x64':
      return [join(folder, '../../../prebuilds/darwin-x64/wasi_common.node')]
    case 'linux-arm64':
      return [
        join(folder, '../../../prebuilds/linux-arm64/wasi_common.node'),
        join(folder, '../../../prebuilds/linux-arm64/wasi-common-sandbox'),
      ]
    case 'linux-x64':
      return [
        join(folder, '../../../prebuilds/linux-x64/wasi_common.node'),
        join(folder, '../../../prebuilds/linux-x64/wasi-common-sandbox'),
      ]
    case 'linuxmusl-arm64':
      return [
        join(folder, '../../../prebuilds/linuxmusl-arm64/wasi_common.node'),
        join(folder, '../../../prebuilds/linuxmusl-arm64/wasi-common-sandbox'),
      ]
    case 'linuxmusl-x64':
      return [
        join(folder, '../../../prebuilds/linuxmusl-x64/wasi_common.node'),
        join(folder, '../../../prebuilds/linuxmusl-x64/wasi-common-sandbox'),
      ]
    case 'win32-arm64':
      return [join(folder, '../../../prebuilds/win32-arm64/wasi_common.node')]
    case 'win32-x64':
      return [join(folder, '../../../prebuilds/win32-x64/wasi_common.node')]
    default:
      return []
  }
}

/** Counts a file that must not be looked at as there: loading it says more. */
function isThere(path: string): boolean {
  try {
    return existsSync(path)
  } catch {
    return true
  }
}

/**
 * Says if the C library of this process is musl. A build for the other one may even load, and fail
 * later, so it is known before. Where musl's loader is not installed nothing runs by it, which one
 * look shows, almost everywhere.
 */
function onMusl(): boolean {
  if (platform !== 'linux') return false
  try {
    const loader = `/lib/ld-musl-${{ x64: 'x86_64', arm64: 'aarch64' }[arch as string] ?? arch}.so.1`
    if (!existsSync(loader)) return false
    return readFileSync('/proc/self/maps').includes(realpathSync(loader))
  } catch {
    // There is no /proc, or the permission model forbids to look. The report has it too, but is
    // written in milliseconds.
    return isReportedMusl()
  }
}

interface Report {
  excludeNetwork: boolean
  getReport(): { readonly header: { readonly glibcVersionRuntime?: string } }
}
function isReportedMusl(): boolean {
  const report = process.report as unknown as Report
  const { excludeNetwork } = report
  // Else it names whoever is at the other end of each socket, and waits until that name is known.
  report.excludeNetwork = true
  try {
    return report.getReport().header.glibcVersionRuntime === undefined
  } finally {
    report.excludeNetwork = excludeNetwork
  }
}

const firstLine = (text: string): string => text.split('\n', 1)[0]

/** The error for a process that loads no addons: by its permission model, or by `--no-addons`. */
function forbidden(file: string, cause: Error): Error {
  const instead =
    "Or use backend: 'typescript' (for node:wasi: --import wasi-common/register/typescript), which needs no addon; " +
    'RATIONALE.md says what it cannot do.'
  if (process.permission !== undefined) {
    const message =
      'Access to this API has been restricted: wasi-common is an addon, which node --permission loads only with --allow-addons. '
    return coded(new Error(message + instead, { cause }), 'ERR_ACCESS_DENIED', {
      permission: 'Addon',
      resource: file,
    })
  }
  const message = `wasi-common cannot load its addon ${file}: this process was started with --no-addons. Start it without that flag. `
  return coded(new Error(message + instead, { cause }), 'ERR_WASI_ADDON_UNAVAILABLE')
}

function unavailable(
  attempts: readonly { readonly file: string; readonly error: NodeJS.ErrnoException }[],
): Error {
  const refused = attempts.find(({ error }) => error.code === 'ERR_DLOPEN_DISABLED')
  if (refused !== undefined) throw forbidden(refused.file, refused.error)
  const said = attempts
    .map(
      ({ file, error }) =>
        `  ${file}: ${isThere(file) ? firstLine(error.message) : 'is not there'}`,
    )
    .join('\n')
  const message =
    `wasi-common has no native addon that loads on ${platform}-${arch}. Looked for:\n${said}\n` +
    'To build it, add node-gyp and node-addon-api to your project, and run there, with python3, make and a C++ compiler:\n' +
    `  node "${join(root, 'scripts/build-native.js')}"\n` +
    "Or ask for backend: 'typescript', which needs no addon; RATIONALE.md says what it cannot do."
  return coded(new Error(message, { cause: attempts.at(-1)?.error }), 'ERR_WASI_ADDON_UNAVAILABLE')
}
