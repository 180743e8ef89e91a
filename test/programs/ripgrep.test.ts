/** ripgrep: a Rust program that walks trees and reads every file in them. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { ripgrep } from '#guests/modules.js'
import { backends, run, scratch } from './cli.js'

function tree(folder: string): string {
  const root = join(folder, 'tree')
  mkdirSync(join(root, '.git'), { recursive: true })
  mkdirSync(join(root, 'src', 'deep'), { recursive: true })
  writeFileSync(join(folder, 'outside.txt'), 'needle outside\n')
  writeFileSync(join(root, '.gitignore'), 'ignored.txt\n')
  writeFileSync(join(root, 'ignored.txt'), 'needle ignored\n')
  writeFileSync(join(root, '.hidden'), 'needle hidden\n')
  writeFileSync(join(root, 'a.txt'), 'needle one\nhay\n')
  writeFileSync(join(root, 'b.txt'), 'hay\n')
  writeFileSync(join(root, 'src', 'deep', 'c.rs'), 'hay\nNeedle two\nthe needle three\n')
  symlinkSync('../outside.txt', join(root, 'out'))
  symlinkSync('..', join(root, 'above'))
  symlinkSync('src/deep/c.rs', join(root, 'in'))
  return root
}

for (const backend of backends) {
  test.serial(
    `ripgrep prints matches in a tree without ignored and hidden files (${backend})`,
    async t => {
      t.timeout(60_000)
      const rg = await ripgrep()
      const mount = ['--dir', `${tree(scratch(t))}::/tree`, '--argv0', 'rg']
      const { status, stdout, stderr } = run(backend, [
        ...mount,
        rg,
        '-n',
        '--sort',
        'path',
        'needle',
        '/tree',
      ])
      t.deepEqual(
        { status, stdout, stderr },
        {
          status: 0,
          stdout: '/tree/a.txt:1:needle one\n/tree/src/deep/c.rs:3:the needle three\n',
          stderr: '',
        },
      )
    },
  )

  test.serial(
    `the mounted folder is the working directory if it is called "." (${backend})`,
    async t => {
      t.timeout(60_000)
      const rg = await ripgrep()
      const mount = ['--dir', `${tree(scratch(t))}::.`, '--argv0', 'rg']
      const { status, stdout } = run(backend, [
        ...mount,
        rg,
        '--ignore-case',
        '--hidden',
        '--no-ignore',
        '--count',
        '--sort',
        'path',
        'needle',
        '.',
      ])
      t.is(stdout, './.hidden:1\n./a.txt:1\n./ignored.txt:1\n./src/deep/c.rs:2\n')
      t.is(status, 0)
    },
  )

  test.serial(
    `a link is searched if it stays inside, and refused if it leads out (${backend})`,
    async t => {
      t.timeout(60_000)
      const rg = await ripgrep()
      const mount = ['--dir', `${tree(scratch(t))}::/tree`, '--argv0', 'rg']
      const inside = run(backend, [...mount, rg, 'two', '/tree/in'])
      t.deepEqual([inside.status, inside.stdout], [0, 'Needle two\n'])
      for (const way of ['/tree/out', '/tree/above/outside.txt', '/tree/../outside.txt']) {
        const { status, stdout, stderr } = run(backend, [...mount, rg, 'needle', way])
        t.deepEqual([status, stdout], [2, ''], way)
        t.true(stderr.includes('os error 76'), stderr)
      }
    },
  )

  test.serial(`ripgrep lists every file of a large tree once (${backend})`, async t => {
    t.timeout(60_000)
    const rg = await ripgrep()
    const folder = scratch(t)
    const expected: string[] = []
    for (let i = 0; i < 700; i++) {
      const path = `d${i % 7}/e${i % 3}/file-with-a-rather-long-name-${i}.txt`
      mkdirSync(join(folder, path, '..'), { recursive: true })
      writeFileSync(join(folder, path), i % 100 === 0 ? 'needle\n' : 'hay\n')
      expected.push(path)
    }
    const mount = ['--dir', `${folder}::/`, '--argv0', 'rg']
    const { stdout } = run(backend, [...mount, rg, '--files', '/'])
    t.deepEqual(stdout.trimEnd().split('\n').sort(), expected.map(path => `/${path}`).sort())
    t.is(
      run(backend, [...mount, rg, 'needle', '/'])
        .stdout.trimEnd()
        .split('\n').length,
      7,
    )
  })

  test.serial(`ripgrep exits with 1 without a match (${backend})`, async t => {
    t.timeout(60_000)
    const rg = await ripgrep()
    const { status, stdout, stderr } = run(backend, [
      '--dir',
      `${tree(scratch(t))}::/tree`,
      rg,
      'nowhere to be found',
      '/tree',
    ])
    t.deepEqual({ status, stdout, stderr }, { status: 1, stdout: '', stderr: '' })
  })
}
