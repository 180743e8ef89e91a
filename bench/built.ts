/** The guests in C that the bench runs, built by the command. */
import { fileURLToPath } from 'node:url'
import { build } from '#guests/toolchain.js'
import { ask } from './ask.js'

/** The command, as it is shipped. */
export const main = fileURLToPath(import.meta.resolve('#bundle/cli.js'))
/** The path of a guest. */
export const guest = (name: string): string =>
  build(
    name,
    (args, flags) => {
      const { stdout } = ask([process.execPath, ...flags, main, 'run', ...args])
      return { status: 0, stderr: '', stdout }
    },
    { measured: true },
  )
