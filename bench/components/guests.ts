/**
 * The process that runs guests of a program one after the other, and prints the milliseconds of
 * each to descriptor 3. Its words: SIDE FILE GIVEN COUNT.
 */
import { writeSync } from 'node:fs'
import type { ComponentSide, Given } from './sides.js'
import { starterOf } from './start.js'

const [side, file, given, word] = process.argv.slice(2)
const count = Number(word)
const start = await starterOf(side as ComponentSide, file, JSON.parse(given) as Given)
for (let i = 0; i < count; i++) start()
const began = performance.now()
for (let i = 0; i < count; i++) start()
writeSync(3, String((performance.now() - began) / count))
process.exit(0)
