/**
 * One attack on an unguarded host, which may wait for ever, in a process of its own: its name and a
 * folder for what it leaves.
 */
import fs from 'node:fs'
import { nameOf, run } from './case.js'
import { cases } from './cases.js'
import { unguarded } from './unguarded.js'

const [, , name, folder] = process.argv
const one = cases.find(one => nameOf(one) === name)
if (one === undefined) throw new Error(`there is no ${name}`)
const { attack } = one
const announced: typeof one = {
  ...one,
  attack(...args) {
    fs.writeSync(1, 'attacks')
    return attack(...args)
  },
}
run(announced, fixture => unguarded(fixture, 'joins'), folder)
