/**
 * The imports of Ruby, in its worker: the handles of its values. It gets no JavaScript, which its
 * own package would let it evaluate.
 */
import { readFileSync } from 'node:fs'
import { ruby } from '#guests/modules.js'

const module = new WebAssembly.Module(readFileSync(ruby()))
const refused = WebAssembly.Module.imports(module)
  .filter(({ module }) => module === 'rb-js-abi-host')
  .map(({ name }) => [
    name,
    () => {
      throw new Error(`Ruby asked for JavaScript: ${name}`)
    },
  ])

export default () => {
  const values = new Map<number, number>()
  let last = 0
  return {
    'rb-js-abi-host': Object.fromEntries(refused),
    canonical_abi: {
      'resource_new_rb-abi-value'(value: number): number {
        values.set(++last, value)
        return last
      },
      'resource_get_rb-abi-value': (handle: number) => values.get(handle),
      'resource_drop_js-abi-value'() {},
    },
  }
}
