/**
 * @yowasp/nextpnr-ice40: a netlist is placed and routed with a chip database of 5 MB, and packed to
 * a bitstream.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { backends, run, scratch } from '../programs/cli.js'
import { packages } from './installed.js'

const folder = packages('node_modules/@yowasp/nextpnr-ice40/gen')
const top = { attributes: { top: '1'.padStart(32, '0') } }

/** One lookup table between two inputs and an output. */
const netlist = {
  creator: 'test',
  modules: {
    top: {
      ...top,
      ports: {
        a: { direction: 'input', bits: [2] },
        b: { direction: 'input', bits: [3] },
        y: { direction: 'output', bits: [4] },
      },
      cells: {
        lut: {
          hide_name: 0,
          type: 'SB_LUT4',
          parameters: { LUT_INIT: '1000' },
          attributes: {},
          port_directions: { I0: 'input', I1: 'input', I2: 'input', I3: 'input', O: 'output' },
          connections: { I0: [2], I1: [3], I2: ['0'], I3: ['0'], O: [4] },
        },
      },
      netnames: Object.fromEntries(
        ['a', 'b', 'y'].map((name, i) => [name, { hide_name: 0, bits: [i + 2], attributes: {} }]),
      ),
    },
  },
}

for (const backend of backends) {
  test.serial(`a netlist becomes the same bitstream in two runs (${backend})`, t => {
    const work = scratch(t)
    writeFileSync(join(work, 'and.json'), JSON.stringify(netlist))
    const dirs = ['--dir', `${work}::/work`, '--dir', `${join(folder, 'share')}::/share::ro`]
    const place = (asc: string) => [
      ...[...dirs, '--argv0', 'nextpnr-ice40', join(folder, 'nextpnr-ice40.core.wasm')],
      ...[
        '--lp384',
        '--package',
        'qn32',
        '--json',
        '/work/and.json',
        '--asc',
        `/work/${asc}`,
        '--seed',
        '1',
      ],
    ]
    const placed = run(backend, place('one.asc'))
    t.is(placed.status, 0, placed.stderr)
    t.regex(placed.stderr, /Info: Program finished normally\.\n$/)
    t.is(run(backend, place('two.asc')).status, 0)
    t.deepEqual(readFileSync(join(work, 'one.asc')), readFileSync(join(work, 'two.asc')))

    const pack = (...args: readonly string[]) =>
      run(backend, [...dirs, '--argv0', 'icepack', join(folder, 'icepack.core.wasm'), ...args])
    t.like(pack('/work/one.asc', '/work/one.bin'), { status: 0, stderr: '' })
    t.true(readFileSync(join(work, 'one.bin')).includes(Buffer.from('7eaa997e', 'hex')))
    t.like(pack('-u', '/work/one.bin', '/work/back.asc'), { status: 0, stderr: '' })
    t.like(pack('/work/back.asc', '/work/back.bin'), { status: 0, stderr: '' })
    const bits = (name: string): string => readFileSync(join(work, name), 'latin1').slice(-7000)
    t.is(bits('back.bin'), bits('one.bin'))
  })
}
