/**
 * @ruby/3.4-wasm-wasi: a language as a reactor, started by its own package's code with our WASI.
 */
/// <reference path="../../lib/webassembly.d.ts" />

import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RubyVM } from '@ruby/wasm-wasi'
import test, { type ExecutionContext } from 'ava'
import { WASI } from 'wasi-common'
import { ruby } from '#guests/modules.js'
import { type Backend, backends, scratch } from './cli.js'

const module = new WebAssembly.Module(readFileSync(ruby()))

/** A Ruby with one folder as /work, and a way to ask it things. */
async function start(t: ExecutionContext, backend: Backend) {
  t.timeout(120_000)
  const folder = join(scratch(t), 'work')
  mkdirSync(folder)
  const wasi = new WASI({
    version: 'preview1',
    args: ['ruby.wasm'],
    env: { GREETING: 'salut' },
    preopens: { '/work': folder },
    backend,
  })
  const { vm } = await RubyVM.instantiateModule({ module, wasip1: wasi })
  return { folder, ask: (code: string): string => vm.eval(code).toString() }
}

const libraries = "RbConfig::CONFIG['rubylibdir']"

for (const backend of backends) {
  test.serial(`Ruby’s standard library inside the module works (${backend})`, async t => {
    const { ask } = await start(t, backend)
    t.is(ask('RUBY_PLATFORM'), 'wasm32-wasi')
    t.is(
      ask("require 'json'; JSON.generate({ list: [1, nil, 2.5], text: 'é' })"),
      '{"list":[1,null,2.5],"text":"é"}',
    )
    t.is(ask("require 'set'; Set.new([3, 1, 3]).sort.inspect"), '[1, 3]')
    t.is(
      ask("require 'digest'; Digest::SHA256.hexdigest('abc')"),
      createHash('sha256').update('abc').digest('hex'),
    )
    t.is(ask("ENV['GREETING'] + ENV.size.to_s"), 'salut1')
    t.true(Math.abs(Number(ask('Time.now.to_f')) - Date.now() / 1000) < 60)
  })

  test.serial(
    `Ruby copies a thousand files out, finds, reads and removes them (${backend})`,
    async t => {
      const { folder, ask } = await start(t, backend)
      ask(`require 'fileutils'; FileUtils.cp_r(${libraries}, '/work/lib')`)
      const files = readdirSync(join(folder, 'lib'), { recursive: true, encoding: 'utf8' }).filter(
        name => statSync(join(folder, 'lib', name)).isFile(),
      )
      t.true(files.length > 900)
      const below = (base: string) =>
        `Dir.glob('**/*', base: ${base}).select { |name| File.file?(File.join(${base}, name)) }.sort`
      t.deepEqual(
        JSON.parse(ask(`require 'json'; JSON.generate(${below("'/work/lib'")})`)),
        files.sort(),
      )
      t.is(ask(`${below("'/work/lib'")} == ${below(libraries)}`), 'true')

      const hash = createHash('sha256')
      for (const name of files) hash.update(readFileSync(join(folder, 'lib', name)))
      const digest = `require 'digest'; ${below("'/work/lib'")}.inject(Digest::SHA256.new) { |all, name| all << File.binread("/work/lib/#{name}") }.hexdigest`
      t.is(ask(digest), hash.digest('hex'))

      t.is(
        ask(
          `require '/work/lib/shellwords.rb'; Shellwords.split('a "b c" d').inspect + $LOADED_FEATURES.last`,
        ),
        '["a", "b c", "d"]/work/lib/shellwords.rb',
      )
      ask("FileUtils.rm_r('/work/lib')")
      t.deepEqual(readdirSync(folder), [])
    },
  )

  test.serial(`Ruby writes, changes and stats files (${backend})`, async t => {
    const { folder, ask } = await start(t, backend)
    t.is(ask('File.write(\'/work/a.txt\', "héllo\\n" * 3)'), '21')
    t.is(
      ask("File.open('/work/a.txt', 'a') { |file| file.puts 'end'; file.flush; file.pos }"),
      '25',
    )
    t.is(readFileSync(join(folder, 'a.txt'), 'utf8'), 'héllo\nhéllo\nhéllo\nend\n')
    t.is(
      ask(
        "File.open('/work/a.txt', 'r+') { |file| file.pwrite('J', 0); file.seek(7); file.read(6) }",
      ),
      'héllo',
    )
    t.is(ask("File.truncate('/work/a.txt', 6); File.read('/work/a.txt')"), 'Jéllo')
    t.is(
      ask("File.utime(1000000000.5, 1234567890.5, '/work/a.txt'); File.mtime('/work/a.txt').to_f"),
      '1234567890.5',
    )
    t.is(statSync(join(folder, 'a.txt')).mtimeMs, 1234567890500)
    t.is(ask("File.link('/work/a.txt', '/work/b.txt'); File.stat('/work/a.txt').nlink"), '2')
    t.is(
      ask(
        "File.symlink('a.txt', '/work/link'); File.readlink('/work/link') + File.lstat('/work/link').ftype",
      ),
      'a.txtlink',
    )
    t.is(
      ask(
        "Dir.mkdir('/work/folder'); File.rename('/work/b.txt', '/work/folder/c.txt'); Dir.children('/work').sort.inspect",
      ),
      '["a.txt", "folder", "link"]',
    )
    t.is(
      ask("begin; Dir.rmdir('/work/folder'); rescue => error; error.class; end"),
      'Errno::ENOTEMPTY',
    )
    t.is(
      ask(
        "require 'tempfile'; Tempfile.create('t', '/work') { |file| file.write('x' * 100_000); file.flush; File.size(file.path) }",
      ),
      '100000',
    )
  })

  test.serial(`Ruby reads and makes nothing outside its folder (${backend})`, async t => {
    const { folder, ask } = await start(t, backend)
    const outside = join(folder, '..', 'outside.txt')
    writeFileSync(outside, 'secret')
    symlinkSync('..', join(folder, 'above'))
    symlinkSync(outside, join(folder, 'link'))
    const error = (code: string) =>
      ask(`begin; ${code}; rescue SystemCallError => error; error.class.to_s; end`)
    for (const path of ['/work/../outside.txt', '/work/above/outside.txt', '/work/link']) {
      t.is(error(`File.read('${path}')`), 'Errno::ENOTCAPABLE', path)
      t.is(error(`File.write('${path}', 'changed')`), 'Errno::ENOTCAPABLE', path)
    }
    t.is(error("Dir.mkdir('/work/above/made')"), 'Errno::ENOTCAPABLE')
    t.is(error("Dir.children('/work/above')"), 'Errno::ENOTCAPABLE')
    t.is(error("File.rename('/work/above/outside.txt', '/work/taken')"), 'Errno::ENOTCAPABLE')
    t.is(error(`File.read('${outside}')`), 'Errno::ENOENT')
    t.is(readFileSync(outside, 'utf8'), 'secret')
    t.deepEqual(readdirSync(join(folder, '..')).sort(), ['outside.txt', 'work'])
  })
}
