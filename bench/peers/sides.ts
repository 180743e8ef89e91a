/** The hosts beside which wasi-common is compared, and the command of each for a guest. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { ask, program } from '../ask.js'
import { main } from '../built.js'
import type { Command } from '../programs.js'

/** In the order in which they take turns. C is the same source, built natively. */
export const peerSides = [
  'C',
  'node:wasi',
  'class WASI',
  'the command',
  'wasmtime',
  'wazero',
] as const
export type PeerSide = (typeof peerSides)[number]
/** Programs that the project does not install. */
export const peerNames = ['wasmtime', 'wazero'] as const
export type PeerName = (typeof peerNames)[number]

/** The words that print the version, and the way to install it. */
const known: Readonly<Record<PeerName, { version: readonly string[]; install: string }>> = {
  wasmtime: { version: ['--version'], install: 'cargo install wasmtime-cli' },
  wazero: {
    version: ['version'],
    install: 'go install github.com/tetratelabs/wazero/cmd/wazero@latest',
  },
}

/** The peers that were found: their files and versions. */
export type Peers = Partial<Record<PeerName, { readonly file: string; readonly version: string }>>

/** Returns the file of a program in the folders of `path`; undefined if none has it. */
export function onPath(name: string, path = process.env.PATH ?? ''): string | undefined {
  const files = path
    .split(delimiter)
    .filter(Boolean)
    .map(folder => join(folder, process.platform === 'win32' ? `${name}.exe` : name))
  return files.find(file => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Finds the peers on PATH. @param missing receives a message for each that is not there */
export function findPeers(missing: (message: string) => void, path?: string): Peers {
  const found: Peers = {}
  for (const name of peerNames) {
    const { version, install } = known[name]
    const file = onPath(name, path)
    if (file === undefined)
      missing(`${name} is not on PATH, so its column is empty: \`${install}\` installs it`)
    else {
      const [number = 'unknown'] = /\d+\.\d+\.\d+\S*/.exec(ask([file, ...version]).stdout) ?? []
      found[name] = { file, version: number }
    }
  }
  return found
}

/** A guest in C or of others; `native` is the command of its twin, if it has one. */
export interface Guest extends Command {
  readonly native?: readonly string[] | undefined
}

/** The variables of a side's process: the folder in which it keeps compiled code. */
export const variables = (side: PeerSide, cache: string): Record<string, string> =>
  side === 'wasmtime' ? { XDG_CACHE_HOME: cache } : {}

/** Returns the command of a side for a guest; undefined for a side without. */
export function commandOf(
  side: PeerSide,
  peers: Peers,
  cache: string,
  { native, ...guest }: Guest,
): readonly string[] | undefined {
  const { module, args, preopens } = guest
  const given = Object.entries(preopens)
  const dirs = given.flatMap(([name, folder]) => ['--dir', `${folder}::${name}`])
  switch (side) {
    case 'C':
      return native
    case 'node:wasi':
      return program('program', [side, JSON.stringify(guest)])
    case 'class WASI':
      return program('program', ['native', JSON.stringify(guest)])
    case 'the command':
      return [process.execPath, main, 'run', ...dirs, module, ...args.slice(1)]
    // It keeps compiled code by default.
    case 'wasmtime':
      return peers.wasmtime && [peers.wasmtime.file, 'run', ...dirs, module, ...args.slice(1)]
    case 'wazero': {
      const mounts = given.map(([name, folder]) => `-mount=${folder}:${name}`)
      const flags = [`-cachedir=${cache}`, ...mounts]
      return peers.wazero && [peers.wazero.file, 'run', ...flags, module, ...args.slice(1)]
    }
  }
}
