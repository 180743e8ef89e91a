// Knows what a binary must be before it is shipped: for its machine, showing what Node asks for
// alone, taking from the system no more than there is.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename } from 'node:path'
import { signature } from './signature.js'
import { shown } from './targets.js'
import { llvm } from './tools.js'
import { layout } from './windows.js'

const { symbols } = createRequire(import.meta.url)('node-api-headers')
/** The functions of every Node that is promised. */
const nodeApi = new Set(
  ['js_native_api_symbols', 'node_api_symbols'].flatMap(half => symbols.v8[half]),
)

/**
 * @param {string} text
 * @param {RegExp} pattern with one group
 */
const all = (text, pattern) => Array.from(text.matchAll(pattern), ([, match = '']) => match)
/** @param {string[]} versions */
const newest = versions =>
  versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1)

/**
 * The machines as LLVM's tools name them in ELF and Mach-O.
 * @type {Readonly<Record<string, import('./targets.js').Machine>>}
 */
const machines = {
  'Advanced Micro Devices X86-64': 'x86_64',
  AArch64: 'aarch64',
  X86_64: 'x86_64',
  ARM64: 'aarch64',
}

/**
 * @typedef {object} Found
 * @property {string | undefined} machine
 * @property {string[]} exports
 * @property {string[]} taken the functions of Node
 * @property {string[]} libraries
 * @property {string[]} versions
 * @property {string[]} faults
 * @property {boolean} bound whether its symbols are looked up when it is loaded
 * @property {string | undefined} kind
 */
/**
 * Describes a file in one form for all formats.
 * @type {Record<import('./targets.js').Target['format'], (file: string) => Promise<Found>>}
 */
