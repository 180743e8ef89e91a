/** pandoc-wasm: a program in Haskell that writes and reads archives: docx and epub. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { backends, run, scratch } from '../programs/cli.js'
import { packages } from './installed.js'

const pandoc = packages('node_modules/pandoc-wasm/src/pandoc.wasm')
const source = `---
title: Straße
lang: en
---

# First

Hello *world*, and a [link](https://example.org/).

| a   | b   |
|-----|-----|
| 1   | 2   |
`

for (const backend of backends) {
  for (const format of ['docx', 'epub']) {
    test.serial(`pandoc converts a document to ${format} and back (${backend})`, t => {
      const folder = scratch(t)
      writeFileSync(join(folder, 'in.md'), source)
      // The document's folder is the root, because pandoc asks for its working directory, which is
      // / in a guest.
      const convert = (...args: readonly string[]) =>
        run(backend, ['--dir', `${folder}::/`, pandoc, ...args])
      t.like(convert('--standalone', 'in.md', '--output', `out.${format}`), {
        status: 0,
        stdout: '',
        stderr: '',
      })
      const archive = readFileSync(join(folder, `out.${format}`))
      t.is(archive.toString('latin1', 0, 2), 'PK')
      t.true(archive.includes(format === 'docx' ? 'word/document.xml' : 'META-INF/container.xml'))

      const { status, stdout, stderr } = convert(`out.${format}`, '--to', 'gfm')
      t.deepEqual({ status, stderr }, { status: 0, stderr: '' })
      t.regex(stdout, /# First/)
      t.regex(stdout, /Hello \*world\*, and a \[link\]\(https:\/\/example\.org\/\)\./)
      t.regex(stdout, /\| 1 +\| 2 +\|/)
    })
  }

  test.serial(`pandoc converts standard input to standard output (${backend})`, t => {
    const { status, stdout, stderr } = run(
      backend,
      ['--dir', `${scratch(t)}::/`, pandoc, '--to', 'html'],
      '*é*, "quoted"',
    )
    t.deepEqual(
      { status, stdout, stderr },
      { status: 0, stdout: '<p><em>é</em>, “quoted”</p>\n', stderr: '' },
    )
  })

  test.serial(`pandoc names a missing file in its error (${backend})`, t => {
    const { status, stdout } = run(backend, ['--dir', `${scratch(t)}::/`, pandoc, 'absent.md'])
    t.is(status, 1)
    t.regex(stdout, /^absent\.md: .*does not exist/)
  })
}
