/** The words behind `npm run bench --`. */
import { parseArgs } from 'node:util'

const usage = `npm run bench -- [options]

  --quick            short loops and two turns: to see that it runs
  --only REGEXP      only rows whose names this finds
  --repetitions N    turns of each row
  --peers            whole programs and hostcalls beside wasmtime and wazero, where PATH has them
  --write            with --peers: also writes its tables into docs/benchmarks.md
  --help             prints this`

/** The options. A wrong one prints these lines, and ends the process with 2. */
export function optionsOf() {
  try {
    const { values } = parseArgs({
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string', default: '' },
        repetitions: { type: 'string' },
        peers: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    const { quick, only, repetitions, peers, write, help } = values
    if (help) {
      console.log(usage)
      process.exit()
    }
    const whole = only === ''
    if (write && (!peers || quick || !whole))
      throw new Error('--write: expected a whole run with --peers, without --quick and --only')
    if (repetitions !== undefined && !/^[1-9]\d*$/.test(repetitions))
      throw new Error(`--repetitions: expected a number from 1, received '${repetitions}'`)
    return { quick, only: new RegExp(only), whole, repetitions, peers, write }
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}
