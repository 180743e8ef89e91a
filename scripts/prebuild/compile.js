// Compiles the files of one platform by zig: nothing of it depends on the machine, the time, or
// where the package lies.
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, join } from 'node:path'
import { root } from '../root.js'
import { inTurns } from '../shared/run.js'
import { launcherSourcesOf, sourcesOf } from '../sources.js'
import { defines, flags, headers, shown } from './targets.js'
import { llvm, zig, zigFolder, zigPackage } from './tools.js'
import { imports, stamp } from './windows.js'

/** @typedef {{ cwd: string, cache: string | undefined }} Where zig runs, and its cache */

/**
 * Objects of sources, which are named as they lie in the package, so that no object knows where
 * that was.
 * @param {string[]} sources
 * @param {string} into a folder
 * @param {string} triple
 * @param {string[]} more flags
 * @param {Where} where
 */
function compile(sources, into, triple, more, where) {
  mkdirSync(into, { recursive: true })
  return inTurns(
    availableParallelism(),
    sources.map(source => async () => {
      const object = join(into, `${source.replace(/^native\//, '').replaceAll(/[/\\]/g, '-')}.o`)
      await zig(
        [
          source.endsWith('.c') ? 'cc' : 'c++',
          '-target',
          triple,
          '-c',
          ...more,
          source,
          '-o',
          object,
        ],
        where,
      )
      return object
    }),
  )
}

/**
 * Linked in beside the sources, where a library's own would do harm. Names that are found here are
 * not looked for in a library.
 */
const instead = {
  // libc++abi writes the name of the uncaught exception. There are none here, and what
  // reads C++'s names is larger than the addon.
  'no-names.c': `char *__cxa_demangle(const char *name, char *into, unsigned long long *size,
                     int *status) {
  (void)name, (void)into, (void)size;
  if (status) *status = -1;
  return 0;
}
`,
  // LLVM's libunwind shows itself to everybody on Windows. Nothing is unwound here: where its
  // library would throw, the process ends.
  'no-unwinding.c': `enum { fatal = 3 };
_Noreturn void abort(void);
int _Unwind_RaiseException(void *exception) { return (void)exception, fatal; }
void _Unwind_DeleteException(void *exception) { (void)exception; }
void _Unwind_Resume(void *exception) { (void)exception, abort(); }
unsigned long long _Unwind_GetGR(void *context, int index) { (void)context, (void)index, abort(); }
unsigned long long _Unwind_GetIP(void *context) { (void)context, abort(); }
unsigned long long _Unwind_GetRegionStart(void *context) { (void)context, abort(); }
void *_Unwind_GetLanguageSpecificData(void *context) { (void)context, abort(); }
void _Unwind_SetGR(void *context, int index, unsigned long long value) {
  (void)context, (void)index, (void)value, abort();
}
void _Unwind_SetIP(void *context, unsigned long long value) { (void)context, (void)value, abort(); }
int _GCC_specific_handler(void *record, void *frame, void *context, void *dispatch,
                          void *personality) {
  (void)record, (void)frame, (void)context, (void)dispatch, (void)personality, abort();
}
`,
  // Before glibc 2.33 these were no functions of its library, but of a small one that is linked in;
  // zig's copy of that puts errors into an errno of its own, which is never read.
  'stat.c': `#include <sys/stat.h>
#ifdef __x86_64__
enum { layout = 1 };
#else
enum { layout = 0 };
#endif
int __fxstat(int, int, struct stat *);
int __fxstatat(int, int, const char *, struct stat *, int);
int fstat(int fd, struct stat *status) { return __fxstat(layout, fd, status); }
int fstatat(int fd, const char *path, struct stat *status, int flags) {
  return __fxstatat(layout, fd, path, status, flags);
}
`,
}
/**
 * @param {(keyof typeof instead)[]} names
 * @param {import('./targets.js').Target} target
 * @param {string} folder
 * @param {Where} where
 */
function added(names, { triple }, folder, where) {
  for (const name of names) writeFileSync(join(folder, name), instead[name])
  return compile(
    names.map(name => join(folder, name)),
    folder,
    triple,
    ['-O2', '-g0', '-fPIC', '-fvisibility=hidden', '-Wall', '-Wextra', '-Werror'],
    where,
  )
}

/**
 * Links objects to a file. `folder` is for what is made on the way.
 * @typedef {import('./targets.js').Target} Target
 * @typedef {(objects: string[], file: string, target: Target, folder: string, where: Where) =>
 *   Promise<void>} Link
 */
