/** The process of a program on one side. Its words: SIDE FILE GIVEN, the latter as JSON. */
import type { ComponentSide, Given } from './sides.js'
import { starterOf } from './start.js'

const [side, file, given] = process.argv.slice(2)
const start = await starterOf(side as ComponentSide, file, JSON.parse(given) as Given)
start()
process.exit(0)
