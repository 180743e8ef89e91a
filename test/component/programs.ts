/**
 * Programs of preview 1 that are run as modules, as components, and on wasmtime. Ruby, QuickJS and
 * Prism are not among them: they are no commands, and the first two import more than WASI. esbuild
 * ends in the adapter, on wasmtime too.
 */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bindings } from '#guests/components.js'
import { llvm, python, ripgrep, yosys } from '#guests/modules.js'
import { commands } from '#guests/toolchain.js'
import { guest } from '../programs/cli.js'

export interface Program {
  /** The path of the module. */
  readonly module: () => string | Promise<string>
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  /** Fills `/work`, the program's preopen; an escape would lead to a file beside it. */
  readonly prepare?: (work: string) => void
  /** More preopens, read-only, by the guest's names for them. */
  readonly mounts?: () => Readonly<Record<string, string>>
  /** The output that a component must have. Without it: at least one character. */
  readonly prints?: string
  /** The bindings to run it with. Default both. */
  readonly bindings?: readonly Bindings[]
  /** Reasons for no comparison with the module, or with wasmtime. */
  readonly differs?: { readonly module?: string; readonly wasmtime?: string }
}

/** A tree for ripgrep, with symlinks that lead out. */
function tree(work: string): void {
  mkdirSync(join(work, 'src', 'deep'), { recursive: true })
  mkdirSync(join(work, '.git'))
  writeFileSync(join(work, '.gitignore'), 'ignored.txt\n')
  writeFileSync(join(work, 'ignored.txt'), 'needle ignored\n')
  writeFileSync(join(work, 'a.txt'), 'needle one\nhay\n')
  writeFileSync(join(work, 'src/deep/c.rs'), 'hay\nthe needle three\n')
  symlinkSync('../outside', join(work, 'out'))
  symlinkSync('..', join(work, 'above'))
  symlinkSync('src/deep/c.rs', join(work, 'in'))
}

const pythonFiles = `
import os, pathlib, shutil, stat, tempfile, zipfile, sqlite3, time
os.chdir('/work')
(pathlib.Path('a/b')).mkdir(parents=True)
pathlib.Path('a/b/text').write_text('héllo\\n' * 3, encoding='utf-8')
print(sorted(str(p) for p in pathlib.Path('.').rglob('*')))
with open('a/b/text', 'r+b', buffering=0) as f:
    f.seek(0, os.SEEK_END); print(f.tell()); f.truncate(7); f.seek(1); print(f.read())
with open('a/b/text', 'ab') as f: f.write(b'end')
os.utime('a/b/text', ns=(1_000_000_000, 1_234_567_890_123_456_000)); print(os.stat('a/b/text').st_mtime_ns // 1000)
shutil.copytree('a', 'copy'); os.rename('a/b/text', 'moved'); os.symlink('moved', 'link'); os.link('moved', 'hard')
print(os.readlink('link'), stat.S_ISLNK(os.lstat('link').st_mode), pathlib.Path('link').read_bytes(), os.stat('hard').st_nlink)
with tempfile.NamedTemporaryFile(dir='/work') as f: f.write(b'x' * 100_000); f.flush(); print(os.path.getsize(f.name))
with zipfile.ZipFile('a.zip', 'w') as z:
    for i in range(50): z.writestr(zipfile.ZipInfo(f'd{i % 10}/f{i}'), str(i) * 1000)
with zipfile.ZipFile('a.zip') as z: print(len(z.namelist()), z.testzip()); z.extractall('zip')
db = sqlite3.connect('db')
db.execute('create table t (a integer primary key, b text)')
db.executemany('insert into t values (?, ?)', ((i, str(i) * 50) for i in range(500))); db.commit()
db.execute('delete from t where a % 3'); db.commit(); db.execute('vacuum'); db.close()
print(sqlite3.connect('db').execute('select count(*), sum(a) from t').fetchone())
before = time.monotonic(); time.sleep(0.02); print(time.monotonic() - before >= 0.02, time.time() > 1.7e9, len(os.urandom(100)))
shutil.rmtree('copy'); print(sorted(os.listdir('.')))
`
const pythonEscapes = `
import os
def attempt(call):
    try: call(); print('done')
    except OSError as error: print(error.strerror)
for path in ('/work/link', '/work/above/outside', '/work/../outside'):
    attempt(lambda: open(path).read()); attempt(lambda: open(path, 'w').write('changed'))
attempt(lambda: os.listdir('/work/above')); attempt(lambda: os.mkdir('/work/above/made')); attempt(lambda: os.rename('/work/above/outside', '/work/x'))
attempt(lambda: os.symlink('/etc', '/work/absolute')); attempt(lambda: os.link('/work/link', '/work/hard') or open('/work/hard').read())
`

