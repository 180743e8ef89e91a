/** @yowasp/yosys: a hardware compiler in C++; what it makes is checked by computing with it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { yosys } from '#guests/modules.js'
import { backends, run, scratch } from './cli.js'

const adder = (sum: string) => `
module behaviour(input [3:0] a, input [3:0] b, output [4:0] sum);
  assign sum = a + b;
endmodule

module ripple(input [3:0] a, input [3:0] b, output [4:0] sum);
  wire [4:0] carry;
  assign carry = {(a & b) | ((a ^ b) & carry[3:0]), 1'b0};
  assign sum = {carry[4], ${sum}};
endmodule
`

/** A wire's number, or a constant. */
type Bit = number | '0' | '1' | 'x'
interface Netlist {
  ports: Record<string, { bits: Bit[] }>
  cells: Record<string, { type: string; connections: Record<string, Bit[]> }>
}

const gates: Record<string, (a: number, b: number) => number> = {
  $_AND_: (a, b) => a & b,
  $_OR_: (a, b) => a | b,
  $_XOR_: (a, b) => a ^ b,
}

/**
 * Computes the netlist's `sum` for these inputs. Undefined if a gate is unknown or a wire never
 * gets a value.
 */
function simulate({ ports, cells }: Netlist, inputs: Record<string, number>): number | undefined {
  const wires = new Map<Bit | undefined, number>([
    ['0', 0],
    ['1', 1],
  ])
  for (const [name, value] of Object.entries(inputs)) {
    for (const [i, bit] of ports[name]?.bits.entries() ?? []) wires.set(bit, (value >> i) & 1)
  }
  // Gates come in no order; each round settles at least one of those that are left.
  for (let round = 0; round < Object.keys(cells).length; round++) {
    for (const { type, connections } of Object.values(cells)) {
      const [a, b] = [wires.get(connections.A?.[0]), wires.get(connections.B?.[0])]
      const value = a === undefined || b === undefined ? undefined : gates[type]?.(a, b)
      if (value !== undefined) wires.set(connections.Y?.[0], value)
    }
  }
  const bits = ports.sum?.bits.map(bit => wires.get(bit)) ?? [undefined]
  return bits.includes(undefined)
    ? undefined
    : bits.reduce<number>((sum, bit, i) => sum + ((bit ?? 0) << i), 0)
}

for (const backend of backends) {
  test.serial(`gates that yosys makes of an adder add (${backend})`, t => {
    t.timeout(60_000)
    const folder = scratch(t)
    writeFileSync(join(folder, 'adder.v'), adder('a ^ b ^ carry[3:0]'))
    const script =
      'read_verilog /work/adder.v; prep -top ripple; simplemap; opt_clean; tee -o /work/stat.txt stat; write_json /work/gates.json'
    const { status, stdout, stderr } = run(backend, [
      '--dir',
      `${folder}::/work`,
      '--argv0',
      'yosys',
      yosys(),
      '-q',
      '-l',
      '/work/log.txt',
      '-p',
      script,
    ])
    t.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' })
    t.deepEqual(readdirSync(folder).sort(), ['adder.v', 'gates.json', 'log.txt', 'stat.txt'])
    t.regex(readFileSync(join(folder, 'stat.txt'), 'utf8'), /\$_XOR_ +8\n/)

    const netlist: Netlist = JSON.parse(readFileSync(join(folder, 'gates.json'), 'utf8')).modules
      .ripple
    const wrong: string[] = []
    for (let a = 0; a < 16; a++)
      for (let b = 0; b < 16; b++)
        if (simulate(netlist, { a, b }) !== a + b) wrong.push(`${a} + ${b}`)
    t.deepEqual(wrong, [])
  })

  for (const [sum, proven] of [
    ['a ^ b ^ carry[3:0]', true],
    ['a ^ b | carry[3:0]', false],
  ] as const) {
    test.serial(`yosys proves two adders ${proven ? 'equal' : 'different'} (${backend})`, t => {
      t.timeout(60_000)
      const folder = scratch(t)
      writeFileSync(join(folder, 'adder.v'), adder(sum))
      const script =
        'read_verilog /work/adder.v; proc; miter -equiv -flatten behaviour ripple both; sat -verify -prove trigger 0 both'
      const { status, stdout, stderr } = run(backend, [
        '--dir',
        `${folder}::/work::ro`,
        '--argv0',
        'yosys',
        yosys(),
        '-p',
        script,
      ])
      t.is(status, proven ? 0 : 1)
      t.is(stdout.includes('SAT proof finished - no model found: SUCCESS!'), proven)
      t.is(`${stdout}${stderr}`.includes('Called with -verify and proof did fail!'), !proven)
    })
  }
}