const readers = {
  async elf(file) {
    const text = await llvm('llvm-readelf', ['-W', '-h', '-l', '-d', '-V', '--dyn-syms', file])
    const symbol = /^ *\d+: \w+ +\w+ \w+ +(GLOBAL|WEAK|UNIQUE) +\w+ +(\w+) ([^@\s]+)/gm
    const names = Array.from(text.matchAll(symbol), ([, , section, name = '']) => ({
      section,
      name,
    }))
    return {
      machine: machines[/Machine: +(.*)/.exec(text)?.[1] ?? ''],
      exports: names.filter(({ section }) => section !== 'UND').map(({ name }) => name),
      taken: names
        .filter(({ section, name }) => section === 'UND' && /^(napi|node_api)_/.test(name))
        .map(({ name }) => name),
      libraries: all(text, /\(NEEDED\) +Shared library: \[(.*)\]/g),
      versions: [...new Set(all(text, /Name: ([A-Z]+[\w.]*_[\w.]+)/g))],
      faults: [
        ...(/TEXTREL/.test(text) ? ['its code is changed when it is loaded (TEXTREL)'] : []),
        ...(/GNU_STACK +(\S+ +){5}RWE/.test(text) ? ['its stack can be executed'] : []),
        // There is nothing of a thread's own in the sources: it would be an errno that is not
        // libc's.
        ...(/^ +TLS /m.test(text) ? ['it keeps something for each thread (TLS)'] : []),
        ...(/GNU_RELRO/.test(text) ? [] : ['its tables stay writable (no RELRO)']),
      ],
      bound: /BIND_NOW|FLAGS_1.*NOW/.test(text),
      kind: /Type: +(\w+)/.exec(text)?.[1],
    }
  },

  async 'mach-o'(file) {
    const text = await llvm('llvm-objdump', ['--macho', '--private-headers', file])
    const names = (
      await llvm('llvm-nm', ['--format=just-symbols', '--extern-only', '--undefined-only', file])
    )
      .trim()
      .split('\n')
    const least = /cmd LC_BUILD_VERSION.*?platform (\S+).*?minos (\S+)/s.exec(text) ?? []
    return {
      machine: machines[/MH_MAGIC_64 +(\w+)/.exec(text)?.[1] ?? ''],
      exports: (
        await llvm('llvm-nm', ['--format=just-symbols', '--extern-only', '--defined-only', file])
      )
        .trim()
        .split('\n')
        .map(name => name.slice(1)),
      taken: names.filter(name => /^_(napi|node_api)_/.test(name)).map(name => name.slice(1)),
      libraries: all(text, /cmd LC_LOAD_DYLIB.*?name (\S+)/gs),
      versions: [`${least[1]} ${least[2]}`],
      faults: signature(readFileSync(file)),
      bound: true,
      kind: /\bBUNDLE\b/.test(text) ? 'BUNDLE' : 'other',
    }
  },

  async pe(file) {
    const bytes = readFileSync(file)
    const { machine, header } = layout(bytes)
    const text = await llvm('llvm-readobj', [
      '--file-headers',
      '--coff-imports',
      '--coff-exports',
      file,
    ])
    const hardened = [
      'DYNAMIC_BASE',
      'NX_COMPAT',
      ...(machine === 'x86_64' ? ['HIGH_ENTROPY_VA'] : []),
    ]
    return {
      machine,
      exports: all(text, /Export \{[^}]*?Name: (\S+)/g),
      // They are asked for by name when it is loaded.
      taken: [...new Set(all(bytes.toString('latin1'), /\0((?:napi|node_api)_\w+)(?=\0)/g))].filter(
        name => !shown.includes(name),
      ),
      libraries: all(text, /Import \{\s*Name: (\S+)/g),
      versions: [],
      faults: [
        ...hardened
          .filter(flag => !text.includes(`IMAGE_DLL_CHARACTERISTICS_${flag}`))
          .map(flag => `${flag} is not set`),
        ...(bytes.readUInt32LE(header + 8) === 0 ? [] : ['it tells when it was linked']),
      ],
      bound: true,
      kind: /IMAGE_FILE_DLL/.test(text) ? 'DLL' : 'other',
    }
  },
}

/**
 * The libraries that a platform has, so that none need be shipped.
 * @type {Readonly<Record<string, RegExp>>}
 */
const own = {
  gnu: /^(lib(c|pthread|dl|m)\.so\.\d|ld-linux-[\w-]+\.so\.\d)$/,
  musl: /^libc\.so$/,
  darwin: /^\/usr\/lib\/lib(System\.B|c\+\+\.1)\.dylib$/,
  win32: /^(kernel32|ntdll|ws2_32|advapi32|bcrypt|api-ms-win-crt-[\w-]+|ucrtbase|msvcrt)\.dll$/i,
}
const kinds = { elf: 'DYN', 'mach-o': 'BUNDLE', pe: 'DLL' }

/**
 * Returns the faults of a file that `build` made, and a line that describes it.
 * @param {import('./targets.js').Target} target
 * @param {string} file
 */
export async function inspect(target, file) {
  const { libc, platform, format, machine } = target
  const found = await readers[format](file)
  const launcher = basename(file) === 'wasi-common-sandbox'
  const wanted = launcher ? [] : shown
  const late = found.versions.filter(
    version => !(libc === 'gnu' ? isOldGlibc(version) : version === 'macos 11.0'),
  )
  const faults = [
    ...found.faults,
    ...(found.machine === machine ? [] : [`it is for ${found.machine}`]),
    ...(found.kind === kinds[format] ? [] : [`it is a ${found.kind}`]),
    ...(found.bound ? [] : ['its symbols are looked up late (no BIND_NOW)']),
    ...found.exports.filter(name => !wanted.includes(name)).map(name => `it shows ${name}`),
    ...wanted.filter(name => !found.exports.includes(name)).map(name => `it does not show ${name}`),
    ...found.taken.filter(name => !nodeApi.has(name)).map(name => `not every Node has ${name}`),
    ...(launcher || found.taken.length > 20 ? [] : ['what it takes of Node cannot be read']),
    ...found.libraries
      .filter(name => !own[libc ?? platform]?.test(name))
      .map(name => `it wants ${name}`),
    ...late.map(version => `it wants ${version}`),
  ]
  const needs =
    [newest(found.versions), ...found.libraries.map(path => basename(path))]
      .filter(Boolean)
      .join(', ') || 'needs no library'
  return {
    faults,
    line: launcher ? needs : `${needs}; ${found.taken.length} functions of Node-API`,
  }
}

/**
 * Checks the version that docs/platforms.md promises: less than the headers have, which are of Node's own baseline.
 * @param {string} version
 */
function isOldGlibc(version) {
  const [, major, minor] = /^GLIBC_(\d+)\.(\d+)/.exec(version) ?? []
  return Number(major) === 2 && Number(minor) <= 17
}
