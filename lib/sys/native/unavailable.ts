/** Words the error for an addon that does not load, and says what to do. */
import { join } from 'node:path'
import { coded } from '../../errors.js'
import { root } from '../root.js'

const { platform, arch } = process

/** A file that did not load. */
export interface Attempt {
  readonly file: string
  readonly error: NodeJS.ErrnoException
  /** True if the file exists. */
  readonly exists: boolean
}

const firstLine = (text: string): string => text.split('\n', 1)[0]

/**
 * Returns the error for a process that loads no addons: because of its permission model, or of
 * `--no-addons`.
 */
function forbidden(file: string, cause: Error): Error {
  const instead =
    "Or use backend: 'typescript' (for node:wasi: --import wasi-common/register/typescript), which needs no addon; " +
    'RATIONALE.md lists its limits.'
  if (process.permission !== undefined) {
    const message =
      'Access to this API has been restricted: wasi-common is a native addon, which node --permission loads only with --allow-addons. '
    return coded(new Error(message + instead, { cause }), 'ERR_ACCESS_DENIED', {
      permission: 'Addon',
      resource: file,
    })
  }
  const message = `wasi-common cannot load its addon ${file}: this process was started with --no-addons. Start it without that flag. `
  return coded(new Error(message + instead, { cause }), 'ERR_WASI_ADDON_UNAVAILABLE')
}

/** Returns the error for a machine on which none of these loads, or throws that of a process. */
export function unavailable(attempts: readonly Attempt[]): Error {
  const refused = attempts.find(({ error }) => error.code === 'ERR_DLOPEN_DISABLED')
  if (refused !== undefined) throw forbidden(refused.file, refused.error)
  const said = attempts
    .map(
      ({ file, error, exists }) => `  ${file}: ${exists ? firstLine(error.message) : 'not found'}`,
    )
    .join('\n')
  const message =
    `wasi-common: no native addon loads on ${platform}-${arch}. Tried:\n${said}\n` +
    'To build it, add node-gyp and node-addon-api to your project, and run there, with python3, make and a C++ compiler:\n' +
    `  node "${join(root, 'scripts/build-native.js')}"\n` +
    "Or use backend: 'typescript', which needs no addon; RATIONALE.md lists its limits."
  return coded(new Error(message, { cause: attempts.at(-1)?.error }), 'ERR_WASI_ADDON_UNAVAILABLE')
}
