/** Finds the addon of this machine. */
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type Attempt, unavailable } from './unavailable.js'

const require = createRequire(import.meta.url)
const { platform, arch } = process

/** The loaded addon and its file. */
export interface Loaded<Addon> {
  readonly addon: Addon
  readonly file: string
}

/**
 * Loads the addon. Environment variables cannot select it: they would select the code that guards
 * the host.
 *
 * @param named the file, instead of a search for it
 * @throws Error with code ERR_WASI_ADDON_UNAVAILABLE that lists the files tried; ERR_ACCESS_DENIED
 * where Node's permission model forbids it
 */
export function load<Addon>(named = ''): Loaded<Addon> {
  const attempts: Attempt[] = []
  for (const file of named === '' ? candidates() : [named]) {
    try {
      return { addon: require(file) as Addon, file }
    } catch (error) {
      attempts.push({ file, error: error as NodeJS.ErrnoException, exists: isThere(file) })
    }
  }
  throw unavailable(attempts)
}

/**
 * Returns the candidates, best first. An addon built on this machine comes first. Its existence is
 * checked first, since a failing `require` is slow.
 */
function candidates(): readonly string[] {
  const built = join(import.meta.dirname, '../../../build/Release/wasi_common.node')
  const [shipped] = filesFor(`${platform}${onMusl() ? 'musl' : ''}-${arch}`)
  if (shipped === undefined) return [built]
  return isThere(built) ? [built, shipped] : [shipped, built]
}

/**
 * Returns the addon of a platform, and the sandbox launcher next to it. Each path is a literal
 * relative to this file's folder: tools that trace files in the source, such as `@vercel/nft`, find
 * only literals.
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

/** Counts a file whose check is denied as existing: the error of loading it is more precise. */
function isThere(path: string): boolean {
  try {
    return existsSync(path)
  } catch {
    return true
  }
}

/**
 * Returns true if the C library of this process is musl. A build for the other library may load and
 * fail later, so this is checked first. Without musl's loader no program uses it. One check for the
 * loader therefore suffices almost everywhere.
 */
function onMusl(): boolean {
  if (platform !== 'linux') return false
  try {
    const loader = `/lib/ld-musl-${{ x64: 'x86_64', arm64: 'aarch64' }[arch as string] ?? arch}.so.1`
    if (!existsSync(loader)) return false
    return readFileSync('/proc/self/maps').includes(realpathSync(loader))
  } catch {
    // There is no /proc, or the permission model denies reading it. The report has the same fact,
    // but takes milliseconds.
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
  // The report would otherwise resolve the peer name of each socket, and block meanwhile.
  report.excludeNetwork = true
  try {
    return report.getReport().header.glibcVersionRuntime === undefined
  } finally {
    report.excludeNetwork = excludeNetwork
  }
}
