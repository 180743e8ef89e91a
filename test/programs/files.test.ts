/** guests/c/files.c: what libc can do with files, each step checked by the guest itself. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { sources } from '#guests/toolchain.js'
import { backends, guest, run, scratch } from './cli.js'

const steps = readFileSync(join(sources, 'files.c'), 'utf8').split('STEP("').length - 1

for (const backend of backends) {
  test.serial(`every step of the file exerciser passes (${backend})`, t => {
    t.timeout(60_000)
    const folder = join(scratch(t), 'box')
    mkdirSync(folder)
    const { stdout, stderr, status } = run(backend, [
      '--dir',
      `${folder}::/box`,
      guest('files'),
      '/box',
    ])
    const lines = stdout.trimEnd().split('\n')
    const failed = lines.filter(line => !line.startsWith('ok '))
    t.deepEqual(failed, [])
    t.is(lines.length, steps)
    t.is(stderr, '')
    t.is(status, 0)
    t.deepEqual(readdirSync(folder), [], 'the guest removes what it made')
  })

  for (const [where, given] of Object.entries({
    memory: ['--tmpfs', '/box'],
    'an overlay': ['--overlay'],
  })) {
    test.serial(`every step of the file exerciser passes in ${where} (${backend})`, t => {
      t.timeout(60_000)
      const folder = scratch(t)
      const { stdout, stderr, status } = run(backend, [
        ...given,
        ...(given.length === 1 ? [`${folder}::/box`] : []),
        guest('files'),
        '/box',
      ])
      t.deepEqual([stdout.trimEnd().split('\n').length, stderr, status], [steps, '', 0], stdout)
      t.deepEqual(readdirSync(folder), [])
    })
  }

  test.serial(`the file exerciser changes nothing in a read-only folder (${backend})`, t => {
    t.timeout(60_000)
    const folder = scratch(t)
    writeFileSync(join(folder, 'a.txt'), 'as it was')
    mkdirSync(join(folder, 'folder'))
    const before = statSync(join(folder, 'a.txt'), { bigint: true })
    const { stdout, status } = run(backend, [
      '--dir',
      `${folder}::/box::ro`,
      guest('files'),
      '/box',
    ])
    const changing = [
      'append',
      'utimensat',
      'link',
      'symlink',
      'rename',
      'create_many',
      'unlink_many',
      'rename_folder',
      'unlink',
    ]
    for (const step of changing) t.regex(stdout, new RegExp(`^FAIL ${step} 69 `, 'm'))
    // A missing or existing name is reported before the disk's own refusal.
    t.regex(stdout, /^ok mkdir_in_missing$/m)
    t.regex(stdout, /^FAIL mkdir 20 /m)
    t.is(status, 1)
    t.deepEqual(readdirSync(folder).sort(), ['a.txt', 'folder'])
    t.deepEqual(readdirSync(join(folder, 'folder')), [])
    t.is(readFileSync(join(folder, 'a.txt'), 'utf8'), 'as it was')
    const after = statSync(join(folder, 'a.txt'), { bigint: true })
    t.deepEqual(
      [after.mtimeNs, after.ctimeNs, after.nlink],
      [before.mtimeNs, before.ctimeNs, before.nlink],
    )
  })
}
