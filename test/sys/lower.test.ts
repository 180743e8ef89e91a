/** The directory below an overlay: its files may change between lookup and opening (TOCTOU). */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { Errno } from '#lib/abi/errno.js'
import { Block } from '#lib/sys/block.js'
import { Lower } from '#lib/sys/memfs/lower.js'
import { MemfsSys } from '#lib/sys/memfs/sys.js'
import { Tree } from '#lib/sys/memfs/tree.js'
import { openNative } from '#lib/sys/native/sys.js'
import { TypescriptSys } from '#lib/sys/typescript/sys.js'
import { openDescriptors } from './fixture.js'

for (const [name, make] of Object.entries({
  native: () => openNative(),
  typescript: () => new TypescriptSys(),
})) {
  test.serial(`only a regular file is opened, and nothing else stays open (${name})`, t => {
    const folder = fs.mkdtempSync(join(fs.realpathSync(os.tmpdir()), 'wasi-common-'))
    t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
    fs.mkdirSync(join(folder, 'directory'))
    fs.writeFileSync(join(folder, 'file'), 'text')
    fs.symlinkSync('file', join(folder, 'link'))
    const others = ['directory', '', 'link', 'missing']
    if (process.platform !== 'win32') {
      execFileSync('mkfifo', [join(folder, 'fifo')])
      others.push('fifo')
    }
    const below = new Lower(folder, make)
    below.hold()
    const before = openDescriptors()
    const refusals: Record<string, Errno> = { link: Errno.LOOP, missing: Errno.NOENT }
    for (const path of others) {
      const error = t.throws(() => below.open(path)) as unknown as { errno: Errno }
      t.is(error.errno, refusals[path] ?? Errno.ACCES, path)
    }
    t.is(openDescriptors(), before)
    const file = below.open('file')
    const into = new Uint8Array(9)
    t.is(below.read(file, into, 1), 3)
    t.is(Buffer.from(into.subarray(0, 3)).toString(), 'ext')
    below.close(file)
    t.is(openDescriptors(), before)
    below.release()
  })
}

test('a file that vanishes below while it is linked gets no name again', t => {
  const folder = fs.mkdtempSync(join(fs.realpathSync(os.tmpdir()), 'wasi-common-'))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'f')
  fs.writeFileSync(file, 'text')
  let looks = 0
  const make = () => {
    const sys = openNative()
    const look = sys.filestatAt.bind(sys)
    sys.filestatAt = (...args) => {
      // Between the look at what is linked and that at its new name.
      if (++looks === 2) fs.rmSync(file)
      return look(...args)
    }
    return sys
  }
  const tree = new Tree({ bytes: 100, entries: 10 })
  tree.lieOver(new Lower(folder, make))
  const sys = new MemfsSys(new Block(), tree)
  t.teardown(() => sys.dispose())
  sys.bind(Buffer.from('f'))
  const dir = sys.preopen('')
  t.is(sys.link(dir, 0, 1, 0, dir, 0, 1), -Errno.NOENT)
  t.true(looks >= 2)
  t.deepEqual(tree.names(tree.root), [])
})
