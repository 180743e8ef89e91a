// Makes a machine with glibc and Debian's musl fit to start a program of Alpine's: that wants a
// libstdc++ which Debian has for glibc only. musl's loader takes itself for glibc's libc, so a few
// functions are missing in it, and glibc's loader is not to be loaded.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { installZig, zig } from './tools.js'

const missing = `#include <locale.h>
#include <stddef.h>
#include <sys/random.h>
#include <time.h>
char __libc_single_threaded = 0;
char __cpu_model[64];
int __cpu_indicator_init(void) { return 0; }
int __cxa_thread_atexit_impl(void (*ending)(void *), void *object, void *library) {
  return (void)ending, (void)object, (void)library, 0;
}
int _dl_find_object(void *address, void *found) { return (void)address, (void)found, -1; }
unsigned arc4random(void) {
  unsigned number = 0;
  return getrandom(&number, sizeof(number), 0) < 0 ? 0 : number;
}
size_t __strftime_l(char *into, size_t size, const char *format, const struct tm *time,
                    locale_t locale) {
  return strftime_l(into, size, format, time, locale);
}
`
const libraries = '/usr/lib/x86_64-linux-gnu'

/**
 * The environment for such a program, of files in a folder.
 * @param {string} folder
 */
export async function asOnAlpine(folder) {
  installZig()
  mkdirSync(folder)
  /** @type {(name: string, source: string, ...more: string[]) => Promise<void>} */
  const compile = async (name, source, ...more) => {
    writeFileSync(join(folder, `${name}.c`), source)
    await zig([
      'cc',
      '-target',
      'x86_64-linux-musl',
      '-shared',
      '-fPIC',
      '-O1',
      ...more,
      join(folder, `${name}.c`),
      '-o',
      join(folder, name),
    ])
  }
  await compile('missing.so', missing)
  await compile('ld-linux-x86-64.so.2', '', '-nostdlib')
  for (const name of ['libstdc++.so.6', 'libgcc_s.so.1'])
    symlinkSync(join(libraries, name), join(folder, name))
  return { LD_PRELOAD: join(folder, 'missing.so'), LD_LIBRARY_PATH: folder }
}
