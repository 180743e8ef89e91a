/** guests/c/demo.c: a guest uses its folder and is refused three ways out of it. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { backends, guest, run, scratch } from './cli.js'

for (const backend of backends) {
  for (const planted of ['relative', 'absolute'] as const) {
    test.serial(`three ways out are refused, the planted link being ${planted} (${backend})`, t => {
      t.timeout(60_000)
      const folder = scratch(t)
      const box = join(folder, 'box')
      const secret = join(folder, 'secret.txt')
      mkdirSync(join(box, 'notes'), { recursive: true })
      writeFileSync(join(box, 'hello.txt'), 'good morning\n')
      writeFileSync(secret, 'the secret\n')
      symlinkSync(planted === 'relative' ? '..' : folder, join(box, 'way-out'))

      const mount = ['--dir', `${box}::/box`, '--argv0', 'demo']
      const { stdout, stderr, status } = run(backend, [
        ...mount,
        guest('demo'),
        '/box',
        secret,
        'way-out',
      ])
      const [heading, ...lines] = stdout.trimEnd().split('\n')
      t.is(heading, 'In the folder /box:')
      // A folder has no order of its own.
      t.deepEqual(lines.slice(0, 3).sort(), [
        '  hello.txt: good morning',
        '  notes (a folder)',
        '  way-out (a symbolic link)',
      ])
      t.deepEqual(lines.slice(3), [
        'Three ways out:',
        '  the folder above (../secret.txt): refused, errno 76 (Capabilities insufficient)',
        `  an absolute path (${secret}): refused, errno 76 (Capabilities insufficient)`,
        '  a planted link (way-out/secret.txt): refused, errno 76 (Capabilities insufficient)',
        'The sandbox holds.',
      ])
      t.is(stderr, '')
      t.is(status, 0)
    })
  }
}
