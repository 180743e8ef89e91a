// Knows what is shipped for which platform, and how zig names it. A name is the folder that
// lib/sys/native/addon.ts looks into.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { root } from '../root.js'

/**
 * @typedef {'x86_64' | 'aarch64'} Machine
 * @typedef {object} Target
 * @property {'linux' | 'darwin' | 'win32'} platform
 * @property {'elf' | 'mach-o' | 'pe'} format
 * @property {Machine} machine
 * @property {'gnu' | 'musl'} [libc]
 * @property {string} triple
 * @property {string[]} flags
 * @property {string[]} [libraries] of Windows
 */

/** The flags for the code of every platform: as in native/addon.gypi. */
export const flags = [
  ...[
    '-std=c++17',
    '-O2',
    '-g0',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-fno-exceptions',
    '-fno-rtti',
    '-fvisibility=hidden',
  ],
  ...['-ffunction-sections', '-fdata-sections', '-Inative'],
]
export const defines = [
  'NAPI_VERSION=8',
  'NAPI_DISABLE_CPP_EXCEPTIONS',
  'NODE_ADDON_API_DISABLE_DEPRECATED',
  'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
  // Else Windows' headers would have the addon export all that it takes from node.
  'BUILDING_NODE_EXTENSION',
].map(define => `-D${define}`)

const require = createRequire(import.meta.url)
/** The headers of Node-API, as flags. */
export const headers = [
  join(root, 'node_modules/node-addon-api'),
  require('node-api-headers').include_dir,
].flatMap(path => ['-isystem', path])

/** The exports of the addon: the two functions that Node looks up. */
export const shown = ['napi_register_module_v1', 'node_api_module_get_api_version_v1']

/**
 * @param {Machine} machine
 * @param {'gnu' | 'musl'} libc
 * @param {string} version of the C library
 * @returns {Target}
 */
const linux = (machine, libc, version = '') => ({
  platform: 'linux',
  format: 'elf',
  machine,
  libc,
  triple: `${machine}-linux-${libc}${version}`,
  flags: ['-fPIC', '-Inative/posix'],
})
/** Node 22's own baseline. */
const glibc = '.2.28'
/** @type {(machine: Machine) => Target} */
const darwin = machine => ({
  platform: 'darwin',
  format: 'mach-o',
  machine,
  triple: `${machine}-macos.11.0`,
  flags: ['-fPIC', '-Inative/posix'],
})
/** @type {(machine: Machine) => Target} */
const windows = machine => ({
  platform: 'win32',
  format: 'pe',
  machine,
  triple: `${machine}-windows-gnu`,
  flags: ['-Inative/windows', '-D_WIN32_WINNT=0x0a00'],
  libraries: ['ntdll', 'ws2_32'],
})

/** @type {Readonly<Record<string, Target>>} */
export const targets = {
  'linux-x64': linux('x86_64', 'gnu', glibc),
  'linux-arm64': linux('aarch64', 'gnu', glibc),
  'linuxmusl-x64': linux('x86_64', 'musl'),
  'linuxmusl-arm64': linux('aarch64', 'musl'),
  'darwin-x64': darwin('x86_64'),
  'darwin-arm64': darwin('aarch64'),
  'win32-x64': windows('x86_64'),
  'win32-arm64': windows('aarch64'),
}