/** @type {Record<import('./targets.js').Target['format'], Link>} */
const linkers = {
  async elf(objects, file, target, folder, where) {
    const map = join(folder, 'exports.map')
    writeFileSync(map, `{ global: ${shown.map(name => `${name};`).join(' ')} local: *; };\n`)
    const hardened = ['-Wl,-z,now,-z,relro', '-Wl,--gc-sections', `-Wl,--version-script=${map}`]
    const more = await added(
      target.libc === 'gnu' ? ['no-names.c', 'stat.c'] : ['no-names.c'],
      target,
      folder,
      where,
    )
    await zig(
      [
        'c++',
        '-target',
        target.triple,
        '-shared',
        '-s',
        ...hardened,
        ...objects,
        ...more,
        '-o',
        file,
      ],
      where,
    )
  },

  async 'mach-o'(objects, file, { machine }) {
    const arch = machine === 'aarch64' ? 'arm64' : machine
    // An undefined symbol is an error here, except node's own, which are looked up at run time.
    const visible = shown.flatMap(name => ['-exported_symbol', `_${name}`])
    const fromNode = (await undefinedIn(objects))
      .filter(name => /^_(napi|node_api)_/.test(name))
      .flatMap(name => ['-U', name])
    const libraries = [
      join(zigPackage, 'lib/libc/darwin/libSystem.11.tbd'),
      join(zigFolder, 'libc++.tbd'),
    ]
    const kind = [
      '-arch',
      arch,
      '-platform_version',
      'macos',
      '11.0',
      '11.0',
      '-bundle',
      '-adhoc_codesign',
    ]
    const args = [
      ...kind,
      '-dead_strip',
      '-S',
      '-x',
      ...visible,
      ...fromNode,
      ...objects,
      ...libraries,
      '-o',
      file,
    ]
    await llvm('ld64.lld', args)
  },

  async pe(objects, file, target, folder, where) {
    const { triple, libraries = [] } = target
    const fromNode = (await undefinedIn(objects)).filter(name =>
      /^__imp_(napi|node_api)_/.test(name),
    )
    const source = join(folder, 'imports.c')
    writeFileSync(source, imports(fromNode.map(name => name.slice('__imp_'.length))))
    const object = join(folder, 'imports.o')
    await zig(
      [
        'cc',
        '-target',
        triple,
        '-c',
        '-O2',
        '-g0',
        '-Wall',
        '-Wextra',
        '-Werror',
        source,
        '-o',
        object,
      ],
      where,
    )
    const all = [
      ...objects,
      object,
      ...(await added(['no-names.c', 'no-unwinding.c'], target, folder, where)),
      ...libraries.map(name => `-l${name}`),
    ]
    // Linked apart: an import library, which is not used, is left beside it.
    const linked = join(folder, basename(file))
    await zig(
      ['c++', '-target', triple, '-shared', '-s', '-Wl,--gc-sections', ...all, '-o', linked],
      where,
    )
    copyFileSync(linked, file)
    stamp(file)
  },
}

/** @param {string[]} objects */
async function undefinedIn(objects) {
  /** @type {Set<string>} */
  const defined = new Set()
  /** @type {Set<string>} */
  const wanted = new Set()
  for (const line of (await llvm('llvm-nm', objects)).split('\n')) {
    const [, kind, name] = /^[\da-f ]* ([A-Za-z]) (\S+)$/.exec(line) ?? []
    if (kind !== undefined && name !== undefined) (kind === 'U' ? wanted : defined).add(name)
  }
  return [...wanted].filter(name => !defined.has(name)).sort()
}

/**
 * The files of a platform, in a folder.
 * @param {import('./targets.js').Target} target
 * @param {string} folder
 * @param {{ from?: string, cache?: string | undefined }} [options] `from`: the package's root, or a
 *   copy of it. `cache`: a folder for zig's cache, instead of the user's
 */
export async function build(target, folder, { from = root, cache } = {}) {
  const where = { cwd: from, cache }
  const objects = join(folder, 'objects')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(objects, { recursive: true })
  const all = [...flags, ...defines, ...headers, ...target.flags]
  const own = await compile(sourcesOf(target.platform), objects, target.triple, all, where)
  await linkers[target.format](own, join(folder, 'wasi_common.node'), target, objects, where)

  const launcherSources = launcherSourcesOf(target.platform)
  if (launcherSources.length > 0) {
    const launcher = join(folder, 'wasi-common-sandbox')
    const parts = await compile(
      launcherSources,
      join(objects, 'launcher'),
      target.triple,
      [...flags, '-fPIE'],
      where,
    )
    const hardened = ['-pie', '-Wl,-z,now,-z,relro', '-Wl,--gc-sections']
    // It is C++ that takes nothing of C++'s library.
    const more = await added(target.libc === 'gnu' ? ['stat.c'] : [], target, objects, where)
    await zig(
      ['cc', '-target', target.triple, '-s', ...hardened, ...parts, ...more, '-o', launcher],
      where,
    )
  }
  rmSync(objects, { recursive: true })
  return ['wasi_common.node', ...(launcherSources.length > 0 ? ['wasi-common-sandbox'] : [])].map(
    name => join(folder, basename(name)),
  )
}