const compiling = commands('hello', { to: '/unused' }).compile
/** The program's own arguments among those of `wasi-common run`. */
const clangArgs = compiling.slice(compiling.indexOf(llvm()) + 1)
/** The preopens of `/usr` and `/src` among the same. */
const clangMounts = (): Record<string, string> =>
  Object.fromEntries(
    compiling
      .map(text => /^(.*)::(\/usr|\/src)::ro$/.exec(text))
      .filter(found => found !== null)
      .map(([, host, name]) => [name, host]),
  )

export const programs: Readonly<Record<string, Program>> = {
  'arguments, variables and standard input': {
    module: () => guest('hello'),
    args: ['hello', '0', 'two words', '', '--dir', 'é'],
    env: { LANG: 'en', SIGNS: 'a=b c' },
    input: 'text\n'.repeat(50),
  },
  'an exit code other than 0': {
    module: () => guest('hello'),
    args: ['hello', '1'],
    prints: 'arg 0 hello\narg 1 1\n',
  },
  'the file exerciser': {
    module: () => guest('files'),
    args: ['files', '/work'],
    differs: {
      module: 'the adapter uses the first of many buffers, and WASI 0.2 cannot allocate ranges',
      wasmtime: 'a file that is polled is ready on ours, as on Linux',
    },
  },
  'a walk over a tree': {
    module: () => guest('walk'),
    args: ['walk', '/work/src', '3'],
    prepare(work) {
      for (let i = 0; i < 20; i++) {
        mkdirSync(join(work, `src/d${i}/deep`), { recursive: true })
        for (let j = 0; j < 20; j++) writeFileSync(join(work, `src/d${i}/deep/f${j}`), `${i * j}`)
      }
    },
  },
  ripgrep: {
    module: ripgrep,
    args: ['rg', '-n', '--sort', 'path', 'needle', '/work'],
    prepare: tree,
    prints: '/work/a.txt:1:needle one\n/work/src/deep/c.rs:2:the needle three\n',
  },
  'ripgrep that follows symlinks': {
    module: ripgrep,
    args: ['rg', '-n', '--follow', '--sort', 'path', 'needle', '/work'],
    prepare: tree,
  },
  SQLite: {
    module: () => guest('database'),
    args: ['database', '/work/db', '200'],
  },
  'CPython’s files': {
    module: python,
    args: ['python', '-c', pythonFiles],
  },
  'CPython’s escapes': {
    module: python,
    args: ['python', '-c', pythonEscapes],
    prepare(work) {
      symlinkSync('../outside', join(work, 'link'))
      symlinkSync('..', join(work, 'above'))
    },
  },
  Yosys: {
    module: yosys,
    args: ['yosys', '-q', '-p', 'read_verilog /work/a.v; synth -flatten; write_json /work/a.json'],
    prepare: work =>
      writeFileSync(
        join(work, 'a.v'),
        'module top(input [3:0] a, input [3:0] b, output [4:0] sum); assign sum = a + b; endmodule\n',
      ),
    prints: '',
  },
  clang: {
    module: llvm,
    args: ['clang', ...clangArgs.map(text => text.replace(/^\/out/, '/work'))],
    mounts: clangMounts,
    prints: '',
    // 75 MB, which jco and V8 take half a minute for; the other programs compare the bindings.
    bindings: ['hybrid'],
    differs: { wasmtime: 'it takes minutes to compile 75 MB' },
  },
}
