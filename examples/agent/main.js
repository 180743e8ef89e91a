// Reads the steps that an agent asks for, runs them, and prints a JSON list of their results.
//
//   node examples/agent/main.js TRANSCRIPT.json
//   node examples/agent/main.js < TRANSCRIPT.json
import { readFileSync } from 'node:fs'
import { Interpreter } from './interpreter.js'
import { parseTranscript } from './transcript.js'

/** ASCII alone: the text of an agent or a guest must not steer a terminal. */
const ascii = text =>
  text.replace(
    /[^ -~]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

const [path = '-'] = process.argv.slice(2)
let steps
try {
  steps = parseTranscript(readFileSync(path === '-' ? 0 : path, 'utf8'))
} catch (error) {
  console.error(`${path}: ${ascii(error.message)}`)
  process.exit(2)
}

const interpreter = new Interpreter()
const results = []
for (const step of steps) results.push(ascii(JSON.stringify(await interpreter.execute(step))))
await interpreter.close()
console.log(`[\n${results.join(',\n')}\n]`)
